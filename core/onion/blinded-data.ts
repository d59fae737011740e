import type { Hex, PublicKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { decode, encode, point, record, restBytes, shortChannelId, struct, tlvStream, tu32, tu64, u16, u32 } from '../wire/codec.ts';
import type { TypeOf } from '../wire/codec.ts';
import type { Broken, OnionNodeEnv } from './env.ts';
import { broken } from './env.ts';
import { blindingFactor, deriveKey } from './keys.ts';

/** BOLT 4, Inside encrypted_recipient_data. */
export const blindedDataCodec = tlvStream({
  padding: record(1, restBytes()),
  shortChannelId: record(2, shortChannelId),
  nextNodeId: record(4, point),
  pathId: record(6, restBytes()),
  nextPathKeyOverride: record(8, point),
  paymentRelay: record(10, struct({ cltvExpiryDelta: u16, feeProportionalMillionths: u32, feeBaseMsat: tu32 })),
  paymentConstraints: record(12, struct({ maxCltvExpiry: u32, htlcMinimumMsat: tu64 })),
  allowedFeatures: record(14, restBytes()),
});
export type BlindedData = TypeOf<typeof blindedDataCodec>;
export type PaymentRelay = NonNullable<BlindedData['paymentRelay']>;

/** BOLT 4, Route Blinding: each key encrypts one record only. */
export const NULL_NONCE: Readonly<Uint8Array> = new Uint8Array(12);
export const NOTHING: Readonly<Uint8Array> = new Uint8Array(0);

/** A node's part of a blinded path, read. */
export interface OpenedData {
  readonly ok: true;
  readonly data: BlindedData;
  /** Goes to the next node beside the onion. */
  readonly nextPathKey: PublicKey;
}

/**
 * What `encrypted_recipient_data` says to this node, given the `path_key` that came with it. A point in it that lies on no curve breaks the rule, too.
 */
export function openBlindedData(env: OnionNodeEnv, pathKey: PublicKey, encrypted: Hex): OpenedData | Broken {
  const { crypto, cipher } = env;
  const refused = (detail: string): Broken => broken('blinded_data.unreadable', detail);
  if (!crypto.isValidPublicKey(pathKey)) return broken('blinded_data.path_key', `${pathKey} is no point`);
  const secret = env.ecdh(pathKey);
  const plaintext = cipher.decrypt(deriveKey(crypto, 'rho', secret), NULL_NONCE, NOTHING, fromHex(encrypted));
  if (plaintext === undefined) return refused('it was not encrypted to this node and path key');
  const decoded = decode(blindedDataCodec, plaintext);
  if (!decoded.ok) return refused(`${decoded.error.field}: ${decoded.error.detail}`);
  const { value: data } = decoded;
  for (const key of [data.nextPathKeyOverride, data.nextNodeId])
    if (key !== undefined && !crypto.isValidPublicKey(key)) return refused(`${key} is no point`);
  const nextPathKey = data.nextPathKeyOverride ?? crypto.pointMultiply(pathKey, blindingFactor(crypto, pathKey, secret));
  return { ok: true, data, nextPathKey };
}

/** BOLT 4: `allowed_features` may have no bit that isn't known for blinded paths, and none is known. */
export function hasUnknownFeature({ allowedFeatures = '' }: BlindedData): boolean {
  return /[^0]/.test(allowedFeatures);
}

const MAX_SHORT_LENGTH = 0xfc;

/** What a padding record of this many bytes takes, its type and length included. */
function paddingSize(length: number): number {
  return 1 + (length <= MAX_SHORT_LENGTH ? 1 : 3) + length;
}

/** The bytes of a padding record that takes `size` bytes in all, undefined where none does: no record takes 1, nor 255 or 256. */
function paddingOf(size: number): Hex | undefined {
  const length = size - paddingSize(0) <= MAX_SHORT_LENGTH ? size - 2 : size - 4;
  return length >= 0 && paddingSize(length) === size ? '00'.repeat(length) : undefined;
}

/** BOLT 4, Route Blinding: the same data, padded to one length, so that nobody can tell the hops of a path apart by it. */
export function padded(path: readonly BlindedData[]): readonly BlindedData[] {
  const bare = path.map((data) => {
    const { padding: _own, ...rest } = data;
    return rest;
  });
  const sizes = bare.map((data) => encode(blindedDataCodec, data).length);
  for (let target = Math.max(0, ...sizes); ; target++) {
    const paddings = sizes.map((size) => (size === target ? 'none' : paddingOf(target - size)));
    if (paddings.includes(undefined)) continue;
    return bare.map((data, i) => (paddings[i] === 'none' ? data : { padding: paddings[i] as Hex, ...data }));
  }
}

/** `encrypted_recipient_data` under the key that the node will derive. */
export function sealBlindedData(
  { crypto, cipher }: Pick<OnionNodeEnv, 'crypto' | 'cipher'>,
  secret: Parameters<typeof deriveKey>[2],
  data: BlindedData,
): Hex {
  return toHex(cipher.encrypt(deriveKey(crypto, 'rho', secret), NULL_NONCE, NOTHING, encode(blindedDataCodec, data)));
}
