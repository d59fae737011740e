import { txid } from '../../bitcoin/tx.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { Script } from '../../crypto/bytes.ts';
import { fundingOutput } from '../../transactions/channel-scripts.ts';
import type { AcceptChannel, FundingSigned, OpenChannel } from '../../wire/messages/index.ts';
import { broadcastFunding } from '../fail/broadcast.ts';
import type { Transition } from '../step/transition.ts';
import { persist, start } from '../step/transition.ts';
import type { ChannelCommand, ChannelEnv, OpenCommand } from '../model/channel-vocabulary.ts';
import { FORMATS, formatOfType } from '../../transactions/formats.ts';
import { offeredOpen, receivedAccept } from './opening-rules.ts';
import {
  ANNOUNCE_CHANNEL,
  becomeFunded,
  channelIdFromFunding,
  fundingOutputIndex,
  outputOf,
  ownFields,
  paramsOf,
  sendOpening,
  signInitial,
  termsOf,
  unexpected,
  watchFunding,
} from './opening.ts';
import type { OpeningState } from '../model/state.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { isViolation, refusal } from '../model/violation.ts';

/** The opener's part of BOLT 2, Channel Establishment v1. */

/** Begins a channel: sends open_channel. The temporary id must be unique with this peer (BOLT 2); its node sees to that. */
export function startOpen(env: ChannelEnv, command: OpenCommand): Transition<OpeningState> | Refusal {
  const { peer, temporaryChannelId, keysId, fundingSat, pushMsat, feeratePerKw, format, announce } = command;
  const open: OpenChannel = {
    type: 'open_channel',
    chainHash: env.config.chainHash,
    temporaryChannelId,
    fundingSat,
    pushMsat,
    feeratePerKw,
    channelFlags: announce ? ANNOUNCE_CHANNEL : 0,
    ...ownFields(env, keysId, fundingSat, []),
    // BOLT 2: to be included with channel_type; empty commits to nothing.
    upfrontShutdownScript: command.upfrontShutdownScript ?? ('' as Script),
    channelType: FORMATS[format].channelType,
  };
  const broken = offeredOpen(env, open);
  if (broken !== undefined) return refusal(broken.rule, broken.detail);
  const step = { kind: 'awaiting_accept_channel', open, keysId } as const;
  const out = start<OpeningState>(env, { phase: 'opening', temporaryChannelId, peer, us: 'opener', step });
  sendOpening(out, peer, open);
  return out;
}

/** BOLT 2, accept_channel, receiver: then the host makes a transaction that pays the funding output. */
export function receiveAcceptChannel(out: Transition<OpeningState>, accept: AcceptChannel): Violation | undefined {
  const { env, state } = out;
  const { step, peer, us, temporaryChannelId } = state;
  if (step.kind !== 'awaiting_accept_channel') return unexpected(out, accept);
  const { open, keysId } = step;
  const broken = receivedAccept(env, open, accept);
  if (broken !== undefined) return broken;
  const params = paramsOf(env, { us, peer, keysId }, open, accept);
  const terms = termsOf(formatOfType(open.channelType) ?? 'static_remotekey', open, accept);
  const { script } = fundingOutput(env.crypto, open.fundingPubkey, accept.fundingPubkey);
  out.state = { ...state, step: { kind: 'awaiting_host_funding', params, terms, remotePoint: accept.firstPerCommitmentPoint } };
  const question = { kind: 'fund', amountSat: terms.amountSat, script } as const;
  out.effects.push({ kind: 'ask', channelId: temporaryChannelId, peer, question });
  return undefined;
}

/** BOLT 2, funding_created: the txid must not be malleable, so inputs that spend by scriptSig alone are out. */
function isMalleable(tx: Tx): boolean {
  return tx.inputs.some((input) => input.scriptSig !== '' && input.witness.length === 0);
}

/** The host's transaction, signed but NOT broadcast: core asks for that once funding_signed is there and durable. */
export function fund(out: Transition<OpeningState>, command: Extract<ChannelCommand, { kind: 'fund' }>): Refusal | undefined {
  const { env, state } = out;
  const { step, peer, temporaryChannelId } = state;
  const { tx } = command;
  if (step.kind !== 'awaiting_host_funding') return refusal('fund.not_asked', 'no funding was asked for');
  const { params, terms, remotePoint } = step;
  const { opener, accepter } = terms.fundingPubkeys;
  const { script } = fundingOutput(env.crypto, opener, accepter);
  const vout = fundingOutputIndex(tx, terms.amountSat, script);
  if (vout === undefined) return refusal('fund.no_output', `no output pays ${terms.amountSat} sat to ${script}`);
  if (isMalleable(tx)) return refusal('fund.malleable', 'an input without witness makes the transaction malleable');
  const output = outputOf(terms, txid(env.crypto, tx), vout);
  const { signature } = signInitial(env, params, output, remotePoint);
  const channelId = channelIdFromFunding(output.txid, vout);
  out.state = { ...state, step: { kind: 'awaiting_funding_signed', params, remotePoint, output, fundingTx: tx, channelId } };
  const { txid: fundingTxid } = output;
  sendOpening(out, peer, { type: 'funding_created', temporaryChannelId, fundingTxid, fundingOutputIndex: vout, signature });
  return undefined;
}

/** BOLT 2, funding_signed, recipient: the funding may be broadcast as soon as the channel is durable. */
export function receiveFundingSigned(out: Transition<OpeningState>, message: FundingSigned): Violation | undefined {
  const { step } = out.state;
  if (step.kind !== 'awaiting_funding_signed' || message.channelId !== step.channelId) return unexpected(out, message);
  const { params, output, remotePoint, fundingTx } = step;
  const signatures = { signature: message.signature, htlcSignatures: [] };
  const funded = becomeFunded(out, { params, output, remotePoint, signatures, fundingTx });
  if (isViolation(funded)) return funded;
  persist(funded);
  broadcastFunding(funded, fundingTx);
  watchFunding(funded);
  return undefined;
}
