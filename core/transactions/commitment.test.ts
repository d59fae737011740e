import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScriptSignature, scriptSignature } from '../bitcoin/der.ts';
import { bip143Sighash, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { serialiseWithoutWitness } from '../bitcoin/tx.ts';
import type { Hash32, Signature } from '../crypto/bytes.ts';
import { hash256Hex } from '../crypto/hashes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { ChannelScripts, fundingOutput } from './channel-scripts.ts';
import { buildCommitment, commitmentNumber, fundingWitness, signedCommitmentTx } from './commitment.ts';
import type { BuiltCommitment } from './commitment.ts';
import { anchorsCostSat, commitmentFeeSat, htlcTxFeeSat } from './fees.ts';
import { ownHtlcSighash, signedHtlcTx } from './htlc.ts';
import { CommitmentKeys } from './keys.ts';
import type { ChannelParams, CommitmentContents, CommitmentFormat, HtlcSpec, Side } from './types.ts';
import { anchorVectors, commitmentVectors, testHtlcs, vectorKeys, vectorParams, vectorSecrets } from './vectors.fixture.ts';

function compact(der: string): Signature {
  const parsed = parseScriptSignature(der + '01');
  if (parsed === undefined) throw new Error('the vectors hold DER signatures');
  return parsed.signature;
}

function build(params: ReturnType<typeof vectorParams>, contents: CommitmentContents): BuiltCommitment {
  return buildCommitment(new ChannelScripts(noble, params), vectorKeys.cached(params), 42n, contents);
}

function signAll(built: BuiltCommitment): { commitment: string; remote: Signature; htlcs: { remote: Signature; tx: string }[] } {
  const local = noble.sign(built.sighash, vectorSecrets.localFunding);
  const remote = noble.sign(built.sighash, vectorSecrets.remoteFunding);
  const htlcs = built.htlcTransactions.map((htlcTx) => {
    const peer = noble.sign(htlcTx.sighash, vectorSecrets.remoteHtlc);
    const own = noble.sign(ownHtlcSighash(noble, htlcTx), vectorSecrets.localHtlc);
    const preimage = htlcTx.kind === 'success' ? vectorSecrets.preimage(htlcTx.htlc) : undefined;
    return { remote: peer, tx: signedHtlcTx(htlcTx, peer, own, preimage) };
  });
  return { commitment: signedCommitmentTx(built, local, remote), remote, htlcs };
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
      expect(commitmentNumber(built.channel, built.tx)).toBe(42n);

      const transactions = built.htlcTransactions;
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

const SEED = 0xb0170003;
const side = fc.constantFrom<Side>('opener', 'accepter');
const htlc: fc.Arbitrary<HtlcSpec> = fc.record({
  offerer: side,
  id: fc.bigInt(0n, 1000n),
  amountMsat: fc.oneof(fc.bigInt(1n, 3_000_000n), fc.bigInt(1n, 1_000_000_000n), fc.constantFrom(2_000_000n, 2_000_001n)),
  paymentHash: fc.constantFrom('01', '02', 'f0').map((byte) => byte.repeat(32) as Hash32),
  cltvExpiry: fc.integer({ min: 1, max: 499_999_999 }),
});
const contents: fc.Arbitrary<CommitmentContents> = fc
  .record({
    share: fc.bigInt(0n, 1_000_000n),
    htlcs: fc.uniqueArray(htlc, { maxLength: 8, selector: (h) => `${h.offerer}${h.id}` }),
    feeratePerKw: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 10_000_000 })),
  })
  .map(({ share, htlcs, feeratePerKw }) => {
    const rest = 10_000_000_000n - htlcs.reduce((sum, h) => sum + h.amountMsat, 0n);
    const opener = (rest * share) / 1_000_000n;
    return { balanceMsat: { opener, accepter: rest - opener }, htlcs, feeratePerKw };
  });
const params = fc.record({
  format: fc.constantFrom<CommitmentFormat>('anchors', 'static_remotekey'),
  dust: fc.constantFrom(354n, 546n, 2000n),
});

describe('a commitment transaction', () => {
  const allBut = (total: bigint, outputs: readonly { readonly amountSat: bigint }[]): bigint =>
    outputs.reduce((sum, output) => sum - output.amountSat, total);

  it('does not depend on the order in which HTLCs are listed', () => {
    fc.assert(
      fc.property(params, contents, ({ format, dust }, said) => {
        const shuffled = { ...said, htlcs: said.htlcs.toReversed() };
        const channel = vectorParams(format, dust);
        expect(build(channel, shuffled).outputs).toEqual(build(channel, said).outputs);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('accounts for every satoshi: outputs, and what the rules leave to the fee', () => {
    fc.assert(
      fc.property(params, contents, ({ format, dust }, said) => {
        const built = build(vectorParams(format, dust), said);
        const untrimmed = said.htlcs.length - built.trimmed.length;
        const cost = commitmentFeeSat(format, said.feeratePerKw, untrimmed) + anchorsCostSat(format);
        const opener = said.balanceMsat.opener / 1000n - cost;
        const anchors = built.outputs.filter((output) => output.kind === 'anchor');
        for (const output of built.outputs) {
          if (output.kind === 'to_local') expect(output.amountSat).toBe(opener);
          if (output.kind === 'to_remote') expect(output.amountSat).toBe(said.balanceMsat.accepter / 1000n);
          if (output.kind === 'htlc') expect(output.amountSat).toBe(output.htlc.amountMsat / 1000n);
          if (output.kind !== 'anchor') expect(output.amountSat).toBeGreaterThanOrEqual(dust);
        }
        const kinds = new Set(built.outputs.map((output) => output.kind));
        expect(kinds.has('to_local')).toBe(opener >= dust);
        expect(kinds.has('to_remote')).toBe(said.balanceMsat.accepter / 1000n >= dust);
        expect(anchors.map((output) => output.kind === 'anchor' && output.side).sort()).toEqual(
          format === 'anchors'
            ? [
                ...(kinds.has('to_remote') || untrimmed > 0 ? ['accepter'] : []),
                ...(kinds.has('to_local') || untrimmed > 0 ? ['opener'] : []),
              ]
            : [],
        );
        expect(built.feeSat).toBe(allBut(10_000_000n, built.outputs));
        if (opener >= dust) expect(built.feeSat).toBeGreaterThanOrEqual(commitmentFeeSat(format, said.feeratePerKw, untrimmed));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('has outputs in order, and HTLC transactions in the order of their outputs', () => {
    fc.assert(
      fc.property(params, contents, ({ format, dust }, said) => {
        const built = build(vectorParams(format, dust), said);
        const order = built.outputs.map((output) => {
          const cltv = output.kind === 'htlc' ? output.htlc.cltvExpiry : 0;
          return output.amountSat.toString().padStart(20, '0') + output.script + cltv.toString().padStart(10, '0');
        });
        expect(order).toEqual(order.toSorted());
        const transactions = built.htlcTransactions;
        const vouts = built.outputs.flatMap((output, vout) => (output.kind === 'htlc' ? [vout] : []));
        expect(transactions.map((tx) => tx.vout)).toEqual(vouts);
        for (const { tx, vout, htlc: spec, kind, amountSat } of transactions) {
          expect(tx.inputs[0]).toEqual({ txid: built.txid, vout, sequence: format === 'anchors' ? 1 : 0, scriptSig: '', witness: [] });
          expect(tx.locktime).toBe(kind === 'timeout' ? spec.cltvExpiry : 0);
          expect(tx.outputs[0]?.amountSat).toBe(amountSat - htlcTxFeeSat(format, said.feeratePerKw, kind));
          expect(tx.outputs[0]?.amountSat).toBeGreaterThanOrEqual(dust);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('of the accepter mirrors that of the opener', () => {
    fc.assert(
      fc.property(params, contents, ({ format, dust }, said) => {
        const channel = new ChannelScripts(noble, vectorParams(format, dust));
        const built = buildCommitment(channel, accepterKeys(channel.params), 7n, said);
        for (const output of built.outputs) {
          if (output.kind === 'to_local') expect([output.side, output.amountSat]).toEqual(['accepter', said.balanceMsat.accepter / 1000n]);
          if (output.kind === 'to_remote') {
            expect(output.side).toBe('opener');
            expect(output.script).toBe(channel.toRemote.opener.script);
          }
        }
        for (const tx of built.htlcTransactions) expect(tx.kind).toBe(tx.htlc.offerer === 'accepter' ? 'timeout' : 'success');
        expect(commitmentNumber(channel, built.tx)).toBe(7n);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('orders HTLCs that are equal in everything by their ids', () => {
    const htlcs = [3n, 1n, 2n].map((id) => ({ ...bigHtlc, id }));
    const said = { balanceMsat: { opener: 5_000_000_000n, accepter: 4_985_000_000n }, htlcs, feeratePerKw: 253 };
    const ids = build(vectorParams('anchors', 354n), said).htlcTransactions.map((tx) => tx.htlc.id);
    expect(ids).toEqual([1n, 2n, 3n]);
  });

  it("trims by its owner's dust limit, and keeps what is exactly at it", () => {
    const channel = vectorParams('static_remotekey', 0n);
    const { opener, accepter } = channel.parties;
    const uneven = { ...channel, parties: { opener: { ...opener, dustLimitSat: 1000n }, accepter: { ...accepter, dustLimitSat: 5000n } } };
    const htlcs = [1000n, 4999n, 5000n].map((sat, i) => ({ ...bigHtlc, id: BigInt(i), amountMsat: sat * 1000n }));
    const kept = (owner: Side, accepterSat: bigint): readonly string[] => {
      const balanceMsat = { opener: 9_000_000_000n, accepter: accepterSat * 1000n };
      const keys = owner === 'opener' ? vectorKeys.cached(channel) : accepterKeys(channel);
      const said = { balanceMsat, htlcs, feeratePerKw: 0 };
      const built = buildCommitment(new ChannelScripts(noble, uneven), keys, 1n, said);
      expect(built.trimmed.length + built.outputs.filter((output) => output.kind === 'htlc').length).toBe(3);
      return built.outputs.map((output) => (output.kind === 'htlc' ? `${output.amountSat}` : output.kind)).toSorted();
    };
    expect(kept('opener', 1000n)).toEqual(['1000', '4999', '5000', 'to_local', 'to_remote']);
    expect(kept('opener', 999n)).toEqual(['1000', '4999', '5000', 'to_local']);
    expect(kept('accepter', 5000n)).toEqual(['5000', 'to_local', 'to_remote']);
    expect(kept('accepter', 4999n)).toEqual(['5000', 'to_remote']);
  });

  it('is the same with keys derived on the way', () => {
    const channel = vectorParams('anchors', 546n);
    const said = { balanceMsat: { opener: 7_000_000_000n, accepter: 3_000_000_000n }, htlcs: [], feeratePerKw: 1000 };
    const keys = new CommitmentKeys(noble, channel, 'opener', vectorKeys.perCommitmentPoint);
    const built = buildCommitment(new ChannelScripts(noble, channel), keys, 42n, said);
    expect(built.txid).toBe(build(channel, said).txid);
    expect(built.txid).toBe(hash256Hex(noble, serialiseWithoutWitness(built.tx)));
  });

  it('carries numbers up to 48 bits', () => {
    const channel = new ChannelScripts(noble, vectorParams('anchors', 546n));
    const said = { balanceMsat: { opener: 7_000_000_000n, accepter: 3_000_000_000n }, htlcs: [], feeratePerKw: 1000 };
    for (const number of [0n, 1n, 0xffffffn, 0x1000000n, 0xffffffffffffn]) {
      const { tx } = buildCommitment(channel, vectorKeys.cached(channel.params), number, said);
      expect(commitmentNumber(channel, tx)).toBe(number);
      expect([tx.locktime >>> 24, (tx.inputs[0]?.sequence ?? 0) >>> 24]).toEqual([0x20, 0x80]);
    }
  });

  it('of an opener that cannot pay for its anchors is worth more than the channel, and says so', () => {
    const said = { balanceMsat: { opener: 100_000n, accepter: 9_999_900_000n - 5_000_000n }, htlcs: [bigHtlc], feeratePerKw: 1000 };
    expect(build(vectorParams('anchors', 546n), said).feeSat).toBe(100n - 660n);
  });
});

const bigHtlc: HtlcSpec = { offerer: 'accepter', id: 0n, amountMsat: 5_000_000n, paymentHash: '01'.repeat(32) as Hash32, cltvExpiry: 500 };
let cachedAccepterKeys: CommitmentKeys | undefined;
function accepterKeys(channel: ChannelParams): CommitmentKeys {
  return (cachedAccepterKeys ??= new CommitmentKeys(noble, channel, 'accepter', vectorKeys.perCommitmentPoint));
}

describe('channel scripts', () => {
  it('hash a sequence again only when it has changed', () => {
    let hashed = 0;
    const counting = { ...noble, hash256OfHex: (data: string) => (hashed++, noble.hash256OfHex(data)) };
    const channel = new ChannelScripts(counting, vectorParams('anchors', 546n));
    const said = { balanceMsat: { opener: 7_000_000_000n, accepter: 3_000_000_000n }, htlcs: [], feeratePerKw: 1000 };
    const hashes = (number: bigint): number => {
      const { tx } = buildCommitment(channel, vectorKeys.cached(channel.params), number, said);
      const before = hashed;
      const sighash = channel.fundingSighash(tx);
      const count = hashed - before;
      expect(sighash).toBe(bip143Sighash(noble, tx, 0, channel.funding.witnessScript, channel.params.fundingSat, SIGHASH_ALL));
      return count;
    };
    // Outputs and message each time; the upper half of the number changes at the 2^24th.
    expect([0n, 1n, 0xffffffn, 0x1000000n, 0x1000001n, 2n].map(hashes)).toEqual([3, 2, 2, 3, 2, 3]);
  });

  it('hold the funding script and the obscuring factor of Appendix C', () => {
    const scripts = new ChannelScripts(noble, vectorParams('static_remotekey', 546n));
    expect(scripts.funding.witnessScript).toBe(vectorKeys.expectedFundingScript);
    expect(scripts.obscuringFactor).toBe(vectorKeys.expectedObscuringFactor);
    const { opener, accepter } = vectorParams('anchors', 546n).parties;
    expect(fundingOutput(noble, accepter.fundingPubkey, opener.fundingPubkey)).toEqual(scripts.funding);
  });
});

describe('signed transactions', () => {
  it('put the signatures in the order of the funding keys', () => {
    const channel = vectorParams('anchors', 546n);
    const swapped = { ...channel, parties: { opener: channel.parties.accepter, accepter: channel.parties.opener } };
    const [a, b] = ['11'.repeat(64), '22'.repeat(64)] as [Signature, Signature];
    const [c, d] = [scriptSignature(a, 1), scriptSignature(b, 1)];
    const scripts = new ChannelScripts(noble, channel);
    const script = scripts.funding.witnessScript;
    expect(fundingWitness(scripts, a, b)).toEqual(['', c, d, script]);
    expect(fundingWitness(new ChannelScripts(noble, swapped), a, b)).toEqual(['', d, c, script]);
  });
});
