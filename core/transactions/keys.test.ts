import { describe, expect, it } from 'vitest';
import vectors from '../../corpus/vectors/bolt03-keys.json' with { type: 'json' };
import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Crypto } from '../crypto/types.ts';
import {
  CommitmentKeys,
  deriveOwnRevocationPublicKey,
  derivePrivateKey,
  derivePublicKey,
  deriveRemoteRevocationPublicKey,
  deriveRevocationPrivateKey,
  deriveRevocationPublicKey,
} from './keys.ts';
import { other } from './types.ts';
import type { ChannelParams, ChannelParty, Side } from './types.ts';
import { vectorKeys, vectorParams } from './vectors.fixture.ts';

const basepoint = vectors.base_point as PublicKey;
const point = vectors.per_commitment_point as PublicKey;
const basepointSecret = vectors.base_secret as SecretKey;
const perCommitmentSecret = vectors.per_commitment_secret as SecretKey;

describe('BOLT 3, Appendix E: key derivation', () => {
  it('derives a public key', () => expect(derivePublicKey(noble, basepoint, point)).toBe(vectors.localpubkey));
  it('derives a private key', () => {
    expect(derivePrivateKey(noble, basepointSecret, basepoint, point)).toBe(vectors.localprivkey);
  });
  it('derives a revocation public key', () => {
    expect(deriveRevocationPublicKey(noble, basepoint, point)).toBe(vectors.revocationpubkey);
  });
  it('derives a revocation private key', () => {
    expect(deriveRevocationPrivateKey(noble, basepointSecret, perCommitmentSecret)).toBe(vectors.revocationprivkey);
  });
});

describe('the keys of a commitment', () => {
  it('are those of Appendix C', () => {
    const { revocationPubkey, delayedPubkey, htlcPubkeys } = vectorKeys.cached(vectorParams('static_remotekey', 546n));
    expect({ revocationPubkey, delayedPubkey, htlcPubkeys }).toEqual(vectorKeys.expected);
  });

  const secrets = (first: number): Record<'revocation' | 'payment' | 'delayedPayment' | 'htlc', SecretKey> => {
    const secret = (i: number): SecretKey => (first + i).toString(16).repeat(32) as SecretKey;
    return { revocation: secret(0), payment: secret(1), delayedPayment: secret(2), htlc: secret(3) };
  };
  const basepoints: Readonly<Record<Side, ReturnType<typeof secrets>>> = { opener: secrets(0x21), accepter: secrets(0x41) };
  const party = (side: Side): ChannelParty => ({
    fundingPubkey: noble.publicKey(basepoints[side].payment),
    revocationBasepoint: noble.publicKey(basepoints[side].revocation),
    paymentBasepoint: noble.publicKey(basepoints[side].payment),
    delayedPaymentBasepoint: noble.publicKey(basepoints[side].delayedPayment),
    htlcBasepoint: noble.publicKey(basepoints[side].htlc),
    dustLimitSat: 354n,
    delayOnOwnCommitment: side === 'opener' ? 100 : 200,
  });
  const params: ChannelParams = { ...vectorParams('anchors', 354n), parties: { opener: party('opener'), accepter: party('accepter') } };

  for (const owner of ['opener', 'accepter'] as const) {
    const plain = new CommitmentKeys(noble, params, owner, point);

    it(`of the ${owner} are revoked by the other side's key and delay the owner's`, () => {
      expect(plain.revocationPubkey).toBe(deriveRevocationPublicKey(noble, params.parties[other(owner)].revocationBasepoint, point));
      expect(plain.delayedPubkey).toBe(derivePublicKey(noble, params.parties[owner].delayedPaymentBasepoint, point));
      expect(plain.delayed.witnessScript).toContain(owner === 'opener' ? '0164b2' : '02c800b2');
    });

    it(`of the ${owner} are revoked by the same key with either secret, and it is cheaper`, () => {
      let multiplications = 0;
      const counting: Crypto = { ...noble, pointMultiply: (...args) => (multiplications++, noble.pointMultiply(...args)) };
      const peer = other(owner);
      const { revocationBasepoint } = params.parties[peer];
      const { revocation } = basepoints[peer];
      expect(deriveOwnRevocationPublicKey(counting, revocationBasepoint, point, perCommitmentSecret)).toBe(plain.revocationPubkey);
      expect(deriveRemoteRevocationPublicKey(counting, revocationBasepoint, point, revocation)).toBe(plain.revocationPubkey);
      expect(multiplications).toBe(2);
    });
  }

  it('are derived once, and only when asked for', () => {
    let operations = 0;
    const counting: Crypto = {
      ...noble,
      pointTweakAdd: (base, tweak) => (operations++, noble.pointTweakAdd(base, tweak)),
      pointMultiply: (base, scalar) => (operations++, noble.pointMultiply(base, scalar)),
    };
    const keys = new CommitmentKeys(counting, params, 'opener', point);
    expect(operations).toBe(0);
    expect(keys.delayed).toBe(keys.delayed);
    expect(operations).toBe(3);
    expect(keys.htlcPubkeys).toBe(keys.htlcPubkeys);
    expect(keys.revocationPubkeyHash).toBe(keys.revocationPubkeyHash);
    expect(operations).toBe(5);
  });
});
