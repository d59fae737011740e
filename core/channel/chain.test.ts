import { describe, expect, it } from 'vitest';
import type { Tx } from '../bitcoin/tx.ts';
import { at, read } from '../chain/chain.fixture.ts';
import type { Signature } from '../crypto/bytes.ts';
import type { Side } from '../transactions/types.ts';
import { Duo, kinds, P2WPKH_A, P2WPKH_B } from './duo.fixture.ts';
import { FUNDING_TIMEOUT_BLOCKS } from './model/ending.ts';
import { wantedOf } from './fail/broadcast.ts';
import { fundingDepth, isClosed, statusOf } from './model/ending.ts';
import { onlyFunding } from './model/fundings.ts';
import { decodeChannel, encodeChannel } from './model/stored-form.ts';
import type { FailedState, StoredChannel } from './model/state.ts';
import type { ChannelOutput } from './model/channel-vocabulary.ts';
import { events, refusalOf } from './updates.fixture.ts';

const SIDES: readonly Side[] = ['opener', 'accepter'];

function stateOf(duo: Duo, side: Side): StoredChannel {
  const { state } = duo.ends[side];
  if (state.phase !== 'funded' && state.phase !== 'failed') throw new Error(state.phase);
  expect(decodeChannel(encodeChannel(state))).toEqual({ ok: true, value: state });
  return state;
}

/** Everything above `fork` is gone; one end has seen another branch up to this height, with these transactions in its last block. */
function reorg(duo: Duo, side: Side, fork: number, height: number, transactions: readonly Tx[] = []): readonly ChannelOutput[] {
  return duo.see(side, height, transactions, 1, at(fork));
}

function broadcasts(effects: readonly ChannelOutput[]): readonly string[] {
  return effects.flatMap((effect) => (effect.kind === 'broadcast' ? [effect.purpose] : []));
}

/** Both have signed a mutual close. */
function closing(): { readonly duo: Duo; readonly close: Tx } {
  const duo = new Duo().open();
  for (const [side, script] of [['opener', P2WPKH_A] as const, ['accepter', P2WPKH_B] as const])
    duo.command(side, { kind: 'shutdown', channelId: duo.channelId, script });
  duo.exchange();
  return { duo, close: duo.funded('opener').closing.tx as Tx };
}

/** The opener's commitment, which it would broadcast. */
function commitmentOf(duo: Duo): Tx {
  const { state } = duo.ends.opener;
  duo.command('opener', { kind: 'force_close', channelId: duo.channelId });
  const { commitmentToBroadcast } = (duo.ends.opener.state as FailedState).failure;
  duo.ends.opener.state = state;
  return commitmentToBroadcast as Tx;
}

describe('a funding that is reorganised away', () => {
  it('does not count to minimum_depth, wherever it was before', () => {
    const duo = new Duo({ accepter: { minimumDepth: 3 } });
    const tx = duo.fund();
    duo.block([tx]);
    duo.block();
    expect(fundingDepth(duo.funded('accepter'))).toBe(2);
    for (const side of SIDES) reorg(duo, side, 100, 103);
    expect(fundingDepth(duo.funded('accepter'))).toBe(0);
    duo.block([], 5);
    expect(duo.exchange()).toEqual([]);
    duo.block([tx]);
    duo.block();
    expect(duo.exchange()).toEqual([]);
    duo.block();
    expect(duo.exchange()).toEqual(['opener channel_ready', 'accepter channel_ready']);
  });

  it('counts from where it is confirmed again', () => {
    const duo = new Duo({ accepter: { minimumDepth: 3 } });
    const tx = duo.fund();
    duo.block([tx]);
    duo.block();
    for (const side of SIDES) reorg(duo, side, 100, 103, [tx]);
    expect(duo.exchange()).toEqual([]);
    expect(fundingDepth(duo.funded('opener'))).toBe(1);
  });

  it.each(SIDES)('is broadcast again, at once and now and then, by the %s, who has seen it', (side) => {
    const duo = new Duo();
    duo.block([duo.fund()]);
    expect(broadcasts(reorg(duo, side, 100, 103))).toEqual(['funding']);
    expect(broadcasts(duo.see(side, 107))).toEqual([]);
    expect(broadcasts(duo.see(side, 108))).toEqual(['funding']);
  });

  it('is not waited for at the height where it would have been deep enough', () => {
    const duo = new Duo();
    const tx = duo.fund();
    duo.block([tx]);
    expect(onlyFunding(duo.funded('accepter')).tx).toEqual(tx);
    for (const side of SIDES)
      for (const height of [101, 102, 103]) duo.see(side, height, [], 1, height === 101 ? at(100) : at(height - 1, 1));
    expect([duo.ends.opener.env.tip, fundingDepth(duo.funded('opener'))]).toEqual([at(103, 1), 0]);
    expect(duo.exchange()).toEqual([]);
    expect(SIDES.map((side) => duo.funded(side).lifecycle.readySent)).toEqual([false, false]);
  });

  it('is stored as gone, so that a restart does not bring it back', () => {
    const duo = new Duo();
    duo.block([duo.fund()]);
    const store = reorg(duo, 'accepter', 100, 103).find((effect) => effect.kind === 'store');
    expect(store).toMatchObject({ state: { chain: { tip: at(103, 1), transactions: [] } } });
  });

  it('is no reason to forget a channel that was ready', () => {
    const duo = new Duo().open();
    for (const side of SIDES) reorg(duo, side, 100, 100 + FUNDING_TIMEOUT_BLOCKS);
    expect(SIDES.map((side) => duo.funded(side).lifecycle.readySent)).toEqual([true, true]);
  });

  it('is, before that', () => {
    const duo = new Duo();
    duo.block([duo.fund()]);
    reorg(duo, 'accepter', 100, 100 + FUNDING_TIMEOUT_BLOCKS);
    expect(duo.ends.accepter.state.phase).toBe('forgotten');
  });
});

describe('a mutual close that is reorganised away', () => {
  it('opens the channel again, which broadcasts it again', () => {
    const { duo, close } = closing();
    duo.block([close]);
    expect(SIDES.map((side) => isClosed(duo.funded(side)))).toEqual([true, true]);
    expect(broadcasts(reorg(duo, 'opener', 103, 105))).toEqual(['closing']);
    expect(statusOf(duo.funded('opener'))).toBe('funded');
    expect(refusalOf(duo.command('opener', { kind: 'force_close', channelId: duo.channelId }))).toBeUndefined();
  });

  it('is told once, however often it confirms', () => {
    const { duo, close } = closing();
    const told = events(duo.see('opener', 104, [close]));
    expect(told).toMatchObject([{ event: { kind: 'channel_closed' } }]);
    reorg(duo, 'opener', 103, 105);
    expect(events(duo.see('opener', 106, [close]))).toEqual([]);
    expect(isClosed(duo.funded('opener'))).toBe(true);
    expect(duo.funded('opener').host.events).toHaveLength(2);
  });

  it('leaves a channel that takes no part in anything while it is there', () => {
    const { duo, close } = closing();
    const { channelId } = duo;
    duo.block([close]);
    const { state } = duo.ends.opener;
    expect(duo.input('opener', { kind: 'peer_error', data: '' })).toEqual([]);
    expect(duo.message('opener', { type: 'update_fee', channelId, feeratePerKw: 300 })).toEqual([]);
    expect(refusalOf(duo.command('opener', { kind: 'force_close', channelId }))).toBe('channel.over');
    expect(duo.ends.opener.state).toBe(state);
  });

  it('says channel_reestablish and closes once more with a peer that has not seen the block', () => {
    const { duo, close } = closing();
    duo.see('opener', 104, [close]);
    duo.reconnect();
    expect(duo.exchange()).toEqual([
      'opener channel_reestablish',
      'accepter channel_reestablish',
      'opener channel_ready',
      'accepter channel_ready',
      'opener shutdown',
      'accepter shutdown',
      'opener closing_signed',
      'accepter closing_signed',
    ]);
    expect(SIDES.map((side) => isClosed(duo.funded(side)))).toEqual([true, false]);
    expect(duo.funded('opener').closing.tx).toEqual(close);
    // What is wrong with it changes nothing where the chain has decided.
    const { channelId } = duo;
    duo.message('opener', { type: 'closing_signed', channelId, feeSat: 1n, signature: '01'.repeat(64) as Signature });
    duo.message('opener', { type: 'closing_signed', channelId, feeSat: 3_000_000n, signature: '01'.repeat(64) as Signature });
    expect(statusOf(duo.funded('opener'))).toBe('closed');
  });

  it('lets a failed channel repeat its error, as one does that is not closed', () => {
    const { duo, close } = closing();
    duo.command('opener', { kind: 'force_close', channelId: duo.channelId });
    duo.see('opener', 104, [close]);
    expect(kinds(duo.input('opener', { kind: 'connected' }))).toEqual(['channel_reestablish', 'error']);
  });
});

describe('a commitment that is reorganised away', () => {
  it('makes who failed for it broadcast its own, and stop when that one is there again', () => {
    const duo = new Duo().open();
    const theirs = commitmentOf(duo);
    expect(broadcasts(duo.see('accepter', 104, [theirs]))).toEqual([]);
    const failed = stateOf(duo, 'accepter') as FailedState;
    expect([failed.phase, wantedOf(failed)]).toEqual(['failed', undefined]);
    expect(broadcasts(reorg(duo, 'accepter', 103, 105))).toEqual(['commitment']);
    expect(wantedOf(stateOf(duo, 'accepter') as FailedState)).toBe(failed.failure.commitmentToBroadcast);
    expect(broadcasts(duo.see('accepter', 107, [theirs]))).toEqual([]);
    expect(broadcasts(duo.see('accepter', 108))).toEqual([]);
  });

  it('may be replaced by a mutual close', () => {
    const { duo, close } = closing();
    const theirs = commitmentOf(duo);
    duo.see('accepter', 104, [theirs]);
    expect(statusOf(stateOf(duo, 'accepter'))).toBe('failed');
    const effects = reorg(duo, 'accepter', 103, 105, [close]);
    expect(statusOf(stateOf(duo, 'accepter'))).toBe('closed');
    expect(events(effects)).toMatchObject([{ event: { kind: 'channel_closed' } }]);
  });
});

describe('what the chain says', () => {
  it('changes nothing when it is said again', () => {
    const duo = new Duo();
    const tx = duo.fund();
    duo.see('opener', 101, [tx]);
    const { state } = duo.ends.opener;
    expect(duo.see('opener', 101, [tx], 0, at(100))).toEqual([]);
    expect(duo.ends.opener.state).toBe(state);
  });

  it('is stored when it touches the channel, and not else', () => {
    const duo = new Duo();
    const tx = duo.fund();
    expect(kinds(duo.see('accepter', 101))).toEqual([]);
    expect(kinds(duo.see('accepter', 103, [{ ...tx, locktime: 7 }]))).toEqual([]);
    expect(duo.funded('accepter').chain).toEqual({ tip: at(103), transactions: [] });
    expect(kinds(duo.see('accepter', 104, [tx]))).toEqual(['watch_spend', 'store']);
  });

  it('is asked of every channel before any takes it: one that cannot is a mistake of the node', () => {
    const duo = new Duo().open();
    const hole = read({ kind: 'chain', fork: at(200), blocks: [], tip: at(201) });
    expect(() => duo.input('opener', hole)).toThrow('does not fit');
  });
});
