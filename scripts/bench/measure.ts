/// <reference types="node" />
import { createNobleCrypto } from '../../core/crypto/noble.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { createFakeCrypto } from '../../sim/crypto/fake.ts';
import { loadNativeCrypto, nodeHashes } from '../host/native-crypto.ts';
import { BenchPair } from './pair.ts';

/** One figure, as a line of JSON. */
export interface Figure {
  readonly name: string;
  readonly crypto: string;
  readonly value: number;
  readonly unit: string;
  /** What was varied, where something was. */
  readonly htlcsInFlight?: number;
}

/** The providers that load here. */
export function providers(): readonly Crypto[] {
  const native = loadNativeCrypto();
  return [createFakeCrypto(nodeHashes), ...(native === undefined ? [] : [native]), createNobleCrypto(nodeHashes)];
}

/** How often `work` runs in a second, once it is warm. */
export function perSecond(work: () => void, seconds: number): number {
  const warmUntil = performance.now() + seconds * 250;
  while (performance.now() < warmUntil) work();
  const start = performance.now();
  const until = start + seconds * 1000;
  let count = 0;
  let now = start;
  while (now < until) {
    work();
    count += 1;
    now = performance.now();
  }
  return (count * 1000) / (now - start);
}

/** Complete payments, one after the other: from the add to irrevocably removed on both sides, ten messages each. */
export function payments(crypto: Crypto, seconds: number): Figure {
  const pair = new BenchPair(crypto);
  let n = 0;
  const value = perSecond(() => {
    pair.add(n);
    pair.fulfill(n, BigInt(n));
    n += 1;
  }, seconds);
  if (pair.a.settled !== n) throw new Error(`${n} payments were made and ${pair.a.settled} were settled`);
  return { name: 'payments', crypto: crypto.name, value, unit: 'payments/s' };
}

/** What one more payment costs while others are in flight: each of its commitments carries them all. */
export function commitmentCost(crypto: Crypto, inFlight: number, seconds: number): Figure {
  const limits = { maxAcceptedHtlcs: 483, maxHtlcValueInFlightMsat: 900_000_000_000n };
  const pair = new BenchPair(crypto, limits);
  let n = 0;
  while (n < inFlight) pair.add(n++);
  const rate = perSecond(() => {
    pair.add(n);
    pair.fulfill(n, BigInt(n));
    n += 1;
  }, seconds);
  return { name: 'payment with others in flight', crypto: crypto.name, htlcsInFlight: inFlight, value: 1000 / rate, unit: 'ms' };
}
