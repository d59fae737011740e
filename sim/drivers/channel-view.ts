import { isClosed } from '../../core/channel/model/ending.ts';
import type { AddUpdate, ChannelState } from '../../core/channel/model/state.ts';
import { offerObstacle } from '../../core/channel/operate/usable.ts';
import { other } from '../../core/transactions/types.ts';
import type { ChannelView, HtlcView } from '../scenario/border.ts';

/** What our own state shows of a channel that has commitments. */
export function viewOf(state: ChannelState): ChannelView | undefined {
  if (state.phase === 'opening' || state.phase === 'forgotten') return undefined;
  const { base, logs, commitments } = state.shared;
  const { us } = state.params;
  const them = other(us);
  return {
    usable: state.phase === 'funded' && !isClosed(state) && offerObstacle(state) === undefined,
    pending:
      logs.opener.length + logs.accepter.length > 0 || commitments.opener.next !== undefined || commitments.accepter.next !== undefined,
    feeratePerKw: base.feeratePerKw,
    balanceMsat: { ours: base.balanceMsat[us], theirs: base.balanceMsat[them] },
    htlcs: { offered: base.htlcs[us].map(htlcView), received: base.htlcs[them].map(htlcView) },
  };
}

function htlcView({ id, amountMsat, paymentHash, cltvExpiry }: AddUpdate): HtlcView {
  return { id, amountMsat, paymentHash, cltvExpiry };
}
