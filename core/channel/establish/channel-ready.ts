import type { PublicKey } from '../../crypto/bytes.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import { confirmation } from '../../chain/view.ts';
import type { View } from '../../chain/view.ts';
import { other } from '../../transactions/types.ts';
import type { ChannelReady } from '../../wire/messages/index.ts';
import { draft, draftLifecycle } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, notifyEvents, persist, send } from '../step/transition.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { forget } from '../fail/forget.ts';
import { FUNDING_TIMEOUT_BLOCKS, isConfirmed, isFundingSeen } from '../model/ending.ts';
import { watchInputs } from './opening.ts';
import type { FundedState, FundingOutput } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';

/** BOLT 2, channel_ready: what we send, and send again after a reconnection as long as both sides are at commitment 0. */
export function channelReadyMessage(env: ChannelEnv, state: FundedState): ChannelReady {
  const { channelId, params } = state;
  return { type: 'channel_ready', channelId, secondPerCommitmentPoint: env.signer.perCommitmentPoint(params.keysId, 1n) };
}

/** BOLT 2, channel_ready, sender: the outpoint pays exactly funding_satoshis to the script of BOLT 3. */
function paysFunding(env: ChannelEnv, state: FundedState, funding: FundingOutput, tx: Tx): boolean {
  const output = tx.outputs[funding.vout];
  const { script } = env.cache.scripts(state.params, funding).funding;
  return output !== undefined && output.amountSat === funding.amountSat && output.script === script;
}

/** A funding that has come into the chain and is not what was agreed. */
function wrongFunding(env: ChannelEnv, state: FundedState, before: View): Violation | undefined {
  for (const { output } of state.fundings) {
    const confirmed = confirmation(state.chain, output.txid);
    if (confirmed === undefined || confirmed === confirmation(before, output.txid) || paysFunding(env, state, output, confirmed.tx))
      continue;
    return violation('channel_ready.funding_output', `output ${output.vout} does not pay ${output.amountSat} sat to the funding script`);
  }
  return undefined;
}

/** BOLT 2, channel_ready, non-funding node: SHOULD forget the channel after a timeout of 2016 blocks. */
function timedOut({ tip }: ChannelEnv, state: FundedState): boolean {
  const { readySent, createdHeight } = state.lifecycle;
  // After our channel_ready it was there: a reorganisation is no reason to let go of it.
  const waiting = state.params.us === 'accepter' && !readySent && !isFundingSeen(state);
  return waiting && tip.height - createdHeight >= FUNDING_TIMEOUT_BLOCKS;
}

/** The accepter sees the funding for the first time: it may broadcast it again from now on, and sees who spends its inputs otherwise. */
function rememberFunding(out: Transition<FundedState>): void {
  const { fundings, chain } = out.state;
  for (const { output, tx } of fundings) {
    const seen = tx === undefined ? confirmation(chain, output.txid) : undefined;
    if (seen === undefined) continue;
    draft(out).fundings = out.state.fundings.map((funding) => {
      const { txids, received, receivedNext, sent } = funding;
      return funding.output === output ? { output, tx: seen.tx, txids, received, receivedNext, sent } : funding;
    });
    watchInputs(out, seen.tx);
  }
}

/** Both channel_ready have passed: the host hears of it once. Call before `persist`, and announce after it. */
function addUsable(out: Transition<FundedState>): void {
  const { readySent, readyReceived } = out.state.lifecycle;
  if (readySent && readyReceived) addEvent(out, { kind: 'channel_usable' });
}

/** The chain has changed: the funding is there, channel_ready is due, or the accepter has waited long enough. */
export function fundingSeen(out: Transition<FundedState>, before: View): Violation | undefined {
  const { env, state } = out;
  const wrong = wrongFunding(env, state, before);
  if (wrong !== undefined) return wrong;
  if (timedOut(env, state)) {
    forget(out, 'channel_ready.funding_timeout', `the funding did not confirm within ${FUNDING_TIMEOUT_BLOCKS} blocks`);
    return undefined;
  }
  rememberFunding(out);
  if (state.lifecycle.readySent || !isConfirmed(state)) return undefined;
  const firstEvent = state.host.nextEventId;
  draftLifecycle(out).readySent = true;
  addUsable(out);
  persist(out);
  if (state.lifecycle.connection === 'connected') send(out, channelReadyMessage(env, out.state));
  notifyEvents(out, firstEvent);
  return undefined;
}

/** The point of the peer's commitment 1, as far as we still remember it. */
function secondPoint(state: FundedState): PublicKey | undefined {
  const { number } = state.shared.commitments[other(state.params.us)].current;
  if (number === 0n) return state.remote.nextPoint;
  return number === 1n ? state.remote.currentPoint : undefined;
}

/** BOLT 2, channel_ready, receiver. A redundant one is ignored, one that contradicts the first is not. */
export function receiveChannelReady(out: Transition<FundedState>, message: ChannelReady): Violation | undefined {
  const { env, state } = out;
  const { secondPerCommitmentPoint: nextPoint } = message;
  if (state.lifecycle.readyReceived) {
    const known = secondPoint(state);
    if (known === undefined || known === nextPoint) return undefined;
    return violation('channel_ready.another_point', 'differs from that of the first channel_ready');
  }
  if (!env.crypto.isValidPublicKey(nextPoint)) return violation('channel_ready.invalid_point', 'not a point of the curve');
  const firstEvent = state.host.nextEventId;
  draftLifecycle(out).readyReceived = true;
  draft(out).remote = { currentPoint: state.remote.currentPoint, nextPoint, secrets: state.remote.secrets };
  addUsable(out);
  persist(out);
  notifyEvents(out, firstEvent);
  return undefined;
}

/** BOLT 2, channel_ready: "either node MAY send an error and fail the channel". What was paid for it is of no use to anybody. */
export function missedReady({ tip: { height } }: ChannelEnv, state: FundedState): Violation | undefined {
  const { awaited } = state.lifecycle;
  // A funding that the chain has taken back is nothing to be ready for.
  if (awaited?.message !== 'channel_ready' || !isConfirmed(state)) return undefined;
  if (height - awaited.sinceHeight < FUNDING_TIMEOUT_BLOCKS) return undefined;
  return violation('channel_ready.unanswered', `none has come since height ${awaited.sinceHeight}, height is ${height}`);
}
