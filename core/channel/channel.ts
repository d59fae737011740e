import { accept, receiveFundingCreated, reject } from './establish/accepter.ts';
import { receiveAnnouncementSignatures, sendDueSignatures } from './announce/announcement-signatures.ts';
import { keepUpdate, receivePeersUpdate, setPolicy } from './announce/channel-update.ts';
import { addHtlc, offerAll, receiveAdd } from './operate/update-add-htlc.ts';
import { noteAwaited } from './awaited.ts';
import { chainSeen } from './chain.ts';
import { receiveClosingSigned } from './close/closing-signed.ts';
import { isClosed } from './model/ending.ts';
import { commit, commitObstacle, receiveCommitmentSigned } from './commitments/commitment-signed.ts';
import { receiveRevokeAndAck } from './commitments/revoke-and-ack.ts';
import { signed } from './commitments/answers.ts';
import { logLength } from './model/contents.ts';
import { draftDurability, draftHost } from './step/draft.ts';
import type { Transition } from './step/transition.ts';
import { finish, start } from './step/transition.ts';
import { errorData, failChannel } from './fail/fail-channel.ts';
import { forgetWhatIsOver } from './fail/forget.ts';
import { signedLate } from './fail/own-commitment.ts';
import { greet, preferCommitment, receiveReestablishLate } from './fail/failed.ts';
import { onChain } from './fail/on-chain.ts';
import { receiveUpdateFee, updateFee } from './operate/update-fee.ts';
import { notReady } from './operate/usable.ts';
import type { ChannelCommand, ChannelEnv, ChannelInput, Command, Step } from './model/channel-vocabulary.ts';
import { fund, receiveAcceptChannel, receiveFundingSigned } from './establish/opener.ts';
import { forgetOpening } from './establish/opening.ts';
import { receiveChannelReady } from './establish/channel-ready.ts';
import { connect, diagnose, disconnect, resume } from './retransmit/channel-reestablish.ts';
import { fulfillOnChain, receiveRemoval, removeHtlc } from './operate/remove-htlc.ts';
import { advanceShutdown, receiveShutdown, shutdown } from './close/shutdown.ts';
import type { ChannelState, FailedState, FundedState, OpeningState, StoredChannel } from './model/state.ts';
import type { Refusal, Violation } from './model/violation.ts';
import { consequenceOf, isRefusal, refusal, ruleText, violation } from './model/violation.ts';
import { namesIn } from '../wire/messages/index.ts';
import type { ChannelMessage, ChannelReestablish, Message, MessageIn } from '../wire/messages/index.ts';
import { other } from '../transactions/types.ts';
import type { ChannelOutput } from './model/channel-vocabulary.ts';

/** More updates than a peer could need between two of its signatures: all HTLCs added and removed, and fee changes. */
export const MAX_UNSIGNED_UPDATES = 2000;

/** What handling one input came to: nothing wrong, a rule that the peer broke, or a command that is refused. */
type Outcome = Violation | Refusal | undefined;

/** One channel, one input: pure. A violation or refusal discards what the step had done so far. */
export function channelStep(env: ChannelEnv, state: ChannelState, input: ChannelInput): Step<ChannelState, ChannelOutput> {
  const out = start(env, state);
  const outcome = handle(out, input);
  if (outcome === undefined) {
    followUp(out);
    return finish(out);
  }
  if (isRefusal(outcome)) return refused(state, input, outcome);
  return violated(env, state, outcome);
}

function refused(state: ChannelState, input: ChannelInput, { rule, detail }: Refusal): Step<ChannelState, ChannelOutput> {
  const command: Command['kind'] = input.kind === 'command' ? input.command.kind : 'commit';
  return { state, effects: [{ kind: 'refused', command, rule, detail }] };
}

function violated(env: ChannelEnv, state: ChannelState, broken: Violation): Step<ChannelState, ChannelOutput> {
  const out = start(env, state);
  const { rule, detail, tx } = broken;
  const text = ruleText(broken);
  if (state.phase === 'forgotten') return { state, effects: [] };
  const { peer, channelId } = addressOf(state);
  out.effects.push({ kind: 'violated', peer, channelId, rule, detail });
  const consequence = consequenceOf(broken);
  switch (consequence) {
    case 'ignore':
      break;
    case 'warn':
    case 'warn-and-disconnect':
      out.effects.push({ kind: 'send', peer, message: { type: 'warning', channelId, data: errorData(text, tx) } });
      if (consequence === 'warn-and-disconnect') out.effects.push({ kind: 'disconnect', peer, reason: text });
      break;
    case 'fail-channel':
      // Of a channel that the chain has closed nothing is at stake any more.
      if (isClosed(state)) break;
      if (state.phase === 'funded') failChannel(out as Transition<FundedState>, rule, detail, tx === undefined ? {} : { tx });
      else if (state.phase === 'opening') forgetOpening(out as Transition<OpeningState>, rule, detail, true, tx);
      break;
    case 'disconnect':
    case 'fail-htlc':
    case 'forget':
    case 'refuse':
      throw new RangeError(`${rule} is not broken by what a channel is told`);
  }
  return finish(out);
}

function addressOf(state: OpeningState | StoredChannel): {
  readonly peer: OpeningState['peer'];
  readonly channelId: StoredChannel['channelId'];
} {
  if (state.phase === 'opening') return { peer: state.peer, channelId: state.temporaryChannelId };
  return { peer: state.params.peer, channelId: state.channelId };
}

function handle(out: Transition, input: ChannelInput): Outcome {
  switch (out.state.phase) {
    case 'opening':
      return handleOpening(out as Transition<OpeningState>, input);
    case 'funded':
      return handleFunded(out as Transition<FundedState>, input);
    case 'failed':
      return handleFailed(out as Transition<FailedState>, input);
    case 'forgotten':
      return undefined;
  }
}

function handleOpening(out: Transition<OpeningState>, input: ChannelInput): Outcome {
  switch (input.kind) {
    case 'disconnected':
      forgetOpening(out, 'channel.connection_lost', 'the connection was lost before the channel was funded', false);
      return undefined;
    case 'peer_error':
      forgetOpening(out, 'channel.error_while_opening', 'the peer sent an error', false);
      return undefined;
    case 'timeout':
      forgetOpening(out, 'channel.opening_timeout', 'the peer has not answered in time', true);
      return undefined;
    case 'violated':
      return violation(input.rule, input.detail);
    case 'message':
      return openingMessage(out, input.message);
    case 'command':
      return openingCommand(out, input.command as ChannelCommand);
    case 'connected':
    case 'peers_update':
    case 'chain':
    case 'monitor_stored':
    case 'on_chain':
    case 'signed':
    case 'offer':
      return undefined;
  }
}

/** Messages of protocols that we don't speak yet. */
const UNSPOKEN: ReadonlySet<string> = new Set(namesIn('simple_closing', 'interactive', 'splicing'));

type SpokenMessage = MessageIn<'establishment' | 'operation' | 'retransmission' | 'closing' | 'announcement'>;

function isSpoken(message: ChannelMessage): message is SpokenMessage {
  return !UNSPOKEN.has(message.type);
}

function openingMessage(out: Transition<OpeningState>, message: ChannelMessage): Outcome {
  if (!isSpoken(message)) return notOpening(message);
  switch (message.type) {
    case 'accept_channel':
      return receiveAcceptChannel(out, message);
    case 'funding_created':
      return receiveFundingCreated(out, message);
    case 'funding_signed':
      return receiveFundingSigned(out, message);
    case 'open_channel':
    case 'channel_ready':
    case 'channel_reestablish':
    case 'update_add_htlc':
    case 'update_fulfill_htlc':
    case 'update_fail_htlc':
    case 'update_fail_malformed_htlc':
    case 'update_fee':
    case 'commitment_signed':
    case 'revoke_and_ack':
    case 'shutdown':
    case 'closing_signed':
    case 'announcement_signatures':
      return notOpening(message);
  }
}

function notOpening({ type }: ChannelMessage): Violation {
  return violation('channel.not_opening', `${type} does not belong to the opening of a channel`);
}

function openingCommand(out: Transition<OpeningState>, command: ChannelCommand): Outcome {
  switch (command.kind) {
    case 'accept':
      return accept(out, command);
    case 'reject':
      return reject(out, command);
    case 'fund':
      return fund(out, command);
    case 'force_close':
      forgetOpening(out, 'channel.given_up', 'given up by the host', true);
      return undefined;
    case 'add':
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
    case 'fee':
    case 'commit':
    case 'policy':
    case 'shutdown':
    case 'acknowledge':
      return refusal('channel.not_open_yet', 'the channel is not open yet');
  }
}

function handleFunded(out: Transition<FundedState>, input: ChannelInput): Outcome {
  if (isClosed(out.state) && !isOfItsEnd(input)) return handleStored(out, input);
  switch (input.kind) {
    case 'connected':
      connect(out);
      return undefined;
    case 'disconnected':
      disconnect(out);
      return undefined;
    case 'message':
      return fundedMessage(out, input.message);
    case 'command':
      return fundedCommand(out, input.command as ChannelCommand);
    case 'peer_error':
      failChannel(out, 'channel.error_received', 'the peer sent an error', { told: true });
      return undefined;
    case 'signed':
      signed(out, input.answer);
      return undefined;
    case 'offer':
      offerAll(out, input.adds);
      return undefined;
    case 'peers_update':
      return receivePeersUpdate(out, input.update);
    case 'chain':
    case 'monitor_stored':
    case 'on_chain':
      return handleStored(out, input);
    case 'timeout':
    case 'violated':
      return undefined;
  }
}

/**
 * What a channel whose close the chain has still takes part in: the peer may not have seen it, waits for our channel_reestablish and shutdown, and
 * asks for signatures again; and the chain may take it back.
 */
function isOfItsEnd(input: ChannelInput): boolean {
  if (input.kind === 'connected' || input.kind === 'disconnected') return true;
  return input.kind === 'message' && OF_ITS_END.has(input.message.type);
}

const OF_ITS_END: ReadonlySet<string> = new Set(namesIn('retransmission', 'closing'));

function fundedMessage(out: Transition<FundedState>, message: ChannelMessage): Outcome {
  const { state } = out;
  if (message.type === 'channel_reestablish') return reestablish(out, message);
  if (state.lifecycle.connection !== 'connected') {
    return violation('channel.before_reestablish', `${message.type} came before channel_reestablish`);
  }
  // BOLT 1, 9: messages of features that we did not offer are not for us to act on.
  if (!isSpoken(message)) return violation('channel.not_negotiated', `${message.type} belongs to a feature that was not negotiated`);
  switch (message.type) {
    case 'channel_ready':
      return receiveChannelReady(out, message);
    case 'update_add_htlc':
    case 'update_fulfill_htlc':
    case 'update_fail_htlc':
    case 'update_fail_malformed_htlc':
    case 'update_fee':
      return notReady(out.state, message) ?? update(out, message);
    case 'commitment_signed':
      return notReady(out.state, message) ?? receiveCommitmentSigned(out, message);
    case 'revoke_and_ack':
      return receiveRevokeAndAck(out, message);
    case 'shutdown':
      return receiveShutdown(out, message);
    case 'closing_signed':
      return receiveClosingSigned(out, message);
    case 'announcement_signatures':
      return receiveAnnouncementSignatures(out, message);
    case 'open_channel':
    case 'accept_channel':
    case 'funding_created':
    case 'funding_signed':
      return violation('channel.funded_already', `${message.type}: the channel is funded already`);
  }
}

type UpdateMessage = Extract<Message, { type: `update_${string}` }>;

function update(out: Transition<FundedState>, message: UpdateMessage): Outcome {
  const { shared, params } = out.state;
  const { current, next } = shared.commitments[params.us];
  const unsigned = logLength(shared, other(params.us)) - (next ?? current).cut[other(params.us)];
  if (unsigned >= MAX_UNSIGNED_UPDATES) return violation('channel.unsigned_updates', `${unsigned} updates without commitment_signed`);
  switch (message.type) {
    case 'update_add_htlc':
      return receiveAdd(out, message);
    case 'update_fulfill_htlc':
    case 'update_fail_htlc':
    case 'update_fail_malformed_htlc':
      return receiveRemoval(out, message);
    case 'update_fee':
      return receiveUpdateFee(out, message);
  }
}

function reestablish(out: Transition<FundedState>, message: ChannelReestablish): Outcome {
  if (out.state.lifecycle.connection !== 'reestablishing') return violation('channel.reestablish_twice', 'came twice in one connection');
  const diagnosis = diagnose(out.env, out.state, message);
  switch (diagnosis.kind) {
    case 'violation':
      return diagnosis.violation;
    case 'we-are-behind':
      if (isClosed(out.state)) return undefined;
      failChannel(out, 'channel.data_loss', 'we have lost data: please fail the channel', { stale: true });
      return undefined;
    case 'resume':
      resume(out, message, diagnosis);
      return undefined;
  }
}

function fundedCommand(out: Transition<FundedState>, command: ChannelCommand): Outcome {
  switch (command.kind) {
    case 'add':
      return addHtlc(out, command);
    case 'fee':
      return updateFee(out, command.feeratePerKw);
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
      return removeHtlc(out, command);
    case 'commit':
      return commit(out);
    case 'policy':
      return setPolicy(out, command);
    case 'shutdown':
      return shutdown(out, command);
    case 'force_close':
      failChannel(out, 'channel.force_closed', 'closed by its owner', { unilateral: true });
      return undefined;
    case 'acknowledge':
      return handleStored(out, { kind: 'command', command });
    case 'accept':
    case 'reject':
    case 'fund':
      return refusal('channel.funded_already', 'the channel is funded already');
  }
}

function handleFailed(out: Transition<FailedState>, input: ChannelInput): Outcome {
  if (input.kind === 'connected') greet(out);
  if (input.kind === 'message' && input.message.type === 'channel_reestablish') receiveReestablishLate(out, input.message);
  if (isClosed(out.state)) return handleStored(out, input);
  if (input.kind === 'signed') signedLate(out, input.answer);
  if (input.kind === 'command' && input.command.kind === 'force_close') return preferCommitment(out);
  if (input.kind === 'command' && input.command.kind === 'fulfill') return fulfillOnChain(out, input.command);
  return handleStored(out, input);
}

/** What is possible in every stored phase. */
function handleStored(out: Transition<StoredChannel>, input: ChannelInput): Outcome {
  const { state } = out;
  if (input.kind === 'chain') {
    chainSeen(out, input);
  } else if (input.kind === 'on_chain') {
    onChain(out, input);
  } else if (input.kind === 'monitor_stored') {
    const pendingMonitor = state.durability.pendingMonitor
      .map((p) => (p.id === input.id ? { id: p.id, update: p.update, waiting: p.waiting.filter((w) => w !== input.watcher) } : p))
      .filter((p) => p.waiting.length > 0);
    draftDurability(out).pendingMonitor = pendingMonitor;
  } else if (input.kind === 'command' && input.command.kind === 'acknowledge') {
    const { eventId } = input.command;
    draftHost(out).events = state.host.events.filter((event) => event.id !== eventId);
    forgetWhatIsOver(out);
  } else if (input.kind === 'command') {
    return refusal('channel.over', 'the channel is closed');
  }
  return undefined;
}

/** What follows from any step: updates are signed as soon as that is possible, a shutdown goes on, the peer owes something or nothing. */
function followUp(out: Transition): void {
  if (out.state.phase !== 'funded') return;
  const funded = out as Transition<FundedState>;
  if (funded.state.lifecycle.connection === 'connected') goOn(funded);
  if (out.state.phase !== 'funded') return;
  keepUpdate(funded);
  noteAwaited(funded);
}

function goOn(out: Transition<FundedState>): void {
  const { env, state } = out;
  if (env.config.commit === 'auto' && commitObstacle(state) === undefined) commit(out);
  const wrong = advanceShutdown(out);
  if (wrong !== undefined && !isClosed(out.state)) failChannel(out, wrong.rule, wrong.detail);
  else sendDueSignatures(out);
}
