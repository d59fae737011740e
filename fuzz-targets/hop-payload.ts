import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import { answerFailure } from '../core/onion/answer.ts';
import { createBlindedPath } from '../core/onion/blinded-path.ts';
import { decodeFailure, encodeFailure } from '../core/onion/failure-messages.ts';
import type { BrokenPayload, IncomingHtlc, ReadPayload } from '../core/onion/instruction.ts';
import { payloadCodec } from '../core/onion/payload.ts';
import type { Payload } from '../core/onion/payload.ts';
import { readPayload } from '../core/onion/read-payload.ts';
import { decode, encode } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { arbitraryOf } from './arbitraries.ts';
import { keepsCodecPromises } from './codec-promises.ts';
import { bigSizeBytes, dictionaryOf } from './dictionary.ts';
import { envOf, OURS, providerOf, SESSION, withProvider } from './onion-env.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { varied } from './vary.ts';

/** Input: flags, then a payload. FINAL: no hop follows. BLINDED: a path key came beside the onion. */
const FINAL = 1;
const BLINDED = 2;
const HTLC = { amountMsat: 100_000n, cltvExpiry: 800_100 } as const;
const ONION = new Uint8Array(1366).fill(7);

function read(bytes: Uint8Array): { readonly htlc: IncomingHtlc; readonly isFinal: boolean; readonly result: ReadPayload | BrokenPayload } {
  const flags = bytes[0] ?? 0;
  const crypto = providerOf(flags);
  const pathKey = crypto.publicKey(SESSION);
  const htlc: IncomingHtlc = { ...HTLC, pathKey: (flags & BLINDED) === 0 ? undefined : pathKey };
  const isFinal = (flags & FINAL) !== 0;
  const buffer = bytes.slice(1);
  const sharedSecret = crypto.ecdh(pathKey, OURS);
  const result = readPayload(envOf(crypto), htlc, { ok: true, sharedSecret, payload: buffer, next: isFinal ? undefined : ONION });
  buffer.fill(0xa5);
  return { htlc, isFinal, result };
}

/** What was accepted is what the payload says, and no more than the HTLC brought. */
function checkAccepted(bytes: Uint8Array, { instruction }: ReadPayload, htlc: IncomingHtlc, isFinal: boolean): void {
  const decoded = decode(payloadCodec, bytes.subarray(1));
  if (!decoded.ok) return promise(false, 'a payload that can’t be read is refused', () => toHex(bytes));
  const { value } = decoded;
  const isBlinded = value.encryptedRecipientData !== undefined;
  promise((instruction.kind === 'receive') === isFinal, 'the final node receives, and no other', () => instruction.kind);
  if (instruction.kind === 'receive') {
    promise(instruction.amountMsat <= htlc.amountMsat, 'nothing is received that did not come', () => `${instruction.amountMsat}`);
    promise(instruction.cltvExpiry <= htlc.cltvExpiry, 'no expiry is received that did not come', () => `${instruction.cltvExpiry}`);
    promise(instruction.amountMsat === value.amtToForwardMsat, 'the amount is the payload’s', () => `${instruction.amountMsat}`);
    promise(!isBlinded || instruction.paymentSecret === undefined, 'a blinded path has no payment secret', () => '');
  } else if (isBlinded) {
    promise(
      instruction.amountMsat > 0n && instruction.amountMsat <= htlc.amountMsat,
      'a blinded hop forwards what came',
      () => `${instruction.amountMsat}`,
    );
    promise(instruction.cltvExpiry <= htlc.cltvExpiry, 'a blinded hop forwards no later expiry', () => `${instruction.cltvExpiry}`);
    promise(instruction.pathKey !== undefined, 'a blinded hop tells the next path key', () => '');
    const others = Object.keys(value).filter((name) => name !== 'encryptedRecipientData' && name !== 'currentPathKey');
    promise(others.length === 0, 'a blinded hop has no other record', () => others.join());
  } else {
    promise(instruction.amountMsat === value.amtToForwardMsat, 'the amount is the payload’s', () => `${instruction.amountMsat}`);
    promise(instruction.pathKey === undefined && htlc.pathKey === undefined, 'there is no path key outside of blinded paths', () => '');
  }
}

/** A refusal has a failure that can be sent, which names a record that stands where it says; inside of a blinded path nobody learns it. */
function checkRefused(bytes: Uint8Array, { failure, position }: BrokenPayload): void {
  const crypto = providerOf(bytes[0] ?? 0);
  const message = encodeFailure(failure);
  const back = decodeFailure(message);
  promise(back?.known === true && back.extra === '', 'a failure is one of BOLT 4', () => failure.type);
  if (failure.type === 'invalid_onion_payload' && failure.offset > 0) {
    const type = toHex(bigSizeBytes(failure.tlvType));
    const there = toHex(bytes.subarray(1 + failure.offset, 1 + failure.offset + type.length / 2));
    promise(there === type, 'the record that is to blame stands where it is said to', () => `${failure.tlvType} at ${failure.offset}`);
  }
  const htlc = { onion: ONION, position, sharedSecret: crypto.ecdh(crypto.publicKey(SESSION), OURS), holdTime: undefined };
  const answer = answerFailure(crypto, htlc, { kind: 'own', failure });
  const told = answerFailure(crypto, htlc, { kind: 'own', failure: { type: 'temporary_node_failure' } });
  const same = JSON.stringify(toJson(answer)) === JSON.stringify(toJson(told));
  promise(position === 'plain' || same, 'inside of a blinded path all failures are alike', () => failure.type);
}

/** A payload of a blinded hop, whose data opens. */
const sealed = fc
  .record({
    final: fc.boolean(),
    blinded: fc.boolean(),
    relay: fc.boolean(),
    extra: fc.nat(4),
    expiry: fc.integer({ min: 800_090, max: 800_110 }),
  })
  .map(({ final, blinded, relay, extra, expiry }) => {
    const crypto = providerOf(0);
    const paymentConstraints = { maxCltvExpiry: expiry, htlcMinimumMsat: 1n };
    const paymentRelay = { cltvExpiryDelta: 40, feeProportionalMillionths: 100, feeBaseMsat: 10 };
    const data = final ? { paymentConstraints } : { paymentConstraints, shortChannelId: 5n, ...(relay ? { paymentRelay } : {}) };
    const path = createBlindedPath(envOf(crypto), SESSION, [{ nodeId: crypto.publicKey(OURS), data }]);
    const payload: Payload = {
      encryptedRecipientData: path.path[0]?.encryptedRecipientData ?? '',
      ...(blinded ? {} : { currentPathKey: path.firstPathKey }),
      ...(final ? { amtToForwardMsat: 99_000n, outgoingCltvValue: 800_060, totalAmountMsat: 99_000n } : {}),
      ...(extra === 0 ? { unknownTlvs: [{ type: 99n, value: '' }] } : {}),
    };
    return Uint8Array.of((final ? FINAL : 0) | (blinded ? BLINDED : 0), ...encode(payloadCodec, payload));
  });

export const hopPayloadTarget: FuzzTarget = {
  name: 'hop-payload',
  about: 'the payload of one hop of an HTLC',
  maxLength: 1300,
  fuzz(bytes) {
    keepsCodecPromises(payloadCodec, bytes.subarray(1));
    const { htlc, isFinal, result } = read(bytes);
    if (result.ok) checkAccepted(bytes, result, htlc, isFinal);
    else checkRefused(bytes, result);
  },
  dictionary: dictionaryOf(payloadCodec.schema),
  structure: fc.oneof(
    fc
      .tuple(fc.nat(15), fc.nat(3), arbitraryOf(payloadCodec))
      .map(([draw, flags, payload]) => Uint8Array.of(withProvider(flags, draw), ...encode(payloadCodec, payload))),
    sealed,
  ),
  vary(bytes, int) {
    const decoded = decode(payloadCodec, bytes.subarray(1));
    if (!decoded.ok) return undefined;
    const schema = payloadCodec.schema as Parameters<typeof varied>[0];
    return Uint8Array.of(bytes[0] ?? 0, ...encode(payloadCodec, varied(schema, decoded.value, int) as Payload));
  },
  describe(bytes) {
    const { result } = read(bytes);
    return result.ok
      ? JSON.stringify(toJson(result.instruction))
      : `${result.rule}: ${result.detail}, ${JSON.stringify(toJson(result.failure))}`;
  },
  reaches(bytes) {
    const { result } = read(bytes);
    return result.ok ? [result.position, result.instruction.kind] : [result.position, result.rule];
  },
};
