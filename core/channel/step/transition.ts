import type { Message } from '../../wire/messages/index.ts';
import { draft } from '../model/draft.ts';
import type { ChannelEnv, Dependency, Effect, Notification } from '../model/vocabulary.ts';
import type { ChannelEvent, ChannelState, FundedBase, MonitorUpdate, StoredChannel } from '../model/state.ts';

/** One step under way: the state so far and the effects so far. Local to the step, so rules may write to it; a violation throws it away. */
export interface Out<S extends ChannelState = ChannelState> {
  readonly env: ChannelEnv;
  state: S;
  readonly effects: Effect[];
}

export function start<S extends ChannelState>(env: ChannelEnv, state: S): Out<S> {
  return { env, state, effects: [] };
}

/** The same step, now with a state of another phase. */
export function become<S extends ChannelState>(out: Out, state: S): Out<S> {
  out.state = state;
  return out as Out<S>;
}

/** Everything of this channel that was issued so far and may not be durable yet: what later effects wait for. */
export function dependencies(state: FundedBase): readonly Dependency[] {
  const { channelId } = state;
  const after: Dependency[] = [{ sink: 'state', channelId, version: state.version }];
  for (let i = state.pendingMonitor.length - 1; i >= 0; i--) {
    const pending = state.pendingMonitor[i] as (typeof state.pendingMonitor)[number];
    for (const sink of pending.waiting) {
      if (!after.some((d) => d.sink === sink)) after.push({ sink, channelId, version: pending.id });
    }
  }
  return after;
}

/**
 * Stores the state as it is now: what is sent afterwards waits for it. A step stores once: where it has stored before, the newer state takes
 * that one's place, and what was sent in between waits for the same as what comes after.
 */
export function persist(out: Out<StoredChannel>): void {
  const { effects } = out;
  const earlier = effects.findIndex(({ kind }) => kind === 'store');
  if (earlier < 0) draft(out).version++;
  else effects.splice(earlier, 1);
  const { state } = out;
  if (earlier >= 0) {
    const after = dependencies(state);
    for (let i = earlier; i < effects.length; i++) {
      const effect = effects[i] as Effect;
      if ('after' in effect) effects[i] = { ...effect, after };
    }
  }
  effects.push({ kind: 'store', channelId: state.channelId, version: state.version, state });
}

/**
 * Tells every watcher of the chain; what is sent afterwards waits for all of them. Updates are numbered where there is none, too: one that
 * is configured later is seen to have missed them.
 */
export function monitor(out: Out<StoredChannel>, update: MonitorUpdate): void {
  const { watchers } = out.env.config;
  const { state } = out;
  const id = state.nextMonitorId;
  const next = draft(out);
  next.nextMonitorId = id + 1;
  if (watchers.length === 0) return;
  next.pendingMonitor = [...state.pendingMonitor, { id, update, waiting: watchers }];
  for (const watcher of watchers) out.effects.push({ kind: 'monitor', watcher, channelId: state.channelId, id, update });
}

/** A message that leaves after everything before it is durable. */
export function send(out: Out<StoredChannel>, message: Message): void {
  const { channelId, params } = out.state;
  out.effects.push({ kind: 'send', peer: params.peer, message, channelId, after: dependencies(out.state) });
}

export function notify(out: Out<StoredChannel>, event: Notification): void {
  out.effects.push({ kind: 'notify', channelId: out.state.channelId, event, after: dependencies(out.state) });
}

/** Adds an event that is repeated until acknowledged. Call before `persist`, so that the store covers it; `announceEvents` tells the host. */
export function addEvent(out: Out<StoredChannel>, event: ChannelEvent): void {
  const { state } = out;
  const next = draft(out);
  next.nextEventId = state.nextEventId + 1;
  next.events = [...state.events, { id: state.nextEventId, event }];
}

/** Notifies of all events from `firstId` on, after what is stored. */
export function announceEvents(out: Out<StoredChannel>, firstId: number): void {
  for (const { id, event } of out.state.events) if (id >= firstId) notify(out, { kind: 'event', id, event });
}

/** After a restart: every watcher gets again what it has not acknowledged. */
export function monitorReplay(out: Out<StoredChannel>): void {
  const { channelId, pendingMonitor } = out.state;
  for (const { id, update, waiting } of pendingMonitor) {
    for (const watcher of waiting) out.effects.push({ kind: 'monitor', watcher, channelId, id, update });
  }
}
