import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import { noble } from '../../core/crypto/noble.fixture.ts';
import { anchorVectors, commitmentVectors, testHtlcs, vectorKeys, vectorParams } from '../../core/transactions/vectors.fixture.ts';
import type { CommitmentFormat } from '../../core/transactions/types.ts';
import { rebuild } from './transactions.ts';
import type { Basis, Rebuilt } from './transactions.ts';

/** The vectors' transactions are signed: without marker, flag and witnesses, what is left is ours. */
function withoutWitness(signed: string): string {
  return signed.slice(0, 8) + signed.slice(12);
}

function basis(format: CommitmentFormat, dustLimitSat: bigint): Basis {
  const { funding, fundingSat, parties } = vectorParams(format, dustLimitSat);
  const party = (side: 'opener' | 'accepter') => ({ ...parties[side], toSelfDelay: parties[side].delayOnOwnCommitment });
  return {
    format,
    fundingTxid: funding.txid,
    fundingVout: funding.vout,
    capacitySat: fundingSat,
    parties: { opener: party('opener'), accepter: party('accepter') },
  };
}

interface Case {
  readonly name: string;
  readonly format: CommitmentFormat;
  readonly dustLimitSat: bigint;
  readonly opener: bigint;
  readonly accepter: bigint;
  readonly feeratePerKw: number;
  readonly commitTx: string;
  readonly htlcTxs: readonly string[];
}

const CASES: readonly Case[] = [
  ...commitmentVectors.cases.map((vector): Case => ({
    name: vector.name,
    format: 'static_remotekey',
    dustLimitSat: 546n,
    opener: BigInt(vector.to_local_msat),
    accepter: BigInt(vector.to_remote_msat),
    feeratePerKw: vector.local_feerate_per_kw,
    commitTx: vector.commit_tx,
    htlcTxs: vector.htlcTransactions.map((htlc) => htlc.tx),
  })),
  ...anchorVectors.cases.map((vector): Case => ({
    name: `${vector.Name}, anchors`,
    format: 'anchors',
    dustLimitSat: BigInt(vector.DustLimitSatoshis),
    opener: BigInt(vector.LocalBalance),
    accepter: BigInt(vector.RemoteBalance),
    feeratePerKw: vector.FeePerKw,
    commitTx: vector.ExpectedCommitmentTxHex,
    htlcTxs: vector.HtlcDescs.map((htlc) => htlc.ResolutionTxHex),
  })),
];

function build(vector: Case): Rebuilt {
  const htlcs = testHtlcs(vector.name);
  const contents = { balanceMsat: { opener: vector.opener, accepter: vector.accepter }, htlcs, feeratePerKw: vector.feeratePerKw };
  return rebuild(noble, basis(vector.format, vector.dustLimitSat), 'opener', 42n, vectorKeys.perCommitmentPoint, contents);
}

describe('the independent rebuild of BOLT 3', () => {
  it.each(CASES)('$name', (vector) => {
    const built = build(vector);
    const raw = toHex(built.rawTx);
    // The body up to the locktime is followed by witnesses in the vector.
    expect(withoutWitness(vector.commitTx).startsWith(raw.slice(0, -8))).toBe(true);
    expect(vector.commitTx.endsWith(raw.slice(-8))).toBe(true);
    expect(built.htlcs.length).toBe(vector.htlcTxs.length);
    for (const [i, htlc] of built.htlcs.entries()) {
      expect(withoutWitness(vector.htlcTxs[i] as string).startsWith(toHex(htlc.rawTx).slice(0, -8))).toBe(true);
    }
  });

  it('covers every vector of both appendices', () => {
    expect(CASES.length).toBe(commitmentVectors.cases.length + anchorVectors.cases.length);
    expect(CASES.length).toBeGreaterThan(20);
  });

  it('gives the digest that the vectors sign', () => {
    const vector = commitmentVectors.cases[0] as (typeof commitmentVectors.cases)[number];
    const built = build(CASES[0] as Case);
    const der = fromHex(vector.remote_signature);
    const r = toHex(der.subarray(4, 4 + (der[3] as number)))
      .padStart(64, '0')
      .slice(-64);
    const sStart = 4 + (der[3] as number) + 2;
    const s = toHex(der.subarray(sStart, sStart + (der[sStart - 1] as number)))
      .padStart(64, '0')
      .slice(-64);
    const { parties } = vectorParams('static_remotekey', 546n);
    expect(noble.verify((r + s) as never, built.sighash, parties.accepter.fundingPubkey)).toBe(true);
    expect(noble.verify((r + s) as never, built.sighash, parties.opener.fundingPubkey)).toBe(false);
  });
});
