import { decode } from '../wire/codec.ts';
import { readBlindedPayload } from './blinded-payload.ts';
import type { OnionNodeEnv } from './env.ts';
import { brokenPayload, invalidPayload, NO_RECORDS, received } from './instruction.ts';
import type { BrokenPayload, IncomingHtlc, Instruction, ReadPayload } from './instruction.ts';
import { payloadCodec, placeOf } from './payload.ts';
import type { Payload } from './payload.ts';
import type { Peeled } from './peel.ts';

/**
 * BOLT 4, `payload` format, the reader's requirements: what the HTLC asks of this node, as far as payload and HTLC alone tell. Policy, block height and
 * what is known of the payment are for who forwards or receives.
 */
export function readPayload(env: OnionNodeEnv, htlc: IncomingHtlc, peeled: Peeled): ReadPayload | BrokenPayload {
  const decoded = decode(payloadCodec, peeled.payload);
  if (!decoded.ok) {
    const { error } = decoded;
    // What can't be read can't say that this is an introduction node.
    const position = htlc.pathKey === undefined ? 'plain' : 'blinded';
    const failure = { type: 'invalid_onion_payload', ...placeOf(peeled.payload, error) } as const;
    return brokenPayload('payload.unreadable', `${error.kind} ${error.field}: ${error.detail}`, position, failure);
  }
  const { value: payload } = decoded;
  const isFinal = peeled.next === undefined;
  if (payload.encryptedRecipientData === undefined) return readPlainPayload(htlc, payload, isFinal);
  return readBlindedPayload(env, htlc, payload, isFinal);
}

/** The node is not part of a blinded path. */
function readPlainPayload(htlc: IncomingHtlc, payload: Payload, isFinal: boolean): ReadPayload | BrokenPayload {
  const { amtToForwardMsat: amountMsat, outgoingCltvValue: cltvExpiry, shortChannelId } = payload;
  const position = htlc.pathKey === undefined ? 'plain' : 'blinded';
  if (htlc.pathKey !== undefined || payload.currentPathKey !== undefined)
    return invalidPayload('payload.path_key_without_data', 'currentPathKey', position);
  if (amountMsat === undefined) return invalidPayload('payload.amt_to_forward', 'amtToForwardMsat', position);
  if (cltvExpiry === undefined) return invalidPayload('payload.outgoing_cltv_value', 'outgoingCltvValue', position);
  if (!isFinal) {
    if (shortChannelId === undefined) return invalidPayload('payload.short_channel_id', 'shortChannelId', position);
    const instruction: Instruction = { kind: 'forward', next: { shortChannelId }, amountMsat, cltvExpiry, pathKey: undefined };
    return { ok: true, position, instruction };
  }
  return received(htlc, position, {
    kind: 'receive',
    amountMsat,
    cltvExpiry,
    totalMsat: payload.paymentData?.totalMsat ?? amountMsat,
    paymentSecret: payload.paymentData?.paymentSecret,
    paymentMetadata: payload.paymentMetadata,
    keysendPreimage: payload.keysendPreimage,
    pathId: undefined,
    customRecords: payload.unknownTlvs ?? NO_RECORDS,
  });
}
