import { describe, expect, it } from 'vitest';
import type { ChannelId, Hash32, Hex, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { bytes32, preimageOf } from '../node/pair.fixture.ts';
import type { PaymentSecret } from '../onion/payload.ts';
import type { Result } from '../wire/codec.ts';
import { claimVersion, fromHexLines, hexLines } from '../wire/stored.fixture.ts';
import { DEFAULT_PAYMENT_LIMITS } from './payment.ts';
import type { Payment } from './payment.ts';
import type { Receivable } from './receivable.ts';
import type { ReplayIncrement } from './replay-log.ts';
import { decodePayment, decodeReceivable, decodeReplays, encodePayment, encodeReceivable, encodeReplays } from './stored-form.ts';
import { PAYMENT_VERSION, RECEIVABLE_VERSION, REPLAYS_VERSION } from './stored-form.ts';

const { preimage, paymentHash } = preimageOf(1);
const nodeId = `02${'11'.repeat(32)}` as PublicKey;
const hint = { nodeId, shortChannelId: 7n, feeBaseMsat: 1, feeProportionalMillionths: 2, cltvExpiryDelta: 3 };

function payment(id: Hex): Payment {
  const hops = [{ shortChannelId: 5n, nodeId, amountMsat: 1_000n, cltvExpiry: 140 }];
  const part = { attempt: 2, part: 1, channelId: bytes32<ChannelId>(2), hops, sessionKey: bytes32<SecretKey>(3) };
  return {
    version: 4,
    id,
    paymentHash,
    recipient: {
      nodeId,
      paymentSecret: bytes32<PaymentSecret>(4),
      paymentMetadata: 'abcd',
      keysendPreimage: undefined,
      finalCltvDelta: 40,
      routeHints: [[hint]],
      multiPart: true,
    },
    amountMsat: 2_000n,
    limits: { ...DEFAULT_PAYMENT_LIMITS, maxFeeMsat: 10n },
    startedMs: 5,
    routesGiven: false,
    attempts: 2,
    parts: [{ ...part, sharedSecrets: [bytes32<Hash32>(6)] }],
    settled: [{ attempt: 1, part: 1, amountMsat: 1_000n, feeMsat: 1n }],
    preimage,
    stopped: { kind: 'time', detail: 'over' },
    learned: { limits: [{ shortChannelId: 9n, from: nodeId, mostMsat: 3n }], nodes: [nodeId] },
  };
}

const receivable: Receivable = {
  version: 2,
  paymentHash,
  preimage,
  paymentSecret: bytes32<PaymentSecret>(4),
  paymentMetadata: undefined,
  amountMsat: 2_000n,
  expiresAtMs: 3_600_000,
  minFinalCltvExpiryDelta: 18,
  claimedBy: 'host',
  claim: { preimage, amountMsat: 2_000n, parts: [{ channelId: bytes32<ChannelId>(2), htlcId: 3n }] },
};
const entry = { key: 'ab'.repeat(16), expiryHeight: 200, channelId: bytes32<ChannelId>(2), htlcId: 4n };
const increment: ReplayIncrement = { version: 3, added: [entry], cutHeight: 56 };

const FORMS: readonly (readonly [string, number, Uint8Array, (bytes: Uint8Array) => Result<object>, object])[] = [
  ['payment', PAYMENT_VERSION, encodePayment(payment('01')), decodePayment, payment('01')],
  ['invoice', RECEIVABLE_VERSION, encodeReceivable(receivable), decodeReceivable, receivable],
  ['replays', REPLAYS_VERSION, encodeReplays(increment), decodeReplays, increment],
];

describe.each(FORMS)('the stored form of a record (%s)', (name, version, bytes, decode, record) => {
  it('keeps its bytes, and is read back', () => {
    const text = hexLines(bytes);
    expect(decode(fromHexLines(text))).toEqual({ ok: true, value: record });
    return expect(text).toMatchFileSnapshot(`../../corpus/stored/${name}-${version}/${name}.hex`);
  });

  it('of another version is refused by name', () => {
    const other = bytes.slice();
    claimVersion(other, version + 1);
    expect(decode(other)).toMatchObject({ ok: false, error: { field: 'version' } });
  });
});

it('the 10th payment takes as many bytes as the 10,000th', () => {
  const sizes = [10, 10_000].map((n) => encodePayment(payment(n.toString(16).padStart(8, '0'))).length);
  expect(sizes[0]).toBe(sizes[1]);
});
