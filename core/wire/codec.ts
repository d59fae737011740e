/**
 * The declarative codec: small combinators that turn one declaration into a type, a decoder, an encoder, and data to inspect
 * (`codec.schema`). Wire messages (BOLT 1) and stored state are both declared with it.
 */
export { decode, encode } from './schema.ts';
export type { Codec, RecordSchema, Result, Schema, TypeOf } from './schema.ts';
export type { WireErrorKind } from './reader-writer.ts';
export {
  bigSize,
  blob,
  bool,
  bytes,
  channelId,
  constant,
  hash32,
  longBytes,
  oneOf,
  point,
  preimage,
  rawTx,
  restBytes,
  s16,
  s32,
  s64,
  s8,
  script,
  sciddirOrPubkey,
  secretKey,
  shortChannelId,
  signature,
  tu16,
  tu32,
  tu64,
  txid,
  u16,
  u32,
  u53,
  u64,
  u8,
  utf8,
  varBytes,
} from './scalars.ts';
export {
  array,
  fewItems,
  fixedArray,
  list,
  maybe,
  option,
  restArray,
  struct,
  structWithRecords,
  tlvStream,
  union,
  variant,
} from './composites.ts';
export type { Expand, Fields, FieldsValue, ObjectCodec } from './composites.ts';
export { record } from './tlv.ts';
export type { Records, RecordsValue, TlvRecord } from './tlv.ts';
