import { describe, expect, it } from 'vitest';
import { at } from '../../chain/chain.fixture.ts';
import type { Side } from '../../transactions/types.ts';
import { missedDeadline } from './deadlines.ts';
import { complaint, Duo, kinds } from '../duo.fixture.ts';
import type { ChannelConfig } from '../model/channel-vocabulary.ts';
import { add, fail, fulfill } from '../updates.fixture.ts';

const manual: Partial<ChannelConfig> = { commit: 'manual' };

/** What a block at this height would come to. The HTLCs of these tests expire at 300, grace is 2 blocks, the fulfilment deadline 18. */
function missedAt(duo: Duo, side: Side, height: number): string | undefined {
  return missedDeadline({ ...duo.ends[side].env, tip: at(height) }, duo.funded(side))?.detail;
}

const EXPIRED = 'HTLC 0 that we offered expired at 300, height is 302';
const NEAR = 'HTLC 0 that we fulfilled expires at 300, height is 282';

describe('an HTLC that we offered', () => {
  it('fails the channel once it outlives its expiry and grace', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    expect(missedAt(duo, 'opener', 301)).toBeUndefined();
    expect(missedAt(duo, 'opener', 302)).toBe(EXPIRED);
    expect(missedAt(duo, 'opener', 400)).toMatch(/^HTLC 0 that we offered expired/);
    // The receiver has not fulfilled it: nothing of it is its to enforce.
    expect(missedAt(duo, 'accepter', 400)).toBeUndefined();
  });

  it('counts from our first signature until it has left both commitments', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    add(duo, 'opener', 1);
    expect(missedAt(duo, 'opener', 302)).toBeUndefined();
    const commit = (side: Side) => duo.command(side, { kind: 'commit', channelId: duo.channelId });
    // Only in the peer's next commitment.
    commit('opener');
    expect(missedAt(duo, 'opener', 302)).toBe(EXPIRED);
    duo.exchange();
    commit('accepter');
    duo.exchange();
    fail(duo, 'accepter', 0n);
    commit('accepter');
    duo.exchange();
    // Gone from ours, still in the accepter's.
    expect(missedAt(duo, 'opener', 302)).toBe(EXPIRED);
    commit('opener');
    expect(missedAt(duo, 'opener', 302)).toBe(EXPIRED);
    duo.exchange();
    expect(missedAt(duo, 'opener', 302)).toBeUndefined();
  });

  it('is any of them, whatever their order', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1, { cltvExpiry: 310 });
    add(duo, 'opener', 2);
    duo.exchange();
    expect(missedAt(duo, 'opener', 302)).toBe('HTLC 1 that we offered expired at 300, height is 302');
  });
});

describe('an HTLC that we fulfilled', () => {
  it('fails the channel when it comes near its expiry', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    fulfill(duo, 'accepter', 0n, 1);
    expect(missedAt(duo, 'accepter', 281)).toBeUndefined();
    expect(missedAt(duo, 'accepter', 282)).toBe(NEAR);
    expect(missedAt(duo, 'opener', 301)).toBeUndefined();
    duo.exchange();
    expect(missedAt(duo, 'accepter', 400)).toBeUndefined();
  });

  it('also when the peer was away', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    duo.input('accepter', { kind: 'disconnected' });
    fulfill(duo, 'accepter', 0n, 1);
    expect(missedAt(duo, 'accepter', 282)).toBe(NEAR);
  });

  it('is not one that we failed, nor another with the same id', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    add(duo, 'accepter', 2, { cltvExpiry: 500 });
    add(duo, 'opener', 3);
    duo.exchange();
    fail(duo, 'accepter', 0n);
    expect(missedAt(duo, 'accepter', 282)).toBeUndefined();
    fulfill(duo, 'accepter', 1n, 3);
    expect(missedAt(duo, 'accepter', 282)).toBe('HTLC 1 that we fulfilled expires at 300, height is 282');
  });
});

describe('a block', () => {
  it('at the deadline fails the channel, tells the peer and broadcasts', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    const { opener } = duo.ends;
    expect(duo.see('opener', 301)).toEqual([]);
    const effects = duo.see('opener', 302);
    expect(kinds(effects)).toEqual(['error', 'store', 'monitor', 'broadcast', 'notify']);
    expect(complaint(effects)).toBe(`error htlc.timeout_deadline: ${EXPIRED}`);
    expect(opener.state.phase).toBe('failed');
  });
});
