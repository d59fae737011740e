import type { Refused } from './rules.ts';
import { refused } from './rules.ts';

/** BOLT 11, Human-Readable Part: the networks whose prefix is understood. */
const PREFIXES = { bitcoin: 'lnbc', testnet: 'lntb', signet: 'lntbs', regtest: 'lnbcrt' } as const;
export type Network = keyof typeof PREFIXES;
const networkOf: ReadonlyMap<string, Network> = new Map((Object.keys(PREFIXES) as Network[]).map((name) => [PREFIXES[name], name]));

/** Millisatoshis of one unit of a bitcoin. Those of `p` are tenths, so they are counted apart. */
const MSAT: Readonly<Record<string, bigint>> = { '': 100_000_000_000n, m: 100_000_000n, u: 100_000n, n: 100n };
const PICO_PER_MSAT = 10n;
/** Larger than every amount of bitcoin, smaller than what would take long to read. */
const MAX_DIGITS = 20;
/** All the bitcoin that there will ever be. */
export const MAX_AMOUNT_MSAT = 21_000_000n * 100_000_000_000n;

export interface HumanReadablePart {
  readonly network: Network;
  /** Undefined where the payer chooses. */
  readonly amountMsat: bigint | undefined;
}

/** BOLT 11, Human-Readable Part, the reader. In lower case. */
export function readHumanReadablePart(text: string): ({ readonly ok: true } & HumanReadablePart) | Refused {
  const [, prefix = '', rest = ''] = /^([^0-9]*)(.*)$/s.exec(text) ?? [];
  const network = networkOf.get(prefix);
  if (network === undefined) return refused('invoice.prefix', prefix.slice(0, 16));
  if (rest === '') return { ok: true, network, amountMsat: undefined };
  const [, digits = '', multiplier = ''] = /^([0-9]+)(.*)$/s.exec(rest) ?? [];
  if (digits.length > MAX_DIGITS) return refused('invoice.amount_too_large', `${digits.length} digits`);
  const amountMsat = amountOf(BigInt(digits), multiplier);
  if (amountMsat === undefined || amountMsat === 0n) return refused('invoice.amount', rest.slice(0, 40));
  if (amountMsat === 'precision') return refused('invoice.sub_millisatoshi', rest);
  if (amountMsat > MAX_AMOUNT_MSAT) return refused('invoice.amount_too_large', `${amountMsat} msat`);
  return { ok: true, network, amountMsat };
}

function amountOf(value: bigint, multiplier: string): bigint | 'precision' | undefined {
  if (multiplier === 'p') return value % PICO_PER_MSAT === 0n ? value / PICO_PER_MSAT : 'precision';
  const unit = MSAT[multiplier];
  return unit === undefined ? undefined : value * unit;
}

/** BOLT 11, Human-Readable Part, the writer: in the largest unit in which the amount is whole. Throws a RangeError for no amount of bitcoin. */
export function writeHumanReadablePart({ network, amountMsat }: HumanReadablePart): string {
  const prefix = PREFIXES[network];
  if (amountMsat === undefined) return prefix;
  if (amountMsat <= 0n || amountMsat > MAX_AMOUNT_MSAT) throw new RangeError(`${amountMsat} is no amount in millisatoshis`);
  for (const [multiplier, unit] of Object.entries(MSAT)) if (amountMsat % unit === 0n) return `${prefix}${amountMsat / unit}${multiplier}`;
  return `${prefix}${amountMsat * PICO_PER_MSAT}p`;
}
