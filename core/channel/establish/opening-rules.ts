import type { Hex, PublicKey, Script } from '../../crypto/bytes.ts';
import type { Crypto } from '../../crypto/types.ts';
import { anchorsCostSat, commitmentFeeSat } from '../../transactions/fees.ts';
import { FORMATS, formatOfType } from '../../transactions/formats.ts';
import type { CommitmentFormat } from '../../transactions/types.ts';
import { hasFeature, negotiated } from '../../wire/features.ts';
import type { AcceptChannel, OpenChannel } from '../../wire/messages/index.ts';
import { feerateOutOfBounds } from '../operate/update-fee.ts';
import type { ChannelConfig, ChannelEnv } from '../model/channel-vocabulary.ts';
import { isAcceptableScript, isOfferableScript } from '../close/shutdown-scripts.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';
import { MAX_MONEY_SAT, msatOf, satOf } from '../../bitcoin/amounts.ts';

/**
 * BOLT 2, open_channel and accept_channel: one function a requirement. They judge what a peer sent and, before it leaves, what we
 * send; for our own command a broken rule becomes a refusal.
 */
type Broken = Violation | undefined;

/** BOLT 2, open_channel: fundings from here on need option_support_large_channel. */
const LARGE_CHANNEL_SAT = 1n << 24n;
/** BOLT 2: `max_accepted_htlcs` limit, so that a penalty transaction stays standard. */
const MAX_ACCEPTED_HTLCS = 483;
/** BOLT 3, Dust Limits: the largest of the thresholds for segwit outputs. */
const MIN_DUST_LIMIT_SAT = 354n;
/** A reserve over this share of the funding, 1/n, makes the channel useless. */
const MAX_RESERVE_SHARE = 2n;

/** What open_channel and accept_channel have in common. */
type PartyMessage = Pick<
  OpenChannel,
  | 'dustLimitSat'
  | 'maxHtlcValueInFlightMsat'
  | 'channelReserveSat'
  | 'htlcMinimumMsat'
  | 'toSelfDelay'
  | 'maxAcceptedHtlcs'
  | 'fundingPubkey'
  | 'revocationBasepoint'
  | 'paymentBasepoint'
  | 'delayedPaymentBasepoint'
  | 'htlcBasepoint'
  | 'firstPerCommitmentPoint'
>;

export function knownChain(config: ChannelConfig, open: OpenChannel): Broken {
  return open.chainHash === config.chainHash ? undefined : violation('open_channel.chain_hash', `unknown chain ${open.chainHash}`);
}

/** BOLT 2, open_channel: `supported` is what both advertise when we open, and what we advertise when we are asked. */
export function fundingNotTooLarge(fundingSat: bigint, supported: boolean): Broken {
  if (fundingSat > MAX_MONEY_SAT) return violation('open_channel.funding_beyond_supply', `${fundingSat} sat don't exist`);
  if (fundingSat < LARGE_CHANNEL_SAT || supported) return undefined;
  return violation('open_channel.option_support_large_channel', `${fundingSat} sat, without the feature less than ${LARGE_CHANNEL_SAT}`);
}

export function fundingNotTooSmall(config: ChannelConfig, fundingSat: bigint): Broken {
  if (fundingSat >= config.minFundingSat) return undefined;
  return violation('open_channel.funding_too_small', `${fundingSat} sat, at least ${config.minFundingSat}`);
}

export function pushWithinFunding(open: OpenChannel): Broken {
  if (open.pushMsat >= 0n && open.pushMsat <= msatOf(open.fundingSat)) return undefined;
  return violation('open_channel.push_msat', `${open.pushMsat} msat of ${open.fundingSat} sat`);
}

/** How long the peer's choice may keep our own money waiting. */
export function delayNotTooLong(config: ChannelConfig, toSelfDelay: number): Broken {
  if (toSelfDelay <= config.maxToSelfDelay) return undefined;
  return violation('opening.to_self_delay', `${toSelfDelay} blocks, at most ${config.maxToSelfDelay}`);
}

export function htlcCountInBounds(maxAcceptedHtlcs: number): Broken {
  if (maxAcceptedHtlcs > MAX_ACCEPTED_HTLCS)
    return violation('opening.max_accepted_htlcs_too_large', `${maxAcceptedHtlcs}, at most ${MAX_ACCEPTED_HTLCS}`);
  return maxAcceptedHtlcs > 0 ? undefined : violation('opening.max_accepted_htlcs_zero', 'no HTLC would be accepted');
}

/** BOLT 2: "it considers htlc_minimum_msat too large", or `max_htlc_value_in_flight_msat` too small: no HTLC could ever be offered. */
export function someHtlcFits(fundingSat: bigint, message: PartyMessage): Broken {
  const { htlcMinimumMsat, maxHtlcValueInFlightMsat } = message;
  if (htlcMinimumMsat >= msatOf(fundingSat)) return violation('opening.htlc_minimum_msat', `${htlcMinimumMsat} msat of ${fundingSat} sat`);
  if (maxHtlcValueInFlightMsat >= htlcMinimumMsat) return undefined;
  return violation('opening.max_htlc_value_in_flight_msat', `${maxHtlcValueInFlightMsat} msat, less than the smallest HTLC`);
}

export function dustLimitInBounds(config: ChannelConfig, dustLimitSat: bigint): Broken {
  if (dustLimitSat < MIN_DUST_LIMIT_SAT)
    return violation('opening.dust_limit_too_small', `${dustLimitSat} sat, at least ${MIN_DUST_LIMIT_SAT}`);
  if (dustLimitSat > config.maxDustLimitSat)
    return violation('opening.dust_limit_too_large', `${dustLimitSat} sat, at most ${config.maxDustLimitSat}`);
  return undefined;
}

/** BOLT 2: each side's reserve must be no dust to either side, or all outputs could vanish. */
export function reserveAboveDust(channelReserveSat: bigint, dustLimitSat: bigint): Broken {
  if (channelReserveSat >= dustLimitSat) return undefined;
  return violation('opening.dust_limit_above_reserve', `${channelReserveSat} sat, below dust_limit_satoshis of ${dustLimitSat}`);
}

export function reserveNotTooLarge(fundingSat: bigint, channelReserveSat: bigint): Broken {
  if (channelReserveSat * MAX_RESERVE_SHARE <= fundingSat) return undefined;
  return violation('opening.channel_reserve_too_large', `${channelReserveSat} of ${fundingSat} sat`);
}

export function validPubkeys(crypto: Crypto, message: PartyMessage): Broken {
  const keys: Readonly<Record<string, PublicKey>> = {
    funding_pubkey: message.fundingPubkey,
    revocation_basepoint: message.revocationBasepoint,
    payment_basepoint: message.paymentBasepoint,
    delayed_payment_basepoint: message.delayedPaymentBasepoint,
    htlc_basepoint: message.htlcBasepoint,
    first_per_commitment_point: message.firstPerCommitmentPoint,
  };
  const bad = Object.entries(keys).find(([, key]) => !crypto.isValidPublicKey(key));
  return bad === undefined ? undefined : violation('opening.invalid_point', `${bad[0]} is not a point of the curve`);
}

export function feerateInBounds(env: ChannelEnv, open: OpenChannel, format: CommitmentFormat): Broken {
  const wrong = feerateOutOfBounds(env, format, open.feeratePerKw, undefined);
  return wrong === undefined ? undefined : violation('open_channel.feerate_per_kw', wrong);
}

/** What the opener keeps on the initial commitment in millisatoshi, after its fee and anchors. Negative when it can't pay. */
function openerToLocalMsat(open: OpenChannel, format: CommitmentFormat): bigint {
  const costSat = commitmentFeeSat(format, open.feeratePerKw, 0) + anchorsCostSat(format);
  return msatOf(open.fundingSat - costSat) - open.pushMsat;
}

export function openerAffordsFee(open: OpenChannel, format: CommitmentFormat): Broken {
  const leftMsat = openerToLocalMsat(open, format);
  return leftMsat >= 0n
    ? undefined
    : violation('open_channel.initial_fee', `the opener is ${-leftMsat} msat short of the initial commitment's cost`);
}

/** BOLT 2: at least one of the initial balances is over the reserve, so that one side has something to lose and to spend. */
export function someBalanceAboveReserve(open: OpenChannel, format: CommitmentFormat, channelReserveSat: bigint): Broken {
  // Outputs hold whole satoshis.
  if (satOf(openerToLocalMsat(open, format)) > channelReserveSat || satOf(open.pushMsat) > channelReserveSat) return undefined;
  return violation('opening.balances_below_reserve', `neither initial balance is over the reserve of ${channelReserveSat} sat`);
}

/** BOLT 2, Defined Channel Types: present, one that we can do, and nothing in it that was not negotiated. */
export function suitableType(env: ChannelEnv, channelType: Hex | undefined): Broken {
  if (channelType === undefined) return violation('open_channel.channel_type_missing', 'missing');
  const format = formatOfType(channelType);
  if (format === undefined) return violation('open_channel.channel_type', `${channelType} is not suitable`);
  const { feature } = FORMATS[format];
  if (feature === undefined || negotiated(env.config.features, env.peerFeatures, feature)) return undefined;
  return violation('open_channel.channel_type_not_negotiated', `${feature} was not negotiated`);
}

export function sameType(open: OpenChannel, accept: AcceptChannel): Broken {
  if (accept.channelType === undefined) return violation('accept_channel.channel_type_missing', 'missing');
  return accept.channelType === open.channelType
    ? undefined
    : violation('accept_channel.channel_type', `${accept.channelType}, not that of open_channel`);
}

/** BOLT 2: where both have option_dual_fund, channels are opened with open_channel2. */
export function notDualFunded(env: ChannelEnv): Broken {
  const dual = negotiated(env.config.features, env.peerFeatures, 'option_dual_fund');
  return dual ? violation('open_channel.option_dual_fund', 'negotiated: open_channel2 belongs here') : undefined;
}

export function minimumDepthReasonable(config: ChannelConfig, minimumDepth: number): Broken {
  if (minimumDepth <= config.maxMinimumDepth) return undefined;
  return violation('accept_channel.minimum_depth', `${minimumDepth} blocks, at most ${config.maxMinimumDepth}`);
}

/** BOLT 2: required where both advertise option_upfront_shutdown_script; empty commits to nothing. `offered` is stricter: what we may send. */
export function upfrontScriptValid(env: ChannelEnv, script: Script | undefined, direction: 'offered' | 'received'): Broken {
  if (script === undefined) {
    const required = negotiated(env.config.features, env.peerFeatures, 'option_upfront_shutdown_script');
    return required ? violation('opening.upfront_shutdown_script_missing', 'missing, although the feature is negotiated') : undefined;
  }
  const valid = direction === 'offered' ? isOfferableScript(env, script) : isAcceptableScript(env, script);
  return script === '' || valid ? undefined : violation('opening.upfront_shutdown_script', `${script} has none of the allowed forms`);
}

function firstBroken(...rules: readonly Broken[]): Broken {
  return rules.find((rule) => rule !== undefined);
}

/** What holds for both messages alike, whoever sends them. */
function partyRules(env: ChannelEnv, message: PartyMessage, fundingSat: bigint): Broken {
  return firstBroken(
    htlcCountInBounds(message.maxAcceptedHtlcs),
    someHtlcFits(fundingSat, message),
    dustLimitInBounds(env.config, message.dustLimitSat),
    reserveAboveDust(message.channelReserveSat, message.dustLimitSat),
    reserveNotTooLarge(fundingSat, message.channelReserveSat),
    validPubkeys(env.crypto, message),
  );
}

/** What holds for open_channel, whoever sends it. */
function openRules(env: ChannelEnv, open: OpenChannel): Broken {
  const format = formatOfType(open.channelType);
  if (format === undefined) return suitableType(env, open.channelType);
  return firstBroken(
    suitableType(env, open.channelType),
    notDualFunded(env),
    knownChain(env.config, open),
    pushWithinFunding(open),
    partyRules(env, open, open.fundingSat),
    feerateInBounds(env, open, format),
    openerAffordsFee(open, format),
    someBalanceAboveReserve(open, format, open.channelReserveSat),
  );
}

/** BOLT 2, open_channel, sending node: what forbids the message that our command would make. */
export function offeredOpen(env: ChannelEnv, open: OpenChannel): Broken {
  // A message can't bring this; a command can, and nothing can be computed with it.
  if (!Number.isInteger(open.feeratePerKw)) return violation('open_channel.feerate_per_kw', `${open.feeratePerKw} is no u32`);
  return firstBroken(
    fundingNotTooLarge(open.fundingSat, negotiated(env.config.features, env.peerFeatures, 'option_support_large_channel')),
    upfrontScriptValid(env, open.upfrontShutdownScript, 'offered'),
    openRules(env, open),
  );
}

/** BOLT 2, open_channel, receiving node. */
export function receivedOpen(env: ChannelEnv, open: OpenChannel): Broken {
  return firstBroken(
    fundingNotTooLarge(open.fundingSat, hasFeature(env.config.features, 'option_support_large_channel')),
    fundingNotTooSmall(env.config, open.fundingSat),
    delayNotTooLong(env.config, open.toSelfDelay),
    upfrontScriptValid(env, open.upfrontShutdownScript, 'received'),
    openRules(env, open),
  );
}

/** What holds between open_channel and accept_channel, whoever sends the latter. */
function acceptRules(env: ChannelEnv, open: OpenChannel, accept: AcceptChannel): Broken {
  const format = formatOfType(open.channelType);
  return firstBroken(
    sameType(open, accept),
    partyRules(env, accept, open.fundingSat),
    reserveAboveDust(accept.channelReserveSat, open.dustLimitSat),
    reserveAboveDust(open.channelReserveSat, accept.dustLimitSat),
    format === undefined ? undefined : someBalanceAboveReserve(open, format, accept.channelReserveSat),
  );
}

/** BOLT 2, accept_channel, sending node. */
export function offeredAccept(env: ChannelEnv, open: OpenChannel, accept: AcceptChannel): Broken {
  return firstBroken(upfrontScriptValid(env, accept.upfrontShutdownScript, 'offered'), acceptRules(env, open, accept));
}

/** BOLT 2, accept_channel, receiving node. */
export function receivedAccept(env: ChannelEnv, open: OpenChannel, accept: AcceptChannel): Broken {
  return firstBroken(
    minimumDepthReasonable(env.config, accept.minimumDepth),
    delayNotTooLong(env.config, accept.toSelfDelay),
    upfrontScriptValid(env, accept.upfrontShutdownScript, 'received'),
    acceptRules(env, open, accept),
  );
}
