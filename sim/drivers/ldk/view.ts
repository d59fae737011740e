import type * as Ldk from 'lightningdevkit';
import { toHex } from '../../../core/crypto/bytes.ts';
import type { Hash32 } from '../../../core/crypto/bytes.ts';
import type { ChannelView, HtlcView } from '../../scenario/border.ts';
import type { Library } from './messages.ts';

type Details = Ldk.InboundHTLCDetails | Ldk.OutboundHTLCDetails;

/** One channel as LDK lists it. Its capacities are balances less what must stay, and end at zero. */
export function viewOf(ldk: Library, details: Ldk.ChannelDetails): ChannelView {
  const received = details.get_pending_inbound_htlcs();
  const offered = details.get_pending_outbound_htlcs();
  const reserve = details.get_unspendable_punishment_reserve();
  const feerate = details.get_feerate_sat_per_1000_weight();
  const ourReserveSat = reserve instanceof ldk.Option_u64Z_Some ? reserve.some : 0n;
  const theirReserveSat = details.get_counterparty().get_unspendable_punishment_reserve();
  return {
    usable: isTrue(details.get_is_usable()),
    pending: [...received, ...offered].some((htlc) => !isCommitted(ldk, htlc)),
    feeratePerKw: feerate instanceof ldk.Option_u32Z_Some ? feerate.some : 0,
    balanceMsat: {
      ours: aboveReserve(details.get_outbound_capacity_msat(), ourReserveSat),
      theirs: aboveReserve(details.get_inbound_capacity_msat(), theirReserveSat),
    },
    htlcs: { offered: views(ldk, offered), received: views(ldk, received) },
  };
}

/** What it would let a user send over this channel now. */
export function sendableOf(details: Ldk.ChannelDetails): { readonly minMsat: bigint; readonly maxMsat: bigint } | undefined {
  if (!isTrue(details.get_is_usable())) return undefined;
  return { minMsat: details.get_next_outbound_htlc_minimum_msat(), maxMsat: details.get_next_outbound_htlc_limit_msat() };
}

/** The bindings give 1 and 0. */
function isTrue(value: boolean): boolean {
  return Boolean(value);
}

function aboveReserve(capacityMsat: bigint, reserveSat: bigint): bigint | undefined {
  return capacityMsat === 0n ? undefined : capacityMsat + reserveSat * 1000n;
}

function isCommitted(ldk: Library, htlc: Details): boolean {
  const state = htlc.get_state();
  const { LDKInboundHTLCStateDetails_Committed: received } = ldk.InboundHTLCStateDetails;
  const { LDKOutboundHTLCStateDetails_Committed: offered } = ldk.OutboundHTLCStateDetails;
  if (state instanceof ldk.Option_InboundHTLCStateDetailsZ_Some) return state.some === received;
  return state instanceof ldk.Option_OutboundHTLCStateDetailsZ_Some && state.some === offered;
}

function views(ldk: Library, list: readonly Details[]): readonly HtlcView[] {
  return list
    .filter((htlc) => isCommitted(ldk, htlc))
    .map((htlc) => {
      const id = htlc.get_htlc_id();
      return {
        id: typeof id === 'bigint' ? id : id instanceof ldk.Option_u64Z_Some ? id.some : -1n,
        amountMsat: htlc.get_amount_msat(),
        paymentHash: toHex<Hash32>(htlc.get_payment_hash()),
        cltvExpiry: htlc.get_cltv_expiry(),
      };
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
