import { describe, expect, it } from 'vitest';
import { at } from '../chain/chain.fixture.ts';
import type { Side } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import { Duo, kinds, P2WPKH_A, P2WPKH_B, sent } from './duo.fixture.ts';
import { FUNDING_TIMEOUT_BLOCKS } from './model/ending.ts';
import type { ChannelOutput } from './model/channel-vocabulary.ts';
import type { AddUpdate, FundedState, StoredChannel } from './model/state.ts';
import { ownPayment } from './model/origin.ts';
import { reestablishMessage } from './retransmit/channel-reestablish.ts';
import { add, events, fee } from './updates.fixture.ts';

const BLOCKS = 5000;
/** So that every height at which something is broadcast now and then is one. */
const STRIDE = 6;

/** Both ends of a channel somewhere on its way, from where one of them hears no more than it must. */
const PHASES = {
  unconfirmed(): Duo {
    const duo = new Duo();
    duo.fund();
    return duo;
  },
  'confirmed, without channel_ready'(): Duo {
    const duo = new Duo();
    duo.block([duo.fund()]);
    duo.block([], 5);
    return duo;
  },
  quiet: (): Duo => new Duo().open(),
  'in use, without revoke_and_ack': (): Duo => feeOf(1),
  'in use, without commitment_signed': (): Duo => feeOf(2),
  'closing, without shutdown'(): Duo {
    const duo = new Duo().open();
    const { channelId } = duo;
    duo.command('opener', { kind: 'shutdown', channelId, script: P2WPKH_A });
    duo.command('accepter', { kind: 'shutdown', channelId, script: P2WPKH_B });
    return duo;
  },
  'closing, without closing_signed'(): Duo {
    const duo = PHASES['closing, without shutdown']();
    duo.deliver('opener');
    duo.deliver('accepter');
    return duo;
  },
  closed(): Duo {
    const duo = PHASES['closing, without shutdown']();
    duo.exchange();
    const { tx } = duo.funded('opener').closing;
    if (tx !== undefined) duo.block([tx]);
    return duo;
  },
  'failed, without funding'(): Duo {
    const duo = PHASES.unconfirmed();
    for (const side of ['opener', 'accepter'] as const) duo.command(side, { kind: 'force_close', channelId: channelOf(duo, side) });
    return duo;
  },
};

function channelOf(duo: Duo, side: Side): StoredChannel['channelId'] {
  return (duo.ends[side].state as StoredChannel).channelId;
}

/** The opener has changed the fee, and so many messages of the exchange have arrived at the accepter. */
function feeOf(delivered: number): Duo {
  const duo = new Duo({ accepter: { commit: 'manual' } }).open();
  fee(duo, 3000);
  if (delivered === 1) duo.ends.accepter.outgoing.length = 0;
  return duo;
}

/** What a peer does from now on: it says nothing, or is not there, or says channel_reestablish every hundred blocks and nothing else. */
type Peer = 'silent' | 'away' | 'reconnecting';

function run(duo: Duo, side: Side, peer: Peer): readonly ChannelOutput[] {
  const effects: ChannelOutput[] = [];
  const far = duo.ends[other(side)];
  const reestablish = reestablishMessage(far.env, far.state as StoredChannel);
  const first = duo.ends[side].env.tip.height;
  if (peer === 'away') duo.input(side, { kind: 'disconnected' });
  for (let height = first + STRIDE; height <= first + BLOCKS; height += STRIDE) {
    if (peer === 'reconnecting' && (height - first) % (17 * STRIDE) === 0) {
      duo.input(side, { kind: 'disconnected' });
      effects.push(...duo.input(side, { kind: 'connected' }), ...duo.message(side, reestablish));
    }
    effects.push(...duo.see(side, height));
    acknowledge(duo, side);
    duo.ends[side].outgoing.length = 0;
  }
  return effects;
}

function acknowledge(duo: Duo, side: Side): void {
  const { state } = duo.ends[side];
  if (state.phase !== 'funded' && state.phase !== 'failed') return;
  const { channelId } = state;
  for (const { id } of state.host.events) duo.command(side, { kind: 'acknowledge', channelId, eventId: id });
}

const CASES = Object.keys(PHASES).flatMap((phase) =>
  (['opener', 'accepter'] as const).flatMap((side) =>
    (['silent', 'away', 'reconnecting'] as const).map((peer) => [phase, side, peer] as const),
  ),
) as readonly (readonly [keyof typeof PHASES, Side, Peer])[];

function endOf(phase: keyof typeof PHASES, side: Side): string {
  switch (phase) {
    case 'unconfirmed':
      // BOLT 2: a funder that has broadcast its funding must remember.
      return side === 'opener' ? 'funded' : 'forgotten';
    case 'quiet':
    case 'in use, without revoke_and_ack':
    case 'in use, without commitment_signed':
      return 'funded';
    case 'confirmed, without channel_ready':
    case 'closing, without shutdown':
    case 'closing, without closing_signed':
      return 'failed';
    case 'closed':
    case 'failed, without funding':
      return 'forgotten';
  }
}

describe(`a channel whose peer does no more than it must for ${BLOCKS} blocks`, () => {
  it.each(CASES)('%s, at the %s, with a peer that is %s', (phase, side, peer) => {
    const duo = PHASES[phase]();
    const effects = run(duo, side, peer);
    expect(duo.ends[side].state.phase).toBe(endOf(phase, side));
    const broadcasts = effects.filter((effect) => effect.kind === 'broadcast');
    // A commitment or close that the chain could take is wanted until it has it; a funding as long as the peer waits for it.
    const forever = endOf(phase, side) === 'failed';
    expect(broadcasts.length).toBeLessThanOrEqual(forever ? BLOCKS / STRIDE : FUNDING_TIMEOUT_BLOCKS / STRIDE);
    if (endOf(phase, side) === 'forgotten' || phase === 'quiet') expect(broadcasts).toEqual([]);
  });
});

describe('an answer that the peer owes', () => {
  it('is bounded from when it became due, whatever becomes of the connection, and ended by the answer alone', () => {
    const duo = PHASES['in use, without revoke_and_ack']();
    const since = duo.ends.opener.env.tip.height;
    const owed = { message: 'revoke_and_ack', number: 0n, sinceHeight: since };
    expect(duo.funded('opener').lifecycle.awaited).toEqual(owed);
    duo.ends.opener.outgoing.length = 0;
    duo.block([], 50);
    duo.reconnect();
    expect(duo.funded('opener').lifecycle.awaited).toEqual(owed);
    duo.exchange();
    expect(duo.funded('opener').lifecycle.awaited).toEqual({ message: 'commitment_signed', number: 1n, sinceHeight: since + 50 });
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    expect(duo.funded('opener').lifecycle.awaited).toBeUndefined();
  });

  it('is stored with what made it due', () => {
    const duo = new Duo({ accepter: { commit: 'manual' } }).open();
    duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw: 3000 });
    const store = duo.ends.opener.log.findLast((effect) => effect.kind === 'store');
    expect(store).toMatchObject({ state: { lifecycle: { awaited: { message: 'revoke_and_ack' } } } });
  });

  it('is told to the host once where the channel is in use, and fails nothing', () => {
    const duo = PHASES['in use, without revoke_and_ack']();
    const since = duo.ends.opener.env.tip.height;
    expect(duo.see('opener', since + 143)).toEqual([]);
    const told = { kind: 'notify', event: { kind: 'unanswered', message: 'revoke_and_ack', sinceHeight: since } };
    expect(duo.see('opener', since + 144)).toMatchObject([told]);
    expect(duo.see('opener', since + 145)).toEqual([]);
  });

  it('that is late in use may take its time once more when the channel begins to close', () => {
    for (const side of ['opener', 'accepter'] as const) {
      const duo = PHASES['in use, without revoke_and_ack']();
      const since = duo.ends.opener.env.tip.height + 1000;
      duo.see('opener', since);
      const { channelId } = duo;
      if (side === 'opener') duo.command('opener', { kind: 'shutdown', channelId, script: P2WPKH_A });
      else duo.message('opener', { type: 'shutdown', channelId, scriptPubkey: P2WPKH_B });
      duo.see('opener', since + 143);
      expect(duo.ends.opener.state.phase).toBe('funded');
      duo.see('opener', since + 144);
      expect(duo.ends.opener.state).toMatchObject({ phase: 'failed', failure: { rule: 'closing_signed.unanswered' } });
    }
  });

  it('fails a channel with an HTLC at the deadline of that, and not before', () => {
    const duo = new Duo({ accepter: { commit: 'manual' } }).open();
    add(duo, 'opener', 1);
    const [htlc] = duo.funded('opener').shared.logs.opener as readonly [AddUpdate];
    duo.see('opener', htlc.cltvExpiry + 1);
    expect(duo.ends.opener.state.phase).toBe('funded');
    duo.see('opener', htlc.cltvExpiry + 2);
    expect(duo.ends.opener.state).toMatchObject({ phase: 'failed', failure: { rule: 'htlc.timeout_deadline' } });
  });

  it('is not channel_ready while the chain has taken the funding back', () => {
    const duo = PHASES['confirmed, without channel_ready']();
    const { height } = duo.ends.opener.env.tip;
    const state = duo.ends.opener.state as FundedState;
    duo.ends.opener.state = { ...state, chain: { ...state.chain, transactions: [] } };
    duo.see('opener', height + FUNDING_TIMEOUT_BLOCKS);
    expect(duo.ends.opener.state.phase).toBe('funded');
  });
});

describe('what is forgotten', () => {
  it('is told with the commitment that would pay back a funding that comes after all', () => {
    const duo = PHASES['failed, without funding']();
    const { failure } = duo.ends.opener.state as Extract<StoredChannel, { phase: 'failed' }>;
    expect(duo.see('opener', failure.height + FUNDING_TIMEOUT_BLOCKS - 1)).toEqual([]);
    const effects = duo.see('opener', failure.height + FUNDING_TIMEOUT_BLOCKS);
    expect(effects).toMatchObject([{ kind: 'notify', event: { kind: 'forgotten', rule: 'channel.never_funded' } }]);
    expect(effects).toMatchObject([{ event: { commitment: failure.commitmentToBroadcast } }]);
  });

  it('has failed after its funding was seen, or was used, only where the chain has decided', () => {
    const duo = new Duo().open();
    duo.command('opener', { kind: 'force_close', channelId: duo.channelId });
    duo.see('opener', 10_000);
    expect(duo.ends.opener.state.phase).toBe('failed');
  });

  it('is a closed channel when a hundred blocks confirm that, and its host knows', () => {
    const duo = PHASES.closed();
    const { height } = duo.ends.opener.env.tip;
    duo.see('opener', height + 98);
    acknowledge(duo, 'opener');
    expect(duo.ends.opener.state.phase).toBe('funded');
    expect(kinds(duo.see('opener', height + 99))).toEqual(['notify']);
    expect(duo.ends.opener.state).toMatchObject({ phase: 'forgotten', rule: 'channel.irrevocable' });
    duo.see('accepter', height + 99);
    expect(duo.ends.accepter.state.phase).toBe('funded');
    acknowledge(duo, 'accepter');
    expect(duo.ends.accepter.state.phase).toBe('forgotten');
  });
});

describe('a funding that is spent otherwise', () => {
  /** In use, and then a branch in which the inputs of its funding went elsewhere. */
  function doubleSpent(): { readonly duo: Duo; readonly height: number } {
    const duo = new Duo();
    const tx = duo.fund();
    duo.block([tx]);
    duo.block([], 2);
    duo.exchange();
    add(duo, 'opener', 1);
    const conflict = { ...tx, locktime: 7, outputs: [{ amountSat: 1n, script: P2WPKH_A }] };
    for (const side of ['opener', 'accepter'] as const) duo.see(side, 104, [conflict], 1, at(100));
    return { duo, height: 104 };
  }

  it('takes no new HTLCs of ours, is broadcast no more, and fails the channel when that is as deep as no reorganisation', () => {
    const { duo, height } = doubleSpent();
    const { channelId } = duo;
    const origin = ownPayment('77');
    const command = {
      kind: 'add',
      channelId,
      origin,
      amountMsat: 1_000_000n,
      paymentHash: '11'.repeat(32) as never,
      cltvExpiry: 200,
    } as const;
    expect(duo.command('opener', { ...command, onion: new Uint8Array(1366) })).toMatchObject([
      { kind: 'refused', rule: 'channel.funding_unconfirmed' },
    ]);
    expect(kinds(duo.see('opener', height + 4))).toEqual([]);
    const effects = duo.see('opener', height + 5);
    expect(duo.ends.opener.state).toMatchObject({ phase: 'failed', failure: { rule: 'channel.funding_double_spent' } });
    expect(kinds(effects)).not.toContain('broadcast');
    expect(sent(effects, 'error')).toBeDefined();
    expect(events(effects)).toMatchObject([{ kind: 'failed' }, { kind: 'event', event: { kind: 'payment_failed' } }]);
    acknowledge(duo, 'opener');
    duo.see('opener', height + 98);
    expect(duo.ends.opener.state.phase).toBe('failed');
    duo.see('opener', height + 99);
    expect(duo.ends.opener.state.phase).toBe('forgotten');
  });

  it('fails the payments of a channel that had failed before, once', () => {
    const { duo, height } = doubleSpent();
    duo.command('opener', { kind: 'force_close', channelId: duo.channelId });
    expect(kinds(duo.see('opener', height + 4))).toEqual([]);
    expect(events(duo.see('opener', height + 5))).toMatchObject([{ kind: 'event', event: { kind: 'payment_failed' } }]);
    expect(events(duo.see('opener', height + 6))).toEqual([]);
  });

  it('comes to nothing when the chain gives the funding back', () => {
    const { duo } = doubleSpent();
    const funding = duo.funded('accepter').fundings[0]?.tx;
    if (funding === undefined) throw new Error('not seen');
    const presented = duo.see('accepter', 109, [funding], 0, at(100));
    expect(duo.ends.accepter.state.phase).toBe('funded');
    expect(kinds(presented)).toEqual(['store']);
    expect(kinds(duo.see('accepter', 111))).toEqual(['notify']);
  });
});
