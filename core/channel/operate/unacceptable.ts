import type { Hash32, Hex } from '../../crypto/bytes.ts';
import { other } from '../../transactions/types.ts';
import { contents, isRemoval, SIDES } from '../model/contents.ts';
import { exceedsDustExposure } from './limits.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type { AddUpdate, FundedState, Removal, Update } from '../model/state.ts';
import type { Refusal } from '../model/violation.ts';
import { refusal } from '../model/violation.ts';

/** Incoming HTLCs that the channel fails by itself, whatever its host would say: what a host forgets here costs money. */

/**
 * BOLT 4, Returning Errors: as long as the shortest failure message, and without any meaning to the payer. Who forwards it need not see what
 * is wrong with it.
 */
const UNREADABLE_FAILURE = '00'.repeat(292) as Hex;
/** BOLT 4: BADONION | PERM | 24. */
export const INVALID_ONION_BLINDING = 0xc018;
/** BOLT 2, Removing an HTLC: what may stand for the hash of the onion within a blinded route. */
const NO_HASH = '00'.repeat(32) as Hash32;

/** The answer of the channel itself. BOLT 2: where the add came with a path_key, only a malformed onion is ever said. */
export function ownFailure({ id, pathKey }: AddUpdate): Removal {
  if (pathKey === undefined) return { kind: 'fail', id, reason: UNREADABLE_FAILURE };
  return { kind: 'fail_malformed', id, sha256OfOnion: NO_HASH, failureCode: INVALID_ONION_BLINDING };
}

function isOwnFailure(update: Update): boolean {
  return (
    (update.kind === 'fail' && update.reason === UNREADABLE_FAILURE) ||
    (update.kind === 'fail_malformed' && update.sha256OfOnion === NO_HASH)
  );
}

/** BOLT 2, cltv_expiry_delta Selection: too close to its expiry to be enforced on chain. */
export function pastFulfillDeadline({ tip, config }: ChannelEnv, { id, cltvExpiry }: AddUpdate): Refusal | undefined {
  if (tip.height < cltvExpiry - config.fulfillDeadlineBlocks) return undefined;
  return refusal('update_fulfill_htlc.deadline', `HTLC ${id} expires at ${cltvExpiry}, height is ${tip.height}`);
}

/**
 * BOLT 2, Bounding exposure to trimmed in-flight HTLCs, when one becomes irrevocable: each is judged on top of what stood before it, so that of
 * a batch only those fail that no longer fit.
 */
function tooMuchDust({ config }: ChannelEnv, { shared, params, fundings }: FundedState, htlc: AddUpdate): Refusal | undefined {
  const { maxDustHtlcExposureMsat: maxMsat } = config;
  const exceeded = SIDES.some((owner) => {
    const all = contents(shared, shared.commitments[owner].current.cut);
    const upToIt = { ...all, htlcs: all.htlcs.filter(({ offerer, id }) => offerer === params.us || id <= htlc.id) };
    return fundings.some(({ output }) => exceedsDustExposure(params, output, owner, upToIt, htlc, maxMsat));
  });
  return exceeded ? refusal('update_fulfill_htlc.dust', `HTLC ${htlc.id} takes the dust of a commitment over ${maxMsat} msat`) : undefined;
}

/** Of an HTLC to which both sides have just become bound. */
export function unacceptable(env: ChannelEnv, state: FundedState, htlc: AddUpdate): Refusal | undefined {
  return pastFulfillDeadline(env, htlc) ?? tooMuchDust(env, state, htlc);
}

/** The peer's HTLCs that nobody has answered. */
export function unanswered({ shared, params }: FundedState): readonly AddUpdate[] {
  const { us } = params;
  const htlcs = shared.base.htlcs[other(us)];
  return htlcs.filter(({ id }) => !shared.logs[us].some((update) => isRemoval(update) && update.id === id));
}

/** Why the channel has failed an HTLC by itself, if it has. */
export function whyFailed(env: ChannelEnv, { shared, params }: FundedState, id: bigint): Refusal | undefined {
  const { us } = params;
  const htlc = shared.base.htlcs[other(us)].find((known) => known.id === id);
  const own = shared.logs[us].some((update) => isRemoval(update) && update.id === id && isOwnFailure(update));
  if (htlc === undefined || !own) return undefined;
  return pastFulfillDeadline(env, htlc) ?? refusal('update_fulfill_htlc.dust', `HTLC ${id} was too much dust, and is failed already`);
}
