import { UsageError } from '../terminal/exit.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** '1..20000', '17' or '1..' (no end). Seeds start at 1. */
export function parseSeeds(text: string): { readonly from: number; readonly to?: number } {
  const match = /^(\d{1,15})(?:(\.\.)(\d{1,15})?)?$/.exec(text);
  const from = Number(match?.[1] ?? 0);
  if (match === null || from < 1) throw new UsageError(`--seeds ${text}: write a range like 1..20000, one seed like 17, or 1.. for no end`);
  if (match[2] !== undefined && match[3] === undefined) return { from };
  const to = Number(match[3] ?? match[1]);
  if (to < from) throw new UsageError(`--seeds ${text}: the last seed is before the first`);
  return { from, to };
}

/** '60s', '5m', '1h', '500ms' in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw new UsageError(`--time ${text}: write a duration like 60s, 5m or 1h`);
  return Number(match[1]) * unit;
}

/** An integer in [min, max]. */
export function parseInteger(option: string, value: number | undefined, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < min || value > max) throw new UsageError(`--${option}: write an integer from ${min} to ${max}`);
  return value;
}

/** Of --drivers: names, joined by commas. */
export function parseDrivers(text: string): readonly string[] {
  const names = text.split(',');
  if (names.every((name) => /^[A-Za-z]\w*$/.test(name))) return names;
  throw new UsageError(`--drivers ${text}: write names joined by commas, like fulgurite,ldk`);
}
