import type { BlockHeader } from '../bitcoin/header.ts';
import { reversed } from '../bitcoin/txid-text.ts';
import type { Hash32 } from '../crypto/bytes.ts';

/** Blocks between two changes of the difficulty. */
export const RETARGET_BLOCKS = 2016;
/** How long they should take, in seconds. */
const RETARGET_SECONDS = 14 * 24 * 60 * 60;
/** Where a network allows it, a block so many seconds after the one before it needs no more than the least work. */
const EASY_AFTER_SECONDS = 20 * 60;

/** What a network asks of its headers. */
export interface WorkRules {
  /** The easiest target. */
  readonly limitBits: number;
  /** False where every block has the easiest target. */
  readonly retargets: boolean;
  /** Whether a block that is twenty minutes late may have the easiest target. */
  readonly easyWhenLate: boolean;
  /** BIP 94: the new target comes from that of the period's first block, which must not be much older than the block before it. */
  readonly fromFirst: boolean;
}

/** The target of `bits`; undefined where they mean none: negative, zero, or beyond 256 bits. */
export function targetOf(bits: number): bigint | undefined {
  const exponent = bits >>> 24;
  const mantissa = BigInt(bits & 0x7fffff);
  if ((bits & 0x800000) !== 0 || mantissa === 0n || exponent > 34) return undefined;
  const target = exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
  return target === 0n || target >> 256n !== 0n ? undefined : target;
}

/** The bits of a target, which round it down; `target` in [1, 2^256). */
export function bitsOf(target: bigint): number {
  let exponent = Math.ceil(target.toString(16).length / 2);
  let mantissa = Number(exponent <= 3 ? target << BigInt(8 * (3 - exponent)) : target >> BigInt(8 * (exponent - 3)));
  // The highest bit is a sign.
  if (mantissa >= 0x800000) {
    mantissa >>>= 8;
    exponent++;
  }
  return exponent * 0x1000000 + mantissa;
}

/** How many hashes a block with these bits took on average. */
export function workOf(bits: number): bigint {
  const target = targetOf(bits);
  return target === undefined ? 0n : (1n << 256n) / (target + 1n);
}

/** Whether the hash is at most the target that the header claims. */
export function meetsTarget({ hash, bits }: BlockHeader): boolean {
  const target = targetOf(bits);
  return target !== undefined && numberOf(hash) <= target;
}

function numberOf(hash: Hash32): bigint {
  return BigInt(`0x${reversed(hash)}`);
}

/** The bits after a period whose first and last blocks had these times. */
export function retarget(limitBits: number, oldBits: number, firstTime: number, lastTime: number): number {
  const limit = targetOf(limitBits) ?? 1n;
  const seconds = Math.min(4 * RETARGET_SECONDS, Math.max(RETARGET_SECONDS / 4, lastTime - firstTime));
  const target = ((targetOf(oldBits) ?? 1n) * BigInt(seconds)) / BigInt(RETARGET_SECONDS);
  return bitsOf(target < limit ? (target > 0n ? target : 1n) : limit);
}

/**
 * The bits that the header behind these must have. They begin at a height that is a multiple of `RETARGET_BLOCKS`, so that all it depends on is
 * there.
 */
export function requiredBits(rules: WorkRules, before: readonly BlockHeader[], time: number): number {
  const last = before.at(-1) as BlockHeader;
  if (!rules.retargets) return last.bits;
  if (before.length % RETARGET_BLOCKS === 0) {
    const first = before[before.length - RETARGET_BLOCKS] as BlockHeader;
    return retarget(rules.limitBits, rules.fromFirst ? first.bits : last.bits, first.time, last.time);
  }
  if (!rules.easyWhenLate) return last.bits;
  return time > last.time + EASY_AFTER_SECONDS ? rules.limitBits : lastHard(rules, before);
}

/** The bits of the newest block of this period that was not excused for being late. */
function lastHard({ limitBits }: WorkRules, before: readonly BlockHeader[]): number {
  let at = before.length - 1;
  while (at % RETARGET_BLOCKS !== 0 && before[at]?.bits === limitBits) at--;
  return (before[at] as BlockHeader).bits;
}
