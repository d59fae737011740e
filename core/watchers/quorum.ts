/** Which watchers there are, and how many of them must hold an update before what depends on it leaves. It is judged as it is now. */
export interface Roster {
  readonly watchers: readonly string[];
  /** All of them, where it is more than there are. */
  readonly quorum: number;
}

/** The newest update that a quorum holds, each with all before it. `held`: by name; who is not of the roster counts for nothing. */
export function heldByQuorum({ watchers, quorum }: Roster, held: (watcher: string) => number): number {
  const needed = Math.min(quorum, watchers.length);
  if (needed <= 0) return Number.MAX_SAFE_INTEGER;
  return watchers.map(held).sort((a, b) => b - a)[needed - 1] as number;
}

/**
 * How many watchers must have heard of a start of the device before it acts: so many that they meet every quorum that an older start ever had, and
 * that none is left for it.
 */
export function neededToBegin({ watchers, quorum }: Roster): number {
  return watchers.length === 0 ? 0 : watchers.length - Math.max(1, Math.min(quorum, watchers.length)) + 1;
}
