import { describe, expect, it } from 'vitest';
import { parseScriptSignature } from '../bitcoin/der.ts';
import type { Signature } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.ts';
import { buildCommitment, commitmentNumber, signedCommitmentTx } from './commitment.ts';
import type { BuiltCommitment } from './commitment.ts';
import { commitmentFeeSat } from './fees.ts';
import { htlcTransactions, ownHtlcSighash, signedHtlcTx } from './htlc.ts';
import type { CommitmentContents } from './types.ts';
import { anchorVectors, commitmentVectors, testHtlcs, vectorKeys, vectorParams, vectorSecrets } from './vectors.fixture.ts';

function compact(der: string): Signature {
  const parsed = parseScriptSignature(der + '01');
  if (parsed === undefined) throw new Error('the vectors hold DER signatures');
  return parsed.signature;
}

function build(params: ReturnType<typeof vectorParams>, contents: CommitmentContents): BuiltCommitment {
  return buildCommitment(noble, params, 'opener', 42n, vectorKeys.perCommitmentPoint, contents, vectorKeys.cached(params));
}

function signAll(built: BuiltCommitment): { commitment: string; remote: Signature; htlcs: { remote: Signature; tx: string }[] } {
  const local = noble.sign(built.sighash, vectorSecrets.localFunding);
  const remote = noble.sign(built.sighash, vectorSecrets.remoteFunding);
  const htlcs = htlcTransactions(noble, built).map((htlcTx) => {
    const peer = noble.sign(htlcTx.sighash, vectorSecrets.remoteHtlc);
    const own = noble.sign(ownHtlcSighash(noble, htlcTx), vectorSecrets.localHtlc);
    const preimage = htlcTx.kind === 'success' ? vectorSecrets.preimage(htlcTx.htlc) : undefined;
    return { remote: peer, tx: signedHtlcTx(htlcTx, peer, own, preimage) };
  });
  return { commitment: signedCommitmentTx(noble, built, local, remote), remote, htlcs };
}

describe('BOLT 3, Appendix C: commitment and HTLC transactions', () => {
  it('has all sixteen cases', () => expect(commitmentVectors.cases.length).toBe(16));

  for (const vector of commitmentVectors.cases) {
    it(vector.name, () => {
      const htlcs = testHtlcs(vector.name);
      const contents: CommitmentContents = {
        balanceMsat: { opener: BigInt(vector.to_local_msat), accepter: BigInt(vector.to_remote_msat) },
        htlcs,
        feeratePerKw: vector.local_feerate_per_kw,
      };
      const built = build(vectorParams('static_remotekey', 546n), contents);
      const signed = signAll(built);

      if (vector.base_fee !== undefined) {
        expect(commitmentFeeSat('static_remotekey', vector.local_feerate_per_kw, vector.num_htlcs)).toBe(BigInt(vector.base_fee));
      }
      if (vector.actual_fee !== undefined) expect(built.feeSat).toBe(BigInt(vector.actual_fee));
      expect(built.trimmed.length).toBe(htlcs.length - vector.num_htlcs);
      for (const output of built.outputs) {
        if (output.kind === 'htlc') {
          const expected = vector.htlcScripts[String(output.htlc.id)];
          expect(expected?.wscript).toBe(output.witnessScript);
          expect(expected?.direction).toBe(output.htlc.offerer === 'opener' ? 'offered' : 'received');
          expect(BigInt(expected?.amount ?? -1)).toBe(output.amountSat);
        }
        if (output.kind === 'to_local' && vector.to_local !== undefined) {
          expect([output.side, output.amountSat, output.witnessScript]).toEqual([
            'opener',
            BigInt(vector.to_local.amount),
            vector.to_local.wscript,
          ]);
        }
        if (output.kind === 'to_remote' && vector.to_remote !== undefined) {
          expect([output.side, output.amountSat]).toEqual(['accepter', BigInt(vector.to_remote.amount)]);
        }
      }
      expect(signed.remote).toBe(compact(vector.remote_signature));
      expect(signed.commitment).toBe(vector.commit_tx);
      expect(commitmentNumber(noble, built.params, built.tx)).toBe(42n);

      const transactions = htlcTransactions(noble, built);
      expect(transactions.map((tx) => [tx.vout, tx.kind, Number(tx.htlc.id)])).toEqual(
        vector.htlcTransactions.map((tx) => [tx.output, tx.kind, tx.htlc]),
      );
      expect(signed.htlcs).toEqual(vector.htlcTransactions.map((tx) => ({ remote: compact(tx.remote_signature), tx: tx.tx })));
    });
  }
});

describe('BOLT 3, Appendix F: commitment and HTLC transactions with anchors', () => {
  it('has all nine cases', () => expect(anchorVectors.cases.length).toBe(9));

  for (const vector of anchorVectors.cases) {
    it(vector.Name, () => {
      const contents: CommitmentContents = {
        balanceMsat: { opener: BigInt(vector.LocalBalance), accepter: BigInt(vector.RemoteBalance) },
        htlcs: vector.UseTestHtlcs ? testHtlcs(vector.Name) : [],
        feeratePerKw: vector.FeePerKw,
      };
      const built = build(vectorParams('anchors', BigInt(vector.DustLimitSatoshis)), contents);
      const signed = signAll(built);
      expect(signed.remote).toBe(compact(vector.RemoteSigHex));
      expect(signed.commitment).toBe(vector.ExpectedCommitmentTxHex);
      expect(signed.htlcs).toEqual(vector.HtlcDescs.map((htlc) => ({ remote: compact(htlc.RemoteSigHex), tx: htlc.ResolutionTxHex })));
    });
  }
});
