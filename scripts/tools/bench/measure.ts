/// <reference types="node" />
import type { Crypto } from '../../../core/crypto/types.ts';
import { nodeProviders } from '../../node/native-crypto.ts';
import { makeFeatures } from '../../../core/wire/features.ts';
import { BenchLine } from './line.ts';
import { BenchPair } from './two-nodes.ts';

/** One figure, as a line of JSON. */
export interface Figure {
  readonly name: string;
  readonly crypto: string;
  readonly value: number;
  readonly unit: string;
  readonly cpuShare: number;
  /** What was varied, where something was. */
  readonly htlcsInFlight?: number;
}

/** How to make the providers that load here: each node has one of its own. */
export function providers(): readonly (() => Crypto)[] {
  const { fake, native, noble } = nodeProviders();
  return [fake, ...(native === undefined ? [] : [native]), noble];
}

/** How often something happened in a second, and how much of a core it had: much less than 1 means that the machine was busy with other things. */
export interface Rate {
  readonly perSecond: number;
  readonly cpuShare: number;
}

/** Measures `work` again and again for some seconds, once it is warm. */
export function rateOf(work: () => void, seconds: number): Rate {
  const warmUntil = performance.now() + seconds * 250;
  while (performance.now() < warmUntil) work();
  const watch = stopwatch();
  const until = performance.now() + seconds * 1000;
  let count = 0;
  while (performance.now() < until) {
    work();
    count += 1;
  }
  return watch(count);
}

/** Starts to measure; to be told in the end how often it happened. */
export function stopwatch(): (count: number) => Rate {
  const start = performance.now();
  const before = process.cpuUsage();
  return (count) => {
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    return { perSecond: (count * 1000) / ms, cpuShare: (user + system) / 1000 / ms };
  };
}

/** Complete payments, one after the other: from the add to irrevocably removed on both sides, ten messages each. */
export function payments(createCrypto: () => Crypto, seconds: number): Figure {
  const pair = new BenchPair(createCrypto);
  let n = 0;
  const { perSecond, cpuShare } = rateOf(() => {
    pair.add(n);
    pair.fulfill(n, BigInt(n));
    n += 1;
  }, seconds);
  if (pair.a.settled !== n) throw new Error(`${n} payments were made and ${pair.a.settled} were settled`);
  return { name: 'payments', crypto: pair.cryptoName, value: perSecond, unit: 'payments/s', cpuShare };
}

const HOPS = 9;
const ATTRIBUTED = makeFeatures({
  option_static_remotekey: 'compulsory',
  option_anchors: 'optional',
  option_channel_type: 'compulsory',
  option_support_large_channel: 'optional',
  option_attribution_data: 'optional',
});

/** The same across nine channels of ten nodes that share nothing, each with its onion; with attribution data or without. */
export function forwardedPayments(createCrypto: () => Crypto, attributed: boolean, seconds: number): Figure {
  const line = new BenchLine(createCrypto, HOPS, attributed ? { features: ATTRIBUTED } : {});
  let n = 0;
  const { perSecond, cpuShare } = rateOf(() => line.pay(n++), seconds);
  const settled = line.nodes[0]?.settled;
  if (settled !== n) throw new Error(`${n} payments were made and ${settled} were settled`);
  const name = attributed ? 'nine hops, attributed' : 'nine hops';
  return { name, crypto: line.cryptoName, value: perSecond, unit: 'payments/s', cpuShare };
}

/** What one more payment costs while others are in flight: each of its commitments carries them all. */
export function commitmentCost(createCrypto: () => Crypto, inFlight: number, seconds: number): Figure {
  const limits = { maxAcceptedHtlcs: 483, maxHtlcValueInFlightMsat: 900_000_000_000n };
  const pair = new BenchPair(createCrypto, limits);
  let n = 0;
  while (n < inFlight) pair.add(n++);
  const { perSecond, cpuShare } = rateOf(() => {
    pair.add(n);
    pair.fulfill(n, BigInt(n));
    n += 1;
  }, seconds);
  return {
    name: 'payment with others in flight',
    crypto: pair.cryptoName,
    htlcsInFlight: inFlight,
    value: 1000 / perSecond,
    unit: 'ms',
    cpuShare,
  };
}
