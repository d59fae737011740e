import type { ChannelId, Hash32, PublicKey, Script, Txid } from '../../crypto/bytes.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import { NOTHING_ANNOUNCED } from '../model/announcement.ts';
import { emptyView } from '../../chain/view.ts';
import { EMPTY_SECRET_STORE } from '../../transactions/secrets.ts';
import type { CommitmentFormat, Side } from '../../transactions/types.ts';
import { bySide, other } from '../../transactions/types.ts';
import { negotiated } from '../../wire/features.ts';
import type { AcceptChannel, Message, OpenChannel } from '../../wire/messages/index.ts';
import { buildCommitments, checkSignatures } from '../commitments/build.ts';
import { watchedParty } from '../commitments/parties.ts';
import { growthOf } from '../commitments/growth.ts';
import type { Contents } from '../model/contents.ts';
import type { Transition } from '../step/transition.ts';
import { become, monitor, notify } from '../step/transition.ts';
import { errorData } from '../fail/fail-channel.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type {
  ChannelParams,
  CommitmentSignatures,
  ForgottenState,
  FundedState,
  FundingOutput,
  FundingTerms,
  OpeningState,
  Party,
  SharedState,
  StoredChannel,
} from '../model/state.ts';
import type { RuleId } from '../../rules.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';
import { least, MAX_MONEY_MSAT, most, msatOf } from '../../bitcoin/amounts.ts';

/** Parts of the opening that opener and accepter share. */

/** Parts per million in one. */
const PPM = 1_000_000n;
/** BOLT 2, open_channel: the one defined bit of channel_flags. */
export const ANNOUNCE_CHANNEL = 1;

/** What we announce of ourselves; `dustLimits` are those already known, which our reserve demand must not be below. */
export function ownFields(env: ChannelEnv, keysId: Hash32, fundingSat: bigint, dustLimits: readonly bigint[]) {
  const { config, signer } = env;
  const share = (fundingSat * BigInt(config.reservePpm)) / PPM;
  return {
    dustLimitSat: config.dustLimitSat,
    // A policy without a bound is no amount.
    maxHtlcValueInFlightMsat: least(config.maxHtlcValueInFlightMsat, MAX_MONEY_MSAT),
    channelReserveSat: [config.dustLimitSat, ...dustLimits].reduce(most, share),
    htlcMinimumMsat: config.htlcMinimumMsat,
    toSelfDelay: config.toSelfDelay,
    maxAcceptedHtlcs: config.maxAcceptedHtlcs,
    ...signer.basepoints(keysId),
    firstPerCommitmentPoint: signer.perCommitmentPoint(keysId, 0n),
  };
}

/** `binds`: whether the script that it names, if any, is one that it must keep to (BOLT 2, shutdown). */
function partyOf(message: OpenChannel | AcceptChannel, binds: boolean): Party {
  const { upfrontShutdownScript: script } = message;
  return {
    revocationBasepoint: message.revocationBasepoint,
    paymentBasepoint: message.paymentBasepoint,
    delayedPaymentBasepoint: message.delayedPaymentBasepoint,
    htlcBasepoint: message.htlcBasepoint,
    dustLimitSat: message.dustLimitSat,
    maxHtlcValueInFlightMsat: message.maxHtlcValueInFlightMsat,
    htlcMinimumMsat: message.htlcMinimumMsat,
    toSelfDelay: message.toSelfDelay,
    maxAcceptedHtlcs: message.maxAcceptedHtlcs,
    ...(script === undefined || script === '' || !binds ? {} : { upfrontShutdownScript: script }),
  };
}

/**
 * What open_channel and accept_channel together say, under the features of this moment. Whoever sends a shutdown script keeps to it; the other
 * holds it to that where both have the feature.
 */
export function paramsOf(
  { config: { features }, peerFeatures }: ChannelEnv,
  identity: { readonly us: Side; readonly peer: PublicKey; readonly keysId: Hash32 },
  open: OpenChannel,
  accept: AcceptChannel,
): ChannelParams {
  const both = negotiated(features, peerFeatures, 'option_upfront_shutdown_script');
  return {
    temporaryChannelId: open.temporaryChannelId,
    channelType: open.channelType ?? '',
    pushMsat: open.pushMsat,
    initialFeeratePerKw: open.feeratePerKw,
    minimumDepth: accept.minimumDepth,
    announce: (open.channelFlags & ANNOUNCE_CHANNEL) !== 0,
    anysegwit: negotiated(features, peerFeatures, 'option_shutdown_anysegwit'),
    parties: { opener: partyOf(open, both || identity.us === 'opener'), accepter: partyOf(accept, both || identity.us === 'accepter') },
    ...identity, // last, as in baseOf
  };
}

/** What they say of the funding output. */
export function termsOf(format: CommitmentFormat, open: OpenChannel, accept: AcceptChannel): FundingTerms {
  return {
    amountSat: open.fundingSat,
    format,
    fundingPubkeys: { opener: open.fundingPubkey, accepter: accept.fundingPubkey },
    contributionSat: { opener: open.fundingSat, accepter: 0n },
    reserveSat: { opener: accept.channelReserveSat, accepter: open.channelReserveSat },
  };
}

/** BOLT 2, Definition of channel_id: funding_txid XOR funding_output_index, big-endian in the last two bytes. */
export function channelIdFromFunding(fundingTxid: Txid, vout: number): ChannelId {
  const tail = (parseInt(fundingTxid.slice(60), 16) ^ vout).toString(16).padStart(4, '0');
  return (fundingTxid.slice(0, 60) + tail) as ChannelId;
}

/** The output of a funding transaction: the first that pays exactly this, within what two bytes can say. */
export function fundingOutputIndex(tx: Tx, amountSat: bigint, script: Script): number | undefined {
  const vout = tx.outputs.findIndex((output) => output.amountSat === amountSat && output.script === script);
  return vout < 0 || vout > 0xffff ? undefined : vout;
}

export function outputOf(terms: FundingTerms, fundingTxid: Txid, vout: number): FundingOutput {
  const { amountSat, format, fundingPubkeys, contributionSat, reserveSat } = terms;
  return { txid: fundingTxid, vout, amountSat, format, fundingPubkeys, contributionSat, reserveSat };
}

function initialContents(params: ChannelParams, { contributionSat }: FundingTerms): Contents {
  const balanceMsat = {
    opener: msatOf(contributionSat.opener) - params.pushMsat,
    accepter: msatOf(contributionSat.accepter) + params.pushMsat,
  };
  return { balanceMsat, htlcs: [], feeratePerKw: params.initialFeeratePerKw };
}

/**
 * Our signature for the peer's commitment 0, as funding_created and funding_signed carry it.
 *
 * @throws RangeError when the signer does not answer at once.
 */
export function signInitial(env: ChannelEnv, params: ChannelParams, output: FundingOutput, remotePoint: PublicKey): CommitmentSignatures {
  const initial = initialContents(params, output);
  const [built] = buildCommitments(env, params, [output], other(params.us), 0n, remotePoint, initial);
  const signatures = env.signer.signRemoteCommitment(params.keysId, built as NonNullable<typeof built>);
  if (signatures === undefined) throw new RangeError('a signer answers at once while a channel is opened');
  return signatures;
}

function initialShared({ balanceMsat, feeratePerKw }: Contents): SharedState {
  const cut = { opener: 0, accepter: 0 };
  return {
    base: { cut, balanceMsat, feeratePerKw, htlcs: { opener: [], accepter: [] }, nextHtlcId: { opener: 0n, accepter: 0n } },
    logs: { opener: [], accepter: [] },
    commitments: {
      opener: { current: { number: 0n, cut } },
      accepter: { current: { number: 0n, cut } },
    },
  };
}

/** What funding_created or funding_signed settle. */
export interface Settled {
  readonly params: ChannelParams;
  readonly output: FundingOutput;
  readonly remotePoint: PublicKey;
  /** The peer's signature for our commitment 0. */
  readonly signatures: CommitmentSignatures;
  /** The opener's. */
  readonly fundingTx?: Tx;
}

/**
 * BOLT 2, funding_created and funding_signed, recipient: verifies the signature for our commitment 0. From here on the channel is
 * remembered; the caller stores it after what it adds.
 */
export function becomeFunded(out: Transition<OpeningState>, settled: Settled): Transition<FundedState> | Violation {
  const { env } = out;
  const { params, output, remotePoint, signatures, fundingTx } = settled;
  const { us, keysId } = params;
  const initial = initialContents(params, output);
  const ownPoint = env.signer.perCommitmentPoint(keysId, 0n);
  const [own] = buildCommitments(env, params, [output], us, 0n, ownPoint, initial);
  const [theirs] = buildCommitments(env, params, [output], other(us), 0n, remotePoint, initial);
  if (own === undefined || theirs === undefined) throw new Error('one funding has one commitment a side');
  const wrong = checkSignatures(env.crypto, params, own, signatures, 'opening.signature');
  if (wrong !== undefined) return wrong;
  const txids = bySide(us, { current: own.txid, next: undefined }, { current: theirs.txid, next: undefined });
  const shared = initialShared(initial);
  const state: FundedState = {
    phase: 'funded',
    channelId: channelIdFromFunding(output.txid, output.vout),
    params,
    fundings: [{ output, tx: fundingTx, txids, received: signatures, receivedNext: undefined, sent: undefined }],
    shared,
    remote: { currentPoint: remotePoint, secrets: EMPTY_SECRET_STORE },
    lastSent: 'revoke_and_ack',
    revokedSecret: undefined,
    chain: emptyView(env.tip),
    host: { offered: [], received: [], nextEventId: 1, events: [], toldClose: undefined },
    durability: { version: 0, nextMonitorId: 1, pendingMonitor: [] },
    lifecycle: { connection: 'connected', readySent: false, readyReceived: false, createdHeight: env.tip.height, awaited: undefined },
    closing: { sent: undefined, received: undefined, wanted: undefined, negotiation: undefined, agreed: undefined, tx: undefined },
    announcement: NOTHING_ANNOUNCED,
  };
  const funded = become(out, state);
  tellBeginning(funded, initial, ownPoint);
  return funded;
}

/** What watchers need of everything to come, and the first commitments. */
function tellBeginning(out: Transition<FundedState>, initial: Contents, ownPoint: PublicKey): void {
  const { params, fundings, shared, remote } = out.state;
  const { us, keysId, parties } = params;
  const { balanceMsat, feeratePerKw } = initial;
  const watched = { opener: watchedParty(parties.opener, parties.accepter), accepter: watchedParty(parties.accepter, parties.opener) };
  monitor(out, { kind: 'parameters', us, keysId, parties: watched, balanceMsat, feeratePerKw });
  for (const { output } of fundings) {
    const { txid, vout, amountSat, format, fundingPubkeys } = output;
    monitor(out, { kind: 'funding', txid, vout, amountSat, format, fundingPubkeys });
  }
  const { opener, accepter } = shared.commitments;
  const [ours, theirs] = us === 'opener' ? [opener, accepter] : [accepter, opener];
  monitor(out, { kind: 'theirs', ...growthOf(shared, other(us), theirs.current, remote.currentPoint) });
  const signatures = fundings.map(({ received }) => received);
  monitor(out, { kind: 'ours', ...growthOf(shared, us, ours.current, ownPoint), signatures });
}

/** The last effects of an opening that succeeded: the chain is watched, and the host learns the final id. */
export function watchFunding(out: Transition<FundedState>): void {
  watchOutputs(out);
  const { peer, temporaryChannelId } = out.state.params;
  notify(out, { kind: 'opened', peer, temporaryChannelId });
}

export function watchOutputs(out: Transition<StoredChannel>): void {
  const { channelId, fundings } = out.state;
  for (const { output, tx } of fundings) {
    const { txid, vout } = output;
    out.effects.push({ kind: 'watch_tx', txid, channelId }, { kind: 'watch_spend', txid, vout, channelId });
    if (tx !== undefined) watchInputs(out, tx);
  }
}

/** Who spends them otherwise takes the channel its money. */
export function watchInputs(out: Transition<StoredChannel>, { inputs }: Tx): void {
  const { channelId } = out.state;
  for (const { txid, vout } of inputs) out.effects.push({ kind: 'watch_spend', txid, vout, channelId });
}

/** A message of the opening: nothing is durable yet, so nothing holds it back. */
export function sendOpening(out: Transition, peer: PublicKey, message: Message): void {
  out.effects.push({ kind: 'send', peer, message });
}

/** BOLT 2: an opening that is lost, refused or given up leaves nothing to remember. */
export function forgetOpening(
  out: Transition<OpeningState>,
  rule: RuleId,
  reason: string,
  tellPeer: boolean,
  tx?: Tx,
): Transition<ForgottenState> {
  const { peer, temporaryChannelId, step } = out.state;
  const channelId = step.kind === 'awaiting_funding_signed' ? step.channelId : temporaryChannelId;
  if (tellPeer) sendOpening(out, peer, { type: 'error', channelId, data: errorData(`${rule}: ${reason}`, tx) });
  out.effects.push({ kind: 'notify', channelId: temporaryChannelId, event: { kind: 'forgotten', peer, rule, reason } });
  return become(out, { phase: 'forgotten', rule, reason });
}

export function unexpected(out: Transition<OpeningState>, message: Message): Violation {
  return violation('opening.unexpected_message', `${message.type} while ${out.state.step.kind.replaceAll('_', ' ')}`);
}
