import { describe, expect, it } from 'vitest';
import type { Tx } from '../../bitcoin/tx.ts';
import type { NodeEffect } from '../node-vocabulary.ts';
import type { TestNode } from '../pair.fixture.ts';
import { preimageOf } from '../pair.fixture.ts';
import { Chained } from './chained.fixture.ts';

const TRIMMED_MSAT = 300_000n;

/** A pays C over B, and C has the HTLC. */
function forwarded(amountMsat = 10_000_000n): Chained {
  const line = new Chained(3);
  line.pay(1, { amountMsat });
  line.carryOut();
  expect(line.received()).toHaveLength(1);
  return line;
}

function close(line: Chained, channel: number, by: TestNode): void {
  line.disconnect(channel);
  by.command({ kind: 'force_close', channelId: line.channelId(channel) });
  line.carryOut();
}

/** Mines until something is so, and no longer than a year. */
function mineUntil(line: Chained, isSo: () => boolean, each: () => void = () => undefined): number {
  for (let blocks = 0; blocks < 2000; blocks++) {
    if (isSo()) return blocks;
    line.mine();
    each();
  }
  throw new Error('it never came to that');
}

function claimsOf(node: TestNode): readonly Extract<NodeEffect, { kind: 'claim' }>[] {
  return node.log.filter((effect) => effect.kind === 'claim');
}

function bytesOf(txs: readonly Tx[]): string {
  return JSON.stringify(txs, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** So many of the forwarder's stores were durable; it comes back, and reads the chain again. */
function die(line: Chained, durable: number): void {
  line.node(1).finish(durable);
  line.restart(1);
  line.node(1).input(line.chain.history());
  line.connect(0);
  line.carryOut();
}

describe('an outgoing channel that ended on the chain', () => {
  it.each([1, 2] as const)('with a preimage that the next node shows there, pays the incoming one at once (closed by node %i)', (by) => {
    const line = forwarded();
    close(line, 1, line.node(by));
    line.mine();
    line.claim(1);
    line.carryOut();
    expect(mineUntil(line, () => line.outcomes().length > 0)).toBeLessThan(3);
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_sent', preimage: preimageOf(1).preimage }]);
  });

  it.each([1, 2] as const)('without one, fails the incoming one when its timeout is safe, and no earlier (closed by node %i)', (by) => {
    const line = forwarded();
    const expiry = line.node(2).state.tip.height + 40;
    close(line, 1, line.node(by));
    mineUntil(line, () => line.outcomes().length > 0);
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_failed' }]);
    // The timeout is in the block after the expiry at the earliest, and counts as safe six blocks deep.
    expect(line.chain.height).toBeGreaterThanOrEqual(expiry + 6);
    expect(line.chain.height).toBeLessThan(expiry + 12);
  });

  it('in whose commitment the HTLC has no output fails it when that commitment is safe', () => {
    const line = forwarded(TRIMMED_MSAT);
    close(line, 1, line.node(1));
    expect(mineUntil(line, () => line.outcomes().length > 0)).toBeLessThan(8);
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_failed' }]);
  });

  it('pays the incoming one by a preimage in a mempool, before any block has it', () => {
    const line = forwarded();
    close(line, 1, line.node(2));
    line.mine();
    line.claim(1);
    line.carryOut();
    for (const tx of line.chain.mempool) line.node(1).input({ kind: 'seen', tx });
    line.carryOut();
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_sent' }]);
  });
});

describe('a channel that ended on the chain', () => {
  it('is forgotten by both when everything is a hundred deep, and each has what was its own', () => {
    const line = forwarded();
    close(line, 1, line.node(1));
    line.mine();
    line.claim(1);
    line.carryOut();
    const [, b, c] = line.nodes as readonly [TestNode, TestNode, TestNode];
    mineUntil(line, () => [b, c].every((node) => !node.state.channels.has(line.channelId(1))));
    expect([b.disk.has(line.channelId(1)), b.watcherRecords.has(line.channelId(1))]).toEqual([false, false]);
    // 700,000 and 300,000 of a million, less fees; C had 10,000 more.
    expect(line.earnedSat(b)).toBeGreaterThan(680_000n);
    expect(line.earnedSat(c)).toBeGreaterThan(307_000n);
    expect(line.earnedSat(b) + line.earnedSat(c)).toBeLessThan(1_000_000n);
  });

  it('comes to the same with a forwarder that dies between any two of its stores, and says the same bytes', () => {
    const lines = [false, true].map((dies) => {
      const line = new Chained(3);
      for (const n of [1, 2]) line.pay(n);
      line.carryOut();
      const b = line.node(1);
      close(line, 1, b);
      line.mine();
      line.claim(1, 0n);
      line.carryOut();
      for (let deaths = 0; line.outcomes().length < 2 || b.state.channels.has(line.channelId(1)); line.mine()) {
        const stores = b.heldStores.length;
        if (dies && stores > 0) die(line, deaths++ % (stores + 1));
        b.holdStores = dies;
      }
      return line;
    });
    const [plain, died] = lines as [Chained, Chained];
    expect(died.outcomes()).toEqual(plain.outcomes());
    expect(died.earnedSat(died.node(1))).toBe(plain.earnedSat(plain.node(1)));
    const versions = lines.map((line) => new Set(claimsOf(line.node(1)).map(({ txs }) => bytesOf(txs))));
    expect(versions[1]).toEqual(versions[0]);
  });

  it('ends with nothing for who broadcasts what it has revoked', () => {
    const line = new Chained(2);
    line.pay(1);
    line.carryOut();
    const [a, b] = line.nodes as readonly [TestNode, TestNode];
    const { state } = b;
    line.claim(1);
    line.carryOut();
    line.pay(2);
    line.carryOut();
    line.disconnect(0);
    // B comes back with an old state, and closes.
    line.asleep.add(a);
    b.state = state;
    b.command({ kind: 'force_close', channelId: line.channelId(0) });
    line.carryOut();
    line.mine();
    line.wake(a);
    mineUntil(line, () => !a.state.channels.has(line.channelId(0)));
    expect(line.earnedSat(b)).toBeLessThan(1000n);
    expect(line.earnedSat(a)).toBeGreaterThan(980_000n);
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_sent' }, { kind: 'payment_failed' }]);
  });

  it('waits for coins where its transactions can’t pay for themselves, and says so with the deadline', () => {
    const line = forwarded();
    const b = line.node(1);
    line.poor.add(b);
    b.input({ kind: 'feerate', feeratePerKw: 5000 });
    close(line, 1, b);
    const asked = b.log.find((effect) => effect.kind === 'ask_coins');
    expect(asked).toMatchObject({ kind: 'ask_coins', deadline: expect.any(Number) as number });
    expect(claimsOf(b)).toEqual([]);
    if (asked?.kind !== 'ask_coins') throw new Error('no coins were asked for');
    const { channelId, claim, amountSat } = asked;
    b.input({ kind: 'coins', channelId, claim, coins: [line.coin(b, amountSat)] });
    expect(claimsOf(b)).toMatchObject([{ claim: 'commitment', txs: [{}, {}], coins: [{ amountSat }] }]);
  });
});

describe('what a watcher does', () => {
  it('asks for coins once, while the question waits for a store, however much more is needed', () => {
    const line = forwarded();
    const b = line.node(1);
    b.holdStores = true;
    close(line, 1, b);
    for (const feeratePerKw of [5000, 10_000, 15_000]) b.input({ kind: 'feerate', feeratePerKw });
    b.finish(Infinity, 'state');
    const asked = b.log.filter((effect) => effect.kind === 'ask_coins');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.amountSat).toBeGreaterThan(10_000n);
  });

  it('leaves when it is durable with its channel, and not before', () => {
    const line = forwarded();
    const b = line.node(1);
    close(line, 1, line.node(2));
    b.holdStores = true;
    line.mine();
    expect(claimsOf(b)).toEqual([]);
    b.finish(Infinity, 'state');
    expect(claimsOf(b).map(({ claim }) => claim)).toEqual(['to_remote']);
  });
});
