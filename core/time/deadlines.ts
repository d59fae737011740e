/** Something that waits for a moment of wall time. */
interface Deadline<K> {
  readonly atMs: number;
  readonly of: K;
}

/** All that waits, one entry each, the earliest first: when time is wanted next is kept and not searched for. A value. */
export type Deadlines<K> = readonly Deadline<K>[];

/** What a step belongs to keeps what waits in it under this name. */
export interface Waiting {
  readonly deadlines: Deadlines<unknown>;
}

/** The one question of a host: the moment at which time is wanted next. Undefined when nothing waits; nothing is due at any other moment. */
export function nextDeadline(...states: readonly Waiting[]): number | undefined {
  let next: number | undefined;
  for (const { deadlines } of states) {
    const atMs = deadlines[0]?.atMs;
    if (atMs !== undefined && (next === undefined || atMs < next)) next = atMs;
  }
  return next;
}

/** From now on `of` waits until `atMs`, or for nothing. */
export function reschedule<K>(deadlines: Deadlines<K>, of: K, atMs: number | undefined): Deadlines<K> {
  const before = deadlines.findIndex((deadline) => deadline.of === of);
  if (deadlines[before]?.atMs === atMs) return deadlines;
  const next = deadlines.slice();
  if (before >= 0) next.splice(before, 1);
  if (atMs !== undefined) next.splice(placeOf(next, atMs), 0, { atMs, of });
  return next;
}

/** Behind all that wait until then, too: of equals the first to wait comes first. */
function placeOf(deadlines: Deadlines<unknown>, atMs: number): number {
  let low = 0;
  let high = deadlines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((deadlines[middle] as Deadline<unknown>).atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What is due, the earliest first. */
export function dueBy<K>(deadlines: Deadlines<K>, nowMs: number): readonly K[] {
  const due: K[] = [];
  for (const { atMs, of } of deadlines) {
    if (atMs > nowMs) break;
    due.push(of);
  }
  return due;
}
