import { isClosed } from '../../core/channel/model/ending.ts';
import type { ChannelId, Hash32, SecretKey } from '../../core/crypto/bytes.ts';
import { NO_POINT } from './commitments.ts';
import { channelNamed, CLOSE, FAIL, FAIL_OR_CLOSE, IGNORE, inserting, replacing, WARN } from './tampering-table.ts';
import type { Scene, Tampering, TamperingTable } from './tampering-table.ts';

export const NOBODYS = 'd0'.repeat(32) as ChannelId;
const ALL = '00'.repeat(32) as ChannelId;
const EVEN_TYPE = Uint8Array.of(0xfa, 0xce, 1, 2, 3);
const ODD_TYPE = Uint8Array.of(0xfa, 0xcf, 1, 2, 3);
const TEXT = '68656c6c6f';
/** splice_ack, peer_storage and onion_message, of a few bytes: nobody has negotiated splices, storage or onion messages. */
const OF_NOBODYS_FEATURE = [81, 7, 0x201].map((type) => Uint8Array.of(type >> 8, type & 0xff, 1, 2, 3)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
/** BOLT 7: a channel_update whose signer has put an even record at its end. */
const GOSSIP_WITH_EVEN_RECORD = Uint8Array.of(1, 2, ...new Uint8Array(136), 0xfc, 0);

/** BOLT 1: nothing may come before init. */
function afterInit(scene: Scene): Scene | undefined {
  return scene.message?.type === 'init' ? undefined : scene;
}

/** The next message is for a channel that the receiver still uses. */
function alive(scene: Scene): { readonly channelId: ChannelId } | undefined {
  const { receiver, message } = scene;
  // BOLT 1, error: before funding_signed under its temporary id.
  if (receiver?.phase === 'opening') return { channelId: receiver.temporaryChannelId };
  if (receiver?.phase !== 'funded' || isClosed(receiver)) return undefined;
  const channelId = channelNamed(message);
  return channelId === undefined ? undefined : { channelId };
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
    'splice-of-nobodys-feature': [IGNORE, () => OF_NOBODYS_FEATURE[0]],
    'storage-of-nobodys-feature': [IGNORE, () => OF_NOBODYS_FEATURE[1]],
    'onion-message-of-nobodys-feature': [IGNORE, () => OF_NOBODYS_FEATURE[2]],
    'gossip-that-its-signer-got-wrong': [IGNORE, () => GOSSIP_WITH_EVEN_RECORD],
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
    // BOLT 1: an error that echoes this id fails every channel.
    'update-of-channel-zero': [WARN, () => ({ type: 'update_fee', channelId: ALL, feeratePerKw: 2500 })],
    'error-of-an-unknown-channel': [IGNORE, () => ({ type: 'error', channelId: NOBODYS, data: TEXT })],
    'error-of-all-channels': [['fail-all'], () => ({ type: 'error', channelId: ALL, data: TEXT })],
    'warning-of-all-channels': [IGNORE, () => ({ type: 'warning', channelId: ALL, data: TEXT })],
  }),
  ...inserting(alive, {
    'error-of-this-channel': [FAIL, ({ channelId }) => ({ type: 'error', channelId, data: TEXT })],
    'warning-of-this-channel': [IGNORE, ({ channelId }) => ({ type: 'warning', channelId, data: TEXT })],
  }),
};
