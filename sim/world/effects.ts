import { STATE_SINK } from '../../core/channel/model/channel-vocabulary.ts';
import type { Sink } from '../../core/channel/model/channel-vocabulary.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { sinkOf } from '../../core/payments/records.ts';
import { INITIAL_POINT } from './chain.ts';
import { storedState } from './channel-changes.ts';
import type { Host } from './host.ts';
import type { DriverEffect } from '../scenario/types.ts';
import { sinkNamed } from '../scenario/sinks.ts';
import { disconnect, send } from './sockets.ts';
import { answer, notified } from './users.ts';
import { claim, giveCoins, takeBack } from './wallet.ts';
import type { World } from './world.ts';

/** Carries out one effect of a node. What answers it is told to the node after the step. */
export function perform(world: World, host: Host, effect: DriverEffect): void {
  switch (effect.kind) {
    case 'send':
      return send(world, host, effect.peer, effect.bytes);
    case 'store': {
      learnId(world, host, effect);
      const done = host.disk.store(effect, host.watch.seen, world.timeMs);
      if (done !== undefined) stored(world, host, STATE_SINK, effect.channelId, effect.version);
      return;
    }
    case 'monitor': {
      const done = host.disk.monitor(effect, world.timeMs);
      if (done !== undefined) stored(world, host, sinkNamed(effect.watcher), effect.channelId, effect.id);
      return;
    }
    case 'store_record': {
      const done = host.disk.record(effect, world.timeMs);
      if (done !== undefined) world.later(host, { kind: 'record_stored', sink: sinkOf(effect.record), version: effect.version });
      return;
    }
    case 'forget_record':
      return host.disk.forgetRecord(effect.sink);
    case 'forget':
      return host.disk.forget(effect.channelId);
    case 'broadcast':
      return world.stats.count('event', `broadcast ${effect.purpose}: ${world.chain.broadcast(effect.tx)}`);
    case 'watch_tx':
      return host.watch.watchTx(effect.txid);
    case 'watch_spend':
      return host.watch.watchSpend({ txid: effect.txid, vout: effect.vout });
    case 'watch_output':
      return host.watch.watchFrom(world.chain, effect.outpoint, effect.fromHeight);
    case 'claim':
      return claim(world, host, effect);
    case 'ask_coins':
      return giveCoins(world, host, effect);
    case 'release_coins':
      return takeBack(host, effect);
    case 'sign_claim':
      return;
    case 'notify':
      return notified(world, host, effect.channelId, effect.event);
    case 'ask':
      return answer(world, host, effect);
    case 'disconnect':
      world.stats.count('event', `disconnect: ${effect.reason}`);
      return disconnect(world, host, effect.peer);
    case 'chain_refused':
      world.stats.count('event', `chain refused: ${effect.refusal.misfit}`);
      return host.watch.saw(world.chain.forkBelow(effect.refusal.resumeAt ?? INITIAL_POINT));
    case 'check_output': {
      const { shortChannelId } = effect;
      return world.later(host, { kind: 'output_checked', shortChannelId, found: world.chain.unspentAt(shortChannelId) });
    }
    case 'sign':
      // No signer of the simulator answers later.
      return;
    case 'added':
      // The id is read off the state, or counted: drivers need not say it.
      return;
    case 'heard':
      return world.stats.count('event', `heard: ${effect.message}`);
    case 'refused':
      world.stats.count('rule', effect.rule);
      return world.stats.count('refused', `${effect.command}: ${effect.rule}`);
    case 'violated':
      return world.stats.count('rule', effect.rule);
  }
}

/** A channel has its final id as soon as a node keeps it: what happens to that store is already addressed by the channel's name. */
function learnId(world: World, { driver }: Host, effect: Extract<DriverEffect, { kind: 'store' }>): void {
  const { channelId } = effect;
  const state = storedState(driver, effect);
  const info =
    state === undefined ? world.infos.find((known) => known.fundingId === channelId) : world.infoById(state.params.temporaryChannelId);
  if (info !== undefined && info.channelId === undefined) world.changeInfo(info.name, { channelId });
}

function stored(world: World, host: Host, sink: Sink, channelId: ChannelId, version: number): void {
  world.later(host, { kind: 'stored', sink, channelId, version });
}
