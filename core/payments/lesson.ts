import type { PublicKey } from '../crypto/bytes.ts';
import { NODE, PERM } from '../onion/failure-messages.ts';
import type { ReadFailure } from '../onion/failure-onion.ts';
import type { ChannelLimit, FailureReason, Learned, Part, PartHop } from './payment.ts';

/** What a payer learns from the failure of a part, for the retries of that payment and for nothing else (BOLT 4, Receiving Failure Codes). */
export interface Lesson {
  readonly learned: Learned;
  /** The recipient will not have it: there is no use in trying again. */
  readonly fatal: FailureReason | undefined;
}

/** Of a payment whose failures never end: the oldest limits go. */
const MAX_LIMITS = 256;
const MAX_NODES = 64;

/** `from`: this node. */
export function lessonOf(learned: Learned, from: PublicKey, part: Part, read: ReadFailure): Lesson {
  const { hops } = part;
  const { source, unattributed } = read;
  if (source === undefined) return { learned: unreadable(learned, from, hops, unattributed), fatal: undefined };
  const { hop, failure } = source;
  const code = failure?.code ?? 0;
  const name = failure?.known === true ? failure.failure.type : `code ${code}`;
  if (hop === hops.length - 1) return final(learned, from, hops, code, name);
  const erring = (hops[hop] as PartHop).nodeId;
  if ((code & NODE) !== 0 || failure === undefined) return { learned: avoiding(learned, erring), fatal: undefined };
  // What it says of the channel that it was to go on by is true of this amount: less may go through.
  const isPermanent = (code & PERM) !== 0;
  const next = hops[hop + 1] as PartHop;
  const mostMsat = isPermanent || name !== 'temporary_channel_failure' ? 0n : next.amountMsat - 1n;
  return { learned: limited(learned, { shortChannelId: next.shortChannelId, from: erring, mostMsat }), fatal: undefined };
}

/** BOLT 4: the final node's permanent failure ends the payment; another one is of the moment, or of what the node before it did. */
function final(learned: Learned, from: PublicKey, hops: readonly PartHop[], code: number, name: string): Lesson {
  if ((code & PERM) !== 0) return { learned, fatal: { kind: 'recipient', detail: `the recipient says ${name}` } };
  const last = hops.at(-1) as PartHop;
  const isOthersFault = name === 'final_incorrect_cltv_expiry' || name === 'final_incorrect_htlc_amount';
  if (!isOthersFault) return { learned, fatal: undefined };
  const before = hops.at(-2)?.nodeId ?? from;
  return { learned: limited(learned, { shortChannelId: last.shortChannelId, from: before, mostMsat: 0n }), fatal: undefined };
}

/** Somebody altered it, or answered nonsense: around the hop that attribution data points at, or without any the whole way but its own ends. */
function unreadable(learned: Learned, from: PublicKey, hops: readonly PartHop[], unattributed: number | undefined): Learned {
  let result = learned;
  for (const [i, { shortChannelId }] of hops.entries()) {
    const isSuspect = unattributed === undefined || i === unattributed || i === unattributed - 1;
    const isOwn = i === 0 && hops.length > 1;
    if (isSuspect && !isOwn) result = limited(result, { shortChannelId, from: hops[i - 1]?.nodeId ?? from, mostMsat: 0n });
  }
  return result;
}

/** The part never left: this node's own channel did not take it. */
export function ownChannelRefused(learned: Learned, from: PublicKey, { hops }: Part): Learned {
  const { shortChannelId, amountMsat } = hops[0] as PartHop;
  return limited(learned, { shortChannelId, from, mostMsat: amountMsat - 1n });
}

function limited({ limits, nodes }: Learned, limit: ChannelLimit): Learned {
  const same = ({ shortChannelId, from }: ChannelLimit): boolean => shortChannelId === limit.shortChannelId && from === limit.from;
  const known = limits.find(same);
  if (known !== undefined && known.mostMsat <= limit.mostMsat) return { limits, nodes };
  return { limits: [...limits.filter((other) => other !== known), limit].slice(-MAX_LIMITS), nodes };
}

function avoiding({ limits, nodes }: Learned, node: PublicKey): Learned {
  return nodes.includes(node) ? { limits, nodes } : { limits, nodes: [...nodes, node].slice(-MAX_NODES) };
}
