import type { Tx } from '../../core/bitcoin/tx.ts';

/** What nodes of the network relay, and what they let replace what they have (BIP 125). */

/** One satoshi a virtual byte, of four weight units. */
export function relayFeeSat(weight: number): bigint {
  return BigInt(Math.ceil(weight / 4));
}

export interface Paid {
  readonly feeSat: bigint;
  readonly weight: number;
}

/** Rules 3, 4 and 6: pays more in all than what it replaces, for its own relay on top, and more by weight than each that it conflicts with. */
export function mayReplace(news: Paid, replaced: readonly Paid[]): boolean {
  const sum = replaced.reduce((total, { feeSat }) => total + feeSat, 0n);
  if (news.feeSat < sum + relayFeeSat(news.weight)) return false;
  return replaced.every(({ feeSat, weight }) => news.feeSat * BigInt(weight) > feeSat * BigInt(news.weight));
}

/** BIP 68 and nLockTime: whether the block at `height` may have it, where its inputs were confirmed at these heights. */
export function isFinal({ version, locktime, inputs }: Tx, height: number, confirmedAt: readonly number[]): boolean {
  if (locktime < 500_000_000 && locktime >= height && inputs.some(({ sequence }) => sequence !== 0xffffffff)) return false;
  if (version < 2) return true;
  return inputs.every(({ sequence }, at) => sequence >= 0x80000000 || height >= (confirmedAt[at] as number) + (sequence & 0xffff));
}
