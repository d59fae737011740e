import type { Hash32 } from '../../crypto/bytes.ts';
import type { Signer } from './signer.ts';

/** What a guarded signer knows of one channel. */
export interface GuardRecord {
  /** The newest commitment of ours whose secret left: it and all before it are revoked. */
  readonly revealed: bigint | undefined;
  /** The oldest commitment of ours that was signed for the chain: its secret, and any later one, stays. */
  readonly signed: bigint | undefined;
}

/** A few bytes a channel, which the signing device keeps itself. `record` has made it durable when it returns. */
export interface GuardMemory {
  recall(keysId: Hash32): GuardRecord | undefined;
  record(keysId: Hash32, record: GuardRecord): void;
}

const NOTHING: GuardRecord = { revealed: undefined, signed: undefined };

/**
 * A signer that trusts its own memory, and not its host's: it reveals no secret of a commitment that it signed for the chain, and signs for
 * the chain none whose secret it revealed, also where the host was restored from an old backup.
 *
 * It counts a secret as revealed when it hands it out. A host that loses its step before that is stored, and with it the revoke_and_ack, has
 * the older commitment as its newest, and it can't be closed from this side before the peer has sent its commitment_signed again.
 */
export function guardedSigner(signer: Signer, memory: GuardMemory): Signer {
  const recall = (keysId: Hash32): GuardRecord => memory.recall(keysId) ?? NOTHING;
  return {
    nodeId: signer.nodeId,
    basepoints: (keysId) => signer.basepoints(keysId),
    perCommitmentPoint: (keysId, number) => signer.perCommitmentPoint(keysId, number),
    isSecret: (keysId, number, secret) => signer.isSecret(keysId, number, secret),
    revealSecret(keysId, number, successor, signatures): ReturnType<Signer['revealSecret']> {
      const { revealed, signed } = recall(keysId);
      // A later secret gives earlier ones away (BOLT 3, Efficient Per-commitment Secret Storage).
      if (signed !== undefined && signed <= number) return undefined;
      if (revealed === undefined || revealed < number) memory.record(keysId, { revealed: number, signed });
      return signer.revealSecret(keysId, number, successor, signatures);
    },
    signRemoteCommitment: (keysId, built) => signer.signRemoteCommitment(keysId, built),
    signOwnCommitment(keysId, built): ReturnType<Signer['signOwnCommitment']> {
      const { number, keys } = built;
      const { revealed, signed } = recall(keysId);
      if (revealed !== undefined && number <= revealed) return undefined;
      // The point decides which secret revokes it, and the number is only what the host says.
      if (keys.perCommitmentPoint !== signer.perCommitmentPoint(keysId, number)) return undefined;
      if (signed === undefined || number < signed) memory.record(keysId, { revealed, signed: number });
      return signer.signOwnCommitment(keysId, built);
    },
    signClosing: (keysId, built) => signer.signClosing(keysId, built),
    signAnnouncement: (keysId, announcement) => signer.signAnnouncement(keysId, announcement),
    signUpdate: (update) => signer.signUpdate(update),
    ownRevocationPubkey: (keysId, number, remoteBasepoint) => signer.ownRevocationPubkey(keysId, number, remoteBasepoint),
    remoteRevocationPubkey: (keysId, remotePoint) => signer.remoteRevocationPubkey(keysId, remotePoint),
    delayedPubkey: (keysId, point) => signer.delayedPubkey(keysId, point),
    htlcPubkey: (keysId, point) => signer.htlcPubkey(keysId, point),
  };
}
