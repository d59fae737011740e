import { fromHex } from '../crypto/bytes.ts';
import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { sealingKeys } from './seal.ts';
import type { SealEnv, SealingKeys } from './seal.ts';

/** Between one device and one of its watchers, whoever carries the bytes: a key a direction, so that nothing can be sent back. */
export interface Link {
  readonly toWatcher: SealingKeys;
  readonly toDevice: SealingKeys;
}

/** The same for both ends: of one's own secret key and the other's public key, which were exchanged when the two were introduced. */
export function linkOf(env: SealEnv, secret: SecretKey, other: PublicKey): Link {
  const shared = fromHex(env.crypto.ecdh(other, secret));
  return { toWatcher: sealingKeys(env, shared, 'to a watcher'), toDevice: sealingKeys(env, shared, 'to a device') };
}
