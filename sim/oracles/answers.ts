import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { channelName, channelOf, messageOf, nameOf } from '../world/channel-changes.ts';
import { finding } from './difference.ts';

const ORACLE = 'answers';
const KINDS = ['channel_reestablish-unanswered'] as const;

/**
 * BOLT 2, Message Retransmission: who says channel_reestablish waits for the peer's, or for an error that says why none comes. Of no channel is
 * it answered by silence, whatever has become of it.
 */
export function createAnswers(): Oracle {
  return new Answers();
}

/** Of one connection, by the node at its end: what it was asked, and what it has answered. */
interface Asked {
  readonly node: string;
  readonly peer: string;
  readonly asked: Set<ChannelId>;
  readonly answered: Set<ChannelId>;
}

class Answers implements Oracle {
  readonly name = ORACLE;
  readonly kinds = KINDS;
  /** By the names of both ends. */
  private readonly ends: Map<string, Asked>;

  constructor(from?: Answers) {
    this.ends = new Map();
    for (const [key, { asked, answered, ...end }] of from?.ends ?? [])
      this.ends.set(key, { ...end, asked: new Set(asked), answered: new Set(answered) });
  }

  fork(): Oracle {
    return new Answers(this);
  }

  step(world: WorldView, { node, input, effects }: StepRecord): undefined {
    if (input.kind === 'connected' || input.kind === 'disconnected') this.ends.delete(`${node} ${world.nodeName(input.peer)}`);
    if (input.kind === 'crash') for (const [key, end] of this.ends) if (end.node === node) this.ends.delete(key);
    if (input.kind === 'received' && nameOf(input.bytes) === 'channel_reestablish') {
      const message = messageOf(input.bytes);
      if (message?.type === 'channel_reestablish') this.end(node, world.nodeName(input.peer)).asked.add(message.channelId);
    }
    for (const effect of effects) {
      if (effect.kind !== 'send') continue;
      const name = nameOf(effect.bytes);
      if (name === 'channel_reestablish' || name === 'error') this.end(node, world.nodeName(effect.peer)).answered.add(channelOf(effect));
    }
  }

  private end(node: string, peer: string): Asked {
    const key = `${node} ${peer}`;
    const known = this.ends.get(key);
    if (known !== undefined) return known;
    const end = { node, peer, asked: new Set<ChannelId>(), answered: new Set<ChannelId>() };
    this.ends.set(key, end);
    return end;
  }

  settled(world: WorldView): Finding | undefined {
    // What an adversary says is nobody's to answer.
    if (world.licences.has('adversary')) return undefined;
    for (const { node, peer, asked, answered } of this.ends.values()) {
      if (!world.connected(node, peer)) continue;
      for (const channelId of asked) {
        if (answered.has(channelId)) continue;
        return finding(world, {
          oracle: ORACLE,
          rule: 'channel_reestablish.answer',
          kind: 'channel_reestablish-unanswered',
          node,
          channel: channelName(world, channelId),
          message: `${node} left ${peer}'s channel_reestablish without an answer`,
          expected: 'channel_reestablish or an error',
          actual: 'nothing',
        });
      }
    }
    return undefined;
  }
}
