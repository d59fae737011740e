import { describe, expect, it } from 'vitest';
import { nextDeadline } from '../time/deadlines.ts';
import { ownPayment } from '../channel/model/origin.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import type { NodeEffect } from './node-vocabulary.ts';
import { Pair, preimageOf } from './pair.fixture.ts';
import type { TestNode } from './pair.fixture.ts';

const MINUTE = 60_000;

function living(): { readonly pair: Pair; readonly a: TestNode; readonly b: TestNode; readonly channelId: ChannelId } {
  const pair = new Pair();
  pair.connect();
  const channelId = pair.open();
  return { pair, a: pair.a, b: pair.b, channelId };
}

function pay({ a, channelId }: ReturnType<typeof living>): void {
  const { paymentHash } = preimageOf(1);
  const origin = ownPayment('01');
  a.command({ kind: 'add', channelId, origin, amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion: new Uint8Array(1366) });
}

function hungUp(effects: readonly NodeEffect[]): string | undefined {
  const effect = effects.find(({ kind }) => kind === 'disconnect');
  return effect?.kind === 'disconnect' ? effect.reason : undefined;
}

describe('a connected peer that owes an answer', () => {
  it('is hung up on after a minute, and not before; its channel lives on', () => {
    const nodes = living();
    const { a, channelId } = nodes;
    expect(nextDeadline(a.state)).toBeUndefined();
    pay(nodes);
    expect(nextDeadline(a.state)).toBe(MINUTE);
    expect(a.input({ kind: 'time', nowMs: MINUTE - 1 })).toEqual([]);
    const effects = a.input({ kind: 'time', nowMs: MINUTE });
    expect(hungUp(effects)).toBe(`node.silent_peer: no revoke_and_ack for channel ${channelId}`);
    expect(effects.map(({ kind }) => kind)).toEqual(['violated', 'send', 'disconnect']);
    expect(a.channel(channelId)).toMatchObject({ phase: 'funded', lifecycle: { connection: 'disconnected' } });
    expect([a.state.peers.size, nextDeadline(a.state)]).toEqual([0, undefined]);
  });

  it('has a minute for each answer: what comes ends the wait, and nothing else does', () => {
    const nodes = living();
    const { a, b, pair } = nodes;
    pay(nodes);
    a.input({ kind: 'time', nowMs: 40_000 });
    for (const message of a.outgoing.splice(0)) b.hear(a.id, message);
    a.hear(b.id, { type: 'ping', numPongBytes: 1, ignored: '' });
    expect(nextDeadline(a.state)).toBe(MINUTE);
    const [revocation] = b.outgoing.splice(0, 1);
    if (revocation !== undefined) a.hear(b.id, revocation);
    expect(nextDeadline(a.state)).toBe(40_000 + MINUTE);
    pair.exchange();
    expect(nextDeadline(a.state)).toBeUndefined();
  });

  it('is not at fault while our own disk holds back what it is to answer', () => {
    const nodes = living();
    const { a } = nodes;
    a.holdStores = true;
    pay(nodes);
    expect(a.input({ kind: 'time', nowMs: MINUTE })).toEqual([]);
    expect(nextDeadline(a.state)).toBe(2 * MINUTE);
    a.finish(10);
    expect(hungUp(a.input({ kind: 'time', nowMs: 2 * MINUTE }))).toContain('no revoke_and_ack');
  });

  it('owes channel_reestablish, too', () => {
    const { a, b, channelId, pair } = living();
    a.input({ kind: 'disconnected', peer: b.id });
    a.input({ kind: 'connected', peer: b.id });
    b.input({ kind: 'disconnected', peer: a.id });
    b.input({ kind: 'connected', peer: a.id });
    const [init] = b.outgoing.splice(0);
    expect(nextDeadline(a.state)).toBeUndefined();
    if (init !== undefined) a.hear(b.id, init);
    expect(nextDeadline(a.state)).toBe(MINUTE);
    expect(hungUp(a.input({ kind: 'time', nowMs: MINUTE }))).toBe(`node.silent_peer: no channel_reestablish for channel ${channelId}`);
    expect(pair.a.channel(channelId).phase).toBe('funded');
  });
});
