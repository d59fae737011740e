import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import messages from '../../corpus/vectors/bolt04-blinded-onion-message-onion.json' with { type: 'json' };
import payment from '../../corpus/vectors/bolt04-blinded-payment-onion.json' with { type: 'json' };
import vector from '../../corpus/vectors/bolt04-route-blinding.json' with { type: 'json' };
import { arbitraryOf } from '../../fuzz-targets/arbitraries.ts';
import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { decode, encode } from '../wire/codec.ts';
import { blindedDataCodec, openBlindedData, padded } from './blinded-data.ts';
import type { BlindedData } from './blinded-data.ts';
import { aggregate, amountToForward } from './blinded-fees.ts';
import { blindedPathCodec, createBlindedPath, nodeIdOf } from './blinded-path.ts';
import type { BlindedPath, PathNode } from './blinded-path.ts';
import { deriveKey, nodeIdTweak } from './keys.ts';
import { fake, fakeNode, key, nodeEnv } from './onion.fixture.ts';

const { generate, route, unblind } = vector;
const env = nodeEnv(key('42'));

function blindedData(hex: string): BlindedData {
  const result = decode(blindedDataCodec, fromHex(hex));
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

/** The nodes of one of the two paths that the vector joins, from its first to before the next. */
function pathOf(from: number, to: number): readonly PathNode[] {
  return generate.hops
    .slice(from, to)
    .map(({ node_id, encoded_tlvs }) => ({ nodeId: node_id as PublicKey, data: blindedData(encoded_tlvs) }));
}

describe('route-blinding-test.json', () => {
  it('has the data of its hops', () => {
    const [bob, carol, dave, eve] = generate.hops.map(({ encoded_tlvs }) => blindedData(encoded_tlvs));
    for (const { encoded_tlvs } of generate.hops) expect(toHex(encode(blindedDataCodec, blindedData(encoded_tlvs)))).toBe(encoded_tlvs);
    expect(bob).toEqual({
      padding: '00'.repeat(26),
      shortChannelId: 1729n,
      paymentRelay: { cltvExpiryDelta: 36, feeProportionalMillionths: 150, feeBaseMsat: 10_000 },
      paymentConstraints: { maxCltvExpiry: 748_005, htlcMinimumMsat: 1500n },
      allowedFeatures: '',
      unknownTlvs: [{ type: 561n, value: '123456' }],
    });
    expect(carol).toMatchObject({ shortChannelId: 1105n, nextPathKeyOverride: generate.hops[1]?.tlvs.next_path_key_override });
    expect(dave?.paymentRelay).toEqual({ cltvExpiryDelta: 144, feeProportionalMillionths: 250, feeBaseMsat: 0 });
    expect(eve).toMatchObject({ pathId: 'deadbeef', allowedFeatures: '020000000000000000000000000000' });
  });

  it('is created, one path after the other', () => {
    const first = createBlindedPath(env, generate.hops[0]?.session_key as SecretKey, pathOf(0, 2));
    const second = createBlindedPath(env, generate.hops[2]?.session_key as SecretKey, pathOf(2, 4));
    expect(first.firstNodeId).toBe(route.first_node_id);
    expect(first.firstPathKey).toBe(route.first_path_key);
    expect([...first.path, ...second.path]).toEqual(
      route.hops.map((hop) => ({ blindedNodeId: hop.blinded_node_id, encryptedRecipientData: hop.encrypted_data })),
    );
  });

  it.each(generate.hops)('$alias has its keys', ({ path_privkey, path_key, node_id, shared_secret, rho, blinded_node_id }) => {
    expect(noble.publicKey(path_privkey as SecretKey)).toBe(path_key);
    const shared = noble.ecdh(node_id as PublicKey, path_privkey as SecretKey);
    expect(shared).toBe(shared_secret);
    expect(toHex(deriveKey(noble, 'rho', shared))).toBe(rho);
    expect(noble.pointMultiply(node_id as PublicKey, nodeIdTweak(noble, shared))).toBe(blinded_node_id);
  });

  it.each(unblind.hops.map((hop, i) => ({ ...hop, i })))('$alias opens its part', (hop) => {
    const { encrypted_data } = route.hops[hop.i] as (typeof route.hops)[number];
    const pathKey = hop.path_key as PublicKey;
    const own = nodeEnv(hop.node_privkey);
    const tweak = nodeIdTweak(noble, own.ecdh(pathKey));
    expect(noble.scalarMultiply(hop.node_privkey as SecretKey, tweak)).toBe(hop.blinded_privkey);
    const opened = openBlindedData(own, pathKey, encrypted_data);
    if (!opened.ok) throw new Error(opened.detail);
    expect(toHex(encode(blindedDataCodec, opened.data))).toBe(hop.decrypted_data);
    expect(opened.nextPathKey).toBe('next_path_key_override' in hop ? hop.next_path_key_override : hop.next_path_key);
  });
});

it('the paths of the onion message’s vector are created', () => {
  const hops = messages.generate.hops.map((hop) => ({ ...hop, data: blindedData(hop.encrypted_data_tlv) }));
  const nodeIds = ['41', '42', '43', '44'].map((byte) => noble.publicKey(key(byte)));
  const nodes = hops.map(({ data }, i) => ({ nodeId: nodeIds[i] as PublicKey, data }));
  const first = createBlindedPath(env, hops[0]?.path_key_secret as SecretKey, nodes.slice(0, 1));
  const second = createBlindedPath(env, hops[1]?.path_key_secret as SecretKey, nodes.slice(1));
  expect(first.firstNodeId).toBe(messages.route.first_node_id);
  expect(first.firstPathKey).toBe(messages.route.first_path_key);
  expect([...first.path, ...second.path]).toEqual(
    messages.route.hops.map((hop) => ({ blindedNodeId: hop.blinded_node_id, encryptedRecipientData: hop.encrypted_recipient_data })),
  );
});

describe('what is not for this node', () => {
  const [node] = [fakeNode(1)];
  const path = createBlindedPath(node.env, key('09'), [{ nodeId: node.id, data: { pathId: 'aa' } }]);
  const sealed = path.path[0]?.encryptedRecipientData as string;

  it('is not opened: another node, another key, altered, cut short', () => {
    expect(openBlindedData(node.env, path.firstPathKey, sealed)).toMatchObject({ ok: true, data: { pathId: 'aa' } });
    const refusals = [
      openBlindedData(fakeNode(2).env, path.firstPathKey, sealed),
      openBlindedData(node.env, fakeNode(3).id, sealed),
      openBlindedData(
        node.env,
        path.firstPathKey,
        sealed.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      ),
      openBlindedData(node.env, path.firstPathKey, sealed.slice(2)),
      openBlindedData(node.env, path.firstPathKey, ''),
    ];
    for (const refusal of refusals) expect(refusal).toMatchObject({ ok: false, rule: 'blinded_data.unreadable' });
    expect(openBlindedData(node.env, `03${'00'.repeat(32)}` as PublicKey, sealed)).toMatchObject({ rule: 'blinded_data.path_key' });
  });

  it.each([
    ['an unknown even record', '10010a'],
    ['records out of order', '06000400'],
    ['half a record', '0605aa'],
    ['a next node that is no point', `0421${'02'}${'00'.repeat(32)}`],
    ['an override that is no point', `0821${'02'}${'00'.repeat(32)}`],
  ])('is refused for %s', (_, plaintext) => {
    const secret = node.env.ecdh(path.firstPathKey);
    const wrong = node.env.cipher.encrypt(deriveKey(fake, 'rho', secret), new Uint8Array(12), new Uint8Array(0), fromHex(plaintext));
    expect(openBlindedData(node.env, path.firstPathKey, toHex(wrong))).toMatchObject({ ok: false, rule: 'blinded_data.unreadable' });
  });
});

describe('a blinded path', () => {
  it('leads through its nodes: each opens its part with the key that the one before it works out', () => {
    const nodes = [1, 2, 3, 4].map(fakeNode);
    const parts = nodes.map(({ id }, n) => ({ nodeId: id, data: { shortChannelId: BigInt(n) } }));
    const { firstPathKey, path } = createBlindedPath(nodeEnv(key('01'), fake), key('09'), parts);
    let pathKey = firstPathKey;
    for (const [n, node] of nodes.entries()) {
      const opened = openBlindedData(node.env, pathKey, path[n]?.encryptedRecipientData ?? '');
      if (!opened.ok) throw new Error(opened.detail);
      expect(opened.data).toEqual({ shortChannelId: BigInt(n) });
      pathKey = opened.nextPathKey;
    }
    expect(new Set(path.map(({ blindedNodeId }) => blindedNodeId)).size).toBe(4);
    for (const { id } of nodes) expect(path.map(({ blindedNodeId }) => blindedNodeId)).not.toContain(id);
  });

  it('has nodes', () => expect(() => createBlindedPath(env, key('09'), [])).toThrow(RangeError));

  it('comes back from its bytes, by node id or by channel', () => {
    const path = createBlindedPath(env, key('09'), pathOf(0, 2));
    const back = (value: BlindedPath) => decode(blindedPathCodec, encode(blindedPathCodec, value));
    expect(back(path)).toEqual({ ok: true, value: path });
    expect(nodeIdOf(path)).toBe(generate.hops[0]?.node_id);
    const byChannel = { ...path, firstNodeId: '0100000000000006c1' as BlindedPath['firstNodeId'] };
    expect(back(byChannel)).toEqual({ ok: true, value: byChannel });
    expect(encode(blindedPathCodec, byChannel).length).toBe(encode(blindedPathCodec, path).length - 24);
    expect(nodeIdOf(byChannel)).toBeUndefined();
    expect(decode(blindedPathCodec, fromHex(`04${'00'.repeat(100)}`)).ok).toBe(false);
  });
});

describe('padding', () => {
  const anyData = fc.record({ data: arbitraryOf(blindedDataCodec), length: fc.nat(600) });

  it('makes all parts of a path as long as each other, and no longer than needed', () => {
    fc.assert(
      fc.property(fc.array(anyData, { maxLength: 6 }), (chosen) => {
        const path = chosen.map(({ data, length }) => ({ ...data, pathId: 'ab'.repeat(length) }));
        const out = padded(path);
        const lengths = new Set(out.map((data) => encode(blindedDataCodec, data).length));
        expect(lengths.size).toBe(path.length === 0 ? 0 : 1);
        const bare = (data: BlindedData): BlindedData => ({ ...data, padding: '' });
        expect(out.map(bare)).toEqual(path.map(bare));
        const longest = Math.max(0, ...path.map(({ padding: _own, ...data }) => encode(blindedDataCodec, data).length));
        expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(longest + 2 * path.length);
      }),
      { seed: 10, numRuns: 60 },
    );
  });

  it.each([1, 2, 3, 253, 254, 255, 256, 257, 258, 259])('bridges a difference of %i', (difference) => {
    const sizes = padded([{ pathId: 'ab'.repeat(300) }, { pathId: 'ab'.repeat(300 - difference) }]).map(
      (d) => encode(blindedDataCodec, d).length,
    );
    expect(sizes[0]).toBe(sizes[1]);
  });
});

describe('fees of a blinded path', () => {
  it('are those of the vector', () => {
    const relays = payment.generate.full_route.hops.flatMap(({ tlvs }) => {
      const relay = 'encrypted_recipient_data' in tlvs ? tlvs.encrypted_recipient_data?.payment_relay : undefined;
      if (relay === undefined) return [];
      const feeBaseMsat = 'fee_base_msat' in relay ? Number(relay.fee_base_msat) : 0;
      return [{ cltvExpiryDelta: relay.cltv_expiry_delta, feeProportionalMillionths: relay.fee_proportional_millionths, feeBaseMsat }];
    });
    expect(relays).toHaveLength(3);
    const { fee_base_msat, fee_proportional_millionths, cltv_expiry_delta } = payment.generate.blinded_payinfo;
    expect(aggregate(relays, 0)).toEqual({
      feeBaseMsat: BigInt(fee_base_msat),
      feeProportionalMillionths: BigInt(fee_proportional_millionths),
      cltvExpiryDelta: cltv_expiry_delta,
    });
    expect(aggregate(relays, 18).cltvExpiryDelta).toBe(cltv_expiry_delta + 18);
  });

  const anyRelay = fc.record({
    cltvExpiryDelta: fc.nat(0xffff),
    feeProportionalMillionths: fc.oneof(fc.nat(5000), fc.nat(0xffffffff)),
    feeBaseMsat: fc.oneof(fc.nat(5000), fc.nat(0xffffffff)),
  });

  it('paid by a payer who reckons with the sum leave the recipient what it is owed, through every node', () => {
    fc.assert(
      fc.property(fc.array(anyRelay, { maxLength: 8 }), fc.bigInt({ min: 1n, max: 10n ** 14n }), (relays, owed) => {
        const { feeBaseMsat, feeProportionalMillionths } = aggregate(relays, 0);
        // BOLT 7: the payer rounds down.
        let amount = owed + feeBaseMsat + (owed * feeProportionalMillionths) / 1_000_000n;
        for (const relay of relays) {
          const before = amount;
          amount = amountToForward(before, relay);
          const fee = BigInt(relay.feeBaseMsat) + (amount * BigInt(relay.feeProportionalMillionths)) / 1_000_000n;
          // Rounded up, in the recipient's favour: less than one millisatoshi, and the fee on it.
          expect(before - amount).toBeGreaterThanOrEqual(fee - 1n - BigInt(relay.feeProportionalMillionths) / 1_000_000n);
        }
        expect(amount).toBeGreaterThanOrEqual(owed);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('of more than what came leave nothing', () => {
    const relay = { cltvExpiryDelta: 0, feeProportionalMillionths: 1, feeBaseMsat: 10 };
    expect(amountToForward(9n, relay)).toBe(-1n);
    expect(amountToForward(10n, relay)).toBe(0n);
    expect(amountToForward(11n, relay)).toBe(1n);
  });
});
