import type { ChainPoint } from '../chain/update.ts';
import { keepsWaiting } from '../channel/awaited.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import type { ChannelCommand, ChannelInput, Step } from '../channel/model/channel-vocabulary.ts';
import { chain } from './chain.ts';
import { isSilent, releaseAll, stepChannel } from './channels.ts';
import { received } from './messages.ts';
import { open, openingFor, stepOpening } from './openings.ts';
import { connected, disconnected, hangUp } from './peers.ts';
import { dueBy } from '../time/deadlines.ts';
import { LISTENER } from './hear.ts';
import { claim, decline } from './forwarding/incoming.ts';
import { channelOf, expireWaiting, isWaitingKey } from './forwarding/waiting.ts';
import { isPaymentCommand } from '../payments/commands.ts';
import { paymentCommand } from './payments/commands.ts';
import { hashOf, isSetKey, setTimedOut } from './payments/receive.ts';
import { isPaymentKey, paymentOf, paymentTimedOut } from './payments/pay.ts';
import { recordStored } from './payments/records.ts';
import { draft, setSlot, startRun } from './run.ts';
import { GOSSIP, stepGossip } from './gossip/network.ts';
import { announceNode } from './gossip/own.ts';
import type { Run } from './run.ts';
import { claiming, everywhere } from './watching/step-watcher.ts';
import { drain } from './worklist.ts';
import { noPayments } from './node-vocabulary.ts';
import type { NodeCommand, NodeEffect, NodeEnv, NodeInput, NodeState } from './node-vocabulary.ts';

/** A node without channels: the newest block, the feerate and the wall time that it begins with. */
export function createNode(tip: ChainPoint, feeratePerKw: number, nowMs: number): NodeState {
  return {
    tip,
    awayFrom: undefined,
    nowMs,
    deadlines: [],
    feeratePerKw,
    peers: new Map(),
    channels: new Map(),
    openings: new Map(),
    waiting: new Map(),
    gossip: undefined,
    ownNode: undefined,
    payments: noPayments(),
  };
}

/** Everything a node does: one input, the state after it, and what to do in order. Pure; nothing that a peer sends makes it throw. */
export function nodeStep(env: NodeEnv, state: NodeState, input: NodeInput): Step<NodeState, NodeEffect> {
  const run = startRun(env, state, LISTENER);
  dispatch(run, input);
  return { state: run.state, effects: run.effects };
}

function dispatch(run: Run, input: NodeInput): void {
  switch (input.kind) {
    case 'connected':
      return connected(run, input.peer, input.from);
    case 'disconnected':
      return disconnected(run, input.peer);
    case 'received':
      return received(run, input.peer, input.bytes);
    case 'stored':
      return stored(run, input);
    case 'record_stored':
      recordStored(run, input);
      return drain(run);
    case 'signed':
      return stepChannel(run, input.channelId, { kind: 'signed', answer: input.answer });
    case 'chain':
      return chain(run, input);
    case 'time':
      return time(run, input.nowMs);
    case 'output_checked':
    case 'output_spent':
      return stepGossip(run, input);
    case 'feerate':
      return feerate(run, input.feeratePerKw);
    case 'coins':
    case 'coin_lost':
    case 'claim_signed':
    case 'seen':
      claiming(run, input);
      return drain(run);
    case 'command':
      return command(run, input.command);
  }
}

function feerate(run: Run, feeratePerKw: number): void {
  draft(run).feeratePerKw = feeratePerKw;
  if (run.env.claiming === undefined) return;
  everywhere(run, { kind: 'feerate' });
  drain(run);
}

function time(run: Run, nowMs: number): void {
  if (nowMs < run.state.nowMs) return;
  // What became due in the meantime, as what waited for a channel that came back late, is due at the very same time.
  if (nowMs > run.state.nowMs) draft(run).nowMs = nowMs;
  for (const key of dueBy(run.state.deadlines, nowMs)) {
    if (run.state.openings.has(key)) stepOpening(run, key, { kind: 'timeout' });
    else if (key === GOSSIP) stepGossip(run, { kind: 'time', nowMs });
    else if (isWaitingKey(key)) expireWaiting(run, channelOf(key));
    else if (isPaymentKey(key)) paymentTimedOut(run, paymentOf(key));
    else if (isSetKey(key)) setTimedOut(run, hashOf(key));
    else silent(run, key as ChannelId);
  }
  drain(run);
}

/** A connected peer owes an answer of this channel for too long. */
function silent(run: Run, channelId: ChannelId): void {
  const state = run.state.channels.get(channelId)?.state;
  if (state?.phase !== 'funded' || !keepsWaiting(state) || !isSilent(run, channelId)) return;
  const { peer } = state.params;
  const awaited = state.lifecycle.connection === 'connected' ? state.lifecycle.awaited?.message : 'channel_reestablish';
  run.effects.push(...hangUp(peer, 'node.silent_peer', `no ${awaited} for channel ${channelId}`));
  disconnected(run, peer);
}

function command(run: Run, given: NodeCommand): void {
  if (isPaymentCommand(given)) {
    paymentCommand(run, given);
    return drain(run);
  }
  if (given.kind === 'announce_node') {
    const message = announceNode(run, given);
    return message && stepGossip(run, { kind: 'own', message, capacitySat: undefined });
  }
  if (given.kind === 'open') return open(run, given);
  if (given.kind === 'decline') return decline(run, given);
  if (given.kind === 'fulfill' && claim(run, given)) return;
  const { kind, channelId } = given;
  const input: ChannelInput = { kind: 'command', command: given };
  const key = openingFor(run.state, given);
  if (key !== undefined) stepOpening(run, key, input);
  else if (isChannelOf(run, given)) stepChannel(run, channelId, input);
  else run.effects.push({ kind: 'refused', command: kind, rule: 'node.no_such_channel', detail: `no channel ${channelId}` });
}

function isChannelOf({ state }: Run, given: ChannelCommand): boolean {
  const channel = state.channels.get(given.channelId)?.state;
  return channel !== undefined && (!('peer' in given) || given.peer === undefined || given.peer === channel.params.peer);
}

function stored(run: Run, { sink, channelId, version }: Extract<NodeInput, { kind: 'stored' }>): void {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return;
  switch (sink.kind) {
    case 'state':
      if (version > slot.storedVersion)
        setSlot(run, channelId, {
          state: slot.state,
          outbox: slot.outbox,
          storedVersion: version,
          current: slot.current,
          watching: slot.watching,
        });
      releaseAll(run, channelId);
      return drain(run);
    case 'watcher':
      return stepChannel(run, channelId, { kind: 'monitor_stored', watcher: sink.name, id: version });
  }
}
