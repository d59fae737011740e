import type { FuzzTarget } from '../target.ts';
import { replay } from './replay.ts';

/** Runs of bytes that are tried away, longest first: down to one. */
function lengths(total: number): number[] {
  const out: number[] = [];
  for (let n = Math.ceil(total / 2); n >= 1; n = n === 1 ? 0 : Math.ceil(n / 2)) out.push(n);
  return out;
}

function without(bytes: Uint8Array, at: number, count: number): Uint8Array {
  const out = new Uint8Array(bytes.length - count);
  out.set(bytes.subarray(0, at));
  out.set(bytes.subarray(at + count), at);
  return out;
}

/**
 * The smallest input found that fails in the same way, in at most `executions` tries: bytes are taken away in ever shorter runs, then what
 * stays is set to zero where that makes no difference. Deterministic.
 */
export function minimise(
  target: FuzzTarget,
  bytes: Uint8Array,
  fingerprint: string,
  { executions = 2000, executing }: { readonly executions?: number; readonly executing?: (bytes: Uint8Array) => void } = {},
): Uint8Array {
  return smallest(bytes, executions, (candidate) => {
    executing?.(candidate);
    return replay(target, candidate)?.fingerprint === fingerprint;
  });
}

/** The smallest bytes found for which `holds`, in at most `executions` questions. It holds for `bytes`. */
export function smallest(bytes: Uint8Array, executions: number, holds: (candidate: Uint8Array) => boolean): Uint8Array {
  const search = { best: bytes, left: executions };
  const improves = (candidate: Uint8Array): boolean => {
    if (search.left <= 0) return false;
    search.left--;
    if (!holds(candidate)) return false;
    search.best = candidate;
    return true;
  };
  let before: number;
  do {
    before = search.best.length;
    for (const count of lengths(before)) {
      // From the end: what comes later depends on what came before, seldom the other way round.
      for (let at = search.best.length - count; at > -count && search.left > 0; at -= count) {
        const from = Math.max(0, Math.min(at, search.best.length - 1));
        const gone = Math.min(count, search.best.length - from);
        if (gone > 0) improves(without(search.best, from, gone));
      }
    }
  } while (search.best.length < before && search.left > 0);
  for (let at = 0; at < search.best.length && search.left > 0; at++) {
    if (search.best[at] === 0) continue;
    const candidate = search.best.slice();
    candidate[at] = 0;
    improves(candidate);
  }
  return search.best;
}
