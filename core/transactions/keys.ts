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

/** What the revocation basepoint and the per-commitment point are multiplied by. */
function revocationTweaks(
  crypto: Crypto,
  basepoint: PublicKey,
  point: PublicKey,
): { readonly basepoint: SecretKey; readonly point: SecretKey } {
  return { basepoint: sha256Hex<SecretKey>(crypto, basepoint + point), point: sha256Hex<SecretKey>(crypto, point + basepoint) };
}

/** BOLT 3, revocationpubkey Derivation, from two points: what anybody can. */
export function deriveRevocationPublicKey(crypto: Crypto, revocationBasepoint: PublicKey, perCommitmentPoint: PublicKey): PublicKey {
  const tweaks = revocationTweaks(crypto, revocationBasepoint, perCommitmentPoint);
  return crypto.pointAdd(
    crypto.pointMultiply(revocationBasepoint, tweaks.basepoint),
    crypto.pointMultiply(perCommitmentPoint, tweaks.point),
  );
}

/** The same to the owner of the commitment, who knows its per-commitment secret: multiplying the generator is cheaper than a point. */
export function deriveOwnRevocationPublicKey(
  crypto: Crypto,
  revocationBasepoint: PublicKey,
  perCommitmentPoint: PublicKey,
  perCommitmentSecret: SecretKey,
): PublicKey {
  const tweaks = revocationTweaks(crypto, revocationBasepoint, perCommitmentPoint);
  const left = crypto.pointMultiply(revocationBasepoint, tweaks.basepoint);
  return crypto.pointTweakAdd(left, crypto.scalarMultiply(perCommitmentSecret, tweaks.point));
}

/** The same to the owner's peer, who knows the secret of the basepoint. */
export function deriveRemoteRevocationPublicKey(
  crypto: Crypto,
  revocationBasepoint: PublicKey,
  perCommitmentPoint: PublicKey,
  revocationBasepointSecret: SecretKey,
): PublicKey {
  const tweaks = revocationTweaks(crypto, revocationBasepoint, perCommitmentPoint);
  const right = crypto.pointMultiply(perCommitmentPoint, tweaks.point);
  return crypto.pointTweakAdd(right, crypto.scalarMultiply(revocationBasepointSecret, tweaks.basepoint));
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

/** How the keys of one side's commitment are derived: what points give anybody, secrets give their holder with less work. */
export interface KeyDerivation {
  revocationPubkey(): PublicKey;
  delayedPubkey(): PublicKey;
  htlcPubkey(side: Side): PublicKey;
}

/** From points alone. */
export function keysFromPoints(crypto: Crypto, params: ChannelParams, owner: Side, perCommitmentPoint: PublicKey): KeyDerivation {
  const { parties } = params;
  return {
    revocationPubkey: () => deriveRevocationPublicKey(crypto, parties[other(owner)].revocationBasepoint, perCommitmentPoint),
    delayedPubkey: () => derivePublicKey(crypto, parties[owner].delayedPaymentBasepoint, perCommitmentPoint),
    htlcPubkey: (side) => derivePublicKey(crypto, parties[side].htlcBasepoint, perCommitmentPoint),
  };
}

/** The keys of one side's commitment, and what every script of it shares. Each is derived when first asked for, and once. */
export class CommitmentKeys {
  readonly owner: Side;
  readonly perCommitmentPoint: PublicKey;
  readonly #crypto: Crypto;
  readonly #delay: number;
  readonly #derivation: KeyDerivation;
  #revocationPubkey: PublicKey | undefined;
  #revocationPubkeyHash: Hex | undefined;
  #delayedPubkey: PublicKey | undefined;
  #htlcPubkeys: Readonly<Record<Side, PublicKey>> | undefined;
  #delayed: { readonly witnessScript: Script; readonly script: Script } | undefined;

  constructor(crypto: Crypto, params: ChannelParams, owner: Side, perCommitmentPoint: PublicKey, derivation?: KeyDerivation) {
    this.owner = owner;
    this.perCommitmentPoint = perCommitmentPoint;
    this.#crypto = crypto;
    this.#delay = params.parties[owner].delayOnOwnCommitment;
    this.#derivation = derivation ?? keysFromPoints(crypto, params, owner, perCommitmentPoint);
  }

  /** The peer's blinded key that takes everything if this commitment is revoked. */
  get revocationPubkey(): PublicKey {
    return (this.#revocationPubkey ??= this.#derivation.revocationPubkey());
  }

  /** RIPEMD160(SHA256(revocationpubkey)), as HTLC scripts have it. */
  get revocationPubkeyHash(): Hex {
    return (this.#revocationPubkeyHash ??= hash160Hex(this.#crypto, this.revocationPubkey));
  }

  /** local_delayedpubkey: the owner's. */
  get delayedPubkey(): PublicKey {
    return (this.#delayedPubkey ??= this.#derivation.delayedPubkey());
  }

  /** local_htlcpubkey is the owner's, remote_htlcpubkey the other side's. */
  get htlcPubkeys(): Readonly<Record<Side, PublicKey>> {
    return (this.#htlcPubkeys ??= {
      opener: this.#derivation.htlcPubkey('opener'),
      accepter: this.#derivation.htlcPubkey('accepter'),
    });
  }

  /** The output that pays the owner after its delay: to_local, and the output of every HTLC transaction. */
  get delayed(): { readonly witnessScript: Script; readonly script: Script } {
    if (this.#delayed === undefined) {
      const witnessScript = delayedWitnessScript(this.revocationPubkey, this.#delay, this.delayedPubkey);
      this.#delayed = { witnessScript, script: p2wsh(this.#crypto, witnessScript) };
    }
    return this.#delayed;
  }
}
