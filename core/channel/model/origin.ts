import type { ChannelId, Hex } from '../../crypto/bytes.ts';

/** Why we offer an HTLC. It names the HTLC: ids of adds that no signature covers may change at a reconnection. */
export type Origin =
  /** A part of an attempt at a payment of our own; `paymentId` is the host's name for it, at most 32 bytes. */
  | { readonly kind: 'own'; readonly paymentId: Hex; readonly attempt: number; readonly part: number }
  /** An incoming HTLC that is forwarded: its channel, and its id there. */
  | { readonly kind: 'forward'; readonly channelId: ChannelId; readonly htlcId: bigint };

/** Of a payment that is made by one HTLC, once. */
export function ownPayment(paymentId: Hex): Origin {
  return { kind: 'own', paymentId, attempt: 1, part: 1 };
}

/** Whether it forwards this incoming HTLC. */
export function forwards(origin: Origin, incoming: ChannelId, htlcId: bigint): boolean {
  return origin.kind === 'forward' && origin.htlcId === htlcId && origin.channelId === incoming;
}

/** The payment of our own that an HTLC is of. */
export function paymentIdOf(origin: Origin): Hex | undefined {
  return origin.kind === 'own' ? origin.paymentId : undefined;
}
