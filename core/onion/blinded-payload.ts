import type { PublicKey } from '../crypto/bytes.ts';
import { hasUnknownFeature, openBlindedData } from './blinded-data.ts';
import type { BlindedData, OpenedData } from './blinded-data.ts';
import { amountToForward } from './blinded-fees.ts';
import type { OnionNodeEnv } from './env.ts';
import { brokenPayload, invalidPayload, NO_RECORDS, received } from './instruction.ts';
import type { BrokenPayload, IncomingHtlc, Position, ReadPayload } from './instruction.ts';
import { typeOfRecord } from './payload.ts';
import type { Payload } from './payload.ts';

/** BOLT 4, `payload` format: what may stand beside `encrypted_recipient_data`; nothing else, not even odd records. */
const ALLOWED_FOR_FORWARDER: ReadonlySet<string> = new Set<keyof Payload>(['encryptedRecipientData', 'currentPathKey']);
const ALLOWED_FOR_RECIPIENT: ReadonlySet<string> = new Set<keyof Payload>([
  'encryptedRecipientData',
  'currentPathKey',
  'amtToForwardMsat',
  'outgoingCltvValue',
  'totalAmountMsat',
]);

type Broken = (rule: BrokenPayload['rule'], detail: string) => BrokenPayload;

/** BOLT 4, `payload` format: the reader's requirements where `encrypted_recipient_data` is present. */
export function readBlindedPayload(env: OnionNodeEnv, htlc: IncomingHtlc, payload: Payload, isFinal: boolean): ReadPayload | BrokenPayload {
  const position: Position = htlc.pathKey !== undefined ? 'blinded' : isFinal ? 'plain' : 'introduction';
  const dataIsWrong: Broken = (rule, detail) =>
    brokenPayload(rule, detail, position, {
      type: 'invalid_onion_payload',
      tlvType: typeOfRecord('encryptedRecipientData'),
      offset: 0,
    });
  const key = pathKeyOf(htlc, payload, position);
  if (typeof key !== 'string') return key;
  const allowed = isFinal ? ALLOWED_FOR_RECIPIENT : ALLOWED_FOR_FORWARDER;
  const extra = Object.keys(payload).find((name) => !allowed.has(name));
  if (extra !== undefined) return dataIsWrong('payload.beside_blinded_data', extra);
  const opened = openBlindedData(env, key, payload.encryptedRecipientData ?? '');
  if (!opened.ok) return dataIsWrong(opened.rule, opened.detail);
  const broken = unusable(htlc, opened.data, dataIsWrong);
  if (broken !== undefined) return broken;
  return isFinal ? receive(htlc, payload, opened, position) : forward(htlc, opened, position, dataIsWrong);
}

/** Beside the onion or inside of it, and not both. */
function pathKeyOf(htlc: IncomingHtlc, payload: Payload, position: Position): PublicKey | BrokenPayload {
  const { currentPathKey } = payload;
  if (htlc.pathKey === undefined) return currentPathKey ?? invalidPayload('payload.current_path_key', 'currentPathKey', position);
  return currentPathKey === undefined ? htlc.pathKey : invalidPayload('payload.two_path_keys', 'currentPathKey', position);
}

/** What the creator of the path did not allow this payment. */
function unusable(htlc: IncomingHtlc, data: BlindedData, broken: Broken): BrokenPayload | undefined {
  const { paymentConstraints: constraints } = data;
  if (constraints !== undefined && htlc.cltvExpiry > constraints.maxCltvExpiry)
    return broken('blinded_data.max_cltv_expiry', `${htlc.cltvExpiry} is more than ${constraints.maxCltvExpiry}`);
  if (constraints !== undefined && htlc.amountMsat < constraints.htlcMinimumMsat)
    return broken('blinded_data.htlc_minimum_msat', `${htlc.amountMsat} is less than ${constraints.htlcMinimumMsat}`);
  if (hasUnknownFeature(data)) return broken('blinded_data.allowed_features', `${data.allowedFeatures}`);
  if (data.shortChannelId !== undefined && data.nextNodeId !== undefined) return broken('blinded_data.two_next_hops', 'both');
  return undefined;
}

function forward(htlc: IncomingHtlc, { data, nextPathKey }: OpenedData, position: Position, broken: Broken): ReadPayload | BrokenPayload {
  const { shortChannelId, nextNodeId, paymentRelay } = data;
  const next = shortChannelId !== undefined ? { shortChannelId } : nextNodeId !== undefined ? { nodeId: nextNodeId } : undefined;
  if (next === undefined) return broken('blinded_data.next_hop', 'neither short_channel_id nor next_node_id');
  if (paymentRelay === undefined) return broken('blinded_data.payment_relay', 'none');
  const amountMsat = amountToForward(htlc.amountMsat, paymentRelay);
  const cltvExpiry = htlc.cltvExpiry - paymentRelay.cltvExpiryDelta;
  if (amountMsat <= 0n || cltvExpiry < 0) return broken('blinded_data.nothing_left', `${amountMsat} msat, height ${cltvExpiry}`);
  return { ok: true, position, instruction: { kind: 'forward', next, amountMsat, cltvExpiry, pathKey: nextPathKey } };
}

function receive(htlc: IncomingHtlc, payload: Payload, { data }: OpenedData, position: Position): ReadPayload | BrokenPayload {
  const { amtToForwardMsat: amountMsat, outgoingCltvValue: cltvExpiry, totalAmountMsat: totalMsat } = payload;
  if (amountMsat === undefined) return invalidPayload('payload.blinded_final_fields', 'amtToForwardMsat', position);
  if (cltvExpiry === undefined) return invalidPayload('payload.blinded_final_fields', 'outgoingCltvValue', position);
  if (totalMsat === undefined) return invalidPayload('payload.blinded_final_fields', 'totalAmountMsat', position);
  return received(htlc, position, {
    kind: 'receive',
    amountMsat,
    cltvExpiry,
    totalMsat,
    paymentSecret: undefined,
    paymentMetadata: undefined,
    keysendPreimage: undefined,
    pathId: data.pathId,
    customRecords: NO_RECORDS,
  });
}
