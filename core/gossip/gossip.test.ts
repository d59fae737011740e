import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Hash32, PublicKey, SecretKey, Signature } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Crypto } from '../crypto/types.ts';
import { decodeMessage, encodeMessage } from '../wire/messages/index.ts';
import { parseShortChannelId, placeOfChannel, printShortChannelId, shortChannelIdOf } from '../wire/short-channel-id.ts';
import { readAddresses } from './addresses.ts';
import type { NodeAddress } from './addresses.ts';
import { announcedOutput, checkChannelAnnouncement, signedAnnouncement, unsignedAnnouncement } from './channel-announcement.ts';
import type { ChannelToAnnounce, EndSignatures } from './channel-announcement.ts';
import { checkChannelUpdate, compareUpdates, directionOf, isForPeerOnly, policyOf, saySame, unsignedUpdate } from './channel-update.ts';
import { aliasOf, checkNodeAnnouncement, unsignedNodeAnnouncement } from './node-announcement.ts';
import { gossipHash } from './signing.ts';
import type { SignedGossip } from './signing.ts';

const fake = createFakeCrypto();
const CHAIN = '0f'.repeat(32) as Hash32;
const secret = (n: number): SecretKey => n.toString(16).padStart(2, '0').repeat(32) as SecretKey;

function channel(crypto: Crypto, a: number, b: number): ChannelToAnnounce {
  const end = (n: number) => ({ nodeId: crypto.publicKey(secret(n)), fundingPubkey: crypto.publicKey(secret(n + 0x40)) });
  return { chainHash: CHAIN, shortChannelId: 5n, features: '00', ends: [end(a), end(b)] };
}

function announce(crypto: Crypto, a: number, b: number) {
  const what = channel(crypto, a, b);
  const hash = gossipHash(crypto, unsignedAnnouncement(what));
  const sign = (n: number): EndSignatures => ({
    nodeSignature: crypto.sign(hash, secret(n)),
    bitcoinSignature: crypto.sign(hash, secret(n + 0x40)),
  });
  return signedAnnouncement(what, [sign(a), sign(b)]);
}

const POLICY = {
  cltvExpiryDelta: 40,
  htlcMinimumMsat: 1n,
  htlcMaximumMsat: 1_000_000n,
  feeBaseMsat: 1000,
  feeProportionalMillionths: 10,
  disabled: false,
};

function update(crypto: Crypto, from: number, to: number, change: Partial<Parameters<typeof unsignedUpdate>[0]> = {}) {
  const [a, b] = [crypto.publicKey(secret(from)), crypto.publicKey(secret(to))];
  const unsigned = unsignedUpdate({
    chainHash: CHAIN,
    shortChannelId: 5n,
    timestamp: 7,
    from: a,
    to: b,
    policy: POLICY,
    dontForward: false,
    ...change,
  });
  return { ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secret(from)) };
}

const ADDRESSES: readonly NodeAddress[] = [
  { kind: 'hostname', hostname: 'example.org', port: 9735 },
  { kind: 'tor_v3', address: 'ab'.repeat(35), port: 9735 },
  { kind: 'ipv4', address: '7f000001', port: 9735 },
  { kind: 'ipv6', address: '00'.repeat(16), port: 1 },
];

function node(crypto: Crypto, addresses: readonly NodeAddress[] = ADDRESSES) {
  const details = { nodeId: crypto.publicKey(secret(1)), timestamp: 9, features: '00', rgbColor: 'ff0080', alias: 'ナ node', addresses };
  const unsigned = unsignedNodeAnnouncement(details);
  return { ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secret(1)) };
}

describe('what is signed', () => {
  it.each<[SignedGossip, number]>([
    [announce(fake, 1, 2), 256],
    [node(fake), 64],
    [update(fake, 1, 2), 64],
  ])('is everything behind the signatures, unknown records too', (message, offset) => {
    const whole = encodeMessage({ ...message, unknownTlvs: [{ type: 99n, value: 'aa' }] });
    const once = sha256Hex(fake, toHex(whole.subarray(2 + offset)));
    expect(gossipHash(fake, { ...message, unknownTlvs: [{ type: 99n, value: 'aa' }] })).toBe(sha256Hex(fake, once));
    expect(gossipHash(fake, message)).not.toBe(sha256Hex(fake, once));
    const decoded = decodeMessage(encodeMessage(message));
    expect(decoded.ok && gossipHash(fake, decoded.message as SignedGossip)).toBe(gossipHash(fake, message));
  });
});

describe('channel_announcement', () => {
  it('is signed by both nodes and both funding keys, in whatever order they are given', () => {
    for (const crypto of [fake, noble]) {
      const message = announce(crypto, 1, 2);
      expect(message).toEqual(announce(crypto, 2, 1));
      expect(message.nodeId1 < message.nodeId2).toBe(true);
      expect(checkChannelAnnouncement(crypto, message, CHAIN)).toBeUndefined();
      const decoded = decodeMessage(encodeMessage(message));
      expect(decoded.ok && decoded.message).toEqual(message);
    }
  });

  it('is not believed otherwise', () => {
    const message = announce(fake, 1, 2);
    const rule = (change: Partial<typeof message>) => checkChannelAnnouncement(fake, { ...message, ...change }, CHAIN)?.rule;
    for (const field of ['nodeSignature1', 'nodeSignature2', 'bitcoinSignature1', 'bitcoinSignature2'] as const)
      expect(rule({ [field]: '11'.repeat(64) as Signature })).toBe('channel_announcement.signature');
    expect(rule({ shortChannelId: 6n })).toBe('channel_announcement.signature');
    expect(rule({ unknownTlvs: [{ type: 1n, value: '' }] })).toBe('channel_announcement.signature');
    expect(rule({ chainHash: '1f'.repeat(32) as Hash32 })).toBe('channel_announcement.chain_hash');
    expect(rule({ nodeId1: message.nodeId2, nodeId2: message.nodeId1 })).toBe('channel_announcement.order');
    expect(rule({ nodeId2: message.nodeId1 })).toBe('channel_announcement.order');
    expect(rule({ bitcoinKey2: `03${'00'.repeat(32)}` as PublicKey })).toBe('channel_announcement.key');
  });

  it('says which output the channel has: the same for both ends', () => {
    expect(announcedOutput(fake, announce(fake, 1, 2))).toMatch(/^0020[0-9a-f]{64}$/);
    expect(announcedOutput(fake, announce(fake, 1, 2))).toBe(announcedOutput(fake, announce(fake, 2, 1)));
  });
});

describe('channel_update', () => {
  const ends = announce(fake, 1, 2);

  it('says who it is from, and its policy comes back', () => {
    for (const [from, to] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const message = update(fake, from, to, { policy: { ...POLICY, disabled: true } });
      expect(directionOf(message)).toBe(from < to ? 0 : 1);
      expect(policyOf(message)).toEqual({ ...POLICY, disabled: true });
      expect(message.messageFlags).toBe(1);
      expect(checkChannelUpdate(fake, message, ends, CHAIN)).toBeUndefined();
      expect(checkChannelUpdate(fake, { ...message, channelFlags: message.channelFlags ^ 1 }, ends, CHAIN)?.rule).toBe(
        'channel_update.signature',
      );
    }
    expect(isForPeerOnly(update(fake, 1, 2, { dontForward: true }))).toBe(true);
    expect(isForPeerOnly(update(fake, 1, 2))).toBe(false);
  });

  it('is not believed with another fee, or of another chain', () => {
    expect(checkChannelUpdate(fake, { ...update(fake, 1, 2), feeBaseMsat: 1 }, ends, CHAIN)?.rule).toBe('channel_update.signature');
    expect(checkChannelUpdate(fake, update(fake, 1, 2), ends, '1f'.repeat(32) as Hash32)?.rule).toBe('channel_update.chain_hash');
  });

  it('stands until a newer one comes', () => {
    const known = update(fake, 1, 2);
    expect(compareUpdates(known, update(fake, 1, 2, { timestamp: 8 }))).toBe('newer');
    expect(compareUpdates(known, update(fake, 1, 2, { timestamp: 6 }))).toBe('older');
    expect(compareUpdates(known, { ...known, signature: '11'.repeat(64) as Signature })).toBe('same');
    expect(compareUpdates(known, update(fake, 1, 2, { policy: { ...POLICY, feeBaseMsat: 1 } }))).toBe('conflict');
  });

  it('says the same as another that differs in nothing but its time and signature', () => {
    const { signature: _, ...first } = update(fake, 1, 2);
    const said = { ...first, signature: '00'.repeat(64) as Signature };
    expect(saySame(said, { ...update(fake, 1, 2), timestamp: 8 })).toBe(true);
    const others = [
      { shortChannelId: 6n },
      { chainHash: '0e'.repeat(32) as Hash32 },
      { messageFlags: said.messageFlags ^ 2 },
      { channelFlags: said.channelFlags ^ 2 },
      { cltvExpiryDelta: 41 },
      { htlcMinimumMsat: 2n },
      { htlcMaximumMsat: 2n },
      { feeBaseMsat: 1 },
      { feeProportionalMillionths: 1 },
    ];
    for (const other of others) expect([other, saySame(said, { ...said, ...other })]).toEqual([other, false]);
  });

  it('is not made of limits that exclude each other, nor without a time', () => {
    expect(() => update(fake, 1, 2, { policy: { ...POLICY, htlcMinimumMsat: 1_000_001n } })).toThrow(RangeError);
    expect(() => update(fake, 1, 2, { timestamp: 0 })).toThrow(RangeError);
  });
});

describe('node_announcement', () => {
  it('is signed by its node, with addresses in order and a name', () => {
    for (const crypto of [fake, noble]) {
      const message = node(crypto);
      expect(checkNodeAnnouncement(crypto, message)).toBeUndefined();
      expect(aliasOf(message)).toBe('ナ node');
      expect(readAddresses(message.addresses)?.map(({ kind }) => kind)).toEqual(['ipv4', 'ipv6', 'tor_v3', 'hostname']);
    }
  });

  it('is not believed otherwise', () => {
    const message = node(fake);
    expect(checkNodeAnnouncement(fake, { ...message, timestamp: 10 })?.rule).toBe('node_announcement.signature');
    expect(checkNodeAnnouncement(fake, { ...message, nodeId: `03${'00'.repeat(32)}` as PublicKey })?.rule).toBe(
      'node_announcement.node_id',
    );
    expect(checkNodeAnnouncement(fake, { ...message, addresses: '017f0000' })?.rule).toBe('node_announcement.addresses');
  });

  it('has a name of at most 32 bytes, ports, and one host name', () => {
    const make = (alias: string, addresses: readonly NodeAddress[]) =>
      unsignedNodeAnnouncement({ nodeId: fake.publicKey(secret(1)), timestamp: 9, features: '', rgbColor: '000000', alias, addresses });
    expect(aliasOf(make('a'.repeat(32), []))).toBe('a'.repeat(32));
    expect(() => make('a'.repeat(33), [])).toThrow(RangeError);
    expect(() => make('', [{ kind: 'ipv4', address: '7f000001', port: 0 }])).toThrow(RangeError);
    expect(() =>
      make('', [
        { kind: 'hostname', hostname: 'a', port: 1 },
        { kind: 'hostname', hostname: 'b', port: 1 },
      ]),
    ).toThrow(RangeError);
    expect(() => make('', [{ kind: 'hostname', hostname: 'ü', port: 1 }])).toThrow(RangeError);
    expect(aliasOf({ ...node(fake), alias: `ff${'00'.repeat(31)}` })).toBeUndefined();
  });
});

describe('addresses of a stranger', () => {
  it.each<[string, string, readonly string[] | undefined]>([
    ['none', '', []],
    ['up to an unknown type', '017f000001000109ffff', ['ipv4']],
    ['of port 0', '017f0000010000', []],
    ['Tor v2', `03${'00'.repeat(10)}0001`, []],
    ['two host names', '05016100010501620001', ['hostname']],
    ['a host name that is no ASCII', '0501ff0001', undefined],
    ['cut off', '017f000001', undefined],
    ['a host name that is cut off', '05ff61', undefined],
  ])('%s', (_, hex, kinds) => expect(readAddresses(hex)?.map(({ kind }) => kind)).toEqual(kinds));

  it('of any bytes are read without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const read = readAddresses(toHex(bytes));
        expect(read === undefined || read.length <= bytes.length).toBe(true);
      }),
      { seed: 16, numRuns: 300 },
    );
  });
});

describe('short_channel_id', () => {
  it('is the example of BOLT 7', () => {
    const place = { blockHeight: 539_268, txIndex: 845, outputIndex: 1 };
    expect(printShortChannelId(shortChannelIdOf(place))).toBe('539268x845x1');
    expect(parseShortChannelId('539268x845x1')).toBe(shortChannelIdOf(place));
  });

  it('comes back from its parts and from its text', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (id) => {
        expect(shortChannelIdOf(placeOfChannel(id))).toBe(id);
        expect(parseShortChannelId(printShortChannelId(id))).toBe(id);
      }),
      { seed: 17, numRuns: 100 },
    );
  });

  it.each(['', '1x2', '1x2x3x4', '01x2x3', '16777216x0x0', '0x16777216x0', '0x0x65536', '1x2x-3', ' 1x2x3', '1x2x3\n'])(
    'is not %j',
    (text) => {
      expect(parseShortChannelId(text)).toBeUndefined();
    },
  );

  it('is not of a block beyond 24 bits', () => {
    for (const place of [{ blockHeight: 2 ** 24 }, { txIndex: -1 }, { outputIndex: 65_536 }, { blockHeight: 0.5 }])
      expect(() => shortChannelIdOf({ blockHeight: 1, txIndex: 1, outputIndex: 1, ...place })).toThrow(RangeError);
  });
});
