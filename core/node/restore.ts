import { notify, notifyEvents, finish, monitorReplay, persist, start } from '../channel/step/transition.ts';
import { presentUnanswered } from '../channel/commitments/irrevocable.ts';
import { giveOut } from '../channel/announce/announcement.ts';
import { askAgain, askForAnnouncement } from '../channel/commitments/answers.ts';
import { draftDurability } from '../channel/step/draft.ts';
import type { Transition } from '../channel/step/transition.ts';
import type { ChannelEnv, Step } from '../channel/model/channel-vocabulary.ts';
import { disconnect } from '../channel/retransmit/channel-reestablish.ts';
import { failChannel } from '../channel/fail/fail-channel.ts';
import { askForOwn } from '../channel/fail/own-commitment.ts';
import { broadcastAgain } from '../channel/fail/broadcast.ts';
import { watchFunding, watchOutputs } from '../channel/establish/opening.ts';
import { isClosed } from '../channel/model/ending.ts';
import type { FailedState, FundedState, PendingMonitorUpdate, StoredChannel } from '../channel/model/state.ts';
import type { ChainPoint } from '../chain/update.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import type { WatcherRecord } from '../monitor/records.ts';
import { resume } from './watching/step-watcher.ts';
import { resumeWatching } from './watching/watching.ts';
import { drain } from './worklist.ts';
import { LISTENER } from './hear.ts';
import { noPayments } from './node-vocabulary.ts';
import { restorePayments } from './payments/restore.ts';
import { startRun } from './run.ts';
import type { ChannelSlot, DurableNode, NodeEffect, NodeEnv, NodeState, NodeWord } from './node-vocabulary.ts';
import { enqueue, release } from './outbox.ts';

/**
 * A node is what was durable. Nothing is connected; watchers get again what they have not acknowledged; events that the host has not
 * acknowledged, and incoming HTLCs that nobody has resolved, are presented again; transactions are broadcast again.
 *
 * A watcher that is configured no longer holds nothing back. One that is configured newly needs every update from a channel's first on,
 * which the channel does not keep: its host starts it with a copy of what another one holds, as it does with one that comes back after it
 * was taken out, and names the newest update of that copy in `watcherIds`.
 *
 * @throws RangeError when a configured watcher knows nothing of a channel that cannot tell it everything, or the node's own one has no records.
 */
export function restoreNode(env: NodeEnv, durable: DurableNode): Step<NodeState, NodeEffect> {
  const { nowMs, feeratePerKw, watcherIds } = durable;
  const tip = lowest([durable.tip, ...durable.channels.map(({ chain }) => chain.tip)]);
  const { crypto, signer, cache, config, onions } = env;
  const awayFrom = durable.tip.height;
  const channelEnv: ChannelEnv = {
    crypto,
    signer,
    cache,
    config,
    tip,
    awayFrom,
    nowMs,
    feeratePerKw,
    peerFeatures: '',
    onions,
    mayBeOld: config.fromCopy,
  };
  const channels = new Map<ChannelId, ChannelSlot>();
  const work: NodeWord[] = [];
  for (const stored of durable.channels) {
    const held = watcherIds.filter((w) => w.channelId === stored.channelId);
    for (const watcher of env.config.watchers) mustKnow(stored, watcher, held.find((w) => w.watcher === watcher)?.id ?? 0);
    const out = start<StoredChannel>(channelEnv, stored);
    const restored = draftDurability(out);
    const newest = Math.max(0, ...held.map((w) => w.id));
    const isOld = newest >= stored.durability.nextMonitorId;
    restored.nextMonitorId = Math.max(stored.durability.nextMonitorId, newest + 1);
    restored.pendingMonitor = stillAwaited(stored.durability.pendingMonitor, env.config.watchers);
    revive(out, isOld);
    const revived = finish(out);
    const watching = env.claiming && resumeWatching(stored.chain.tip, recordsOf(durable, stored));
    const slot: ChannelSlot = { state: revived.state, outbox: [], storedVersion: stored.durability.version, current: false, watching };
    channels.set(stored.channelId, enqueue(slot, revived.effects, work));
  }
  for (const [channelId, slot] of channels) channels.set(channelId, release(channels, slot, work));
  const none = {
    deadlines: [],
    peers: new Map(),
    openings: new Map(),
    waiting: new Map(),
    payments: noPayments(),
    gossip: undefined,
    ownNode: undefined,
  };
  const state: NodeState = { tip, awayFrom, nowMs, feeratePerKw, channels, ...none };
  const run = startRun(env, state, LISTENER);
  if (durable.records !== undefined) restorePayments(run, durable.records);
  run.work.push(...work);
  drain(run);
  resume(run);
  drain(run);
  return { state: run.state, effects: run.effects };
}

/** Where the host has to go on so that no channel misses anything. */
function lowest(points: readonly ChainPoint[]): ChainPoint {
  return points.reduce((a, b) => (b.height < a.height ? b : a));
}

/** Those of a channel that is not at its end: without them nothing of it could be claimed. */
function recordsOf({ watcherRecords: records }: DurableNode, state: StoredChannel): readonly WatcherRecord[] {
  const known = records?.get(state.channelId) ?? [];
  if (known.length === 0 && !isClosed(state)) throw new RangeError(`channel ${state.channelId} came without the records of its watcher`);
  return known;
}

/** A watcher that holds nothing must be about to get everything, the first update included. */
function mustKnow(state: StoredChannel, watcher: string, newest: number): void {
  const { channelId, durability } = state;
  const { nextMonitorId, pendingMonitor } = durability;
  const [first] = pendingMonitor;
  if (isClosed(state) || newest > 0 || nextMonitorId === 1 || (first?.id === 1 && first.waiting.includes(watcher))) return;
  throw new RangeError(`the watcher '${watcher}' knows nothing of channel ${channelId}: start it with a copy of what another one holds`);
}

function stillAwaited(pending: readonly PendingMonitorUpdate[], watchers: readonly string[]): readonly PendingMonitorUpdate[] {
  return pending
    .map(({ id, update, waiting }) => ({ id, update, waiting: waiting.filter((watcher) => watchers.includes(watcher)) }))
    .filter(({ waiting }) => waiting.length > 0);
}

function revive(out: Transition<StoredChannel>, isOld: boolean): void {
  // It will say that it has failed: what it repeats waits for that, too, or would overtake it.
  if (isOld && out.state.phase === 'funded' && !isClosed(out.state)) persist(out);
  monitorReplay(out);
  notifyEvents(out, 0);
  const { state } = out;
  if (isClosed(state)) {
    if (state.phase === 'funded') disconnect(out as Transition<FundedState>);
    return watchOutputs(out);
  }
  switch (state.phase) {
    case 'funded':
      if (isOld) failOld(out as Transition<FundedState>);
      else reviveFunded(out as Transition<FundedState>);
      break;
    case 'failed':
      watchOutputs(out);
      broadcastAgain(out);
      askForOwn(out as Transition<FailedState>);
      // The host may have gone down before it heard.
      notify(out, { kind: 'failed', rule: state.failure.rule, reason: state.failure.reason });
      break;
  }
}

/**
 * A watcher knows more than this state: an update leaves only when the store that contains it is durable, so the state is an old one, and what
 * it would broadcast may be revoked. Nothing is taken back of what it holds.
 */
function failOld(out: Transition<FundedState>): void {
  disconnect(out);
  watchFunding(out);
  failChannel(out, 'node.watcher_ahead', 'a watcher knows of a newer state', { stale: true });
}

function reviveFunded(out: Transition<FundedState>): void {
  disconnect(out);
  watchFunding(out);
  broadcastAgain(out);
  askAgain(out);
  askForAnnouncement(out);
  giveOut(out);
  // One that is late by now fails with the next block. A node decides where the channel has shown that it is current.
  if (out.env.config.payments === 'host') presentUnanswered(out);
}
