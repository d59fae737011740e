/** Consecutive seeds, both ends included. */
export type Span = readonly [from: number, to: number];

/** The same seeds, in order, as few spans as there can be. */
export function joined(spans: readonly Span[]): readonly Span[] {
  const out: [number, number][] = [];
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/** The seeds of a span that none of the others has. */
export function without([from, to]: Span, others: readonly Span[]): readonly Span[] {
  const out: Span[] = [];
  let next = from;
  for (const [first, last] of joined(others)) {
    if (first > to) break;
    if (first > next) out.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  return next > to ? out : [...out, [next, to]];
}

export function countSeeds(spans: readonly Span[]): number {
  return spans.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** `1..40, 60, 90..99` */
export function spansText(spans: readonly Span[]): string {
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}..${to}`)).join(', ');
}
