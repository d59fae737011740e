import { encode, bytes, point, preimage, record, restBytes, shortChannelId, struct, tlvStream, tu32, tu64 } from '../wire/codec.ts';
import type { Branded } from '../crypto/bytes.ts';
import type { TypeOf } from '../wire/codec.ts';
import type { WireError } from '../wire/reader-writer.ts';
import { Reader, WireFailure } from '../wire/reader-writer.ts';

/** 32 bytes that only payer and recipient know (BOLT 11 `s`). */
export type PaymentSecret = Branded<'PaymentSecret'>;
export const paymentSecret = bytes<PaymentSecret>(32);

const records = {
  amtToForwardMsat: record(2, tu64),
  outgoingCltvValue: record(4, tu32),
  shortChannelId: record(6, shortChannelId),
  paymentData: record(8, struct({ paymentSecret, totalMsat: tu64 })),
  encryptedRecipientData: record(10, restBytes()),
  currentPathKey: record(12, point),
  paymentMetadata: record(16, restBytes()),
  totalAmountMsat: record(18, tu64),
  /** bLIP 3: the payer made the preimage. */
  keysendPreimage: record(5_482_373_484, preimage),
} as const;

/** BOLT 4, `payload` format: what one hop of an HTLC is told. Records of 65536 and more are its sender's and recipient's own. */
export const payloadCodec = tlvStream(records);
export type Payload = TypeOf<typeof payloadCodec>;

/** The bytes of a payload, without its length. Throws a RangeError for an empty one, which BOLT 4 has no length for. */
export function encodePayload(payload: Payload): Uint8Array {
  const encoded = encode(payloadCodec, payload);
  if (encoded.length === 0) throw new RangeError('a payload has records');
  return encoded;
}

const knownTypes: ReadonlySet<bigint> = new Set(Object.values(records).map(({ type }) => type));

/** `invalid_onion_payload`: the record that could not be read, and where it starts; zeros where it can't be narrowed down. */
export interface PlaceInPayload {
  readonly tlvType: bigint;
  readonly offset: number;
}

export function typeOfRecord(name: keyof typeof records): bigint {
  return records[name].type;
}

/** Where in the payload an error lies. */
export function placeOf(payload: Uint8Array, { kind, field }: WireError): PlaceInPayload {
  const [name = ''] = field.split('.');
  const wanted = name in records ? records[name as keyof typeof records].type : undefined;
  const reader = new Reader(payload);
  try {
    while (reader.remaining > 0) {
      const offset = reader.position;
      const tlvType = reader.bigSize();
      const isUnknownEven = kind === 'unknown-even-tlv' && (tlvType & 1n) === 0n && !knownTypes.has(tlvType);
      if (tlvType === wanted || isUnknownEven) return { tlvType, offset };
      reader.take(Number(reader.bigSize()));
    }
  } catch (failure) {
    if (!(failure instanceof WireFailure)) throw failure;
  }
  return { tlvType: 0n, offset: 0 };
}
