import type {
  AddUpdate,
  Commitment,
  Cut,
  FundedBase,
  Removal,
  SharedState,
  Update,
  FundingOutput,
} from '../../core/channel/model/state.ts';
import type { CommitmentFormat, Side } from '../../core/transactions/types.ts';
import { Recent } from '../deterministic/recent-values.ts';
import type { Txid } from '../../core/crypto/bytes.ts';

/** The oracles' own reading of what a commitment says. Nothing here is shared with core: that is the point. */
export interface Contents {
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  readonly htlcs: readonly AddUpdate[];
  readonly feeratePerKw: number;
}

export const SIDES: readonly Side[] = ['opener', 'accepter'];

export function otherSide(side: Side): Side {
  return side === 'opener' ? 'accepter' : 'opener';
}

/** Why logs and a cut can make no sense. */
export const SENSELESS = ['cut-outside-log', 'add-in-the-wrong-log', 'fee-from-accepter', 'removal-of-unknown-htlc'] as const;
export type Senseless = (typeof SENSELESS)[number];

/** BOLT 2: the updates up to `cut` applied to the base, adds before removals. A word says why that is impossible. */
export function contentsAt(shared: SharedState, cut: Cut): Contents | Senseless {
  const { base } = shared;
  const balanceMsat = { opener: base.balanceMsat.opener, accepter: base.balanceMsat.accepter };
  let htlcs = [...base.htlcs.opener, ...base.htlcs.accepter];
  let feeratePerKw = base.feeratePerKw;
  const removals: { readonly by: Side; readonly removal: Removal }[] = [];
  for (const side of SIDES) {
    const length = cut[side] - base.cut[side];
    if (length < 0 || length > shared.logs[side].length) return 'cut-outside-log';
    for (let i = 0; i < length; i++) {
      const update = shared.logs[side][i] as Update;
      if (update.kind === 'add') {
        if (update.offerer !== side) return 'add-in-the-wrong-log';
        htlcs.push(update);
        balanceMsat[side] -= update.amountMsat;
      } else if (update.kind === 'fee') {
        if (side === 'accepter') return 'fee-from-accepter';
        feeratePerKw = update.feeratePerKw;
      } else removals.push({ by: side, removal: update });
    }
  }
  for (const { by, removal } of removals) {
    const offerer = otherSide(by);
    const found = htlcs.find((htlc) => htlc.offerer === offerer && htlc.id === removal.id);
    if (found === undefined) return 'removal-of-unknown-htlc';
    balanceMsat[removal.kind === 'fulfill' ? by : offerer] += found.amountMsat;
    htlcs = htlcs.filter((htlc) => htlc !== found);
  }
  return { balanceMsat, htlcs, feeratePerKw };
}

/** What the next update_fee replaces. */
export function newestFeerate({ shared: { base, logs } }: FundedBase): number {
  return logs.opener.findLast((update) => update.kind === 'fee')?.feeratePerKw ?? base.feeratePerKw;
}

/** A commitment never changes once made, however the state around it folds: one fold a commitment, for all that ask in turn. */
const known = new Recent<Commitment, Contents | Senseless>();

export function contentsOf(shared: SharedState, commitment: Commitment): Contents | Senseless {
  return known.get(commitment) ?? known.keep(commitment, contentsAt(shared, commitment.cut));
}

/** All commitments that a state holds: at most four. */
export function commitmentsOf(shared: SharedState): readonly { readonly owner: Side; readonly commitment: Commitment }[] {
  const out: { owner: Side; commitment: Commitment }[] = [];
  for (const owner of SIDES) {
    const { current, next } = shared.commitments[owner];
    out.push({ owner, commitment: current });
    if (next !== undefined) out.push({ owner, commitment: next });
  }
  return out;
}

/** The commitments that `after` holds and `before` did not. */
export function commitmentsMade(before: SharedState | undefined, after: SharedState): readonly Commitment[] {
  const made: Commitment[] = [];
  for (const owner of SIDES) {
    const { current, next } = after.commitments[owner];
    const known = before?.commitments[owner];
    if (current !== known?.current && current !== known?.next) made.push(current);
    if (next !== undefined && next !== known?.next) made.push(next);
  }
  return made;
}

/** What `signer` would sign next for the other side: all of its own log, and of the other's what it has revoked for. */
export function signableCut(shared: SharedState, signer: Side): Cut {
  const owner = otherSide(signer);
  const own = shared.base.cut[signer] + shared.logs[signer].length;
  const acknowledged = shared.commitments[signer].current.cut[owner];
  return signer === 'opener' ? { opener: own, accepter: acknowledged } : { opener: acknowledged, accepter: own };
}

/** The output that holds the channel's money. */
export function fundingOf({ fundings }: FundedBase): FundingOutput {
  const [funding] = fundings;
  if (funding === undefined) throw new RangeError('a channel without funding');
  return funding.output;
}

/** The transactions of a commitment of `owner`, one a funding, as the node remembers them. */
export function txidsOf({ fundings, shared }: FundedBase, owner: Side, { number }: Commitment): readonly (Txid | undefined)[] {
  const isCurrent = shared.commitments[owner].current.number === number;
  return fundings.map(({ txids }) => (isCurrent ? txids[owner].current : txids[owner].next));
}

// BOLT 3, Fees and Trimmed Outputs: the specification's own constants, written down a second time on purpose.
export const ANCHOR_OUTPUT_SAT = 330n;

export function htlcFeeSat(format: CommitmentFormat, feeratePerKw: number, kind: 'timeout' | 'success'): bigint {
  if (format === 'anchors') return 0n;
  return (BigInt(feeratePerKw) * (kind === 'timeout' ? 663n : 703n)) / 1000n;
}

/** Whether `owner`'s commitment leaves this HTLC out. */
export function isDust(state: FundedBase, owner: Side, htlc: Pick<AddUpdate, 'offerer' | 'amountMsat'>, feeratePerKw: number): boolean {
  const kind = htlc.offerer === owner ? 'timeout' : 'success';
  return htlc.amountMsat / 1000n < state.params.parties[owner].dustLimitSat + htlcFeeSat(fundingOf(state).format, feeratePerKw, kind);
}

/** What the opener pays for `owner`'s commitment in satoshis: base fee and both anchors. */
export function openerCostSat(state: FundedBase, owner: Side, contents: Contents): bigint {
  const anchors = fundingOf(state).format === 'anchors';
  let weight = anchors ? 1124n : 724n;
  for (const htlc of contents.htlcs) if (!isDust(state, owner, htlc, contents.feeratePerKw)) weight += 172n;
  return (BigInt(contents.feeratePerKw) * weight) / 1000n + (anchors ? 2n * ANCHOR_OUTPUT_SAT : 0n);
}

/** Sum of the HTLCs that `owner`'s commitment would leave out at this feerate, in millisatoshi. */
export function dustExposureMsat(state: FundedBase, owner: Side, contents: Contents, feeratePerKw: number): bigint {
  let sum = 0n;
  for (const htlc of contents.htlcs) if (isDust(state, owner, htlc, feeratePerKw)) sum += htlc.amountMsat;
  return sum;
}
