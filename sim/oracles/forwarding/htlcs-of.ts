import type { AddUpdate, ChannelState } from '../../../core/channel/model/state.ts';
import type { ChannelId, Hash32 } from '../../../core/crypto/bytes.ts';
import { commitmentsOf, contentsOf, otherSide } from '../../model/commitment-contents.ts';
import type { WorldView } from '../../scenario/types.ts';
import { hasCommitments, isFunding } from '../../world/channel-changes.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';
import { DEPTH, fundingLost } from '../licences.ts';

export type States = ReadonlyMap<ChannelId, ChannelState>;

/** An HTLC as the state of one of its channels shows it. */
export interface Shown {
  readonly state: WithCommitments;
  readonly htlc: AddUpdate;
}

/** HTLCs of peers that both sides are bound to. */
export function incomingOf(states: States, hash: Hash32): readonly Shown[] {
  const out: Shown[] = [];
  for (const state of states.values()) {
    if (!hasCommitments(state)) continue;
    for (const htlc of state.shared.base.htlcs[otherSide(state.params.us)]) if (htlc.paymentHash === hash) out.push({ state, htlc });
  }
  return out;
}

/** Own HTLCs, signed for or not, whose removal is not irrevocable. */
export function outgoingOf(states: States, hash: Hash32): readonly Shown[] {
  const out: Shown[] = [];
  for (const state of states.values()) {
    if (!hasCommitments(state)) continue;
    const { us } = state.params;
    for (const htlc of state.shared.base.htlcs[us]) if (htlc.paymentHash === hash) out.push({ state, htlc });
    for (const update of state.shared.logs[us]) if (update.kind === 'add' && update.paymentHash === hash) out.push({ state, htlc: update });
  }
  return out;
}

/** An incoming one is claimed, or failed: as it is recorded, or stands in the log. */
export function isAnswered({ state, htlc }: Shown, how: 'fulfill' | 'fail'): boolean {
  const { host, shared, params } = state;
  const known = host.received.find(({ id }) => id === htlc.id)?.answered;
  const removal = shared.logs[params.us].find((update) => (update.kind === 'fail' || update.kind === 'fulfill') && update.id === htlc.id);
  return known === how || removal?.kind === how;
}

/**
 * An own one is on a commitment that is not revoked. Of a failed channel only until its node knows how the chain has settled it; for that the chain
 * must have spent the funding, or what the funding was to spend.
 */
export function mayBePaid(world: WorldView, node: string, { state, htlc }: Shown): boolean {
  const isOffered = state.host.offered.some(({ id }) => id === htlc.id);
  if (state.phase === 'failed' && !isOffered && isDecided(world, node, state)) return false;
  return commitmentsOf(state.shared).some(({ commitment }) => isOn(state, commitment, htlc));
}

function isDecided(world: WorldView, node: string, state: WithCommitments): boolean {
  const seen = world.height(node);
  const isSpent = world.chain.confirmed.some(({ height, tx }) => height <= seen && tx.inputs.some((input) => isFunding(state, input)));
  return isSpent || fundingLost(world, seen, state, DEPTH.fail);
}

/** The same of the newest commitment of our own. */
export function isOnOwn({ state, htlc }: Shown): boolean {
  return isOn(state, state.shared.commitments[state.params.us].current, htlc);
}

function isOn({ shared }: WithCommitments, commitment: Parameters<typeof contentsOf>[1], { offerer, id }: AddUpdate): boolean {
  const contents = contentsOf(shared, commitment);
  return typeof contents !== 'string' && contents.htlcs.some((htlc) => htlc.offerer === offerer && htlc.id === id);
}
