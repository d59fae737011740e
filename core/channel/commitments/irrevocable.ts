import { other } from '../../transactions/types.ts';
import { fold } from '../model/contents.ts';
import { isConfirmed } from '../model/ending.ts';
import type { Folded } from '../model/contents.ts';
import type { AddUpdate, FundedState, ReceivedHtlc, SharedState, Update } from '../model/state.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { failUnacceptable } from '../operate/fail-unacceptable.ts';
import { unacceptable, unanswered } from '../operate/unacceptable.ts';
import { offeredHtlc } from '../operate/remove-htlc.ts';
import { draft, draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import type { RuleId } from '../../rules.ts';
import { addEvent, after, notifyEvents } from '../step/transition.ts';

/** Folds what is irrevocable now, and records what our host must hear of it. */
export function advance(out: Transition<FundedState>, shared: SharedState): Folded {
  const { us } = out.state.params;
  const before = shared.base.htlcs[us];
  const { shared: folded, folded: updates } = fold(shared);
  const { offered, received } = out.state.host;
  draft(out).shared = folded;
  for (const update of updates[other(us)]) {
    if (update.kind !== 'fail' && update.kind !== 'fail_malformed') continue;
    const htlc = before.find((h) => h.id === update.id);
    if (htlc === undefined) continue;
    const { origin, preimage } = offeredHtlc(out.state, htlc.id);
    // A preimage that was revealed before is worth more than the failure: the host has heard of it.
    if (preimage === undefined) addEvent(out, { kind: 'payment_failed', origin, paymentHash: htlc.paymentHash, failure: update });
  }
  const gone = before.filter((h) => !folded.base.htlcs[us].includes(h));
  if (gone.length > 0) draftHost(out).offered = offered.filter(({ id }) => !gone.some((h) => h.id === id));
  const bound = receivedNow(out.env, received, updates[other(us)], folded.base.htlcs[other(us)]);
  if (bound !== received) draftHost(out).received = bound;
  return updates;
}

/** What we know of the peer's HTLCs: of those that both sides are bound to since now, too, and no more of those that are gone. */
function receivedNow(
  env: ChannelEnv,
  before: readonly ReceivedHtlc[],
  updates: readonly Update[],
  inFlight: readonly AddUpdate[],
): readonly ReceivedHtlc[] {
  const still = before.length === 0 ? before : before.filter(({ id }) => inFlight.some((htlc) => htlc.id === id));
  const fresh = updates.flatMap((update) => (update.kind === 'add' ? [receivedHtlc(env, update)] : []));
  return fresh.length === 0 && still.length === before.length ? before : [...still, ...fresh];
}

function receivedHtlc({ nowMs, onions }: ChannelEnv, add: AddUpdate): ReceivedHtlc {
  const read = onions?.read(add);
  return { id: add.id, receivedMs: nowMs, payload: read?.payload, sharedSecret: read?.sharedSecret, answered: undefined };
}

/** Tells the host, after what makes it true is durable: resolved payments, and incoming HTLCs that both sides are bound to. */
export function announce(out: Transition<FundedState>, folded: Folded, firstEvent: number): void {
  notifyEvents(out, firstEvent);
  for (const update of folded[other(out.state.params.us)]) {
    const htlc = update.kind === 'add' ? out.state.shared.base.htlcs[update.offerer].find(({ id }) => id === update.id) : undefined;
    if (htlc === undefined) continue;
    const wrong = unacceptable(out.env, out.state, htlc);
    if (wrong === undefined || out.env.config.payments === 'node') presentHtlc(out, htlc, wrong?.rule, true);
    else failUnacceptable(out, htlc, wrong);
  }
}

/**
 * Presents an irrevocably committed incoming HTLC, which is answered with a removal. Not while the chain has taken back what would pay it: it is
 * presented when the funding is as deep again as was agreed.
 */
function presentHtlc(out: Transition<FundedState>, add: AddUpdate, unacceptable: RuleId | undefined, isNew: boolean): void {
  if (!isConfirmed(out.state)) return;
  out.effects.push({ kind: 'htlc_irrevocable', channelId: out.state.channelId, add, unacceptable, isNew, after: after(out) });
}

/** All that nobody has answered: what was decided already stays so. */
export function presentUnanswered(out: Transition<FundedState>): void {
  for (const htlc of unanswered(out.state)) presentHtlc(out, htlc, unacceptable(out.env, out.state, htlc)?.rule, false);
}
