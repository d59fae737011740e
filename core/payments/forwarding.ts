import type { ForwardingPolicy } from '../gossip/channel-update.ts';
import type { Failure } from '../onion/failure-messages.ts';
import { feeOf } from '../routing/fees.ts';
import type { FORWARDING_RULES } from './rules.ts';

export interface AmountAndExpiry {
  readonly amountMsat: bigint;
  readonly cltvExpiry: number;
}

/** Why an HTLC is not forwarded, and what its payer is told of it. */
export interface NotForwarded {
  readonly rule: keyof typeof FORWARDING_RULES;
  readonly detail: string;
  readonly failure: Failure;
}

/** BOLT 4: no channel_update goes with a failure. Who would use one shows that it paid. */
const NO_UPDATE = { channelUpdate: '' } as const;

export const TEMPORARY_CHANNEL_FAILURE: Failure = { type: 'temporary_channel_failure', ...NO_UPDATE };
export const PERMANENT_CHANNEL_FAILURE: Failure = { type: 'permanent_channel_failure' };

export function temporarily(detail: string): NotForwarded {
  return { rule: 'forward.temporary_channel_failure', detail, failure: TEMPORARY_CHANNEL_FAILURE };
}

export function permanently(detail: string): NotForwarded {
  return { rule: 'forward.permanent_channel_failure', detail, failure: PERMANENT_CHANNEL_FAILURE };
}

export function unknownNextPeer(detail: string): NotForwarded {
  return { rule: 'forward.unknown_next_peer', detail, failure: { type: 'unknown_next_peer' } };
}

/** BOLT 4, Failure Messages, a forwarding node: what the HTLC that came and the one that is asked for break of the policy of the channel that it goes on by. */
export function policyFault(
  { feeBaseMsat, feeProportionalMillionths, cltvExpiryDelta, htlcMinimumMsat, htlcMaximumMsat }: ForwardingPolicy,
  incoming: AmountAndExpiry,
  outgoing: AmountAndExpiry,
): NotForwarded | undefined {
  const { amountMsat: htlcMsat, cltvExpiry } = outgoing;
  if (htlcMsat < htlcMinimumMsat) {
    const failure = { type: 'amount_below_minimum', htlcMsat, ...NO_UPDATE } as const;
    return { rule: 'forward.amount_below_minimum', detail: `${htlcMsat} msat, at least ${htlcMinimumMsat}`, failure };
  }
  if (htlcMsat > htlcMaximumMsat) {
    const detail = `${htlcMsat} msat, at most ${htlcMaximumMsat}`;
    return { rule: 'forward.amount_above_maximum', detail, failure: TEMPORARY_CHANNEL_FAILURE };
  }
  const feeMsat = feeOf(htlcMsat, { feeBaseMsat, feeProportionalMillionths });
  if (incoming.amountMsat - htlcMsat < feeMsat) {
    const failure = { type: 'fee_insufficient', htlcMsat: incoming.amountMsat, ...NO_UPDATE } as const;
    return { rule: 'forward.fee_insufficient', detail: `${incoming.amountMsat - htlcMsat} msat, asked for ${feeMsat}`, failure };
  }
  if (incoming.cltvExpiry - cltvExpiry < cltvExpiryDelta) {
    const failure = { type: 'incorrect_cltv_expiry', cltvExpiry, ...NO_UPDATE } as const;
    const detail = `${incoming.cltvExpiry - cltvExpiry} blocks, asked for ${cltvExpiryDelta}`;
    return { rule: 'forward.incorrect_cltv_expiry', detail, failure };
  }
  return undefined;
}

/** The heights that an outgoing expiry must lie between, from the newest block. */
export interface ExpiryBounds {
  readonly minCltvAhead: number;
  readonly maxCltvAhead: number;
}

/** BOLT 4: expiries too near for a safe end, or further ahead than anybody's money should be locked up. */
export function expiryFault({ minCltvAhead, maxCltvAhead }: ExpiryBounds, cltvExpiry: number, height: number): NotForwarded | undefined {
  const ahead = cltvExpiry - height;
  if (ahead < minCltvAhead) {
    const failure = { type: 'expiry_too_soon', ...NO_UPDATE } as const;
    return { rule: 'forward.expiry_too_soon', detail: `${ahead} blocks ahead, at least ${minCltvAhead}`, failure };
  }
  if (ahead <= maxCltvAhead) return undefined;
  return { rule: 'forward.expiry_too_far', detail: `${ahead} blocks ahead, at most ${maxCltvAhead}`, failure: { type: 'expiry_too_far' } };
}
