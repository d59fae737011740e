import type { Hash32, Hex, PublicKey } from '../crypto/bytes.ts';
import { shortChannelId, point, restArray, struct, u16, u32 } from '../wire/codec.ts';
import type { TypeOf } from '../wire/codec.ts';
import type { PaymentSecret } from '../onion/payload.ts';
import type { Network } from './amount.ts';
import type { Fallback } from './fallback.ts';

/** BOLT 11, field `r`: a channel towards the payee that gossip may not know, from its start. */
export const hintedChannelCodec = struct({
  nodeId: point,
  shortChannelId,
  feeBaseMsat: u32,
  feeProportionalMillionths: u32,
  cltvExpiryDelta: u16,
});
export const routeHintCodec = restArray(hintedChannelCodec);
export type RouteHint = TypeOf<typeof routeHintCodec>;

/** A text of at most 639 bytes of UTF-8, or the hash of one that is shown elsewhere. */
export type Description = { readonly text: string } | { readonly hash: Hash32 };

/** BOLT 11: what an invoice says, defaults filled in. */
export interface Invoice {
  readonly network: Network;
  /** Undefined where the payer chooses. */
  readonly amountMsat: bigint | undefined;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** After the timestamp; 3600 where the invoice says nothing. */
  readonly expirySeconds: number;
  readonly paymentHash: Hash32;
  readonly paymentSecret: PaymentSecret;
  readonly description: Description;
  readonly paymentMetadata: Hex | undefined;
  /** Blocks that the payee wants for the last HTLC; 18 where the invoice says nothing. */
  readonly minFinalCltvExpiryDelta: number;
  readonly features: Hex;
  /** Ways to the payee, the most preferred first, each in the order in which it is walked. */
  readonly routeHints: readonly RouteHint[];
  /** The most preferred first. */
  readonly fallbacks: readonly Fallback[];
  /** Named by the invoice, or recovered from its signature. */
  readonly payee: PublicKey;
}

/** BOLT 11, Tagged Fields: their types. */
export const FIELD = { p: 1, r: 3, features: 5, x: 6, f: 9, d: 13, s: 16, n: 19, h: 23, c: 24, m: 27 } as const;
/** BOLT 11: 256 bits, and 264. */
export const HASH_WORDS = 52;
export const KEY_WORDS = 53;
export const DEFAULT_EXPIRY_SECONDS = 3600;
export const DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA = 18;
