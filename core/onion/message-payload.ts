import { record, restBytes, tlvStream } from '../wire/codec.ts';
import type { TypeOf } from '../wire/codec.ts';
import { blindedPathCodec } from './blinded-path.ts';

/**
 * BOLT 4, Onion Messages: `onionmsg_tlv`. What BOLT 12 puts into 64, 66 and 68 is kept as bytes. Types of 64 and more are the final node's.
 */
export const messagePayloadCodec = tlvStream({
  replyPath: record(2, blindedPathCodec),
  encryptedRecipientData: record(4, restBytes()),
  invoiceRequest: record(64, restBytes()),
  invoice: record(66, restBytes()),
  invoiceError: record(68, restBytes()),
});
export type MessagePayload = TypeOf<typeof messagePayloadCodec>;

/** What a final node is told, without what the path needs. */
export type MessageContents = Omit<MessagePayload, 'encryptedRecipientData'>;
