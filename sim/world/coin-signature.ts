import { scriptSignature } from '../../core/bitcoin/der.ts';
import { p2pkh } from '../../core/bitcoin/script.ts';
import { bip143Sighash, SIGHASH_ALL } from '../../core/bitcoin/sighash.ts';
import { withWitness } from '../../core/bitcoin/tx.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';

interface WalletKeys {
  readonly secret: SecretKey;
  readonly key: PublicKey;
}

/** Signs an input that spends a P2WPKH coin of a wallet. */
export function signCoin(crypto: Crypto, { secret, key }: WalletKeys, tx: Tx, at: number, amountSat: bigint): Tx {
  const digest = bip143Sighash(crypto, tx, at, p2pkh(crypto, key), amountSat, SIGHASH_ALL);
  return withWitness(tx, at, [scriptSignature(crypto.sign(digest, secret), SIGHASH_ALL), key]);
}
