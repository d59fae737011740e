import type { Hash32, PublicKey, Script } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { Deadlines } from '../time/deadlines.ts';
import type { ChannelAnnouncement, ChannelUpdate, MessageIn, NodeAnnouncement } from '../wire/messages/index.ts';
import type { NetworkView } from './network-view.ts';
import type { GossipRuleId } from './rules.ts';

/** Bounds on what gossip may cost; each is a policy. */
export interface GossipLimits {
  /** Signatures that are verified for one peer in one second of told time. */
  readonly verificationsPerSecond: number;
  /** Bytes of others' gossip that are sent to one peer in one second of told time: answers, and what it has missed. */
  readonly bytesPerSecond: number;
  /** Questions to the chain that are open at once, and how long each is waited for. */
  readonly maxChecks: number;
  readonly checkTimeoutMs: number;
  /** News are handed on in batches, so often. BOLT 7: "once every 60 seconds". */
  readonly flushMs: number;
  /** News that wait for the next batch; more than these are to be asked for. */
  readonly maxNews: number;
  /** Peers that are asked for all that they know. */
  readonly syncPeers: number;
}

export const DEFAULT_GOSSIP_LIMITS: GossipLimits = {
  verificationsPerSecond: 400,
  bytesPerSecond: 100_000,
  maxChecks: 50,
  checkTimeoutMs: 60_000,
  flushMs: 60_000,
  maxNews: 5_000,
  syncPeers: 3,
};

export interface GossipEnv {
  readonly crypto: Crypto;
  readonly chainHash: Hash32;
  readonly limits: GossipLimits;
}

/** One message, kept as it came. */
export interface GossipMessage {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Of the channel_update or node_announcement; a channel_announcement goes by that of its update (BOLT 7). */
  readonly timestamp: number;
  /** Who has sent it: nobody hears of what he has said. */
  readonly from: PublicKey | undefined;
}

/** A list, so that one more costs the same however many wait. */
export interface News {
  readonly newest: GossipMessage;
  readonly others: News | undefined;
  readonly count: number;
}

/** A question to the chain: whether an announced output is there. */
export interface OpenCheck {
  readonly script: Script;
  readonly nodeId1: PublicKey;
  readonly nodeId2: PublicKey;
  readonly bytes: Uint8Array;
  readonly isRoutable: boolean;
  /** Who brought the announcement first. */
  readonly from: PublicKey;
  /** Updates that wait for the answer, the newest of each direction, unverified. */
  readonly updates: readonly [WaitingUpdate | undefined, WaitingUpdate | undefined];
}
export interface WaitingUpdate {
  readonly message: ChannelUpdate;
  readonly from: PublicKey;
}

/** What is under way with one peer. */
export interface GossipPeer {
  readonly id: PublicKey;
  /** What it wants to hear of others: absent until its gossip_timestamp_filter has come. */
  readonly filter: { readonly first: number; readonly range: number } | undefined;
  /** How far it has been told what was known when its filter came: by channel, then by node. */
  readonly backlog: { readonly of: 'channels'; readonly next: bigint } | { readonly of: 'nodes'; readonly next: PublicKey } | undefined;
  /** Its query that is being answered. */
  readonly answering: Answering | undefined;
  /** What was spent on it in the second `at`. */
  readonly spent: { readonly at: number; readonly verifications: number; readonly bytes: number };
  /** Our query that it is answering. */
  readonly asked: 'channel_range' | 'short_channel_ids' | undefined;
  /** Channels that it knows and we don't, not asked for yet. */
  readonly wanted: readonly bigint[];
}
export type Answering =
  | {
      readonly kind: 'short_channel_ids';
      readonly ids: readonly bigint[];
      readonly flags: readonly number[] | undefined;
      readonly next: number;
      readonly nodesTold: ReadonlySet<PublicKey>;
    }
  | {
      readonly kind: 'channel_range';
      readonly next: bigint;
      readonly firstBlocknum: number;
      readonly endBlock: number;
      readonly options: number;
    };

export interface GossipState {
  readonly view: NetworkView;
  readonly checks: ReadonlyMap<bigint, OpenCheck>;
  readonly peers: ReadonlyMap<PublicKey, GossipPeer>;
  /** What is to be handed on at the next flush, the newest first: of those of one `key` only that counts. */
  readonly news: News | undefined;
  readonly nowMs: number;
  readonly height: number;
  /** When it was last looked for what is over. */
  readonly prunedMs: number;
  /** Checks by their ids, `flush`, and peers that have something to come. */
  readonly deadlines: Deadlines<string>;
}

/** What the chain says of an output: undefined where it has none there, or a spent one. */
export type OutputFound = { readonly script: Script; readonly amountSat: bigint } | undefined;

export type GossipInput =
  | { readonly kind: 'connected'; readonly peer: PublicKey; readonly isWorthAsking: boolean }
  | { readonly kind: 'disconnected'; readonly peer: PublicKey }
  | { readonly kind: 'message'; readonly peer: PublicKey; readonly message: MessageIn<'gossip'> }
  /** What this node says of itself and its channels. */
  | {
      readonly kind: 'own';
      readonly message: ChannelAnnouncement | ChannelUpdate | NodeAnnouncement;
      /** Of the channel that is announced. */
      readonly capacitySat: bigint | undefined;
    }
  | { readonly kind: 'output_checked'; readonly shortChannelId: bigint; readonly found: OutputFound }
  | { readonly kind: 'output_spent'; readonly shortChannelId: bigint; readonly height: number }
  | { readonly kind: 'height'; readonly height: number }
  | { readonly kind: 'time'; readonly nowMs: number };

export type GossipOutputs =
  | { readonly kind: 'send'; readonly peer: PublicKey; readonly message: MessageIn<'gossip'> }
  /** Whether this output is in the chain and unspent: answered by `output_checked`, or never. From then on its spending is told. */
  | { readonly kind: 'check_output'; readonly shortChannelId: bigint }
  | { readonly kind: 'broken'; readonly peer: PublicKey; readonly rule: GossipRuleId; readonly detail: string };
