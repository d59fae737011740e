import type { Tx } from '../../core/bitcoin/tx.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { otherSide } from '../model/commitment-contents.ts';
import type { DriverEffect, Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { changes, channelName, channelOf, hasCommitments, messageOf, nameOf, statesOf } from '../world/channel-changes.ts';
import type { SendEffect, WithCommitments } from '../world/channel-changes.ts';
import { firstDifference } from './compare.ts';
import { finding } from './difference.ts';
import { StaleWatch } from './stale-channels.ts';
import { TOPICS, Watched } from './watchers/watched.ts';
import type { Fact, Wrong } from './watchers/watched.ts';

const ORACLE = 'watchers';
/** Of an update, and of what leaves without one. */
const KINDS = [
  'other-content',
  'does-not-fit',
  'other-transaction',
  'not-signed',
  'not-told',
  ...TOPICS.map((topic) => `without-${topic}` as const),
] as const;

/**
 * What the watchers of a channel hold is enough, alone: each update fits what came before it, its number is never used for other content, and
 * what a message or an event relies on is among it. In the end every commitment, ours, the peer's and each revoked one, is rebuilt from it, and is
 * what the node had built.
 */
export function createWatchers(): Oracle {
  return new Watchers();
}

class Watchers implements Oracle {
  readonly name = ORACLE;
  readonly kinds = KINDS;
  private readonly stale: StaleWatch;
  /** By node and channel. */
  private readonly channels: Map<string, Watched>;
  /** By node and channel: our commitment that it gave to the chain. */
  private readonly given: Map<string, Tx>;

  constructor(from?: Watchers) {
    this.stale = new StaleWatch(from?.stale);
    this.channels = new Map([...(from?.channels ?? [])].map(([key, watched]) => [key, new Watched(watched)]));
    this.given = new Map(from?.given);
  }

  fork(): Oracle {
    return new Watchers(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    const { node } = record;
    this.stale.watch(world, record);
    const watchers = watchersOf(world, node);
    if (watchers.length === 0) return undefined;
    for (const { before, after } of changes(world, record)) {
      if (hasCommitments(after) && !(hasCommitments(before) && before.fundings === after.fundings))
        this.of(node, after.channelId).see(after);
    }
    for (const told of world.told(node)) {
      const watched = this.of(node, told.channelId);
      const wrong = watched.reached(told) ?? (this.stale.has(told.channelId) ? undefined : watched.fold(world.crypto));
      if (wrong !== undefined) return report(world, node, told.channelId, wrong);
    }
    for (const effect of record.effects) {
      const found = this.leaves(world, node, watchers, effect);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  settled(world: WorldView): Finding | undefined {
    for (const [key, watched] of this.channels) {
      const [node, channelId] = key.split('/') as [string, ChannelId];
      if (this.stale.has(channelId)) continue;
      const wrong = watched.rebuild(world.crypto) ?? this.untoldFinal(key, watched);
      if (wrong !== undefined) return report(world, node, channelId, wrong);
    }
    return undefined;
  }

  private untoldFinal(key: string, { knowledge }: Watched): Wrong | undefined {
    const expected = this.given.get(key);
    const actual = knowledge?.final?.tx;
    if (expected === undefined || firstDifference(expected, actual) === undefined) return undefined;
    const message = 'the commitment that was broadcast is not the one that watchers were told is final';
    return { rule: 'final', kind: actual === undefined ? 'not-told' : 'other-transaction', message, expected, actual };
  }

  private of(node: string, channelId: ChannelId): Watched {
    const key = `${node}/${channelId}`;
    let watched = this.channels.get(key);
    if (watched === undefined) this.channels.set(key, (watched = new Watched()));
    return watched;
  }

  private leaves(world: WorldView, node: string, watchers: readonly string[], effect: DriverEffect): Finding | undefined {
    if (effect.kind !== 'send' && effect.kind !== 'notify' && effect.kind !== 'broadcast') return undefined;
    const channelId = effect.kind === 'send' ? channelOf(effect) : effect.channelId;
    const state = statesOf(world, node).get(channelId);
    if (!hasCommitments(state) || this.stale.has(channelId)) return undefined;
    if (effect.kind === 'broadcast' && effect.purpose === 'commitment') this.given.set(`${node}/${channelId}`, effect.tx);
    const watched = this.of(node, channelId);
    for (const fact of neededBy(state, effect)) {
      const unaware = watchers.find((watcher) => !watched.knows(watcher, fact));
      if (unaware === undefined) continue;
      const what = nameOfEffect(effect);
      return finding(world, {
        oracle: ORACLE,
        rule: what,
        kind: `without-${fact.split(' ')[0]}`,
        node,
        channel: channelName(world, channelId),
        message: `${node} let ${what} leave, and its watcher ${unaware} does not know: ${fact}`,
        expected: fact,
        actual: 'not told',
      });
    }
    return undefined;
  }
}

function watchersOf(world: WorldView, node: string): readonly string[] {
  return world.spec.nodes.find(({ name }) => name === node)?.watchers?.map(({ name }) => name) ?? [];
}

function nameOfEffect(effect: DriverEffect): string {
  if (effect.kind === 'send') return nameOf(effect.bytes) ?? 'a message';
  if (effect.kind === 'notify') return effect.event.kind === 'event' ? effect.event.event.kind : effect.event.kind;
  return effect.kind === 'broadcast' ? `broadcast-${effect.purpose}` : effect.kind;
}

/** CHAIN.md's "knowledge comes first": what watchers must know before this leaves. */
function neededBy(state: WithCommitments, effect: DriverEffect): readonly Fact[] {
  if (effect.kind === 'send') return neededByMessage(state, effect);
  if (effect.kind === 'broadcast') return effect.purpose === 'funding' ? ['parameters', 'funding', 'ours 0', 'theirs 0'] : [];
  if (effect.kind !== 'notify' || effect.event.kind !== 'event') return [];
  const { event } = effect.event;
  return event.kind === 'payment_sent' ? [`preimage ${event.preimage}`] : [];
}

function neededByMessage(state: WithCommitments, { bytes }: SendEffect): readonly Fact[] {
  const { params, shared, closing } = state;
  const peer = otherSide(params.us);
  switch (nameOf(bytes)) {
    case 'commitment_signed': {
      const { number } = shared.commitments[peer].next ?? shared.commitments[peer].current;
      return number < 2n ? [`theirs ${number}`] : [`theirs ${number}`, `secret ${number - 2n}`];
    }
    case 'revoke_and_ack':
      return [`ours ${shared.commitments[params.us].current.number}`];
    case 'closing_signed': {
      const [opener, accepter] = params.us === 'opener' ? [closing.sent, closing.received] : [closing.received, closing.sent];
      return [`scripts ${opener} ${accepter}`];
    }
    case 'update_fulfill_htlc': {
      const message = messageOf(bytes);
      if (message?.type !== 'update_fulfill_htlc') return [];
      return [`preimage ${message.paymentPreimage}`, `claim ${peer} ${message.id}`];
    }
    default:
      return [];
  }
}

function report(world: WorldView, node: string, channelId: ChannelId, { message, ...rest }: Wrong): Finding {
  return finding(world, { oracle: ORACLE, node, channel: channelName(world, channelId), message: `${node}: ${message}`, ...rest });
}
