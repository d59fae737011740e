import type { Route } from '../../core/routing/route.ts';

/**
 * What a dishonest payer makes of its route and its onion; who sees it must fail the payment: whoever is paid, and of all others only who
 * forwards. Who forwards could do the same to those behind it.
 */
export const FLAWS_SEEN_BY_RECIPIENTS = ['onion', 'last-amount', 'last-expiry'] as const;
export const FLAWS = ['fee', 'expiry', 'next', ...FLAWS_SEEN_BY_RECIPIENTS] as const;
export type Flaw = (typeof FLAWS)[number];

export const FLAW_WORDS = {
  fee: 'keeping 1 msat of the last forwarder’s fee',
  expiry: 'a block too early for the last forwarder',
  next: 'by a channel that is not there',
  onion: 'with a damaged onion',
  'last-amount': 'telling the recipient 1 msat more',
  'last-expiry': 'telling the recipient an expiry 1 block later',
} as const satisfies Record<Flaw, string>;

/** Of a route without forwarders only what concerns its recipient, or its onion, can be wrong. */
export function isPossible(flaw: Flaw, { hops }: Route): boolean {
  const [last, before] = [hops.at(-1), hops.at(-2)];
  if (FLAWS_SEEN_BY_RECIPIENTS.some((one) => one === flaw)) return true;
  if (last === undefined || before === undefined) return false;
  return flaw !== 'fee' || before.amountMsat > last.amountMsat;
}

/** Everything in front of the last forwarder carries less, or expires earlier. */
export function flawed(route: Route, flaw: Flaw | undefined): Route {
  if (flaw !== 'fee' && flaw !== 'expiry') return route;
  const hops = route.hops.map((hop, i) => {
    if (i === route.hops.length - 1) return hop;
    return flaw === 'fee' ? { ...hop, amountMsat: hop.amountMsat - 1n } : { ...hop, cltvDelta: hop.cltvDelta - 1 };
  });
  return { ...route, hops };
}

/** Its HMAC is wrong for whoever reads it first. */
export function damaged(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  copy[700] = (copy[700] as number) ^ 1;
  return copy;
}
