import type { Tx } from '../../core/bitcoin/tx.ts';
import type { FundedBase } from '../../core/channel/model/state.ts';
import type { BuiltCommitment } from '../../core/transactions/commitment.ts';
import type { Side } from '../../core/transactions/types.ts';
import { grouped } from '../scenario/text.ts';
import { ANCHOR_OUTPUT_SAT, fundingOf } from '../model/commitment-contents.ts';
import type { Rebuilt } from '../model/transactions.ts';
import { parseOnce } from '../model/parse-once.ts';
import { partsApart } from '../model/script-words.ts';
import type { RawTx, Script } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { Comparison } from '../scenario/types.ts';

/** In what two transactions for the same commitment differ: the first of these that does. */
export const COMMITMENT_KINDS = [
  'signed-feerate',
  'signed-htlcs',
  'signed-balances',
  'signed-scripts',
  'signed-order',
  'signed-number',
] as const;
export type CommitmentKind = (typeof COMMITMENT_KINDS)[number];

interface LabelledOutput {
  readonly label: string;
  readonly amountSat: bigint;
  readonly script: string;
  /** Of what pays to the hash of a script, where whoever built it says so. */
  readonly witnessScript?: Script | undefined;
}

/** A commitment transaction, decoded as far as it can be. */
export interface CommitmentView {
  readonly outputs: readonly LabelledOutput[];
  /** Sequence and locktime, in which the number hides. */
  readonly number: string;
  /** Satoshi per 1000 weight, where whoever built it says so. */
  readonly feeratePerKw: number | undefined;
}

/** As its signer built it. */
export function viewOfBuilt({ outputs, tx, contents }: BuiltCommitment, names: Readonly<Record<Side, string>>): CommitmentView {
  const labelled = outputs.map((output) => {
    const label = output.kind === 'htlc' ? htlcLabel(output.htlc, names) : `${output.kind} of ${names[output.side]}`;
    return { label, amountSat: output.amountSat, script: output.script, witnessScript: output.witnessScript };
  });
  return { outputs: labelled, number: numberOf(tx), feeratePerKw: contents.feeratePerKw };
}

/** As BOLT 3 makes it, from what messages said. */
export function viewOfRebuilt(
  { outputs, rawTx }: Rebuilt,
  owner: Side,
  feeratePerKw: number,
  names: Readonly<Record<Side, string>>,
): CommitmentView {
  const remote = owner === 'opener' ? 'accepter' : 'opener';
  const labels = {
    to_local: `to_local of ${names[owner]}`,
    to_remote: `to_remote of ${names[remote]}`,
    'local anchor': `anchor of ${names[owner]}`,
    'remote anchor': `anchor of ${names[remote]}`,
  } as const;
  const labelled = outputs.map(({ what, htlc, amountSat, script, witnessScript }) => {
    const label = what === 'htlc' ? htlcLabel(htlc ?? { offerer: owner, id: -1n }, names) : labels[what];
    return { label, amountSat, script, witnessScript };
  });
  const tx = parseOnce(toHex<RawTx>(rawTx));
  return { outputs: labelled, number: tx === undefined ? '' : numberOf(tx), feeratePerKw };
}

/** As somebody has shown it: its outputs are called like those of `known` with the same script, and else by what is left of them. */
export function viewOfTx(tx: Tx, known: CommitmentView): CommitmentView {
  const left = [...known.outputs];
  const take = (fits: (output: LabelledOutput) => boolean): string | undefined => {
    const at = left.findIndex(fits);
    return at < 0 ? undefined : left.splice(at, 1)[0]?.label;
  };
  const labels = tx.outputs.map(
    ({ script, amountSat }) => take((o) => o.script === script && o.amountSat === amountSat) ?? take((o) => o.script === script),
  );
  const outputs = tx.outputs.map(({ script, amountSat }, i) => {
    const label = labels[i] ?? take((o) => o.amountSat === amountSat) ?? `unknown output ${i}`;
    return { label, amountSat, script };
  });
  return { outputs, number: numberOf(tx), feeratePerKw: undefined };
}

function htlcLabel({ offerer, id }: { readonly offerer: Side; readonly id: bigint }, names: Readonly<Record<Side, string>>): string {
  return `HTLC ${id} of ${names[offerer]}`;
}

function numberOf({ inputs, locktime }: Tx): string {
  return `${(inputs[0]?.sequence ?? 0).toString(16)} ${locktime.toString(16)}`;
}

const isHtlc = ({ label }: LabelledOutput): boolean => label.startsWith('HTLC');

/** The base fee of a transaction with so many HTLC outputs (BOLT 3, Fee Calculation). */
function baseFeeSat(anchors: boolean, feeratePerKw: number, htlcs: number): bigint {
  return (BigInt(feeratePerKw) * ((anchors ? 1124n : 724n) + 172n * BigInt(htlcs))) / 1000n;
}

/** The feerate that explains what this view pays, if it is one of those that the channel has heard of. */
function feerateIn(state: FundedBase, view: CommitmentView, other: CommitmentView): number | undefined {
  if (view.feeratePerKw !== undefined || other.feeratePerKw === undefined) return view.feeratePerKw;
  const anchors = fundingOf(state).format === 'anchors';
  const paid = ({ outputs }: CommitmentView): bigint =>
    outputs.reduce((rest, { amountSat }) => rest - amountSat, fundingOf(state).amountSat);
  const count = ({ outputs }: CommitmentView): number => outputs.filter(isHtlc).length;
  const aside = paid(other) - baseFeeSat(anchors, other.feeratePerKw, count(other));
  const { base, logs } = state.shared;
  const heard = [base.feeratePerKw, ...[...logs.opener, ...logs.accepter].flatMap((u) => (u.kind === 'fee' ? [u.feeratePerKw] : []))];
  return [other.feeratePerKw, ...heard].find((rate) => baseFeeSat(anchors, rate, count(view)) + aside === paid(view));
}

export interface CommitmentDifference {
  readonly kind: CommitmentKind;
  readonly comparison: Comparison;
  /** What is most telling of it, left and right: '1,000 sat/kw'. */
  readonly left: string;
  readonly right: string;
}

/** Two transactions for one commitment, side by side. Undefined where they are the same. */
export function commitmentDifference(
  state: FundedBase,
  [leftTitle, left]: readonly [string, CommitmentView],
  [rightTitle, right]: readonly [string, CommitmentView],
): CommitmentDifference | undefined {
  const anchors = fundingOf(state).format === 'anchors';
  const leftRate = feerateIn(state, left, right);
  const rightRate = feerateIn(state, right, left);
  const labels = [...new Set([...left.outputs, ...right.outputs].map(({ label }) => label))].sort();
  const amount = (view: CommitmentView, label: string): string => {
    const found = view.outputs.filter((output) => output.label === label);
    return found.length === 0 ? 'no output' : found.map(({ amountSat }) => `${grouped(amountSat)} sat`).join(', ');
  };
  const scriptsOf = (view: CommitmentView, label: string): string =>
    view.outputs.flatMap((output) => (output.label === label ? [output.script] : [])).join(' ');
  const fee = (view: CommitmentView): string =>
    `${grouped(view.outputs.reduce((rest, { amountSat }) => rest - amountSat, fundingOf(state).amountSat))} sat`;
  const rate = (value: number | undefined): string => (value === undefined ? 'none that was agreed' : `${grouped(value)} sat/kw`);
  const order = (view: CommitmentView): string => view.outputs.map(({ label }) => label).join(', ');
  const otherScripts = labels.filter((label) => {
    const [a, b] = [scriptsOf(left, label), scriptsOf(right, label)];
    return a !== '' && b !== '' && a !== b;
  });
  const rows = [
    { what: 'feerate', left: rate(leftRate), right: rate(rightRate) },
    { what: 'fee, with dust', left: fee(left), right: fee(right) },
    ...labels.map((what) => ({ what, left: amount(left, what), right: amount(right, what) })),
    ...otherScripts.flatMap((label) => scriptRows(label, left, right)),
    ...(anchors ? [{ what: 'of these, anchors', left: anchorsIn(left), right: anchorsIn(right) }] : []),
    ...(order(left) === order(right) || left.outputs.length !== right.outputs.length
      ? []
      : [{ what: 'order of outputs', left: order(left), right: order(right) }]),
    { what: 'sequence, locktime', left: left.number, right: right.number },
  ];
  const differing = rows.filter((row) => row.left !== row.right);
  const [first] = differing;
  if (first === undefined) return undefined;
  const told = (kind: CommitmentKind, { left: a, right: b }: { readonly left: string; readonly right: string }): CommitmentDifference => ({
    kind,
    comparison: { left: leftTitle, right: rightTitle, rows },
    left: a,
    right: b,
  });
  if (leftRate !== undefined && rightRate !== undefined && leftRate !== rightRate) return told('signed-feerate', first);
  const htlc = differing.find(({ what }) => what.startsWith('HTLC'));
  if (htlc !== undefined) return told('signed-htlcs', named(htlc));
  const balance = differing.find(({ what }) => /^(to_|anchor|unknown)/.test(what));
  if (balance !== undefined) return told('signed-balances', named(balance));
  const script = differing.find(({ what }) => what.startsWith('script'));
  if (script !== undefined)
    return told('signed-scripts', { left: `${script.left} in the ${script.what}`, right: `${script.right} in the ${script.what}` });
  const reordered = differing.find(({ what }) => what.startsWith('order'));
  return reordered === undefined ? told('signed-number', first) : told('signed-order', reordered);
}

/** Where two scripts part, in the words of their own: an operand with the operation that takes it. Their hashes, where that is all there is. */
function scriptRows(label: string, left: CommitmentView, right: CommitmentView): Comparison['rows'] {
  const of = ({ outputs }: CommitmentView): LabelledOutput | undefined => outputs.find((output) => output.label === label);
  const what = `script of ${label}`;
  const [a, b] = [of(left), of(right)];
  if (a?.witnessScript === undefined || b?.witnessScript === undefined)
    return [{ what, left: a?.script ?? 'none', right: b?.script ?? 'none' }];
  return partsApart(a.witnessScript, b.witnessScript).map((part) => ({ what, ...part }));
}

function named({ what, left, right }: Comparison['rows'][number]): { readonly left: string; readonly right: string } {
  const of = (value: string): string => (value === 'no output' ? `no ${what}` : `${value} for ${what}`);
  return { left: of(left), right: of(right) };
}

function anchorsIn({ outputs }: CommitmentView): string {
  const count = outputs.filter(({ label }) => label.startsWith('anchor')).length;
  return `${count} of ${ANCHOR_OUTPUT_SAT} sat`;
}
