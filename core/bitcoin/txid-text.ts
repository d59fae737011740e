import type { Hex, Txid } from '../crypto/bytes.ts';

/** Pairs of digits from the last to the first. */
function reversed(hex: Hex): Hex {
  return (hex.match(/../g) ?? []).reverse().join('');
}

/** As explorers and RPCs write it: the bytes of the wire the other way round. */
export function txidToText(txid: Txid): string {
  return reversed(txid);
}

/** The txid that explorers and RPCs write like this, or undefined where it is none: 64 hex digits. */
export function txidFromText(text: string): Txid | undefined {
  return /^[0-9a-fA-F]{64}$/.test(text) ? (reversed(text.toLowerCase()) as Txid) : undefined;
}
