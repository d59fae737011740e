import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { plainValue } from '../../fuzz-targets/node/altered-message.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import { makeFeatures } from '../wire/features.ts';
import type { FeatureName } from '../wire/features.ts';
import { decodeMessage, encodeMessage, messageRegistry, ruleOf } from '../wire/messages/index.ts';
import type { Message } from '../wire/messages/index.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { bytes32, Pair, preimageOf } from './pair.fixture.ts';
import type { TestNode } from './pair.fixture.ts';
import { ownPayment } from '../channel/model/origin.ts';

/** Messages and records of features that were not negotiated, and gossip that its signer got wrong. */

const fake = createFakeCrypto();
const NOBODY = (): boolean => false;

function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function plain(name: string, over: object = {}): Message {
  const { codec } = messageRegistry.find((entry) => entry.name === name) as (typeof messageRegistry)[number];
  return { type: name, ...(plainValue(codec.schema) as object), ...over } as unknown as Message;
}

/** A channel with a payment under way that nobody has signed for. */
function living(): { readonly pair: Pair; readonly a: TestNode; readonly b: TestNode; readonly channelId: ChannelId } {
  const pair = new Pair({ crypto: fake });
  pair.connect();
  const channelId = pair.open();
  return { pair, a: pair.a, b: pair.b, channelId };
}

/** The node took no notice, and the channel still carries a payment. */
function expectUnmoved({ pair, a, b, channelId }: ReturnType<typeof living>, bytes: Uint8Array): void {
  const before = b.state;
  expect(b.input({ kind: 'received', peer: a.id, bytes })).toEqual([]);
  expect(b.state).toBe(before);
  const { paymentHash, preimage } = preimageOf(1);
  const add = { amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion: new Uint8Array(1366) };
  a.command({ kind: 'add', channelId, origin: ownPayment('01'), ...add });
  pair.exchange();
  b.command({ kind: 'fulfill', channelId, id: 0n, preimage });
  pair.exchange();
  expect(a.channel(channelId)).toMatchObject({ phase: 'funded', shared: { base: { htlcs: { opener: [], accepter: [] } } } });
}

const unspoken = messageRegistry.filter(({ type, features }) => type % 2 === 1 && features.length > 0);

describe.each(unspoken)('$name, whose feature was not negotiated,', ({ name, type }) => {
  const head = [type >> 8, type & 0xff];

  it.each<[string, (channelId: ChannelId) => Uint8Array]>([
    ['for a living channel', (channelId) => encodeMessage(plain(name, { channelId, temporaryChannelId: channelId }))],
    ['for an unknown one', () => encodeMessage(plain(name, { channelId: bytes32(0xee), temporaryChannelId: bytes32(0xee) }))],
    ['cut off', () => joined(head, [1])],
    ['without contents', () => joined(head)],
    [
      'of nonsense',
      () =>
        joined(
          head,
          Array.from({ length: 400 }, () => 0xff),
        ),
    ],
    ['with an unknown even record', () => joined(encodeMessage(plain(name)), [2 + 0xf8, 0])],
  ])('%s is ignored', (_what, bytesFor) => {
    const world = living();
    expectUnmoved(world, bytesFor(world.channelId));
  });

  it('does not end an opening', () => {
    const pair = new Pair({ crypto: fake });
    pair.connect();
    const [fundingSat, pushMsat, feeratePerKw, format, announce] = [1_000_000n, 0n, 2500, 'anchors', false] as const;
    const temporaryChannelId = bytes32<ChannelId>(5);
    pair.a.command({
      kind: 'open',
      peer: pair.b.id,
      temporaryChannelId,
      keysId: bytes32(6),
      fundingSat,
      pushMsat,
      feeratePerKw,
      format,
      announce,
    });
    pair.b.hear(pair.a.id, pair.a.outgoing.at(-1) as Message);
    const before = pair.b.state;
    expect(before.openings.size).toBe(1);
    expect(pair.b.hear(pair.a.id, plain(name, { channelId: temporaryChannelId, temporaryChannelId }))).toEqual([]);
    expect(pair.b.state).toBe(before);
  });
});

it('there are such messages', () => {
  expect(unspoken.map(({ name }) => name)).toEqual(expect.arrayContaining(['peer_storage', 'start_batch', 'splice_ack', 'onion_message']));
});

describe('an odd record of a feature that was not negotiated', () => {
  /** Every record that belongs to a feature, by message. */
  const records = messageRegistry.flatMap(({ name, codec }) => {
    const bytes = encodeMessage(plain(name));
    const known = codec.schema.kind === 'struct' ? (codec.schema.records ?? []) : [];
    const odd = known.filter(({ type }) => type % 2n === 1n);
    return odd.flatMap((record) => (record.feature === undefined ? [] : [{ name, record: record.name, type: Number(record.type), bytes }]));
  });

  it('is one of these', () => {
    expect(records.map(({ name, record }) => `${name} ${record}`).sort()).toMatchInlineSnapshot(`
      [
        "channel_ready alias",
        "channel_reestablish myCurrentFundingLocked",
        "channel_reestablish nextFunding",
        "commitment_signed fundingTxid",
        "query_channel_range queryOptionFlags",
        "query_short_channel_ids queryFlags",
        "reply_channel_range checksums",
        "reply_channel_range timestamps",
        "update_fail_htlc attributionData",
        "update_fulfill_htlc attributionData",
      ]
    `);
  });

  it.each(records)('$record in $name is skipped, however it is filled', ({ name, type, bytes }) => {
    for (const value of [[], [0], [0xff, 0xff], Array.from({ length: 250 }, () => 0x80)]) {
      const message = joined(bytes, [type, value.length], value);
      const heard = !unspoken.some((message) => message.name === name);
      expect(decodeMessage(message, NOBODY).ok).toBe(heard);
    }
  });

  it('costs nothing: malformed or of another funding, commitment_signed counts, and so does channel_ready', () => {
    const { pair, a, b, channelId } = living();
    const { paymentHash } = preimageOf(1);
    const add = { amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion: new Uint8Array(1366) };
    for (const [nth, record] of [
      [1, 3, 1, 2, 3],
      [1, 32, ...Array.from({ length: 32 }, () => 0x55)],
      [1, 0],
    ].entries()) {
      a.outgoing.length = 0;
      a.command({ kind: 'add', channelId, origin: ownPayment(`0${nth}`), ...add });
      const [sent, signed] = a.outgoing.splice(0) as [Message, Message];
      expect(signed.type).toBe('commitment_signed');
      const { fundingTxid: _record, ...bare } = signed as Extract<Message, { type: 'commitment_signed' }>;
      b.hear(a.id, sent);
      b.input({ kind: 'received', peer: a.id, bytes: joined(encodeMessage(bare), record) });
      expect(b.outgoing.map((message) => message.type)).toEqual(['revoke_and_ack', 'commitment_signed']);
      pair.exchange();
    }
    expect(decodeMessage(joined(encodeMessage(plain('channel_ready')), [1, 1, 9]), NOBODY)).toMatchObject({ ok: true });
  });

  it('is read, and must be right, where it was negotiated', () => {
    const speaks = (feature: FeatureName): boolean => feature === 'option_scid_alias';
    const ready = encodeMessage(plain('channel_ready'));
    expect(decodeMessage(joined(ready, [1, 8, 0, 0, 0, 0, 0, 0, 0, 7]), speaks)).toMatchObject({
      ok: true,
      message: { alias: expect.anything() },
    });
    expect(decodeMessage(joined(ready, [1, 1, 9]), speaks)).toMatchObject({ ok: false, error: { kind: 'truncated', field: 'alias' } });
    expect(decodeMessage(joined(ready, [1, 1, 9]))).toMatchObject({ ok: false });
  });

  it('no even one is skipped', () => {
    const add = encodeMessage(plain('update_add_htlc'));
    expect(decodeMessage(joined(add, [0, 1, 9]), NOBODY)).toMatchObject({ ok: false });
  });
});

describe('gossip', () => {
  const gossip = ['channel_announcement', 'node_announcement', 'channel_update'] as const;
  const UNKNOWN_EVEN = [0xfa, 0];
  const REPEATED = [0xfb, 0, 0xfb, 0];
  const BEYOND = [0xfb, 9, 1];
  const NOT_MINIMAL = [0xfd, 0, 1, 0];

  it.each(gossip.flatMap((name) => [UNKNOWN_EVEN, REPEATED, BEYOND, NOT_MINIMAL].map((extension) => ({ name, extension }))))(
    'that its signer got wrong is ignored, and not the fault of who relays it: $name with $extension',
    ({ name, extension }) => expectUnmoved(living(), joined(encodeMessage(plain(name)), extension)),
  );

  it('that is cut off was not signed like this: BOLT 1 has the connection closed', () => {
    const { a, b, channelId } = living();
    const effects = b.input({ kind: 'received', peer: a.id, bytes: encodeMessage(plain('channel_update')).subarray(0, 100) });
    expect(effects).toMatchObject([{ kind: 'violated', rule: 'message.truncated' }, { kind: 'send' }, { kind: 'disconnect' }]);
    expect(b.channel(channelId).phase).toBe('funded');
  });

  it('is told from what a peer has written itself', () => {
    expect(ruleOf({ kind: 'unknown-even-tlv', messageName: 'channel_update', field: '', detail: '' })).toBe('message.unreadable_gossip');
    expect(ruleOf({ kind: 'unknown-even-tlv', messageName: 'announcement_signatures', field: '', detail: '' })).toBe(
      'message.unknown_even_tlv',
    );
  });
});

it('what both sides speak is read: features decide, not what a node knows', () => {
  const { features } = DEFAULT_CONFIG;
  expect(features).not.toBe(makeFeatures({ option_provide_storage: 'optional' }));
  const storage = encodeMessage(plain('peer_storage'));
  expect(decodeMessage(storage, (feature) => feature === 'option_provide_storage')).toMatchObject({ ok: true });
  expect(decodeMessage(storage, NOBODY)).toMatchObject({ ok: false, error: { kind: 'unknown-odd-type' } });
});
