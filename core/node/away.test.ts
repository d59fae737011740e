import { describe, expect, it } from 'vitest';
import { at } from '../chain/chain.fixture.ts';
import type { ChannelId, Script } from '../crypto/bytes.ts';
import type { NodeEffect } from './node-vocabulary.ts';
import { Pair } from './pair.fixture.ts';
import type { TestNode } from './pair.fixture.ts';

const P2WPKH = `0014${'aa'.repeat(20)}` as Script;
/** Blocks that a peer may owe an answer: `answerTimeoutBlocks`. */
const BOUND = 144;
/** Somebody else: that it is there shows that the node is. */
const bystander = new Pair().b.id;

/** One end wants to close, and its peer never answers. */
function closing(): { readonly a: TestNode; readonly pair: Pair; readonly channelId: ChannelId } {
  const pair = new Pair();
  pair.connect();
  const channelId = pair.open();
  pair.a.command({ kind: 'shutdown', channelId, script: P2WPKH });
  pair.disconnect();
  return { a: pair.a, pair, channelId };
}

/** So many blocks, one by one or all at once. */
function blocks(node: TestNode, count: number, atOnce = false): readonly NodeEffect[] {
  const end = node.state.tip.height + count;
  const effects: NodeEffect[] = [];
  for (let height = atOnce ? end : node.state.tip.height + 1; height <= end; height++) {
    const { tip: fork } = node.state;
    effects.push(...node.input({ kind: 'chain', fork, blocks: [], tip: at(height) }));
  }
  return effects;
}

describe('blocks that came while a node was away', () => {
  it.each([
    ['one by one', false],
    ['all at once', true],
  ])('are no delay of its peer, told %s', (_, atOnce) => {
    const { a, pair, channelId } = closing();
    blocks(a, 100);
    a.restart();
    // Again in the middle: what does not count is durable.
    blocks(a, 300, atOnce);
    a.restart();
    blocks(a, 300, atOnce);
    expect(a.channel(channelId).phase).toBe('funded');
    a.input({ kind: 'connected', peer: pair.b.id });
    blocks(a, BOUND - 100 - 1);
    expect(a.channel(channelId).phase).toBe('funded');
    blocks(a, 1);
    expect(a.channel(channelId)).toMatchObject({ phase: 'failed', failure: { rule: 'closing_signed.unanswered' } });
  });

  it('count as they did where the node had seen them before its crash', () => {
    const { a, channelId } = closing();
    const { height } = a.state.tip;
    for (let seen = 34; seen < BOUND; seen += 34) {
      blocks(a, height + seen - a.state.tip.height);
      expect(a.channel(channelId).phase).toBe('funded');
      a.restart();
      // It is told again what it had seen: no state was stored since.
      expect(a.state.tip).toEqual(at(height));
      a.input({ kind: 'connected', peer: bystander });
    }
    blocks(a, BOUND - 1);
    expect(a.channel(channelId).phase).toBe('funded');
    blocks(a, 1);
    expect(a.channel(channelId).phase).toBe('failed');
  });

  it('are at most two weeks: a node that finds nobody does not wait for ever', () => {
    const { a, channelId } = closing();
    a.restart();
    blocks(a, 2016 + BOUND - 1, true);
    expect(a.channel(channelId).phase).toBe('funded');
    blocks(a, BOUND - 1);
    expect(a.channel(channelId).phase).toBe('funded');
    blocks(a, 1);
    expect(a.channel(channelId).phase).toBe('failed');
  });

  it('tell the host of a late peer once', () => {
    const pair = new Pair();
    pair.connect();
    const channelId = pair.open();
    const { a, b } = pair;
    a.command({ kind: 'fee', channelId, feeratePerKw: 3000 });
    pair.disconnect();
    const late = (effects: readonly NodeEffect[]): number =>
      effects.filter((effect) => effect.kind === 'notify' && effect.event.kind === 'unanswered').length;
    expect(late(blocks(a, BOUND))).toBe(1);
    a.restart();
    expect(late(blocks(a, 1000, true))).toBe(0);
    a.input({ kind: 'connected', peer: b.id });
    expect(late(blocks(a, 300))).toBe(0);
  });
});
