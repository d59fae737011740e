import { describe, expect, it } from 'vitest';
import { at as blockAt } from '../../chain/chain.fixture.ts';
import { Duo } from '../duo.fixture.ts';
import type { Side } from '../../transactions/types.ts';
import { ownPayment } from '../model/origin.ts';
import type { Attribution, FailUpdate, FulfillUpdate } from '../model/state.ts';
import { add, addCommand, fail, fulfill, refusalOf } from '../updates.fixture.ts';

function records(duo: Duo, side: Side) {
  const { offered, received } = duo.funded(side).host;
  return { offered, received };
}

function at(duo: Duo, side: Side, nowMs: number): void {
  const end = duo.ends[side];
  end.env = { ...end.env, nowMs };
}

const attribution: Attribution = { htlcHoldTimes: Array.from({ length: 20 }, (_, i) => i), truncatedHmacs: 'ab'.repeat(840) };

describe('what only we know of an HTLC', () => {
  it('is its origin from the add on, and of one that is received when it came, from when both sides are bound to it', () => {
    const duo = new Duo().open();
    at(duo, 'accepter', 5000);
    const forward = { kind: 'forward', channelId: 'ee'.repeat(32) as typeof duo.channelId, htlcId: 7n } as const;
    add(duo, 'opener', 1, { origin: forward });
    expect(records(duo, 'opener')).toEqual({ offered: [{ id: 0n, origin: forward, preimage: undefined }], received: [] });
    expect(records(duo, 'accepter').received).toEqual([]);
    duo.exchange();
    const came = { id: 0n, receivedMs: 5000, payload: undefined, sharedSecret: undefined };
    expect(records(duo, 'accepter')).toEqual({ offered: [], received: [{ ...came, answered: undefined }] });
    at(duo, 'accepter', 9000);
    fulfill(duo, 'accepter', 0n, 1);
    expect(records(duo, 'accepter').received).toEqual([{ ...came, answered: 'fulfill' }]);
    duo.exchange();
    expect(duo.funded('opener').shared).toEqual(duo.funded('accepter').shared);
    expect(records(duo, 'opener')).toEqual({ offered: [], received: [] });
    expect(records(duo, 'accepter')).toEqual({ offered: [], received: [] });
  });

  it('is told to who asked for it by an id, and survives where the id changes', () => {
    const duo = new Duo({ opener: { commit: 'manual' } }).open();
    const added = (n: number) => add(duo, 'opener', n).filter(({ kind }) => kind === 'added');
    expect(added(1)).toEqual([{ kind: 'added', channelId: duo.channelId, origin: ownPayment('01'), id: 0n }]);
    expect(added(2)).toEqual([{ kind: 'added', channelId: duo.channelId, origin: ownPayment('02'), id: 1n }]);
    // No signature covers them, and the first may not be offered again: the second gets its id.
    duo.reconnect();
    duo.ends.opener.env = { ...duo.ends.opener.env, tip: blockAt(300) };
    const late = addCommand(duo, 3, { cltvExpiry: 400 });
    duo.exchange();
    expect(records(duo, 'opener').offered).toEqual([]);
    expect(refusalOf(duo.command('opener', late))).toBeUndefined();
    expect(records(duo, 'opener').offered).toEqual([{ id: 0n, origin: ownPayment('03'), preimage: undefined }]);
  });

  it('says how it was answered, through a disconnection too', () => {
    const duo = new Duo({ accepter: { commit: 'manual' } }).open();
    add(duo, 'opener', 1);
    duo.exchange();
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    fail(duo, 'accepter', 0n);
    duo.reconnect();
    expect(records(duo, 'accepter').received).toMatchObject([{ id: 0n, answered: 'fail' }]);
  });
});

describe('attribution data', () => {
  it('of a removal is kept with it, as it came', () => {
    const duo = new Duo({ accepter: { commit: 'manual' } }).open();
    add(duo, 'opener', 1);
    add(duo, 'opener', 2);
    duo.exchange();
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    fulfill(duo, 'accepter', 0n, 1);
    fail(duo, 'accepter', 1n);
    for (const message of duo.ends.accepter.outgoing.splice(0)) {
      if (message.type === 'update_fulfill_htlc' || message.type === 'update_fail_htlc')
        duo.message('opener', { ...message, attributionData: attribution });
    }
    const removals = duo.funded('opener').shared.logs.accepter as readonly (FulfillUpdate | FailUpdate)[];
    expect(removals.map((removal) => removal.attribution)).toEqual([attribution, attribution]);
  });
});
