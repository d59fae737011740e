import type { FundedState } from '../../core/channel/model/state.ts';
import type { SecretKey } from '../../core/crypto/bytes.ts';
import type { Forged, Scene, TamperingTable } from './tampering-table.ts';
import { FAIL, FAIL_OR_CLOSE, flipped, inserting, replacing, STAND_BY } from './tampering-table.ts';

const FAR = 1000n;
const GUESS = 'ab'.repeat(32) as SecretKey;
const NO_SECRET = '00'.repeat(32) as SecretKey;

interface Reconnecting extends Scene {
  readonly receiver: FundedState;
}

function reconnecting(scene: Scene): Reconnecting | undefined {
  const { receiver } = scene;
  return receiver?.phase === 'funded' && receiver.lifecycle.connection === 'reestablishing' ? { ...scene, receiver } : undefined;
}

function onlyBefore(forge: (receiver: FundedState) => Forged): (scene: Reconnecting) => Forged {
  return ({ receiver }) => forge(receiver);
}

/** BOLT 2, Message Retransmission. Nobody outside can prove that the receiver has lost data: claims without proof lose their channel. */
export const channelReestablish: TamperingTable = {
  ...replacing('channel_reestablish', reconnecting, {
    'number-zero': [FAIL, (m) => ({ ...m, nextCommitmentNumber: 0n })],
    'wrong-secret': [
      FAIL_OR_CLOSE,
      (m) => (m.nextRevocationNumber === 0n ? undefined : { ...m, yourLastPerCommitmentSecret: flipped(m.yourLastPerCommitmentSecret) }),
    ],
    'a-secret-too-many': [FAIL_OR_CLOSE, (m) => (m.nextRevocationNumber === 0n ? { ...m, yourLastPerCommitmentSecret: GUESS } : undefined)],
    'far-ahead-without-proof': [
      FAIL_OR_CLOSE,
      (m) => ({ ...m, nextRevocationNumber: m.nextRevocationNumber + FAR, yourLastPerCommitmentSecret: GUESS }),
    ],
    'one-ahead-without-proof': [FAIL_OR_CLOSE, (m) => ({ ...m, nextRevocationNumber: m.nextRevocationNumber + 2n })],
    'beyond-48-bits': [FAIL_OR_CLOSE, (m) => ({ ...m, nextRevocationNumber: 0xffff_ffff_ffff_ffffn })],
    'commitments-far-ahead': [FAIL_OR_CLOSE, (m) => ({ ...m, nextCommitmentNumber: m.nextCommitmentNumber + FAR })],
    'revocations-behind': [
      FAIL_OR_CLOSE,
      (m) => (m.nextRevocationNumber < 2n ? undefined : { ...m, nextRevocationNumber: m.nextRevocationNumber - 2n }),
    ],
    repeated: [FAIL_OR_CLOSE, (m) => [m, m]],
  }),
  ...replacing(
    'channel_reestablish',
    reconnecting,
    {
      'claims-to-be-behind': [
        STAND_BY,
        (m) => (m.nextCommitmentNumber < 3n ? undefined : { ...m, nextCommitmentNumber: m.nextCommitmentNumber - 2n }),
      ],
      'claims-to-know-of-no-revocation': [
        STAND_BY,
        (m) => (m.nextRevocationNumber < 2n ? undefined : { ...m, nextRevocationNumber: 0n, yourLastPerCommitmentSecret: NO_SECRET }),
      ],
    },
    'before',
  ),
  ...inserting(reconnecting, {
    'update-before-it': [FAIL_OR_CLOSE, onlyBefore(({ channelId }) => ({ type: 'update_fee', channelId, feeratePerKw: 2500 }))],
    'signature-before-it': [
      FAIL_OR_CLOSE,
      onlyBefore(({ channelId, fundings }) => ({
        type: 'commitment_signed',
        channelId,
        signature: (fundings[0] as (typeof fundings)[number]).received.signature,
        htlcSignatures: [],
      })),
    ],
    'revocation-before-it': [
      FAIL_OR_CLOSE,
      onlyBefore(({ channelId, remote }) => ({
        type: 'revoke_and_ack',
        channelId,
        perCommitmentSecret: GUESS,
        nextPerCommitmentPoint: remote.currentPoint,
      })),
    ],
  }),
};
