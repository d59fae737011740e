import { SAFE_DEPTH } from '../chain/view.ts';

/** From these two, in blocks, every number of a watcher derives. */
export interface ChainPolicy {
  /** Below this depth a transaction may be taken back: what rests on one is told when it is so deep. */
  readonly reorgDepth: number;
  /** How long a transaction of ours may take to confirm. */
  readonly slack: number;
}

/** BOLT 2, cltv_expiry_delta Selection: R and S. */
export const DEFAULT_CHAIN_POLICY: ChainPolicy = { reorgDepth: SAFE_DEPTH, slack: 12 };
