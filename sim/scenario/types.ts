import type { BuiltCommitment } from '../../core/transactions/commitment.ts';
import type { Action } from '../actions/index.ts';
import type { ChainPoint } from '../../core/chain/update.ts';
import type { ChannelId, Hash32, Hex, PublicKey, RawTx, Script } from '../../core/crypto/bytes.ts';
import type { WatcherRecord } from '../../core/monitor/records.ts';
import type { TxOutput } from '../../core/bitcoin/tx.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { ChannelState, StoredChannel } from '../../core/channel/model/state.ts';
import type { NodeState } from '../../core/node/node-vocabulary.ts';
import type { RecordSink } from '../../core/payments/records.ts';
import type { PeersEffect, PeersInput, PeersState } from '../../core/peers/peers-vocabulary.ts';
import type { CommitmentFormat } from '../../core/transactions/types.ts';
import type { Bolt8 } from '../../core/transport/transport.ts';
import type { ChannelView, DriverEffect, DriverInput } from './border.ts';
import type { Told } from './told.ts';

export type { ChannelView, DriverCommand, DriverEffect, DriverInput } from './border.ts';

export const MAX_FRAGMENT = 65_536;

// ---------------------------------------------------------------- scenarios: the replay contract

/** Amounts are decimal strings in JSON, so that a scenario survives any JSON tool. */
export type Decimal = string;

/** Milliseconds of virtual time. */
export type Latency =
  { readonly kind: 'fixed'; readonly ms: number } | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number };

export interface NodeSpec {
  /** Short and readable: 'A', 'B', 'alice'. */
  readonly name: string;
  /** Which driver runs it. Default 'fulgurite'. */
  readonly driver?: string;
  /** Overrides of the default policy; amounts as decimal strings. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** How long a state store takes; 0 completes within the step. */
  readonly storage?: Latency;
  readonly watchers?: readonly { readonly name: string; readonly latency: Latency }[];
  /** When its host acknowledges events: within the step, or only with the action `acknowledge` (and while settling). Default 'at-once'. */
  readonly acknowledge?: 'at-once' | 'later';
  /** Bytes that wait for a peer to read, or to be handled, above which its peer manager reads no more. Default 1,048,576 and 262,144. */
  readonly maxQueuedBytes?: number;
  /** Its feerate estimate at the start, in satoshi per 1000 weight. Default 2500. */
  readonly feeratePerKw?: number;
  /** It claims on the chain what is its own, and its wallet has so many coins for that. Default: it claims nothing. */
  readonly claims?: 'many' | 'few' | 'none';
}
export interface LinkSpec {
  /** Names of both ends, e.g. ['A', 'B']; the link's id is 'A-B'. */
  readonly ends: readonly [string, string];
  readonly latency: Latency;
  /** Whole messages, or encrypted bytes (BOLT 8) where both drivers have a transport. Default 'frames'. */
  readonly transport?: LinkTransport;
  /** Bytes on their way above which an end can write no more (of whole messages). Default: it always can. */
  readonly window?: number;
  /** How many encrypted bytes arrive at once: each piece has one of these sizes, 1 to 65,536, drawn for it. */
  readonly fragments?: readonly number[];
  /** closing_signed crosses it without its fee_range, as between nodes that negotiate the closing the old way (BOLT 2). Default false. */
  readonly withoutFeeRange?: boolean;
}
export type LinkTransport = 'frames' | 'encrypted';
/** Opened before the first action, in order of arrival, without faults: a prologue, so that a scenario starts where it gets interesting. */
export interface ChannelSpec {
  readonly name: string;
  readonly opener: string;
  readonly accepter: string;
  readonly fundingSat: Decimal;
  readonly pushMsat: Decimal;
  readonly feeratePerKw: number;
  readonly format: CommitmentFormat;
  /** Both sides say at opening where their money goes on mutual close. Default false. */
  readonly upfrontShutdown?: boolean;
}
export interface WorldSpec {
  /** Every key, preimage and latency derives from it, by label. */
  readonly seed: string;
  readonly crypto: 'fake' | 'noble' | 'native';
  readonly nodes: readonly NodeSpec[];
  readonly links: readonly LinkSpec[];
  readonly channels: readonly ChannelSpec[];
  /** Names of the licences that the drawn faults bring (see oracles/licences.ts). Most runs have none. */
  readonly licences?: readonly string[];
}

/** One step of a scenario: what the kinds of actions say (sim/actions). */
export type { Action };

/** After the last action the world is healed (links up, nodes up, stores done, HTLCs resolved) and must settle: always, never an action. */
export interface Scenario {
  readonly format: 1;
  readonly about?: string;
  readonly world: WorldSpec;
  readonly actions: readonly Action[];
  /** What the run must pass through, or it has rotted, e.g. 'restart:A', 'message:channel_reestablish', 'action:7'. */
  readonly milestones?: readonly string[];
  /** 'pass', or the fingerprint that it must reproduce. */
  readonly expect: string;
}

// ---------------------------------------------------------------- drivers

/** One node of the world, whatever implements it. Synchronous. Oracles and schedules ask for the optional capabilities, and say "not applicable" where one is missing. */
export interface Driver {
  readonly nodeId: PublicKey;
  step(input: DriverInput): readonly DriverEffect[];
  /**
   * Capability: its own peer manager, over connections that each carry one message at a time (see `plainTransport`). Without it the world tells
   * `step` of peers.
   */
  peers?(input: PeersInput): readonly PeersEffect[];
  /** Capability: when it wants to be told the time next, in milliseconds; undefined when it waits for nothing. Peer managers are told first. */
  nextDeadline?(): number | undefined;
  /** What a host wrote to disk for a `store` effect. */
  serialise?(effect: Extract<DriverEffect, { kind: 'store' }>): Uint8Array;
  /** The same for one of a node's own records. */
  serialiseRecord?(effect: Extract<DriverEffect, { kind: 'store_record' }>): Uint8Array;
  /** Capability: the channel in what `serialise` wrote, as it would come back at a restart. Throws what is wrong with the bytes. */
  read?(bytes: Uint8Array): StoredChannel;
  /** Replaces the node by what was durable. `watcherIds`: newest update that each watcher holds, by channel and watcher. `features`: instead of those of its configuration. */
  restart?(
    channels: readonly Uint8Array[],
    watcherIds: readonly { channelId: ChannelId; watcher: string; id: number }[],
    tip: ChainPoint,
    feeratePerKw: number,
    features?: Hex,
    records?: readonly StoredRecord[],
    watched?: ReadonlyMap<ChannelId, readonly WatcherRecord[]>,
  ): readonly DriverEffect[];
  /** Capability: the channels' states as data. What it stores are these states. */
  channels?(): ReadonlyMap<ChannelId, ChannelState>;
  /** Capability: one channel as a wallet would show it. Undefined where the node has none of this id. */
  view?(channelId: ChannelId): ChannelView | undefined;
  /** Capability: the least and the most that one more HTLC in this channel may carry now. Undefined when none can be added. */
  sendable?(channelId: ChannelId): { readonly minMsat: bigint; readonly maxMsat: bigint } | undefined;
  /** Capability: the peer's commitment that it signed last in this channel, as it built it. */
  signed?(channelId: ChannelId): BuiltCommitment | undefined;
  /**
   * Capability: the payment secret that its invoice for this hash says (BOLT 11, `s`), whatever has become of it since. What is paid to it carries
   * an onion that it can read.
   */
  invoice?(paymentHash: Hash32): Hex;
  /** Capability: whom it knows, and over which connections. */
  tables?(): NodeTables;
  /** Capability: an independent copy. */
  fork?(): Driver;
  /** Capability: what it encrypts its connections with. */
  readonly transport?: DriverTransport;
  /** Capability: text that is equal for equal behaviour from here on, for telling states apart in exhaustive searches. */
  fingerprint?(): string;
}

/** What `serialiseRecord` wrote. */
export interface StoredRecord {
  readonly kind: RecordSink['kind'];
  readonly bytes: Uint8Array;
}

/** A node's tables, as its parts keep them. */
export interface NodeTables {
  readonly node: Pick<NodeState, 'peers' | 'openings' | 'channels'>;
  readonly peers: Pick<PeersState, 'connections' | 'peers'>;
}

/** What a driver may be able to do or to show. */
export type Capability = Exclude<{ [K in keyof Driver]-?: undefined extends Driver[K] ? K : never }[keyof Driver], undefined>;

/** How far a node's host knows that a channel has come, from what any node tells its host. */
export type Heard = 'opened' | 'usable' | 'ended';

/** BOLT 8 with the key of one node. */
export type DriverTransport = Bolt8;

/** What a driver factory gets. `entropy(label)` gives 32 bytes of hex, equal for equal seeds. */
export interface DriverContext {
  readonly name: string;
  readonly config: ChannelConfig;
  readonly crypto: Crypto;
  readonly entropy: (label: string) => string;
  /** The newest block that it has seen, and its first estimate. */
  readonly tip: ChainPoint;
  readonly feeratePerKw: number;
  readonly maxQueuedBytes?: number | undefined;
  /** Where it pays what it claims on the chain; absent where it claims nothing. */
  readonly claimsTo?: Script | undefined;
}
export type DriverFactory = (context: DriverContext) => Driver;

// ---------------------------------------------------------------- oracles and findings

/** What an oracle says when it fires. Its fingerprint is oracle/rule/kind: equal for the same bug, whatever the seed. */
export interface Finding {
  readonly oracle: string;
  /** The id of the rule that is broken: core's, where core has one, and else the oracle's own. */
  readonly rule: string;
  /** What kind of difference it is: one of those that the oracle declares. */
  readonly kind: string;
  readonly node?: string;
  readonly channel?: string;
  /** One sentence. */
  readonly message: string;
  /** The two differing values, printed. */
  readonly expected: string;
  readonly actual: string;
  /** The same in full, where there is more to it than one line: what is equal in both stands there, too. */
  readonly comparison?: Comparison;
  /** Which action was under way (index into the scenario), or 'settle'. */
  readonly at: number | 'setup' | 'settle';
}

/** Two things that should have been equal, decoded, in two columns. */
export interface Comparison {
  readonly left: string;
  readonly right: string;
  readonly rows: readonly { readonly what: string; readonly left: string; readonly right: string }[];
}

/** One step of one node, as oracles, traces and charts see it. */
export interface StepRecord extends StepMark {
  readonly index: number;
  readonly timeMs: number;
  readonly node: string;
  readonly input: DriverInput | { readonly kind: 'restart' } | { readonly kind: 'crash' };
  readonly effects: readonly DriverEffect[];
}
/** What the world knows of an input that does not come from an honest peer or a sensible host. */
export interface StepMark {
  /** The message that this step receives breaks the protocol. */
  readonly tampered?: Tampered | undefined;
  /** The command of this step must be refused. */
  readonly forbidden?: Forbidden | undefined;
}
export interface Forbidden {
  /** The name of the request. */
  readonly name: string;
  /** The rule that forbids it. */
  readonly rule: string;
  /** The node before it was asked, where how far it goes beyond a limit tells the cause. */
  readonly before?: Driver | undefined;
}
/**
 * What BOLT asks of who receives a message that breaks the protocol; where it leaves a choice, one of several.
 *
 * - `fail-channel`, `fail-all`: that channel, or every channel with the peer, fails, and the peer gets an `error` unless it was one that came.
 * - `warn-and-disconnect`: the connection ends; channels live on.
 * - `warn`, `answer`: a `warning`, or an `error` for a channel that is not there; nothing changes.
 * - `ignore`: nothing at all.
 */
export type AskedOfReceiver = 'fail-channel' | 'fail-all' | 'warn-and-disconnect' | 'warn' | 'answer' | 'ignore';
export interface Tampered {
  readonly name: string;
  readonly asks: readonly AskedOfReceiver[];
  /** The channel that the message is for, where it names one. */
  readonly channelId?: ChannelId;
}

/** A payment as the users at both ends see it: what the ledger and liveness oracles judge by. */
export interface PaymentRecord {
  readonly name: string;
  /** The sending host's name for it: 16 bytes, from `name`. */
  readonly reference: Hex;
  readonly from: string;
  readonly to: string;
  readonly channel: string;
  readonly htlcId: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: string;
  readonly preimage: string;
  readonly cltvExpiry: number;
  /** The receiver's node presented it to its host. */
  readonly received: boolean;
  /** What the receiving host decided, if it has. */
  readonly decision?: 'fulfill' | 'fail' | 'fail_malformed';
  /** What the sending host was told, at least once. `lost`: its node crashed before the HTLC was durable, and has forgotten it. */
  readonly outcome?: 'sent' | 'failed' | 'lost';
  /** How often the sender's host heard an outcome that differs from an earlier one. More than 0 is never right. */
  readonly contradictions: number;
  /** Made by the world after settling, to prove that the channel still works. */
  readonly probe: boolean;
  /** What each channel on its way carries, the payer's own first. `channel` and `htlcId` are that of the first. */
  readonly route: readonly PaymentHop[];
  /** Its recipient claims it as soon as it has it. */
  readonly claimAtOnce: boolean;
  /** What its payer has done wrong (sim/world/flawed-route.ts): nobody may be paid by it. */
  readonly flaw: string | undefined;
  /** With the nodes on its way, in order: only its payer has all of them. Empty where its onion is read by nobody. */
  readonly sharedSecrets: readonly Hash32[];
}
export interface PaymentHop {
  readonly channel: string;
  /** Who offers it. */
  readonly from: string;
  readonly amountMsat: bigint;
}
/** After settling: one payment over every channel that is usable at both ends. */
export interface ProbeRecord {
  readonly channel: string;
  readonly from: string;
  readonly amountMsat: bigint;
  /** `refused`: the node would not send what it had said can be sent; `stuck`: it never resolved. */
  readonly result: 'sent' | 'failed' | 'refused' | 'stuck';
  readonly detail: string;
}
export interface ChannelInfo {
  readonly name: string;
  readonly opener: string;
  readonly accepter: string;
  readonly fundingSat: bigint;
  readonly pushMsat: bigint;
  readonly format: CommitmentFormat;
  readonly upfrontShutdown: boolean;
  readonly temporaryChannelId: ChannelId;
  /** Absent until the funding is known. */
  readonly channelId?: ChannelId;
  /** The id that it will have, as whoever pays for it knows: what a node stores before it has said `opened`. */
  readonly fundingId?: ChannelId;
  /** A node let go of it before it was funded. */
  readonly forgotten: boolean;
}

/** Executes the scripts of a transaction: what Bitcoin's consensus says of it, read from its bytes. A host brings one, and none is ours. */
export interface ScriptInterpreter {
  readonly name: string;
  /** Whether a transaction may spend these outputs, in the order of its inputs: structure, amounts and scripts. Signatures are the provider's to check. */
  verifySpend(
    crypto: Crypto,
    tx: RawTx,
    prevouts: readonly TxOutput[],
    // 'signature' where it knows that it is one, 'structure' or 'amounts'; anything else is a script that fails.
  ): { readonly ok: true } | { readonly ok: false; readonly fault?: string; readonly reason: string };
}

/** What oracles may look at. Nothing of it can be changed through this view. */
export interface WorldView {
  readonly spec: WorldSpec;
  readonly timeMs: number;
  /** Index of the action under way, or the phase. */
  readonly at: number | 'setup' | 'settle';
  readonly nodeNames: readonly string[];
  readonly licences: ReadonlySet<string>;
  driver(node: string): Driver | undefined;
  nodeId(node: string): PublicKey;
  nodeName(id: PublicKey): string;
  height(node: string): number;
  /** The link is up and both nodes run. */
  connected(a: string, b: string): boolean;
  /** This node's end of the connection between them, or of the last that there was; undefined where no link is between them. */
  lineOf(node: string, peer: string): LineView | undefined;
  /** Something waits to be told to this node. */
  isBehind(node: string): boolean;
  /** Nothing in flight and no store unfinished between and at these two nodes. */
  quiet(a: string, b: string): boolean;
  readonly channels: readonly ChannelInfo[];
  readonly payments: readonly PaymentRecord[];
  /** Filled before `settled` is asked. */
  readonly probes: readonly ProbeRecord[];
  /** State of one channel at one node, where the driver can show it. */
  channelState(node: string, channel: string): ChannelState | undefined;
  /** What the node has told its host of this channel, whatever its driver shows. Undefined when nothing. */
  heard(node: string, channel: string): Heard | undefined;
  /** Transactions that nodes broadcast, with the outputs they spend, in order. */
  readonly chain: ChainView;
  readonly crypto: Crypto;
  /** Undefined where the host brought none: then no script is executed. */
  readonly interpreter: ScriptInterpreter | undefined;
  /** Ask `changes`: what was last seen of each node's channels. */
  readonly changes: ChannelHistory;
  /** What the watchers of a node's channels hold: of each channel and watcher, what reached it last. */
  told(node: string): Iterable<Told>;
}

/** One end of a connection, in milliseconds of virtual time. */
export interface LineView {
  /** Which connection it is: the node may not have noticed yet that an older one is gone. */
  readonly connection: number;
  readonly sinceMs: number;
  /** When something arrived, or was handed on, or the node began to read again; and when a ping was sent last. */
  readonly heardMs: number;
  readonly pingedMs: number;
  /** The node reads what arrives. */
  readonly reads: boolean;
  /** The most bytes that waited for the peer when its peer manager handed a message on. */
  readonly handedOnAt: number;
}

/** One channel of the node that moved, whose state is not the same object as after the last step that was looked at. */
export interface Change {
  readonly channelId: ChannelId;
  /** Undefined when the channel is new, or was not looked at before. */
  readonly before: ChannelState | undefined;
  readonly after: ChannelState;
}

/** What was last seen of each node's channels in one world. */
export interface ChannelHistory {
  /** What a step changed: the same answer to all that ask about it one after another. */
  of(world: WorldView, record: StepRecord): readonly Change[];
}

export interface ChainView {
  readonly height: number;
  /** Transactions in blocks, in order. */
  readonly confirmed: readonly { readonly height: number; readonly tx: import('../../core/bitcoin/tx.ts').Tx }[];
  readonly mempool: readonly import('../../core/bitcoin/tx.ts').Tx[];
  /** An output of a transaction in a block or the mempool, or a wallet's coin. */
  output(outpoint: import('../../core/bitcoin/tx.ts').Outpoint): import('../../core/bitcoin/tx.ts').TxOutput | undefined;
}

export interface Oracle {
  readonly name: string;
  /** Every kind of difference that it can find. A finding of another kind is a mistake of the oracle. */
  readonly kinds: readonly string[];
  /** After every step of any node. The first finding ends the run. */
  step?(world: WorldView, record: StepRecord): Finding | undefined;
  /** Once when all has settled after healing. */
  settled?(world: WorldView): Finding | undefined;
  /** What it asks drivers for. Of a node whose driver has not all of it, it judges what messages and events tell. Default nothing. */
  readonly asks?: readonly Capability[];
  /** An independent copy, for forked worlds. */
  fork(): Oracle;
  /** How often each licence has justified an outcome, where this oracle judges by licences. */
  readonly licensed?: ReadonlyMap<string, number>;
}
export type OracleFactory = () => Oracle;
