import type { Hash32, Hex, PublicKey, SecretKey, Signature } from '../../crypto/bytes.ts';
import { ascii, toHex } from '../../crypto/bytes.ts';
import { sha256Hex } from '../../crypto/hashes.ts';
import type { Crypto } from '../../crypto/types.ts';
import { deriveOwnRevocationPublicKey, derivePrivateKey, deriveRemoteRevocationPublicKey } from '../../transactions/keys.ts';
import type { EndSignatures } from '../../gossip/channel-announcement.ts';
import { gossipHash } from '../../gossip/signing.ts';
import type { ChannelAnnouncement, ChannelUpdate } from '../../wire/messages/index.ts';
import type { BuiltClosing } from '../../transactions/closing.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import type { ClaimSecrets } from '../../transactions/claim-secrets.ts';
import { SecretGenerator, secretIndex } from '../../transactions/secrets.ts';
import type { CommitmentSignatures } from '../model/state.ts';
import type { Basepoints, Signer } from './signer.ts';

type KeyName = 'funding' | 'revocation' | 'payment' | 'delayed' | 'htlc' | 'shachain';

interface ChannelKeys {
  readonly secrets: Readonly<Record<Exclude<KeyName, 'shachain'>, SecretKey>>;
  readonly basepoints: Basepoints;
  readonly revocations: SecretGenerator;
  /** The last few: each is asked for when promised, when its commitment is built and revoked, and at reestablishment. */
  readonly revocationSecrets: Map<bigint, SecretKey>;
  readonly points: Map<bigint, PublicKey>;
}

/** One that has the secrets at hand: it answers everything at once. */
export interface KeySigner extends Signer {
  revealSecret(keysId: Hash32, number: bigint): SecretKey;
  signRemoteCommitment(keysId: Hash32, built: BuiltCommitment): CommitmentSignatures;
  signOwnCommitment(keysId: Hash32, built: BuiltCommitment): Signature;
  signClosing(keysId: Hash32, built: BuiltClosing): Signature;
  signAnnouncement(keysId: Hash32, announcement: ChannelAnnouncement): EndSignatures;
  signUpdate(update: ChannelUpdate): Signature;
  /** For the node's own watcher of this channel. */
  claimSecrets(keysId: Hash32): ClaimSecrets;
}

const REMEMBERED = 8;

/** What was made for this number, while it is among the last few. */
function remembered<T>(known: Map<bigint, T>, number: bigint, make: () => T): T {
  let value = known.get(number);
  if (value === undefined) {
    value = make();
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value as bigint);
    known.set(number, value);
  }
  return value;
}

/**
 * A signer that holds every channel's secrets, derived from one seed and the channel's `keysId`, and the node's own key.
 *
 * Remembers what it computed, never what it was asked to sign: answers depend on the arguments alone.
 */
export function createSigner(crypto: Crypto, seed: Hash32, nodeSecret: SecretKey): KeySigner {
  const channels = new Map<Hash32, ChannelKeys>();
  const keysOf = (keysId: Hash32): ChannelKeys => {
    let keys = channels.get(keysId);
    if (keys === undefined) channels.set(keysId, (keys = deriveKeys(crypto, seed, keysId)));
    return keys;
  };
  const perCommitmentSecret = (keysId: Hash32, number: bigint): SecretKey => {
    const { revocations, revocationSecrets } = keysOf(keysId);
    return remembered(revocationSecrets, number, () => revocations.at(secretIndex(number)));
  };
  const perCommitmentPoint = (keysId: Hash32, number: bigint): PublicKey =>
    remembered(keysOf(keysId).points, number, () => crypto.publicKey(perCommitmentSecret(keysId, number)));
  const htlcSecret = (keysId: Hash32, point: PublicKey): SecretKey => {
    const { secrets, basepoints } = keysOf(keysId);
    return derivePrivateKey(crypto, secrets.htlc, basepoints.htlcBasepoint, point);
  };
  return {
    nodeId: crypto.publicKey(nodeSecret),
    basepoints: (keysId) => keysOf(keysId).basepoints,
    perCommitmentPoint,
    revealSecret: perCommitmentSecret,
    isSecret: (keysId, number, secret) => perCommitmentSecret(keysId, number) === secret,
    signRemoteCommitment(keysId, { sighash, htlcTransactions, keys: { perCommitmentPoint: point } }): CommitmentSignatures {
      const signature = crypto.sign(sighash, keysOf(keysId).secrets.funding);
      if (htlcTransactions.length === 0) return { signature, htlcSignatures: [] };
      const secret = htlcSecret(keysId, point);
      return { signature, htlcSignatures: htlcTransactions.map((tx) => crypto.sign(tx.sighash, secret)) };
    },
    signOwnCommitment: (keysId, { sighash }) => crypto.sign(sighash, keysOf(keysId).secrets.funding),
    signClosing: (keysId, { sighash }) => crypto.sign(sighash, keysOf(keysId).secrets.funding),
    signAnnouncement(keysId, announcement): EndSignatures {
      const hash = gossipHash(crypto, announcement);
      return { nodeSignature: crypto.sign(hash, nodeSecret), bitcoinSignature: crypto.sign(hash, keysOf(keysId).secrets.funding) };
    },
    signUpdate: (update) => crypto.sign(gossipHash(crypto, update), nodeSecret),
    ownRevocationPubkey: (keysId, number, remoteBasepoint) =>
      deriveOwnRevocationPublicKey(crypto, remoteBasepoint, perCommitmentPoint(keysId, number), perCommitmentSecret(keysId, number)),
    remoteRevocationPubkey(keysId, remotePoint): PublicKey {
      const { secrets, basepoints } = keysOf(keysId);
      return deriveRemoteRevocationPublicKey(crypto, basepoints.revocationBasepoint, remotePoint, secrets.revocation);
    },
    delayedPubkey(keysId, point): PublicKey {
      const { secrets, basepoints } = keysOf(keysId);
      return crypto.publicKey(derivePrivateKey(crypto, secrets.delayed, basepoints.delayedPaymentBasepoint, point));
    },
    htlcPubkey: (keysId, point) => crypto.publicKey(htlcSecret(keysId, point)),
    claimSecrets: (keysId) => keysOf(keysId).secrets,
  };
}

/** SHA-256 of seed, the channel's id and the key's name, again until it is a valid secret key (a chance of 2^-128 that it is not). */
function deriveSecret(crypto: Crypto, seed: Hash32, keysId: Hash32, name: KeyName): SecretKey {
  let message: Hex = keysId + toHex(ascii(name));
  for (;;) {
    const secret = sha256Hex<SecretKey>(crypto, seed + message);
    if (crypto.isValidSecretKey(secret)) return secret;
    message = secret;
  }
}

function deriveKeys(crypto: Crypto, seed: Hash32, keysId: Hash32): ChannelKeys {
  const secret = (name: KeyName): SecretKey => deriveSecret(crypto, seed, keysId, name);
  const secrets = {
    funding: secret('funding'),
    revocation: secret('revocation'),
    payment: secret('payment'),
    delayed: secret('delayed'),
    htlc: secret('htlc'),
  };
  return {
    secrets,
    basepoints: {
      fundingPubkey: crypto.publicKey(secrets.funding),
      revocationBasepoint: crypto.publicKey(secrets.revocation),
      paymentBasepoint: crypto.publicKey(secrets.payment),
      delayedPaymentBasepoint: crypto.publicKey(secrets.delayed),
      htlcBasepoint: crypto.publicKey(secrets.htlc),
    },
    revocations: new SecretGenerator(crypto, secret('shachain')),
    revocationSecrets: new Map(),
    points: new Map(),
  };
}
