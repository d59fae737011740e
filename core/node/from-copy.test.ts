import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { ownPayment } from '../channel/model/origin.ts';
import type { StoredChannel } from '../channel/model/state.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import { Pair, preimageOf } from './pair.fixture.ts';

/** A channel of two nodes, the second of which is started from copies. */
class Moved {
  readonly config = { fromCopy: false };
  readonly pair = new Pair({ crypto: createFakeCrypto(), b: this.config });
  readonly id: ChannelId;

  constructor() {
    this.pair.connect();
    this.id = this.pair.open();
  }

  pay(n: number): void {
    const { a, b } = this.pair;
    const { paymentHash, preimage } = preimageOf(n);
    const id = BigInt(n - 1);
    const onion = new Uint8Array(1366);
    a.command({
      kind: 'add',
      channelId: this.id,
      origin: ownPayment(`0${n}`),
      amountMsat: 10_000_000n,
      paymentHash,
      cltvExpiry: 200,
      onion,
    });
    this.pair.exchange();
    b.command({ kind: 'fulfill', channelId: this.id, id, preimage });
    this.pair.exchange();
  }

  copy(): ReadonlyMap<ChannelId, StoredChannel> {
    return new Map(this.pair.b.disk);
  }

  start(copy: ReadonlyMap<ChannelId, StoredChannel>, fromCopy = true): void {
    this.pair.disconnect();
    this.config.fromCopy = fromCopy;
    for (const [channelId, state] of copy) this.pair.b.disk.set(channelId, state);
    this.pair.b.restart();
  }

  forceClose(): readonly string[] {
    return this.said(() => this.pair.b.command({ kind: 'force_close', channelId: this.id }));
  }

  /** What it broadcasts, once its stores are durable. */
  said(does: () => unknown): readonly string[] {
    const { log } = this.pair.b;
    const from = log.length;
    does();
    return log.slice(from).flatMap((effect) => (effect.kind === 'broadcast' ? [effect.purpose] : []));
  }
}

describe('a node that starts from a copy', () => {
  it('may have lost data: it broadcasts nothing before the peer has come, whether the copy is old or not', () => {
    for (const isOld of [true, false]) {
      const m = new Moved();
      m.pay(1);
      const old = m.copy();
      if (isOld) m.pay(2);
      m.start(old);
      expect(m.forceClose()).toEqual([]);
      expect(m.pair.b.channel(m.id)).toMatchObject({ phase: 'failed', failure: { stale: true, commitmentToBroadcast: undefined } });
      // Nor after a restart in which nobody remembers where its state came from.
      m.config.fromCopy = false;
      expect(m.said(() => m.pair.b.restart())).toEqual([]);
    }
  });

  it('waits for the peer, goes on where that shows that nothing was lost, and is then as any other', () => {
    const m = new Moved();
    m.pay(1);
    m.start(m.copy());
    expect(m.pair.b.channel(m.id).phase).toBe('funded');
    m.pair.connect();
    m.pay(2);
    m.pair.disconnect();
    expect(m.forceClose()).toEqual(['commitment']);
  });

  it('fails a channel whose peer shows that something was lost, without broadcast', () => {
    const m = new Moved();
    m.pay(1);
    const old = m.copy();
    m.pay(2);
    m.start(old);
    expect(m.said(() => m.pair.connect())).toEqual([]);
    expect(m.pair.b.channel(m.id)).toMatchObject({ phase: 'failed', failure: { stale: true } });
  });

  it('is told apart from one that starts from its own disk', () => {
    const m = new Moved();
    m.pay(1);
    m.start(m.copy(), false);
    expect(m.forceClose()).toEqual(['commitment']);
  });
});
