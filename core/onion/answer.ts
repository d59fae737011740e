import type { Hash32, Hex } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { AttributionData } from '../wire/attribution.ts';
import { attribute } from './attribution.ts';
import type { OnionRuleId } from './rules.ts';
import { encodeBadOnion, encodeFailure, FAILURES } from './failure-messages.ts';
import type { Failure } from './failure-messages.ts';
import { obfuscate, returnPacket } from './failure-onion.ts';
import type { Position } from './instruction.ts';

/**
 * How the failure of an incoming HTLC is told, whatever its cause and whoever decided it: the one place that knows. BOLT 2, Removing an HTLC; BOLT 4,
 * Returning Errors.
 */

/** The incoming HTLC, as far as it matters here. */
export interface FailingHtlc {
  readonly onion: Uint8Array;
  readonly position: Position;
  /** Undefined where the onion could not be peeled: only the sending peer can be told then. */
  readonly sharedSecret: Hash32 | undefined;
  /** From the moment at which the add was irrevocable, in units of 100 ms; undefined where attribution data isn't spoken. */
  readonly holdTime: number | undefined;
}

export type FailureCause =
  /** This node could not peel the onion. */
  | { readonly kind: 'unpeelable'; readonly rule: OnionRuleId }
  /** This node decided. */
  | { readonly kind: 'own'; readonly failure: Failure }
  /** The next node's update_fail_htlc. */
  | { readonly kind: 'downstream'; readonly reason: Hex; readonly attributionData: AttributionData | undefined }
  /** The next node's update_fail_malformed_htlc. */
  | { readonly kind: 'downstream_malformed'; readonly failureCode: number; readonly sha256OfOnion: Hash32 };

/** The message, but for the ids of channel and HTLC. `delayed`: it SHOULD leave after a random delay. */
export type FailureAnswer =
  | { readonly kind: 'update_fail_malformed_htlc'; readonly sha256OfOnion: Hash32; readonly failureCode: number; readonly delayed: false }
  | {
      readonly kind: 'update_fail_htlc';
      readonly reason: Hex;
      readonly attributionData: AttributionData | undefined;
      readonly delayed: boolean;
    };

/** BOLT 4, Failure Messages: what is told of an onion whose layer can't be taken off. */
const MALFORMED: Readonly<Partial<Record<OnionRuleId, number>>> = {
  'onion.version': FAILURES.invalid_onion_version.code,
  'onion.public_key': FAILURES.invalid_onion_key.code,
  'onion.hmac': FAILURES.invalid_onion_hmac.code,
};

export function answerFailure(crypto: Crypto, htlc: FailingHtlc, cause: FailureCause): FailureAnswer {
  const sha256OfOnion = toHex<Hash32>(crypto.sha256(htlc.onion));
  const malformed = (failureCode: number): FailureAnswer => ({
    kind: 'update_fail_malformed_htlc',
    sha256OfOnion,
    failureCode,
    delayed: false,
  });
  // Inside of a blinded path every error is the same.
  if (htlc.position === 'blinded') return malformed(FAILURES.invalid_onion_blinding.code);
  const { sharedSecret } = htlc;
  if (sharedSecret === undefined) {
    const code = cause.kind === 'unpeelable' ? MALFORMED[cause.rule] : undefined;
    return malformed(code ?? FAILURES.invalid_onion_version.code);
  }
  const packet = returned(crypto, htlc.position, sharedSecret, cause, sha256OfOnion);
  const downstream = cause.kind === 'downstream' && htlc.position === 'plain' ? cause.attributionData : undefined;
  return {
    kind: 'update_fail_htlc',
    reason: toHex(obfuscate(crypto, sharedSecret, packet)),
    attributionData: htlc.holdTime === undefined ? undefined : attribute(crypto, sharedSecret, packet, htlc.holdTime, downstream),
    delayed: htlc.position === 'introduction',
  };
}

/** The return packet before this node's encryption. */
function returned(crypto: Crypto, position: Position, sharedSecret: Hash32, cause: FailureCause, sha256OfOnion: Hash32): Uint8Array {
  const own = (message: Uint8Array): Uint8Array => returnPacket(crypto, sharedSecret, message);
  if (position === 'introduction') return own(encodeBadOnion(FAILURES.invalid_onion_blinding.code, sha256OfOnion));
  switch (cause.kind) {
    case 'unpeelable':
      return own(encodeFailure({ type: 'invalid_onion_payload', tlvType: 0n, offset: 0 }));
    case 'own':
      return own(encodeFailure(cause.failure));
    case 'downstream':
      return fromHex(cause.reason);
    case 'downstream_malformed':
      return own(encodeBadOnion(cause.failureCode, cause.sha256OfOnion));
  }
}
