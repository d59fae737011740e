import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import type { ConfirmedTx } from '../chain/update.ts';
import { confirmation, depth, spendOf } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import type { Close } from './close.ts';
import type { Coin } from './claim-tx.ts';
import type { Claim, ClaimKind } from './claims.ts';
import type { ToldFact } from './facts.ts';
import { outpointKey } from './outputs.ts';

/** The newest transaction that was made for a claim: it pays for all before it. */
export interface Version {
  readonly kind: ClaimKind;
  /** With our signature, where there is one. */
  readonly tx: Tx;
  readonly feeSat: bigint;
  readonly signed: boolean;
}

/** What was done for one claim, and can't be undone. */
export interface ClaimActs {
  readonly outpoint: Outpoint;
  readonly version: Version | undefined;
  /** The host's, and for this claim alone. */
  readonly coins: readonly Coin[];
  /** What was asked of the host beyond them; 0 while nothing is. */
  readonly askedSat: bigint;
}

/** What was done. Durable before its effects leave; read by `diff` alone, never by what is wanted. */
export interface Acts {
  readonly claims: readonly ClaimActs[];
  readonly told: readonly ToldFact[];
}

export const NO_ACTS: Acts = { claims: [], told: [] };

export function actsFor({ claims }: Acts, outpoint: Outpoint): ClaimActs {
  const key = outpointKey(outpoint);
  return claims.find((acts) => outpointKey(acts.outpoint) === key) ?? { outpoint, version: undefined, coins: [], askedSat: 0n };
}

/** With these acts in the place of what was done for the same claim. */
export function withActs({ claims, told }: Acts, acts: ClaimActs): Acts {
  const key = outpointKey(acts.outpoint);
  const at = claims.findIndex((before) => outpointKey(before.outpoint) === key);
  return { claims: at < 0 ? [...claims, acts] : claims.with(at, acts), told };
}

/** Claims that are done with: nobody wants them, and what took their output, or the whole transaction from the chain, is so deep that it stays. */
export function finished(
  { claims }: Acts,
  wanted: readonly Claim[],
  view: View,
  reorgDepth: number,
  close: Close | undefined,
): readonly ClaimActs[] {
  const keys = new Set(wanted.map(({ outpoint }) => outpointKey(outpoint)));
  const isDeep = (spend: ConfirmedTx | undefined): boolean => spend !== undefined && depth(view, spend.txid) >= reorgDepth;
  return claims.filter(({ outpoint }) => {
    if (keys.has(outpointKey(outpoint))) return false;
    return isDeep(spendOf(view, outpoint)) || (isDeep(close?.spend) && confirmation(view, outpoint.txid) === undefined);
  });
}

/** The coins of a claim that no transaction of the chain has spent. */
export function unspentCoins(view: View, { coins }: ClaimActs): readonly Coin[] {
  return coins.filter(({ outpoint }) => spendOf(view, outpoint) === undefined);
}
