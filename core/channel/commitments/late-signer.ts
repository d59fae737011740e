import type { Answer, Duty } from '../model/duties.ts';
import type { CommitmentSignatures } from '../model/state.ts';
import type { Signer } from './signer.ts';

/**
 * A signer for a node whose secrets are elsewhere, in a device or behind a wire: it answers later all that may be answered later, so that each
 * is a duty that its host hears of (`sign`) once what stands before it is durable.
 */
export function lateSigner(signer: Signer): Signer {
  return {
    nodeId: signer.nodeId,
    basepoints: (keysId) => signer.basepoints(keysId),
    perCommitmentPoint: (keysId, number) => signer.perCommitmentPoint(keysId, number),
    isSecret: (keysId, number, secret) => signer.isSecret(keysId, number, secret),
    revealSecret: () => undefined,
    signRemoteCommitment: (keysId, built) => (built.number === 0n ? signer.signRemoteCommitment(keysId, built) : undefined),
    signOwnCommitment: () => undefined,
    signClosing: () => undefined,
    signAnnouncement: () => undefined,
    signUpdate: () => undefined,
    ownRevocationPubkey: (keysId, number, remoteBasepoint) => signer.ownRevocationPubkey(keysId, number, remoteBasepoint),
    remoteRevocationPubkey: (keysId, remotePoint) => signer.remoteRevocationPubkey(keysId, remotePoint),
    delayedPubkey: (keysId, point) => signer.delayedPubkey(keysId, point),
    htlcPubkey: (keysId, point) => signer.htlcPubkey(keysId, point),
  };
}

/** What a signer says to a duty; undefined while it says nothing. */
export function answerTo(signer: Signer, duty: Duty): Answer | undefined {
  switch (duty.kind) {
    case 'sign_remote': {
      const { kind, keysId, number, built } = duty;
      const signatures: CommitmentSignatures[] = [];
      for (const commitment of built) {
        const signed = signer.signRemoteCommitment(keysId, commitment);
        if (signed === undefined) return undefined;
        signatures.push(signed);
      }
      return { kind, number, signatures };
    }
    case 'reveal': {
      const { kind, keysId, number, successor, signatures } = duty;
      const secret = signer.revealSecret(keysId, number, successor, signatures);
      return secret === undefined ? undefined : { kind, number, secret };
    }
    case 'sign_own': {
      const { kind, keysId, number, built } = duty;
      const signature = signer.signOwnCommitment(keysId, built);
      return signature === undefined ? undefined : { kind, number, signature };
    }
    case 'sign_closing': {
      const { kind, keysId, built } = duty;
      const signature = signer.signClosing(keysId, built);
      return signature === undefined ? undefined : { kind, txid: built.txid, signature };
    }
    case 'sign_announcement': {
      const { kind, keysId, announcement } = duty;
      const signatures = signer.signAnnouncement(keysId, announcement);
      return signatures === undefined ? undefined : { kind, shortChannelId: announcement.shortChannelId, signatures };
    }
    case 'sign_update': {
      const { kind, update } = duty;
      const signature = signer.signUpdate(update);
      return signature === undefined ? undefined : { kind, timestamp: update.timestamp, signature };
    }
  }
}
