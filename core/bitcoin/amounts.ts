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
