import fc from 'fast-check';
import { fromHex, toHex } from '../core/crypto/bytes.ts';
import type { Hex } from '../core/crypto/bytes.ts';
import {
  FEATURES,
  featureBits,
  featureLevel,
  featuresFromBits,
  featuresIn,
  hasFeature,
  initFeatures,
  makeFeatures,
  minimalFeatures,
  missingDependencies,
  negotiated,
  unknownEven,
  unsupportedCompulsory,
} from '../core/wire/features.ts';
import type { FeatureName } from '../core/wire/features.ts';
import { dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

const names = Object.keys(FEATURES) as readonly FeatureName[];
const CONTEXTS = ['init', 'node', 'invoice', 'channel_type'] as const;

/** The first byte says where the rest is cut into the bitmaps of two sides. */
function twoBitmaps(bytes: Uint8Array): readonly [Hex, Hex] {
  const rest = bytes.subarray(1);
  const cut = Math.floor((rest.length * (bytes[0] ?? 0)) / 255);
  return [toHex(rest.subarray(0, cut)), toHex(rest.subarray(cut))];
}

function checkBitmap(features: Hex): void {
  const bits = featureBits(features);
  const minimal = minimalFeatures(features);
  promise(featuresFromBits(bits) === minimal, 'bits and bitmap are the same features', () => features);
  const both = new Set(bits);
  const count = [...fromHex(features)].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  promise(both.size === count, 'every bit is reported once', () => `${both.size} of ${count} in ${features}`);
  for (const name of names) {
    const { bit } = FEATURES[name];
    const level = both.has(bit) ? 'compulsory' : both.has(bit + 1) ? 'optional' : undefined;
    promise(featureLevel(features, name) === level, 'a level is its bit', () => `${name} in ${features}`);
  }
  for (const context of CONTEXTS) {
    const inContext = featuresIn(context, features);
    promise(featuresIn(context, inContext) === inContext, 'what may stand in a context may stand there', () => `${context}: ${features}`);
  }
  for (const bit of unknownEven(features)) promise(both.has(bit) && bit % 2 === 0, 'an unknown even bit is one', () => String(bit));
  for (const { feature } of missingDependencies(features))
    promise(hasFeature(features, feature), 'what misses a dependency is there', () => feature);
}

/** Some bits, and now and then as many as an init can carry. */
const bitmap = fc.oneof(
  { weight: 200, arbitrary: fc.array(fc.nat(80), { maxLength: 12 }).map((bits) => fromHex(featuresFromBits(bits))) },
  { weight: 1, arbitrary: fc.nat(18_000).map((length) => new Uint8Array(length).fill(0xff)) },
);

export const featuresTarget: FuzzTarget = {
  name: 'features',
  about: 'feature bitmaps of two sides, and what they negotiate',
  // More bits than a call can carry arguments; an init may carry three times as many.
  maxLength: 20_000,
  fuzz(bytes) {
    const [ours, theirs] = twoBitmaps(bytes);
    checkBitmap(ours);
    checkBitmap(theirs);
    const both = initFeatures({ globalfeatures: ours, features: theirs });
    for (const name of names) {
      const offeredBy = [ours, theirs].filter((features) => hasFeature(features, name)).length;
      const expected = offeredBy === 2 || featureLevel(ours, name) === 'compulsory';
      promise(negotiated(ours, theirs, name) === expected, 'negotiated is what both offered, or we demanded', () => name);
      const either = hasFeature(ours, name) || hasFeature(theirs, name);
      promise(hasFeature(both, name) === either, 'an init has what either field has', () => name);
    }
    for (const name of unsupportedCompulsory(ours, theirs))
      promise(!hasFeature(ours, name) && hasFeature(theirs, name), 'what is unsupported is theirs alone', () => name);
  },
  dictionary: dictionaryOf(
    { kind: 'bytes', length: 1 },
    names.flatMap((name) => [fromHex(makeFeatures({ [name]: 'compulsory' })), fromHex(makeFeatures({ [name]: 'optional' }))]),
  ),
  structure: fc.tuple(fc.nat(255), bitmap, bitmap).map(([cut, a, b]) => Uint8Array.of(cut, ...a, ...b)),
  describe(bytes) {
    return twoBitmaps(bytes)
      .map((features, i) => {
        const levels = names.flatMap((name) => {
          const level = featureLevel(features, name);
          return level === undefined ? [] : [`${name} (${level})`];
        });
        return `${i === 0 ? 'ours' : 'theirs'}: ${levels.length === 0 ? 'no known feature' : levels.join(', ')}, ${features.length / 2} bytes`;
      })
      .join('\n');
  },
};
