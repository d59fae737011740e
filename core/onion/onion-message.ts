import type { Hex, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { decode, encode } from '../wire/codec.ts';
import type { OnionMessage } from '../wire/messages/gossip.ts';
import { hasUnknownFeature, NOTHING, openBlindedData } from './blinded-data.ts';
import type { BlindedData } from './blinded-data.ts';
import { createBlindedPath, nodeIdOf } from './blinded-path.ts';
import type { BlindedPath, PathNode } from './blinded-path.ts';
import { buildOnion, frameSize } from './build.ts';
import type { OnionHop } from './build.ts';
import type { Broken, OnionEnv, OnionNodeEnv } from './env.ts';
import { broken } from './env.ts';
import { messagePayloadCodec } from './message-payload.ts';
import type { MessageContents, MessagePayload } from './message-payload.ts';
import { PACKET_OVERHEAD, PAYMENT_PAYLOADS_SIZE } from './packet.ts';
import { peelOnion } from './peel.ts';

/** BOLT 4: `len` SHOULD be 1366 or 32834, so that messages look alike. */
const LARGE_PAYLOADS_SIZE = 32_834 - PACKET_OVERHEAD;

/**
 * A path that begins with nodes of the sender's choice (at least one, the first is a peer) and goes on in a path that somebody published: the last chosen node is
 * told the first path key of what follows. Undefined where the published path begins at a channel instead of a node, which a graph resolves first.
 */
export function joinPaths(
  env: OnionEnv,
  sessionKey: SecretKey,
  nodes: readonly PublicKey[],
  published: BlindedPath,
): BlindedPath | undefined {
  const next = nodeIdOf(published);
  if (next === undefined) return undefined;
  const own: readonly PathNode[] = nodes.map((nodeId, i) => {
    const following = nodes[i + 1];
    const data: BlindedData =
      following === undefined ? { nextNodeId: next, nextPathKeyOverride: published.firstPathKey } : { nextNodeId: following };
    return { nodeId, data };
  });
  const first = createBlindedPath(env, sessionKey, own);
  return { firstNodeId: first.firstNodeId, firstPathKey: first.firstPathKey, path: [...first.path, ...published.path] };
}

/**
 * BOLT 4, Onion Messages, the writer: a message along a blinded path, for its first node. Undefined where the contents are longer than the largest packet.
 */
export function buildOnionMessage(
  env: OnionEnv,
  sessionKey: SecretKey,
  { firstPathKey, path }: BlindedPath,
  contents: MessageContents,
): OnionMessage | undefined {
  const hops: readonly OnionHop[] = path.map(({ blindedNodeId, encryptedRecipientData }, i) => {
    const payload = i === path.length - 1 ? { ...contents, encryptedRecipientData } : { encryptedRecipientData };
    return { nodeId: blindedNodeId, payload: encode(messagePayloadCodec, payload) };
  });
  const needed = hops.reduce((sum, { payload }) => sum + frameSize(payload), 0);
  const size = needed <= PAYMENT_PAYLOADS_SIZE ? PAYMENT_PAYLOADS_SIZE : LARGE_PAYLOADS_SIZE;
  const built = buildOnion(env.crypto, { sessionKey, hops, associatedData: NOTHING, size });
  return built && { type: 'onion_message', pathKey: firstPathKey, onionMessagePacket: toHex(built.packet) };
}

/** What an onion message that came asks of this node. */
export type MessageInstruction =
  | {
      readonly kind: 'forward';
      readonly next: { readonly nodeId: PublicKey } | { readonly shortChannelId: bigint };
      readonly message: OnionMessage;
    }
  /** `pathId` is what the creator of the path, this node if it is no lie, put there to recognise it. */
  | { readonly kind: 'receive'; readonly pathId: Hex | undefined; readonly contents: MessageContents };

/** BOLT 4, Onion Messages, the reader. Whatever is wrong: the message is ignored, and nobody is told. */
export function readOnionMessage(
  env: OnionNodeEnv,
  { pathKey, onionMessagePacket }: OnionMessage,
): { readonly ok: true; readonly instruction: MessageInstruction } | Broken {
  const peeled = peelOnion(env, fromHex(onionMessagePacket), NOTHING, pathKey);
  if (!peeled.ok) return broken('onion_message.unreadable', `${peeled.rule}: ${peeled.detail}`);
  const decoded = decode(messagePayloadCodec, peeled.payload);
  if (!decoded.ok) return broken('onion_message.unreadable', `${decoded.error.field}: ${decoded.error.detail}`);
  const { encryptedRecipientData, ...contents } = decoded.value;
  if (encryptedRecipientData === undefined) return broken('onion_message.encrypted_recipient_data', 'none');
  const opened = openBlindedData(env, pathKey, encryptedRecipientData);
  if (!opened.ok) return broken('onion_message.encrypted_recipient_data', `${opened.rule}: ${opened.detail}`);
  const { data, nextPathKey } = opened;
  if (hasUnknownFeature(data)) return broken('onion_message.allowed_features', `${data.allowedFeatures}`);
  if (peeled.next === undefined) return received(contents, data);
  return forwarded(contents, data, { type: 'onion_message', pathKey: nextPathKey, onionMessagePacket: toHex(peeled.next) });
}

function received(contents: MessageContents, data: BlindedData): ReturnType<typeof readOnionMessage> {
  const { invoiceRequest, invoice, invoiceError } = contents;
  if ([invoiceRequest, invoice, invoiceError].filter((field) => field !== undefined).length > 1)
    return broken('onion_message.two_payloads', Object.keys(contents).join());
  return { ok: true, instruction: { kind: 'receive', pathId: data.pathId, contents } };
}

function forwarded(contents: Partial<MessagePayload>, data: BlindedData, message: OnionMessage): ReturnType<typeof readOnionMessage> {
  const extra = Object.keys(contents);
  if (extra.length > 0) return broken('onion_message.beside_blinded_data', extra.join());
  if (data.pathId !== undefined) return broken('onion_message.path_id', 'not the final node');
  const { nextNodeId, shortChannelId } = data;
  if (nextNodeId !== undefined) return { ok: true, instruction: { kind: 'forward', next: { nodeId: nextNodeId }, message } };
  if (shortChannelId !== undefined) return { ok: true, instruction: { kind: 'forward', next: { shortChannelId }, message } };
  return broken('onion_message.next_hop', 'neither next_node_id nor short_channel_id');
}
