import { isClosed } from '../../core/channel/model/ending.ts';
import type { AddUpdate, ChannelState } from '../../core/channel/model/state.ts';
import { isClosing } from '../../core/channel/operate/update-add-htlc.ts';
import { other } from '../../core/transactions/types.ts';
import type { ChannelView, HtlcView } from '../scenario/border.ts';

/** What our own state shows of a channel that has commitments. */
export function viewOf(state: ChannelState): ChannelView | undefined {
  if (state.phase === 'opening' || state.phase === 'forgotten') return undefined;
  const { base, logs, commitments } = state.shared;
  const { us } = state.params;
  const them = other(us);
  return {
    usable: isUsable(state),
    pending:
      logs.opener.length + logs.accepter.length > 0 || commitments.opener.next !== undefined || commitments.accepter.next !== undefined,
    feeratePerKw: base.feeratePerKw,
    balanceMsat: { ours: base.balanceMsat[us], theirs: base.balanceMsat[them] },
    htlcs: { offered: base.htlcs[us].map(htlcView), received: base.htlcs[them].map(htlcView) },
  };
}

function isUsable(state: ChannelState): boolean {
  if (state.phase !== 'funded' || isClosed(state) || isClosing(state)) return false;
  const { connection, readySent, readyReceived } = state.lifecycle;
  return connection === 'connected' && readySent && readyReceived;
}

function htlcView({ id, amountMsat, paymentHash, cltvExpiry }: AddUpdate): HtlcView {
  return { id, amountMsat, paymentHash, cltvExpiry };
}
