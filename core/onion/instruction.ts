import type { Hex, Preimage, PublicKey } from '../crypto/bytes.ts';
import type { TlvRecord } from '../wire/codec.ts';
import type { Broken } from './env.ts';
import { broken } from './env.ts';
import type { Failure } from './failure-messages.ts';
import { typeOfRecord } from './payload.ts';
import type { Payload, PaymentSecret } from './payload.ts';

/** What came in `update_add_htlc` beside the onion. Amounts in millisatoshis, expiry as a block height. */
export interface IncomingHtlc {
  readonly amountMsat: bigint;
  readonly cltvExpiry: number;
  readonly pathKey: PublicKey | undefined;
}

/** BOLT 4: where this node stands in an HTLC's path: it decides how failures are told (`answer.ts`). */
export type Position =
  /** Before a blinded path, outside of one, or its final node and introduction node at once. */
  | 'plain'
  /** The first node of a blinded path that goes on. */
  | 'introduction'
  /** Inside of a blinded path. */
  | 'blinded';

/** What the origin, or the creator of a blinded path, asks of this node. That the HTLC is worth it is for others to judge. */
export type Instruction =
  | {
      readonly kind: 'forward';
      readonly next: { readonly shortChannelId: bigint } | { readonly nodeId: PublicKey };
      readonly amountMsat: bigint;
      readonly cltvExpiry: number;
      /** For the `update_add_htlc` that goes on. */
      readonly pathKey: PublicKey | undefined;
    }
  | {
      readonly kind: 'receive';
      /** `amt_to_forward`, which the HTLC reaches. */
      readonly amountMsat: bigint;
      /** `outgoing_cltv_value`, which the HTLC's expiry reaches. */
      readonly cltvExpiry: number;
      /** Of all parts of the payment. */
      readonly totalMsat: bigint;
      readonly paymentSecret: PaymentSecret | undefined;
      readonly paymentMetadata: Hex | undefined;
      readonly keysendPreimage: Preimage | undefined;
      /** Whatever the creator of the blinded path put into it for itself; undefined where no blinded path was used, or it has none. */
      readonly pathId: Hex | undefined;
      readonly customRecords: readonly TlvRecord[];
    };

export interface ReadPayload {
  readonly ok: true;
  readonly position: Position;
  readonly instruction: Instruction;
}

export interface BrokenPayload extends Broken {
  readonly position: Position;
  /** What a node outside of blinded paths says of it; `answer` says less inside of one. */
  readonly failure: Failure;
}

/** What only a final node is told. */
export type Receive = Extract<Instruction, { kind: 'receive' }>;

export const NO_RECORDS: readonly TlvRecord[] = [];

export function brokenPayload(rule: Broken['rule'], detail: string, position: Position, failure: Failure): BrokenPayload {
  return { ...broken(rule, detail), position, failure };
}

/** `invalid_onion_payload` for a record that should not be there, or is missing (it has no offset then). */
export function invalidPayload(
  rule: Broken['rule'],
  record: keyof Payload & Parameters<typeof typeOfRecord>[0],
  position: Position,
): BrokenPayload {
  const failure = { type: 'invalid_onion_payload', tlvType: typeOfRecord(record), offset: 0 } as const;
  return brokenPayload(rule, record, position, failure);
}

/** What the final node is told, unless the node before it has taken too much of it. */
export function received(htlc: IncomingHtlc, position: Position, instruction: Receive): ReadPayload | BrokenPayload {
  const { amountMsat, cltvExpiry } = instruction;
  return belowPayload(htlc, amountMsat, cltvExpiry, position) ?? { ok: true, position, instruction };
}

function belowPayload(htlc: IncomingHtlc, amountMsat: bigint, cltvExpiry: number, position: Position): BrokenPayload | undefined {
  if (htlc.cltvExpiry < cltvExpiry) {
    const failure = { type: 'final_incorrect_cltv_expiry', cltvExpiry: htlc.cltvExpiry } as const;
    return brokenPayload('payload.final_cltv_expiry', `${htlc.cltvExpiry} is less than ${cltvExpiry}`, position, failure);
  }
  if (htlc.amountMsat < amountMsat) {
    const failure = { type: 'final_incorrect_htlc_amount', incomingHtlcAmt: htlc.amountMsat } as const;
    return brokenPayload('payload.final_amount', `${htlc.amountMsat} is less than ${amountMsat}`, position, failure);
  }
  return undefined;
}
