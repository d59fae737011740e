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
  let best = bytes;
  let left = executions;
  const fails = (candidate: Uint8Array): boolean => {
    if (left <= 0) return false;
    left--;
    return holds(candidate);
  };
  for (let before = -1; before !== best.length && left > 0;) {
    before = best.length;
    for (const count of lengths(best.length)) {
      for (let at = Math.max(0, best.length - count); best.length > 0; at = Math.max(0, at - count)) {
        const candidate = without(best, Math.min(at, best.length), Math.min(count, best.length - Math.min(at, best.length)));
        if (candidate.length < best.length && fails(candidate)) best = candidate;
        if (at === 0 || left <= 0) break;
      }
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === 0) continue;
    const candidate = best.slice();
    candidate[at] = 0;
    if (fails(candidate)) best = candidate;
  }
  return best;
}
