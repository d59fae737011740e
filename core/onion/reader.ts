import type { Hash32, Hex, PublicKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { FailureCause } from './answer.ts';
import type { OnionNodeEnv } from './env.ts';
import type { Instruction, Position } from './instruction.ts';
import { peelOnion } from './peel.ts';
import { readPayload } from './read-payload.ts';
import type { OnionRuleId } from './rules.ts';

/** An HTLC with its onion, as it came. */
export interface OnionHtlc {
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly cltvExpiry: number;
  readonly onion: Uint8Array;
  readonly pathKey?: PublicKey;
}

/** What an HTLC's onion says to this node. */
export interface ReadOnion {
  /** Both undefined where the onion could not be peeled. */
  readonly sharedSecret: Hash32 | undefined;
  readonly payload: Hex | undefined;
  /** Undefined where this node is the final one. */
  readonly next: Uint8Array | undefined;
  readonly position: Position;
  readonly verdict:
    | { readonly ok: true; readonly instruction: Instruction }
    | { readonly ok: false; readonly rule: OnionRuleId; readonly detail: string; readonly cause: FailureCause };
}

/** Reads onions with the key of one node, each once: what it remembers changes no result, and goes with the HTLC. */
export class OnionReader {
  readonly env: OnionNodeEnv;
  readonly #known = new WeakMap<Uint8Array, ReadOnion>();

  constructor(env: OnionNodeEnv) {
    this.env = env;
  }

  read(htlc: OnionHtlc): ReadOnion {
    let read = this.#known.get(htlc.onion);
    if (read === undefined) this.#known.set(htlc.onion, (read = this.#read(htlc)));
    return read;
  }

  #read({ amountMsat, paymentHash, cltvExpiry, onion, pathKey }: OnionHtlc): ReadOnion {
    const peeled = peelOnion(this.env, onion, fromHex(paymentHash), pathKey);
    if (!peeled.ok) {
      const { rule, detail, sharedSecret } = peeled;
      const position = pathKey === undefined ? 'plain' : 'blinded';
      const cause = { kind: 'unpeelable', rule } as const;
      return { sharedSecret, payload: undefined, next: undefined, position, verdict: { ok: false, rule, detail, cause } };
    }
    const { sharedSecret, payload, next } = peeled;
    const judged = readPayload(this.env, { amountMsat, cltvExpiry, pathKey }, peeled);
    const { position } = judged;
    const verdict: ReadOnion['verdict'] = judged.ok
      ? { ok: true, instruction: judged.instruction }
      : { ok: false, rule: judged.rule, detail: judged.detail, cause: { kind: 'own', failure: judged.failure } };
    return { sharedSecret, payload: toHex(payload), next, position, verdict };
  }
}
