import type { Message } from '../../wire/messages/index.ts';
import { STATE_SINK } from '../model/channel-vocabulary.ts';
import type { ChannelConfig, ChannelEnv, Dependency, ChannelOutput, ChannelNotice, Step } from '../model/channel-vocabulary.ts';
import type { MonitorUpdate } from '../../knowledge/updates.ts';
import type { Duty } from '../model/duties.ts';
import type { ChannelEvent, ChannelState, FundedBase, StoredChannel } from '../model/state.ts';
import { draftDurability, draftHost, nothingOwned } from './draft.ts';
import type { Owned } from './draft.ts';

/**
 * One step under way: the state so far and the effects so far. Local to the step, so rules may write to it (draft.ts); a violation throws it
 * away, and `finish` makes the step of it.
 */
export interface Transition<S extends ChannelState = ChannelState> {
  readonly env: ChannelEnv;
  state: S;
  readonly effects: ChannelOutput[];
  readonly owned: Owned;
  /** How many effects came before what this step stores; absent while it stores nothing. */
  storesAt: number | undefined;
  /** What this step tells whoever watches the chain; absent while it tells nothing. */
  told: MonitorUpdate[] | undefined;
}

const NOTHING_TOLD: readonly MonitorUpdate[] = [];

export function start<S extends ChannelState>(env: ChannelEnv, state: S): Transition<S> {
  return { env, state, effects: [], owned: nothingOwned(), storesAt: undefined, told: undefined };
}

/** The same step, now with a state of another phase. */
export function become<S extends ChannelState>(t: Transition, state: S): Transition<S> {
  t.owned.state = t.state = state;
  return t as Transition<S>;
}

/**
 * The step, done. It stores once, the state as it is at the end, in front of everything that came after the first `persist`; and all of that
 * waits for it.
 */
export function finish<S extends ChannelState>(t: Transition<S>): Step<S, ChannelOutput> {
  const { state, effects, storesAt, told } = t;
  if (storesAt === undefined || !isStored(state)) return { state, effects };
  const all = dependencies(t.env.config, state);
  for (let i = storesAt; i < effects.length; i++) {
    const effect = effects[i] as { after?: readonly Dependency[] };
    if (effect.after === ALL_OF_THIS_STEP) effect.after = all;
  }
  const { channelId, durability } = state;
  effects.splice(storesAt, 0, { kind: 'store', channelId, version: durability.version, state, records: told ?? NOTHING_TOLD });
  return { state, effects };
}

/** Stands for the dependencies that a step which stores will have when it is done. */
const ALL_OF_THIS_STEP: readonly Dependency[] = [];

/** What an effect of this step waits for: everything of this channel so far, and what this step stores. */
export function after(t: Transition<StoredChannel>): readonly Dependency[] {
  return t.storesAt === undefined ? dependencies(t.env.config, t.state) : ALL_OF_THIS_STEP;
}

function isStored(state: ChannelState): state is StoredChannel {
  return state.phase === 'funded' || state.phase === 'failed';
}

/** Everything of this channel that was issued so far and may not be durable yet: what later effects wait for. */
function dependencies({ watchers, watcherQuorum }: ChannelConfig, { channelId, durability }: FundedBase): readonly Dependency[] {
  const { version, pendingMonitor } = durability;
  const newest = pendingMonitor.at(-1);
  const stored: Dependency = { sink: STATE_SINK, channelId, version };
  if (newest === undefined) return [stored];
  return [stored, { quorum: Math.min(watcherQuorum, watchers.length), of: watchers, channelId, number: newest.id }];
}

/** This step stores its state: what is sent afterwards waits for it. */
export function persist(t: Transition<StoredChannel>): void {
  if (t.storesAt !== undefined) return;
  draftDurability(t).version++;
  t.storesAt = t.effects.length;
}

/**
 * Tells every watcher of the chain, once what this step stores is durable; what is sent afterwards waits for them. For the node's own it stands
 * in that very store. Updates are numbered where nobody else watches, too: a watcher that is configured later is seen to have missed them.
 */
export function monitor(t: Transition<StoredChannel>, update: MonitorUpdate): void {
  const { watchers } = t.env.config;
  const durability = draftDurability(t);
  const id = durability.nextMonitorId++;
  persist(t);
  (t.told ??= []).push(update);
  if (watchers.length === 0) return;
  durability.pendingMonitor = [...durability.pendingMonitor, { id, update, waiting: watchers }];
  tell(t, watchers, id, update);
}

function tell(t: Transition<StoredChannel>, watchers: readonly string[], id: number, update: MonitorUpdate): void {
  const { channelId, durability } = t.state;
  const after: readonly Dependency[] = [{ sink: STATE_SINK, channelId, version: durability.version }];
  for (const watcher of watchers) t.effects.push({ kind: 'monitor', watcher, channelId, id, update, after });
}

/** A message that leaves after everything before it is durable. */
export function send(t: Transition<StoredChannel>, message: Message): void {
  const { channelId, params } = t.state;
  t.effects.push({ kind: 'send', peer: params.peer, message, channelId, after: after(t) });
}

/** Asks the signer, which has not answered within the step, once everything before it is durable. */
export function ask(t: Transition<StoredChannel>, duty: Duty, first: readonly Dependency[] = after(t)): void {
  t.effects.push({ kind: 'sign', channelId: t.state.channelId, duty, after: first });
}

export function notify(t: Transition<StoredChannel>, event: ChannelNotice): void {
  t.effects.push({ kind: 'notify', channelId: t.state.channelId, event, after: after(t) });
}

/** Adds an event that is repeated until acknowledged. Call before `persist`, so that the store covers it; `notifyEvents` tells the host. */
export function addEvent(t: Transition<StoredChannel>, event: ChannelEvent): void {
  const host = draftHost(t);
  host.events = [...host.events, { id: host.nextEventId++, event }];
}

/** Notifies of all events from `firstId` on, after what is stored. */
export function notifyEvents(t: Transition<StoredChannel>, firstId: number): void {
  for (const { id, event } of t.state.host.events) if (id >= firstId) tellEvent(t, id, event);
}

function tellEvent(t: Transition<StoredChannel>, eventId: number, event: ChannelEvent): void {
  switch (event.kind) {
    case 'payment_sent':
    case 'payment_failed': {
      const atOnce = event.kind === 'payment_sent' && event.origin.kind === 'forward';
      const { channelId } = t.state;
      t.effects.push({ kind: 'htlc_resolved', channelId, eventId, resolution: event, after: atOnce ? undefined : after(t) });
      return;
    }
    case 'channel_usable':
    case 'channel_closed':
      return notify(t, { kind: 'event', id: eventId, event });
  }
}

/** After a restart: every watcher gets again what it has not acknowledged. */
export function monitorReplay(t: Transition<StoredChannel>): void {
  for (const { id, update, waiting } of t.state.durability.pendingMonitor) tell(t, waiting, id, update);
}
