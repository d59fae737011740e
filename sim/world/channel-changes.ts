import type { ChannelState, Closing, FundedBase, StoredChannel } from '../../core/channel/model/state.ts';
import type { Outpoint } from '../../core/bitcoin/tx.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { ChannelId, Hex } from '../../core/crypto/bytes.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import { decodeMessage, messageRegistry, namesIn } from '../../core/wire/messages/index.ts';
import { sameOutpoint } from './chain.ts';
import type { Change, ChannelHistory, ChannelInfo, Driver, DriverEffect, StepRecord, WorldView } from '../scenario/types.ts';
import { commitmentsOf, contentsOf } from '../model/commitment-contents.ts';
import { Recent } from '../deterministic/recent-values.ts';
import { paymentIdOf } from '../../core/channel/model/origin.ts';

const NONE: readonly Change[] = [];
const NO_STATES: ReadonlyMap<ChannelId, ChannelState> = new Map();

/** The state in a store, where the driver is one that shows its states. */
export function storedState(driver: Driver | undefined, { state }: Extract<DriverEffect, { kind: 'store' }>): StoredChannel | undefined {
  return driver?.channels === undefined ? undefined : (state as StoredChannel);
}

/** Whether this node shows no states: that one is not there says nothing then. */
export function showsNone(world: WorldView, node: string): boolean {
  const driver = world.driver(node);
  return driver !== undefined && driver.channels === undefined;
}

/** Whether a node that shows no states has told its host that this channel is over. */
export function saidEnded(world: WorldView, node: string, channelId: ChannelId): boolean {
  if (!showsNone(world, node)) return false;
  const name = channelName(world, channelId);
  return name !== undefined && world.heard(node, name) === 'ended';
}

export function statesOf(world: WorldView, node: string): ReadonlyMap<ChannelId, ChannelState> {
  return world.driver(node)?.channels?.() ?? NO_STATES;
}

/** What this step changed, found once a step however many oracles ask. */
export function changes(world: WorldView, record: StepRecord): readonly Change[] {
  return world.changes.of(world, record);
}

/** What was last seen of each node's channels in one world, so that a step's changes can be told. */
export class ChannelChanges implements ChannelHistory {
  readonly #seen: Map<string, ReadonlyMap<ChannelId, ChannelState>>;
  /** Of the newest step: oracles ask one after another about the same one. */
  #newest: { readonly record: StepRecord; readonly changes: readonly Change[] } | undefined;

  /** A copy starts from what was seen in its original. */
  constructor(from?: ChannelChanges) {
    this.#seen = new Map(from === undefined ? [] : from.#seen);
  }

  of(world: WorldView, record: StepRecord): readonly Change[] {
    if (this.#newest?.record === record) return this.#newest.changes;
    const driver = world.driver(record.node);
    const result = driver === undefined ? NONE : this.#compare(record.node, driver);
    this.#newest = { record, changes: result };
    return result;
  }

  #compare(node: string, driver: Driver): readonly Change[] {
    const states = driver.channels?.() ?? NO_STATES;
    const before = this.#seen.get(node);
    if (before === states) return NONE;
    let out: Change[] | undefined;
    for (const [channelId, after] of states) {
      const previous = before?.get(channelId);
      if (previous !== after) (out ??= []).push({ channelId, before: previous, after });
    }
    this.#seen.set(node, states);
    return out ?? NONE;
  }
}

/** States with commitments: funded, failed and closed. */
export type WithCommitments = Extract<ChannelState, FundedBase>;

export function hasCommitments(state: ChannelState | undefined): state is WithCommitments {
  return state !== undefined && state.phase !== 'opening' && state.phase !== 'forgotten';
}

/** Somebody has asked for its shutdown, or said it. */
export function isShuttingDown({ closing: { sent, received, wanted } }: { readonly closing: Closing }): boolean {
  return sent !== undefined || received !== undefined || wanted !== undefined;
}

/** Whether this is the output that holds the channel's money. */
export function isFunding({ fundings }: FundedBase, outpoint: Outpoint): boolean {
  return fundings.some(({ output }) => sameOutpoint(output, outpoint));
}

/**
 * BOLT 2, Forwarding HTLCs: until its removal is irrevocable, a commitment that may be broadcast still holds the payer's HTLC. `unreadable` is
 * the answer for a commitment whose contents make no sense.
 */
export function isCommitted(state: WithCommitments, paymentId: Hex, unreadable: boolean): boolean {
  const known = state.host.offered.find(({ origin }) => paymentIdOf(origin) === paymentId);
  if (known === undefined) return false;
  return commitmentsOf(state.shared).some(({ commitment }) => {
    const contents = contentsOf(state.shared, commitment);
    if (typeof contents === 'string') return unreadable;
    return contents.htlcs.some(({ offerer, id }) => offerer === state.params.us && id === known.id);
  });
}

/** The other end of a channel of this node. */
export function otherParty({ opener, accepter }: Pick<ChannelInfo, 'opener' | 'accepter'>, node: string): string {
  return node === opener ? accepter : opener;
}

export function peerName(world: WorldView, state: FundedBase): string {
  return world.nodeName(state.params.peer);
}

/** The other node's state of the same channel, where it runs and can show it. */
export function peerState(world: WorldView, state: FundedBase): WithCommitments | undefined {
  const other = statesOf(world, peerName(world, state)).get(state.channelId);
  return hasCommitments(other) ? other : undefined;
}

export function channelName(world: WorldView, channelId: string): string | undefined {
  return world.channels.find((info) => info.channelId === channelId)?.name;
}

// ---------------------------------------------------------------- messages

const JUDGED: ReadonlySet<MessageName> = new Set([
  'warning',
  'init',
  'error',
  ...namesIn('establishment', 'operation', 'retransmission', 'closing'),
]);
const NAMES: ReadonlyMap<number, MessageName> = new Map(
  messageRegistry.flatMap(({ type, name }) => (JUDGED.has(name) ? [[type, name] as const] : [])),
);

/** The BOLT name from the two bytes of the type, without decoding the rest. Undefined for what no oracle judges. */
export function nameOf(bytes: Uint8Array): MessageName | undefined {
  return NAMES.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
}

const decoded = new Recent<Uint8Array, Message | 'undecodable'>();

/** One decoding a message, however many oracles look at the same bytes. */
export function messageOf(bytes: Uint8Array): Message | undefined {
  const message = decoded.get(bytes) ?? decoded.keep(bytes, decode(bytes));
  return message === 'undecodable' ? undefined : message;
}

function decode(bytes: Uint8Array): Message | 'undecodable' {
  const result = decodeMessage(bytes);
  return result.ok ? result.message : 'undecodable';
}

export type SendEffect = Extract<DriverEffect, { kind: 'send' }>;

/** Every message that is judged begins with its channel's id (BOLT 2), also where the node does not say whose it is. */
export function channelOf({ channelId, bytes }: SendEffect): ChannelId {
  return channelId ?? toHex<ChannelId>(bytes.subarray(2, 34));
}
