import type { Hash32, Preimage, SecretKey, Signature } from '../../core/crypto/bytes.ts';
import { NO_POINT } from './commitments.ts';
import { CLOSE, FAIL_OR_CLOSE, inserting, operating, WARN } from './tampering-table.ts';
import type { OperatingScene, TamperingTable } from './tampering-table.ts';

const GUESS = 'ab'.repeat(32) as SecretKey;

/** BOLT 2: an HTLC may be removed once both sides are bound to it: one that the receiver has only just offered is not. */
function justOffered({ receiver }: OperatingScene): bigint | undefined {
  const { us } = receiver.params;
  const { logs, base, commitments } = receiver.shared;
  const committed = commitments[us].current.cut[us] - base.cut[us];
  const add = logs[us].slice(committed).find((update) => update.kind === 'add');
  return add?.id;
}

/** An HTLC of the receiver's that its peer may remove, and has not. */
function pending({ receiver, sender }: OperatingScene): bigint | undefined {
  const removed = new Set(
    receiver.shared.logs[sender].map((update) => (update.kind === 'add' || update.kind === 'fee' ? undefined : update.id)),
  );
  return receiver.shared.base.htlcs[receiver.params.us].find(({ id }) => !removed.has(id))?.id;
}

/** What breaks a channel in use at any moment: it comes between two messages that an honest peer sends. */
export const betweenUpdates: TamperingTable = inserting(operating, {
  'second-reestablish': [
    FAIL_OR_CLOSE,
    ({ receiver: { channelId } }) => ({
      type: 'channel_reestablish',
      channelId,
      nextCommitmentNumber: 1n,
      nextRevocationNumber: 0n,
      yourLastPerCommitmentSecret: '00'.repeat(32) as SecretKey,
      myCurrentPerCommitmentPoint: NO_POINT,
    }),
  ],
  'fee-from-the-accepter': [
    FAIL_OR_CLOSE,
    ({ sender, receiver: { channelId, shared } }) =>
      sender === 'accepter' ? { type: 'update_fee', channelId, feeratePerKw: shared.base.feeratePerKw } : undefined,
  ],
  'removal-too-early': [
    FAIL_OR_CLOSE,
    (scene) => {
      const id = justOffered(scene);
      return id === undefined ? undefined : { type: 'update_fail_htlc', channelId: scene.receiver.channelId, id, reason: '' };
    },
  ],
  'revocation-of-nothing': [
    FAIL_OR_CLOSE,
    ({ sender, receiver: { channelId, shared, remote } }) =>
      shared.commitments[sender].next === undefined
        ? { type: 'revoke_and_ack', channelId, perCommitmentSecret: GUESS, nextPerCommitmentPoint: remote.currentPoint }
        : undefined,
  ],
  'closing-before-shutdown': [
    FAIL_OR_CLOSE,
    ({ receiver: { channelId, closing } }) =>
      closing.received === undefined
        ? { type: 'closing_signed', channelId, feeSat: 1000n, signature: '11'.repeat(64) as Signature }
        : undefined,
  ],
  // What is redundant makes nothing unusable.
  'funding-again': [
    [...WARN, ...CLOSE],
    ({ receiver: { channelId } }) => ({ type: 'funding_signed', channelId, signature: '11'.repeat(64) as Signature }),
  ],
  'claim-with-a-wrong-preimage': [
    FAIL_OR_CLOSE,
    (scene) => {
      const id = pending(scene);
      const { channelId } = scene.receiver;
      return id === undefined ? undefined : { type: 'update_fulfill_htlc', channelId, id, paymentPreimage: GUESS as string as Preimage };
    },
  ],
  'failure-without-badonion': [
    FAIL_OR_CLOSE,
    (scene) => {
      const id = pending(scene);
      const { channelId } = scene.receiver;
      const sha256OfOnion = GUESS as string as Hash32;
      return id === undefined ? undefined : { type: 'update_fail_malformed_htlc', channelId, id, sha256OfOnion, failureCode: 5 };
    },
  ],
});
