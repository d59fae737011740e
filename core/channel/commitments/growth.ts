import type { PublicKey } from '../../crypto/bytes.ts';
import type { Entry, Growth } from '../../knowledge/updates.ts';
import { bySide } from '../../transactions/types.ts';
import type { Side } from '../../transactions/types.ts';
import { slice } from '../model/contents.ts';
import type { Commitment, SharedState, Update } from '../model/state.ts';

/** An update of a log, as far as commitments depend on it. */
function entryOf(update: Update): Entry {
  switch (update.kind) {
    case 'add': {
      const { kind, id, amountMsat, paymentHash, cltvExpiry } = update;
      return { kind, id, amountMsat, paymentHash, cltvExpiry };
    }
    case 'fulfill':
      return { kind: 'fulfilled', id: update.id };
    case 'fail':
    case 'fail_malformed':
      return { kind: 'failed', id: update.id };
    case 'fee':
      return { kind: 'fee', feeratePerKw: update.feeratePerKw };
  }
}

/**
 * How much of a log watchers know: each commitment told the entries that it covers, and no commitment is taken back. A commitment that is signed
 * and not acknowledged counts for nothing here: before it is, no other covers more of its signer's log.
 */
function toldOf({ commitments: { opener, accepter } }: SharedState, side: Side): number {
  return Math.max(opener.current.cut[side], accepter.current.cut[side]);
}

/** What watchers must be told of `owner`'s next commitment. `before`: what both sides have so far, without it. */
export function growthOf(before: SharedState, owner: Side, { number, cut }: Commitment, point: PublicKey): Growth {
  const since = before.commitments[owner].current.cut;
  const news = (side: Side): readonly Entry[] => slice(before, side, toldOf(before, side), cut[side]).map(entryOf);
  return {
    number,
    news: bySide('opener', news('opener'), news('accepter')),
    steps: { opener: cut.opener - since.opener, accepter: cut.accepter - since.accepter },
    point,
  };
}
