import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { Hash32, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import type { ChannelAnnouncement, ChannelUpdate, MessageIn, NodeAnnouncement } from '../wire/messages/index.ts';
import { shortChannelIdOf } from '../wire/short-channel-id.ts';
import { signedAnnouncement, unsignedAnnouncement } from './channel-announcement.ts';
import { unsignedUpdate } from './channel-update.ts';
import type { ChannelPolicy } from './channel-update.ts';
import { createGossip, gossipStep } from './gossip-step.ts';
import { DEFAULT_GOSSIP_LIMITS } from './gossip-vocabulary.ts';
import type { GossipInput, GossipLimits, GossipOutputs, GossipState, OutputFound } from './gossip-vocabulary.ts';
import { NOTHING_KNOWN } from './network-view.ts';
import type { NetworkView } from './network-view.ts';
import { unsignedNodeAnnouncement } from './node-announcement.ts';
import { gossipHash } from './signing.ts';

export const crypto = createFakeCrypto();
export const CHAIN = '0f'.repeat(32) as Hash32;
export const HEIGHT = 1000;
export const NOW = 1_000_000_000_000;
const CAPACITY_SAT = 1_000_000n;

export const secretOf = (n: number): SecretKey => (n + 1).toString(16).padStart(64, '0') as SecretKey;
const fundingSecret = (n: number, scid: bigint): SecretKey =>
  (BigInt(n + 1) * 0x1_0000_0000_0000_0000_0000n + scid).toString(16).padStart(64, '0') as SecretKey;
export const idOf = (n: number): PublicKey => crypto.publicKey(secretOf(n));

export const POLICY: ChannelPolicy = {
  cltvExpiryDelta: 40,
  htlcMinimumMsat: 1n,
  htlcMaximumMsat: 900_000_000n,
  feeBaseMsat: 1000,
  feeProportionalMillionths: 10,
  disabled: false,
};

export function scid(blockHeight: number, txIndex = 1): bigint {
  return shortChannelIdOf({ blockHeight, txIndex, outputIndex: 0 });
}

/** A channel between two nodes of the test, by their numbers. */
export function announcement(a: number, b: number, shortChannelId: bigint, change: Partial<ChannelAnnouncement> = {}): ChannelAnnouncement {
  const end = (n: number) => ({ nodeId: idOf(n), fundingPubkey: crypto.publicKey(fundingSecret(n, shortChannelId)) });
  const channel = { chainHash: CHAIN, shortChannelId, features: '', ends: [end(a), end(b)] as const };
  const hash = gossipHash(crypto, { ...unsignedAnnouncement(channel), ...change });
  const sign = (n: number) => ({
    nodeSignature: crypto.sign(hash, secretOf(n)),
    bitcoinSignature: crypto.sign(hash, fundingSecret(n, shortChannelId)),
  });
  return { ...signedAnnouncement(channel, [sign(a), sign(b)]), ...change };
}

export function update(
  from: number,
  to: number,
  shortChannelId: bigint,
  change: Partial<ChannelPolicy> & { readonly timestamp?: number; readonly unknownTlvs?: ChannelUpdate['unknownTlvs'] } = {},
): ChannelUpdate {
  const { timestamp = NOW / 1000, unknownTlvs, ...policy } = change;
  const terms = {
    chainHash: CHAIN,
    shortChannelId,
    timestamp,
    from: idOf(from),
    to: idOf(to),
    policy: { ...POLICY, ...policy },
    dontForward: false,
  };
  const unsigned = { ...unsignedUpdate(terms), ...(unknownTlvs !== undefined && { unknownTlvs }) };
  return { ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secretOf(from)) };
}

export function nodeAnnouncement(n: number, timestamp = NOW / 1000): NodeAnnouncement {
  const unsigned = unsignedNodeAnnouncement({
    nodeId: idOf(n),
    timestamp,
    features: '',
    rgbColor: '000000',
    alias: `n${n}`,
    addresses: [],
  });
  return { ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secretOf(n)) };
}

/** One that takes in gossip, with a chain that has every output that is asked for unless a test says otherwise. */
export class GossipNode {
  readonly id: PublicKey;
  state: GossipState;
  readonly limits: GossipLimits;
  readonly outputs: GossipOutputs[] = [];
  /** What the chain has, as scripts by short_channel_id: absent while everything that is announced is there. */
  answers: ((shortChannelId: bigint) => OutputFound | 'late') | undefined;

  constructor(n: number, limits: Partial<GossipLimits> = {}, view: NetworkView = NOTHING_KNOWN) {
    this.id = idOf(n);
    this.limits = { ...DEFAULT_GOSSIP_LIMITS, ...limits };
    this.state = createGossip(view, HEIGHT, NOW);
  }

  input(input: GossipInput): readonly GossipOutputs[] {
    const { state, outputs } = gossipStep({ crypto, chainHash: CHAIN, limits: this.limits }, this.state, input);
    this.state = state;
    this.outputs.push(...outputs);
    const all = [...outputs];
    for (const output of outputs) {
      if (output.kind !== 'check_output') continue;
      const { shortChannelId } = output;
      const check = state.checks.get(shortChannelId);
      const found = this.answers === undefined ? check && { script: check.script, amountSat: CAPACITY_SAT } : this.answers(shortChannelId);
      if (found !== 'late') all.push(...this.input({ kind: 'output_checked', shortChannelId, found }));
    }
    return all;
  }

  hear(peer: PublicKey, ...messages: readonly MessageIn<'gossip'>[]): readonly GossipOutputs[] {
    return messages.flatMap((message) => this.input({ kind: 'message', peer, message }));
  }

  /** A peer that wants everything that is new. */
  meet(peer: PublicKey, filter = { firstTimestamp: 0, timestampRange: 0xffffffff }): readonly GossipOutputs[] {
    const met = this.input({ kind: 'connected', peer, isWorthAsking: true });
    return [...met, ...this.hear(peer, { type: 'gossip_timestamp_filter', chainHash: CHAIN, ...filter })];
  }

  time(nowMs: number): readonly GossipOutputs[] {
    return this.input({ kind: 'time', nowMs });
  }

  /** A channel between two strangers, with both updates, told by a peer. */
  learn(peer: PublicKey, a: number, b: number, shortChannelId: bigint): readonly GossipOutputs[] {
    return this.hear(peer, announcement(a, b, shortChannelId), update(a, b, shortChannelId), update(b, a, shortChannelId));
  }
}

/** Messages to one peer. */
export function sentTo(outputs: readonly GossipOutputs[], peer: PublicKey): readonly MessageIn<'gossip'>[] {
  return outputs.flatMap((output) => (output.kind === 'send' && output.peer === peer ? [output.message] : []));
}

export function namesTo(outputs: readonly GossipOutputs[], peer: PublicKey): readonly string[] {
  return sentTo(outputs, peer).map(({ type }) => type);
}

export function rulesOf(outputs: readonly GossipOutputs[]): readonly string[] {
  return outputs.flatMap((output) => (output.kind === 'broken' ? [output.rule] : []));
}

export function bytesOf(messages: readonly MessageIn<'gossip'>[]): number {
  return messages.reduce((sum, message) => sum + encodeMessage(message).length, 0);
}
