/** 1234567 → 1,234,567; the same on every machine. */
export function grouped(value: number | bigint | string): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** At most `width` characters. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** 1.2 s, 3 min 20 s, 450 ms. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Three significant digits at most, grouped: 12,345 · 234 · 1.23 */
export function rate(perSecond: number): string {
  return perSecond >= 100 ? grouped(Math.round(perSecond)) : perSecond.toPrecision(3);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** An amount of a scenario, in satoshi. */
export function sat(amount: string): string {
  return `${grouped(amount)} sat`;
}

/** The same in millisatoshi, and in satoshi where it is a whole number of them. */
export function msat(amount: string | bigint): string {
  const digits = String(amount);
  return digits.length > 3 && digits.endsWith('000') ? sat(digits.slice(0, -3)) : `${grouped(digits)} msat`;
}
