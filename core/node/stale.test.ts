import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { ChannelId, Script } from '../crypto/bytes.ts';
import { Pair, preimageOf } from './pair.fixture.ts';
import type { TestNode } from './pair.fixture.ts';
import { ownPayment } from '../channel/model/origin.ts';

interface World {
  readonly pair: Pair;
  readonly id: ChannelId;
}

/** The accepter's disk has gone back to before a payment, by which it has revoked what it then brings back. */
function stale(): World {
  const pair = new Pair({ crypto: createFakeCrypto() });
  pair.connect();
  const id = pair.open();
  const old = pair.b.channel(id);
  const { paymentHash } = preimageOf(1);
  const onion = new Uint8Array(1366);
  pair.a.command({ kind: 'add', channelId: id, origin: ownPayment('01'), amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion });
  pair.exchange();
  pair.disconnect();
  pair.b.disk.set(id, old);
  pair.b.restart();
  return { pair, id };
}

function commitmentsOf(node: TestNode): number {
  return node.log.filter((effect) => effect.kind === 'broadcast' && effect.purpose === 'commitment').length;
}

function expectSafe({ pair, id }: World): void {
  const state = pair.b.channel(id);
  expect(state).toMatchObject({ phase: 'failed', failure: { reason: 'we have lost data: please fail the channel' } });
  expect(commitmentsOf(pair.b)).toBe(0);
  expect(state).toMatchObject({ phase: 'failed', failure: { commitmentToBroadcast: undefined } });
}

describe('a node that came back with an old state broadcasts nothing that it has revoked', () => {
  it('when its peer goes on', () => {
    const world = stale();
    world.pair.connect();
    expectSafe(world);
    expect(world.pair.a.channel(world.id).phase).toBe('failed');
    expect(commitmentsOf(world.pair.a)).toBe(1);
  });

  it('when its peer has failed the channel while it was away', () => {
    const world = stale();
    world.pair.a.command({ kind: 'force_close', channelId: world.id });
    world.pair.connect();
    expectSafe(world);
  });

  it('when its own error had failed the channel at its peer', () => {
    const { pair, id } = stale();
    pair.a.input({ kind: 'connected', peer: pair.b.id });
    pair.b.input({ kind: 'connected', peer: pair.a.id });
    for (const init of pair.b.outgoing.splice(0)) pair.a.hear(pair.b.id, init);
    pair.a.hear(pair.b.id, { type: 'error', channelId: id, data: '' });
    expect(pair.a.channel(id)).toMatchObject({ phase: 'failed', failure: { reason: 'the peer sent an error' } });
    pair.disconnect();
    pair.connect();
    expectSafe({ pair, id });
  });

  it('when the proof comes while what it would broadcast waits for a store', () => {
    const { pair, id } = stale();
    pair.b.holdStores = true;
    pair.b.command({ kind: 'force_close', channelId: id });
    expect(pair.b.channel(id)).toMatchObject({ phase: 'failed', failure: { reason: 'closed by its owner' } });
    pair.connect();
    pair.exchange();
    expect(pair.b.channel(id)).toMatchObject({ failure: { commitmentToBroadcast: undefined } });
    pair.b.finish(99);
    expect(commitmentsOf(pair.b)).toBe(0);
  });

  it('when its peer’s channel_reestablish waits for a store, and the peer fails meanwhile', () => {
    const world = stale();
    const { a } = world.pair;
    a.holdStores = true;
    a.command({ kind: 'shutdown', channelId: world.id, script: `0014${'a1'.repeat(20)}` as Script });
    world.pair.connect();
    a.command({ kind: 'force_close', channelId: world.id });
    world.pair.exchange();
    expect(world.pair.b.channel(world.id).phase).toBe('funded');
    a.finish(99);
    world.pair.exchange();
    expectSafe(world);
  });
});
