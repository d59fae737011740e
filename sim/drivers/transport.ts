import type { ChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import { nobleChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import type { SecretKey } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { bolt8 } from '../../core/transport/transport.ts';
import type { Bolt8 } from '../../core/transport/transport.ts';
import { fakeCipher } from '../deterministic/fake-cipher.ts';

/** None that hides anything, where nothing else is for real. */
export function cipherOf(crypto: Crypto): ChaCha20Poly1305 {
  return crypto.name === 'fake' ? fakeCipher : nobleChaCha20Poly1305;
}

/** BOLT 8 as core speaks it, for the node with this key. */
export function transportOf(crypto: Crypto, staticSecret: SecretKey): Bolt8 {
  return bolt8({ crypto, cipher: cipherOf(crypto) }, staticSecret);
}
