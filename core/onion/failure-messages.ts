import type { Hash32, Hex } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import { bigSize, encode, hash32, struct, u16, u32, u64, varBytes } from '../wire/codec.ts';
import type { Expand, Fields, FieldsValue, ObjectCodec, Schema } from '../wire/codec.ts';
import { Reader, WireFailure } from '../wire/reader-writer.ts';

/** BOLT 4, Failure Messages: the flags in the top byte of a `failure_code`. */
export const BADONION = 0x8000;
export const PERM = 0x4000;
export const NODE = 0x2000;
export const UPDATE = 0x1000;

interface FailureDeclaration<F extends Fields> {
  readonly code: number;
  readonly codec: ObjectCodec<FieldsValue<F>>;
}

function failure<F extends Fields>(code: number, fields: F): FailureDeclaration<F> {
  return { code, codec: struct(fields) };
}

const badOnion = { sha256OfOnion: hash32 };
/** Sent empty: who applied one to its graph would tell the sender's identity. Whatever came is kept as it is. */
const channelUpdate = varBytes();

/** Every `failure_code` of BOLT 4, in its order. */
export const FAILURES = {
  temporary_node_failure: failure(NODE | 2, {}),
  permanent_node_failure: failure(PERM | NODE | 2, {}),
  required_node_feature_missing: failure(PERM | NODE | 3, {}),
  invalid_onion_version: failure(BADONION | PERM | 4, badOnion),
  invalid_onion_hmac: failure(BADONION | PERM | 5, badOnion),
  invalid_onion_key: failure(BADONION | PERM | 6, badOnion),
  temporary_channel_failure: failure(UPDATE | 7, { channelUpdate }),
  permanent_channel_failure: failure(PERM | 8, {}),
  required_channel_feature_missing: failure(PERM | 9, {}),
  unknown_next_peer: failure(PERM | 10, {}),
  amount_below_minimum: failure(UPDATE | 11, { htlcMsat: u64, channelUpdate }),
  fee_insufficient: failure(UPDATE | 12, { htlcMsat: u64, channelUpdate }),
  incorrect_cltv_expiry: failure(UPDATE | 13, { cltvExpiry: u32, channelUpdate }),
  expiry_too_soon: failure(UPDATE | 14, { channelUpdate }),
  incorrect_or_unknown_payment_details: failure(PERM | 15, { htlcMsat: u64, height: u32 }),
  final_incorrect_cltv_expiry: failure(18, { cltvExpiry: u32 }),
  final_incorrect_htlc_amount: failure(19, { incomingHtlcAmt: u64 }),
  channel_disabled: failure(UPDATE | 20, { disabledFlags: u16, channelUpdate }),
  expiry_too_far: failure(21, {}),
  invalid_onion_payload: failure(PERM | 22, { tlvType: bigSize, offset: u16 }),
  mpp_timeout: failure(23, {}),
  invalid_onion_blinding: failure(BADONION | PERM | 24, badOnion),
} as const;

export type FailureName = keyof typeof FAILURES;
/** A failure message as a value, told apart by `type`. */
export type Failure = { [N in FailureName]: Expand<{ readonly type: N } & ValueOf<(typeof FAILURES)[N]>> }[FailureName];
type ValueOf<D> = D extends FailureDeclaration<infer F> ? FieldsValue<F> : never;

/** A failure that came: `extra` is what stands behind its fields, a TLV stream or anything else, which BOLT 4 has the origin ignore. */
export type ReceivedFailure =
  | { readonly known: true; readonly code: number; readonly failure: Failure; readonly extra: Hex }
  /** No code of ours, or too few bytes for its data. */
  | { readonly known: false; readonly code: number; readonly data: Hex };

type Entry = {
  readonly name: FailureName;
  readonly code: number;
  readonly codec: ObjectCodec<unknown>;
  readonly read: (r: Reader) => unknown;
};
const entries: readonly Entry[] = (Object.keys(FAILURES) as FailureName[]).map((name) => {
  const codec: ObjectCodec<unknown> = FAILURES[name].codec;
  return { name, code: FAILURES[name].code, codec, read: codec.readerOf('type', name) };
});
const byCode: ReadonlyMap<number, Entry> = new Map(entries.map((entry) => [entry.code, entry]));

/** As data, for generators: name, code and fields of each. */
export const failureSchemas: readonly { readonly name: FailureName; readonly code: number; readonly schema: Schema }[] = entries.map(
  ({ name, code, codec }) => ({ name, code, schema: codec.schema }),
);

/** The bytes of `failuremsg`. */
export function encodeFailure(value: Failure): Uint8Array {
  const { code, codec } = FAILURES[value.type] as { readonly code: number; readonly codec: ObjectCodec<unknown> };
  return withCode(code, encode(codec, value));
}

/** A `failuremsg` of BADONION form: also for codes that we don't know, which a peer may have told us (BOLT 2, `update_fail_malformed_htlc`). */
export function encodeBadOnion(code: number, sha256OfOnion: Hash32): Uint8Array {
  return withCode(code, encode(hash32, sha256OfOnion));
}

function withCode(code: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + data.length);
  bytes[0] = code >> 8;
  bytes[1] = code;
  bytes.set(data, 2);
  return bytes;
}

/** Undefined for less than a code. Never throws. */
export function decodeFailure(bytes: Uint8Array): ReceivedFailure | undefined {
  if (bytes.length < 2) return undefined;
  const reader = new Reader(bytes);
  const code = reader.u16();
  try {
    const value = byCode.get(code)?.read(reader) as Failure | undefined;
    if (value !== undefined) return { known: true, code, failure: value, extra: reader.hex(reader.remaining) };
  } catch (cause) {
    if (!(cause instanceof WireFailure)) throw cause;
  }
  return { known: false, code, data: toHex(bytes.subarray(2)) };
}
