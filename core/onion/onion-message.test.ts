import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vector from '../../corpus/vectors/bolt04-blinded-onion-message-onion.json' with { type: 'json' };
import type { PublicKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { encode } from '../wire/codec.ts';
import { decodeMessage, encodeMessage } from '../wire/messages/index.ts';
import type { OnionMessage } from '../wire/messages/gossip.ts';
import { NOTHING } from './blinded-data.ts';
import type { BlindedData } from './blinded-data.ts';
import { createBlindedPath } from './blinded-path.ts';
import type { BlindedPath } from './blinded-path.ts';
import { buildOnion } from './build.ts';
import { messagePayloadCodec } from './message-payload.ts';
import type { MessagePayload } from './message-payload.ts';
import { buildOnionMessage, joinPaths, readOnionMessage } from './onion-message.ts';
import { fake, fakeNode, key, nodeEnv } from './onion.fixture.ts';

const { route, onionmessage, decrypt, generate } = vector;
const published: BlindedPath = {
  firstNodeId: route.first_node_id as PublicKey,
  firstPathKey: route.first_path_key as PublicKey,
  path: route.hops.map((hop) => ({
    blindedNodeId: hop.blinded_node_id as PublicKey,
    encryptedRecipientData: hop.encrypted_recipient_data,
  })),
};
const hello = { unknownTlvs: [{ type: 1n, value: onionmessage.unknown_tag_1 }] };

describe('blinded-onion-message-onion-test.json', () => {
  it('is built', () => {
    const env = nodeEnv(key('41'));
    const built = buildOnionMessage(env, generate.session_key as ReturnType<typeof key>, published, hello);
    expect(built?.onionMessagePacket).toBe(onionmessage.onion_message_packet);
    expect(toHex(encodeMessage(built as OnionMessage))).toBe(decrypt.hops[0]?.onion_message);
  });

  it('goes from node to node, and says hello to the last', () => {
    for (const [i, hop] of decrypt.hops.entries()) {
      const decoded = decodeMessage(fromHex(hop.onion_message));
      if (!decoded.ok || decoded.message.type !== 'onion_message') throw new Error('no onion message');
      const result = readOnionMessage(nodeEnv(hop.privkey), decoded.message);
      if (!result.ok) throw new Error(`${result.rule}: ${result.detail}`);
      const { instruction } = result;
      if (instruction.kind === 'forward') {
        expect(instruction.next).toEqual({ nodeId: 'next_node_id' in hop ? hop.next_node_id : undefined });
        expect(toHex(encodeMessage(instruction.message))).toBe(decrypt.hops[i + 1]?.onion_message);
      } else {
        expect(i).toBe(3);
        expect(instruction).toEqual({
          kind: 'receive',
          pathId: 'deadbeefbadc0ffeedeadbeefbadc0ffeedeadbeefbadc0ffeedeadbeefbadc0',
          contents: hello,
        });
      }
    }
  });
});

/** What the last node of a chain of nodes gets, the messages on the way included. */
function deliver(first: OnionMessage, nodes: readonly ReturnType<typeof fakeNode>[]) {
  let message = first;
  for (const [i, { env }] of nodes.entries()) {
    const result = readOnionMessage(env, message);
    if (!result.ok) return result;
    if (result.instruction.kind === 'receive') return i === nodes.length - 1 ? result.instruction : undefined;
    expect(result.instruction.next).toEqual({ nodeId: nodes[i + 1]?.id });
    ({ message } = result.instruction);
  }
  return undefined;
}

describe('an onion message', () => {
  const nodes = [1, 2, 3, 4, 5].map(fakeNode);
  const ids = nodes.map(({ id }) => id);
  const own = nodeEnv(key('0a'), fake);
  const data = (i: number): BlindedData => (i === 4 ? { pathId: 'aabb' } : { nextNodeId: ids[i + 1] as PublicKey });
  /** What the last two nodes published. */
  const reply = createBlindedPath(
    own,
    key('0b'),
    [3, 4].map((i) => ({ nodeId: ids[i] as PublicKey, data: data(i) })),
  );

  it('reaches a published path through nodes of the sender’s choice, with a path for the reply', () => {
    const joined = joinPaths(own, key('0c'), ids.slice(0, 3), reply) as BlindedPath;
    const contents = { replyPath: reply, invoiceRequest: 'cc' };
    const message = buildOnionMessage(own, key('0d'), joined, contents) as OnionMessage;
    expect(deliver(message, nodes)).toEqual({ kind: 'receive', pathId: 'aabb', contents });
  });

  it('is 1366 bytes long, or 32834, or not at all', () => {
    const lengths = [1, 100, 5000, 30_000, 33_000].map(
      (length) => buildOnionMessage(own, key('0d'), reply, { invoice: 'aa'.repeat(length) })?.onionMessagePacket.length,
    );
    expect(lengths).toEqual([2 * 1366, 2 * 1366, 2 * 32_834, 2 * 32_834, undefined]);
    const large = buildOnionMessage(own, key('0d'), reply, { invoice: 'aa'.repeat(5000) }) as OnionMessage;
    expect(deliver(large, nodes.slice(3))).toMatchObject({ contents: { invoice: 'aa'.repeat(5000) } });
  });

  it('can’t be joined to a path that begins at a channel', () => {
    const byChannel = { ...reply, firstNodeId: '000000000000000001' as BlindedPath['firstNodeId'] };
    expect(joinPaths(own, key('0c'), ids.slice(0, 1), byChannel)).toBeUndefined();
  });

  /** A message to the first node, which is told this by the creator of the path and this by the sender. */
  function message(part: BlindedData, payload: Partial<MessagePayload>, isFinal: boolean, sealed = true): OnionMessage {
    const { firstPathKey, path } = createBlindedPath(own, key('0b'), [{ nodeId: ids[0] as PublicKey, data: part }]);
    const [hop] = path as readonly [BlindedPath['path'][number]];
    const whole = sealed ? { ...payload, encryptedRecipientData: payload.encryptedRecipientData ?? hop.encryptedRecipientData } : payload;
    const hops = [{ nodeId: hop.blindedNodeId, payload: encode(messagePayloadCodec, whole) }];
    if (!isFinal) hops.push({ nodeId: ids[1] as PublicKey, payload: new Uint8Array(5) });
    const built = buildOnion(fake, { sessionKey: key('0d'), hops, associatedData: NOTHING });
    return { type: 'onion_message', pathKey: firstPathKey, onionMessagePacket: toHex(built?.packet as Uint8Array) };
  }

  it.each<[string, BlindedData, Partial<MessagePayload>, boolean]>([
    ['onion_message.encrypted_recipient_data', {}, { encryptedRecipientData: 'aabb' }, true],
    ['onion_message.allowed_features', { allowedFeatures: '01' }, {}, true],
    ['onion_message.two_payloads', {}, { invoice: 'aa', invoiceError: 'bb' }, true],
    ['onion_message.beside_blinded_data', { shortChannelId: 5n }, { invoice: 'aa' }, false],
    ['onion_message.beside_blinded_data', { shortChannelId: 5n }, { unknownTlvs: [{ type: 1n, value: '' }] }, false],
    ['onion_message.path_id', { shortChannelId: 5n, pathId: '' }, {}, false],
    ['onion_message.next_hop', {}, {}, false],
  ])('is ignored: %s', (rule, part, payload, isFinal) => {
    expect(readOnionMessage(fakeNode(1).env, message(part, payload, isFinal))).toMatchObject({ ok: false, rule });
  });

  it('is ignored without anything to open, when it isn’t ours, and when its payload can’t be read', () => {
    const { env } = fakeNode(1);
    const unsealed = message({}, { invoice: 'aa' }, true, false);
    expect(readOnionMessage(env, unsealed)).toMatchObject({ rule: 'onion_message.encrypted_recipient_data' });
    expect(readOnionMessage(fakeNode(2).env, message({}, {}, true))).toMatchObject({ rule: 'onion_message.unreadable' });
    const { firstPathKey, path } = createBlindedPath(own, key('0b'), [{ nodeId: ids[0] as PublicKey, data: {} }]);
    const hops = [{ nodeId: path[0]?.blindedNodeId as PublicKey, payload: fromHex('0600') }];
    const built = buildOnion(fake, { sessionKey: key('0d'), hops, associatedData: NOTHING });
    const unknownEven: OnionMessage = {
      type: 'onion_message',
      pathKey: firstPathKey,
      onionMessagePacket: toHex(built?.packet as Uint8Array),
    };
    expect(readOnionMessage(env, unknownEven)).toMatchObject({ rule: 'onion_message.unreadable' });
  });

  it('goes to a node rather than to a channel where both are named, and to a channel by its id', () => {
    const next = (part: BlindedData) => readOnionMessage(fakeNode(1).env, message(part, {}, false));
    expect(next({ shortChannelId: 5n, nextNodeId: ids[2] as PublicKey })).toMatchObject({
      ok: true,
      instruction: { next: { nodeId: ids[2] } },
    });
    expect(next({ shortChannelId: 5n })).toMatchObject({ ok: true, instruction: { next: { shortChannelId: 5n } } });
  });

  it('of any bytes is ignored without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const any: OnionMessage = { type: 'onion_message', pathKey: ids[0] as PublicKey, onionMessagePacket: toHex(bytes) };
        expect(readOnionMessage(fakeNode(1).env, any).ok).toBe(false);
      }),
      { seed: 12, numRuns: 50 },
    );
  });
});
