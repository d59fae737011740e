import { describe, expect, it } from 'vitest';
import type { PublicKey, Signature, Txid } from '../../crypto/bytes.ts';
import { noble } from '../../crypto/noble.ts';
import type { Crypto } from '../../crypto/types.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { htlcTransactions } from '../../transactions/htlc.ts';
import { other } from '../../transactions/types.ts';
import type { Side } from '../../transactions/types.ts';
import { buildCommitments, checkSignatures, signCommitment, txParams } from './build.ts';
import type { Contents } from '../model/contents.ts';
import { bytes32, Duo } from '../duo.fixture.ts';
import { createSigner } from './key-signer.ts';
import type { AddUpdate, ChannelParams, FundingOutput, Party } from '../model/state.ts';
import { htlc } from '../updates.fixture.ts';

const signers = { opener: createSigner(noble, bytes32(0x0a)), accepter: createSigner(noble, bytes32(0x0b)) };
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

describe('txParams', () => {
  it('turns to_self_delay round: each commitment is delayed by what the other side asked for', () => {
    const tx = txParams(params.opener, funding);
    expect(tx).toMatchObject({ format: 'anchors', funding: { txid: funding.txid, vout: 3 }, fundingSat: 1_000_000n });
    expect([tx.parties.opener.delayOnOwnCommitment, tx.parties.accepter.delayOnOwnCommitment]).toEqual([200, 100]);
    expect(tx.parties.opener.fundingPubkey).toBe(funding.fundingPubkeys.opener);
  });

  it('is one object a funding, whoever asks, and another for another', () => {
    expect(txParams(params.opener, { ...funding })).toBe(txParams(params.opener, funding));
    expect(txParams(params.opener, { ...funding, vout: 4 })).not.toBe(txParams(params.opener, funding));
    expect(txParams(params.opener, { ...funding, vout: 4 }).funding.vout).toBe(4);
    expect(txParams(params.accepter, funding)).toBe(txParams(params.opener, funding));
  });
});

describe.each(['opener', 'accepter'] as const)('a commitment of the %s', (owner) => {
  const signer = other(owner);
  const point = signers[owner].perCommitmentPoint(keysIds[owner], 5n);
  const [built] = buildCommitments(noble, params[signer], [funding], owner, 5n, point, contents);
  // Another provider of the same: what was built for one is not remembered for the other.
  const [own] = buildCommitments({ ...noble }, params[owner], [funding], owner, 5n, point, contents);
  if (built === undefined || own === undefined) throw new Error('none was built');
  const signatures = signCommitment(noble, signers[signer], params[signer], point, built);

  it('is the same to both, one a funding', () => {
    expect(own).not.toBe(built);
    expect(own.tx).toEqual(built.tx);
    const both = buildCommitments(noble, params.opener, [funding, { ...funding, vout: 9 }], owner, 5n, point, contents);
    expect(both.map((b) => b.tx.inputs[0]?.vout)).toEqual([3, 9]);
  });

  it('is signed by one side and verified by the other', () => {
    expect(signatures.htlcSignatures).toHaveLength(2);
    expect(checkSignatures(noble, params[owner], own, signatures, 'rule')).toBeUndefined();
    const keys = funding.fundingPubkeys[signer];
    expect(noble.verify(signatures.signature, own.sighash, keys)).toBe(true);
    for (const [i, tx] of htlcTransactions(noble, own).entries()) {
      expect(noble.verify(signatures.htlcSignatures[i] as Signature, tx.sighash, own.keys.htlcPubkeys[signer])).toBe(true);
    }
  });

  it('is not verified with anything amiss', () => {
    const { signature, htlcSignatures } = signatures;
    const [first, second] = htlcSignatures as [Signature, Signature];
    const check = (changed: Partial<typeof signatures>): string | undefined =>
      checkSignatures(noble, params[owner], own, { ...signatures, ...changed }, 'rule')?.detail;
    expect(check({ signature: first })).toBe('signature is not valid for commitment 5');
    expect(check({ signature: signers[owner].signFunding(keysIds[owner], own.sighash) })).toMatch(/^signature is not valid/);
    expect(check({ htlcSignatures: [first] })).toBe('num_htlcs is 1, the commitment has 2 HTLC outputs');
    expect(check({ htlcSignatures: [first, second, second] })).toBe('num_htlcs is 3, the commitment has 2 HTLC outputs');
    expect(check({ htlcSignatures: [second, first] })).toBe('htlc_signature 0 is not valid');
    expect(check({ htlcSignatures: [first, signature] })).toBe('htlc_signature 1 is not valid');
    // What was wrongly signed is told.
    const about = (changed: Partial<typeof signatures>): unknown =>
      checkSignatures(noble, params[owner], own, { ...signatures, ...changed }, 'rule')?.tx;
    expect(about({ signature: first })).toBe(own.tx);
    expect(about({ htlcSignatures: [first, signature] })).toEqual(htlcTransactions(noble, own)[1]?.tx);
    expect(about({ htlcSignatures: [first] })).toBeUndefined();
  });
});

describe('a commitment that was built a moment ago', () => {
  const point = signers.accepter.perCommitmentPoint(keysIds.accepter, 7n);
  const secret = signers.accepter.perCommitmentSecret(keysIds.accepter, 7n);
  const build = (change: {
    side?: ChannelParams;
    crypto?: Crypto;
    number?: bigint;
    output?: FundingOutput;
    by?: PublicKey;
    says?: Contents;
    owner?: Side;
  }) =>
    buildCommitments(
      change.crypto ?? noble,
      change.side ?? params.opener,
      [change.output ?? funding],
      change.owner ?? 'accepter',
      change.number ?? 7n,
      change.by ?? point,
      change.says ?? contents,
    )[0] as BuiltCommitment;
  const [first, second] = contents.htlcs as [AddUpdate, AddUpdate];
  const htlcs = (change: Partial<AddUpdate>): Contents => ({ ...contents, htlcs: [first, { ...second, ...change }] });

  it('is found by the other end and after a restart, with its HTLC transactions', () => {
    const built = build({});
    const copy = { ...contents, htlcs: contents.htlcs.map((add) => ({ ...add })) };
    expect(build({ side: params.accepter, says: copy })).toBe(built);
    expect(build({ side: { ...params.opener } })).toBe(built);
    expect(buildCommitments(noble, params.accepter, [funding], 'accepter', 7n, point, contents, secret)[0]).toBe(built);
    expect(htlcTransactions(noble, build({}))).toBe(htlcTransactions(noble, built));
  });

  it.each<[string, Parameters<typeof build>[0]]>([
    ['provider', { crypto: { ...noble } }],
    ['owner', { owner: 'opener' }],
    ['number', { number: 8n }],
    ['point', { by: signers.accepter.perCommitmentPoint(keysIds.accepter, 8n) }],
    ['feerate', { says: { ...contents, feeratePerKw: 2501 } }],
    ["opener's balance", { says: { ...contents, balanceMsat: { ...contents.balanceMsat, opener: 600_000_001n } } }],
    ["accepter's balance", { says: { ...contents, balanceMsat: { ...contents.balanceMsat, accepter: 300_000_001n } } }],
    ['HTLCs', { says: { ...contents, htlcs: [first] } }],
    ['offerer', { says: htlcs({ offerer: 'opener' }) }],
    ['id', { says: htlcs({ id: 1n }) }],
    ['amount', { says: htlcs({ amountMsat: second.amountMsat + 1n }) }],
    ['expiry', { says: htlcs({ cltvExpiry: second.cltvExpiry + 1 }) }],
    ['payment_hash', { says: htlcs({ paymentHash: bytes32(0x77) }) }],
    ['format', { output: { ...funding, format: 'static_remotekey' } }],
    ['funding_pubkey', { output: { ...funding, fundingPubkeys: { ...funding.fundingPubkeys, opener: point } } }],
  ])('is built anew for another %s', (_, change) => {
    const built = build({});
    expect(build(change)).not.toBe(built);
  });

  it.each<Partial<Party>>([
    { revocationBasepoint: point },
    { paymentBasepoint: point },
    { delayedPaymentBasepoint: point },
    { htlcBasepoint: point },
    { dustLimitSat: 1_000n },
    { toSelfDelay: 9 },
  ])('is built anew where one end brought another %o', (change) => {
    const built = build({});
    for (const side of ['opener', 'accepter'] as const) {
      expect(build({ side: paramsFor('opener', { [side]: change }) })).not.toBe(built);
    }
  });

  it('is forgotten after a few others', () => {
    const built = build({});
    for (let number = 100n; number < 120n; number++) build({ number });
    expect(build({})).not.toBe(built);
  });
});

describe('without HTLCs', () => {
  it('no HTLC key is asked for', () => {
    const point = signers.accepter.perCommitmentPoint(keysIds.accepter, 0n);
    const [built] = buildCommitments(noble, params.opener, [funding], 'accepter', 0n, point, { ...contents, htlcs: [] });
    const never = {
      ...signers.opener,
      signHtlcs: () => {
        throw new Error('asked');
      },
    };
    expect(signCommitment(noble, never, params.opener, point, built as NonNullable<typeof built>).htlcSignatures).toEqual([]);
  });
});
