import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { ownPayment } from '../channel/model/origin.ts';
import type { Origin } from '../channel/model/origin.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import { Pair, preimageOf } from './pair.fixture.ts';

const FORWARD: Origin = { kind: 'forward', channelId: 'ee'.repeat(32) as ChannelId, htlcId: 7n };
const { preimage, paymentHash } = preimageOf(1);

/** The HTLC that `a` offered is fulfilled; `a` has the preimage, and the signature that removes the HTLC is on its way. */
function fulfilled(origin: Origin): { readonly pair: Pair; readonly channelId: ChannelId } {
  const pair = new Pair({ crypto: createFakeCrypto() });
  pair.connect();
  const channelId = pair.open();
  const onion = new Uint8Array(1366);
  pair.a.command({ kind: 'add', channelId, origin, amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion });
  pair.exchange();
  pair.b.command({ kind: 'fulfill', channelId, id: 0n, preimage });
  return { pair, channelId };
}

/** What `a` tells of the HTLC, and acknowledges. */
function resolution(pair: Pair): number {
  const told = pair.a.notifications().flatMap((n) => (n.kind === 'event' && n.event.kind === 'payment_sent' ? [n.id] : []));
  return told.at(-1) as number;
}

function sentTypes(pair: Pair): readonly string[] {
  return pair.a.outgoing.map(({ type }) => type);
}

describe('the preimage of a forward', () => {
  it('is heard before the store that has it, and holds back the revocation until it is acknowledged, retransmitted or not', () => {
    const { pair, channelId } = fulfilled(FORWARD);
    pair.a.holdStores = true;
    pair.deliver(pair.b);
    expect(resolution(pair)).toBeDefined();
    pair.a.holdStores = false;
    pair.a.finish(99);
    pair.deliver(pair.b);
    expect(sentTypes(pair)).toEqual([]);

    pair.a.restart();
    pair.disconnect();
    pair.connect();
    pair.exchange();
    const before = pair.a.channel(channelId);
    expect(before.shared.commitments.opener.current.number).toBe(2n);
    expect(pair.b.channel(channelId).shared.commitments.opener.next?.number).toBe(2n);
    pair.a.command({ kind: 'acknowledge', channelId, eventId: resolution(pair) });
    pair.exchange();
    const [a, b] = pair.shared(channelId);
    expect(a).toEqual(b);
    expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
  });

  it('of a payment of our own holds back nothing, and is heard when it is durable', () => {
    const { pair } = fulfilled(ownPayment('01'));
    pair.a.holdStores = true;
    pair.deliver(pair.b);
    expect(resolution(pair)).toBeUndefined();
    pair.a.holdStores = false;
    pair.a.finish(99);
    expect(resolution(pair)).toBeDefined();
    pair.deliver(pair.b);
    expect(sentTypes(pair)).toContain('revoke_and_ack');
  });
});
