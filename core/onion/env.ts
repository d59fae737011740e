import type { Hash32, PublicKey } from '../crypto/bytes.ts';
import type { ChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import type { Crypto } from '../crypto/types.ts';
import type { OnionRuleId } from './rules.ts';

/** What building onions needs of a host. */
export interface OnionEnv {
  readonly crypto: Crypto;
  readonly cipher: ChaCha20Poly1305;
}

/** What reading them needs beside: the one thing that is done with the node's own key, so that the key may lie elsewhere. */
export interface OnionNodeEnv extends OnionEnv {
  /** SHA-256 of the compressed point that this node's secret and `point` share (`Crypto.ecdh`). */
  ecdh(point: PublicKey): Hash32;
}

/** A rule of this folder that bytes of a stranger broke, and what about them. */
export interface Broken {
  readonly ok: false;
  readonly rule: OnionRuleId;
  readonly detail: string;
}

export function broken(rule: OnionRuleId, detail: string): Broken {
  return { ok: false, rule, detail };
}
