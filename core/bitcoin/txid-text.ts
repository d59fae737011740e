import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex, Txid } from '../crypto/bytes.ts';

/** The last byte first: as people write the hash of a block, too. */
export function reversed(hex: Hex): Hex {
  return toHex(fromHex(hex).reverse());
}

/** As explorers and RPCs write it: the bytes of the wire the other way round. */
export function txidToText(txid: Txid): string {
  return reversed(txid);
}

/** The txid that explorers and RPCs write like this, or undefined where it is none: 64 hex digits. */
export function txidFromText(text: string): Txid | undefined {
  return /^[0-9a-fA-F]{64}$/.test(text) ? (reversed(text.toLowerCase()) as Txid) : undefined;
}
