import type { Hash32, SecretKey } from '../../crypto/bytes.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { other } from '../../transactions/types.ts';
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
    };

/** An answer to a duty that does not stand, or stands no more, changes nothing. */
export type Answer =
  | {
      readonly kind: 'sign_remote';
      readonly number: bigint;
      /** One a funding. */
      readonly signatures: readonly CommitmentSignatures[];
    }
  | { readonly kind: 'reveal'; readonly number: bigint; readonly secret: SecretKey };

/** The duty to sign the peer's `next` commitment: commitment_signed has not left, nor may anything that the peer would count to it. */
export function awaitsRemoteSignature({ shared, params, fundings }: Pick<FundedBase, 'shared' | 'params' | 'fundings'>): boolean {
  return shared.commitments[other(params.us)].next !== undefined && fundings.some(({ sent }) => sent === undefined);
}
