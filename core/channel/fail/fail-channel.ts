import { toHex } from '../../crypto/bytes.ts';
import type { Hex } from '../../crypto/bytes.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import { serialiseTx, txid } from '../../bitcoin/tx.ts';
import { commitmentNumber } from '../../transactions/commitment.ts';
import { other } from '../../transactions/types.ts';
import type { Message } from '../../wire/messages/index.ts';
import { broadcastFailed, tellFinal } from './broadcast.ts';
import { askForOwn, signedCommitment } from './own-commitment.ts';
import { SIDES, withLog } from '../model/contents.ts';
import { baseOf, draft, draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, notifyEvents, become, notify, persist, send } from '../step/transition.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { AddUpdate, ConnectionPhase, FailedState, FundedBase, FundedState, OfferedHtlc } from '../model/state.ts';
import type { RuleId } from '../../rules.ts';

/** What a peer sent may be quoted in it: no error or warning comes near the size of a message. */
const MAX_ERROR_LENGTH = 1000;

/** BOLT 1, BOLT 8: what a message of 65535 bytes has left for the `data` of an error. */
const MAX_ERROR_DATA = 65535 - 2 - 32 - 2;

/** A question mark for every character that is not printable ASCII. */
function printable(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[i] = code >= 0x20 && code <= 0x7e ? code : 0x3f;
  }
  return bytes;
}

/**
 * The `data` of an error or warning: printable ASCII, as BOLT 1 asks. `tx`: where an invalid signature was the cause, "SHOULD include the raw,
 * hex-encoded transaction". A commitment with hundreds of HTLCs is larger than a message, and left out.
 */
export function errorData(text: string, tx?: Tx): Hex {
  const short = text.slice(0, MAX_ERROR_LENGTH);
  const full = tx === undefined ? short : `${short}: ${serialiseTx(tx)}`;
  return toHex(printable(full.length <= MAX_ERROR_DATA ? full : short));
}

interface Failing {
  /** The funding can't be in the chain any more: no commitment ever will. */
  readonly neverFunded?: boolean;
  /** The peer's own error failed the channel, so that we owe it none. */
  readonly told?: boolean;
  /** We have lost data and must not broadcast (BOLT 2). */
  readonly stale?: boolean;
  /** What an invalid signature was for. */
  readonly tx?: Tx;
  /** The owner wants the commitment in the chain, also where a mutual close is signed: its fee may be too low. */
  readonly unilateral?: boolean;
  /** The commitment transaction in the chain that spends the funding output. */
  readonly spend?: Tx;
}

/**
 * Fails the channel (BOLT 5). No store holds back the error of a connected channel. Held messages of the channel never leave: the
 * revoke_and_ack of a commitment that we may broadcast is among them, and the node drops them when the phase changes to `failed`.
 *
 * Payments that no commitment can have are told to have failed, now if the peer has shown in this connection that our state is not old,
 * else as soon as it or the chain does.
 */
export function failChannel(out: Transition<FundedState>, rule: RuleId, reason: string, how: Failing = {}): Transition<FailedState> {
  const { env, state } = out;
  const { nextEventId } = state.host;
  const { connection } = state.lifecycle;
  const { sent, received } = state.closing;
  // A commitment in the chain that we don't know shows that we have lost data; any other may be taken back by the chain.
  const ofOurTime = how.spend === undefined ? undefined : isOfOurTime(env, state, how.spend);
  // A peer that has reestablished has shown that we have lost nothing.
  const mayBeOld = env.mayBeOld && connection !== 'connected' && ofOurTime !== true;
  const silent = how.stale === true || ofOurTime === false || mayBeOld;
  const commitmentToBroadcast = silent ? undefined : signedCommitment(env, state);
  const closingTx = silent || how.unilateral === true ? undefined : state.closing.tx;
  const error = how.told === true ? undefined : errorData(`${rule}: ${reason}`, how.tx);
  const failed = become<FailedState>(out, {
    phase: 'failed',
    failure: { error, rule, reason, stale: silent, commitmentToBroadcast, height: env.tip.height },
    closing: { sent, received, wanted: undefined, negotiation: undefined, agreed: undefined, tx: closingTx },
    ...baseOf(state),
  });
  if (error !== undefined) sendError(failed, connection);
  if (how.neverFunded === true) failOffered(failed);
  else if (ofOurTime ?? (connection === 'connected' && how.stale !== true)) failUnsigned(failed);
  persist(failed);
  tellFinal(failed);
  broadcastFailed(failed);
  askForOwn(failed);
  notify(failed, { kind: 'failed', rule, reason });
  notifyEvents(failed, nextEventId);
  return failed;
}

/**
 * Adds of ours that no signature of ours covers are on no commitment and never will be: their payments have failed. Only for a state that is
 * known not to be old, since one that was lost may have signed for them. Takes them out of the log, so that it is told once; call before
 * `persist`.
 */
export function failUnsigned(out: Transition<FailedState>): void {
  const { shared, params, host } = out.state;
  const { offered } = host;
  const { us } = params;
  const { current, next } = shared.commitments[other(us)];
  const signed = (next ?? current).cut[us] - shared.base.cut[us];
  const log = shared.logs[us];
  const adds = log.filter((update, i): update is AddUpdate => i >= signed && update.kind === 'add');
  if (adds.length === 0) return;
  const isGone = (known: OfferedHtlc): boolean => adds.some(({ id }) => id === known.id);
  draft(out).shared = withLog(
    shared,
    us,
    log.filter((update) => !adds.some((add) => add === update)),
  );
  draftHost(out).offered = offered.filter((known) => !isGone(known));
  for (const { id, paymentHash } of adds) {
    const { origin } = offered.find((known) => known.id === id) as OfferedHtlc;
    addEvent(out, { kind: 'payment_failed', origin, paymentHash });
  }
}

/** No chain will decide on HTLCs whose commitments have nothing to spend. */
function failOffered(out: Transition<FailedState>): void {
  failUnsigned(out);
  const { shared, params, host } = out.state;
  const { us } = params;
  const adds = shared.logs[us].filter((update): update is AddUpdate => update.kind === 'add');
  const htlcs = [...shared.base.htlcs[us], ...adds];
  for (const { id, origin, preimage } of host.offered) {
    const htlc = htlcs.find((known) => known.id === id);
    if (htlc !== undefined && preimage === undefined) addEvent(out, { kind: 'payment_failed', origin, paymentHash: htlc.paymentHash });
  }
  draftHost(out).offered = [];
}

/** A channel that failed for another reason turns out to have no funding: its payments have failed, too, and that is told once. */
export function failUnfunded(out: Transition<FailedState>): void {
  const { offered, nextEventId } = out.state.host;
  if (offered.length === 0) return;
  failOffered(out);
  persist(out);
  notifyEvents(out, nextEventId);
}

/** Whether a commitment in the chain is one that we know to hold, or one that was revoked before: no proof that our state is old. */
export function isOfOurTime(env: ChannelEnv, state: FundedBase, tx: Tx): boolean {
  const id = txid(env.crypto, tx);
  const { output, txids } = onlyFunding(state);
  if (SIDES.some((owner) => txids[owner].current === id || txids[owner].next === id)) return true;
  const number = commitmentNumber(env.cache.scripts(state.params, output), tx);
  return SIDES.every((owner) => number < state.shared.commitments[owner].current.number);
}

/**
 * At once, held by no store; but not before our channel_reestablish, where the peer's has not come: a peer that has lost data must see the
 * proof of it first.
 */
function sendError(out: Transition<FailedState>, connection: ConnectionPhase): void {
  const { channelId, params } = out.state;
  const message: Message = { type: 'error', channelId, data: out.state.failure.error ?? '' };
  if (connection === 'reestablishing') send(out, message);
  if (connection === 'connected') out.effects.push({ kind: 'send', peer: params.peer, message });
}
