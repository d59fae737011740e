import type { Hash32, PublicKey, SecretKey, Signature } from '../../crypto/bytes.ts';
import type { BuiltClosing } from '../../transactions/closing.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import type { EndSignatures } from '../../gossip/channel-announcement.ts';
import type { ChannelAnnouncement, ChannelUpdate } from '../../wire/messages/index.ts';
import type { CommitmentSignatures } from '../model/state.ts';

/** The public halves of one channel's keys (BOLT 3, Key Derivation). */
export interface Basepoints {
  readonly fundingPubkey: PublicKey;
  readonly revocationBasepoint: PublicKey;
  readonly paymentBasepoint: PublicKey;
  readonly delayedPaymentBasepoint: PublicKey;
  readonly htlcBasepoint: PublicKey;
}

/**
 * Holds a channel's secrets, and signs transactions that it can see whole, never a hash. `keysId` names the channel's keys and was fresh
 * randomness when the channel was opened; commitment numbers count up from 0.
 */
export interface Signer {
  /** Of the node whose channels these are: the public half of the key that signs what it says to everybody (BOLT 7). */
  readonly nodeId: PublicKey;
  basepoints(keysId: Hash32): Basepoints;
  perCommitmentPoint(keysId: Hash32, number: bigint): PublicKey;
  /**
   * Revokes our commitment `number`: its secret leaves for the peer, and `successor`, with the peer's signatures for it, takes its place. Absent
   * where the answer comes later (`Duty`), or never: a signer may refuse.
   */
  revealSecret(keysId: Hash32, number: bigint, successor: BuiltCommitment, signatures: CommitmentSignatures): SecretKey | undefined;
  /** Whether this is the secret of our commitment `number`: reveals nothing to who does not know it. */
  isSecret(keysId: Hash32, number: bigint, secret: SecretKey): boolean;
  /**
   * BOLT 2, commitment_signed: for the peer's commitment and its HTLC transactions, in the order of its outputs. Absent where it comes later
   * (`Duty`); commitment 0 is signed at once, an opening does not wait.
   */
  signRemoteCommitment(keysId: Hash32, built: BuiltCommitment): CommitmentSignatures | undefined;
  /** For the chain: our own commitment, which must not be revoked. Absent where it comes later, or never: a signer may refuse. */
  signOwnCommitment(keysId: Hash32, built: BuiltCommitment): Signature | undefined;
  /** BOLT 2, closing_signed. Absent where it comes later. */
  signClosing(keysId: Hash32, built: BuiltClosing): Signature | undefined;

  /** BOLT 7, announcement_signatures: with the node's key and the channel's funding key. Absent where it comes later, or never. */
  signAnnouncement(keysId: Hash32, announcement: ChannelAnnouncement): EndSignatures | undefined;
  /** BOLT 7, channel_update: with the node's key. Absent where it comes later, or never. */
  signUpdate(update: ChannelUpdate): Signature | undefined;

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
