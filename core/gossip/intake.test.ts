import { describe, expect, it } from 'vitest';
import { feeOf } from '../routing/fees.ts';
import { DijkstraRouter } from '../routing/router.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import type { ChannelAnnouncement } from '../wire/messages/index.ts';
import { STALE_SECONDS } from './announcements.ts';
import { SPENT_BLOCKS } from './gossip-step.ts';
import {
  announcement,
  crypto,
  GossipNode,
  HEIGHT,
  idOf,
  namesTo,
  nodeAnnouncement,
  NOW,
  POLICY,
  rulesOf,
  scid,
  secretOf,
  sentTo,
  update,
} from './network.fixture.ts';
import { channelOf, graphOf, MAX_OVERLAY, nodeOf } from './network-view.ts';
import { gossipHash } from './signing.ts';

const [PEER, OTHER, MUTE] = [idOf(90), idOf(91), idOf(92)];
const CHANNEL = scid(500);

function met(limits = {}): GossipNode {
  const node = new GossipNode(80, limits);
  node.meet(PEER);
  node.meet(OTHER);
  node.input({ kind: 'connected', peer: MUTE, isWorthAsking: true });
  return node;
}

describe('a channel that is announced', () => {
  it('is asked of the chain, stands, and goes on a minute later: the announcement first, to those who want it and have not told it', () => {
    const node = met();
    const first = node.hear(PEER, announcement(1, 2, CHANNEL));
    expect(first.map(({ kind }) => kind)).toEqual(['check_output']);
    expect(channelOf(node.state.view, CHANNEL)).toMatchObject({ capacitySat: 1_000_000n, policy1: undefined });
    node.hear(PEER, nodeAnnouncement(1), update(1, 2, CHANNEL), update(2, 1, CHANNEL), nodeAnnouncement(2));
    expect(node.time(NOW + node.limits.flushMs - 1)).toEqual([]);
    const told = node.time(NOW + node.limits.flushMs);
    expect(namesTo(told, OTHER)).toEqual([
      'channel_announcement',
      'channel_update',
      'channel_update',
      'node_announcement',
      'node_announcement',
    ]);
    expect(namesTo(told, PEER)).toEqual([]);
    expect(namesTo(told, MUTE)).toEqual([]);
    expect(node.time(NOW + 10 * node.limits.flushMs)).toEqual([]);
  });

  it('does not go on before one of its ends has said what it asks for', () => {
    const node = met();
    node.hear(PEER, announcement(1, 2, CHANNEL));
    expect(node.time(NOW + node.limits.flushMs)).toEqual([]);
  });

  it('goes on byte for byte, with fields that nobody here knows', () => {
    const node = met();
    const unknownTlvs = [{ type: 201n, value: 'beef' }];
    const told = announcement(1, 2, CHANNEL, { unknownTlvs, features: '0000' } as Partial<ChannelAnnouncement>);
    const news = update(1, 2, CHANNEL, { unknownTlvs });
    node.hear(PEER, told, news);
    const sent = sentTo(node.time(NOW + node.limits.flushMs), OTHER);
    expect(sent.map((message) => encodeMessage(message))).toEqual([told, news].map((message) => encodeMessage(message)));
  });

  it('is asked about once, whoever else brings it, and is forgotten where there is no answer in time', () => {
    const node = met();
    node.answers = () => 'late';
    const said = [...node.hear(PEER, announcement(1, 2, CHANNEL)), ...node.hear(OTHER, announcement(1, 2, CHANNEL))];
    expect(said.filter(({ kind }) => kind === 'check_output')).toHaveLength(1);
    node.time(NOW + node.limits.checkTimeoutMs);
    expect(node.state.checks.size).toBe(0);
    expect(node.input({ kind: 'output_checked', shortChannelId: CHANNEL, found: undefined })).toEqual([]);
    expect(node.hear(OTHER, announcement(1, 2, CHANNEL)).map(({ kind }) => kind)).toEqual(['check_output']);
  });

  it('has its newest update of each direction wait for the answer', () => {
    const node = met();
    node.answers = () => 'late';
    node.hear(PEER, announcement(1, 2, CHANNEL));
    const t = NOW / 1000;
    for (const [timestamp, feeBaseMsat] of [
      [t - 1, 1],
      [t, 2],
      [t - 2, 3],
    ] as const)
      node.hear(PEER, update(1, 2, CHANNEL, { timestamp, feeBaseMsat }));
    node.hear(OTHER, update(2, 1, CHANNEL, { feeBaseMsat: 4 }));
    const { script } = node.state.checks.get(CHANNEL) ?? {};
    if (script === undefined) throw new Error('no question is open');
    node.input({ kind: 'output_checked', shortChannelId: CHANNEL, found: { script, amountSat: 5n } });
    const { policy1, policy2 } = channelOf(node.state.view, CHANNEL) ?? {};
    expect([policy1?.feeBaseMsat, policy2?.feeBaseMsat].sort()).toEqual([2, 4]);
  });

  it.each<[string, Partial<ChannelAnnouncement>, string]>([
    ['another chain', { chainHash: '00'.repeat(32) as never }, 'channel_announcement.chain_hash'],
    [
      'ends in the wrong order',
      { nodeId1: idOf(1) > idOf(2) ? idOf(1) : idOf(2), nodeId2: idOf(1) > idOf(2) ? idOf(2) : idOf(1) },
      'channel_announcement.order',
    ],
    ['too few confirmations', { shortChannelId: scid(HEIGHT - 3) }, 'channel_announcement.confirmations'],
    ['a wrong signature', { bitcoinSignature2: '01'.repeat(64) as never }, 'channel_announcement.signature'],
  ])('with %s is asked of nobody', (_what, change, rule) => {
    const node = met();
    const outputs = node.hear(PEER, { ...announcement(1, 2, CHANNEL), ...change });
    expect(rulesOf(outputs)).toEqual([rule]);
    expect(outputs).toHaveLength(1);
  });

  it.each([
    ['is not there', undefined],
    ['pays to something else', { script: '51' as never, amountSat: 1n }],
  ])('whose output %s is not believed', (_what, found) => {
    const node = met();
    node.answers = () => found;
    expect(rulesOf(node.hear(PEER, announcement(1, 2, CHANNEL)))).toEqual(['channel_announcement.output']);
    expect(channelOf(node.state.view, CHANNEL)).toBeUndefined();
  });
});

it('a channel with an even feature that nobody knows is handed on, and nothing is routed through it', () => {
  const node = met();
  for (const [n, features] of [
    [1, '0200'],
    [2, '0100'],
  ] as const) {
    node.hear(PEER, announcement(n, n + 1, scid(500 + n), { features }), update(n, n + 1, scid(500 + n)));
  }
  const policies = [1, 2].map((n) => channelOf(node.state.view, scid(500 + n))).map((each) => each?.policy1 ?? each?.policy2);
  expect(policies.map((policy) => policy !== undefined)).toEqual([true, false]);
  expect(namesTo(node.time(NOW + node.limits.flushMs), OTHER)).toHaveLength(4);
});

describe('what gossip may cost', () => {
  it('is a number of signatures a peer and second, of which another peer pays nothing', () => {
    const node = met({ verificationsPerSecond: 8 });
    const outputs = [1, 2, 3].flatMap((n) => node.hear(PEER, announcement(n, n + 1, scid(500 + n))));
    expect(rulesOf(outputs)).toEqual(['gossip.verifications']);
    expect(rulesOf(node.hear(OTHER, announcement(3, 4, scid(503))))).toEqual([]);
    node.time(NOW + 999);
    expect(rulesOf(node.hear(PEER, announcement(5, 6, scid(505))))).toEqual(['gossip.verifications']);
    node.time(NOW + 1000);
    expect(rulesOf(node.hear(PEER, announcement(5, 6, scid(505))))).toEqual([]);
  });

  it('is nothing for what is known already', () => {
    const node = met();
    node.learn(PEER, 1, 2, CHANNEL);
    const { spent } = node.state.peers.get(OTHER) ?? {};
    expect(node.learn(OTHER, 1, 2, CHANNEL)).toEqual([]);
    expect(node.state.peers.get(OTHER)?.spent).toEqual(spent);
  });

  it('is a number of questions to the chain', () => {
    const node = met({ maxChecks: 2 });
    node.answers = () => 'late';
    const outputs = [1, 2, 3].flatMap((n) => node.hear(PEER, announcement(n, n + 1, scid(500 + n))));
    expect(rulesOf(outputs)).toEqual(['gossip.checks']);
  });

  it('is a number of news that wait', () => {
    const node = met({ maxNews: 2 });
    node.learn(PEER, 1, 2, CHANNEL);
    expect(namesTo(node.time(NOW + node.limits.flushMs), OTHER)).toEqual(['channel_announcement', 'channel_update']);
  });
});

describe('an update', () => {
  function known(): GossipNode {
    const node = met();
    node.learn(PEER, 1, 2, CHANNEL);
    node.time(NOW + node.limits.flushMs);
    return node;
  }
  const later = NOW / 1000 + 10;

  it('that is newer takes the place of the one before; of several in a minute the last goes on', () => {
    const node = known();
    for (const [i, feeBaseMsat] of [5, 6].entries()) node.hear(PEER, update(1, 2, CHANNEL, { timestamp: later + i, feeBaseMsat }));
    const told = sentTo(node.time(NOW + 2 * node.limits.flushMs), OTHER);
    expect(told).toMatchObject([{ type: 'channel_update', feeBaseMsat: 6 }]);
    expect(node.hear(OTHER, update(1, 2, CHANNEL, { timestamp: later, feeBaseMsat: 7 }))).toEqual([]);
    const { policy1, policy2 } = channelOf(node.state.view, CHANNEL) ?? {};
    expect([policy1?.feeBaseMsat, policy2?.feeBaseMsat].sort()).toEqual([POLICY.feeBaseMsat, 6].sort());
  });

  it.each([
    ['of a channel that nobody has announced', () => update(1, 2, scid(600)), 'channel_update.unknown'],
    [
      'that somebody else has signed',
      () => ({ ...update(1, 2, CHANNEL, { timestamp: later }), feeBaseMsat: 3 }),
      'channel_update.signature',
    ],
    ['of another chain', () => ({ ...update(1, 2, CHANNEL), chainHash: '00'.repeat(32) as never }), 'channel_update.chain_hash'],
    ['for the peer alone', () => ({ ...update(1, 2, CHANNEL, { timestamp: later }), messageFlags: 3 }), 'channel_update.dont_forward'],
    ['of the far future', () => update(1, 2, CHANNEL, { timestamp: later + 90_000 }), 'gossip.timestamp'],
  ])('%s is not taken', (_what, message, rule) => {
    const node = known();
    const { view } = node.state;
    expect(rulesOf(node.hear(OTHER, message()))).toEqual([rule]);
    expect(node.state.view).toBe(view);
  });

  it('of a channel that is spent counts only where it disables it; the channel is forgotten 72 blocks later', () => {
    const node = known();
    node.input({ kind: 'output_spent', shortChannelId: CHANNEL, height: HEIGHT });
    expect(rulesOf(node.hear(PEER, update(1, 2, CHANNEL, { timestamp: later })))).toEqual(['channel_update.spent']);
    expect(rulesOf(node.hear(PEER, update(1, 2, CHANNEL, { timestamp: later, disabled: true })))).toEqual([]);
    for (const [blocks, stays] of [
      [SPENT_BLOCKS - 1, true],
      [SPENT_BLOCKS, false],
    ] as const) {
      node.time(node.state.nowMs + 3_600_000);
      node.input({ kind: 'height', height: HEIGHT + blocks });
      expect(channelOf(node.state.view, CHANNEL) !== undefined).toBe(stays);
    }
  });

  it('that is two weeks old is not taken, and channels of which nothing newer is heard are forgotten', () => {
    const node = known();
    const hour = 3_600_000;
    node.time(NOW + STALE_SECONDS * 1000 - hour);
    node.input({ kind: 'height', height: HEIGHT });
    expect(channelOf(node.state.view, CHANNEL)).toBeDefined();
    node.time(NOW + STALE_SECONDS * 1000 + hour);
    node.input({ kind: 'height', height: HEIGHT });
    expect(channelOf(node.state.view, CHANNEL)).toBeUndefined();
    node.hear(PEER, announcement(1, 2, CHANNEL), update(1, 2, CHANNEL));
    expect(channelOf(node.state.view, CHANNEL)).toMatchObject({ policy1: undefined, policy2: undefined });
  });
});

describe('a node', () => {
  it('that has no channel says nothing of interest', () => {
    expect(rulesOf(met().hear(PEER, nodeAnnouncement(1)))).toEqual(['node_announcement.unknown']);
  });

  it('is heard again when it says something newer, and never by somebody else', () => {
    const node = met();
    node.learn(PEER, 1, 2, CHANNEL);
    const [older, newer] = [nodeAnnouncement(1), nodeAnnouncement(1, NOW / 1000 + 1)];
    expect(rulesOf(node.hear(PEER, older, { ...newer, alias: '00'.repeat(32) }, newer, older))).toEqual(['node_announcement.signature']);
    expect(sentTo(node.time(NOW + node.limits.flushMs), OTHER).filter(({ type }) => type === 'node_announcement')).toEqual([newer]);
  });
});

it('a node with two host names is known and does not go on', () => {
  const node = met();
  node.learn(PEER, 1, 2, CHANNEL);
  const plain = nodeAnnouncement(1);
  const unsigned = { ...plain, addresses: '05016100010501620001' };
  node.hear(PEER, { ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secretOf(1)) });
  expect(nodeOf(node.state.view, idOf(1))).toBeDefined();
  expect(namesTo(node.time(NOW + node.limits.flushMs), OTHER)).not.toContain('node_announcement');
});

it('what is known is a graph that can be searched, folded or not, and a view that somebody holds stays as it was', () => {
  const node = met({ verificationsPerSecond: Infinity });
  for (let n = 0; n < 60; n++) node.learn(PEER, n, n + 1, scid(100 + n));
  const before = node.state.view;
  const told = [...before.channels.keys()];
  for (let i = 1; i <= MAX_OVERLAY; i++)
    node.hear(PEER, update(0, 1, scid(100), { timestamp: NOW / 1000 + i }), nodeAnnouncement(i % 61, NOW / 1000 + i));
  for (let n = 60; n < 600; n++) node.learn(PEER, n, n + 1, scid(100 + n));
  expect(node.state.view.base).not.toBe(before.base);
  expect([...before.channels.keys()]).toEqual(told);
  expect(node.state.view.channels.size + node.state.view.nodes.size).toBeLessThanOrEqual(MAX_OVERLAY);
  const request = {
    from: idOf(590),
    to: idOf(598),
    amountMsat: 1000n,
    finalCltvDelta: 18,
    maxFeeMsat: 10n ** 9n,
    maxCltvDelta: 2016,
    maxHops: 20,
    excluded: new Set<number>(),
  };
  const found = new DijkstraRouter().route(request, graphOf(node.state.view));
  expect(found.ok && found.route.feeMsat).toBe(7n * feeOf(1000n, POLICY));
});
