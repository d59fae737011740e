import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import type { Hash32 } from '../core/crypto/bytes.ts';
import type { Crypto } from '../core/crypto/types.ts';
import { encodeFailure, failureSchemas } from '../core/onion/failure-messages.ts';
import type { Failure } from '../core/onion/failure-messages.ts';
import { obfuscate, readFailure, returnPacket } from '../core/onion/failure-onion.ts';
import type { ReadFailure } from '../core/onion/failure-onion.ts';
import { deriveKey, xor } from '../core/onion/keys.ts';
import { attributionData } from '../core/wire/attribution.ts';
import { decode } from '../core/wire/codec.ts';
import { arbitraryValue } from './arbitraries.ts';
import { dictionaryOf, u16Bytes } from './dictionary.ts';
import { providerOf, withProvider } from './onion-env.ts';
import { sizeOf } from './size.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

/**
 * Input: flags, then bytes. SEALED: they are what the hop in the flags authenticates and every hop before it encrypts: lengths, message and padding; else the
 * reason as it came. ATTRIBUTED: 920 bytes of attribution data stand in front.
 */
const SEALED = 1;
const ATTRIBUTED = 2;
const HOPS = 4;
const ATTRIBUTION_SIZE = 920;
const SECRETS: readonly Hash32[] = Array.from({ length: HOPS }, (_, i) => (i + 1).toString(16).padStart(64, '0') as Hash32);
const MAX_STREAMS = 27 + HOPS;

interface Input {
  readonly crypto: Crypto;
  readonly sealed: Uint8Array | undefined;
  readonly hop: number;
  readonly reason: Uint8Array;
  readonly attribution: Uint8Array | undefined;
}

function parse(bytes: Uint8Array): Input {
  const flags = bytes[0] ?? 0;
  const crypto = providerOf(flags);
  const hop = (flags >> 2) % HOPS;
  const isAttributed = (flags & ATTRIBUTED) !== 0 && bytes.length > ATTRIBUTION_SIZE;
  const attribution = isAttributed ? bytes.slice(1, 1 + ATTRIBUTION_SIZE) : undefined;
  const rest = bytes.subarray(isAttributed ? 1 + ATTRIBUTION_SIZE : 1);
  if ((flags & SEALED) === 0) return { crypto, sealed: undefined, hop, reason: rest, attribution };
  const hmac = crypto.hmacSha256(deriveKey(crypto, 'um', SECRETS[hop] as Hash32), rest);
  const packet = Uint8Array.from([...hmac, ...rest]);
  const reason = SECRETS.slice(0, hop + 1).reduceRight<Uint8Array>((inner, secret) => obfuscate(crypto, secret, inner), packet);
  return { crypto, sealed: rest, hop, reason, attribution };
}

function read({ crypto, reason, attribution }: Input): ReadFailure {
  const data = attribution && decode(attributionData, attribution);
  let streams = 0;
  const counting: Crypto = { ...crypto, chacha20: (key, length) => (streams++, crypto.chacha20(key, length)) };
  const result = readFailure(counting, SECRETS, toHex(reason), data?.ok === true ? data.value : undefined);
  promise(streams <= MAX_STREAMS, 'a failure is decrypted so often and no more', () => `${streams} streams`);
  return result;
}

/** BOLT 4: two bytes of length, and as many of a message; a length that is a lie leaves none. */
function messageIn(sealed: Uint8Array): Uint8Array {
  const length = ((sealed[0] ?? 0) << 8) | (sealed[1] ?? 0);
  return 2 + length <= sealed.length ? sealed.subarray(2, 2 + length) : new Uint8Array(0);
}

function checkSource({ sealed, hop }: Input, { source }: ReadFailure): void {
  promise((source === undefined) === (sealed === undefined), 'a failure is whose secret made it', () => `${source?.hop}`);
  if (source === undefined || sealed === undefined) return;
  promise(source.hop === hop, 'a failure is of the hop that made it', () => `${source.hop}, not ${hop}`);
  const expected = toHex(messageIn(sealed));
  promise(toHex(source.message) === expected, 'the message is what was sent', () => toHex(source.message));
  const { failure } = source;
  promise((failure === undefined) === expected.length < 4, 'a message has a code', () => expected);
  if (failure === undefined) return;
  const back = failure.known ? toHex(encodeFailure(failure.failure)) + failure.extra : toHex(u16Bytes(failure.code)) + failure.data;
  promise(back === expected, 'decode, encode: the same failure', () => `${expected} came back as ${back}`);
}

/** BOLT 4: whether the first hop's code for its place is right, read by the letter: the 17th of its twenty is for three hops away from the last. */
function firstHopIsRight({ crypto, reason, attribution }: Input): boolean {
  if (attribution === undefined) return false;
  const secret = SECRETS[0] as Hash32;
  const block = attribution.slice();
  xor(block, crypto.chacha20(deriveKey(crypto, 'ammagext', secret), block.length));
  const codes = block.subarray(80);
  const code = (index: number): Uint8Array => codes.subarray(4 * index, 4 * index + 4);
  // hmac_0_3, and downstream hmac_1_2, hmac_2_1, hmac_3_0.
  const downstream = [20 + 16, 20 + 19 + 16, 20 + 19 + 18 + 16].map(code);
  const covered = [...obfuscate(crypto, secret, reason), ...block.subarray(0, 4 * HOPS), ...downstream.flatMap((each) => [...each])];
  const expected = crypto.hmacSha256(deriveKey(crypto, 'um', secret), Uint8Array.from(covered)).subarray(0, 4);
  return toHex(expected) === toHex(code(16));
}

export const failureOnionTarget: FuzzTarget = {
  name: 'failure-onion',
  about: 'the reason of a failed HTLC and its attribution data, at the origin',
  maxLength: 4096,
  fuzz(bytes) {
    const input = parse(bytes);
    const result = read(input);
    checkSource(input, result);
    const { holdTimes, unattributed } = result;
    promise(holdTimes.length <= HOPS, 'there are no more hold times than hops', () => `${holdTimes.length}`);
    promise(holdTimes.length > 0 === firstHopIsRight(input), 'a hold time counts where its code is right', () => `${holdTimes.length}`);
    promise(input.attribution !== undefined || holdTimes.length === 0, 'nobody’s hold time is told', () => `${holdTimes.length}`);
    promise(unattributed === undefined || unattributed === holdTimes.length, 'who is blamed is the next hop', () => `${unattributed}`);
    promise(sizeOf(result) <= 16 * bytes.length + 2048, 'decoded size', () => `${sizeOf(result)}`);
  },
  dictionary: failureSchemas.flatMap(({ code, schema }) => [u16Bytes(code), ...dictionaryOf(schema).slice(0, 4)]),
  structure: fc.oneof(
    fc
      .tuple(fc.nat(15), fc.nat(HOPS - 1), fc.constantFrom(...failureSchemas), fc.uint8Array({ maxLength: 20 }), fc.boolean())
      .chain(([draw, hop, { name, schema }, extra, attributed]) =>
        arbitraryValue(schema).map((fields) => {
          const message = Uint8Array.from([...encodeFailure({ type: name, ...(fields as object) } as Failure), ...extra]);
          const packet = returnPacket(providerOf(0), SECRETS[0] as Hash32, message);
          const data = attributed ? new Uint8Array(ATTRIBUTION_SIZE) : new Uint8Array(0);
          const flags = SEALED | (attributed ? ATTRIBUTED : 0) | (hop << 2);
          return Uint8Array.of(withProvider(flags, draw), ...data, ...packet.subarray(32));
        }),
      ),
    fc
      .record({ hop: fc.nat(HOPS - 1), message: fc.uint8Array({ maxLength: 40 }), cut: fc.nat(4) })
      .map(({ hop, message, cut }) => Uint8Array.of(SEALED | (hop << 2), ...u16Bytes(message.length), ...message.subarray(cut))),
    fc.uint8Array({ maxLength: 300 }).map((reason) => Uint8Array.of(0, ...reason)),
  ),
  describe(bytes) {
    const { source, holdTimes, unattributed } = read(parse(bytes));
    const { failure } = source ?? {};
    const what = failure === undefined ? 'no failure' : failure.known ? failure.failure.type : `code ${failure.code}`;
    return `${source === undefined ? 'nobody' : `hop ${source.hop}`}: ${what}, hold times ${holdTimes.join()}, unattributed ${unattributed}`;
  },
  reaches(bytes) {
    const { source, unattributed } = read(parse(bytes));
    const failure = source?.failure;
    const what = source === undefined ? 'nobody' : failure?.known === true ? failure.failure.type : 'unknown';
    return unattributed === undefined ? [what] : [what, 'unattributed'];
  },
};
