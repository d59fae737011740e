import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import { DEFAULT_CONFIG } from '../../core/node/config.ts';

/** What every node of a world estimates unless its spec says otherwise, in satoshi per 1000 weight. */
export const DEFAULT_FEERATE_PER_KW = 2500;

/** The default policy with a node's overrides. Throws a RangeError that names what is wrong. */
export function policyOf(overrides: Readonly<Record<string, unknown>>, watchers: readonly string[]): ChannelConfig {
  return { ...(override(DEFAULT_CONFIG as unknown as Plain, overrides, 'config') as unknown as ChannelConfig), watchers };
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
