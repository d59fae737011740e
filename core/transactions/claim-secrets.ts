import type { SecretKey } from '../crypto/bytes.ts';

/**
 * The secrets that claim a channel's outputs on chain, for whoever watches it: of the basepoints alone. None of them signs a commitment, and
 * none is a seed of our own per-commitment secrets.
 */
export interface ClaimSecrets {
  readonly revocation: SecretKey;
  readonly payment: SecretKey;
  readonly delayed: SecretKey;
  readonly htlc: SecretKey;
  /** Spends our anchors. The node's alone: a watcher elsewhere has none. */
  readonly funding: SecretKey | undefined;
}
