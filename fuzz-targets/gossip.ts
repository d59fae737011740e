import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import type { PublicKey } from '../core/crypto/bytes.ts';
import { fundingOutput } from '../core/transactions/channel-scripts.ts';
import { createGossip, gossipStep } from '../core/gossip/gossip-step.ts';
import { DEFAULT_GOSSIP_LIMITS } from '../core/gossip/gossip-vocabulary.ts';
import type { GossipInput, GossipLimits, GossipOutputs, GossipState } from '../core/gossip/gossip-vocabulary.ts';
import { channelsFrom, graphOf, NOTHING_KNOWN } from '../core/gossip/network-view.ts';
import type { PublicChannel, ToldUpdate } from '../core/gossip/network-view.ts';
import { encodeIds } from '../core/gossip/encoded-ids.ts';
import { DijkstraRouter } from '../core/routing/router.ts';
import { decodeMessage, encodeMessage } from '../core/wire/messages/index.ts';
import type { MessageIn } from '../core/wire/messages/index.ts';
import { CHAIN, CHANNELS, crypto, HEIGHT, idOf, NODES, scidOf, signedMessages, START_MS } from './gossip-world.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

/**
 * Input: operations of four bytes. The first says what happens, the second to or from whom, the others what exactly. Signed messages are those of the
 * small network, whole or with one byte changed.
 */
const OP_BYTES = 4;
const KINDS = 12;
const PEERS = 3;
const SIGNED = signedMessages();
const ANNOUNCED = SIGNED.map(messageFrom).filter((each) => each?.type === 'channel_announcement');
const LIMITS: GossipLimits = { ...DEFAULT_GOSSIP_LIMITS, verificationsPerSecond: 9, bytesPerSecond: 300, maxChecks: 3, maxNews: 40 };
/** A channel with both updates, or a reply of all of them: an answer goes beyond the limit by no more, nor does what was missed. */
const LONGEST = 1_000;

const peerOf = (byte: number): PublicKey => idOf(NODES + 1 + (byte % PEERS));

/** One node under attack, and what an observer counts. */
class Subject {
  state: GossipState = createGossip(NOTHING_KNOWN, HEIGHT, START_MS);
  /** By peer, in this second. */
  readonly verified = new Map<PublicKey, number>();
  readonly answered = new Map<PublicKey, number>();
  readonly asked: bigint[] = [];
  /** What the chain has said to be there. */
  readonly confirmed = new Set<bigint>();
  private verifications = 0;
  private readonly env = {
    crypto: {
      ...crypto,
      verify: (...args: Parameters<typeof crypto.verify>) => {
        this.verifications++;
        return crypto.verify(...args);
      },
    },
    chainHash: CHAIN,
    limits: LIMITS,
  };

  step(input: GossipInput, from?: PublicKey): void {
    this.verifications = 0;
    const { state, outputs } = gossipStep(this.env, this.state, input);
    const before = this.state;
    this.state = state;
    if (from !== undefined) this.count(this.verified, from, this.verifications, LIMITS.verificationsPerSecond, 'signatures have a limit');
    for (const output of outputs) this.observe(output, before, input);
  }

  private observe(output: GossipOutputs, before: GossipState, input: GossipInput): void {
    if (output.kind === 'check_output') this.asked.push(output.shortChannelId);
    promise(this.state.checks.size <= LIMITS.maxChecks, 'questions have a limit', () => `${this.state.checks.size}`);
    if (output.kind !== 'send' || input.kind === 'connected') return;
    const isFlush = input.kind === 'time' && before.news !== undefined && this.state.news === undefined;
    const size = encodeMessage(output.message).length;
    if (!isFlush) this.count(this.answered, output.peer, size, LIMITS.bytesPerSecond + LONGEST, 'answers have a limit');
    const isOfOthers = ['channel_announcement', 'channel_update', 'node_announcement'].includes(output.message.type);
    if (isFlush && isOfOthers)
      promise(before.peers.get(output.peer)?.filter !== undefined, 'nobody is told what he did not ask for', () => output.message.type);
  }

  private count(counts: Map<PublicKey, number>, peer: PublicKey, more: number, limit: number, rule: string): void {
    const sum = (counts.get(peer) ?? 0) + more;
    counts.set(peer, sum);
    promise(sum <= limit, rule, () => `${sum} of ${limit}`);
  }

  time(nowMs: number): void {
    if (Math.floor(nowMs / 1000) !== Math.floor(this.state.nowMs / 1000)) {
      this.verified.clear();
      this.answered.clear();
    }
    this.step({ kind: 'time', nowMs });
  }
}

function messageFrom(bytes: Uint8Array): MessageIn<'gossip'> | undefined {
  const decoded = decodeMessage(bytes);
  return decoded.ok && decoded.group === 'gossip' ? decoded.message : undefined;
}

function perform(subject: Subject, [kind, who, what, how]: readonly [number, number, number, number]): void {
  const peer = peerOf(who);
  const hear = (bytes: Uint8Array): void => {
    const message = messageFrom(bytes);
    if (message !== undefined) subject.step({ kind: 'message', peer, message }, peer);
  };
  const signed = SIGNED[what % SIGNED.length] as Uint8Array;
  switch (kind % KINDS) {
    case 0:
      return subject.step({ kind: 'connected', peer, isWorthAsking: what % 2 === 0 });
    case 1:
      return subject.step({ kind: 'disconnected', peer });
    case 2:
    case 3:
      return hear(signed);
    case 4: {
      const changed = signed.slice();
      const at = 2 + ((how * 7) % (changed.length - 2));
      changed[at] = (changed[at] as number) ^ 1;
      return hear(changed);
    }
    case 5:
      return subject.time(subject.state.nowMs + 50 * (what + 256 * (how % 16)));
    case 6:
    case 7: {
      const shortChannelId = subject.asked.shift();
      const announcement = ANNOUNCED.find((each) => each.shortChannelId === shortChannelId);
      if (shortChannelId === undefined || announcement === undefined) return;
      const { script } = fundingOutput(crypto, announcement.bitcoinKey1, announcement.bitcoinKey2);
      const found = how % 4 === 0 ? undefined : { script: how % 4 === 1 ? ('51' as typeof script) : script, amountSat: 200n };
      if (found?.script === script) subject.confirmed.add(shortChannelId);
      return subject.step({ kind: 'output_checked', shortChannelId, found });
    }
    case 8:
      return hear(
        encodeMessage({
          type: 'gossip_timestamp_filter',
          chainHash: CHAIN,
          firstTimestamp: START_MS / 1000 + what - 128,
          timestampRange: how * 1000,
        }),
      );
    case 9: {
      const ids = Array.from({ length: how % 8 }, (_, i) => scidOf((what + i) % (CHANNELS + 2)));
      return hear(encodeMessage({ type: 'query_short_channel_ids', chainHash: CHAIN, encodedShortIds: encodeIds(ids) }));
    }
    case 10:
      return hear(
        encodeMessage({
          type: 'query_channel_range',
          chainHash: CHAIN,
          firstBlocknum: 498 + (what % 10),
          numberOfBlocks: how % 10,
          queryOptionFlags: BigInt(what % 4),
        }),
      );
    case 11:
      return subject.step({ kind: 'output_spent', shortChannelId: scidOf(what % CHANNELS), height: HEIGHT + how });
  }
}

/** Double SHA-256 behind the type and so many signatures. */
function hashBehind(bytes: Uint8Array, signatures: number): string {
  return toHex(crypto.sha256(crypto.sha256(bytes.subarray(2 + 64 * signatures))));
}

function isSignedBy(bytes: Uint8Array, signatures: number, which: number, key: PublicKey): boolean {
  const signature = toHex(bytes.subarray(2 + 64 * which, 2 + 64 * (which + 1)));
  return crypto.verify(signature as never, hashBehind(bytes, signatures) as never, key);
}

/** What was accepted is what its signers have said, and shows as they have said it. */
function checkChannel(channel: PublicChannel): void {
  const { bytes, shortChannelId, nodeId1, nodeId2, update1, update2, policy1, policy2 } = channel;
  const message = messageFrom(bytes);
  if (message?.type !== 'channel_announcement') return promise(false, 'a channel has its announcement', () => toHex(bytes));
  const keys = [message.nodeId1, message.nodeId2, message.bitcoinKey1, message.bitcoinKey2];
  promise(
    keys.every((key, i) => isSignedBy(bytes, 4, i, key)),
    'four have signed a channel',
    () => `${shortChannelId}`,
  );
  promise(message.nodeId1 === nodeId1 && message.nodeId2 === nodeId2, 'a channel has the ends that it says', () => `${shortChannelId}`);
  for (const [direction, told, policy, end] of [
    [0, update1, policy1, nodeId1],
    [1, update2, policy2, nodeId2],
  ] as const) {
    promise((told === undefined) === (policy === undefined), 'a policy has an update', () => `${shortChannelId}`);
    if (told !== undefined && policy !== undefined) checkUpdate(told, direction, policy.feeBaseMsat, end, shortChannelId);
  }
}

function checkUpdate(
  { bytes, timestamp }: ToldUpdate,
  direction: number,
  feeBaseMsat: number,
  end: PublicKey,
  shortChannelId: bigint,
): void {
  const message = messageFrom(bytes);
  if (message?.type !== 'channel_update') return promise(false, 'an update is one', () => toHex(bytes));
  promise(isSignedBy(bytes, 1, 0, end), 'its end has signed an update', () => `${shortChannelId}`);
  promise(
    (message.channelFlags & 1) === direction && message.shortChannelId === shortChannelId,
    'an update stands where it belongs',
    () => `${shortChannelId}`,
  );
  promise(message.timestamp === timestamp && message.feeBaseMsat === feeBaseMsat, 'an update shows', () => `${shortChannelId}`);
}

/** A way through what is known is payable by the rules that were announced, checked forward. */
function checkRoute({ view }: GossipState, from: PublicKey, to: PublicKey): boolean {
  const wanted = { from, to, amountMsat: 1000n, finalCltvDelta: 9, maxFeeMsat: 10_000n, maxCltvDelta: 500, maxHops: 20 };
  const found = new DijkstraRouter().route({ ...wanted, excluded: new Set<number>() }, graphOf(view));
  if (!found.ok) return false;
  const channels = channelsFrom(view, 0n, 1n << 64n, Infinity);
  let at = from;
  for (const [i, hop] of found.route.hops.entries()) {
    const channel = channels.find(({ shortChannelId }) => shortChannelId === hop.shortChannelId);
    const policy = channel?.nodeId1 === at ? channel.policy1 : channel?.policy2;
    promise(policy !== undefined && !policy.disabled, 'a route uses what is announced', () => `${hop.shortChannelId}`);
    if (policy === undefined) return false;
    const { htlcMinimumMsat, htlcMaximumMsat, feeBaseMsat, feeProportionalMillionths, cltvExpiryDelta } = policy;
    const { amountMsat, cltvDelta } = hop;
    promise(amountMsat >= htlcMinimumMsat && amountMsat <= htlcMaximumMsat, 'a route keeps the limits', () => `${amountMsat}`);
    const before = found.route.hops[i - 1];
    const fee = BigInt(feeBaseMsat) + (amountMsat * BigInt(feeProportionalMillionths)) / 1_000_000n;
    promise(before === undefined || before.amountMsat - amountMsat >= fee, 'a route pays its fees', () => `${fee}`);
    promise(before === undefined || before.cltvDelta - cltvDelta >= cltvExpiryDelta, 'a route keeps the deltas', () => `${cltvDelta}`);
    at = hop.nodeId;
  }
  promise(at === to, 'a route arrives', () => at);
  return true;
}

function run(bytes: Uint8Array): { readonly subject: Subject; readonly hasRoute: boolean } {
  const subject = new Subject();
  for (let at = 0; at + OP_BYTES <= bytes.length; at += OP_BYTES)
    perform(subject, [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number]);
  for (const channel of channelsFrom(subject.state.view, 0n, 1n << 64n, Infinity)) {
    checkChannel(channel);
    promise(subject.confirmed.has(channel.shortChannelId), 'the chain has a channel', () => `${channel.shortChannelId}`);
  }
  const routes = [1, 2, 3].map((n) => checkRoute(subject.state, idOf(0), idOf(n)));
  return { subject, hasRoute: routes.includes(true) };
}

const byte = fc.nat(255);

/** Something that a network says, which the chain confirms at once where it is a channel; and anything. */
const anyOps: fc.Arbitrary<readonly number[]> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(byte, fc.nat(CHANNELS - 1)).map(([who, channel]) => [2, who, channel, 0, 6, who, 0, 2]) },
  { weight: 6, arbitrary: fc.tuple(byte, fc.nat(SIGNED.length - 1)).map(([who, what]) => [2, who, what, 0]) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(0, 4, 5, 5, 8, 9, 10), byte, byte, byte) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(KINDS - 1), byte, byte, byte) },
);

export const gossipTarget: FuzzTarget = {
  name: 'gossip',
  about: 'announcements, updates, filters and queries of peers, and what a node makes of them',
  maxLength: 400,
  fuzz: (bytes) => void run(bytes),
  dictionary: [],
  structure: fc.array(anyOps, { maxLength: 60 }).map((ops) => Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, ...ops.flat()])),
  describe: (bytes) =>
    Array.from({ length: Math.floor(bytes.length / OP_BYTES) }, (_, i) => {
      const [kind, who, what, how] = bytes.subarray(OP_BYTES * i, OP_BYTES * (i + 1));
      return `operation ${(kind as number) % KINDS} of peer ${(who as number) % PEERS}: ${what}, ${how}`;
    }).join('\n'),
  reaches(bytes) {
    const { subject, hasRoute } = run(bytes);
    const channels = channelsFrom(subject.state.view, 0n, 1n << 64n, Infinity);
    return [
      ...(channels.length > 0 ? ['channel'] : []),
      ...(channels.some(({ update1, update2 }) => update1 !== undefined || update2 !== undefined) ? ['update'] : []),
      ...(subject.state.view.nodes.size > 0 ? ['node'] : []),
      ...(hasRoute ? ['route'] : []),
    ];
  },
};
