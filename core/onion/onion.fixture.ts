import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fromHex } from '../crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Crypto } from '../crypto/types.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { OnionNodeEnv } from './env.ts';

/** The node whose secret is this byte 32 times: the specification's Alice is 41, Bob 42, and so on. */
export function nodeEnv(secret: string, crypto: Crypto = noble): OnionNodeEnv {
  return { crypto, cipher: nobleChaCha20Poly1305, ecdh: (point) => crypto.ecdh(point, secret as SecretKey) };
}

export const key = (byte: string): SecretKey => byte.repeat(32) as SecretKey;
export const ASSOCIATED = fromHex('42'.repeat(32));

/** A line of nodes with cheap points, for properties. */
export const fake = createFakeCrypto();
export function fakeNode(n: number): { readonly id: PublicKey; readonly env: OnionNodeEnv } {
  const secret = n.toString(16).padStart(2, '0').repeat(32) as SecretKey;
  return { id: fake.publicKey(secret), env: nodeEnv(secret, fake) };
}
