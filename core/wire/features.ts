import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';

/** Where BOLT 9 lets a feature stand: init, node_announcement, invoice, channel_type. */
export type FeatureContext = 'init' | 'node' | 'invoice' | 'channel_type';

type Assignment = {
  /** The even, compulsory bit; the odd, optional one is the next. */
  readonly bit: number;
  readonly contexts: readonly FeatureContext[];
  readonly dependencies: readonly string[];
  /** BOLT 9 calls it ASSUMED: everyone has it, announced or not. */
  readonly assumed?: true;
};

const IN: readonly FeatureContext[] = ['init', 'node'];
const IN9: readonly FeatureContext[] = ['init', 'node', 'invoice'];
const INT: readonly FeatureContext[] = ['init', 'node', 'channel_type'];

/** BOLT 9: the assigned features. `ASSUMED` rows keep the contexts in which older nodes announce them. */
export const FEATURES = {
  option_data_loss_protect: { bit: 0, contexts: IN, dependencies: [], assumed: true },
  option_upfront_shutdown_script: { bit: 4, contexts: IN, dependencies: [] },
  gossip_queries: { bit: 6, contexts: IN, dependencies: [] },
  var_onion_optin: { bit: 8, contexts: IN9, dependencies: [], assumed: true },
  gossip_queries_ex: { bit: 10, contexts: IN, dependencies: [] },
  option_static_remotekey: { bit: 12, contexts: INT, dependencies: [], assumed: true },
  payment_secret: { bit: 14, contexts: IN9, dependencies: [], assumed: true },
  basic_mpp: { bit: 16, contexts: IN9, dependencies: ['payment_secret'] },
  option_support_large_channel: { bit: 18, contexts: IN, dependencies: [] },
  option_anchors: { bit: 22, contexts: INT, dependencies: [] },
  option_route_blinding: { bit: 24, contexts: IN9, dependencies: [] },
  option_shutdown_anysegwit: { bit: 26, contexts: IN, dependencies: [] },
  option_dual_fund: { bit: 28, contexts: IN, dependencies: [] },
  option_quiesce: { bit: 34, contexts: IN, dependencies: [] },
  option_attribution_data: { bit: 36, contexts: IN9, dependencies: [] },
  option_onion_messages: { bit: 38, contexts: IN, dependencies: [] },
  option_provide_storage: { bit: 42, contexts: IN, dependencies: [] },
  option_channel_type: { bit: 44, contexts: IN, dependencies: [], assumed: true },
  option_scid_alias: { bit: 46, contexts: INT, dependencies: [] },
  option_payment_metadata: { bit: 48, contexts: ['invoice'], dependencies: [] },
  option_zeroconf: { bit: 50, contexts: INT, dependencies: ['option_scid_alias'] },
  option_simple_close: { bit: 60, contexts: IN, dependencies: ['option_shutdown_anysegwit'] },
  option_splice: { bit: 62, contexts: IN, dependencies: [] },
} as const satisfies Readonly<Record<string, Assignment>>;

export type FeatureName = keyof typeof FEATURES;
export type FeatureLevel = 'compulsory' | 'optional';

const assignments: Readonly<Record<FeatureName, Assignment>> = FEATURES;
const names = Object.keys(FEATURES) as readonly FeatureName[];
const assignedBits: ReadonlySet<number> = new Set(names.map((name) => assignments[name].bit));
const dependent = names.filter((name) => assignments[name].dependencies.length > 0);
/** Every init is judged by these: a list of numbers is read many times as fast as properties by their names. */
const bits = names.map((name) => assignments[name].bit);

/** The feature that one of whose two bits this is. */
export function featureOf(bit: number): FeatureName | undefined {
  return names.find((name) => assignments[name].bit === bit - (bit % 2));
}

/** The bits that are set, ascending. Bit 0 is the least significant bit of the last byte. */
export function featureBits(features: Hex): number[] {
  const bytes = fromHex(features);
  const bits: number[] = [];
  for (let i = bytes.length - 1; i >= 0; i--) {
    for (let j = 0; j < 8; j++) if (((bytes[i] as number) >> j) & 1) bits.push((bytes.length - 1 - i) * 8 + j);
  }
  return bits;
}

/** The bits as a bitmap of minimal length. */
export function featuresFromBits(bits: readonly number[]): Hex {
  // Not Math.max(...bits): an init can carry more bits than a call can carry arguments.
  const highest = bits.reduce((most, bit) => (bit > most ? bit : most), -1);
  const bytes = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const bit of bits) {
    const at = bytes.length - 1 - Math.floor(bit / 8);
    bytes[at] = (bytes[at] as number) | (1 << (bit % 8));
  }
  return toHex(bytes);
}

/** The same features without leading zero bytes: two bitmaps are the same features exactly when their minimal forms are equal. */
export function minimalFeatures(features: Hex): Hex {
  let start = 0;
  while (features.startsWith('00', start)) start += 2;
  return features.slice(start);
}

/** A bitmap of minimal length with these features at these levels. */
export function makeFeatures(levels: Readonly<Partial<Record<FeatureName, FeatureLevel>>>): Hex {
  const bits = names.flatMap((name) => {
    const level = levels[name];
    return level === undefined ? [] : [assignments[name].bit + (level === 'optional' ? 1 : 0)];
  });
  return featuresFromBits(bits);
}

const ZERO = 0x30;
const NINE = 0x39;
const A = 0x61;

function hasBit(features: Hex, bit: number): boolean {
  const code = features.charCodeAt(features.length - 1 - (bit >> 2));
  // Before the first digit there is no code, and NaN has no bits.
  const digit = code > NINE ? code - A + 10 : code - ZERO;
  return ((digit >> (bit & 3)) & 1) === 1;
}

/** BOLT 9: whether the bitmap has the feature and how; compulsory when both bits are set. */
export function featureLevel(features: Hex, name: FeatureName): FeatureLevel | undefined {
  const { bit } = assignments[name];
  if (hasBit(features, bit)) return 'compulsory';
  return hasBit(features, bit + 1) ? 'optional' : undefined;
}

/** Whether either bit of the feature is set, or BOLT 9 has everyone assume it. */
export function hasFeature(features: Hex, name: FeatureName): boolean {
  return assignments[name].assumed === true || featureLevel(features, name) !== undefined;
}

/** BOLT 1: negotiated when both offered it, at whichever level, or when we demanded it: a peer without it had to hang up. */
export function negotiated(ours: Hex, theirs: Hex, name: FeatureName): boolean {
  return hasFeature(ours, name) && (hasFeature(theirs, name) || featureLevel(ours, name) === 'compulsory');
}

/** BOLT 1: the features of an init are the two fields together. Of minimal length. */
export function initFeatures(init: { readonly globalfeatures: Hex; readonly features: Hex }): Hex {
  // All but old nodes leave the other field empty.
  if (init.globalfeatures === '') return minimalFeatures(init.features);
  const [longer, shorter] = [fromHex(init.globalfeatures), fromHex(init.features)].sort((a, b) => b.length - a.length) as [
    Uint8Array,
    Uint8Array,
  ];
  const shift = longer.length - shorter.length;
  return minimalFeatures(toHex(longer.map((byte, i) => byte | (shorter[i - shift] ?? 0))));
}

/** The even bits that no BOLT 9 row assigns. BOLT 1: an init that has any MUST close the connection. */
export function unknownEven(features: Hex): number[] {
  const unknown: number[] = [];
  for (let bit = 0; bit < features.length * 4; bit += 2) if (hasBit(features, bit) && !assignedBits.has(bit)) unknown.push(bit);
  return unknown;
}

/** BOLT 1: compulsory features of the peer that we don't have at all, by name: the connection can't be used. */
export function unsupportedCompulsory(ours: Hex, theirs: Hex): FeatureName[] {
  return names.filter((name, i) => hasBit(theirs, bits[i] as number) && !hasFeature(ours, name));
}

/** BOLT 9: features that are set while one that they depend on isn't. */
export function missingDependencies(features: Hex): { readonly feature: FeatureName; readonly needs: FeatureName }[] {
  return dependent.flatMap((feature) =>
    featureLevel(features, feature) === undefined
      ? []
      : (assignments[feature].dependencies as readonly FeatureName[])
          .filter((needs) => !hasFeature(features, needs))
          .map((needs) => ({ feature, needs })),
  );
}

/** Only the features that BOLT 9 lets stand in this context. */
export function featuresIn(context: FeatureContext, features: Hex): Hex {
  const allowed = new Set(names.filter((name) => assignments[name].contexts.includes(context)).map((name) => assignments[name].bit));
  return featuresFromBits(featureBits(features).filter((bit) => allowed.has(bit - (bit % 2))));
}

/** BOLT 2 channel types: bitmaps of even bits, of minimal length. Two are equal exactly when the strings are. */
export const CHANNEL_TYPE_STATIC_REMOTEKEY: Hex = makeFeatures({ option_static_remotekey: 'compulsory' });
export const CHANNEL_TYPE_ANCHORS: Hex = makeFeatures({ option_static_remotekey: 'compulsory', option_anchors: 'compulsory' });
