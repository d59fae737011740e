import type { Side } from '../../core/transactions/types.ts';
import { SIDES } from '../model/commitment-contents.ts';
import { grouped } from '../scenario/text.ts';
import type { Comparison } from '../scenario/types.ts';
import type { ContentKind } from './compare.ts';

interface Htlc {
  readonly offerer: Side;
  readonly id: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: string;
  readonly cltvExpiry: number;
}
interface Contents {
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  readonly htlcs: readonly Htlc[];
  readonly feeratePerKw: number;
}

export interface ContentsDifference {
  readonly kind: ContentKind;
  readonly comparison: Comparison;
  /** What is most telling of it, left and right: `1,000 msat for HTLC 0 of A`. */
  readonly left: string;
  readonly right: string;
}

/** What two views of one commitment say, side by side; an HTLC explains a balance, and is told before it. Undefined where they are the same. */
export function contentsDifference(
  [leftTitle, left]: readonly [string, Contents],
  [rightTitle, right]: readonly [string, Contents],
  names: Readonly<Record<Side, string>>,
): ContentsDifference | undefined {
  const ids = [...new Set([...left.htlcs, ...right.htlcs].map(({ offerer, id }) => `HTLC ${id} of ${names[offerer]}`))].sort();
  const htlc = ({ htlcs }: Contents, name: string): string => {
    const found = htlcs.find(({ offerer, id }) => `HTLC ${id} of ${names[offerer]}` === name);
    return found === undefined ? 'none' : termsOf(found);
  };
  const rows = [
    { what: 'feerate', left: `${grouped(left.feeratePerKw)} sat/kw`, right: `${grouped(right.feeratePerKw)} sat/kw` },
    ...SIDES.map((side) => ({
      what: `balance of ${names[side]}`,
      left: `${grouped(left.balanceMsat[side])} msat`,
      right: `${grouped(right.balanceMsat[side])} msat`,
    })),
    ...ids.map((what) => ({ what, left: htlc(left, what), right: htlc(right, what) })),
  ];
  const differing = rows.filter((row) => row.left !== row.right);
  const first = differing.find(({ what }) => what === 'feerate') ?? differing.find(({ what }) => what.startsWith('HTLC')) ?? differing[0];
  if (first === undefined) return undefined;
  const kind = first.what === 'feerate' ? 'feerate' : first.what.startsWith('HTLC') ? 'htlcs' : 'balance';
  const words = (value: string): string => (value === 'none' ? `no ${first.what}` : `${value} for the ${first.what}`);
  return { kind, comparison: { left: leftTitle, right: rightTitle, rows }, left: words(first.left), right: words(first.right) };
}

function termsOf({ amountMsat, cltvExpiry, paymentHash }: Htlc): string {
  return `${grouped(amountMsat)} msat, until ${grouped(cltvExpiry)}, ${paymentHash.slice(0, 8)}`;
}
