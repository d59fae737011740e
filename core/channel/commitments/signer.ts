import type { Hash32, PublicKey, SecretKey, Signature } from '../../crypto/bytes.ts';

/** The public halves of one channel's keys (BOLT 3, Key Derivation). */
export interface Basepoints {
  readonly fundingPubkey: PublicKey;
  readonly revocationBasepoint: PublicKey;
  readonly paymentBasepoint: PublicKey;
  readonly delayedPaymentBasepoint: PublicKey;
  readonly htlcBasepoint: PublicKey;
}

/**
 * Holds a channel's secrets. Pure: equal arguments give equal answers. `keysId` names the channel's keys and was fresh randomness
 * when the channel was opened; commitment numbers count up from 0.
 */
export interface Signer {
  basepoints(keysId: Hash32): Basepoints;
  perCommitmentPoint(keysId: Hash32, number: bigint): PublicKey;
  /** Revokes commitment `number`. */
  perCommitmentSecret(keysId: Hash32, number: bigint): SecretKey;
  /** Signs with the funding key: commitment and closing transactions. */
  signFunding(keysId: Hash32, sighash: Hash32): Signature;
  /** Signs the peer's HTLC transactions with the HTLC key tweaked by the PEER's per-commitment point. */
  signHtlcs(keysId: Hash32, remotePoint: PublicKey, sighashes: readonly Hash32[]): readonly Signature[];

  // Public keys that anybody can derive from points (BOLT 3, Key Derivation), and the holder of the secrets with less work.

  /** revocationpubkey of our commitment `number`, from the peer's revocation_basepoint. */
  ownRevocationPubkey(keysId: Hash32, number: bigint, remoteBasepoint: PublicKey): PublicKey;
  /** revocationpubkey of the peer's commitment with this point. */
  remoteRevocationPubkey(keysId: Hash32, remotePoint: PublicKey): PublicKey;
  /** local_delayedpubkey of our commitment with this point. */
  delayedPubkey(keysId: Hash32, point: PublicKey): PublicKey;
  /** Our htlcpubkey in the commitment with this point, whoever owns it. */
  htlcPubkey(keysId: Hash32, point: PublicKey): PublicKey;
}
