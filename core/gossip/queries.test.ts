import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii } from '../crypto/bytes.ts';
import type { PublicKey } from '../crypto/bytes.ts';
import type { MessageIn, ReplyChannelRange } from '../wire/messages/index.ts';
import { crc32c } from './checksum.ts';
import { decodeFlags, decodeIds, encodeIds } from './encoded-ids.ts';
import type { GossipOutputs } from './gossip-vocabulary.ts';
import { bytesOf, CHAIN, GossipNode, idOf, namesTo, nodeAnnouncement, NOW, rulesOf, scid, sentTo, update } from './network.fixture.ts';
import { channelOf, channelsFrom, NOTHING_KNOWN } from './network-view.ts';
import type { PublicChannel } from './network-view.ts';
import { REPLY_CHANNELS } from './queries.ts';

const PEER = idOf(90);
const TEACHER = idOf(91);
/** The longest message that is sent in answer to anything. */
const LONGEST = 65_535;

/** A node that knows these channels, each of other ends, with what their first ends say of themselves. */
function knowing(scids: readonly bigint[], limits = {}): GossipNode {
  const node = new GossipNode(80, { verificationsPerSecond: Infinity, ...limits });
  node.input({ kind: 'connected', peer: TEACHER, isWorthAsking: false });
  for (const [i, each] of scids.entries()) {
    node.learn(TEACHER, 2 * i, 2 * i + 1, each);
    node.hear(TEACHER, nodeAnnouncement(2 * i));
  }
  node.input({ kind: 'connected', peer: PEER, isWorthAsking: false });
  return node;
}

/** All that comes of one question, however many seconds that takes. */
function answered(node: GossipNode, question: MessageIn<'gossip'>): readonly MessageIn<'gossip'>[] {
  const outputs: GossipOutputs[] = [...node.hear(PEER, question)];
  for (let second = 1; node.state.peers.get(PEER)?.answering !== undefined; second++) {
    outputs.push(...node.time(NOW + 1000 * second));
    if (second > 10_000) throw new Error('no end');
  }
  return sentTo(outputs, PEER);
}

function range(firstBlocknum: number, numberOfBlocks: number, queryOptionFlags?: bigint): MessageIn<'gossip'> {
  return {
    type: 'query_channel_range',
    chainHash: CHAIN,
    firstBlocknum,
    numberOfBlocks,
    ...(queryOptionFlags !== undefined && { queryOptionFlags }),
  };
}

function ids(asked: readonly bigint[], flags?: readonly number[]): MessageIn<'gossip'> {
  const queryFlags = flags && { encodingType: 0, encodedQueryFlags: flags.map((flag) => flag.toString(16).padStart(2, '0')).join('') };
  return { type: 'query_short_channel_ids', chainHash: CHAIN, encodedShortIds: encodeIds(asked), ...(queryFlags && { queryFlags }) };
}

function idsOf({ encodedShortIds }: ReplyChannelRange): readonly bigint[] {
  const decoded = decodeIds(encodedShortIds);
  if (typeof decoded === 'string') throw new Error(decoded);
  return decoded;
}

describe('query_channel_range', () => {
  it('is answered with what is there, in the order of the blocks, without a gap', () => {
    const known = [scid(10), scid(10, 2), scid(12), scid(700)];
    const node = knowing(known);
    fc.assert(
      fc.property(fc.nat(800), fc.nat(800), (first, count) => {
        const replies = answered(node, range(first, count)) as readonly ReplyChannelRange[];
        const end = first + Math.max(1, count);
        const inRange = known.filter((each) => each >= scid(first, 0) && each < scid(end, 0));
        expect(replies.flatMap(idsOf)).toEqual(inRange);
        expect(replies.map(({ syncComplete }) => syncComplete)).toEqual([...replies.slice(1).map(() => 0), 1]);
        expect(replies[0]?.firstBlocknum).toBe(first);
        const last = replies.at(-1);
        expect((last?.firstBlocknum ?? 0) + (last?.numberOfBlocks ?? 0)).toBe(end);
      }),
      { seed: 23, numRuns: 40 },
    );
  });

  it('of more than one message holds is answered in several, each covering its blocks, as fast as the limit allows', () => {
    const scids = Array.from({ length: 2 * REPLY_CHANNELS + 7 }, (_, i) => scid(100 + Math.floor(i / 1700), i));
    const channels = new Map(scids.map((each): [bigint, PublicChannel] => [each, channelLike(each)]));
    const node = new GossipNode(80, {}, { ...NOTHING_KNOWN, channels });
    node.input({ kind: 'connected', peer: PEER, isWorthAsking: false });
    const first = sentTo(node.hear(PEER, range(0, 0xffffffff, 3n)), PEER);
    expect(first).toHaveLength(2);
    const replies = [...first, ...sentTo(node.time(NOW + 1000), PEER)] as readonly ReplyChannelRange[];
    expect(replies.flatMap(idsOf)).toEqual(scids);
    let covered = 0;
    for (const reply of replies) {
      expect(reply.firstBlocknum).toBeLessThanOrEqual(covered);
      covered = reply.firstBlocknum + reply.numberOfBlocks;
      for (const each of idsOf(reply)) {
        const block = Number(each >> 40n);
        expect(block >= reply.firstBlocknum && block < covered).toBe(true);
      }
      expect(bytesOf([reply])).toBeLessThanOrEqual(LONGEST);
      expect(reply.timestamps?.encodedTimestamps.length).toBe(16 * idsOf(reply).length);
      expect(reply.checksums).toHaveLength(idsOf(reply).length);
    }
    expect(covered).toBe(0xffffffff);
  });

  it('says when and what each end has said last, where that is asked for', () => {
    const node = knowing([scid(10)]);
    const [reply] = answered(node, range(0, 100, 3n)) as [ReplyChannelRange];
    const time = (NOW / 1000).toString(16);
    expect(reply.timestamps).toEqual({ encodingType: 0, encodedTimestamps: time + time });
    const [before] = reply.checksums ?? [];
    node.hear(TEACHER, update(0, 1, scid(10), { timestamp: NOW / 1000 + 1 }));
    node.hear(TEACHER, update(1, 0, scid(10), { timestamp: NOW / 1000 + 1, feeBaseMsat: 5 }));
    const [after] = (answered(node, range(0, 100, 2n)) as [ReplyChannelRange])[0].checksums ?? [];
    const same = [before?.checksumNodeId1 === after?.checksumNodeId1, before?.checksumNodeId2 === after?.checksumNodeId2];
    expect(same.sort()).toEqual([false, true]);
  });

  it('of another chain is answered with nothing', () => {
    const chainHash = '00'.repeat(32) as never;
    const outputs = knowing([scid(10)]).hear(PEER, { ...(range(5, 7) as ReplyChannelRange), chainHash } as never);
    expect(sentTo(outputs, PEER)).toEqual([
      { type: 'reply_channel_range', chainHash, firstBlocknum: 5, numberOfBlocks: 7, syncComplete: 1, encodedShortIds: '00' },
    ]);
  });
});

function channelLike(shortChannelId: bigint): PublicChannel {
  const known = { shortChannelId, nodeId1: idOf(1), nodeId2: idOf(2), capacitySat: undefined, bytes: new Uint8Array(0), isRoutable: true };
  return { ...known, policy1: undefined, policy2: undefined, update1: undefined, update2: undefined, spentAt: undefined };
}

describe('query_short_channel_ids', () => {
  const known = [scid(10), scid(11), scid(12)];

  it('is answered with each that is known and what its ends say, and the end', () => {
    const node = knowing(known);
    const told = answered(node, ids([scid(9), scid(10), scid(12)])).map(({ type }) => type);
    const one = ['channel_announcement', 'channel_update', 'channel_update', 'node_announcement'];
    expect(told).toEqual([...one, ...one, 'reply_short_channel_ids_end']);
  });

  it('is answered with what its flags ask for', () => {
    const node = knowing(known);
    const isFirst = idOf(0) < idOf(1);
    const told = [1, 2, 4, 8, 16].map((flag) => answered(node, ids([scid(10)], [flag])).map(({ type }) => type)[0]);
    const nodes = ['node_announcement', 'reply_short_channel_ids_end'];
    expect(told).toEqual(['channel_announcement', 'channel_update', 'channel_update', ...(isFirst ? nodes : nodes.toReversed())]);
  });

  it('says of a node once what it says of itself', () => {
    const node = new GossipNode(80);
    node.input({ kind: 'connected', peer: PEER, isWorthAsking: false });
    node.learn(PEER, 1, 2, scid(10));
    node.learn(PEER, 1, 3, scid(11));
    node.hear(PEER, nodeAnnouncement(1));
    const names = answered(node, ids([scid(10), scid(11)])).map(({ type }) => type);
    expect(names.filter((name) => name === 'node_announcement')).toHaveLength(1);
  });

  it('is answered as fast as the limit allows, and a second question beside it is warned of', () => {
    const node = knowing(known, { bytesPerSecond: 500 });
    expect(namesTo(node.hear(PEER, ids(known)), PEER)).not.toContain('reply_short_channel_ids_end');
    expect(rulesOf(node.hear(PEER, ids(known)))).toEqual(['query.twice']);
    expect(rulesOf(node.hear(PEER, range(0, 9)))).toEqual(['query.twice']);
    const rest = [1, 2, 3, 4].flatMap((second) => node.time(NOW + 1000 * second));
    expect(namesTo(rest, PEER).at(-1)).toBe('reply_short_channel_ids_end');
    expect(namesTo(node.hear(PEER, ids([])), PEER)).toEqual(['reply_short_channel_ids_end']);
  });

  it.each([
    ['another encoding', { encodedShortIds: `01${'00'.repeat(8)}` }, 'query_short_channel_ids.encoding'],
    ['half an id', { encodedShortIds: `00${'00'.repeat(12)}` }, 'query_short_channel_ids.whole'],
    ['fewer flags than ids', { queryFlags: { encodingType: 0, encodedQueryFlags: '' } }, 'query_short_channel_ids.flags'],
    ['flags in another encoding', { queryFlags: { encodingType: 1, encodedQueryFlags: '01' } }, 'query_short_channel_ids.flags'],
  ])('with %s is warned of', (_what, change, rule) => {
    const node = knowing(known);
    expect(rulesOf(node.hear(PEER, { ...ids([scid(10)]), ...change } as never))).toEqual([rule]);
    expect(node.state.peers.get(PEER)?.answering).toBeUndefined();
  });
});

describe('gossip_timestamp_filter', () => {
  const known = [scid(10), scid(11), scid(12)];
  const filter = (firstTimestamp: number, timestampRange: number): MessageIn<'gossip'> => ({
    type: 'gossip_timestamp_filter',
    chainHash: CHAIN,
    firstTimestamp,
    timestampRange,
  });

  it('of the past is followed by what is known, a piece a second, and each thing once', () => {
    const node = knowing(known, { bytesPerSecond: 400 });
    const outputs = [...node.hear(PEER, filter(0, 0xffffffff))];
    for (let second = 1; second < 20; second++) {
      const now = node.time(NOW + 1000 * second);
      expect(bytesOf(sentTo(now, PEER))).toBeLessThan(400 + 1000);
      outputs.push(...now);
    }
    const names = namesTo(outputs, PEER);
    expect(names.filter((name) => name === 'channel_announcement')).toHaveLength(3);
    expect(names.filter((name) => name === 'channel_update')).toHaveLength(6);
    expect(names.slice(-3)).toEqual(['node_announcement', 'node_announcement', 'node_announcement']);
    expect(names).toHaveLength(12);
  });

  it('keeps out what is older or newer, and takes the place of the one before', () => {
    const node = knowing(known);
    const t = NOW / 1000;
    expect(node.hear(PEER, filter(t + 1, 100))).toEqual([]);
    expect(node.hear(PEER, filter(t - 100, 100))).toEqual([]);
    expect(namesTo(node.hear(PEER, filter(t, 1)), PEER)).toHaveLength(12);
    node.time(NOW + node.limits.flushMs);
    node.hear(TEACHER, update(0, 1, scid(10), { timestamp: t + 1 }));
    expect(namesTo(node.time(NOW + 3 * node.limits.flushMs), PEER)).toEqual([]);
  });
});

describe('a node that knows nothing', () => {
  function exchange(a: GossipNode, b: GossipNode, first: readonly GossipOutputs[]): void {
    let outputs: readonly GossipOutputs[] = first;
    const from = [a, b];
    for (let turn = 0; outputs.length > 0; turn++) {
      const [speaker, hearer] = turn % 2 === 0 ? [from[0], from[1]] : [from[1], from[0]];
      if (speaker === undefined || hearer === undefined) return;
      outputs = sentTo(outputs, hearer.id).flatMap((message) => hearer.hear(speaker.id, message));
    }
  }

  it('asks a peer for everything, one question at a time, and knows then what that knows', () => {
    const scids = Array.from({ length: 505 }, (_, i) => scid(100 + i));
    const limits = { verificationsPerSecond: Infinity, bytesPerSecond: Infinity };
    const teacher = new GossipNode(80, limits);
    teacher.input({ kind: 'connected', peer: TEACHER, isWorthAsking: false });
    for (const [i, each] of scids.entries()) teacher.learn(TEACHER, i, i + 1, each);
    const pupil = new GossipNode(81, limits);
    // It wants news of others from now on: what is older it has to ask for.
    pupil.time(NOW + 10_000);
    teacher.input({ kind: 'connected', peer: pupil.id, isWorthAsking: false });
    exchange(pupil, teacher, pupil.input({ kind: 'connected', peer: teacher.id, isWorthAsking: true }));
    expect(channelsFrom(pupil.state.view, 0n, 1n << 64n, Infinity)).toEqual(channelsFrom(teacher.state.view, 0n, 1n << 64n, Infinity));
    const asked = namesTo(pupil.outputs, teacher.id).filter((name) => name === 'query_short_channel_ids');
    expect(asked).toHaveLength(2);
    expect(channelOf(pupil.state.view, scids[5] as bigint)).toBeDefined();
  });

  it('asks three peers and no more, and believes no answer to nothing', () => {
    const node = new GossipNode(80);
    const asked = [1, 2, 3, 4].filter((n) =>
      namesTo(node.input({ kind: 'connected', peer: idOf(n), isWorthAsking: true }), idOf(n)).includes('query_channel_range'),
    );
    expect(asked).toEqual([1, 2, 3]);
    const reply = {
      type: 'reply_channel_range',
      chainHash: CHAIN,
      firstBlocknum: 0,
      numberOfBlocks: 1,
      syncComplete: 1,
      encodedShortIds: encodeIds([5n]),
    } as const;
    expect(rulesOf(node.hear(idOf(4), reply))).toEqual(['reply.unasked']);
    expect(rulesOf(node.hear(idOf(1), { ...reply, encodedShortIds: '01' }))).toEqual(['reply_channel_range.encoding']);
    expect(rulesOf(node.hear(idOf(1), { type: 'reply_short_channel_ids_end', chainHash: CHAIN, fullInformation: 1 }))).toEqual([
      'reply.unasked',
    ]);
  });

  it('tells a peer that is not worth asking that it wants nothing', () => {
    const node = new GossipNode(80);
    const told = sentTo(node.input({ kind: 'connected', peer: PEER as PublicKey, isWorthAsking: false }), PEER);
    expect(told).toEqual([{ type: 'gossip_timestamp_filter', chainHash: CHAIN, firstTimestamp: 0xffffffff, timestampRange: 0 }]);
  });
});

describe('encoded arrays', () => {
  it('come back', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n ** 64n - 1n)), (all) => {
        expect(decodeIds(encodeIds(all))).toEqual(all);
      }),
      { seed: 24, numRuns: 50 },
    );
    expect(decodeFlags('0105', 2)).toEqual([1, 5]);
    expect(decodeFlags('0105', 3)).toBeUndefined();
    expect(decodeFlags('fd0001', 1)).toBeUndefined();
  });

  it('have the checksum of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
  });
});
