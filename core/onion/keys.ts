import type { Hash32, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { ascii, fromHex, toHex } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';

/** BOLT 4, Key Generation; `ammag` and `ammagext` of Returning Errors and `blinded_node_id` of Route Blinding are made the same way. */
const KEY_TYPES = {
  rho: ascii('rho'),
  mu: ascii('mu'),
  um: ascii('um'),
  pad: ascii('pad'),
  ammag: ascii('ammag'),
  ammagext: ascii('ammagext'),
  blinded_node_id: ascii('blinded_node_id'),
} as const;

/** HMAC-SHA256 of the secret, with the name of the key as HMAC-key: 32 bytes. */
export function deriveKey(crypto: Crypto, type: keyof typeof KEY_TYPES, secret: Hash32 | SecretKey): Uint8Array {
  return crypto.hmacSha256(KEY_TYPES[type], fromHex(secret));
}

/** BOLT 4, Blinding Ephemeral Onion Keys, and Route Blinding: the factor from one hop's ephemeral key to the next one's. */
export function blindingFactor(crypto: Crypto, point: PublicKey, sharedSecret: Hash32): SecretKey {
  return sha256Hex<SecretKey>(crypto, point + sharedSecret);
}

/** BOLT 4, Route Blinding: what a node id, or an onion's ephemeral key, is multiplied by where the node is known by its blinded id. */
export function nodeIdTweak(crypto: Crypto, sharedSecret: Hash32): SecretKey {
  return toHex<SecretKey>(deriveKey(crypto, 'blinded_node_id', sharedSecret));
}

/** XORs the stream onto the bytes, in place, from `from` in the stream on. */
export function xor(bytes: Uint8Array, stream: Uint8Array, from = 0): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (stream[from + i] as number);
}

/** BOLT 4, Onion Decryption: whether two codes of one length are equal, in a time that doesn't tell where they differ. */
export function sameCode(a: Uint8Array, b: Uint8Array): boolean {
  let different = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) different |= (a[i] as number) ^ (b[i] ?? 0);
  return different === 0;
}
