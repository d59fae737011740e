import { describe, expect, it } from 'vitest';
import type { ChannelId } from '../crypto/bytes.ts';
import { Pair, preimageOf } from './pair.fixture.ts';
import type { TestNode } from './pair.fixture.ts';

const onion = new Uint8Array(1366);

function pay(node: TestNode, channelId: ChannelId, n: number, amountMsat = 10_000_000n): void {
  const reference = n.toString(16).padStart(2, '0');
  const { paymentHash } = preimageOf(n);
  node.command({ kind: 'add', channelId, reference, amountMsat, paymentHash, cltvExpiry: 200, onion });
}

function fulfill(node: TestNode, channelId: ChannelId, id: bigint, n: number): void {
  node.command({ kind: 'fulfill', channelId, id, preimage: preimageOf(n).preimage });
}

describe.each(['anchors', 'static_remotekey'] as const)('two nodes, %s', (format) => {
  it('open, pay both ways, and agree', () => {
    const pair = new Pair();
    pair.connect();
    const channelId = pair.open({ format });
    pay(pair.a, channelId, 1);
    pay(pair.b, channelId, 2, 5_000_000n);
    pair.exchange();
    const received = pair.b.notifications().filter((n) => n.kind === 'htlc_received');
    expect(received.map((n) => n.add.amountMsat)).toEqual([10_000_000n]);
    fulfill(pair.b, channelId, 0n, 1);
    fulfill(pair.a, channelId, 0n, 2);
    pair.exchange();
    const [a, b] = pair.shared(channelId);
    expect(a).toEqual(b);
    expect(a.base.balanceMsat).toEqual({ opener: 695_000_000n, accepter: 305_000_000n });
    expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
    expect(a.logs).toEqual({ opener: [], accepter: [] });
  });

  it('lose the connection at any message of two crossing payments, and still agree', () => {
    let cuts = 0;
    for (let at = 0; ; at++) {
      const pair = new Pair();
      pair.connect();
      const channelId = pair.open({ format });
      pay(pair.a, channelId, 1);
      pay(pair.b, channelId, 2);
      let delivered = 0;
      while (delivered < at && pair.deliver(delivered % 2 === 0 ? pair.a : pair.b) !== undefined) delivered++;
      pair.disconnect();
      pair.connect();
      fulfill(pair.b, channelId, 0n, 1);
      fulfill(pair.a, channelId, 0n, 2);
      pair.exchange();
      const [a, b] = pair.shared(channelId);
      expect(a).toEqual(b);
      expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
      expect(pair.a.channel(channelId).phase).toBe('funded');
      if (delivered < at) break;
      cuts++;
    }
    expect(cuts).toBeGreaterThan(8);
  });
});
