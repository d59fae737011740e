import { other } from '../../transactions/types.ts';
import { contents, fold, SIDES } from '../model/contents.ts';
import type { Folded } from '../model/contents.ts';
import type { AddUpdate, FundedState, ReceivedHtlc, SharedState, Update } from '../model/state.ts';
import type { ChannelEnv } from '../model/vocabulary.ts';
import { exceedsDustExposure } from '../operate/limits.ts';
import { offeredHtlc } from '../operate/remove-htlc.ts';
import { draft, draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, after, announceEvents } from '../step/transition.ts';

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

function receivedHtlc({ nowMs }: ChannelEnv, { id }: AddUpdate): ReceivedHtlc {
  return { id, receivedMs: nowMs, payload: undefined, sharedSecret: undefined, answered: undefined };
}

/** Tells the host, after what makes it true is durable: resolved payments, and incoming HTLCs that both sides are bound to. */
export function announce(out: Transition<FundedState>, folded: Folded, firstEvent: number): void {
  announceEvents(out, firstEvent);
  for (const update of folded[other(out.state.params.us)]) if (update.kind === 'add') presentHtlc(out, update.id);
}

/**
 * Presents an irrevocably committed incoming HTLC to the host, which answers with a removal. BOLT 2, Bounding exposure to trimmed in-flight
 * HTLCs: each is judged on top of what stood before it, so that of a batch only those are to be failed that no longer fit.
 */
export function presentHtlc(out: Transition<FundedState>, id: bigint): void {
  const { env, state } = out;
  const { shared, params } = state;
  const add = shared.base.htlcs[other(params.us)].find((h) => h.id === id);
  if (add === undefined) return;
  const dustExposureExceeded = SIDES.some((owner) => {
    const all = contents(shared, shared.commitments[owner].current.cut);
    const upToIt = { ...all, htlcs: all.htlcs.filter((htlc) => htlc.offerer === params.us || htlc.id <= id) };
    return state.fundings.some(({ output }) => exceedsDustExposure(params, output, owner, upToIt, add, env.config.maxDustHtlcExposureMsat));
  });
  out.effects.push({ kind: 'htlc_irrevocable', channelId: state.channelId, add, dustExposureExceeded, after: after(out) });
}
