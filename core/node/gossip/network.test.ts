import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../../sim/deterministic/fake-crypto.ts';
import type { SecretKey } from '../../crypto/bytes.ts';
import { unsignedNodeAnnouncement } from '../../gossip/node-announcement.ts';
import { gossipHash } from '../../gossip/signing.ts';
import { encodeIds } from '../../gossip/encoded-ids.ts';
import { channelsFrom, graphOf, nodeOf } from '../../gossip/network-view.ts';
import { DijkstraRouter } from '../../routing/router.ts';
import { makeFeatures } from '../../wire/features.ts';
import type { NodeAnnouncement } from '../../wire/messages/index.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { Line } from '../forwarding/line.fixture.ts';
import { bytes32 } from '../pair.fixture.ts';
import type { TestNode } from '../pair.fixture.ts';

const crypto = createFakeCrypto();
const FEATURES = makeFeatures({
  option_static_remotekey: 'compulsory',
  option_anchors: 'optional',
  option_channel_type: 'compulsory',
  gossip_queries: 'optional',
});
const ALL = 1n << 64n;

/** Announced channels in a row, and nodes that keep a picture of the network. */
function announcedLine(count: number): Line {
  const line = new Line(count, { gossip: 'network', features: FEATURES }, crypto, undefined, false, true);
  for (let i = 0; i < 4; i++) line.block();
  return line;
}

/** The chain has whatever is announced. */
function answerChecks(line: Line): void {
  for (const node of line.nodes) {
    for (const [shortChannelId, { script }] of node.state.gossip?.checks ?? [])
      node.input({ kind: 'output_checked', shortChannelId, found: { script, amountSat: 1_000_000n } });
  }
  line.exchange();
}

function known(node: TestNode): number {
  const view = node.state.gossip?.view;
  return view === undefined ? 0 : channelsFrom(view, 0n, ALL, Infinity).length;
}

function minutes(line: Line, count: number): void {
  for (let i = 0; i < count; i++) {
    line.time((line.node(0).state.nowMs ?? 0) + DEFAULT_CONFIG.gossipLimits.flushMs);
    answerChecks(line);
  }
}

describe('nodes in a row', () => {
  it('hear of each other’s channels from hop to hop, a minute each, and find a route along all of them', () => {
    const line = announcedLine(4);
    answerChecks(line);
    minutes(line, 6);
    expect(line.nodes.map(known)).toEqual([3, 3, 3, 3]);
    const view = line.node(0).state.gossip?.view;
    if (view === undefined) throw new Error('nothing is known');
    const [from, to] = [line.node(0).id, line.node(3).id];
    const wanted = {
      from,
      to,
      amountMsat: 5000n,
      finalCltvDelta: 18,
      maxFeeMsat: 10_000n,
      maxCltvDelta: 2016,
      maxHops: 20,
      excluded: new Set<number>(),
    };
    const found = new DijkstraRouter().route(wanted, graphOf(view));
    expect(found.ok && found.route.hops.map(({ shortChannelId }) => shortChannelId)).toEqual([0, 1, 2].map((i) => line.shortChannelId(i)));
  });

  it('ask the host for what the chain has, and believe nothing without its word', () => {
    const line = announcedLine(3);
    minutes(line, 0);
    line.time(60_000);
    line.exchange();
    const asked = line.node(0).log.flatMap((effect) => (effect.kind === 'check_output' ? [effect.shortChannelId] : []));
    expect(asked).toEqual([line.shortChannelId(1)]);
    expect(known(line.node(0))).toBe(1);
  });

  it('know nothing again after a restart, and ask', () => {
    const line = announcedLine(3);
    answerChecks(line);
    minutes(line, 3);
    line.restart(0);
    expect(line.node(0).state.gossip?.view.channels.size ?? 0).toBe(1);
    line.connect(0);
    line.exchange();
    answerChecks(line);
    expect(known(line.node(0))).toBe(2);
  });
});

describe('a node', () => {
  function announcementOf(n: number, timestamp: number): NodeAnnouncement {
    const secret = bytes32<SecretKey>(0x10 + n);
    const nodeId = crypto.publicKey(secret);
    const unsigned = unsignedNodeAnnouncement({ nodeId, timestamp, features: FEATURES, rgbColor: '102030', alias: 'n', addresses: [] });
    return { ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secret) };
  }

  it('says of itself what its host has signed, newer each time', () => {
    const line = announcedLine(3);
    const [a, b] = [line.node(0), line.node(1)];
    const announce = (announcement: NodeAnnouncement): readonly string[] =>
      a.command({ kind: 'announce_node', announcement }).map((effect) => (effect.kind === 'refused' ? effect.rule : effect.kind));
    expect(announce(announcementOf(0, 7))).toEqual(['send']);
    line.exchange();
    expect(b.state.gossip && nodeOf(b.state.gossip.view, a.id)?.timestamp).toBe(7);
    expect(announce(announcementOf(0, 7))).toEqual(['node.not_announced']);
    expect(announce(announcementOf(1, 9))).toEqual(['node.not_announced']);
    expect(announce({ ...announcementOf(0, 9), alias: '00'.repeat(32) })).toEqual(['node.not_announced']);
    expect(announce(announcementOf(0, 9))).toEqual(['send']);
  });

  it('warns of a question that can not be read, and blames nobody for what others have signed', () => {
    const line = announcedLine(2);
    const [a, b] = [line.node(0), line.node(1)];
    const { chainHash } = DEFAULT_CONFIG;
    const query = { type: 'query_short_channel_ids', chainHash, encodedShortIds: '01' } as const;
    expect(a.hear(b.id, query)).toMatchObject([
      { kind: 'violated', rule: 'query_short_channel_ids.encoding' },
      { kind: 'send', message: { type: 'warning' } },
    ]);
    expect(a.hear(b.id, { ...query, encodedShortIds: encodeIds([]) })).toMatchObject([
      { message: { type: 'reply_short_channel_ids_end' } },
    ]);
    expect(a.hear(b.id, announcementOf(9, 5))).toEqual([]);
  });
});
