import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { EMPTY_SCRIPT } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { NodeEffect, NodeWord } from './node-vocabulary.ts';
import type { FundedState } from '../channel/model/state.ts';
import type { ChannelId, Script } from '../crypto/bytes.ts';
import type { DurableNode } from './node-vocabulary.ts';
import { at, block, input, taken } from '../chain/chain.fixture.ts';
import { fundingDepth, statusOf } from '../channel/model/ending.ts';
import { onlyFunding } from '../channel/model/fundings.ts';
import { Pair, preimageOf, TestNode } from './pair.fixture.ts';
import { restoreNode } from './restore.ts';
import { ownPayment } from '../channel/model/origin.ts';

const fake = createFakeCrypto();
const onion = new Uint8Array(1366);
const SCRIPT = `0014${'a1'.repeat(20)}` as Script;

interface World {
  readonly pair: Pair;
  readonly a: TestNode;
  readonly b: TestNode;
  readonly id: ChannelId;
}

function opened(watchers: readonly string[] = ['near', 'far']): World {
  const pair = new Pair({ crypto: fake, a: { watchers }, b: { watchers } });
  pair.connect();
  const id = pair.open();
  return { pair, a: pair.a, b: pair.b, id };
}

function pay(node: TestNode, channelId: ChannelId, n: number): void {
  const { paymentHash } = preimageOf(n);
  node.command({ kind: 'add', channelId, origin: ownPayment(`0${n}`), amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion });
}

function fulfill(node: TestNode, channelId: ChannelId, id: bigint, n: number): void {
  node.command({ kind: 'fulfill', channelId, id, preimage: preimageOf(n).preimage });
}

function acknowledge(node: TestNode, channelId: ChannelId): void {
  for (const { id } of node.channel(channelId).host.events) node.command({ kind: 'acknowledge', channelId, eventId: id });
}

function funded(node: TestNode, id: ChannelId): FundedState {
  const state = node.channel(id);
  if (state.phase !== 'funded') throw new Error(state.phase);
  return state;
}

function told(effects: readonly (NodeEffect | NodeWord)[]): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'notify') return [];
    const { event } = effect;
    if (event.kind === 'event') return [`${event.id} ${event.event.kind}`];
    return [event.kind === 'htlc_received' ? `htlc_received ${event.add.id}` : event.kind];
  });
}

function broadcasts(effects: readonly NodeEffect[]): readonly (readonly [string, Tx])[] {
  return effects.flatMap((effect) => (effect.kind === 'broadcast' ? [[effect.purpose, effect.tx] as const] : []));
}

/** All that it does when it comes back, what waited for watchers included. */
function restarted(node: TestNode): readonly NodeEffect[] {
  const start = node.log.length;
  node.restart();
  return node.log.slice(start);
}

/** Connects again and lets everything come to rest. */
function settle({ pair, a, b }: World): void {
  for (const node of [a, b]) {
    node.holdStores = false;
    node.finish(99);
  }
  pair.disconnect();
  pair.connect();
}

/** The same channel after a mutual close. */
function closedOf(state: FundedState): FundedState {
  const { txid, vout } = onlyFunding(state).output;
  const close: Tx = {
    version: 2,
    locktime: 0,
    inputs: [{ txid, vout, sequence: 0xffffffff, scriptSig: EMPTY_SCRIPT, witness: [] }],
    outputs: [],
  };
  const { tip } = state.chain;
  const next = at(tip.height + 1);
  return { ...state, chain: taken(state.chain, input(tip, next, block(next, close))) };
}

describe('a node that comes back', () => {
  it('is what was durable, with nothing connected', () => {
    const { a, b, id, pair } = opened();
    pay(a, id, 1);
    pair.exchange();
    const before = funded(b, id);
    b.restart();
    expect(funded(b, id)).toEqual({
      ...before,
      lifecycle: { ...before.lifecycle, connection: 'disconnected' },
      durability: { ...before.durability, pendingMonitor: [] },
    });
    expect(b.state).toMatchObject({ tip: a.state.tip, feeratePerKw: 2500, peers: new Map(), openings: new Map() });
    expect(b.state.channels.get(id)?.storedVersion).toBe(before.durability.version);
    expect(b.state.channels.get(id)?.outbox).toEqual([]);
  });

  it('has lost what was not', () => {
    const { pair, a, b, id } = opened();
    b.holdStores = true;
    const before = funded(b, id);
    pay(a, id, 1);
    pair.exchange();
    expect(funded(b, id).durability.version).toBeGreaterThan(before.durability.version);
    b.restart();
    expect(funded(b, id)).toMatchObject({ durability: { version: before.durability.version }, shared: before.shared });
  });

  it('has lost updates of the peer that it had not signed for, and kept its own', () => {
    const { pair, a, b, id } = opened();
    pay(a, id, 1);
    pay(b, id, 2);
    pay(b, id, 3);
    // The peer's update, not its signature; a store for another reason has both sides' updates in it.
    pair.deliver(a);
    b.command({ kind: 'shutdown', channelId: id, script: SCRIPT });
    expect(funded(b, id).shared.logs).toMatchObject({ opener: [{ id: 0n }], accepter: [{ id: 0n }, { id: 1n }] });
    b.restart();
    expect(funded(b, id).shared.logs).toMatchObject({ opener: [], accepter: [{ id: 0n }, { id: 1n }] });
  });

  it('gives watchers again what they have not acknowledged, and holds its messages until they have', () => {
    const { a, b, id, pair } = opened();
    pair.exchange();
    b.holdStores = true;
    pay(a, id, 1);
    pair.exchange();
    b.finish(99, 'state');
    b.finish(1, 'near');
    const { pendingMonitor } = funded(b, id).durability;
    const effects = b.restart();
    const replayed = effects.flatMap((effect) => (effect.kind === 'monitor' ? [`${effect.watcher} ${effect.id}`] : []));
    // The newest stored state does not know of acknowledgements that came after it.
    expect(replayed).toEqual(pendingMonitor.flatMap(({ id: update }) => [`near ${update}`, `far ${update}`]));
    expect(told(effects)).toEqual([]);
    expect(told([...(b.state.channels.get(id)?.outbox ?? [])])).toEqual(['1 channel_usable', 'opened']);
    expect(told(b.finish(99))).toEqual(['1 channel_usable', 'opened']);
    expect(funded(b, id).durability.pendingMonitor).toEqual([]);
  });

  it('fails what a watcher is ahead of, without a broadcast, and takes back no number', () => {
    const { a, b, id, pair } = opened();
    const old = b.disk.get(id);
    if (old === undefined) throw new Error('nothing is stored');
    const { nextMonitorId } = funded(b, id).durability;
    pay(a, id, 1);
    pair.exchange();
    const newest = funded(b, id).durability.nextMonitorId;
    expect(newest).toBeGreaterThan(nextMonitorId);
    b.disk.set(id, old);
    expect(broadcasts(b.restart())).toEqual([]);
    expect(b.channel(id)).toMatchObject({
      phase: 'failed',
      failure: { reason: 'a watcher knows of a newer state', commitmentToBroadcast: undefined },
      durability: { nextMonitorId: newest },
    });
  });

  it('asks nothing of what watchers hold of other channels', () => {
    const { b, id } = opened();
    const { nextMonitorId } = funded(b, id).durability;
    const other = [...b.watcherIds.values()].map((w) => ({ ...w, channelId: 'ff'.repeat(32) as ChannelId, id: 1000 }));
    const watcherIds = [...b.watcherIds.values(), ...other];
    const { state } = restoreNode(b.env, { channels: [funded(b, id)], watcherIds, tip: at(1), feeratePerKw: 1, nowMs: 0 });
    expect(state.channels.get(id)?.state).toMatchObject({ phase: 'funded', durability: { nextMonitorId } });
  });

  describe('with other watchers than before', () => {
    /** Its node stops while a payment waits for both watchers; the near one has everything before. */
    function stopped(): World & { readonly comeBack: (watchers: readonly string[], watcherIds: DurableNode['watcherIds']) => TestNode } {
      const world = opened();
      const { a, b, id, pair } = world;
      b.holdStores = true;
      pay(a, id, 1);
      pair.exchange();
      b.finish(99, 'state');
      const channels = [...b.disk.values()];
      const comeBack: ReturnType<typeof stopped>['comeBack'] = (watchers, watcherIds) => {
        const env = { ...b.env, config: { ...b.env.config, watchers } };
        const { state } = restoreNode(env, { channels, watcherIds, tip: b.state.tip, feeratePerKw: 2500, nowMs: 0 });
        const node = new TestNode(fake, 0x0b, { watchers });
        node.state = state;
        return node;
      };
      return { ...world, comeBack };
    }

    it('waits for none that is configured no longer', () => {
      const { b, id, comeBack } = stopped();
      const near = [...b.watcherIds.values()].find(({ watcher }) => watcher === 'near');
      expect(funded(b, id).durability.pendingMonitor.map(({ waiting }) => waiting)).toContainEqual(['near', 'far']);
      const one = comeBack(['near'], [near as DurableNode['watcherIds'][number]]);
      expect(funded(one, id).durability.pendingMonitor.every(({ waiting }) => waiting.join() === 'near')).toBe(true);
      expect(funded(one, id).durability.pendingMonitor).not.toEqual([]);
      const none = comeBack([], []);
      expect(funded(none, id).durability.pendingMonitor).toEqual([]);
      expect(none.state.channels.get(id)?.outbox).toEqual([]);
    });

    it('refuses a new one that it could not tell everything, until that holds a copy', () => {
      const { b, id, comeBack } = stopped();
      const held = [...b.watcherIds.values()];
      const copy = { ...(held[0] as DurableNode['watcherIds'][number]), watcher: 'new' };
      expect(() => comeBack(['near', 'far', 'new'], held)).toThrow(`the watcher 'new' knows nothing of channel ${id}`);
      expect(funded(comeBack(['near', 'far', 'new'], [...held, copy]), id).phase).toBe('funded');
      // Nor had anybody else what it would need.
      const alone = opened([]);
      const channels = [funded(alone.b, alone.id)];
      const env = { ...alone.b.env, config: { ...alone.b.env.config, watchers: ['first'] } };
      expect(() => restoreNode(env, { channels, watcherIds: [], tip: at(1), feeratePerKw: 1, nowMs: 0 })).toThrow('knows nothing');
      // Nobody watches a channel that is closed.
      const closed = closedOf(funded(alone.b, alone.id));
      expect(() => restoreNode(env, { channels: [closed], watcherIds: [], tip: at(1), feeratePerKw: 1, nowMs: 0 })).not.toThrow();
    });

    it('takes one that has acknowledged nothing yet', () => {
      const pair = new Pair({ crypto: fake, a: { watchers: ['slow'] } });
      pair.connect();
      pair.a.holdStores = true;
      pair.fund();
      pair.a.finish(99, 'state');
      expect([pair.a.disk.size, pair.a.watcherIds.size]).toEqual([1, 0]);
      expect(() => pair.a.restart()).not.toThrow();
    });
  });

  it('tells events again until they are acknowledged', () => {
    const { pair, a, b, id } = opened();
    pay(a, id, 1);
    pair.exchange();
    fulfill(b, id, 0n, 1);
    pair.exchange();
    expect(told(restarted(a))).toEqual(['1 channel_usable', '2 payment_sent', 'opened']);
    acknowledge(a, id);
    expect(funded(a, id).host.events).toEqual([]);
    // Acknowledgements are durable with the next store.
    expect(told(restarted(a))).toEqual(['1 channel_usable', '2 payment_sent', 'opened']);
    settle({ pair, a, b, id });
    acknowledge(a, id);
    pay(a, id, 2);
    pair.exchange();
    expect(told(restarted(a))).toEqual(['opened']);
    expect(funded(a, id).host.nextEventId).toBe(3);
  });

  it('tells again that a channel has failed: the notice waits for watchers, and may have been lost with them', () => {
    const { a, id } = opened();
    a.holdStores = true;
    const told0 = told(a.command({ kind: 'force_close', channelId: id }));
    a.finish(1, 'state');
    expect(told0).toEqual([]);
    a.holdStores = false;
    expect(told(restarted(a))).toContain('failed');
  });

  it('presents incoming HTLCs again that nobody has resolved', () => {
    const { pair, a, b, id } = opened();
    for (const n of [1, 2, 3]) pay(a, id, n);
    pay(b, id, 4);
    pair.exchange();
    fulfill(b, id, 1n, 2);
    b.command({ kind: 'fail', channelId: id, id: 0n, reason: '' });
    expect(told(restarted(b))).toEqual(['1 channel_usable', 'opened', 'htlc_received 0', 'htlc_received 2']);
    // The failure was not durable; the fulfilment was, and is not asked for again.
    expect(funded(b, id).shared.logs.accepter).toMatchObject([{ kind: 'fulfill', id: 1n }]);
    settle({ pair, a, b, id });
    expect(funded(a, id).shared.base.htlcs.opener.map((h) => h.id)).toEqual([0n, 2n]);
  });

  it('watches its funding, and broadcasts it again while it is not confirmed', () => {
    const pair = new Pair({ crypto: fake });
    pair.connect();
    const { channelId, tx } = pair.fund();
    const effects = pair.a.restart();
    expect(broadcasts(effects)).toEqual([['funding', tx]]);
    const [funding] = funded(pair.a, channelId).fundings;
    expect(effects).toContainEqual({ kind: 'watch_tx', txid: funding?.output.txid, channelId });
    expect(effects).toContainEqual({ kind: 'watch_spend', txid: funding?.output.txid, vout: 0, channelId });
    expect(broadcasts(pair.b.restart())).toEqual([]);
    pair.connect();
    pair.block([tx]);
    expect(broadcasts(pair.a.restart())).toEqual([]);
  });

  it('goes on in the chain from the lowest block that any of its channels was stored at, and so sees what was reorganised meanwhile', () => {
    const { b, id } = opened();
    const { chain } = funded(b, id);
    const { tip } = b.state;
    const later = at(tip.height + 2);
    b.input(input(tip, later));
    expect(funded(b, id).chain.tip).toEqual(later);
    b.restart();
    expect(b.state.tip).toEqual(chain.tip);
    expect(b.input(input(later, at(later.height + 1)))).toMatchObject([
      { kind: 'chain_refused', refusal: { misfit: 'hole', resumeAt: chain.tip } },
    ]);
    const [confirmed] = chain.transactions;
    const below = at((confirmed?.height ?? 0) - 1);
    expect(fundingDepth(funded(b, id))).toBeGreaterThan(0);
    b.input(input(below, at(later.height + 1, 1)));
    expect(fundingDepth(funded(b, id))).toBe(0);
  });

  it('broadcasts its closing again', () => {
    const { pair, a, b, id } = opened();
    a.command({ kind: 'shutdown', channelId: id, script: SCRIPT });
    pair.exchange();
    const { tx } = funded(a, id).closing;
    expect(broadcasts(restarted(a))).toEqual([['closing', tx]]);
    pair.block([tx as Tx]);
    expect(statusOf(a.channel(id))).toBe('closed');
    const effects = restarted(a);
    expect(statusOf(a.channel(id))).toBe('closed');
    expect(broadcasts(effects)).toEqual([]);
    expect(told(effects)).toEqual(['1 channel_usable', '2 channel_closed']);
    expect(statusOf(b.channel(id))).toBe('closed');
  });

  it('broadcasts the commitment of a failed channel again, and repeats its error', () => {
    const { pair, a, b, id } = opened();
    b.command({ kind: 'force_close', channelId: id });
    const state = b.channel(id);
    if (state.phase !== 'failed') throw new Error(state.phase);
    expect(broadcasts(b.restart())).toEqual([['commitment', state.failure.commitmentToBroadcast]]);
    a.input({ kind: 'disconnected', peer: b.id });
    b.log.length = 0;
    pair.connect();
    expect(b.log.some((effect) => effect.kind === 'send' && effect.message.type === 'error')).toBe(true);
  });

  it('broadcasts nothing of a channel whose data was lost', () => {
    const { pair, a, b, id } = opened();
    const old = b.disk.get(id);
    if (old === undefined) throw new Error('nothing is stored');
    pay(a, id, 1);
    pair.exchange();
    b.disk.set(id, old);
    b.restart();
    settle({ pair, a, b, id });
    expect(b.channel(id)).toMatchObject({ phase: 'failed', failure: { reason: 'a watcher knows of a newer state' } });
    expect(broadcasts(b.restart())).toEqual([]);
    expect(broadcasts(b.log).filter(([purpose]) => purpose === 'commitment')).toEqual([]);
    expect(a.channel(id).phase).toBe('failed');
    expect(broadcasts(a.log).filter(([purpose]) => purpose === 'commitment')).toHaveLength(1);
  });
});

describe('a crash at any message, with any number of stores unfinished', () => {
  it('leaves both sides equal, and every durable promise kept', () => {
    let crashes = 0;
    for (const victim of ['a', 'b'] as const) {
      for (const held of [0, 3, 6]) {
        for (let at = held % 2; at < 26; at += 2, crashes++) {
          const world = opened();
          const { pair, a, b, id } = world;
          const node = pair[victim];
          pay(a, id, 1);
          pay(b, id, 2);
          pair.exchange();
          fulfill(b, id, 0n, 1);
          pay(a, id, 3);
          pay(b, id, 4);
          fulfill(a, id, 0n, 2);
          let delivered = 0;
          for (let turn = 0; turn < 3 * at && delivered < at; turn++) {
            // The last few stores before the crash never finish.
            if (delivered >= at - held) node.holdStores = true;
            if (pair.deliver(turn % 2 === 0 ? a : b) !== undefined) delivered++;
          }
          node.restart();
          settle(world);
          // The hosts answer again what is presented again.
          for (const [host, hash] of [
            [b, 1],
            [a, 2],
          ] as const) {
            for (const htlc of funded(host, id).shared.base.htlcs[host === a ? 'accepter' : 'opener']) {
              if (htlc.paymentHash === preimageOf(hash).paymentHash) fulfill(host, id, htlc.id, hash);
            }
          }
          pair.exchange();
          const [left, right] = pair.shared(id);
          expect(left).toEqual(right);
          expect(left.logs).toEqual({ opener: [], accepter: [] });
          const { balanceMsat, htlcs } = left.base;
          const inFlight = [...htlcs.opener, ...htlcs.accepter].map((h) => h.paymentHash);
          for (const n of [1, 2]) expect(inFlight).not.toContain(preimageOf(n).paymentHash);
          expect(balanceMsat.opener + balanceMsat.accepter + 10_000_000n * BigInt(inFlight.length)).toBe(1_000_000_000n);
        }
      }
    }
    expect(crashes).toBe(78);
  });
});
