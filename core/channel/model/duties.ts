import type { Hash32, SecretKey, Signature, Txid } from '../../crypto/bytes.ts';
import type { BuiltClosing } from '../../transactions/closing.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import type { EndSignatures } from '../../gossip/channel-announcement.ts';
import { other } from '../../transactions/types.ts';
import type { ChannelAnnouncement, ChannelUpdate } from '../../wire/messages/index.ts';
import type { CommitmentSignatures, FundedBase } from './state.ts';

/**
 * What a channel needs of its signer, where that has not answered within the step. A duty stands in the channel's state, and is read off it;
 * it is asked for again after a restart, and an input `signed` answers it.
 */
export type Duty =
  /** Our signatures for the peer's next commitment: it is stored, and commitment_signed leaves with them. */
  | {
      readonly kind: 'sign_remote';
      readonly keysId: Hash32;
      /** Of the commitment. */
      readonly number: bigint;
      /** One a funding. */
      readonly built: readonly BuiltCommitment[];
    }
  /** To accept our next commitment, which is stored with the peer's signatures, and reveal the secret of the current one. */
  | {
      readonly kind: 'reveal';
      readonly keysId: Hash32;
      /** Of the commitment that the secret revokes. */
      readonly number: bigint;
      readonly successor: BuiltCommitment;
      readonly signatures: CommitmentSignatures;
    }
  /** Our current commitment, for the chain: the channel has failed, and it is broadcast. */
  | { readonly kind: 'sign_own'; readonly keysId: Hash32; readonly number: bigint; readonly built: BuiltCommitment }
  /** A closing transaction: closing_signed leaves, or the close is complete. */
  | { readonly kind: 'sign_closing'; readonly keysId: Hash32; readonly built: BuiltClosing }
  /** The announcement of the channel, with the node's key and the funding key: announcement_signatures leaves. */
  | { readonly kind: 'sign_announcement'; readonly keysId: Hash32; readonly announcement: ChannelAnnouncement }
  /** A channel_update, with the node's key. */
  | { readonly kind: 'sign_update'; readonly update: ChannelUpdate };

/** An answer to a duty that does not stand, or stands no more, changes nothing. */
export type Answer =
  | {
      readonly kind: 'sign_remote';
      readonly number: bigint;
      /** One a funding. */
      readonly signatures: readonly CommitmentSignatures[];
    }
  | { readonly kind: 'reveal'; readonly number: bigint; readonly secret: SecretKey }
  | { readonly kind: 'sign_own'; readonly number: bigint; readonly signature: Signature }
  | { readonly kind: 'sign_closing'; readonly txid: Txid; readonly signature: Signature }
  | { readonly kind: 'sign_announcement'; readonly shortChannelId: bigint; readonly signatures: EndSignatures }
  | { readonly kind: 'sign_update'; readonly timestamp: number; readonly signature: Signature };

/** The duty to sign the peer's `next` commitment: commitment_signed has not left, nor may anything that the peer would count to it. */
export function awaitsRemoteSignature({ shared, params, fundings }: Pick<FundedBase, 'shared' | 'params' | 'fundings'>): boolean {
  return shared.commitments[other(params.us)].next !== undefined && fundings.some(({ sent }) => sent === undefined);
}
