import { receiveOpenChannel } from '../channel/establish/accepter.ts';
import { channelStep } from '../channel/channel.ts';
import { errorData } from '../channel/fail/fail-channel.ts';
import type {
  BlockTransaction,
  ChannelCommand,
  ChannelEnv,
  ChannelInput,
  Command,
  Effect,
  OpenCommand,
  Step,
} from '../channel/model/vocabulary.ts';
import { startOpen } from '../channel/establish/opener.ts';
import type { ChannelState, OpeningState, StoredChannel } from '../channel/model/state.ts';
import { isRefusal, isViolation } from '../channel/model/violation.ts';
import type { ChannelId, PublicKey } from '../crypto/bytes.ts';
import { decodeMessage } from '../wire/messages/index.ts';
import type { Message, OpenChannel } from '../wire/messages/index.ts';
import { ALL_CHANNELS, badInit, channelOf, hangUp, initMessage, pongFor } from './peer.ts';
import { openingKey } from './vocabulary.ts';
import type { ChannelSlot, NodeEnv, NodeInput, NodeState, PeerState } from './vocabulary.ts';
import { dropHeldSends, dropHeldUpdates, dropUnwantedBroadcasts, enqueue, release } from './outbox.ts';

/** Openings that one peer may have under way at once: they cost memory and are not durable. */
export const MAX_OPENINGS_PER_PEER = 20;

/** A node under way through one input. Local to the step; the maps are copied before the first write. */
interface Run {
  readonly env: NodeEnv;
  state: NodeState;
  /** `state.channels`, once this step has written to it. */
  channels: Map<ChannelId, ChannelSlot> | undefined;
  readonly effects: Effect[];
}

export function createNode(height: number, feeratePerKw: number): NodeState {
  return { height, feeratePerKw, peers: new Map(), channels: new Map(), openings: new Map() };
}

/** Everything a node does: one input, the state after it, and what to do in order. Pure; nothing that a peer sends makes it throw. */
export function nodeStep(env: NodeEnv, state: NodeState, input: NodeInput): Step<NodeState> {
  const run: Run = { env, state, channels: undefined, effects: [] };
  switch (input.kind) {
    case 'connected':
      connected(run, input.peer);
      break;
    case 'disconnected':
      disconnected(run, input.peer);
      break;
    case 'received':
      received(run, input.peer, input.bytes);
      break;
    case 'stored':
      stored(run, input);
      break;
    case 'block':
      block(run, input.height, input.transactions);
      break;
    case 'feerate':
      draft(run).feeratePerKw = input.feeratePerKw;
      break;
    case 'command':
      command(run, input.command);
      break;
  }
  return { state: run.state, effects: run.effects };
}

function channelEnv(run: Run, peer: PublicKey): ChannelEnv {
  const { crypto, signer, config } = run.env;
  const { height, feeratePerKw, peers } = run.state;
  return { crypto, signer, config, height, feeratePerKw, peerFeatures: peers.get(peer)?.features ?? '' };
}

/** Puts a copy in the place of the node's state, to write to. */
function draft(run: Run): { -readonly [K in keyof NodeState]: NodeState[K] } {
  const { height, feeratePerKw, peers, channels, openings } = run.state;
  const copy = { height, feeratePerKw, peers, channels, openings };
  run.state = copy;
  return copy;
}

function setPeer(run: Run, peer: PublicKey, features?: string): void {
  draft(run).peers = new Map(run.state.peers).set(peer, { id: peer, features });
}

function setSlot(run: Run, channelId: ChannelId, slot: ChannelSlot): void {
  if (run.state.channels.get(channelId) === slot) return;
  ownChannels(run).set(channelId, slot);
}

/** The step's own copy of the channels, made at the first write. */
function ownChannels(run: Run): Map<ChannelId, ChannelSlot> {
  if (run.channels === undefined) {
    // One by one: for so few that is twice as fast as to hand the map to the constructor.
    run.channels = new Map();
    for (const [channelId, slot] of run.state.channels) run.channels.set(channelId, slot);
    draft(run).channels = run.channels;
  }
  return run.channels;
}

/** Everything that may leave now, of this channel first and then of others that waited for it. */
function releaseAll(run: Run, first: ChannelId): void {
  const { channels } = run.state;
  const own = channels.get(first);
  if (own !== undefined && own.outbox.length > 0) setSlot(run, first, release(channels, own, run.effects));
  for (const slot of channels.values()) {
    const { channelId } = slot.state;
    if (slot.outbox.length === 0 || channelId === first) continue;
    setSlot(run, channelId, release(run.state.channels, slot, run.effects));
  }
}

/** One channel takes one input. */
function stepChannel(run: Run, channelId: ChannelId, input: ChannelInput): void {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return;
  const { state, effects } = channelStep(channelEnv(run, slot.state.params.peer), slot.state, input);
  // By its own id, not an equal one that came in a message: the same string is found many times as fast.
  settle(run, slot.state.channelId, slot, state, effects);
}

function settle(run: Run, channelId: ChannelId, before: ChannelSlot, state: ChannelState, effects: readonly Effect[]): void {
  if (state.phase === 'forgotten') {
    ownChannels(run).delete(channelId);
    run.effects.push({ kind: 'forget', channelId }, ...effects);
    releaseAll(run, channelId);
    return;
  }
  const failed = state.phase === 'failed' && before.state.phase === 'funded';
  const { outbox, storedVersion } = failed ? dropHeldUpdates(before) : before;
  const slot = state === before.state ? before : { state: state as StoredChannel, outbox, storedVersion };
  setSlot(run, channelId, enqueue(dropUnwantedBroadcasts(slot), effects, run.effects));
  releaseAll(run, channelId);
}

/** An opening takes one input; when it comes to be funded it becomes a channel, with its final id. */
function stepOpening(run: Run, key: string, input: ChannelInput): void {
  const opening = run.state.openings.get(key);
  if (opening === undefined) return;
  const { state, effects } = channelStep(channelEnv(run, opening.peer), opening, input);
  adoptOpening(run, key, opening.peer, state, effects);
}

function adoptOpening(run: Run, key: string, peer: PublicKey, state: ChannelState, effects: readonly Effect[]): void {
  const openings = new Map(run.state.openings);
  if (state.phase === 'opening') openings.set(key, state);
  else openings.delete(key);
  draft(run).openings = openings;
  if (state.phase === 'opening' || state.phase === 'forgotten') {
    run.effects.push(...effects);
    return;
  }
  if (run.state.channels.has(state.channelId)) {
    // The peer names a funding that another channel has: it must not get near that channel's state.
    const data = errorData('funding_txid: the funding output belongs to another channel');
    run.effects.push({ kind: 'send', peer, message: { type: 'error', channelId: state.params.temporaryChannelId, data } });
    return;
  }
  settle(run, state.channelId, { state, outbox: [], storedVersion: 0 }, state, effects);
}

function channelsWith(state: NodeState, peer: PublicKey): readonly ChannelId[] {
  const ids: ChannelId[] = [];
  for (const [id, slot] of state.channels) if (slot.state.params.peer === peer) ids.push(id);
  return ids;
}

function openingsWith(state: NodeState, peer: PublicKey): readonly string[] {
  const keys: string[] = [];
  for (const [key, opening] of state.openings) if (opening.peer === peer) keys.push(key);
  return keys;
}

function connected(run: Run, peer: PublicKey): void {
  if (run.state.peers.has(peer)) disconnected(run, peer);
  setPeer(run, peer);
  run.effects.push({ kind: 'send', peer, message: initMessage(run.env.config) });
}

function disconnected(run: Run, peer: PublicKey): void {
  if (!run.state.peers.has(peer)) return;
  for (const channelId of channelsWith(run.state, peer)) {
    const slot = run.state.channels.get(channelId) as ChannelSlot;
    setSlot(run, channelId, dropHeldSends(slot));
    stepChannel(run, channelId, { kind: 'disconnected' });
  }
  for (const key of openingsWith(run.state, peer)) stepOpening(run, key, { kind: 'disconnected' });
  const peers = new Map(run.state.peers);
  peers.delete(peer);
  draft(run).peers = peers;
}

function received(run: Run, peer: PublicKey, bytes: Uint8Array): void {
  const known = run.state.peers.get(peer);
  if (known === undefined) return;
  read(run, known, bytes);
  // What the host may have received already on a connection that we give up does not count.
  if (run.effects.some((effect) => effect.kind === 'disconnect' && effect.peer === peer)) disconnected(run, peer);
}

function read(run: Run, { id: peer, features }: PeerState, bytes: Uint8Array): void {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) {
    const { kind, messageName, field, detail } = decoded.error;
    // BOLT 1: unknown odd types are ignored, anything else that can't be read closes the connection.
    if (kind !== 'unknown-odd-type') run.effects.push(...hangUp(peer, `${messageName ?? 'message'} ${field}: ${kind}, ${detail}`));
    return;
  }
  const { message } = decoded;
  if (features === undefined && message.type !== 'init') run.effects.push(...hangUp(peer, `${message.type} came before init`));
  else route(run, peer, message);
}

function route(run: Run, peer: PublicKey, message: Message): void {
  switch (message.type) {
    case 'init':
      receiveInit(run, peer, message);
      break;
    case 'ping': {
      const pong = pongFor(message);
      if (pong !== undefined) run.effects.push({ kind: 'send', peer, message: pong });
      break;
    }
    case 'error':
      receiveError(run, peer, message.channelId, message.data);
      break;
    case 'open_channel':
      receiveOpen(run, peer, message);
      break;
    default: {
      const channelId = channelOf(message);
      if (channelId !== undefined) toChannel(run, peer, channelId, message);
    }
  }
}

function receiveInit(run: Run, peer: PublicKey, message: Extract<Message, { type: 'init' }>): void {
  if (run.state.peers.get(peer)?.features !== undefined) {
    run.effects.push(...hangUp(peer, 'init came twice'));
    return;
  }
  const judged = badInit(run.env.config, message);
  if (typeof judged === 'string') {
    run.effects.push(...hangUp(peer, judged));
    return;
  }
  setPeer(run, peer, judged.features);
  for (const channelId of channelsWith(run.state, peer)) stepChannel(run, channelId, { kind: 'connected' });
}

/** BOLT 1: an all-zero channel_id means every channel with this peer, any other id only that one; an unknown one is ignored. */
function receiveError(run: Run, peer: PublicKey, channelId: ChannelId, data: string): void {
  for (const id of channelsWith(run.state, peer)) {
    if (channelId === ALL_CHANNELS || channelId === id) stepChannel(run, id, { kind: 'peer_error', data });
  }
  for (const key of openingsWith(run.state, peer)) {
    const id = run.state.openings.get(key)?.temporaryChannelId;
    if (channelId === ALL_CHANNELS || channelId === id) stepOpening(run, key, { kind: 'peer_error', data });
  }
}

function receiveOpen(run: Run, peer: PublicKey, message: OpenChannel): void {
  const { temporaryChannelId } = message;
  const key = openingKey(peer, temporaryChannelId);
  const refuse = (text: string): void => {
    run.effects.push({ kind: 'send', peer, message: { type: 'error', channelId: temporaryChannelId, data: errorData(text) } });
  };
  if (run.state.openings.has(key)) return refuse('temporary_channel_id: is in use');
  if (openingsWith(run.state, peer).length >= MAX_OPENINGS_PER_PEER) return refuse('too many channels are being opened');
  const opened = receiveOpenChannel(channelEnv(run, peer), peer, message);
  if (isViolation(opened)) return refuse(`${opened.violated}: ${opened.detail}`);
  adoptOpening(run, key, peer, opened.state, opened.effects);
}

/** A message for one channel. A peer reaches only its own channels; what it says of others is answered as for an unknown channel. */
function toChannel(run: Run, peer: PublicKey, channelId: ChannelId, message: Message): void {
  if (run.state.channels.get(channelId)?.state.params.peer === peer) stepChannel(run, channelId, { kind: 'message', message });
  else if (run.state.openings.has(openingKey(peer, channelId))) stepOpening(run, openingKey(peer, channelId), { kind: 'message', message });
  else if (message.type === 'funding_signed') fundingSigned(run, peer, channelId, message);
  else run.effects.push({ kind: 'send', peer, message: { type: 'error', channelId, data: errorData('unknown channel') } });
}

/** funding_signed is the first message that names the final id: our opening is found by the funding that it waits for. */
function fundingSigned(run: Run, peer: PublicKey, channelId: ChannelId, message: Message): void {
  const key = openingsWith(run.state, peer).find((k) => {
    const step = (run.state.openings.get(k) as OpeningState).step;
    return step.kind === 'awaiting_funding_signed' && step.channelId === channelId;
  });
  if (key !== undefined) stepOpening(run, key, { kind: 'message', message });
  else run.effects.push({ kind: 'send', peer, message: { type: 'error', channelId, data: errorData('unknown channel') } });
}

function stored(run: Run, { sink, channelId, version }: Extract<NodeInput, { kind: 'stored' }>): void {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return;
  if (sink === 'state') {
    if (version > slot.storedVersion) setSlot(run, channelId, { state: slot.state, outbox: slot.outbox, storedVersion: version });
    releaseAll(run, channelId);
  } else {
    stepChannel(run, channelId, { kind: 'monitor_stored', watcher: sink, id: version });
  }
}

function block(run: Run, height: number, transactions: readonly BlockTransaction[]): void {
  draft(run).height = height;
  for (const channelId of run.state.channels.keys()) stepChannel(run, channelId, { kind: 'block', transactions });
}

function command(run: Run, given: Command): void {
  if (given.kind === 'open') {
    open(run, given);
    return;
  }
  const input: ChannelInput = { kind: 'command', command: given };
  const key = openingFor(run.state, given);
  if (key !== undefined) stepOpening(run, key, input);
  else if (run.state.channels.has(given.channelId)) stepChannel(run, given.channelId, input);
  else run.effects.push({ kind: 'refused', command: given.kind, rule: 'channel_id', detail: `no channel ${given.channelId}` });
}

function openingFor(state: NodeState, given: ChannelCommand): string | undefined {
  if ('peer' in given) {
    const key = openingKey(given.peer, given.channelId);
    return state.openings.has(key) ? key : undefined;
  }
  for (const [key, opening] of state.openings) if (opening.temporaryChannelId === given.channelId) return key;
  return undefined;
}

function open(run: Run, given: OpenCommand): void {
  const refuse = (rule: string, detail: string): void => {
    run.effects.push({ kind: 'refused', command: 'open', rule, detail });
  };
  const key = openingKey(given.peer, given.temporaryChannelId);
  const inUse = run.state.openings.has(key) || run.state.channels.has(given.temporaryChannelId);
  if (run.state.peers.get(given.peer)?.features === undefined) return refuse('connected', 'the peer is not connected');
  if (inUse) return refuse('temporary_channel_id', 'must be unique with this peer');
  const opened = startOpen(channelEnv(run, given.peer), given);
  if (isRefusal(opened)) return refuse(opened.refused, opened.detail);
  adoptOpening(run, key, given.peer, opened.state, opened.effects);
}
