import type { PublicKey, Script } from '../../crypto/bytes.ts';
import type { AcceptChannel, FundingCreated, OpenChannel } from '../../wire/messages/index.ts';
import type { Transition } from '../step/transition.ts';
import { persist, send, start } from '../step/transition.ts';
import type { ChannelCommand, ChannelEnv } from '../model/channel-vocabulary.ts';
import { formatOfType } from '../../transactions/formats.ts';
import { offeredAccept, receivedOpen } from './opening-rules.ts';
import {
  becomeFunded,
  forgetOpening,
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

/** The accepter's part of BOLT 2, Channel Establishment v1. */

/** BOLT 2, open_channel, receiving node: a good one is put to the host, which answers accept or reject. */
export function receiveOpenChannel(env: ChannelEnv, peer: PublicKey, open: OpenChannel): Transition<OpeningState> | Violation {
  const broken = receivedOpen(env, open);
  if (broken !== undefined) return broken;
  const { temporaryChannelId } = open;
  const step = { kind: 'awaiting_host_accept', open } as const;
  const out = start<OpeningState>(env, { phase: 'opening', temporaryChannelId, peer, us: 'accepter', step });
  out.effects.push({ kind: 'ask', channelId: temporaryChannelId, peer, question: { kind: 'accept', open } });
  return out;
}

export function accept(out: Transition<OpeningState>, command: Extract<ChannelCommand, { kind: 'accept' }>): Refusal | undefined {
  const { env, state } = out;
  const { step, peer, us, temporaryChannelId } = state;
  if (step.kind !== 'awaiting_host_accept') return refusal('accept.not_asked', 'no open_channel waits for an answer');
  const { open } = step;
  const { keysId, upfrontShutdownScript } = command;
  const format = formatOfType(open.channelType) ?? 'static_remotekey';
  const message: AcceptChannel = {
    type: 'accept_channel',
    temporaryChannelId,
    minimumDepth: env.config.minimumDepth,
    ...ownFields(env, keysId, open.fundingSat, [open.dustLimitSat]),
    upfrontShutdownScript: upfrontShutdownScript ?? ('' as Script),
    ...(open.channelType === undefined ? {} : { channelType: open.channelType }),
  };
  const broken = offeredAccept(env, open, message);
  if (broken !== undefined) return refusal(broken.rule, broken.detail);
  const params = paramsOf(env, { us, peer, keysId }, open, message);
  const terms = termsOf(format, open, message);
  out.state = { ...state, step: { kind: 'awaiting_funding_created', params, terms, remotePoint: open.firstPerCommitmentPoint } };
  sendOpening(out, peer, message);
  return undefined;
}

/** The host doesn't want the channel: the peer gets an error. */
export function reject(out: Transition<OpeningState>, command: Extract<ChannelCommand, { kind: 'reject' }>): Refusal | undefined {
  if (out.state.step.kind !== 'awaiting_host_accept') return refusal('reject.not_asked', 'no open_channel waits for an answer');
  forgetOpening(out, 'reject.by_host', command.reason, true);
  return undefined;
}

/** BOLT 2, funding_created, recipient: from funding_signed on, the channel must be remembered, so it is durable first. */
export function receiveFundingCreated(out: Transition<OpeningState>, message: FundingCreated): Violation | undefined {
  const { env, state } = out;
  const { step } = state;
  if (step.kind !== 'awaiting_funding_created') return unexpected(out, message);
  const { params, terms, remotePoint } = step;
  const output = outputOf(terms, message.fundingTxid, message.fundingOutputIndex);
  const signatures = { signature: message.signature, htlcSignatures: [] };
  const funded = becomeFunded(out, { params, output, remotePoint, signatures });
  if (isViolation(funded)) return funded;
  persist(funded);
  const { signature } = signInitial(env, params, output, remotePoint);
  send(funded, { type: 'funding_signed', channelId: funded.state.channelId, signature });
  watchFunding(funded);
  return undefined;
}
