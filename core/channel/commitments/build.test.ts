import { describe, expect, it } from 'vitest';
import type { Signature, Txid } from '../../crypto/bytes.ts';
import { noble } from '../../crypto/noble.fixture.ts';
import type { Crypto } from '../../crypto/types.ts';
import { other } from '../../transactions/types.ts';
import type { Side } from '../../transactions/types.ts';
import { buildCommitments, checkSignatures } from './build.ts';
import { ChannelCache } from './cache.ts';
import type { Contents } from '../model/contents.ts';
import { bytes32, Duo } from '../duo.fixture.ts';
import { createSigner } from './key-signer.ts';
import type { ChannelParams, FundingOutput, Party } from '../model/state.ts';
import { htlc } from '../updates.fixture.ts';

const signers = { opener: createSigner(noble, bytes32(0x0a), bytes32(0x0a)), accepter: createSigner(noble, bytes32(0x0b), bytes32(0x0b)) };
const keysIds = { opener: bytes32(1), accepter: bytes32(2) };
const template = new Duo().open().funded('opener').params;

function paramsFor(us: Side, changes: Partial<Record<Side, Partial<Party>>> = {}): ChannelParams {
  const party = (side: Side): Party => ({
    ...template.parties[side],
    ...signers[side].basepoints(keysIds[side]),
    toSelfDelay: side === 'opener' ? 100 : 200,
    ...changes[side],
  });
  return { ...template, us, keysId: keysIds[us], parties: { opener: party('opener'), accepter: party('accepter') } };
}

const params = { opener: paramsFor('opener'), accepter: paramsFor('accepter') };
const funding: FundingOutput = {
  txid: bytes32<Txid>(0x31),
  vout: 3,
  amountSat: 1_000_000n,
  format: 'anchors',
  fundingPubkeys: {
    opener: signers.opener.basepoints(keysIds.opener).fundingPubkey,
    accepter: signers.accepter.basepoints(keysIds.accepter).fundingPubkey,
  },
  contributionSat: { opener: 1_000_000n, accepter: 0n },
  reserveSat: { opener: 10_000n, accepter: 10_000n },
};
const contents: Contents = {
  balanceMsat: { opener: 600_000_000n, accepter: 300_000_000n },
  htlcs: [htlc('opener', 0n, 60_000_000n), htlc('accepter', 0n, 40_000_000n)],
  feeratePerKw: 2500,
};

const env = (side: Side, crypto: Crypto = noble) => ({ crypto, signer: signers[side], cache: new ChannelCache(crypto) });

describe('the cache of a node', () => {
  const cache = new ChannelCache(noble);

  it('turns to_self_delay round: each commitment is delayed by what the other side asked for', () => {
    const tx = cache.scripts(params.opener, funding).params;
    expect(tx).toMatchObject({ format: 'anchors', funding: { txid: funding.txid, vout: 3 }, fundingSat: 1_000_000n });
    expect([tx.parties.opener.delayOnOwnCommitment, tx.parties.accepter.delayOnOwnCommitment]).toEqual([200, 100]);
    expect(tx.parties.opener.fundingPubkey).toBe(funding.fundingPubkeys.opener);
  });

  it('has one object a funding, and another for another, other parameters, and another node', () => {
    const scripts = cache.scripts(params.opener, funding);
    expect(cache.scripts(params.opener, funding)).toBe(scripts);
    expect(cache.scripts(params.opener, { ...funding, vout: 4 })).not.toBe(scripts);
    expect(cache.scripts(params.opener, { ...funding, vout: 4 }).params.funding.vout).toBe(4);
    expect(cache.scripts(params.accepter, funding)).not.toBe(scripts);
    expect(new ChannelCache(noble).scripts(params.opener, funding)).not.toBe(scripts);
  });
});

describe.each(['opener', 'accepter'] as const)('a commitment of the %s', (owner) => {
  const signer = other(owner);
  const point = signers[owner].perCommitmentPoint(keysIds[owner], 5n);
  const [built] = buildCommitments(env(signer), params[signer], [funding], owner, 5n, point, contents);
  const [own] = buildCommitments(env(owner), params[owner], [funding], owner, 5n, point, contents);
  if (built === undefined || own === undefined) throw new Error('none was built');
  const signatures = signers[signer].signRemoteCommitment(keysIds[signer], built);

  it('is the same to both, one a funding', () => {
    expect(own).not.toBe(built);
    expect(own.tx).toEqual(built.tx);
    expect(own.keys.htlcPubkeys).toEqual(built.keys.htlcPubkeys);
    const both = buildCommitments(env('opener'), params.opener, [funding, { ...funding, vout: 9 }], owner, 5n, point, contents);
    expect(both.map((b) => b.tx.inputs[0]?.vout)).toEqual([3, 9]);
  });

  it('is signed by one side and verified by the other', () => {
    expect(signatures.htlcSignatures).toHaveLength(2);
    expect(checkSignatures(noble, params[owner], own, signatures, 'opening.signature')).toBeUndefined();
    const keys = funding.fundingPubkeys[signer];
    expect(noble.verify(signatures.signature, own.sighash, keys)).toBe(true);
    for (const [i, tx] of own.htlcTransactions.entries()) {
      expect(noble.verify(signatures.htlcSignatures[i] as Signature, tx.sighash, own.keys.htlcPubkeys[signer])).toBe(true);
    }
    const forTheChain = signers[owner].signOwnCommitment(keysIds[owner], own) as Signature;
    expect(noble.verify(forTheChain, own.sighash, funding.fundingPubkeys[owner])).toBe(true);
  });

  it('is not verified with anything amiss', () => {
    const { signature, htlcSignatures } = signatures;
    const [first, second] = htlcSignatures as [Signature, Signature];
    const check = (changed: Partial<typeof signatures>): string | undefined =>
      checkSignatures(noble, params[owner], own, { ...signatures, ...changed }, 'opening.signature')?.detail;
    expect(check({ signature: first })).toBe('signature is not valid for commitment 5');
    expect(check({ signature: signers[owner].signOwnCommitment(keysIds[owner], own) as Signature })).toMatch(/^signature is not valid/);
    expect(check({ htlcSignatures: [first] })).toBe('num_htlcs is 1, the commitment has 2 HTLC outputs');
    expect(check({ htlcSignatures: [first, second, second] })).toBe('num_htlcs is 3, the commitment has 2 HTLC outputs');
    expect(check({ htlcSignatures: [second, first] })).toBe('htlc_signature 0 is not valid');
    expect(check({ htlcSignatures: [first, signature] })).toBe('htlc_signature 1 is not valid');
    // What was wrongly signed is told.
    const about = (changed: Partial<typeof signatures>): unknown =>
      checkSignatures(noble, params[owner], own, { ...signatures, ...changed }, 'opening.signature')?.tx;
    expect(about({ signature: first })).toBe(own.tx);
    expect(about({ htlcSignatures: [first, signature] })).toEqual(own.htlcTransactions[1]?.tx);
    expect(about({ htlcSignatures: [first] })).toBeUndefined();
  });
});

describe('without HTLCs', () => {
  it('one signature is made', () => {
    let signed = 0;
    const counting: Crypto = { ...noble, sign: (hash, secret) => (signed++, noble.sign(hash, secret)) };
    const point = signers.accepter.perCommitmentPoint(keysIds.accepter, 0n);
    const [built] = buildCommitments(env('opener'), params.opener, [funding], 'accepter', 0n, point, { ...contents, htlcs: [] });
    const signer = createSigner(counting, bytes32(0x0a), bytes32(0x0a));
    expect(signer.signRemoteCommitment(keysIds.opener, built as NonNullable<typeof built>).htlcSignatures).toEqual([]);
    expect(signed).toBe(1);
  });
});
