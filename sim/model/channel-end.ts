import type { ChannelId, PublicKey, Script, Signature, Txid } from '../../core/crypto/bytes.ts';
import type { CommitmentFormat, Side } from '../../core/transactions/types.ts';
import type { AcceptChannel, FundingCreated, Message, OpenChannel } from '../../core/wire/messages/index.ts';
import { ChannelModel } from './channel-model.ts';
import type { WireUpdate } from './channel-model.ts';
import type { Basis, BasisParty } from './transactions.ts';

/** What open_channel and accept_channel said, until funding_created makes a channel of them. */
export interface Opening {
  readonly us: Side;
  readonly open: OpenChannel;
  readonly accept?: AcceptChannel;
}

/** One node's end of one channel. */
export interface End {
  readonly node: string;
  readonly peer: PublicKey;
  readonly us: Side;
  readonly channelId: ChannelId;
  readonly basis: Basis;
  readonly model: ChannelModel;
  /** From the shutdown messages of either side, as this node saw them. */
  readonly shutdownScripts: Partial<Record<Side, Script>>;
}

export function forkEnd(end: End): End {
  return { ...end, model: end.model.fork(), shutdownScripts: { ...end.shutdownScripts } };
}

/** BOLT 2, Definition of `channel_id`: the output's index alters the last two bytes. */
export function channelIdOf(fundingTxid: Txid, vout: number): ChannelId {
  const low = Number.parseInt(fundingTxid.slice(60), 16) ^ vout;
  return (fundingTxid.slice(0, 60) + low.toString(16).padStart(4, '0')) as ChannelId;
}

/** BOLT 9 bits in a channel_type, counted from its last byte. */
function hasBit(features: string, bit: number): boolean {
  const at = features.length - 2 * (Math.floor(bit / 8) + 1);
  return at >= 0 && ((Number.parseInt(features.slice(at, at + 2), 16) >> (bit % 8)) & 1) === 1;
}

const OPTION_ANCHORS = 22;

function formatOf(open: OpenChannel): CommitmentFormat {
  return hasBit(open.channelType ?? '', OPTION_ANCHORS) ? 'anchors' : 'static_remotekey';
}

function party(message: OpenChannel | AcceptChannel): BasisParty {
  const { fundingPubkey, revocationBasepoint, paymentBasepoint, delayedPaymentBasepoint, htlcBasepoint, dustLimitSat, toSelfDelay } =
    message;
  return { fundingPubkey, revocationBasepoint, paymentBasepoint, delayedPaymentBasepoint, htlcBasepoint, dustLimitSat, toSelfDelay };
}

export function createEnd(node: string, peer: PublicKey, opening: Opening, accept: AcceptChannel, funding: FundingCreated): End {
  const { open, us } = opening;
  const basis: Basis = {
    format: formatOf(open),
    fundingTxid: funding.fundingTxid,
    fundingVout: funding.fundingOutputIndex,
    capacitySat: open.fundingSat,
    parties: { opener: party(open), accepter: party(accept) },
  };
  const balanceMsat = { opener: open.fundingSat * 1000n - open.pushMsat, accepter: open.pushMsat };
  const firstPoint = (us === 'opener' ? accept : open).firstPerCommitmentPoint;
  return {
    node,
    peer,
    us,
    channelId: channelIdOf(funding.fundingTxid, funding.fundingOutputIndex),
    basis,
    model: new ChannelModel(us, balanceMsat, open.feeratePerKw, new Map([[0n, firstPoint]])),
    shutdownScripts: {},
  };
}

/** The update that a message is, if it is one. */
export function updateOf(message: Message): WireUpdate | undefined {
  switch (message.type) {
    case 'update_add_htlc': {
      const { id, amountMsat, paymentHash, cltvExpiry } = message;
      return { kind: 'add', id, amountMsat, paymentHash, cltvExpiry };
    }
    case 'update_fulfill_htlc':
      return { kind: 'fulfill', id: message.id, preimage: message.paymentPreimage };
    case 'update_fail_htlc':
    case 'update_fail_malformed_htlc':
      return { kind: 'fail', id: message.id };
    case 'update_fee':
      return { kind: 'fee', feeratePerKw: message.feeratePerKw };
    default:
      return undefined;
  }
}

/** A signature for a commitment transaction, with those for its HTLC transactions. */
export interface Signed {
  readonly signature: Signature;
  readonly htlcSignatures: readonly Signature[];
}
