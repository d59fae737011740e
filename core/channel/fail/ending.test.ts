import { describe, expect, it } from 'vitest';
import type { Tx } from '../../bitcoin/tx.ts';
import type { Txid } from '../../crypto/bytes.ts';
import type { Side } from '../../transactions/types.ts';
import { decodeChannel, encodeChannel } from '../model/stored-form.ts';
import { Duo, kinds, P2WPKH_A, P2WPKH_B, sent } from '../duo.fixture.ts';
import type { ChannelOutput } from '../model/channel-vocabulary.ts';
import { knownOrigins } from '../model/known-origins.ts';
import { paymentIdOf } from '../model/origin.ts';
import type { FailedState } from '../model/state.ts';
import { add, events, refusalOf, secretOf } from '../updates.fixture.ts';
import { fundingSpend, statusOf } from '../model/ending.ts';
import { onlyFunding } from '../model/fundings.ts';
import { ownPayment } from '../model/origin.ts';

function forceClose(duo: Duo, side: Side): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'force_close', channelId: duo.funded(side).channelId });
}

function failed(duo: Duo, side: Side): FailedState {
  const { state } = duo.ends[side];
  if (state.phase !== 'failed') throw new Error(state.phase);
  const stored = decodeChannel(encodeChannel(state));
  expect(stored).toEqual({ ok: true, value: state });
  return state;
}

function spentBy(duo: Duo): Txid | undefined {
  const state = failed(duo, 'opener');
  return fundingSpend(state, state.chain)?.txid;
}

function broadcasts(effects: readonly ChannelOutput[]): readonly (readonly [string, Tx])[] {
  return effects.flatMap((effect) => (effect.kind === 'broadcast' ? [[effect.purpose, effect.tx] as const] : []));
}

function closing(): Duo {
  const duo = new Duo().open();
  const { channelId } = duo;
  duo.command('opener', { kind: 'shutdown', channelId, script: P2WPKH_A });
  duo.command('accepter', { kind: 'shutdown', channelId, script: P2WPKH_B });
  duo.deliver('opener');
  duo.deliver('accepter');
  return duo;
}

/** Both have signed the closing transaction. */
function closed(): { readonly duo: Duo; readonly tx: Tx } {
  const duo = closing();
  duo.exchange();
  const { tx } = duo.funded('opener').closing;
  if (tx === undefined) throw new Error('not signed');
  return { duo, tx };
}

/** The next block for one end. */
function block(duo: Duo, side: Side, height: number, transactions: readonly Tx[] = []): readonly ChannelOutput[] {
  return duo.see(side, height, transactions);
}

describe('a channel that fails when a mutual close is signed (BOLT 5, Failing a Channel)', () => {
  it('broadcasts that, and keeps its commitment as the second choice', () => {
    const { duo, tx } = closed();
    const effects = duo.input('opener', { kind: 'peer_error', data: '' });
    expect(broadcasts(effects)).toEqual([['closing', tx]]);
    const state = failed(duo, 'opener');
    expect(state.closing.tx).toEqual(tx);
    expect(state.failure.commitmentToBroadcast).toBeDefined();
    expect(effects.find((effect) => effect.kind === 'broadcast')).toMatchObject({
      after: [{ sink: { kind: 'state' }, version: state.durability.version }],
    });
  });

  it('broadcasts its commitment when its owner asks for that: the fee may be too low', () => {
    const { duo } = closed();
    expect(broadcasts(forceClose(duo, 'opener'))).toEqual([['commitment', failed(duo, 'opener').failure.commitmentToBroadcast]]);
    expect(failed(duo, 'opener').closing.tx).toBeUndefined();
  });

  it('broadcasts its commitment instead when its owner asks for that later', () => {
    const { duo, tx } = closed();
    const { channelId } = duo;
    duo.input('opener', { kind: 'peer_error', data: '' });
    const { commitmentToBroadcast } = failed(duo, 'opener').failure;
    const effects = duo.command('opener', { kind: 'force_close', channelId });
    expect(kinds(effects)).toEqual(['store', 'monitor', 'broadcast']);
    expect(broadcasts(effects)).toEqual([['commitment', commitmentToBroadcast]]);
    expect(failed(duo, 'opener').closing.tx).toBeUndefined();
    expect(refusalOf(duo.command('opener', { kind: 'force_close', channelId }))).toBeDefined();
    block(duo, 'opener', 110, [tx]);
    expect(statusOf(duo.ends.opener.state)).toBe('closed');
  });

  it.each(['opener', 'accepter'] as const)('is closed when a mutual close confirms nevertheless, at the %s', (side) => {
    const { duo, tx } = closed();
    forceClose(duo, side);
    const effects = block(duo, side, 110, [tx]);
    expect(statusOf(duo.ends[side].state)).toBe('closed');
    expect(kinds(effects)).toEqual(['store', 'notify']);
    expect(events(effects)).toMatchObject([{ event: { kind: 'channel_closed' } }]);
  });

  it('does not take a commitment for one', () => {
    const { duo } = closed();
    forceClose(duo, 'opener');
    const tx = failed(duo, 'opener').failure.commitmentToBroadcast as Tx;
    block(duo, 'opener', 110, [tx]);
    expect(spentBy(duo)).toBe(onlyFunding(duo.funded('accepter')).txids.opener.current);
  });
});

describe('payments that no signature covers', () => {
  /** The accepter owes a revoke_and_ack: payment 2 waits for it. */
  function waiting(): Duo {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    add(duo, 'opener', 2);
    expect(duo.funded('opener').shared.commitments.accepter.next?.cut.opener).toBe(1);
    return duo;
  }
  const FAILED = { kind: 'payment_failed', origin: ownPayment('02'), paymentHash: secretOf(2).paymentHash };

  it('have failed when the channel does, and are told once', () => {
    const duo = waiting();
    const effects = forceClose(duo, 'opener');
    expect(kinds(effects)).toEqual(['error', 'store', 'monitor', 'broadcast', 'notify', 'htlc_resolved']);
    expect(events(effects)).toMatchObject([{ kind: 'failed' }, { kind: 'event', event: FAILED }]);
    const state = failed(duo, 'opener');
    expect(state.host.offered).toEqual([{ id: 0n, origin: ownPayment('01'), preimage: undefined }]);
    expect(effects[1]).toMatchObject({ state: { host: { events: [{}, { event: FAILED }] } } });
    const later = block(duo, 'opener', 110, [state.failure.commitmentToBroadcast as Tx]);
    expect(kinds(later)).toEqual(['store']);
    expect(spentBy(duo)).toBeDefined();
    expect(block(duo, 'opener', 114)).toEqual([]);
  });

  it('are not told to have failed by a node that may have lost data, until its peer shows that it has not', () => {
    const duo = waiting();
    duo.input('opener', { kind: 'disconnected' });
    expect(events(forceClose(duo, 'opener'))).toEqual([{ kind: 'failed', rule: 'channel.force_closed', reason: 'closed by its owner' }]);
    duo.input('accepter', { kind: 'disconnected' });
    duo.input('opener', { kind: 'connected' });
    const proof = sent(duo.input('accepter', { kind: 'connected' }), 'channel_reestablish');
    const effects = duo.message('opener', proof);
    expect(kinds(effects)).toEqual(['store', 'htlc_resolved', 'error']);
    expect(events(effects)).toMatchObject([{ kind: 'event', event: FAILED }]);
    expect(kinds(duo.message('opener', proof))).toEqual(['error']);
  });

  it('nor until a commitment confirms that it knows', () => {
    const duo = waiting();
    const { commitments } = duo.funded('opener').shared;
    duo.input('opener', { kind: 'disconnected' });
    forceClose(duo, 'opener');
    const tx = failed(duo, 'opener').failure.commitmentToBroadcast as Tx;
    const [input] = tx.inputs as [Tx['inputs'][number]];
    const { state, env } = duo.ends.opener;
    // Another one of the same number: only who lost data would not know it.
    const other = { ...tx, outputs: tx.outputs.slice(1), inputs: [{ ...input, witness: [] }] };
    expect(kinds(block(duo, 'opener', 110, [other]))).toEqual(['store']);
    Object.assign(duo.ends.opener, { state, env });
    expect(commitments.opener.current.number).toBe(0n);
    expect(events(block(duo, 'opener', 110, [tx]))).toMatchObject([{ kind: 'event', event: FAILED }]);
  });

  it('have failed too when the commitment is seen first', () => {
    const duo = waiting();
    const { state, env } = duo.ends.opener;
    forceClose(duo, 'opener');
    const tx = failed(duo, 'opener').failure.commitmentToBroadcast as Tx;
    Object.assign(duo.ends.opener, { state, env });
    expect(events(block(duo, 'opener', 110, [tx]))).toMatchObject([{ kind: 'failed' }, { kind: 'event', event: FAILED }]);
  });

  it('are missing from what a crash leaves, unless a store has them', () => {
    const duo = waiting();
    const stored = duo.ends.opener.log.findLast((effect) => effect.kind === 'store');
    if (stored?.kind !== 'store') throw new Error('nothing was stored');
    expect(knownOrigins(stored.state).map(paymentIdOf)).toEqual(['01']);
    expect(knownOrigins(duo.funded('opener')).map(paymentIdOf)).toEqual(['01', '02']);
    forceClose(duo, 'opener');
    expect(knownOrigins(failed(duo, 'opener')).map(paymentIdOf)).toEqual(['01', '02']);
  });
});

describe('while nothing of it confirms', () => {
  it('a closing transaction, and that of a failed channel, is broadcast every six blocks', () => {
    const { duo, tx } = closed();
    const heights = Array.from({ length: 13 }, (_, i) => 110 + i);
    expect(heights.filter((height) => broadcasts(block(duo, 'opener', height)).length > 0)).toEqual([114, 120]);
    duo.input('opener', { kind: 'peer_error', data: '' });
    expect(broadcasts(block(duo, 'opener', 126))).toEqual([['closing', tx]]);
    duo.input('accepter', { kind: 'disconnected' });
    forceClose(duo, 'accepter');
    const { commitmentToBroadcast } = failed(duo, 'accepter').failure;
    const again = block(duo, 'accepter', 126);
    expect(broadcasts(again)).toEqual([['commitment', commitmentToBroadcast]]);
    expect(again).toMatchObject([{ after: [{ sink: { kind: 'state' }, version: failed(duo, 'accepter').durability.version }] }]);
    block(duo, 'accepter', 127, [commitmentToBroadcast as Tx]);
    expect(block(duo, 'accepter', 132)).toEqual([]);
  });

  it('a funding is', () => {
    const duo = new Duo();
    const tx = duo.fund();
    expect(broadcasts(block(duo, 'opener', 102))).toEqual([['funding', tx]]);
    expect(broadcasts(block(duo, 'accepter', 102))).toEqual([]);
    block(duo, 'opener', 103, [tx]);
    expect(broadcasts(block(duo, 'opener', 108))).toEqual([]);
  });
});

describe('closing_signed without an answer (BOLT 2: MUST fail the channel after a reasonable time)', () => {
  it('fails the channel of who sent it', () => {
    const duo = closing();
    const { height } = duo.ends.opener.env.tip;
    expect(duo.funded('opener').lifecycle.awaited).toEqual({ message: 'closing_signed', number: 0n, sinceHeight: height });
    block(duo, 'opener', height + 143);
    expect(duo.ends.opener.state.phase).toBe('funded');
    block(duo, 'opener', height + 144);
    expect(failed(duo, 'opener').failure.reason).toBe(`no closing_signed since height ${height}, height is ${height + 144}`);
    // So does that of who waits for the first one.
    block(duo, 'accepter', height + 144);
    expect(failed(duo, 'accepter').failure.rule).toBe('closing_signed.unanswered');
  });

  it('is over when both have signed, and not when the connection is', () => {
    const { duo } = closed();
    block(duo, 'opener', 1000);
    expect(duo.ends.opener.state.phase).toBe('funded');
    const away = closing();
    away.input('opener', { kind: 'disconnected' });
    const { height } = away.ends.opener.env.tip;
    block(away, 'opener', height + 143);
    expect(away.ends.opener.state.phase).toBe('funded');
    block(away, 'opener', height + 144);
    expect(failed(away, 'opener').failure.rule).toBe('closing_signed.unanswered');
  });
});
