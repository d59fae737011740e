/** BOLT 1, Fundamental Types: no amount is more than 21 million bitcoin. */
export const MAX_MONEY_SAT = 0x000775f05a074000n;
export const MAX_MONEY_MSAT = msatOf(MAX_MONEY_SAT);

/** The satoshi of an amount in millisatoshi, the rest of it dropped: what an output can carry (BOLT 3, Commitment Transaction Outputs). */
export function satOf(msat: bigint): bigint {
  return msat / 1000n;
}

export function msatOf(sat: bigint): bigint {
  return sat * 1000n;
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
