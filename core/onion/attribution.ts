import type { Hash32 } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { decode, encode } from '../wire/codec.ts';
import { attributionData } from '../wire/attribution.ts';
import type { AttributionData } from '../wire/attribution.ts';
import { deriveKey, xor } from './keys.ts';

/**
 * BOLT 4, attribution data: how long each hop held the HTLC, under HMACs that show which hop altered what came back. `hmac_x_y` is that of the node
 * x hops downstream of the present one, for the case that it is y hops away from the erring node.
 */

export const MAX_ATTRIBUTED_HOPS = 20;
const CODE_SIZE = 4;
const TIME_SIZE = 4;
const CODES_AT = MAX_ATTRIBUTED_HOPS * TIME_SIZE;
const CODES = (MAX_ATTRIBUTED_HOPS * (MAX_ATTRIBUTED_HOPS + 1)) / 2;
const SIZE = CODES_AT + CODES * CODE_SIZE;
const MOST_TIME = 0xffffffff;

/** Where in the block the codes of node x start: 20 of node 0, 19 of node 1, and so on. */
const ROWS_AT: readonly number[] = Array.from(
  { length: MAX_ATTRIBUTED_HOPS + 1 },
  (_, x) => CODES_AT + CODE_SIZE * (x * MAX_ATTRIBUTED_HOPS - (x * (x - 1)) / 2),
);

/** Rows go from the farthest position, y = 19 - x, to the nearest, y = 0. */
function codeAt(x: number, y: number): number {
  return (ROWS_AT[x] as number) + CODE_SIZE * (MAX_ATTRIBUTED_HOPS - 1 - x - y);
}

/**
 * What `hmac_0_y` covers: the return packet, the first y + 1 hold times, and the codes of the y nodes downstream for their positions. Returns its first
 * four bytes.
 */
function codeFor(crypto: Crypto, key: Uint8Array, returnPacket: Uint8Array, block: Uint8Array, y: number): Uint8Array {
  const times = (y + 1) * TIME_SIZE;
  const covered = new Uint8Array(returnPacket.length + times + y * CODE_SIZE);
  covered.set(returnPacket);
  covered.set(block.subarray(0, times), returnPacket.length);
  for (let x = 1; x <= y; x++) {
    const at = codeAt(x, y - x);
    covered.set(block.subarray(at, at + CODE_SIZE), returnPacket.length + times + (x - 1) * CODE_SIZE);
  }
  return crypto.hmacSha256(key, covered).subarray(0, CODE_SIZE);
}

/** Makes room for one more node in front: what can't be within 20 hops any more goes. */
function shifted(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(SIZE);
  out.set(block.subarray(0, CODES_AT - TIME_SIZE), TIME_SIZE);
  for (let x = 0; x < MAX_ATTRIBUTED_HOPS - 1; x++)
    out.set(block.subarray((ROWS_AT[x] as number) + CODE_SIZE, ROWS_AT[x + 1]), ROWS_AT[x + 1]);
  return out;
}

/** `shifted` back, with zeros for what went. */
function unshifted(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(SIZE);
  out.set(block.subarray(TIME_SIZE, CODES_AT));
  for (let x = 0; x < MAX_ATTRIBUTED_HOPS - 1; x++)
    out.set(block.subarray(ROWS_AT[x + 1], ROWS_AT[x + 2]), (ROWS_AT[x] as number) + CODE_SIZE);
  return out;
}

function toBlock(data: AttributionData): Uint8Array {
  return encode(attributionData, data);
}

function fromBlock(block: Uint8Array): AttributionData {
  const result = decode(attributionData, block);
  if (!result.ok) throw new RangeError(result.error.detail);
  return result.value;
}

/**
 * What a node sends upstream. `returnPacket` is the failure before this node's own encryption, and empty for a fulfilled HTLC. `holdTime` is in units of
 * 100 ms. The erring or final node, and one whose downstream peer sent none, start from nothing.
 */
export function attribute(
  crypto: Crypto,
  sharedSecret: Hash32,
  returnPacket: Uint8Array,
  holdTime: number,
  downstream: AttributionData | undefined,
): AttributionData {
  const block = downstream === undefined ? new Uint8Array(SIZE) : shifted(toBlock(downstream));
  const time = Math.min(Math.max(0, Math.floor(holdTime)), MOST_TIME);
  block.set([time >>> 24, (time >>> 16) & 0xff, (time >>> 8) & 0xff, time & 0xff]);
  const key = deriveKey(crypto, 'um', sharedSecret);
  for (let y = 0; y < MAX_ATTRIBUTED_HOPS; y++) block.set(codeFor(crypto, key, returnPacket, block, y), codeAt(0, y));
  xor(block, crypto.chacha20(deriveKey(crypto, 'ammagext', sharedSecret), SIZE));
  return fromBlock(block);
}

/** The origin's reading of attribution data, hop by hop from the first: `verify` is false once the data can't be that of the hop. */
export interface AttributionReader {
  /** The hold time that the next hop committed to, in units of 100 ms; undefined when its code is wrong, and for every hop after it. */
  next(sharedSecret: Hash32, returnPacket: Uint8Array): number | undefined;
}

/** `hops` is the length of the route; of more than 20, nothing can be verified. */
export function attributionReader(crypto: Crypto, data: AttributionData, hops: number): AttributionReader {
  let block: Uint8Array | undefined = hops <= MAX_ATTRIBUTED_HOPS ? toBlock(data) : undefined;
  let hop = 0;
  return {
    next(sharedSecret, returnPacket) {
      const y = hops - 1 - hop++;
      if (block === undefined || y < 0) return undefined;
      xor(block, crypto.chacha20(deriveKey(crypto, 'ammagext', sharedSecret), SIZE));
      const at = codeAt(0, y);
      const expected = codeFor(crypto, deriveKey(crypto, 'um', sharedSecret), returnPacket, block, y);
      if (toHex(expected) !== toHex(block.subarray(at, at + CODE_SIZE))) {
        block = undefined;
        return undefined;
      }
      const [time = 0] = fromBlock(block).htlcHoldTimes;
      block = unshifted(block);
      return time;
    },
  };
}

/** What the hops of a fulfilled HTLC committed to, in units of 100 ms, from the first hop to the last whose code is right. */
export function readSuccess(crypto: Crypto, sharedSecrets: readonly Hash32[], data: AttributionData): readonly number[] {
  const reader = attributionReader(crypto, data, sharedSecrets.length);
  const times: number[] = [];
  for (const secret of sharedSecrets) {
    const time = reader.next(secret, new Uint8Array(0));
    if (time === undefined) break;
    times.push(time);
  }
  return times;
}
