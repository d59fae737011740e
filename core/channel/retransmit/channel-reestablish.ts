import { secretAt, secretIndex } from '../../transactions/secrets.ts';
import type { SecretKey } from '../../crypto/bytes.ts';
import { other } from '../../transactions/types.ts';
import type { ChannelReestablish } from '../../wire/messages/index.ts';
import { tellPeer } from '../announce/channel-update.ts';
import { offer } from '../operate/update-add-htlc.ts';
import { sendCommitmentSigned } from '../commitments/commitment-signed.ts';
import { presentUnanswered } from '../commitments/irrevocable.ts';
import { sendRevokeAndAck } from '../commitments/revoke-and-ack.ts';
import { append, logLength, nextHtlcId, slice, truncate } from '../model/contents.ts';
import { awaitsRemoteSignature } from '../model/duties.ts';
import { draft, draftAnnouncement, draftClosing, draftHost, draftLifecycle } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, notifyEvents, persist, send } from '../step/transition.ts';
import { sendOwnUpdates } from '../operate/own-updates.ts';
import { offerObstacle } from '../operate/usable.ts';
import { sendUpdate } from '../operate/send-update.ts';
import { updateFee } from '../operate/update-fee.ts';
import { channelReadyMessage } from '../establish/channel-ready.ts';
import { removalMessage } from '../operate/remove-htlc.ts';
import { retransmitShutdown } from '../close/shutdown.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type { AddUpdate, FundedBase, FundedState, OfferedHtlc } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';
import type { ViolableId } from '../../rules.ts';

const NO_SECRET = '00'.repeat(32) as SecretKey;

/** BOLT 2, Message Retransmission, upon disconnection: forget what the peer has not signed for. Preimages stay known. */
export function disconnect(out: Transition<FundedState>): void {
  const { state } = out;
  const { us } = state.params;
  const peer = other(us);
  const { current, next } = state.shared.commitments[us];
  const shared = truncate(state.shared, peer, (next ?? current).cut[peer]);
  draft(out).shared = shared;
  draftLifecycle(out).connection = 'disconnected';
  draftClosing(out).negotiation = undefined;
  const { sentFor, askedFor } = state.announcement;
  if (sentFor === undefined && askedFor === undefined) return;
  const announcement = draftAnnouncement(out);
  announcement.sentFor = undefined;
  announcement.askedFor = undefined;
}

/** BOLT 2, channel_reestablish, sending node. */
export function reestablishMessage(env: ChannelEnv, state: FundedBase): ChannelReestablish {
  const { params, shared, remote } = state;
  const { us } = params;
  const revoked = shared.commitments[other(us)].current.number;
  const { current, next } = shared.commitments[us];
  const { number } = next ?? current;
  return {
    type: 'channel_reestablish',
    channelId: state.channelId,
    nextCommitmentNumber: number + 1n,
    nextRevocationNumber: revoked,
    yourLastPerCommitmentSecret:
      revoked === 0n ? NO_SECRET : (secretAt(env.crypto, remote.secrets, secretIndex(revoked - 1n)) as SecretKey),
    myCurrentPerCommitmentPoint: env.signer.perCommitmentPoint(params.keysId, number),
  };
}

/** Sends ours; nothing else of the channel leaves before the peer's has come. */
export function connect(out: Transition<FundedState>): void {
  draftLifecycle(out).connection = 'reestablishing';
  send(out, reestablishMessage(out.env, out.state));
}

/** What the peer's numbers say, in terms of what we must send again. */
export type Diagnosis =
  | { readonly kind: 'resume'; readonly revoke: boolean; readonly commit: boolean }
  /** The peer proved to know a secret that we don't remember revealing: our state is old, and broadcasting it would lose everything. */
  | { readonly kind: 'we-are-behind' }
  | { readonly kind: 'violation'; readonly violation: Violation };

/**
 * BOLT 2, Message Retransmission: pure, so that each state can be tried. A peer whose numbers are outdated may have lost data. It is told, shown
 * our channel_reestablish, and waited for: its error fails the channel, unless it comes back with a newer state.
 */
export function diagnose(env: ChannelEnv, state: FundedBase, message: ChannelReestablish): Diagnosis {
  const { shared, params } = state;
  const wrong = (rule: ViolableId, detail: string): Diagnosis => ({ kind: 'violation', violation: violation(rule, detail) });
  const { nextCommitmentNumber, nextRevocationNumber, yourLastPerCommitmentSecret } = message;
  // commitments that we may have revoked: all below `ours`
  const ours = shared.commitments[params.us].current.number;
  const proven =
    nextRevocationNumber > 0n &&
    nextRevocationNumber <= MAX_COMMITMENT_NUMBER &&
    env.signer.isSecret(params.keysId, nextRevocationNumber - 1n, yourLastPerCommitmentSecret);
  if (nextRevocationNumber > ours) {
    return proven
      ? { kind: 'we-are-behind' }
      : wrong(
          'channel_reestablish.next_revocation_number_ahead',
          `${nextRevocationNumber} is beyond our ${ours}, and the secret does not prove it`,
        );
  }
  // After the proof of data loss: of a state that is known to be old, no commitment is relevant.
  if (nextCommitmentNumber === 0n) return wrong('channel_reestablish.next_commitment_number_zero', 'is zero');
  const secretFits = nextRevocationNumber === 0n ? yourLastPerCommitmentSecret === NO_SECRET : proven;
  if (!secretFits)
    return wrong('channel_reestablish.your_last_per_commitment_secret', `is not the one of commitment ${nextRevocationNumber - 1n}`);
  if (nextRevocationNumber + 1n < ours) {
    return wrong(
      'channel_reestablish.next_revocation_number_behind',
      `${nextRevocationNumber} is older than what we can send again (we are at ${ours})`,
    );
  }

  const { current, next } = shared.commitments[other(params.us)];
  const newest = next === undefined || awaitsRemoteSignature(state) ? current : next;
  const expected = newest.number + 1n;
  const resend = next !== undefined && nextCommitmentNumber === next.number;
  if (!resend && nextCommitmentNumber !== expected) {
    const behind = nextCommitmentNumber < expected;
    const rule = behind ? 'channel_reestablish.next_commitment_number_behind' : 'channel_reestablish.next_commitment_number';
    return wrong(rule, `${nextCommitmentNumber}, we would send ${expected}`);
  }
  return { kind: 'resume', revoke: nextRevocationNumber + 1n === ours, commit: resend };
}

/** BOLT 3: commitment numbers have 48 bits. */
const MAX_COMMITMENT_NUMBER = 0xffffffffffffn;

/**
 * The peer's channel_reestablish, when the diagnosis is to resume: sends again what was lost, in the order of the first time, then
 * goes on with what the peer never had a signature for.
 */
export function resume(
  out: Transition<FundedState>,
  message: ChannelReestablish,
  { revoke, commit }: { readonly revoke: boolean; readonly commit: boolean },
): void {
  draftLifecycle(out).connection = 'connected';
  const { current, next } = out.state.shared.commitments[out.state.params.us];
  const ourNext = (next ?? current).number + 1n;
  if (out.state.lifecycle.readySent && message.nextCommitmentNumber === 1n && ourNext === 1n)
    send(out, channelReadyMessage(out.env, out.state));
  if (revoke && out.state.lastSent === 'commitment_signed') sendRevokeAndAck(out);
  if (commit) retransmitCommitment(out);
  if (revoke && out.state.lastSent === 'revoke_and_ack') sendRevokeAndAck(out);
  // Before new updates: BOLT 2 forbids shutdown while updates of the sender are not signed for.
  retransmitShutdown(out);
  offerAgain(out);
  tellPeer(out);
  tellUsable(out);
  if (out.env.config.payments === 'node') presentUnanswered(out);
}

/** The host hears that nothing keeps it from offering HTLCs any more: of this connection, so that no store holds it back until the next. */
export function tellUsable({ state, effects }: Transition<FundedState>): void {
  const { channelId } = state;
  if (offerObstacle(state) === undefined) effects.push({ kind: 'notify', channelId, event: { kind: 'usable' } });
}

/** The updates that our last signature added, and that signature: identical to the first time. */
function retransmitCommitment(out: Transition<FundedState>): void {
  const { shared, params } = out.state;
  const { us } = params;
  const { current, next } = shared.commitments[other(us)];
  if (next === undefined) return;
  sendOwnUpdates(out, slice(shared, us, current.cut[us], next.cut[us]));
  sendCommitmentSigned(out);
}

/**
 * Our updates that no signature covered: the peer has forgotten them, so they are judged and sent anew. One that the rules forbid
 * by now is dropped (BOLT 2 allows it), and its payment has failed.
 */
function offerAgain(out: Transition<FundedState>): void {
  const { shared, params } = out.state;
  const { us } = params;
  const peer = shared.commitments[other(us)];
  const signed = (peer.next ?? peer.current).cut[us];
  const unsigned = slice(shared, us, signed, logLength(shared, us));
  if (unsigned.length === 0) return;
  const firstId = unsigned.find((u): u is AddUpdate => u.kind === 'add')?.id ?? nextHtlcId(shared, us);
  const { offered, nextEventId: firstEvent } = out.state.host;
  draft(out).shared = truncate(shared, us, signed);
  draftHost(out).offered = offered.filter(({ id }) => id < firstId);
  for (const update of unsigned) {
    if (update.kind === 'add') {
      const { origin } = offered.find(({ id }) => id === update.id) as OfferedHtlc;
      const refused = offer(out, update, origin);
      if (refused !== undefined) addEvent(out, { kind: 'payment_failed', origin, paymentHash: update.paymentHash });
    } else if (update.kind === 'fee') {
      updateFee(out, update.feeratePerKw);
    } else {
      draft(out).shared = append(out.state.shared, us, update);
      sendUpdate(out, removalMessage(out.state, update));
    }
  }
  if (out.state.host.nextEventId > firstEvent) {
    persist(out);
    notifyEvents(out, firstEvent);
  }
}
