import { p2wsh } from '../bitcoin/script.ts';
import type { Hex, PublicKey, Script, SecretKey } from '../crypto/bytes.ts';
import { hash160Hex, sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { delayedWitnessScript } from './scripts.ts';
import { other } from './types.ts';
import type { ChannelParams, Side } from './types.ts';

/** BOLT 3, Key Derivation: pubkey = basepoint + SHA256(per_commitment_point || basepoint) * G. */
export function derivePublicKey(crypto: Crypto, basepoint: PublicKey, perCommitmentPoint: PublicKey): PublicKey {
  return crypto.pointTweakAdd(basepoint, sha256Hex<SecretKey>(crypto, perCommitmentPoint + basepoint));
}

/** BOLT 3, Key Derivation: privkey = basepoint_secret + SHA256(per_commitment_point || basepoint). */
export function derivePrivateKey(crypto: Crypto, secret: SecretKey, basepoint: PublicKey, perCommitmentPoint: PublicKey): SecretKey {
  return crypto.scalarAdd(secret, sha256Hex<SecretKey>(crypto, perCommitmentPoint + basepoint));
}

/**
 * BOLT 3, revocationpubkey Derivation, from two points. The owner of the commitment knows `perCommitmentSecret`, and multiplying the
 * generator is cheaper than multiplying a point.
 */
export function deriveRevocationPublicKey(
  crypto: Crypto,
  revocationBasepoint: PublicKey,
  perCommitmentPoint: PublicKey,
  perCommitmentSecret?: SecretKey,
): PublicKey {
  const basepointTweak = sha256Hex<SecretKey>(crypto, revocationBasepoint + perCommitmentPoint);
  const pointTweak = sha256Hex<SecretKey>(crypto, perCommitmentPoint + revocationBasepoint);
  const left = crypto.pointMultiply(revocationBasepoint, basepointTweak);
  if (perCommitmentSecret === undefined) return crypto.pointAdd(left, crypto.pointMultiply(perCommitmentPoint, pointTweak));
  return crypto.pointTweakAdd(left, crypto.scalarMultiply(perCommitmentSecret, pointTweak));
}

/** BOLT 3, revocationpubkey Derivation: the private key, once the peer has revealed its per-commitment secret. */
export function deriveRevocationPrivateKey(
  crypto: Crypto,
  revocationBasepointSecret: SecretKey,
  perCommitmentSecret: SecretKey,
): SecretKey {
  const basepoint = crypto.publicKey(revocationBasepointSecret);
  const point = crypto.publicKey(perCommitmentSecret);
  return crypto.scalarAdd(
    crypto.scalarMultiply(revocationBasepointSecret, sha256Hex<SecretKey>(crypto, basepoint + point)),
    crypto.scalarMultiply(perCommitmentSecret, sha256Hex<SecretKey>(crypto, point + basepoint)),
  );
}

/**
 * The keys of one side's commitment, and what every script of it shares.
 *
 * Each is derived when first asked for, and once: build a commitment and its HTLC transactions with the same object, and keep it
 * for as long as commitments with this per-commitment point are built. The owner may give its secret to make them cheaper.
 */
export class CommitmentKeys {
  readonly owner: Side;
  readonly perCommitmentPoint: PublicKey;
  readonly #crypto: Crypto;
  readonly #params: ChannelParams;
  readonly #perCommitmentSecret: SecretKey | undefined;
  #revocationPubkey: PublicKey | undefined;
  #revocationPubkeyHash: Hex | undefined;
  #delayedPubkey: PublicKey | undefined;
  #htlcPubkeys: Readonly<Record<Side, PublicKey>> | undefined;
  #delayed: { readonly witnessScript: Script; readonly script: Script } | undefined;

  constructor(crypto: Crypto, params: ChannelParams, owner: Side, perCommitmentPoint: PublicKey, perCommitmentSecret?: SecretKey) {
    this.owner = owner;
    this.perCommitmentPoint = perCommitmentPoint;
    this.#crypto = crypto;
    this.#params = params;
    this.#perCommitmentSecret = perCommitmentSecret;
  }

  /** Whether these are the keys of this commitment. `params`: the same object. */
  areOf(crypto: Crypto, params: ChannelParams, owner: Side, perCommitmentPoint: PublicKey): boolean {
    return this.#params === params && this.owner === owner && this.perCommitmentPoint === perCommitmentPoint && this.#crypto === crypto;
  }

  /** The peer's blinded key that takes everything if this commitment is revoked. */
  get revocationPubkey(): PublicKey {
    return (this.#revocationPubkey ??= deriveRevocationPublicKey(
      this.#crypto,
      this.#params.parties[other(this.owner)].revocationBasepoint,
      this.perCommitmentPoint,
      this.#perCommitmentSecret,
    ));
  }

  /** RIPEMD160(SHA256(revocationpubkey)), as HTLC scripts have it. */
  get revocationPubkeyHash(): Hex {
    return (this.#revocationPubkeyHash ??= hash160Hex(this.#crypto, this.revocationPubkey));
  }

  /** local_delayedpubkey: the owner's. */
  get delayedPubkey(): PublicKey {
    return (this.#delayedPubkey ??= this.#derive(this.owner, 'delayedPaymentBasepoint'));
  }

  /** local_htlcpubkey is the owner's, remote_htlcpubkey the other side's. */
  get htlcPubkeys(): Readonly<Record<Side, PublicKey>> {
    return (this.#htlcPubkeys ??= {
      opener: this.#derive('opener', 'htlcBasepoint'),
      accepter: this.#derive('accepter', 'htlcBasepoint'),
    });
  }

  /** The output that pays the owner after its delay: to_local, and the output of every HTLC transaction. */
  get delayed(): { readonly witnessScript: Script; readonly script: Script } {
    if (this.#delayed === undefined) {
      const delay = this.#params.parties[this.owner].delayOnOwnCommitment;
      const witnessScript = delayedWitnessScript(this.revocationPubkey, delay, this.delayedPubkey);
      this.#delayed = { witnessScript, script: p2wsh(this.#crypto, witnessScript) };
    }
    return this.#delayed;
  }

  #derive(side: Side, basepoint: 'delayedPaymentBasepoint' | 'htlcBasepoint'): PublicKey {
    return derivePublicKey(this.#crypto, this.#params.parties[side][basepoint], this.perCommitmentPoint);
  }
}
