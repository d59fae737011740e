import { other } from '../../transactions/types.ts';
import { contents, isRemoval, SIDES } from '../model/contents.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type { AddUpdate, FundedState } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';

/** HTLCs in either side's current (or signed next) commitment. */
function committedHtlcs(state: FundedState): ReadonlySet<AddUpdate> {
  const { shared } = state;
  const found = new Set<AddUpdate>();
  for (const owner of SIDES) {
    const { current, next } = shared.commitments[owner];
    for (const htlc of contents(shared, current.cut).htlcs) found.add(htlc);
    if (next !== undefined) for (const htlc of contents(shared, next.cut).htlcs) found.add(htlc);
  }
  return found;
}

/**
 * BOLT 2, cltv_expiry_delta Selection, requirements: the channel fails when an HTLC that we offered outlives its expiry and grace,
 * or when one that we fulfilled comes near its expiry without having left the commitments.
 */
export function missedDeadline(env: ChannelEnv, state: FundedState): Violation | undefined {
  const { shared, params } = state;
  const { config } = env;
  const { height } = env.tip;
  const { us } = params;
  const fulfilled = new Set<bigint>();
  for (const update of shared.logs[us]) if (isRemoval(update) && update.kind === 'fulfill') fulfilled.add(update.id);
  for (const htlc of committedHtlcs(state)) {
    if (htlc.offerer === us && height >= htlc.cltvExpiry + config.htlcGraceBlocks) {
      return violation('htlc.timeout_deadline', `HTLC ${htlc.id} that we offered expired at ${htlc.cltvExpiry}, height is ${height}`);
    }
    if (htlc.offerer === other(us) && fulfilled.has(htlc.id) && height >= htlc.cltvExpiry - config.fulfillDeadlineBlocks) {
      return violation('htlc.fulfillment_deadline', `HTLC ${htlc.id} that we fulfilled expires at ${htlc.cltvExpiry}, height is ${height}`);
    }
  }
  return undefined;
}
