import { closeOf } from '../../core/channel/model/ending.ts';
import type { Origin } from '../../core/channel/model/origin.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Change, Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { changes, channelName, hasCommitments, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { finding } from './difference.ts';

const KINDS = ['end-untold', 'failure-untold', 'closing-untold', 'event-untold', 'outcome-untold'] as const;
type Kind = (typeof KINDS)[number];

const WHAT = {
  'end-untold': 'let go of a channel, and did not tell its host',
  'failure-untold': 'failed a channel, and never told its host',
  'closing-untold': 'saw a channel closed in the chain, and never told its host',
  'event-untold': 'keeps an event for its host, and has not told it since it started',
  'outcome-untold': 'is done with an HTLC that it offered, and keeps no word of what became of it',
} as const satisfies Record<Kind, string>;

/**
 * A host hears what became of all that it is responsible for: each channel's end, its failure and its mutual close, and of every HTLC that its node
 * offered what became of it; and each of it again after a restart, until it is acknowledged.
 */
export function createTold(): Oracle {
  return new TheTold();
}

class TheTold implements Oracle {
  readonly name = 'told';
  readonly kinds = KINDS;
  readonly asks = ['channels'] as const;
  /** By node, channel and what: of events since the node started, of all else ever. */
  private readonly heard: Map<string, Set<string>>;
  /** What each node had after its last step. */
  private readonly had: Map<string, ReadonlyMap<ChannelId, ChannelState>>;

  constructor(from?: TheTold) {
    this.heard = new Map([...(from?.heard ?? [])].map(([node, heard]) => [node, new Set(heard)]));
    this.had = new Map(from?.had);
  }

  fork(): Oracle {
    return new TheTold(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    const { node, input, effects } = record;
    const heard = this.of(node);
    if (input.kind === 'restart') for (const key of heard) if (key.startsWith('event ')) heard.delete(key);
    for (const effect of effects) {
      if (effect.kind !== 'notify') continue;
      const { channelId, event } = effect;
      if (event.kind === 'event') {
        heard.add(`event ${channelId} ${event.id}`);
        if (event.event.kind === 'channel_closed') heard.add(`closed ${channelId} ${event.event.closingTxid}`);
      } else if (event.kind === 'failed' || event.kind === 'forgotten') heard.add(`${event.kind} ${channelId}`);
    }
    for (const change of changes(world, record)) {
      if (input.kind !== 'restart' && loses(change)) return report(world, node, change.channelId, 'outcome-untold');
    }
    return this.gone(world, record);
  }

  /** A channel that was there is there no more. What was never durable goes with a crash. */
  private gone(world: WorldView, { node, input, effects }: StepRecord): Finding | undefined {
    const [had, has] = [this.had.get(node), statesOf(world, node)];
    this.had.set(node, has);
    if (had === undefined || had === has || input.kind === 'crash' || input.kind === 'restart') return undefined;
    for (const channelId of had.keys()) {
      if (has.has(channelId)) continue;
      const told = effects.some(
        (effect) => effect.kind === 'notify' && effect.channelId === channelId && effect.event.kind === 'forgotten',
      );
      if (told || [...has.values()].some((state) => hasCommitments(state) && state.params.temporaryChannelId === channelId)) continue;
      return report(world, node, channelId, 'end-untold');
    }
    return undefined;
  }

  settled(world: WorldView): Finding | undefined {
    for (const node of world.nodeNames) {
      const heard = this.of(node);
      for (const [channelId, state] of statesOf(world, node)) {
        const kind = hasCommitments(state) ? left(channelId, state, heard) : undefined;
        if (kind !== undefined) return report(world, node, channelId, kind);
      }
    }
    return undefined;
  }

  private of(node: string): Set<string> {
    let heard = this.heard.get(node);
    if (heard === undefined) this.heard.set(node, (heard = new Set()));
    return heard;
  }
}

function sameOrigin(a: Origin, b: Origin): boolean {
  if (a.kind === 'own') return b.kind === 'own' && a.paymentId === b.paymentId && a.attempt === b.attempt && a.part === b.part;
  return b.kind === 'forward' && a.channelId === b.channelId && a.htlcId === b.htlcId;
}

/** An HTLC that it had offered is gone, and nothing says what became of it. That it was paid was said when its preimage came. */
function loses({ before, after }: Change): boolean {
  if (!hasCommitments(before) || !hasCommitments(after) || before.host.offered === after.host.offered) return false;
  return !before.host.offered.every(({ origin, preimage }) => preimage !== undefined || isKnown(after, origin));
}

/** It is still offered, or its outcome waits for the host. */
function isKnown({ host: { offered, events } }: WithCommitments, origin: Origin): boolean {
  return (
    offered.some((known) => sameOrigin(known.origin, origin)) ||
    events.some(({ event }) => 'origin' in event && sameOrigin(event.origin, origin))
  );
}

function left(channelId: ChannelId, state: WithCommitments, heard: ReadonlySet<string>): Kind | undefined {
  if (state.host.events.some(({ id }) => !heard.has(`event ${channelId} ${id}`))) return 'event-untold';
  const close = closeOf(state);
  if (close !== undefined) return heard.has(`closed ${channelId} ${close.txid}`) ? undefined : 'closing-untold';
  return state.phase === 'failed' && !heard.has(`failed ${channelId}`) ? 'failure-untold' : undefined;
}

function report(world: WorldView, node: string, channelId: ChannelId, kind: Kind): Finding {
  const message = `${node} ${WHAT[kind]}`;
  return finding(world, {
    oracle: 'told',
    rule: 'host',
    kind,
    node,
    channel: channelName(world, channelId),
    message,
    expected: 'told',
    actual: 'nothing',
  });
}
