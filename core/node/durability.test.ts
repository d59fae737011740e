import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { NodeEffect, NodeWord } from './node-vocabulary.ts';
import type { ChannelId, Script, SecretKey } from '../crypto/bytes.ts';
import type { Message } from '../wire/messages/index.ts';
import { Pair, preimageOf } from './pair.fixture.ts';
import type { TestNode } from './pair.fixture.ts';
import { ownPayment } from '../channel/model/origin.ts';

const fake = createFakeCrypto();
const onion = new Uint8Array(1366);

function opened(watchers: readonly string[] = []): {
  readonly pair: Pair;
  readonly a: TestNode;
  readonly b: TestNode;
  readonly id: ChannelId;
} {
  const pair = new Pair({ crypto: fake, b: { watchers } });
  pair.connect();
  const id = pair.open();
  return { pair, a: pair.a, b: pair.b, id };
}

function pay(node: TestNode, channelId: ChannelId, n: number): readonly NodeEffect[] {
  const { paymentHash } = preimageOf(n);
  return node.command({
    kind: 'add',
    channelId,
    origin: ownPayment(`0${n}`),
    amountMsat: 10_000_000n,
    paymentHash,
    cltvExpiry: 200,
    onion,
  });
}

/** What leaves a node, in short. */
function leaving(effects: readonly (NodeEffect | NodeWord)[]): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.kind === 'send') return [effect.message.type];
    if (effect.kind === 'htlc_irrevocable') return ['htlc_received'];
    if (effect.kind === 'notify') return [effect.event.kind === 'event' ? effect.event.event.kind : effect.event.kind];
    return effect.kind === 'broadcast' ? [`broadcast ${effect.purpose}`] : [];
  });
}

function outbox(node: TestNode, id: ChannelId): readonly string[] {
  return leaving(node.state.channels.get(id)?.outbox ?? []);
}

/** `b` has a's payment and signature, and its stores don't finish. */
function paused(watchers: readonly string[] = []) {
  const world = opened(watchers);
  const { pair, a, b, id } = world;
  pay(a, id, 1);
  b.holdStores = true;
  const start = b.log.length;
  pair.deliver(a);
  pair.deliver(a);
  return { ...world, start };
}

describe('a channel with an unfinished store', () => {
  it('lets nothing of it leave until the store is done, and then all in order', () => {
    const { b, id, start } = paused();
    expect(leaving(b.log.slice(start))).toEqual([]);
    expect(outbox(b, id)).toEqual(['revoke_and_ack', 'commitment_signed']);
    // One store for the revocation and the signature that answers: both are made in one step.
    expect(b.heldStores).toHaveLength(1);
    expect(leaving(b.finish(1))).toEqual(['revoke_and_ack', 'commitment_signed']);
    expect(outbox(b, id)).toEqual([]);
  });

  it('is released by a newer store too: that has all that an older one had', () => {
    const { b, id } = paused();
    b.command({ kind: 'shutdown', channelId: id, script: `0014${'0c'.repeat(20)}` as Script });
    const [older, newer] = b.heldStores.splice(0);
    if (older === undefined || newer === undefined) throw new Error('no stores');
    expect(leaving(b.input(newer))).toEqual(['revoke_and_ack', 'commitment_signed', 'shutdown']);
    const before = b.state;
    expect(b.input(older)).toEqual([]);
    expect(b.state).toBe(before);
    expect(b.state.channels.get(id)?.storedVersion).toBe(b.channel(id).durability.version);
  });

  it('waits for every watcher, whose acknowledgements count by contiguous prefix', () => {
    const { b } = paused(['near', 'far']);
    // Updates of the watchers: the new local commitment, then the peer's.
    expect(leaving(b.finish(9, 'state'))).toEqual([]);
    expect(leaving(b.finish(9, 'near'))).toEqual([]);
    const [first, second] = b.heldStores.splice(0);
    if (first === undefined || second === undefined) throw new Error('nothing was watched');
    expect(leaving(b.input(second))).toEqual([]);
    expect(leaving(b.input(first))).toEqual(['revoke_and_ack', 'commitment_signed']);
  });

  it('lets messages wait behind the first that waits, and notifications alike', () => {
    const { pair, a, b, id } = opened();
    pay(a, id, 1);
    pair.deliver(a);
    pair.deliver(a);
    pair.deliver(b);
    pair.deliver(b);
    b.holdStores = true;
    expect(a.outgoing.map((m) => m.type)).toEqual(['revoke_and_ack']);
    pair.deliver(a);
    expect(outbox(b, id)).toEqual(['htlc_received']);
    const later = pay(b, id, 2);
    expect(leaving(later)).toEqual([]);
    expect(outbox(b, id)).toEqual(['htlc_received', 'update_add_htlc', 'commitment_signed']);
    expect(leaving(b.finish(1))).toEqual(['htlc_received', 'update_add_htlc']);
    expect(leaving(b.finish(1))).toEqual(['commitment_signed']);
  });

  it('holds back no other channel, and no error, warning, ping or pong', () => {
    const { pair, a, b } = opened();
    const other = pair.open({ nth: 1 });
    const [id] = [...b.state.channels.keys()] as [ChannelId];
    pay(a, id, 1);
    b.holdStores = true;
    pair.deliver(a);
    pair.deliver(a);
    expect(leaving(b.hear(a.id, { type: 'ping', numPongBytes: 1, ignored: '' }))).toEqual(['pong']);
    b.holdStores = false;
    b.outgoing.length = 0;
    pay(a, other, 2);
    pair.deliver(a);
    pair.deliver(a);
    expect(b.outgoing.map((m) => m.type)).toContain('revoke_and_ack');
    expect(outbox(b, id)).toEqual(['revoke_and_ack', 'commitment_signed']);
    const unknown: Message = { type: 'stfu', channelId: id, initiator: 1 } as unknown as Message;
    expect(leaving(b.hear(a.id, unknown))).toEqual(['warning']);
    const perCommitmentSecret = '00'.repeat(32) as SecretKey;
    const wrong: Message = { type: 'revoke_and_ack', channelId: id, perCommitmentSecret, nextPerCommitmentPoint: a.id };
    expect(leaving(b.hear(a.id, wrong))).toContain('error');
  });
});

describe('a disconnect while stores are unfinished', () => {
  it('loses held messages and keeps what the host must hear', () => {
    const { pair, a, b, id } = opened();
    pay(a, id, 1);
    for (const node of [a, a, b, b]) pair.deliver(node);
    b.holdStores = true;
    pair.deliver(a);
    pay(b, id, 2);
    b.input({ kind: 'disconnected', peer: a.id });
    expect(outbox(b, id)).toEqual(['htlc_received']);
    expect(leaving(b.finish(9))).toEqual(['htlc_received']);
  });

  it('lets channel_reestablish wait for them, and nothing leave before the peer’s has come', () => {
    const { pair, a, b, id } = paused();
    pair.disconnect();
    expect(outbox(b, id)).toEqual([]);
    for (const [node, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      node.input({ kind: 'connected', peer: peer.id });
    }
    for (const node of [a, b]) expect(pair.deliver(node)?.type).toBe('init');
    expect(outbox(b, id)).toEqual(['channel_reestablish']);
    expect(b.outgoing).toEqual([]);
    // The peer's comes first: what is to be sent again waits behind our own.
    expect(pair.deliver(a)?.type).toBe('channel_reestablish');
    expect(outbox(b, id)).toEqual(['channel_reestablish', 'revoke_and_ack', 'commitment_signed']);
    expect(b.outgoing).toEqual([]);
    expect(leaving(b.finish(9))).toEqual(['channel_reestablish', 'revoke_and_ack', 'commitment_signed']);
    b.holdStores = false;
    pair.exchange();
    const [left, right] = pair.shared(id);
    expect(left).toEqual(right);
    expect(left.base.htlcs.opener).toHaveLength(1);
  });

  it('sends nothing new before the peer’s channel_reestablish', () => {
    const { pair, b, id } = opened();
    pair.disconnect();
    b.input({ kind: 'connected', peer: pair.a.id });
    pair.a.input({ kind: 'connected', peer: b.id });
    for (const node of [pair.a, b]) pair.deliver(node);
    expect(b.outgoing.map((m) => m.type)).toEqual(['channel_reestablish']);
    expect(leaving(pay(b, id, 2))).toEqual([]);
    expect(b.outgoing).toHaveLength(1);
  });
});

describe('a channel that fails while stores are unfinished', () => {
  it('never lets the revocation leave, though its store finishes later', () => {
    const { pair, a, b, id } = paused();
    const effects = b.command({ kind: 'force_close', channelId: id });
    expect(leaving(effects)).toEqual(['error']);
    const state = b.channel(id);
    if (state.phase !== 'failed') throw new Error(state.phase);
    expect(leaving(b.finish(9))).toEqual(['broadcast commitment', 'failed']);
    expect(outbox(b, id)).toEqual([]);
    // What is broadcast is the commitment that the held message would have made current.
    expect(state.shared.commitments.accepter.current.number).toBe(1n);
    pair.disconnect();
    pair.connect();
    const sent = b.log.flatMap((effect) => (effect.kind === 'send' ? [effect.message.type] : []));
    expect(sent).not.toContain('revoke_and_ack');
    expect(sent.filter((type) => type === 'error').length).toBeGreaterThan(1);
    expect(a.channel(id).phase).toBe('failed');
  });

  it('broadcasts once its own store is done, whatever a watcher still owes', () => {
    const { b, id } = paused(['near']);
    b.command({ kind: 'force_close', channelId: id });
    expect(leaving(b.finish(9, 'state'))).toEqual(['broadcast commitment']);
    expect(leaving(b.finish(9, 'near'))).toEqual(['failed']);
  });
});

describe('preimages', () => {
  it('reach every watcher before the peer', () => {
    const { pair, a, b, id } = opened(['near', 'far']);
    pay(a, id, 1);
    pair.exchange();
    b.holdStores = true;
    expect(leaving(b.command({ kind: 'fulfill', channelId: id, id: 0n, preimage: preimageOf(1).preimage }))).toEqual([]);
    expect(outbox(b, id)).toEqual(['update_fulfill_htlc', 'commitment_signed']);
    expect(leaving(b.finish(9, 'state'))).toEqual([]);
    expect(leaving(b.finish(1, 'near'))).toEqual([]);
    expect(leaving(b.finish(1, 'far'))).toEqual([]);
    expect(leaving(b.finish(9))).toEqual(['update_fulfill_htlc', 'commitment_signed']);
  });
});

describe('any order in which stores and watchers finish', () => {
  it('leads both sides to the same end', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { pair, a, b, id } = opened(['near', 'far']);
      let random = seed * 2654435761;
      const next = (below: number): number => {
        random = (random * 1103515245 + 12345) % 2147483648;
        return random % below;
      };
      b.holdStores = true;
      for (let n = 1; n <= 3; n++) {
        pay(a, id, n);
        pay(b, id, n + 3);
      }
      for (let steps = 0; steps < 200; steps++) {
        const choice = next(3);
        if (choice === 0) pair.deliver(a);
        else if (choice === 1) pair.deliver(b);
        else if (b.heldStores.length > 0) b.input(b.heldStores.splice(next(b.heldStores.length), 1)[0] as never);
      }
      while (b.heldStores.length > 0) {
        b.finish(99);
        pair.exchange();
      }
      pair.exchange();
      const [left, right] = pair.shared(id);
      expect(left).toEqual(right);
      expect([left.base.htlcs.opener.length, left.base.htlcs.accepter.length]).toEqual([3, 3]);
      const sent = b.log.flatMap((effect) => (effect.kind === 'send' ? [effect.message.type] : []));
      expect(sent).not.toContain('error');
    }
  });
});
