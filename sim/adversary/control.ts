import type { ChannelId, Hash32, SecretKey, Signature } from '../../core/crypto/bytes.ts';
import { NO_POINT } from './commitments.ts';
import { channelNamed, CLOSE, FAIL, FAIL_OR_CLOSE, IGNORE, inserting, operating, replacing } from './tampering.ts';
import type { OperatingScene, Scene, Tampering, TamperingTable } from './tampering.ts';

const NOBODYS = 'd0'.repeat(32) as ChannelId;
const ALL = '00'.repeat(32) as ChannelId;
const EVEN_TYPE = Uint8Array.of(0xfa, 0xce, 1, 2, 3);
const ODD_TYPE = Uint8Array.of(0xfa, 0xcf, 1, 2, 3);
const TEXT = '68656c6c6f';
const GUESS = 'ab'.repeat(32) as SecretKey;

/** BOLT 1: nothing may come before init. */
function afterInit(scene: Scene): Scene | undefined {
  return scene.message?.type === 'init' ? undefined : scene;
}

/** The next message is for a channel that the receiver still uses. */
function alive(scene: Scene): { readonly channelId: ChannelId } | undefined {
  const { receiver, message } = scene;
  if (receiver === undefined || (receiver.phase !== 'funded' && receiver.phase !== 'opening')) return undefined;
  const channelId = channelNamed(message);
  return channelId === undefined ? undefined : { channelId };
}

/** BOLT 2: an HTLC may be removed once both sides are bound to it: one that the receiver has only just offered is not. */
function justOffered({ receiver }: OperatingScene): bigint | undefined {
  const { us } = receiver.params;
  const { logs, base, commitments } = receiver.shared;
  const committed = commitments[us].current.cut[us] - base.cut[us];
  const add = logs[us].slice(committed).find((update) => update.kind === 'add');
  return add?.id;
}

/** BOLT 1: a message cut off in its channel_id. */
const truncated: Tampering = {
  asks: FAIL_OR_CLOSE,
  place: 'instead',
  forge: ({ bytes, message }) => (channelNamed(message) === undefined ? undefined : bytes.slice(0, 20)),
};

/** BOLT 1: "MUST fail the connection" for an even record that nobody knows. */
const evenRecord: Tampering = {
  asks: CLOSE,
  place: 'instead',
  forge: ({ bytes, message }) => (channelNamed(message) === undefined ? undefined : Uint8Array.of(...bytes, 0xfe, 0, 1, 0, 0, 0)),
};

/** BOLT 1, init, receiving node. */
export const init: TamperingTable = {
  ...replacing('init', (scene) => scene, {
    'unknown-compulsory-feature': [CLOSE, (m) => ({ ...m, features: `40${'00'.repeat(31)}` })],
    'another-network': [CLOSE, (m) => ({ ...m, networks: ['c4'.repeat(32) as Hash32] })],
  }),
  ...inserting((scene) => scene, {
    'message-before-it': [CLOSE, () => ({ type: 'update_fee', channelId: NOBODYS, feeratePerKw: 2500 })],
  }),
};

/** What may come before, or become of, any message. */
export const controlMessages: TamperingTable = {
  truncated,
  'unknown-even-record': evenRecord,
  ...inserting(afterInit, {
    'unknown-even-type': [CLOSE, () => EVEN_TYPE],
    'unknown-odd-type': [IGNORE, () => ODD_TYPE],
    'only-a-byte': [CLOSE, () => Uint8Array.of(0)],
    'update-of-an-unknown-channel': [['answer', 'ignore'], () => ({ type: 'update_fee', channelId: NOBODYS, feeratePerKw: 2500 })],
    'reestablish-of-an-unknown-channel': [
      ['answer', 'ignore'],
      () => ({
        type: 'channel_reestablish',
        channelId: NOBODYS,
        nextCommitmentNumber: 1n,
        nextRevocationNumber: 0n,
        yourLastPerCommitmentSecret: '00'.repeat(32) as SecretKey,
        myCurrentPerCommitmentPoint: NO_POINT,
      }),
    ],
    'error-of-an-unknown-channel': [IGNORE, () => ({ type: 'error', channelId: NOBODYS, data: TEXT })],
    'error-of-all-channels': [['fail-all'], () => ({ type: 'error', channelId: ALL, data: TEXT })],
    'warning-of-all-channels': [IGNORE, () => ({ type: 'warning', channelId: ALL, data: TEXT })],
  }),
  ...inserting(alive, {
    'error-of-this-channel': [FAIL, ({ channelId }) => ({ type: 'error', channelId, data: TEXT })],
    'warning-of-this-channel': [IGNORE, ({ channelId }) => ({ type: 'warning', channelId, data: TEXT })],
  }),
  ...inserting(operating, {
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
      ({ receiver: { channelId, shutdownReceived } }) =>
        shutdownReceived === undefined
          ? { type: 'closing_signed', channelId, feeSat: 1000n, signature: '11'.repeat(64) as Signature }
          : undefined,
    ],
    'funding-again': [
      FAIL_OR_CLOSE,
      ({ receiver: { channelId } }) => ({ type: 'funding_signed', channelId, signature: '11'.repeat(64) as Signature }),
    ],
  }),
};
