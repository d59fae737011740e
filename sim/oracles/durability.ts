import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId, PublicKey } from '../../core/crypto/bytes.ts';
import type { Change, DriverEffect, Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { Barrier, factOf } from './durability/barrier.ts';
import { barred, broken, DURABILITY_KINDS, judge, JUDGED, ownNumber, signedNumber } from './durability/judge.ts';
import type { Place, Track } from './durability/judge.ts';
import { commitmentNumberOf, Promises } from './durability/secrets.ts';
import { unstored } from './durability/unstored.ts';
import { isBreach, isStaleRestart } from './licences.ts';
import {
  changes,
  channelName,
  channelOf,
  hasCommitments,
  messageOf,
  nameOf,
  peerState,
  statesOf,
  storedState,
} from '../world/channel-changes.ts';
import type { SendEffect } from '../world/channel-changes.ts';
import { finding } from './difference.ts';
import { restoredVersion } from './stale-channels.ts';
import { STATE, wordFor } from '../scenario/sinks.ts';

const ORACLE = 'durability';

/** A crash would undo what a step has done. */
function notStored(world: WorldView, { node }: StepRecord, { channelId }: Change, what: string): Finding {
  const message = `${node} changed ${what}, and stored nothing`;
  const channel = channelName(world, channelId);
  return finding(world, { oracle: ORACLE, rule: 'store', kind: 'not-stored', node, channel, message, expected: 'a store', actual: 'none' });
}

function forkTracks(tracks: ReadonlyMap<ChannelId, Track>): Map<ChannelId, Track> {
  return new Map([...tracks].map(([id, track]) => [id, { ...track, barrier: track.barrier.fork(), promises: track.promises.fork() }]));
}

/** Nothing leaves before what makes it true is durable; nothing revoked is ever broadcast, and nothing broadcast revoked. */
export function createDurability(): Oracle {
  return new Durability();
}

class Durability implements Oracle {
  readonly name = ORACLE;
  readonly kinds = DURABILITY_KINDS;
  readonly asks = ['channels'] as const;
  /** By node and channel. */
  private readonly tracks: Map<string, Map<ChannelId, Track>>;
  /** First points, by node and temporary channel id. */
  private readonly firstPoints: Map<string, PublicKey>;

  constructor(from?: Durability) {
    this.tracks = new Map([...(from?.tracks ?? [])].map(([node, tracks]) => [node, forkTracks(tracks)]));
    this.firstPoints = new Map(from?.firstPoints);
  }

  fork(): Oracle {
    return new Durability(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    const { node, input } = record;
    if (input.kind === 'crash') {
      for (const { barrier } of this.of(node).values()) barrier.crashed();
      return undefined;
    }
    if (input.kind === 'received' && !isBreach(record)) {
      this.proven(world, record, input.bytes);
      this.misled(world, record, input.bytes);
    }
    if (input.kind === 'stored') this.of(node).get(input.channelId)?.barrier.stored(wordFor(input.sink), input.version);
    if (input.kind === 'connected' || (input.kind === 'received' && nameOf(input.bytes) === 'init')) {
      for (const [id, state] of statesOf(world, node)) {
        if (hasCommitments(state) && state.params.peer === input.peer) this.track(record, id).barrier.say(factOf.reestablish);
      }
    }
    if (record.effects.length > 0) this.write(world, record);
    for (const change of changes(world, record)) {
      if (hasCommitments(change.after)) this.track(record, change.channelId).barrier.endOfStep(change.after);
      const what = input.kind === 'restart' ? undefined : unstored(change);
      if (what !== undefined) return notStored(world, record, change, what);
    }
    if (input.kind === 'restart') {
      const found = this.restarted(world, record);
      if (found !== undefined) return found;
    }
    for (const effect of record.effects) {
      const found = this.leave(world, record, effect);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** BOLT 2, option_data_loss_protect: the peer has more revocations of ours than we remember. */
  private proven(world: WorldView, { node }: StepRecord, bytes: Uint8Array): void {
    if (nameOf(bytes) !== 'channel_reestablish') return;
    const message = messageOf(bytes);
    if (message?.type !== 'channel_reestablish') return;
    const track = this.of(node).get(message.channelId);
    const state = statesOf(world, node).get(message.channelId);
    if (track?.stale === 'unproven' && hasCommitments(state) && message.nextRevocationNumber > ownNumber(state)) track.stale = 'proven';
  }

  /** BOLT 2: who knows that the other has lost data shows it before an error does harm. */
  private misled(world: WorldView, record: StepRecord, bytes: Uint8Array): void {
    if (nameOf(bytes) !== 'error') return;
    for (const { channelId, before, after } of changes(world, record)) {
      const track = this.of(record.node).get(channelId);
      if (track?.stale !== 'unproven' || before?.phase !== 'funded' || !hasCommitments(after)) continue;
      const known = peerState(world, after)?.shared.commitments[after.params.us].current.number;
      if (known !== undefined && known > ownNumber(after)) track.stale = 'misled';
    }
  }

  private of(node: string): Map<ChannelId, Track> {
    let tracks = this.tracks.get(node);
    if (tracks === undefined) this.tracks.set(node, (tracks = new Map<ChannelId, Track>()));
    return tracks;
  }

  private track({ node, index }: StepRecord, channelId: ChannelId): Track {
    const tracks = this.of(node);
    let track = tracks.get(channelId);
    if (track === undefined)
      tracks.set(channelId, (track = { barrier: new Barrier(), promises: new Promises(), signed: 0n, stale: false }));
    track.barrier.beginStep(index);
    return track;
  }

  /** Writes are issued as soon as they are asked for, whatever stands before them in the list of effects. */
  private write(world: WorldView, record: StepRecord): void {
    const { node } = record;
    const driver = world.driver(node);
    if (driver?.channels === undefined) return;
    for (const effect of record.effects) {
      if (effect.kind === 'store') {
        const { barrier, promises } = this.track(record, effect.channelId);
        const state = storedState(driver, effect) as StoredChannel;
        barrier.store(effect.version, state);
        const first = this.firstPoints.get(`${node}/${state.params.temporaryChannelId}`);
        if (first !== undefined) promises.announce(0n, first);
      } else if (effect.kind === 'monitor') this.track(record, effect.channelId).barrier.monitor(effect);
      else if (effect.kind === 'forget') this.of(node).delete(effect.channelId);
    }
  }

  private leave(world: WorldView, record: StepRecord, effect: DriverEffect): Finding | undefined {
    if (effect.kind === 'send') return this.send(world, record, effect);
    if (effect.kind !== 'notify' && effect.kind !== 'broadcast') return undefined;
    const state = statesOf(world, record.node).get(effect.channelId);
    if (!hasCommitments(state)) return undefined;
    const here: Place = { world, node: record.node, state, track: this.track(record, effect.channelId) };
    if (effect.kind === 'notify') {
      const { event } = effect;
      if (event.kind === 'event') return barred(here, event.event.kind, factOf.event(event.id));
      return event.kind === 'htlc_received' ? barred(here, event.kind, factOf.received(event.add.id)) : undefined;
    }
    switch (effect.purpose) {
      case 'funding':
        return barred(here, 'funding-transaction', factOf.channel);
      case 'closing':
        return barred(here, 'closing-transaction', factOf.closingTx);
      case 'commitment': {
        const number = commitmentNumberOf(world.crypto, state, effect.tx);
        const wrong = here.track.promises.broadcasts(number);
        if (here.track.stale === 'unproven') return undefined;
        // It waits for no watcher: they may hang when it matters most.
        return broken(here, 'revocation', wrong, `commitment ${number}`) ?? barred(here, 'commitment-transaction', factOf.failed, STATE);
      }
    }
  }

  private send(world: WorldView, record: StepRecord, effect: SendEffect): Finding | undefined {
    const { node } = record;
    const name = nameOf(effect.bytes);
    if (name === 'open_channel' || name === 'accept_channel') {
      const message = messageOf(effect.bytes);
      if (message?.type !== 'open_channel' && message?.type !== 'accept_channel') return undefined;
      this.firstPoints.set(`${node}/${message.temporaryChannelId}`, message.firstPerCommitmentPoint);
      return undefined;
    }
    if (name === undefined || !JUDGED.has(name)) return undefined;
    const state = statesOf(world, node).get(channelOf(effect));
    return hasCommitments(state)
      ? judge({ world, node, state, track: this.track(record, state.channelId) }, name, effect.bytes)
      : undefined;
  }

  /** A node comes back as what was durable, and remembers at least what it has told others. */
  private restarted(world: WorldView, record: StepRecord): Finding | undefined {
    const { node } = record;
    const states = statesOf(world, node);
    for (const [channelId, track] of this.of(node)) {
      const state = states.get(channelId);
      const { barrier, promises } = track;
      if (!hasCommitments(state)) {
        if (barrier.acknowledged === 0) continue;
        const message = `${node} came back without a channel that was durable`;
        return finding(world, {
          oracle: ORACLE,
          rule: 'restart',
          kind: 'channel-gone',
          node,
          message,
          expected: barrier.acknowledged,
          actual: 'none',
        });
      }
      const here: Place = { world, node, state, track };
      const { acknowledged } = barrier;
      barrier.restored(state);
      const version = restoredVersion(record, state);
      if (isStaleRestart(world, acknowledged, version)) {
        track.stale = 'unproven';
        promises.forgetBroadcast();
      }
      if (track.stale !== false) continue;
      const found =
        broken(here, 'restart', version < acknowledged && 'older-than-durable', `version ${version} after ${acknowledged}`) ??
        broken(
          here,
          'restart',
          ownNumber(state) < promises.revoked && 'forgot-a-revocation',
          `${ownNumber(state)} after ${promises.revoked}`,
        ) ??
        broken(here, 'restart', signedNumber(state) < track.signed && 'forgot-a-signature', `${signedNumber(state)} after ${track.signed}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
