import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import type { Crypto } from '../core/crypto/types.ts';
import { buildOnion } from '../core/onion/build.ts';
import { deriveKey, nodeIdTweak, xor } from '../core/onion/keys.ts';
import { joinPacket, splitPacket } from '../core/onion/packet.ts';
import { peelOnion } from '../core/onion/peel.ts';
import type { Peeled, Unpeelable } from '../core/onion/peel.ts';
import { sameBytes } from '../sim/deterministic/bytes.ts';
import { bigSizeBytes } from './dictionary.ts';
import { envOf, OURS, providerOf, SESSION, withProvider } from './onion-env.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { readBigSize } from './tlv-stream.ts';
import { nodeId, secretKey } from './transport-env.ts';

/**
 * Input: flags, then bytes. SEALED: the bytes are hop_payloads as the origin wrote them, and stand in a packet whose HMAC is right; else they are the packet.
 * BLINDED: a path key comes beside it.
 */
const SEALED = 1;
const BLINDED = 2;
const ASSOCIATED = new Uint8Array(32).fill(0x42);
const HMAC_SIZE = 32;

function keysOf(crypto: Crypto, flags: number) {
  const pathKey = (flags & BLINDED) === 0 ? undefined : crypto.publicKey(secretKey(0x33));
  const tweak = pathKey && nodeIdTweak(crypto, crypto.ecdh(pathKey, OURS));
  const id = crypto.publicKey(OURS);
  return { pathKey, known: tweak === undefined ? id : crypto.pointMultiply(id, tweak) };
}

/** The packet of an origin that encrypts this, whatever it is. */
function seal(crypto: Crypto, flags: number, plaintext: Uint8Array): Uint8Array {
  const secret = crypto.ecdh(keysOf(crypto, flags).known, SESSION);
  const hopPayloads = plaintext.slice();
  xor(hopPayloads, crypto.chacha20(deriveKey(crypto, 'rho', secret), hopPayloads.length));
  const hmac = crypto.hmacSha256(deriveKey(crypto, 'mu', secret), Uint8Array.from([...hopPayloads, ...ASSOCIATED]));
  return joinPacket({ version: 0, publicKey: crypto.publicKey(SESSION), hopPayloads, hmac });
}

interface Outcome {
  readonly packet: Uint8Array;
  readonly result: Peeled | Unpeelable;
  readonly plaintext: Uint8Array | undefined;
}

function run(bytes: Uint8Array): Outcome {
  const flags = bytes[0] ?? 0;
  const crypto = providerOf(flags);
  const isSealed = (flags & SEALED) !== 0 && bytes.length > 1;
  const packet = isSealed ? seal(crypto, flags, bytes.subarray(1)) : bytes.slice(1);
  const buffer = packet.slice();
  const result = peelOnion(envOf(crypto), buffer, ASSOCIATED, keysOf(crypto, flags).pathKey);
  promise(sameBytes(buffer, packet), 'an onion is read and not written to', () => toHex(packet));
  buffer.fill(0xa5);
  return { packet, result, plaintext: isSealed ? bytes.subarray(1) : undefined };
}

/** What BOLT 4 has a reader find at the front of decrypted payloads, read by its letter: where the payload is, or nothing. */
function frameOf(plaintext: Uint8Array): { readonly start: number; readonly end: number } | undefined {
  const length = readBigSize(plaintext, 0);
  if (length === undefined || length.value < 2n) return undefined;
  const end = BigInt(length.size) + length.value;
  return end + BigInt(HMAC_SIZE) > BigInt(plaintext.length) ? undefined : { start: length.size, end: Number(end) };
}

/** What was peeled, put back: the frame in front of what follows, encrypted again. */
function wrapped(crypto: Crypto, { sharedSecret, payload, next }: Peeled, size: number): Uint8Array | undefined {
  const following = next && splitPacket(next);
  if (following === undefined) return undefined;
  const frame = [...bigSizeBytes(BigInt(payload.length)), ...payload, ...following.hmac];
  const whole = Uint8Array.from([...frame, ...following.hopPayloads]).subarray(0, size);
  xor(whole, crypto.chacha20(deriveKey(crypto, 'rho', sharedSecret), size));
  return whole;
}

function checkPeeled(crypto: Crypto, { packet, result }: Outcome): void {
  if (!result.ok) return;
  const { next, payload } = result;
  promise(payload.length >= 2, 'a payload of a reserved length is refused', () => `${payload.length} bytes`);
  promise(next === undefined || next.length === packet.length, 'an onion keeps its length', () => `${next?.length}`);
  const parts = splitPacket(packet);
  if (parts === undefined) return promise(false, 'a packet has its parts', () => `${packet.length} bytes`);
  const again = wrapped(crypto, result, parts.hopPayloads.length);
  promise(again === undefined || sameBytes(again, parts.hopPayloads), 'what was peeled wraps to what came', () => toHex(packet));
  const covered = Uint8Array.from([...parts.hopPayloads, ...ASSOCIATED]);
  const hmac = crypto.hmacSha256(deriveKey(crypto, 'mu', result.sharedSecret), covered);
  promise(sameBytes(hmac, parts.hmac), 'an onion of another HMAC is refused', () => toHex(packet));
}

function checkSealed({ result, plaintext }: Outcome): void {
  if (plaintext === undefined) return;
  const frame = frameOf(plaintext);
  promise(
    result.ok === (frame !== undefined),
    'lengths are judged as BOLT 4 says',
    () => `${result.ok}: ${toHex(plaintext.subarray(0, 16))}`,
  );
  if (frame === undefined || !result.ok) return;
  const { start, end } = frame;
  promise(sameBytes(result.payload, plaintext.slice(start, end)), 'the payload is what the origin wrote', () => toHex(result.payload));
  const isFinal = plaintext.subarray(end, end + HMAC_SIZE).every((byte) => byte === 0);
  promise(isFinal === (result.next === undefined), 'the final node is the one whose next HMAC is zero', () => `${isFinal}`);
}

/** Which check comes first is told by the rule. */
function checkRefusal({ packet, result }: Outcome): void {
  if (result.ok) return;
  const { rule, sharedSecret } = result;
  const told = packet.length > 66 && packet[0] !== 0 ? 'onion.version' : packet.length <= 66 ? 'onion.size' : undefined;
  promise(told === undefined || told === rule, 'size and version are judged first', () => rule);
  promise((rule === 'onion.payload_length') === (sharedSecret !== undefined), 'who was authentic is answered', () => rule);
}

export const onionPacketTarget: FuzzTarget = {
  name: 'onion-packet',
  about: 'a BOLT 4 onion, of any size and beside any path key, at the node that peels it',
  maxLength: 4096,
  fuzz(bytes) {
    const outcome = run(bytes);
    checkPeeled(providerOf(bytes[0] ?? 0), outcome);
    checkSealed(outcome);
    checkRefusal(outcome);
  },
  dictionary: ['00', '01', '02', 'fc', 'fd00fd', 'fd00fc', 'fdffff', 'fe00010000', 'ffffffffffffffffff', '00'.repeat(32)].map((hex) =>
    Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  ),
  structure: fc.oneof(
    fc
      .record({
        draw: fc.nat(15),
        blinded: fc.boolean(),
        length: fc.bigInt({ min: 0n, max: 400n }),
        size: fc.nat(400),
        final: fc.boolean(),
      })
      .map(({ draw, blinded, length, size, final }) => {
        const plaintext = new Uint8Array(Math.max(1, size)).fill(final ? 0 : 0x5a);
        plaintext.set(bigSizeBytes(length).subarray(0, plaintext.length));
        return Uint8Array.of(withProvider(SEALED | (blinded ? BLINDED : 0), draw), ...plaintext);
      }),
    fc
      .record({ hops: fc.integer({ min: 1, max: 4 }), payload: fc.uint8Array({ minLength: 2, maxLength: 40 }) })
      .map(({ hops, payload }) => {
        const crypto = providerOf(0);
        const route = Array.from({ length: hops }, (_, i) => ({ nodeId: nodeId(i === 0 ? OURS : secretKey(i)), payload }));
        const built = buildOnion(crypto, { sessionKey: SESSION, hops: route, associatedData: ASSOCIATED, size: 300 });
        return Uint8Array.of(0, ...(built?.packet ?? []));
      }),
  ),
  describe(bytes) {
    const { packet, result } = run(bytes);
    const what = result.ok
      ? `a payload of ${result.payload.length} bytes${result.next === undefined ? ', the last' : ''}`
      : `${result.rule}, ${result.detail}`;
    return `${packet.length} bytes: ${what}`;
  },
  reaches(bytes) {
    const { result } = run(bytes);
    return [result.ok ? (result.next === undefined ? 'final' : 'forward') : result.rule];
  },
};
