import { describe, expect, it } from 'vitest';
import vector from '../../corpus/vectors/bolt04-blinded-payment-onion.json' with { type: 'json' };
import type { Hex, Preimage, PublicKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { encode } from '../wire/codec.ts';
import type { BlindedData } from './blinded-data.ts';
import { createBlindedPath } from './blinded-path.ts';
import { readPayload } from './read-payload.ts';
import type { BrokenPayload, IncomingHtlc, ReadPayload } from './instruction.ts';
import { fake, fakeNode, key, nodeEnv } from './onion.fixture.ts';
import { encodePayload, payloadCodec } from './payload.ts';
import type { Payload, PaymentSecret } from './payload.ts';
import type { Peeled } from './peel.ts';
import { peelOnion } from './peel.ts';

const node = fakeNode(1);
const SECRET = '11'.repeat(32) as PaymentSecret;
const RELAY = { cltvExpiryDelta: 40, feeProportionalMillionths: 1000, feeBaseMsat: 100 };

function peeled(payload: Uint8Array, isFinal: boolean): Peeled {
  return { ok: true, sharedSecret: fake.ecdh(node.id, key('07')), payload, next: isFinal ? undefined : new Uint8Array(1366) };
}

const htlc = (pathKey?: PublicKey): IncomingHtlc => ({ amountMsat: 100_000n, cltvExpiry: 800_100, pathKey });
const read = (payload: Payload, isFinal: boolean, pathKey?: PublicKey) =>
  readPayload(node.env, htlc(pathKey), peeled(encode(payloadCodec, payload), isFinal));
const ruleOf = (result: ReadPayload | BrokenPayload): string => (result.ok ? 'none' : result.rule);

/** A path of which this node is the first: its key and the data as it is sealed. */
function sealed(data: BlindedData): { readonly pathKey: PublicKey; readonly encryptedRecipientData: Hex } {
  const { firstPathKey, path } = createBlindedPath(node.env, key('09'), [{ nodeId: node.id, data }]);
  return { pathKey: firstPathKey, encryptedRecipientData: path[0]?.encryptedRecipientData as Hex };
}

describe('blinded-payment-onion-test.json', () => {
  it('tells every hop what to forward, and the last one what it gets', () => {
    const associated = fromHex(vector.generate.associated_data);
    let incoming: IncomingHtlc = { amountMsat: 110_125n, cltvExpiry: 749_150, pathKey: undefined };
    const positions = ['plain', 'introduction', 'blinded', 'blinded', 'blinded'];
    for (const [i, { onion, node_privkey, next_path_key }] of vector.decrypt.hops.entries()) {
      const env = nodeEnv(node_privkey);
      const step = peelOnion(env, fromHex(onion), associated, incoming.pathKey);
      if (!step.ok) throw new Error(step.rule);
      const result = readPayload(env, incoming, step);
      if (!result.ok) throw new Error(result.rule);
      const { instruction } = result;
      expect(result.position).toBe(positions[i]);
      if (instruction.kind === 'forward') {
        expect(instruction.next).toEqual({ shortChannelId: [10n, 1n, 2n, 3n][i] });
        expect(instruction.pathKey).toBe(next_path_key);
        incoming = { amountMsat: instruction.amountMsat, cltvExpiry: instruction.cltvExpiry, pathKey: instruction.pathKey };
      } else {
        expect(i).toBe(4);
        expect(incoming).toMatchObject({ amountMsat: 100_000n, cltvExpiry: 749_000 });
        expect(instruction).toMatchObject({
          amountMsat: 100_000n,
          cltvExpiry: 749_000,
          totalMsat: 150_000n,
          pathId: 'c9cf92f45ade68345bc20ae672e2012f4af487ed4415',
        });
      }
    }
  });
});

describe('outside of blinded paths', () => {
  const amount = { amtToForwardMsat: 99_000n, outgoingCltvValue: 800_060 };

  it('a hop forwards what its payload says', () => {
    expect(read({ ...amount, shortChannelId: 5n }, false)).toEqual({
      ok: true,
      position: 'plain',
      instruction: { kind: 'forward', next: { shortChannelId: 5n }, amountMsat: 99_000n, cltvExpiry: 800_060, pathKey: undefined },
    });
  });

  it('the final node receives, with secret, metadata, keysend and records of the payer’s own', () => {
    const received = { kind: 'receive', amountMsat: 99_000n, cltvExpiry: 800_060, totalMsat: 99_000n };
    expect(read(amount, true)).toMatchObject({ instruction: { ...received, paymentSecret: undefined, customRecords: [] } });
    const whole: Payload = {
      ...amount,
      paymentData: { paymentSecret: SECRET, totalMsat: 500_000n },
      paymentMetadata: 'aabb',
      keysendPreimage: '22'.repeat(32) as Preimage,
      unknownTlvs: [{ type: 65_537n, value: 'ff' }],
    };
    expect(read(whole, true)).toMatchObject({
      instruction: {
        ...received,
        totalMsat: 500_000n,
        paymentSecret: SECRET,
        paymentMetadata: 'aabb',
        keysendPreimage: '22'.repeat(32),
        pathId: undefined,
        customRecords: [{ type: 65_537n, value: 'ff' }],
      },
    });
  });

  it.each<[string, Payload, boolean, object]>([
    ['payload.amt_to_forward', { outgoingCltvValue: 1, shortChannelId: 5n }, false, { tlvType: 2n }],
    ['payload.amt_to_forward', { outgoingCltvValue: 1 }, true, { tlvType: 2n }],
    ['payload.outgoing_cltv_value', { amtToForwardMsat: 1n, shortChannelId: 5n }, false, { tlvType: 4n }],
    ['payload.short_channel_id', amount, false, { tlvType: 6n }],
    ['payload.path_key_without_data', { ...amount, currentPathKey: node.id }, true, { tlvType: 12n }],
  ])('%s', (rule, payload, isFinal, failure) => {
    expect(read(payload, isFinal)).toMatchObject({ rule, position: 'plain', failure: { type: 'invalid_onion_payload', ...failure } });
  });

  it('the final node gets no less than the payload says', () => {
    expect(read({ ...amount, amtToForwardMsat: 100_000n, outgoingCltvValue: 800_100 }, true).ok).toBe(true);
    expect(read({ ...amount, amtToForwardMsat: 100_001n }, true)).toMatchObject({
      rule: 'payload.final_amount',
      failure: { type: 'final_incorrect_htlc_amount', incomingHtlcAmt: 100_000n },
    });
    expect(read({ ...amount, outgoingCltvValue: 800_101 }, true)).toMatchObject({
      rule: 'payload.final_cltv_expiry',
      failure: { type: 'final_incorrect_cltv_expiry', cltvExpiry: 800_100 },
    });
  });

  it('a path key without anything to open', () => {
    expect(read(amount, true, node.id)).toMatchObject({ rule: 'payload.path_key_without_data', position: 'blinded' });
  });

  it.each([
    ['an unknown even record', '020164040201000a00140100', 20n, 9],
    ['a leading zero in a record', '0202006404020100', 2n, 0],
    ['a record that is too short', '02016404020100060100', 6n, 7],
    ['half a record', '020164040503', 4n, 3],
    ['records out of order', '04020100020164', 0n, 0],
    ['half a type', '020164fd01', 0n, 0],
  ])('%s has its place told', (_, payload, tlvType, offset) => {
    expect(readPayload(node.env, htlc(), peeled(fromHex(payload), false))).toMatchObject({
      rule: 'payload.unreadable',
      failure: { type: 'invalid_onion_payload', tlvType, offset },
    });
  });

  it('a payload is written with records only', () => {
    expect(toHex(encodePayload({ amtToForwardMsat: 1n }))).toBe('020101');
    expect(() => encodePayload({})).toThrow(RangeError);
  });
});

describe('inside of a blinded path', () => {
  const relayed: BlindedData = { shortChannelId: 5n, paymentRelay: RELAY };
  const final = { amtToForwardMsat: 99_000n, outgoingCltvValue: 800_060, totalAmountMsat: 99_000n };

  it('the introduction node finds the path key in its payload, the next ones beside the onion', () => {
    const { pathKey, encryptedRecipientData } = sealed(relayed);
    const instruction = { kind: 'forward', next: { shortChannelId: 5n }, amountMsat: 99_801n, cltvExpiry: 800_060 };
    expect(read({ encryptedRecipientData, currentPathKey: pathKey }, false)).toMatchObject({ position: 'introduction', instruction });
    expect(read({ encryptedRecipientData }, false, pathKey)).toMatchObject({ position: 'blinded', instruction });
  });

  it('the next hop may be a node, and its path key may be given', () => {
    const { pathKey, encryptedRecipientData } = sealed({
      paymentRelay: RELAY,
      nextNodeId: fakeNode(2).id,
      nextPathKeyOverride: fakeNode(3).id,
    });
    expect(read({ encryptedRecipientData }, false, pathKey)).toMatchObject({
      instruction: { next: { nodeId: fakeNode(2).id }, pathKey: fakeNode(3).id },
    });
  });

  it('the final node is told its own secret; alone in its path it is introduction node, too', () => {
    const { pathKey, encryptedRecipientData } = sealed({ pathId: 'aabb' });
    expect(read({ ...final, encryptedRecipientData }, true, pathKey)).toMatchObject({
      position: 'blinded',
      instruction: { pathId: 'aabb' },
    });
    expect(read({ ...final, encryptedRecipientData, currentPathKey: pathKey }, true)).toMatchObject({ position: 'plain' });
  });

  it.each<[string, BlindedData, Payload, boolean]>([
    ['blinded_data.max_cltv_expiry', { ...relayed, paymentConstraints: { maxCltvExpiry: 800_099, htlcMinimumMsat: 0n } }, {}, false],
    [
      'blinded_data.htlc_minimum_msat',
      { ...relayed, paymentConstraints: { maxCltvExpiry: 800_100, htlcMinimumMsat: 100_001n } },
      {},
      false,
    ],
    ['none', { ...relayed, paymentConstraints: { maxCltvExpiry: 800_100, htlcMinimumMsat: 100_000n } }, {}, false],
    ['blinded_data.max_cltv_expiry', { paymentConstraints: { maxCltvExpiry: 800_099, htlcMinimumMsat: 0n } }, final, true],
    ['blinded_data.allowed_features', { ...relayed, allowedFeatures: '02' }, {}, false],
    ['none', { ...relayed, allowedFeatures: '0000' }, {}, false],
    ['blinded_data.two_next_hops', { ...relayed, nextNodeId: fakeNode(2).id }, {}, false],
    ['blinded_data.next_hop', { paymentRelay: RELAY }, {}, false],
    ['blinded_data.payment_relay', { shortChannelId: 5n }, {}, false],
    ['blinded_data.nothing_left', { ...relayed, paymentRelay: { ...RELAY, feeBaseMsat: 100_000 } }, {}, false],
    ['none', { ...relayed, paymentRelay: { ...RELAY, feeBaseMsat: 99_999 } }, {}, false],
    ['payload.beside_blinded_data', relayed, { amtToForwardMsat: 1n }, false],
    ['payload.beside_blinded_data', relayed, { unknownTlvs: [{ type: 99n, value: '' }] }, false],
    ['payload.beside_blinded_data', {}, { ...final, paymentMetadata: '' }, true],
    ['payload.beside_blinded_data', {}, { ...final, shortChannelId: 5n }, true],
    ['payload.blinded_final_fields', {}, { amtToForwardMsat: 1n, outgoingCltvValue: 1 }, true],
    ['payload.blinded_final_fields', {}, { amtToForwardMsat: 1n, totalAmountMsat: 1n }, true],
    ['payload.blinded_final_fields', {}, { outgoingCltvValue: 1, totalAmountMsat: 1n }, true],
    ['payload.final_amount', {}, { ...final, amtToForwardMsat: 100_001n }, true],
    ['payload.final_cltv_expiry', {}, { ...final, outgoingCltvValue: 800_101 }, true],
    ['none', {}, final, true],
  ])('%s', (rule, data, payload, isFinal) => {
    const { pathKey, encryptedRecipientData } = sealed(data);
    expect(ruleOf(read({ ...payload, encryptedRecipientData }, isFinal, pathKey))).toBe(rule);
    expect(ruleOf(read({ ...payload, encryptedRecipientData, currentPathKey: pathKey }, isFinal))).toBe(rule);
  });

  it('there is one path key', () => {
    const { pathKey, encryptedRecipientData } = sealed(relayed);
    expect(ruleOf(read({ encryptedRecipientData }, false))).toBe('payload.current_path_key');
    expect(ruleOf(read({ encryptedRecipientData, currentPathKey: pathKey }, false, pathKey))).toBe('payload.two_path_keys');
    expect(ruleOf(read({ encryptedRecipientData: `${encryptedRecipientData}00` }, false, pathKey))).toBe('blinded_data.unreadable');
    const noPoint = `03${'00'.repeat(32)}` as PublicKey;
    expect(ruleOf(read({ encryptedRecipientData, currentPathKey: noPoint }, false))).toBe('blinded_data.path_key');
  });
});
