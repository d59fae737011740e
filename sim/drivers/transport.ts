import type { ChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import { nobleChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import type { SecretKey } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { accept, dial, receive, send } from '../../core/transport/session.ts';
import { fakeCipher } from '../deterministic/fake-cipher.ts';
import type { DriverTransport } from '../scenario/types.ts';

/** BOLT 8 as core speaks it, for the node with this key. Where nothing is encrypted for real, its cipher is none either. */
export function transportOf(crypto: Crypto, staticSecret: SecretKey): DriverTransport {
  const cipher: ChaCha20Poly1305 = crypto.name === 'fake' ? fakeCipher : nobleChaCha20Poly1305;
  const env = { crypto, cipher };
  return {
    dial: (remoteStatic, ephemeralSecret) => dial(env, { staticSecret, remoteStatic, ephemeralSecret }),
    accept: (ephemeralSecret) => accept(env, { staticSecret, ephemeralSecret }),
    receive: (session, bytes) => receive(env, session, bytes),
    send: (session, message) => send(env, session, message),
  };
}
