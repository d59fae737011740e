import type { Preimage } from '../../crypto/bytes.ts';
import { sha256Hex } from '../../crypto/hashes.ts';
import { other } from '../../transactions/types.ts';
import type { Message, UpdateFailHtlc, UpdateFailMalformedHtlc, UpdateFulfillHtlc } from '../../wire/messages/index.ts';
import { append, isRemoval } from '../model/contents.ts';
import { failChannel } from '../fail/fail-channel.ts';
import { draft, draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, notifyEvents, monitor, persist } from '../step/transition.ts';
import { sendUpdate } from './send-update.ts';
import { INVALID_ONION_BLINDING, pastFulfillDeadline, whyFailed } from './unacceptable.ts';
import type { ChannelCommand } from '../model/channel-vocabulary.ts';
import type {
  AddUpdate,
  Attribution,
  FailedState,
  FailUpdate,
  FulfillUpdate,
  FundedState,
  OfferedHtlc,
  Removal,
  SharedState,
  StoredChannel,
} from '../model/state.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';

/** BOLT 4: set in failure codes that say the onion could not be read. */
const BADONION = 0x8000;
const MAX_FAILURE_CODE = 0xffff;

/** BOLT 1, BOLT 8: what a message of 65535 bytes has left for the `reason` of update_fail_htlc. */
const MAX_REASON_BYTES = 65535 - 2 - 32 - 8 - 2;

type RemoveCommand = Extract<ChannelCommand, { kind: 'fulfill' | 'fail' | 'fail_malformed' }>;

interface Unremovable {
  readonly rule: 'remove_htlc.unknown_id' | 'remove_htlc.removed_already';
  readonly detail: string;
}

/** BOLT 2: an HTLC may be removed only once both sides have irrevocably committed its add, and only once. */
function removable(shared: SharedState, offerer: AddUpdate['offerer'], id: bigint): AddUpdate | Unremovable {
  const htlc = shared.base.htlcs[offerer].find((h) => h.id === id);
  if (htlc === undefined) return { rule: 'remove_htlc.unknown_id', detail: `HTLC ${id} is not irrevocably committed by both sides` };
  if (shared.logs[other(offerer)].some((u) => isRemoval(u) && u.id === id))
    return { rule: 'remove_htlc.removed_already', detail: `HTLC ${id} is removed already` };
  return htlc;
}

function toUpdate(command: RemoveCommand): Removal {
  const { id } = command;
  switch (command.kind) {
    case 'fulfill':
      return keeping({ kind: 'fulfill', id, preimage: command.preimage }, { attributionData: command.attribution });
    case 'fail':
      return keeping({ kind: 'fail', id, reason: command.reason }, { attributionData: command.attribution });
    case 'fail_malformed':
      return { kind: 'fail_malformed', id, sha256OfOnion: command.sha256OfOnion, failureCode: command.failureCode };
  }
}

function attributed(message: UpdateFulfillHtlc | UpdateFailHtlc, { attribution }: FulfillUpdate | FailUpdate): Message {
  return attribution === undefined ? message : { ...message, attributionData: attribution };
}

function keeping<U extends FulfillUpdate | FailUpdate>(
  update: U,
  { attributionData }: { readonly attributionData?: Attribution | undefined },
): U {
  return attributionData === undefined ? update : { ...update, attribution: attributionData };
}

export function removalMessage(state: FundedState, update: Removal): Message {
  const { channelId } = state;
  const { id } = update;
  switch (update.kind) {
    case 'fulfill':
      return attributed({ type: 'update_fulfill_htlc', channelId, id, paymentPreimage: update.preimage }, update);
    case 'fail':
      return attributed({ type: 'update_fail_htlc', channelId, id, reason: update.reason }, update);
    case 'fail_malformed':
      return { type: 'update_fail_malformed_htlc', channelId, id, sha256OfOnion: update.sha256OfOnion, failureCode: update.failureCode };
  }
}

/**
 * Resolves an incoming HTLC, also while the peer is away: then the message leaves after the next channel_reestablish. A preimage
 * reaches the watchers of the chain before the peer; past the fulfilment deadline it goes there and not to the peer, and the channel fails.
 */
export function removeHtlc(out: Transition<FundedState>, command: RemoveCommand): Refusal | undefined {
  const { state } = out;
  const { us } = state.params;
  const htlc = removable(state.shared, other(us), command.id);
  if ('rule' in htlc)
    return (command.kind === 'fulfill' ? whyFailed(out.env, state, command.id) : undefined) ?? refusal(htlc.rule, htlc.detail);
  if (command.kind === 'fulfill') {
    if (sha256Hex(out.env.crypto, command.preimage) !== htlc.paymentHash)
      return refusal('update_fulfill_htlc.payment_preimage', 'does not hash to payment_hash');
    const late = pastFulfillDeadline(out.env, htlc);
    if (late !== undefined) {
      answer(out, htlc, toUpdate(command));
      failChannel(out, 'htlc.fulfillment_deadline', late.detail);
      return undefined;
    }
  }
  const isBlindedFailure = command.kind === 'fail_malformed' && command.failureCode === INVALID_ONION_BLINDING;
  if (htlc.pathKey !== undefined && command.kind !== 'fulfill' && !isBlindedFailure)
    return refusal('update_fail_htlc.path_key', 'within a blinded route every failure is a malformed onion, invalid_onion_blinding');
  if (command.kind === 'fail' && command.reason.length > 2 * MAX_REASON_BYTES)
    return refusal('update_fail_htlc.reason', `longer than ${MAX_REASON_BYTES} bytes`);
  if (command.kind === 'fail_malformed' && ((command.failureCode & BADONION) === 0 || command.failureCode > MAX_FAILURE_CODE)) {
    return refusal('update_fail_malformed_htlc.failure_code', 'must have 16 bits, and BADONION set');
  }
  remove(out, htlc, toUpdate(command));
  return undefined;
}

export function remove(out: Transition<FundedState>, htlc: AddUpdate, update: Removal): void {
  const { state } = out;
  answer(out, htlc, update);
  if (state.lifecycle.connection === 'connected') sendUpdate(out, removalMessage(state, update));
}

function answer(out: Transition<FundedState>, htlc: AddUpdate, update: Removal): void {
  const { shared, params } = out.state;
  keepAnswer(out);
  draft(out).shared = append(shared, params.us, update);
  answered(out, htlc, update.kind);
  if (update.kind === 'fulfill') tellPreimage(out, htlc, update.preimage);
}

/** A node acknowledges what became of the outgoing HTLC when this answer is durable: whoever waits for that waits for no connection. */
function keepAnswer(out: Transition<StoredChannel>): void {
  if (out.env.config.payments === 'node') persist(out);
}

function answered(out: Transition<StoredChannel>, { id }: AddUpdate, kind: Removal['kind']): void {
  draftHost(out).received = out.state.host.received.map((known) => {
    const { receivedMs, payload, sharedSecret } = known;
    return known.id === id ? { id, receivedMs, payload, sharedSecret, answered: kind } : known;
  });
}

/** Whoever watches the chain may claim this incoming HTLC there. */
function tellPreimage(out: Transition<StoredChannel>, { offerer, id }: AddUpdate, preimage: Preimage): void {
  monitor(out, { kind: 'preimage', preimage, settles: [{ offerer, id }] });
}

/** A failed channel takes a preimage as well, and tells it once: no message leaves, and the chain settles the HTLC. */
export function fulfillOnChain(out: Transition<FailedState>, command: Extract<RemoveCommand, { kind: 'fulfill' }>): Refusal | undefined {
  const { shared, params, host } = out.state;
  const htlc = shared.base.htlcs[other(params.us)].find((h) => h.id === command.id);
  if (htlc === undefined) return refusal('remove_htlc.unknown_id', `HTLC ${command.id} is not irrevocably committed by both sides`);
  if (sha256Hex(out.env.crypto, command.preimage) !== htlc.paymentHash)
    return refusal('update_fulfill_htlc.payment_preimage', 'does not hash to payment_hash');
  if (host.received.some(({ id, answered: by }) => id === htlc.id && by === 'fulfill')) return undefined;
  keepAnswer(out);
  answered(out, htlc, 'fulfill');
  tellPreimage(out, htlc, command.preimage);
  return undefined;
}

export function receiveRemoval(
  out: Transition<FundedState>,
  message: UpdateFulfillHtlc | UpdateFailHtlc | UpdateFailMalformedHtlc,
): Violation | undefined {
  const { state } = out;
  const { us } = state.params;
  const htlc = removable(state.shared, us, message.id);
  if ('rule' in htlc) return violation(htlc.rule, htlc.detail);
  const { id } = message;
  switch (message.type) {
    case 'update_fulfill_htlc': {
      if (sha256Hex(out.env.crypto, message.paymentPreimage) !== htlc.paymentHash) {
        return violation('update_fulfill_htlc.payment_preimage', `HTLC ${id}: does not hash to its payment_hash`);
      }
      const update: FulfillUpdate = keeping({ kind: 'fulfill', id, preimage: message.paymentPreimage }, message);
      draft(out).shared = append(state.shared, other(us), update);
      learn(out, htlc, update);
      return undefined;
    }
    case 'update_fail_htlc':
      draft(out).shared = append(state.shared, other(us), keeping({ kind: 'fail', id, reason: message.reason }, message));
      return undefined;
    case 'update_fail_malformed_htlc': {
      const { sha256OfOnion, failureCode } = message;
      if ((failureCode & BADONION) === 0) return violation('update_fail_malformed_htlc.failure_code', `HTLC ${id}: BADONION is not set`);
      draft(out).shared = append(state.shared, other(us), { kind: 'fail_malformed', id, sha256OfOnion, failureCode });
      return undefined;
    }
  }
}

/** A preimage is known for good, whatever becomes of the message that brought it: the payer hears of it once. */
function learn(out: Transition<FundedState>, htlc: AddUpdate, { preimage, attribution }: FulfillUpdate): void {
  const { host } = out.state;
  const ours = offeredHtlc(out.state, htlc.id);
  if (ours.preimage !== undefined) return;
  const { origin } = ours;
  draftHost(out).offered = host.offered.map((known) => (known === ours ? { id: known.id, origin, preimage } : known));
  const sent = { kind: 'payment_sent', origin, paymentHash: htlc.paymentHash, preimage } as const;
  addEvent(out, attribution === undefined ? sent : { ...sent, attribution });
  monitor(out, { kind: 'preimage', preimage, settles: [] });
  persist(out);
  notifyEvents(out, host.nextEventId);
}

/** What we know of an HTLC of ours that is in the log or in flight. */
export function offeredHtlc({ host }: FundedState, id: bigint): OfferedHtlc {
  return host.offered.find((known) => known.id === id) as OfferedHtlc;
}
