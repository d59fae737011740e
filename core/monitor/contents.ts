import type { Entry } from '../knowledge/updates.ts';
import type { CommitmentContents, HtlcSpec, Side } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import type { Log } from './log.ts';

/** How much of both sides' logs a commitment has. */
export type Cut = Readonly<Record<Side, number>>;
export type Logs = Readonly<Record<Side, Log<Entry>>>;

export const NOTHING_CUT: Cut = { opener: 0, accepter: 0 };

/** Every so many commitments of an owner, what one says is kept: any of them is a fold of fewer entries than came since. */
export const CHECKPOINT_EVERY = 256;

/**
 * BOLT 2, Normal Operation: what a commitment says that has more of both logs than `base` has: adds before removals, the last fee wins. Undefined
 * where an entry removes an HTLC that is not in flight, or the logs don't have so much.
 */
export function contentsSince(logs: Logs, base: CommitmentContents, from: Cut, to: Cut): CommitmentContents | undefined {
  if (to.opener > logs.opener.length || to.accepter > logs.accepter.length) return undefined;
  const news = { opener: logs.opener.slice(from.opener, to.opener), accepter: logs.accepter.slice(from.accepter, to.accepter) };
  const balanceMsat = { opener: base.balanceMsat.opener, accepter: base.balanceMsat.accepter };
  const opener = inFlight(news, base.htlcs, 'opener', balanceMsat);
  const accepter = inFlight(news, base.htlcs, 'accepter', balanceMsat);
  if (opener === undefined || accepter === undefined) return undefined;
  let { feeratePerKw } = base;
  for (const entry of news.opener) if (entry.kind === 'fee') feeratePerKw = entry.feeratePerKw;
  return { balanceMsat, htlcs: [...opener, ...accepter], feeratePerKw };
}

/** The HTLCs of `offerer` that the other side has not removed. Moves the amounts of all of them. */
function inFlight(
  news: Readonly<Record<Side, readonly Entry[]>>,
  before: readonly HtlcSpec[],
  offerer: Side,
  balanceMsat: Record<Side, bigint>,
): Iterable<HtlcSpec> | undefined {
  const htlcs = new Map<bigint, HtlcSpec>();
  for (const htlc of before) if (htlc.offerer === offerer) htlcs.set(htlc.id, htlc);
  for (const entry of news[offerer]) {
    if (entry.kind !== 'add') continue;
    const { id, amountMsat, paymentHash, cltvExpiry } = entry;
    htlcs.set(id, { offerer, id, amountMsat, paymentHash, cltvExpiry });
    balanceMsat[offerer] -= amountMsat;
  }
  for (const entry of news[other(offerer)]) {
    if (entry.kind !== 'fulfilled' && entry.kind !== 'failed') continue;
    const htlc = htlcs.get(entry.id);
    if (htlc === undefined) return undefined;
    htlcs.delete(entry.id);
    balanceMsat[entry.kind === 'fulfilled' ? other(offerer) : offerer] += htlc.amountMsat;
  }
  return htlcs.values();
}

/** What the commitments of one owner say, from what was kept of them. */
export interface Course {
  readonly logs: Logs;
  /** Of the owner, by their number. */
  readonly cuts: Log<Cut>;
  /** What the commitments of numbers 0, `CHECKPOINT_EVERY`, twice that, ... say. */
  readonly checkpoints: Log<CommitmentContents>;
}

/** Undefined for a commitment that was not told. `start`: what there was before every log. */
export function contentsOf({ logs, cuts, checkpoints }: Course, start: CommitmentContents, number: number): CommitmentContents | undefined {
  const cut = cuts.at(number);
  if (cut === undefined) return undefined;
  const at = Math.min(Math.floor(number / CHECKPOINT_EVERY), checkpoints.length - 1);
  const base = checkpoints.at(at);
  if (base === undefined) return contentsSince(logs, start, NOTHING_CUT, cut);
  return contentsSince(logs, base, cuts.at(at * CHECKPOINT_EVERY) as Cut, cut);
}

/** With the checkpoints that its cuts have room for. Undefined where a log and a cut contradict each other. */
export function withCheckpoints(course: Course, start: CommitmentContents): Course | undefined {
  const { logs, cuts } = course;
  let { checkpoints } = course;
  while (checkpoints.length * CHECKPOINT_EVERY < cuts.length) {
    const next = contentsOf({ logs, cuts, checkpoints }, start, checkpoints.length * CHECKPOINT_EVERY);
    if (next === undefined) return undefined;
    checkpoints = checkpoints.with([next]);
  }
  return { logs, cuts, checkpoints };
}
