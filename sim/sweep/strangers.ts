import type { ChannelState } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32, Hex, Preimage, PublicKey, Script, SecretKey, Signature, Txid } from '../../core/crypto/bytes.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import { NOBODYS } from '../violations/control-messages.ts';
import { channelNamed, FAIL_OR_CLOSE, operating } from '../violations/tampering-table.ts';
import type { Scene } from '../violations/tampering-table.ts';
import type { Asks, Cell } from './cell.ts';

/**
 * Messages that come when they must not: every message of a channel, well formed, in every phase of that channel. What phase allows what is read off
 * BOLT 2, whatever else would be wrong with the message.
 */

const SIGNATURE = '11'.repeat(64) as Signature;
const SCRIPT = `0014${'d7'.repeat(20)}` as Script;
const SECRET = 'ab'.repeat(32) as SecretKey;
const POINT = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798' as PublicKey;

/** One of each message that names a channel, but for open_channel. */
function oneOfEach(channelId: ChannelId): readonly Message[] {
  const point = POINT;
  const hash = 'ab'.repeat(32) as Hash32;
  const keys = {
    fundingPubkey: point,
    revocationBasepoint: point,
    paymentBasepoint: point,
    delayedPaymentBasepoint: point,
    htlcBasepoint: point,
    firstPerCommitmentPoint: point,
  };
  return [
    {
      type: 'accept_channel',
      temporaryChannelId: channelId,
      dustLimitSat: 354n,
      maxHtlcValueInFlightMsat: 1_000_000_000n,
      channelReserveSat: 10_000n,
      htlcMinimumMsat: 1n,
      minimumDepth: 3,
      toSelfDelay: 144,
      maxAcceptedHtlcs: 30,
      ...keys,
    },
    {
      type: 'funding_created',
      temporaryChannelId: channelId,
      fundingTxid: hash as string as Txid,
      fundingOutputIndex: 0,
      signature: SIGNATURE,
    },
    { type: 'funding_signed', channelId, signature: SIGNATURE },
    { type: 'channel_ready', channelId, secondPerCommitmentPoint: point },
    {
      type: 'update_add_htlc',
      channelId,
      id: 0n,
      amountMsat: 20_000_000n,
      paymentHash: hash,
      cltvExpiry: 1000,
      onionRoutingPacket: new Uint8Array(1366),
    },
    { type: 'update_fulfill_htlc', channelId, id: 0n, paymentPreimage: hash as string as Preimage },
    { type: 'update_fail_htlc', channelId, id: 0n, reason: '' as Hex },
    { type: 'update_fail_malformed_htlc', channelId, id: 0n, sha256OfOnion: hash, failureCode: 0x8000 },
    { type: 'update_fee', channelId, feeratePerKw: 2500 },
    { type: 'commitment_signed', channelId, signature: SIGNATURE, htlcSignatures: [] },
    { type: 'revoke_and_ack', channelId, perCommitmentSecret: SECRET, nextPerCommitmentPoint: point },
    { type: 'shutdown', channelId, scriptPubkey: SCRIPT },
    { type: 'closing_signed', channelId, feeSat: 1000n, signature: SIGNATURE },
    {
      type: 'channel_reestablish',
      channelId,
      nextCommitmentNumber: 1n,
      nextRevocationNumber: 0n,
      yourLastPerCommitmentSecret: '00'.repeat(32) as SecretKey,
      myCurrentPerCommitmentPoint: point,
    },
  ];
}

/** BOLT 1: an error may answer it, and nothing is done. */
const UNKNOWN: Asks = ['answer', 'ignore', 'warn'];
/** Under this id no opening is under way, and something else is. */
const UNKNOWN_OR_WRONG: Asks = ['answer', 'ignore', 'warn', ...FAIL_OR_CLOSE];

const AWAITED = {
  awaiting_host_accept: undefined,
  awaiting_accept_channel: 'accept_channel',
  awaiting_host_funding: undefined,
  awaiting_funding_created: 'funding_created',
  awaiting_funding_signed: 'funding_signed',
} as const satisfies Record<string, MessageName | undefined>;

/** Under which id a channel goes now, in what phase it is, and what this message asks for then. */
interface Phase {
  readonly name: string;
  readonly channelId: ChannelId;
  readonly asks: (message: MessageName) => Asks | undefined;
}

const OF_OPENINGS: ReadonlySet<MessageName> = new Set(['accept_channel', 'funding_created']);
const UPDATES: ReadonlySet<MessageName> = new Set([
  'update_add_htlc',
  'update_fulfill_htlc',
  'update_fail_htlc',
  'update_fail_malformed_htlc',
  'update_fee',
]);

function phaseOf(receiver: ChannelState | undefined, scene: Scene): Phase | undefined {
  if (receiver === undefined) return undefined;
  switch (receiver.phase) {
    case 'opening': {
      const awaited = AWAITED[receiver.step.kind];
      // Whatever else comes for it: "protocol violations that make channels unusable".
      const asks = (message: MessageName): Asks | undefined =>
        message === awaited ? undefined : ['fail-channel', 'warn-and-disconnect', 'warn'];
      return { name: receiver.step.kind.replaceAll('_', ' '), channelId: receiver.temporaryChannelId, asks };
    }
    case 'funded':
      return fundedPhase(scene);
    case 'failed':
    case 'forgotten':
      return undefined;
  }
}

function fundedPhase(scene: Scene): Phase | undefined {
  const { receiver } = scene;
  if (receiver?.phase !== 'funded') return undefined;
  const { channelId } = receiver;
  if (receiver.lifecycle.connection === 'reestablishing') {
    // "MUST wait to receive the other node's channel_reestablish message before sending any other messages for that channel".
    const asks = (message: MessageName): Asks | undefined =>
      message === 'channel_reestablish' ? undefined : OF_OPENINGS.has(message) ? UNKNOWN_OR_WRONG : FAIL_OR_CLOSE;
    return { name: 'reestablishing', channelId, asks };
  }
  const fits = operating(scene);
  if (fits === undefined) return undefined;
  const { closing, lifecycle } = fits.receiver;
  const ready = lifecycle.readyReceived;
  const name = closing.received !== undefined ? 'peer has said shutdown' : ready ? 'in use' : 'not ready';
  const asks = (message: MessageName): Asks | undefined => {
    if (OF_OPENINGS.has(message)) return UNKNOWN_OR_WRONG;
    if (message === 'funding_signed') return [...FAIL_OR_CLOSE, 'warn', 'ignore'];
    if (message === 'channel_reestablish' || message === 'revoke_and_ack')
      return fits.receiver.shared.commitments[fits.sender].next ? undefined : FAIL_OR_CLOSE;
    if (message === 'closing_signed') return closing.received === undefined ? FAIL_OR_CLOSE : undefined;
    if (message === 'update_add_htlc' && closing.received !== undefined) return FAIL_OR_CLOSE;
    // BOLT 2, channel_ready: updates begin when both have said it.
    if (!ready && (UPDATES.has(message) || message === 'commitment_signed')) return FAIL_OR_CLOSE;
    // Its signature is nobody's.
    if (message === 'commitment_signed') return FAIL_OR_CLOSE;
    return undefined;
  };
  return { name, channelId, asks };
}

/** Every message that must not come now, for the channel that the next message is for, and for one that nobody has. */
export function strangerCells(scene: Scene): readonly Cell[] {
  const { message, receiver } = scene;
  if (message?.type === 'init') return oneOfEach(NOBODYS).map((forged) => cell('before init', ['warn-and-disconnect'], forged));
  const id = channelNamed(message);
  const phase = id === undefined ? undefined : phaseOf(receiver, scene);
  const own =
    phase === undefined
      ? []
      : oneOfEach(phase.channelId).flatMap((forged) => {
          const asks = phase.asks(forged.type);
          return asks === undefined ? [] : [cell(`while ${phase.name}`, asks, forged)];
        });
  return [...own, ...oneOfEach(NOBODYS).map((forged) => cell('of a channel that nobody has', UNKNOWN, forged))];
}

function cell(name: string, asks: Asks, forged: Message): Cell {
  return { name: `${forged.type}: ${name}`, message: forged.type, asks, forged: [forged] };
}
