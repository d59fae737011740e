import { byteLength } from '../bitcoin/encode.ts';
import type { ConfirmedTx } from '../chain/update.ts';
import type { Hash32, Preimage } from '../crypto/bytes.ts';
import { isTrimmed } from '../transactions/fees.ts';
import { other } from '../transactions/types.ts';
import type { HtlcSpec, Side } from '../transactions/types.ts';
import type { HtlcName } from '../knowledge/updates.ts';
import type { Close, MutualClose } from './close.ts';
import { contentsAt } from './knowledge.ts';
import type { Knowledge, KnownPreimage } from './knowledge.ts';
import type { ClosedOutput, Spend } from './outputs.ts';
import { IRREVOCABLE_DEPTH } from '../chain/view.ts';
import type { ChainPolicy } from './policy.ts';

/**
 * What becomes of an HTLC that was alive when its channel ended. `fulfilled`: who received it has it; `timed_out`: who offered it has it;
 * `lost`: nothing that was told claims it.
 */
export interface HtlcFate extends HtlcName {
  readonly paymentHash: Hash32;
  readonly fate: 'open' | 'fulfilled' | 'timed_out' | 'lost';
  readonly preimage: Preimage | undefined;
  /** The transaction that decided it; undefined where no reorganisation takes it back. */
  readonly since: ConfirmedTx | undefined;
  /** The depth of that transaction at which it is beyond doubt. */
  readonly depth: number;
}

export function htlcKey({ offerer, id }: HtlcName): string {
  return `${offerer} ${id}`;
}

/** An HTLC of a commitment that its owner may give to the chain. */
interface Alive {
  readonly htlc: HtlcSpec;
  /** Whether any of those commitments has an output for it. */
  readonly hasOutput: boolean;
}

/** Which commitments are valid: our newest, or the one that is final, and those of the peer's that are not revoked. */
function validCommitments({ parameters, cuts, points, final }: Knowledge): readonly { readonly owner: Side; readonly number: bigint }[] {
  const { us } = parameters;
  const ours = final?.number ?? BigInt(cuts[us].length - 1);
  return [{ owner: us, number: ours }, ...points.map(({ number }) => ({ owner: other(us), number }))];
}

/** Every HTLC of a valid commitment, by name. What was settled off chain is in none. */
function aliveHtlcs(known: Knowledge): ReadonlyMap<string, Alive> {
  const alive = new Map<string, Alive>();
  const { parties } = known.parameters;
  for (const { owner, number } of validCommitments(known)) {
    const contents = contentsAt(known, owner, number);
    if (contents === undefined) continue;
    const { htlcs, feeratePerKw } = contents;
    for (const htlc of htlcs) {
      const hasOutput = known.fundings.some(({ format }) => !isTrimmed(format, owner, parties[owner].dustLimitSat, feeratePerKw, htlc));
      const before = alive.get(htlcKey(htlc));
      alive.set(htlcKey(htlc), { htlc, hasOutput: hasOutput || before?.hasOutput === true });
    }
  }
  return alive;
}

/** The preimages that are known of these hashes. */
export function preimagesOf(known: Knowledge, hashes: ReadonlySet<Hash32>): ReadonlyMap<Hash32, readonly KnownPreimage[]> {
  const found = new Map<Hash32, KnownPreimage[]>();
  if (hashes.size === 0) return found;
  for (let i = 0; i < known.preimages.length; i++) {
    const preimage = known.preimages.at(i) as KnownPreimage;
    if (!hashes.has(preimage.paymentHash)) continue;
    const others = found.get(preimage.paymentHash);
    if (others === undefined) found.set(preimage.paymentHash, [preimage]);
    else others.push(preimage);
  }
  return found;
}

/** The preimage that may claim this incoming HTLC: a preimage is no permission. */
export function permittedPreimage(preimages: readonly KnownPreimage[] | undefined, htlc: HtlcName): Preimage | undefined {
  return preimages?.find(({ settles }) => settles.some((name) => name.offerer === htlc.offerer && name.id === htlc.id))?.preimage;
}

/** Each HTLC that was alive when the channel ended, with what the present chain makes of it. */
export function htlcFates(
  policy: ChainPolicy,
  known: Knowledge,
  close: Close,
  outputs: readonly ClosedOutput[],
  tipHeight: number,
): readonly HtlcFate[] {
  if (close.kind === 'mutual') return [];
  const alive = [...aliveHtlcs(known).values()];
  const preimages = preimagesOf(known, new Set(alive.map(({ htlc }) => htlc.paymentHash)));
  const found = new Map<string, ClosedOutput>();
  for (const closed of outputs) if (closed.output.kind === 'htlc') found.set(htlcKey(closed.output.htlc), closed);
  return alive.map(({ htlc, hasOutput }) => {
    const learned = preimages.get(htlc.paymentHash);
    const of: Circumstances = { htlc, hasOutput, close, output: found.get(htlcKey(htlc)), reorgDepth: policy.reorgDepth, tipHeight };
    return htlc.offerer === known.parameters.us
      ? offeredFate(of, learned?.[0]?.preimage)
      : receivedFate(of, permittedPreimage(learned, htlc));
  });
}

interface Circumstances extends Alive {
  readonly close: Exclude<Close, MutualClose>;
  /** Absent where the commitment in the chain has none for it. */
  readonly output: ClosedOutput | undefined;
  readonly reorgDepth: number;
  readonly tipHeight: number;
}

function fateOf(
  { htlc: { offerer, id, paymentHash } }: Circumstances,
  fate: HtlcFate['fate'],
  preimage: Preimage | undefined,
  since: ConfirmedTx | undefined,
  depth: number,
): HtlcFate {
  return { offerer, id, paymentHash, fate, preimage, since, depth };
}

/** BOLT 5: "if the payment preimage is known: MUST fulfill the corresponding incoming HTLC", whoever spent what. */
function offeredFate(of: Circumstances, preimage: Preimage | undefined): HtlcFate {
  const { close, output, reorgDepth } = of;
  if (preimage !== undefined) return fateOf(of, 'fulfilled', preimage, undefined, 0);
  switch (close.kind) {
    case 'ours':
    case 'theirs':
      if (output === undefined) return fateOf(of, 'timed_out', undefined, close.spend, depthOfAbsence(of));
      if (output.spent === undefined) return fateOf(of, 'open', undefined, undefined, 0);
      return fateOf(of, 'timed_out', undefined, output.spent.by, reorgDepth);
    case 'revoked':
    case 'ours_old':
      // All of the channel is one side's: what the peer of the HTLC does with its output brings it nothing, or is our own doing.
      return fateOf(of, 'timed_out', undefined, close.spend, reorgDepth);
    case 'future':
    case 'unknown':
      return fateOf(of, 'lost', undefined, close.spend, reorgDepth);
  }
}

/** BOLT 5: where "no *valid* commitment transaction contains an output corresponding to the HTLC: MAY fail the corresponding incoming HTLC sooner". */
function depthOfAbsence({ hasOutput, reorgDepth }: Circumstances): number {
  return hasOutput ? reorgDepth : 1;
}

function receivedFate(of: Circumstances, preimage: Preimage | undefined): HtlcFate {
  const { close, output, reorgDepth } = of;
  switch (close.kind) {
    case 'ours':
    case 'theirs':
      if (output === undefined) return fateOf(of, preimage === undefined ? 'timed_out' : 'lost', preimage, close.spend, depthOfAbsence(of));
      if (output.spent === undefined) return unspent(of, preimage);
      return fateOf(of, hasPreimage(output.spent) ? 'fulfilled' : 'timed_out', preimage, output.spent.by, reorgDepth);
    case 'revoked':
      return fateOf(of, preimage === undefined ? 'timed_out' : 'fulfilled', preimage, close.spend, reorgDepth);
    case 'ours_old':
    case 'future':
    case 'unknown':
      return fateOf(of, 'lost', preimage, close.spend, reorgDepth);
  }
}

/** BOLT 5: "If not otherwise resolved, once the HTLC output has expired, it is considered *irrevocably resolved*." */
function unspent(of: Circumstances, preimage: Preimage | undefined): HtlcFate {
  const expired = of.tipHeight > of.htlc.cltvExpiry;
  if (preimage !== undefined || !expired) return fateOf(of, 'open', preimage, undefined, 0);
  return fateOf(of, 'timed_out', undefined, of.close.spend, IRREVOCABLE_DEPTH);
}

/** A witness has no other item of 32 bytes. */
function hasPreimage({ by, input }: Spend): boolean {
  return by.tx.inputs[input]?.witness.some((item) => byteLength(item) === 32) === true;
}
