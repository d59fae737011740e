import type { ChannelConfig } from '../core/channel/io.ts';
import type { Hash32 } from '../core/crypto/bytes.ts';
import { makeFeatures } from '../core/wire/features.ts';

/** Regtest's genesis block, in wire order. */
const REGTEST = '06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f' as Hash32;

/** What every node of a world estimates unless its spec says otherwise, in satoshi per 1000 weight. */
export const DEFAULT_FEERATE_PER_KW = 2500;

/** The policy that a node of a world has unless its spec overrides it. */
export const DEFAULT_POLICY: ChannelConfig = {
  chainHash: REGTEST,
  features: makeFeatures({
    option_data_loss_protect: 'compulsory',
    option_upfront_shutdown_script: 'optional',
    var_onion_optin: 'compulsory',
    option_static_remotekey: 'compulsory',
    payment_secret: 'compulsory',
    basic_mpp: 'optional',
    option_support_large_channel: 'optional',
    option_anchors: 'optional',
    option_shutdown_anysegwit: 'optional',
    option_channel_type: 'compulsory',
  }),
  watchers: [],
  commit: 'auto',
  dustLimitSat: 354n,
  maxHtlcValueInFlightMsat: 1_000_000_000n,
  maxAcceptedHtlcs: 30,
  htlcMinimumMsat: 1n,
  toSelfDelay: 144,
  maxToSelfDelay: 2016,
  minimumDepth: 2,
  maxMinimumDepth: 144,
  minFundingSat: 20_000n,
  reservePpm: 10_000,
  maxDustLimitSat: 10_000n,
  feerateTolerancePercent: { min: 25, max: 1000 },
  minFeeratePerKw: 253,
  maxDustHtlcExposureMsat: 50_000_000n,
  feeSpikeMultiple: 2,
  htlcGraceBlocks: 2,
  fulfillDeadlineBlocks: 18,
  maxCltvAhead: 2016,
  closingFeeRangePercent: { min: 50, max: 300 },
};

/** The default policy with a node's overrides. Throws a RangeError that names what is wrong. */
export function policyOf(overrides: Readonly<Record<string, unknown>>, watchers: readonly string[]): ChannelConfig {
  return { ...(override(DEFAULT_POLICY as unknown as Plain, overrides, 'config') as unknown as ChannelConfig), watchers };
}

type Plain = Readonly<Record<string, unknown>>;

/** Amounts in a scenario are decimal strings: each value takes the type of the default that it replaces. */
function override(defaults: Plain, overrides: Plain, path: string): Plain {
  const out: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(defaults, name) || name === 'watchers') throw new RangeError(`${path}.${name}: no such setting`);
    out[name] = convert(defaults[name], value, `${path}.${name}`);
  }
  return out;
}

function convert(model: unknown, value: unknown, path: string): unknown {
  if (typeof model === 'bigint') {
    if (typeof value === 'bigint') return value;
    if (typeof value === 'string' && /^\d+$/.test(value)) return BigInt(value);
    throw new RangeError(`${path}: expected a decimal string`);
  }
  if (typeof model === 'object' && model !== null) {
    if (typeof value !== 'object' || value === null) throw new RangeError(`${path}: expected an object`);
    return override(model as Plain, value as Plain, path);
  }
  if (typeof value !== typeof model) throw new RangeError(`${path}: expected a ${typeof model}`);
  if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0))
    throw new RangeError(`${path}: expected a non-negative integer`);
  return value;
}
