import type { CommitmentContents, Side } from '../../transactions/types.ts';
import { bySide, other } from '../../transactions/types.ts';
import type { AddUpdate, Base, Cut, FeeUpdate, OwnersCommitments, Removal, SharedState, Update } from './state.ts';

export const SIDES: readonly Side[] = ['opener', 'accepter'];

/** What a commitment says: balances outside HTLCs before fees, HTLCs by side and id, and the feerate. */
export interface Contents extends CommitmentContents {
  readonly htlcs: readonly AddUpdate[];
}

export function isRemoval(update: Update): update is Removal {
  return update.kind === 'fulfill' || update.kind === 'fail' || update.kind === 'fail_malformed';
}

/** How many updates each side has sent, signed or not. */
export function logLength(shared: SharedState, side: Side): number {
  return shared.base.cut[side] + shared.logs[side].length;
}

/** The updates of `side` with absolute indexes in [from, to). */
export function slice(shared: SharedState, side: Side, from: number, to: number = logLength(shared, side)): readonly Update[] {
  const base = shared.base.cut[side];
  return part(shared.logs[side], Math.max(0, from - base), Math.max(0, to - base));
}

/** Mostly all of a log is wanted. */
function part(log: readonly Update[], start: number, end: number): readonly Update[] {
  return start === 0 && end >= log.length ? log : log.slice(start, end);
}

/** `offerer`'s HTLCs once it has sent its updates and the remover has answered: adds before removals. Moves their amounts. */
function inFlight(
  base: readonly AddUpdate[],
  offerer: Side,
  sent: readonly Update[],
  answers: readonly Update[],
  balanceMsat: Record<Side, bigint>,
): readonly AddUpdate[] {
  if (sent.length === 0 && answers.length === 0) return base;
  const remover = other(offerer);
  const htlcs = base.slice();
  for (const update of sent) {
    if (update.kind !== 'add') continue;
    htlcs.push(update);
    balanceMsat[offerer] -= update.amountMsat;
  }
  for (const update of answers) {
    if (!isRemoval(update)) continue;
    const at = htlcs.findIndex((htlc) => htlc.id === update.id);
    if (at < 0) throw new Error(`removal of an HTLC that is not in flight: ${offerer} ${update.id}`);
    const [removed] = htlcs.splice(at, 1) as [AddUpdate];
    balanceMsat[update.kind === 'fulfill' ? remover : offerer] += removed.amountMsat;
  }
  return htlcs;
}

/**
 * BOLT 2, Normal Operation: what a commitment with `cut` of both logs says, adds before removals, the last fee wins.
 *
 * This fold is the one rule of what updates mean. A removal whose HTLC is not there is our bug, never a peer's: it was judged on receipt.
 */
export function contents(shared: SharedState, cut: Cut): Contents {
  const { base } = shared;
  // By name, not by side: engines read a property of a fixed name many times as fast, and this is read most.
  const opener = part(shared.logs.opener, 0, Math.max(0, cut.opener - base.cut.opener));
  const accepter = part(shared.logs.accepter, 0, Math.max(0, cut.accepter - base.cut.accepter));
  const balanceMsat = { opener: base.balanceMsat.opener, accepter: base.balanceMsat.accepter };
  const offered = inFlight(base.htlcs.opener, 'opener', opener, accepter, balanceMsat);
  const received = inFlight(base.htlcs.accepter, 'accepter', accepter, opener, balanceMsat);
  const fee = opener.findLast((update): update is FeeUpdate => update.kind === 'fee');
  return { balanceMsat, htlcs: offered.concat(received), feeratePerKw: fee?.feeratePerKw ?? base.feeratePerKw };
}

/** Updates that became irrevocably committed by a fold, by the side that sent them, in order. */
export type Folded = Readonly<Record<Side, readonly Update[]>>;

/** Folds into the base what both current commitments contain: irrevocably committed (BOLT 2, Forwarding HTLCs). */
export function fold(shared: SharedState): { readonly shared: SharedState; readonly folded: Folded } {
  const { opener, accepter } = shared.commitments;
  const cut: Cut = {
    opener: Math.min(opener.current.cut.opener, accepter.current.cut.opener),
    accepter: Math.min(opener.current.cut.accepter, accepter.current.cut.accepter),
  };
  const folded: Folded = {
    opener: slice(shared, 'opener', shared.base.cut.opener, cut.opener),
    accepter: slice(shared, 'accepter', shared.base.cut.accepter, cut.accepter),
  };
  if (folded.opener.length === 0 && folded.accepter.length === 0) return { shared, folded };
  const { balanceMsat, htlcs, feeratePerKw } = contents(shared, cut);
  const base: Base = {
    cut,
    balanceMsat,
    feeratePerKw,
    htlcs: { opener: htlcs.filter((h) => h.offerer === 'opener'), accepter: htlcs.filter((h) => h.offerer === 'accepter') },
    nextHtlcId: {
      opener: shared.base.nextHtlcId.opener + countAdds(folded.opener),
      accepter: shared.base.nextHtlcId.accepter + countAdds(folded.accepter),
    },
  };
  const logs = { opener: slice(shared, 'opener', cut.opener), accepter: slice(shared, 'accepter', cut.accepter) };
  return { shared: { base, logs, commitments: shared.commitments }, folded };
}

function countAdds(updates: readonly Update[]): bigint {
  return BigInt(updates.filter((update) => update.kind === 'add').length);
}

/** The id that `side`'s next update_add_htlc must have. */
export function nextHtlcId(shared: SharedState, side: Side): bigint {
  return shared.base.nextHtlcId[side] + countAdds(shared.logs[side]);
}

/** The log of `side` replaced. */
export function withLog({ base, logs, commitments }: SharedState, side: Side, log: readonly Update[]): SharedState {
  return { base, logs: bySide(side, log, logs[other(side)]), commitments };
}

/** The commitments of `side` replaced. */
export function withCommitments({ base, logs, commitments }: SharedState, side: Side, owned: OwnersCommitments): SharedState {
  return { base, logs, commitments: bySide(side, owned, commitments[other(side)]) };
}

export function append(shared: SharedState, side: Side, update: Update): SharedState {
  return withLog(shared, side, [...shared.logs[side], update]);
}

/** Forgets what `side` sent beyond `length` updates. Ids and indexes beyond may come again with other content. */
export function truncate(shared: SharedState, side: Side, length: number): SharedState {
  if (logLength(shared, side) <= length) return shared;
  return withLog(shared, side, shared.logs[side].slice(0, length - shared.base.cut[side]));
}

/** What `signer` signs for the other side now: all of its own log, and what its own current commitment has of the owner's (BOLT 2). */
export function cutToSign(shared: SharedState, signer: Side): Cut {
  const agreed = shared.commitments[signer].current.cut[other(signer)];
  return bySide(signer, logLength(shared, signer), agreed);
}

export function sameCut(a: Cut, b: Cut): boolean {
  return a.opener === b.opener && a.accepter === b.accepter;
}
