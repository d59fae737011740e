import { bip143Sighash, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, PublicKey, Script, SecretKey, Signature } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ClaimSecrets } from '../transactions/claim-secrets.ts';
import { derivePrivateKey, deriveRevocationPrivateKey } from '../transactions/keys.ts';

/** Which of our keys claims an output (BOLT 3, Key Derivation). */
export type ClaimKey =
  /** local_delayedpubkey of our commitment with this point. */
  | { readonly kind: 'delayed'; readonly point: PublicKey }
  /** Our htlcpubkey in the commitment with this point, whoever owns it. */
  | { readonly kind: 'htlc'; readonly point: PublicKey }
  /** revocationpubkey of the peer's commitment that this per-commitment secret revoked. */
  | { readonly kind: 'revocation'; readonly secret: SecretKey }
  /** remotepubkey: our payment_basepoint. */
  | { readonly kind: 'payment' }
  | { readonly kind: 'funding' };

/** The first input of a transaction, to be signed with SIGHASH_ALL. Nothing in it depends on other inputs' witnesses. */
export interface ClaimRequest {
  readonly keysId: Hash32;
  readonly tx: Tx;
  /** What the signature is for: the witness script, or the P2PKH script of a P2WPKH output. */
  readonly scriptCode: Script;
  /** Of the output that the first input spends. */
  readonly amountSat: bigint;
  readonly key: ClaimKey;
}

/** Signs what claims outputs of a channel. Absent where the answer comes later, as an input `signed`, or never: a signer may refuse. */
export interface ClaimSigner {
  signClaim(request: ClaimRequest): Signature | undefined;
}

/** One that has the secrets of its channels at hand. Undefined for a key that it has not. */
export function createClaimSigner(crypto: Crypto, secretsOf: (keysId: Hash32) => ClaimSecrets): ClaimSigner {
  return {
    signClaim({ keysId, tx, scriptCode, amountSat, key }) {
      const secret = claimSecret(crypto, secretsOf(keysId), key);
      if (secret === undefined) return undefined;
      return crypto.sign(bip143Sighash(crypto, tx, 0, scriptCode, amountSat, SIGHASH_ALL), secret);
    },
  };
}

function claimSecret(crypto: Crypto, secrets: ClaimSecrets, key: ClaimKey): SecretKey | undefined {
  switch (key.kind) {
    case 'delayed':
      return derivePrivateKey(crypto, secrets.delayed, crypto.publicKey(secrets.delayed), key.point);
    case 'htlc':
      return derivePrivateKey(crypto, secrets.htlc, crypto.publicKey(secrets.htlc), key.point);
    case 'revocation':
      return deriveRevocationPrivateKey(crypto, secrets.revocation, key.secret);
    case 'payment':
      return secrets.payment;
    case 'funding':
      return secrets.funding;
  }
}
