import type { ChannelId, Hash32, Hex, Script, Txid } from '../../core/crypto/bytes.ts';
import type { OpeningState, OpeningStep } from '../../core/channel/model/state.ts';
import { NO_POINT } from './commitments.ts';
import { FAIL, FAIL_OR_CLOSE, flipped, IGNORE, inserting, operating, replacing, WARN } from './tampering-table.ts';
import type { Scene } from './tampering-table.ts';

interface Opening extends Scene {
  readonly receiver: OpeningState;
}

function waitingFor(kind: OpeningStep['kind']): (scene: Scene) => Opening | undefined {
  return (scene) => {
    const { receiver } = scene;
    return receiver?.phase === 'opening' && receiver.step.kind === kind ? { ...scene, receiver } : undefined;
  };
}

function fresh(scene: Scene): Scene | undefined {
  return scene.receiver === undefined ? scene : undefined;
}

/** One more open_channel before a genuine one. */
function opening(scene: Scene) {
  const { message, channels } = fresh(scene) ?? {};
  return message?.type === 'open_channel' ? { message, ids: [...(channels ?? new Map<ChannelId, never>()).keys()] } : undefined;
}

const NO_CHANNEL = '00'.repeat(32) as ChannelId;

const UNKNOWN_CHAIN = 'c4'.repeat(32) as Hash32;
/** option_zeroconf alone: no channel type of anybody's. */
const UNKNOWN_TYPE = `04${'00'.repeat(6)}` as Hex;
const OP_TRUE = '51' as Script;
const TOO_LONG_DELAY = 65_535;
const TOO_MANY_HTLCS = 484;
const TOO_LITTLE_DUST_SAT = 353n;

/** BOLT 2, open_channel, receiving node: "MUST fail the channel if", and what it may find unreasonable. */
export const openChannel = {
  ...inserting(opening, {
    'temporary-id-zero': [WARN, ({ message }) => ({ ...message, temporaryChannelId: NO_CHANNEL })],
    // Whoever it is with: an error would fail it.
    'temporary-id-of-a-channel': [WARN, ({ message, ids: [first] }) => first && { ...message, temporaryChannelId: first }],
    'temporary-id-of-the-newest-channel': [
      WARN,
      ({ message, ids }) => (ids.length > 1 ? { ...message, temporaryChannelId: ids.at(-1) as ChannelId } : undefined),
    ],
  }),
  ...replacing('open_channel', fresh, {
    'unknown-chain': [FAIL, (m) => ({ ...m, chainHash: UNKNOWN_CHAIN })],
    'unknown-channel-type': [FAIL, (m) => ({ ...m, channelType: UNKNOWN_TYPE })],
    'push-beyond-funding': [FAIL, (m) => ({ ...m, pushMsat: m.fundingSat * 1000n + 1n })],
    'fee-that-the-opener-lacks': [FAIL, (m) => ({ ...m, pushMsat: m.fundingSat * 1000n })],
    'delay-too-long': [FAIL, (m) => ({ ...m, toSelfDelay: TOO_LONG_DELAY })],
    'too-many-htlcs': [FAIL, (m) => ({ ...m, maxAcceptedHtlcs: TOO_MANY_HTLCS })],
    'dust-limit-too-low': [FAIL, (m) => ({ ...m, dustLimitSat: TOO_LITTLE_DUST_SAT })],
    'dust-limit-over-reserve': [FAIL, (m) => ({ ...m, dustLimitSat: 10_000n, channelReserveSat: 9_999n })],
    'reserve-too-large': [FAIL, (m) => ({ ...m, channelReserveSat: m.fundingSat })],
    'feerate-too-low': [FAIL, (m) => ({ ...m, feeratePerKw: 1 })],
    'feerate-too-high': [FAIL, (m) => ({ ...m, feeratePerKw: 0xffff_ffff })],
    'funding-too-small': [FAIL, (m, { config }) => ({ ...m, fundingSat: config.minFundingSat - 1n, pushMsat: 0n })],
    'key-off-the-curve': [FAIL, (m) => ({ ...m, htlcBasepoint: NO_POINT })],
    'point-off-the-curve': [FAIL, (m) => ({ ...m, firstPerCommitmentPoint: NO_POINT })],
    'bad-upfront-script': [FAIL, (m) => ({ ...m, upfrontShutdownScript: OP_TRUE })],
  }),
};

/** BOLT 2, accept_channel, receiving node. */
export const acceptChannel = replacing('accept_channel', waitingFor('awaiting_accept_channel'), {
  'another-channel-type': [FAIL, (m) => ({ ...m, channelType: UNKNOWN_TYPE })],
  'depth-too-large': [FAIL, (m, { config }) => ({ ...m, minimumDepth: config.maxMinimumDepth + 1 })],
  'delay-too-long': [FAIL, (m) => ({ ...m, toSelfDelay: TOO_LONG_DELAY })],
  'too-many-htlcs': [FAIL, (m) => ({ ...m, maxAcceptedHtlcs: TOO_MANY_HTLCS })],
  'dust-limit-too-low': [FAIL, (m) => ({ ...m, dustLimitSat: TOO_LITTLE_DUST_SAT })],
  'reserve-under-our-dust-limit': [FAIL, (m) => ({ ...m, channelReserveSat: TOO_LITTLE_DUST_SAT })],
  'dust-limit-over-reserve': [FAIL, (m) => ({ ...m, dustLimitSat: 10_000n, channelReserveSat: 9_999n })],
  'key-off-the-curve': [FAIL, (m) => ({ ...m, fundingPubkey: NO_POINT })],
});

export const fundingCreated = replacing('funding_created', waitingFor('awaiting_funding_created'), {
  'wrong-signature': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: flipped(m.signature) })],
  'another-output': [FAIL_OR_CLOSE, (m) => ({ ...m, fundingOutputIndex: m.fundingOutputIndex ^ 1 })],
  // BOLT 2, Definition of channel_id: the outpoint that gives the id zero.
  'final-id-zero': [FAIL_OR_CLOSE, (m) => ({ ...m, fundingTxid: NO_CHANNEL as string as Txid, fundingOutputIndex: 0 })],
});

export const fundingSigned = {
  ...replacing('funding_signed', waitingFor('awaiting_funding_signed'), {
    'wrong-signature': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: flipped(m.signature) })],
    'under-the-temporary-id': [FAIL_OR_CLOSE, (m, { receiver }) => ({ ...m, channelId: receiver.temporaryChannelId })],
  }),
  // BOLT 1: whoever answers by an error that names the channel must not go on with it.
  ...inserting(waitingFor('awaiting_funding_signed'), {
    'another-message-for-it': [
      FAIL_OR_CLOSE,
      ({ message }) =>
        message?.type === 'funding_signed' ? { type: 'shutdown', channelId: message.channelId, scriptPubkey: OP_TRUE } : undefined,
    ],
  }),
};

/** BOLT 2, channel_ready, receiver: a redundant one is ignored. */
export const channelReady = {
  ...replacing('channel_ready', (scene) => (operating(scene)?.receiver.lifecycle.readyReceived === false ? scene : undefined), {
    'point-off-the-curve': [FAIL_OR_CLOSE, (m) => ({ ...m, secondPerCommitmentPoint: NO_POINT })],
  }),
  ...replacing('channel_ready', operating, {
    repeated: [IGNORE, (m) => [m, m]],
  }),
};
