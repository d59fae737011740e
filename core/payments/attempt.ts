import { refusal } from '../channel/model/violation.ts';
import type { Refusal } from '../channel/model/violation.ts';
import type { ChannelId, SecretKey } from '../crypto/bytes.ts';
import { ascii, fromHex, toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { buildOnion } from '../onion/build.ts';
import type { OnionHop } from '../onion/build.ts';
import { encodePayload } from '../onion/payload.ts';
import type { Payload } from '../onion/payload.ts';
import type { Route } from '../routing/route.ts';
import type { GivenRoutes } from './commands.ts';
import { committedFeeMsat, missingMsat } from './payment.ts';
import type { Part, PartHop, Payment } from './payment.ts';

/** A part with the onion that it goes out with. */
export interface PlannedPart {
  readonly part: Part;
  readonly onion: Uint8Array;
}

interface Sender {
  readonly crypto: Crypto;
  readonly height: number;
  /** The channel of this node that a route begins with. */
  channelOf(shortChannelId: bigint): ChannelId | undefined;
}

/** The next attempt at what is missing of a payment, by these routes; or what forbids it. */
export function planAttempt(sender: Sender, payment: Payment, { routes, randomness }: GivenRoutes): readonly PlannedPart[] | Refusal {
  const missing = missingMsat(payment);
  if (missing === 0n) return refusal('pay.not_asked', 'nothing is missing');
  const forbidden = forbiddenIn(payment, routes, missing);
  if (forbidden !== undefined) return forbidden;
  const planned: PlannedPart[] = [];
  for (const [i, { hops }] of routes.entries()) {
    const channelId = sender.channelOf(hops[0]?.shortChannelId ?? 0n);
    if (channelId === undefined || hops.at(-1)?.nodeId !== payment.recipient.nodeId)
      return refusal('pay.route', `route ${i} leads from no channel of this node, or not to the recipient`);
    const absolute = hops.map(({ shortChannelId, nodeId, amountMsat, cltvDelta }): PartHop => ({
      shortChannelId,
      nodeId,
      amountMsat,
      cltvExpiry: sender.height + cltvDelta,
    }));
    const name = { attempt: payment.attempts + 1, part: i + 1 };
    const sessionKey = sessionKeyOf(sender.crypto, randomness, payment.id, name);
    const built = buildOnion(sender.crypto, {
      sessionKey,
      hops: payloadsOf(payment, absolute),
      associatedData: fromHex(payment.paymentHash),
    });
    if (built === undefined) return refusal('pay.onion_size', `route ${i} has ${hops.length} hops`);
    const part: Part = { ...name, channelId, hops: absolute, sessionKey, sharedSecrets: built.sharedSecrets };
    planned.push({ part, onion: built.packet });
  }
  return planned;
}

/** The attempt has begun. */
export function beginAttempt(payment: Payment, planned: readonly PlannedPart[]): Payment {
  return { ...payment, attempts: payment.attempts + 1, parts: [...payment.parts, ...planned.map(({ part }) => part)] };
}

function forbiddenIn(payment: Payment, routes: readonly Route[], missing: bigint): Refusal | undefined {
  const { limits, parts, recipient } = payment;
  const carried = routes.reduce((sum, { hops }) => sum + (hops.at(-1)?.amountMsat ?? 0n), 0n);
  if (carried !== missing) return refusal('pay.carried', `${carried} msat of ${missing}`);
  const inFlight = parts.length + routes.length;
  if (inFlight > 1 && !recipient.multiPart) return refusal('pay.multi_part', `${inFlight} parts`);
  if (inFlight > limits.maxParts) return refusal('pay.max_parts', `${inFlight} parts, at most ${limits.maxParts}`);
  const feeMsat = committedFeeMsat(payment) + routes.reduce((sum, { hops }) => sum + (hops[0]?.amountMsat ?? 0n), 0n) - carried;
  if (feeMsat > limits.maxFeeMsat) return refusal('pay.max_fee', `${feeMsat} msat, at most ${limits.maxFeeMsat}`);
  const blocks = Math.max(...routes.map(({ hops }) => hops[0]?.cltvDelta ?? 0));
  return blocks > limits.maxCltvDelta ? refusal('pay.max_cltv', `${blocks} blocks, at most ${limits.maxCltvDelta}`) : undefined;
}

/** Of its own for each part, whatever the host gives twice. */
function sessionKeyOf(
  { hmacSha256 }: Crypto,
  randomness: string,
  id: string,
  { attempt, part }: Pick<Part, 'attempt' | 'part'>,
): SecretKey {
  return toHex<SecretKey>(hmacSha256(fromHex(randomness), ascii(`${id}/${attempt}/${part}`)));
}

/** BOLT 4, `payload` format, the writer: each hop is told what the next HTLC is to be, and the last one what it is for. */
function payloadsOf(payment: Payment, hops: readonly PartHop[]): readonly OnionHop[] {
  return hops.map(({ nodeId, amountMsat, cltvExpiry }, i) => {
    const next = hops[i + 1];
    const payload = next === undefined ? finalPayload(payment, amountMsat, cltvExpiry) : forwardPayload(next);
    return { nodeId, payload: encodePayload(payload) };
  });
}

function forwardPayload({ shortChannelId, amountMsat, cltvExpiry }: PartHop): Payload {
  return { amtToForwardMsat: amountMsat, outgoingCltvValue: cltvExpiry, shortChannelId };
}

function finalPayload({ recipient, amountMsat: totalMsat }: Payment, amountMsat: bigint, cltvExpiry: number): Payload {
  const { paymentSecret, paymentMetadata, keysendPreimage } = recipient;
  return {
    amtToForwardMsat: amountMsat,
    outgoingCltvValue: cltvExpiry,
    ...(paymentSecret === undefined ? {} : { paymentData: { paymentSecret, totalMsat } }),
    ...(paymentMetadata === undefined ? {} : { paymentMetadata }),
    ...(keysendPreimage === undefined ? {} : { keysendPreimage }),
  };
}
