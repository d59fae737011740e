import type { Branded, ChannelId, Hash32, Hex, Preimage, PublicKey, RawTx, Script, SecretKey, Signature, Txid } from '../crypto/bytes.ts';
import { WireFailure } from './reader-writer.ts';
import type { Codec } from './schema.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';

function outOfRange(value: unknown, type: string): never {
  throw new RangeError(`${String(value)} is no ${type}`);
}

function checked(value: number, least: number, most: number, type: string): number {
  return Number.isInteger(value) && value >= least && value <= most ? value : outOfRange(value, type);
}

function checkedBig(value: bigint, least: bigint, most: bigint, type: string): bigint {
  return typeof value === 'bigint' && value >= least && value <= most ? value : outOfRange(value, type);
}

const MAX_U64 = 0xffffffffffffffffn;

export const u8: Codec<number> = {
  schema: { kind: 'unsigned', bits: 8 },
  minSize: 1,
  read: (reader) => reader.u8(),
  write: (writer, value) => writer.u8(checked(value, 0, 0xff, 'u8')),
};

export const u16: Codec<number> = {
  schema: { kind: 'unsigned', bits: 16 },
  minSize: 2,
  read: (reader) => reader.u16(),
  write: (writer, value) => writer.u16(checked(value, 0, 0xffff, 'u16')),
};

export const u32: Codec<number> = {
  schema: { kind: 'unsigned', bits: 32 },
  minSize: 4,
  read: (reader) => reader.u32(),
  write: (writer, value) => writer.u32(checked(value, 0, 0xffffffff, 'u32')),
};

export const u64: Codec<bigint> = {
  schema: { kind: 'unsigned', bits: 64 },
  minSize: 8,
  read: (reader) => reader.u64(),
  write: (writer, value) => writer.u64(checkedBig(value, 0n, MAX_U64, 'u64')),
};

/** Eight bytes for what a plain number can count, for stored state. */
export const u53: Codec<number> = {
  schema: { kind: 'unsigned', bits: 53 },
  minSize: 8,
  read(reader) {
    const value = reader.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new WireFailure('bad-value', `${value} is no u53`);
    return Number(value);
  },
  write: (writer, value) => writer.u64(BigInt(checked(value, 0, Number.MAX_SAFE_INTEGER, 'u53'))),
};

/** BOLT 7: block height, transaction index and output index packed in eight bytes. */
export const shortChannelId: Codec<bigint> = { ...u64, schema: { kind: 'unsigned', bits: 64, format: 'short_channel_id' } };

export const s8: Codec<number> = {
  schema: { kind: 'signed', bits: 8 },
  minSize: 1,
  read: (reader) => (reader.u8() << 24) >> 24,
  write: (writer, value) => writer.u8(checked(value, -0x80, 0x7f, 's8')),
};

export const s16: Codec<number> = {
  schema: { kind: 'signed', bits: 16 },
  minSize: 2,
  read: (reader) => (reader.u16() << 16) >> 16,
  write: (writer, value) => writer.u16(checked(value, -0x8000, 0x7fff, 's16')),
};

export const s32: Codec<number> = {
  schema: { kind: 'signed', bits: 32 },
  minSize: 4,
  read: (reader) => reader.u32() | 0,
  write: (writer, value) => writer.u32(checked(value, -0x80000000, 0x7fffffff, 's32')),
};

export const s64: Codec<bigint> = {
  schema: { kind: 'signed', bits: 64 },
  minSize: 8,
  read: (reader) => BigInt.asIntN(64, reader.u64()),
  write: (writer, value) => writer.u64(BigInt.asUintN(64, checkedBig(value, -(2n ** 63n), 2n ** 63n - 1n, 's64'))),
};

/** BOLT 1 truncated integers take what is left of their record: they can only stand last in it. */
function truncated(bits: 16 | 32 | 64): Codec<bigint> {
  const most = (1n << BigInt(bits)) - 1n;
  return {
    schema: { kind: 'truncated', bits },
    minSize: 0,
    read(reader) {
      const size = reader.remaining;
      if (size > bits / 8) throw new WireFailure('trailing', `${size} bytes for a tu${bits}`);
      let value = 0n;
      for (let i = 0; i < size; i++) {
        const byte = reader.u8();
        if (i === 0 && byte === 0) throw new WireFailure('non-minimal', `tu${bits} with a leading zero`);
        value = (value << 8n) | BigInt(byte);
      }
      return value;
    },
    write(writer, value) {
      checkedBig(value, 0n, most, `tu${bits}`);
      let size = 0;
      while (value >> BigInt(8 * size) !== 0n) size++;
      while (size-- > 0) writer.u8(Number((value >> BigInt(8 * size)) & 0xffn));
    },
  };
}

function asNumber(codec: Codec<bigint>): Codec<number> {
  return {
    schema: codec.schema,
    minSize: codec.minSize,
    read: (reader) => Number(codec.read(reader)),
    write: (writer, value) => codec.write(writer, Number.isInteger(value) ? BigInt(value) : outOfRange(value, 'integer')),
  };
}

export const tu16: Codec<number> = asNumber(truncated(16));
export const tu32: Codec<number> = asNumber(truncated(32));
export const tu64: Codec<bigint> = truncated(64);

export const bigSize: Codec<bigint> = {
  schema: { kind: 'bigSize' },
  minSize: 1,
  read: (reader) => reader.bigSize(),
  write: (writer, value) => writer.bigSize(checkedBig(value, 0n, MAX_U64, 'BigSize')),
};

export const bool: Codec<boolean> = {
  schema: { kind: 'bool' },
  minSize: 1,
  read(reader) {
    const byte = reader.u8();
    if (byte > 1) throw new WireFailure('bad-value', `${byte} is neither 0 nor 1`);
    return byte === 1;
  },
  write: (writer, value) => writer.u8(value ? 1 : 0),
};

/** A fixed number of bytes as hex. */
export function bytes<T extends string = Hex>(length: number): Codec<T> {
  return {
    schema: { kind: 'bytes', length },
    minSize: length,
    read: (reader) => reader.hex(length) as T,
    write(writer, value) {
      if (value.length !== 2 * length) throw new RangeError(`${value.length / 2} bytes where ${length} belong`);
      writer.hex(value);
    },
  };
}

export const hash32: Codec<Hash32> = bytes(32);
export const txid: Codec<Txid> = bytes(32);
export const channelId: Codec<ChannelId> = bytes(32);
export const preimage: Codec<Preimage> = bytes(32);
/** 32 bytes that should be a secret; whether they are a valid scalar is for whoever uses them to ask. */
export const secretKey: Codec<SecretKey> = bytes(32);
export const signature: Codec<Signature> = bytes(64);

/** 02 or 03. */
function hasPointPrefix(hex: string): boolean {
  return hex.charCodeAt(0) === 48 && (hex.charCodeAt(1) | 1) === 51;
}

/** A compressed point: the form is checked here, that it lies on the curve is for whoever has a `Crypto` to ask. */
export const point: Codec<PublicKey> = {
  schema: { kind: 'point' },
  minSize: 33,
  read(reader) {
    const value = reader.hex(33);
    if (!hasPointPrefix(value)) throw new WireFailure('bad-value', `point with prefix ${value.slice(0, 2)}`);
    return value as PublicKey;
  },
  write(writer, value) {
    if (value.length !== 66 || !hasPointPrefix(value)) throw new RangeError(`${value} is no compressed point`);
    writer.hex(value);
  },
};

/** 9 bytes: which end of a channel, 00 for node_id_1 and 01 for node_id_2, and its short_channel_id. */
export type Sciddir = Branded<'Sciddir'>;
const SCIDDIR_SIZE = 9;

/** BOLT 1 `sciddir_or_pubkey`: a node by its id, or in fewer bytes as one end of a channel. */
export const sciddirOrPubkey: Codec<PublicKey | Sciddir> = {
  schema: { kind: 'point', orShortChannelId: true },
  minSize: SCIDDIR_SIZE,
  read(reader) {
    const first = reader.u8();
    reader.position -= 1;
    if (first > 1) return point.read(reader);
    return reader.hex(SCIDDIR_SIZE) as Sciddir;
  },
  write(writer, value) {
    if (/^0[01]/.test(value) && value.length === 2 * SCIDDIR_SIZE) writer.hex(value);
    else point.write(writer, value as PublicKey);
  },
};

/** A fixed number of bytes as `Uint8Array`, for bulk that nobody compares or stores as a key. */
export function blob(length: number): Codec<Uint8Array> {
  return {
    schema: { kind: 'blob', length },
    minSize: length,
    read: (reader) => reader.blob(length),
    write(writer, value) {
      if (value.length !== length) throw new RangeError(`${value.length} bytes where ${length} belong`);
      writer.blob(value);
    },
  };
}

function prefixedBytes<T extends string>(prefixBits: 16 | 32, max: number): Codec<T> {
  return {
    schema: { kind: 'prefixedBytes', prefixBits, max },
    minSize: prefixBits / 8,
    read(reader) {
      const length = prefixBits === 16 ? reader.u16() : reader.u32();
      if (length > max) throw new WireFailure('too-long', `${length} bytes, at most ${max} allowed`);
      return reader.hex(length) as T;
    },
    write(writer, value) {
      const length = value.length / 2;
      checked(length, 0, max, 'allowed length');
      if (prefixBits === 16) writer.u16(length);
      else writer.u32(length);
      writer.hex(value);
    },
  };
}

/** Hex behind a u16 length, as in the messages. */
export function varBytes<T extends string = Hex>(max = 0xffff): Codec<T> {
  return prefixedBytes(16, max);
}

/** Hex behind a u32 length, for stored state. */
export function longBytes<T extends string = Hex>(max: number): Codec<T> {
  return prefixedBytes(32, max);
}

export const script: Codec<Script> = varBytes();
export const rawTx: Codec<RawTx> = varBytes();

/** Everything up to the end of the message or TLV record, as hex. */
export function restBytes<T extends string = Hex>(): Codec<T> {
  return {
    schema: { kind: 'rest' },
    minSize: 0,
    read: (reader) => reader.hex(reader.remaining) as T,
    write: (writer, value) => writer.hex(value),
  };
}

/** Text behind a u16 length; `max` counts bytes. Only well-formed UTF-8 is read, and only well-formed strings are written. */
export function utf8(max: number): Codec<string> {
  return {
    schema: { kind: 'utf8', max },
    minSize: 2,
    read(reader) {
      const length = reader.u16();
      if (length > max) throw new WireFailure('too-long', `${length} bytes, at most ${max} allowed`);
      const text = utf8Decode(reader.blob(length));
      if (text === undefined) throw new WireFailure('bad-value', 'malformed UTF-8');
      return text;
    },
    write(writer, value) {
      const encoded = utf8Encode(value);
      writer.u16(checked(encoded.length, 0, Math.min(max, 0xffff), 'allowed length'));
      writer.blob(encoded);
    },
  };
}

/** Takes no bytes and always reads as `value`. */
export function constant<const T extends string | number | boolean>(value: T): Codec<T> {
  return {
    schema: { kind: 'constant', value },
    minSize: 0,
    read: () => value,
    write(_writer, given) {
      if (given !== value) outOfRange(given, JSON.stringify(value));
    },
  };
}

/** One of a few names, stored as its index in a byte. */
export function oneOf<const T extends string>(...values: readonly T[]): Codec<T> {
  return {
    schema: { kind: 'oneOf', values },
    minSize: 1,
    read(reader) {
      const index = reader.u8();
      const value = values[index];
      if (value === undefined) throw new WireFailure('bad-value', `${index} names nothing`);
      return value;
    },
    write(writer, value) {
      const index = values.indexOf(value);
      if (index < 0) outOfRange(value, values.join(' or '));
      writer.u8(index);
    },
  };
}
