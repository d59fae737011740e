import type { Hex } from '../crypto/bytes.ts';
import { featureBits, featureOf, missingDependencies } from '../wire/features.ts';
import type { FeatureName } from '../wire/features.ts';

/** What this node can be told to say that it speaks: each has its rules in core, or is the host's to keep (onions, invoices). */
export const SPOKEN_FEATURES: readonly FeatureName[] = [
  'option_data_loss_protect',
  'option_upfront_shutdown_script',
  'var_onion_optin',
  'option_static_remotekey',
  'payment_secret',
  'basic_mpp',
  'gossip_queries',
  'gossip_queries_ex',
  'option_support_large_channel',
  'option_anchors',
  'option_shutdown_anysegwit',
  'option_attribution_data',
  'option_channel_type',
];

/**
 * BOLT 9, what a node may say of itself: no bit without meaning, none of a feature that it does not speak, never both of a pair, and
 * whatever its features depend on. Throws a RangeError that names each fault.
 */
export function assertSpoken(features: Hex): void {
  if (!/^([0-9a-f]{2})*$/.test(features)) throw new RangeError('the features of the configuration are no bitmap in lower-case hex');
  const faults = [...faultsOfBits(features), ...missingDependencies(features).map(({ feature, needs }) => `${feature} needs ${needs}`)];
  if (faults.length > 0) throw new RangeError(`the features of the configuration can't be offered: ${faults.join(', ')}`);
}

function faultsOfBits(features: Hex): readonly string[] {
  const set = featureBits(features);
  return set.flatMap((bit) => {
    const name = featureOf(bit);
    if (name === undefined) return [`bit ${bit} is no feature of BOLT 9`];
    if (!SPOKEN_FEATURES.includes(name)) return [`${name} is not spoken here`];
    return bit % 2 === 0 && set.includes(bit + 1) ? [`both bits of ${name} are set`] : [];
  });
}
