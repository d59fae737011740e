import { p2wsh } from '../bitcoin/script.ts';
import type { Hex, PublicKey, Script, SecretKey } from '../crypto/bytes.ts';
import { hash160Hex, sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { delayedWitnessScript } from './scripts.ts';
import { other } from './types.ts';
import type { BasepointSecrets, ChannelParams, Side } from './types.ts';

/** BOLT 3, Key Derivation: pubkey = basepoint + SHA256(per_commitment_point || basepoint) * G. */
export function derivePublicKey(crypto: Crypto, basepoint: PublicKey, perCommitmentPoint: PublicKey): PublicKey {
  return crypto.pointAdd(basepoint, crypto.publicKey(sha256Hex<SecretKey>(crypto, perCommitmentPoint + basepoint)));
}

/** BOLT 3, Key Derivation: privkey = basepoint_secret + SHA256(per_commitment_point || basepoint). */
export function derivePrivateKey(crypto: Crypto, secret: SecretKey, basepoint: PublicKey, perCommitmentPoint: PublicKey): SecretKey {
  return crypto.scalarAdd(secret, sha256Hex<SecretKey>(crypto, perCommitmentPoint + basepoint));
}

/** A point, with the scalar behind it where that is known: multiplying the generator is many times as fast as multiplying a point. */
interface MaybeKnown {
  readonly point: PublicKey;
  readonly secret?: SecretKey | undefined;
}

function multiply(crypto: Crypto, base: MaybeKnown, scalar: SecretKey): PublicKey {
  return base.secret === undefined
    ? crypto.pointMultiply(base.point, scalar)
    : crypto.publicKey(crypto.scalarMultiply(base.secret, scalar));
}

function revocationPublicKey(crypto: Crypto, basepoint: MaybeKnown, perCommitment: MaybeKnown): PublicKey {
  const a = sha256Hex<SecretKey>(crypto, basepoint.point + perCommitment.point);
  const b = sha256Hex<SecretKey>(crypto, perCommitment.point + basepoint.point);
  return crypto.pointAdd(multiply(crypto, basepoint, a), multiply(crypto, perCommitment, b));
}

/** BOLT 3, revocationpubkey Derivation, from two points. */
export function deriveRevocationPublicKey(crypto: Crypto, revocationBasepoint: PublicKey, perCommitmentPoint: PublicKey): PublicKey {
  return revocationPublicKey(crypto, { point: revocationBasepoint }, { point: perCommitmentPoint });
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

/** Secrets of one side, which make its keys cheaper to derive. `perCommitmentSecret` only of a commitment that this side owns. */
export interface KnownSecrets {
  readonly side: Side;
  readonly basepoints: BasepointSecrets;
  readonly perCommitmentSecret?: SecretKey;
}

/**
 * The keys of one side's commitment, and what every script of it shares.
 *
 * Each is derived when first asked for, and once: build a commitment and its HTLC transactions with the same object, and keep it
 * for as long as commitments with this per-commitment point are built.
 */
export class CommitmentKeys {
  readonly owner: Side;
  readonly perCommitmentPoint: PublicKey;
  readonly #crypto: Crypto;
  readonly #params: ChannelParams;
  readonly #known: KnownSecrets | undefined;
  #revocationPubkey: PublicKey | undefined;
  #revocationPubkeyHash: Hex | undefined;
  #delayedPubkey: PublicKey | undefined;
  #htlcPubkeys: Readonly<Record<Side, PublicKey>> | undefined;
  #delayed: { readonly witnessScript: Script; readonly script: Script } | undefined;

  constructor(crypto: Crypto, params: ChannelParams, owner: Side, perCommitmentPoint: PublicKey, known?: KnownSecrets) {
    this.owner = owner;
    this.perCommitmentPoint = perCommitmentPoint;
    this.#crypto = crypto;
    this.#params = params;
    this.#known = known;
  }

  /** The peer's blinded key that takes everything if this commitment is revoked. */
  get revocationPubkey(): PublicKey {
    const known = this.#known;
    const secret = known === undefined || known.side === this.owner ? undefined : known.basepoints.revocation;
    const commitmentSecret = known?.side === this.owner ? known.perCommitmentSecret : undefined;
    return (this.#revocationPubkey ??= revocationPublicKey(
      this.#crypto,
      { point: this.#params.parties[other(this.owner)].revocationBasepoint, secret },
      { point: this.perCommitmentPoint, secret: commitmentSecret },
    ));
  }

  /** RIPEMD160(SHA256(revocationpubkey)), as HTLC scripts have it. */
  get revocationPubkeyHash(): Hex {
    return (this.#revocationPubkeyHash ??= hash160Hex(this.#crypto, this.revocationPubkey));
  }

  /** local_delayedpubkey: the owner's. */
  get delayedPubkey(): PublicKey {
    return (this.#delayedPubkey ??= this.#derive(this.owner, 'delayedPaymentBasepoint', 'delayedPayment'));
  }

  /** local_htlcpubkey is the owner's, remote_htlcpubkey the other side's. */
  get htlcPubkeys(): Readonly<Record<Side, PublicKey>> {
    return (this.#htlcPubkeys ??= {
      opener: this.#derive('opener', 'htlcBasepoint', 'htlc'),
      accepter: this.#derive('accepter', 'htlcBasepoint', 'htlc'),
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

  #derive(side: Side, basepoint: 'delayedPaymentBasepoint' | 'htlcBasepoint', secret: 'delayedPayment' | 'htlc'): PublicKey {
    const point = this.#params.parties[side][basepoint];
    if (this.#known?.side !== side) return derivePublicKey(this.#crypto, point, this.perCommitmentPoint);
    return this.#crypto.publicKey(derivePrivateKey(this.#crypto, this.#known.basepoints[secret], point, this.perCommitmentPoint));
  }
}
