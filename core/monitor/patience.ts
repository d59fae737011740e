import type { Claim, ClaimKind } from './claims.ts';

/** Where a watcher runs: beside the node, or elsewhere, with nothing but what it was told. */
export type Post = 'node' | 'elsewhere';

/** Blocks for which a watcher elsewhere leaves to the node what nobody competes for. */
const PATIENCE_BLOCKS = 144;

/** What every watcher does at once: a penalty, because a cheater's delay runs; a commitment that is final, because it is the same bytes wherever it comes from. */
function isForEveryone(kind: ClaimKind): boolean {
  switch (kind) {
    case 'commitment':
    case 'penalty_to_local':
    case 'penalty_htlc':
    case 'penalty_second_stage':
      return true;
    case 'to_local':
    case 'to_remote':
    case 'htlc_timeout_tx':
    case 'htlc_success_tx':
    case 'second_stage':
    case 'htlc_timeout':
    case 'htlc_preimage':
      return false;
  }
}

/**
 * The height of the tip from which on a watcher acts on a claim. One elsewhere leaves what the node claims, too, to the node until half of the
 * blocks to its deadline have gone: two that claim the same compete for nothing but fees.
 */
export function actsFrom(post: Post, { kind, earliest, deadline }: Pick<Claim, 'kind' | 'earliest' | 'deadline'>): number {
  const first = earliest - 1;
  if (post === 'node' || isForEveryone(kind)) return first;
  return first + (deadline === undefined ? PATIENCE_BLOCKS : Math.max(0, deadline - earliest) >> 1);
}
