import { nobleChaCha20Poly1305 } from '../core/crypto/chacha20poly1305.ts';
import { createNobleCrypto } from '../core/crypto/noble.ts';
import type { Crypto } from '../core/crypto/types.ts';
import type { OnionNodeEnv } from '../core/onion/env.ts';
import { createFakeCrypto } from '../sim/deterministic/fake-crypto.ts';
import { secretKey } from './transport-env.ts';

/** The first byte of an input of the onion targets says how the rest is meant: its low bits are the target's own, its high ones the provider. */
const fake = createFakeCrypto();
const noble = createNobleCrypto();

export const OURS = secretKey(0x11);
export const SESSION = secretKey(0x22);

/** One input in sixteen meets a real provider. */
export function providerOf(flags: number): Crypto {
  return flags >> 4 === 0xf ? noble : fake;
}

export function envOf(crypto: Crypto): OnionNodeEnv {
  return { crypto, cipher: nobleChaCha20Poly1305, ecdh: (point) => crypto.ecdh(point, OURS) };
}

/** The flags of a target, with the high bits that choose a provider: the cheap one but for one in sixteen. */
export function withProvider(flags: number, draw: number): number {
  return flags | (draw === 0 ? 0xf0 : 0);
}
