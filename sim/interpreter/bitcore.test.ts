import bitcore from 'bitcore-lib';
import { describe, expect, it } from 'vitest';
import anchorVectors from '../../corpus/vectors/bolt03-commitments-anchors.json' with { type: 'json' };
import commitmentVectors from '../../corpus/vectors/bolt03-commitments.json' with { type: 'json' };
import { scriptSignature } from '../../core/bitcoin/der.ts';
import { p2pkh, p2wpkh, p2wsh } from '../../core/bitcoin/script.ts';
import { bip143Sighash, SIGHASH_ALL } from '../../core/bitcoin/sighash.ts';
import { serialiseTx, withWitness } from '../../core/bitcoin/tx.ts';
import type { Tx, TxInput, TxOutput } from '../../core/bitcoin/tx.ts';
import type { Hex, PublicKey, RawTx, Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import { noble } from '../../core/crypto/noble.fixture.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { fundingOutput } from '../../core/transactions/channel-scripts.ts';
import { derivePrivateKey } from '../../core/transactions/keys.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { parsed, PREIMAGE, secret, signedChannel } from './channel.fixture.ts';
import { verifySpend } from './bitcore.ts';

const OK = { ok: true };

/** One thing in a transaction changed, by name. */
function withInput(tx: Tx, change: Partial<TxInput>): RawTx {
  return serialiseTx({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, ...change })) });
}

function flipWitnessBit(tx: Tx, item: number, at: number): RawTx {
  const witness = tx.inputs[0]?.witness ?? [];
  const flipped = witness.map((hex, i) =>
    i === item ? hex.slice(0, at) + (parseInt(hex.charAt(at), 16) ^ 1).toString(16) + hex.slice(at + 1) : hex,
  );
  return serialiseTx(withWitness(tx, 0, flipped));
}

const { common } = commitmentVectors;
const funding: TxOutput = {
  amountSat: BigInt(common.funding_amount_satoshi),
  script: fundingOutput(noble, common.local_funding_pubkey as PublicKey, common.remote_funding_pubkey as PublicKey).script,
};

interface SignedCommitment {
  readonly name: string;
  readonly commitment: string;
  readonly htlcs: readonly string[];
}
const vectors: readonly SignedCommitment[] = [
  ...commitmentVectors.cases.map((vector) => ({
    name: vector.name,
    commitment: vector.commit_tx,
    htlcs: vector.htlcTransactions.map(({ tx }) => tx),
  })),
  ...anchorVectors.cases.map((vector) => ({
    name: `${vector.Name} (anchors)`,
    commitment: vector.ExpectedCommitmentTxHex,
    htlcs: vector.HtlcDescs.map((htlc) => htlc.ResolutionTxHex),
  })),
];

describe('the transactions of BOLT 3, executed', () => {
  for (const { name, commitment, htlcs } of vectors) {
    it(name, () => {
      expect(verifySpend(noble, commitment as RawTx, [funding])).toEqual(OK);
      for (const htlc of htlcs) {
        const tx = parsed(htlc);
        const spent = parsed(commitment).outputs[tx.inputs[0]?.vout ?? -1] as TxOutput;
        expect(verifySpend(noble, htlc as RawTx, [spent])).toEqual(OK);
        expect(verifySpend(noble, htlc as RawTx, [{ ...spent, amountSat: spent.amountSat + 1n }]).ok).toBe(false);
      }
    });
  }
});

const NULLFAIL = { ok: false, fault: 'signature', reason: 'input 0: SCRIPT_ERR_NULLFAIL' };

const providers: readonly [string, Crypto][] = [
  ['noble', noble],
  ['fake', createFakeCrypto()],
];
for (const [provider, crypto] of providers) {
  for (const format of ['static_remotekey', 'anchors'] as const) {
    describe(`with ${provider} and ${format}, one change invalidates`, () => {
      const { commitment, closing, spend, fundingPrevout, built, point, params } = signedChannel(crypto, format);

      it.each([
        ['the commitment', commitment],
        ['the closing transaction', closing],
      ])('%s', (_, raw) => {
        const tx = parsed(raw);
        const check = (changed: RawTx, prevout = fundingPrevout) => verifySpend(crypto, changed, [prevout]);
        expect(check(raw)).toEqual(OK);
        expect(check(flipWitnessBit(tx, 1, 20))).toEqual(NULLFAIL);
        expect(check(flipWitnessBit(tx, 2, 20))).toEqual(NULLFAIL);
        expect(check(flipWitnessBit(tx, 3, 20))).toEqual({
          ok: false,
          fault: 'script',
          reason: 'input 0: SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH',
        });
        expect(check(serialiseTx({ ...tx, locktime: tx.locktime ^ 1 }))).toEqual(NULLFAIL);
        expect(check(serialiseTx({ ...tx, version: 1 }))).toEqual(NULLFAIL);
        expect(check(withInput(tx, { sequence: (tx.inputs[0] as TxInput).sequence - 1 }))).toEqual(NULLFAIL);
        expect(check(withInput(tx, { vout: 0 }))).toEqual(NULLFAIL);
        expect(check(serialiseTx({ ...tx, outputs: tx.outputs.map((o) => ({ ...o, amountSat: o.amountSat - 1n })) }))).toEqual(NULLFAIL);
        expect(check(raw, { ...fundingPrevout, amountSat: fundingPrevout.amountSat + 1n })).toEqual(NULLFAIL);
        const witness = (tx.inputs[0] as TxInput).witness;
        const reordered = [0, 2, 1, 3].map((i) => witness[i] as Hex);
        expect(check(serialiseTx(withWitness(tx, 0, reordered)))).toEqual(NULLFAIL);
        expect(check(serialiseTx(withWitness(tx, 0, ['01', ...witness.slice(1)])))).toEqual({
          ok: false,
          fault: 'script',
          reason: 'input 0: SCRIPT_ERR_SIG_NULLDUMMY',
        });
        expect(check(serialiseTx(withWitness(tx, 0, [])))).toEqual({
          ok: false,
          fault: 'script',
          reason: 'input 0: SCRIPT_ERR_WITNESS_PROGRAM_WITNESS_EMPTY',
        });
      });

      it('HTLC transactions', () => {
        for (const kind of ['timeout', 'success'] as const) {
          const { raw, tx, prevout } = spend(kind);
          const check = (changed: RawTx) => verifySpend(crypto, changed, [prevout]);
          expect(check(raw)).toEqual(OK);
          expect(check(flipWitnessBit(tx, 1, 20))).toEqual(NULLFAIL);
          expect(check(flipWitnessBit(tx, 2, 20))).toEqual(NULLFAIL);
          expect(check(serialiseTx({ ...tx, locktime: (tx.locktime - 1) >>> 0 })).ok).toBe(false);
          expect(check(serialiseTx({ ...tx, outputs: tx.outputs.map((o) => ({ ...o, amountSat: o.amountSat - 1n })) }))).toEqual(NULLFAIL);
          expect(check(withInput(tx, { sequence: 0x80000000 })).ok).toBe(false);
        }
        const { tx, prevout } = spend('success');
        expect(verifySpend(crypto, flipWitnessBit(tx, 3, 20), [prevout])).toEqual({
          ok: false,
          fault: 'script',
          reason: 'input 0: SCRIPT_ERR_EQUALVERIFY',
        });
      });

      /** A transaction with one input and one output, and the witness that `items` makes of a signature. */
      const sweep = (
        vout: number,
        key: SecretKey,
        items: (signature: Hex) => readonly Hex[],
        change: Partial<Tx> & Partial<TxInput> = {},
      ) => {
        const prevout = built.outputs[vout] as TxOutput;
        const script = (built.outputs[vout] as { readonly witnessScript: Script }).witnessScript;
        const { sequence = 0, locktime = 0, version = 2 } = change;
        const tx: Tx = {
          version,
          locktime,
          inputs: [{ txid: built.txid, vout, sequence, scriptSig: '' as Script, witness: [] }],
          outputs: [{ amountSat: prevout.amountSat - 200n, script: p2wpkh(crypto, point) }],
        };
        const signature = crypto.sign(bip143Sighash(crypto, tx, 0, script, prevout.amountSat, SIGHASH_ALL), key);
        return verifySpend(crypto, serialiseTx(withWitness(tx, 0, [...items(scriptSignature(signature, SIGHASH_ALL)), script])), [prevout]);
      };
      const LOCKED = { ok: false, fault: 'script', reason: 'input 0: SCRIPT_ERR_UNSATISFIED_LOCKTIME' };

      it('a spend of to_local that comes too early', () => {
        const vout = built.outputs.findIndex((output) => output.kind === 'to_local');
        const key = derivePrivateKey(crypto, secret(0x14), params.parties.opener.delayedPaymentBasepoint, point);
        const items = (signature: Hex) => [signature, ''];
        expect(sweep(vout, key, items, { sequence: 144 })).toEqual(OK);
        expect(sweep(vout, key, items, { sequence: 143 })).toEqual(LOCKED);
        expect(sweep(vout, key, items, { sequence: 0x80000090 })).toEqual(LOCKED);
        expect(sweep(vout, key, items, { sequence: 144, version: 1 })).toEqual(LOCKED);
        expect(sweep(vout, key, (signature) => [signature, '02'], { sequence: 144 })).toEqual({
          ok: false,
          fault: 'script',
          reason: 'input 0: SCRIPT_ERR_MINIMALIF',
        });
      });

      it("the peer's timeout of what it offered, before its expiry", () => {
        const vout = built.outputs.findIndex((output) => output.kind === 'htlc' && output.htlc.offerer === 'accepter');
        const key = derivePrivateKey(crypto, secret(0x25), params.parties.accepter.htlcBasepoint, point);
        const sequence = format === 'anchors' ? 1 : 0;
        const items = (signature: Hex) => [signature, ''];
        expect(sweep(vout, key, items, { locktime: 600, sequence })).toEqual(OK);
        expect(sweep(vout, key, items, { locktime: 599, sequence })).toEqual(LOCKED);
        expect(sweep(vout, key, items, { locktime: 1_700_000_000, sequence })).toEqual(LOCKED);
        expect(sweep(vout, key, items, { locktime: 600, sequence: 0xffffffff })).toEqual(LOCKED);
      });

      it("the peer's claim of what was offered to it, without the preimage", () => {
        const vout = built.outputs.findIndex((output) => output.kind === 'htlc' && output.htlc.offerer === 'opener');
        const key = derivePrivateKey(crypto, secret(0x25), params.parties.accepter.htlcBasepoint, point);
        const sequence = format === 'anchors' ? 1 : 0;
        expect(sweep(vout, key, (signature) => [signature, PREIMAGE], { sequence })).toEqual(OK);
        expect(sweep(vout, key, (signature) => [signature, '5b'.repeat(32)], { sequence }).ok).toBe(false);
        if (format === 'anchors') expect(sweep(vout, key, (signature) => [signature, PREIMAGE], { sequence: 0 })).toEqual(LOCKED);
      });
    });
  }
}

describe('verifySpend', () => {
  const key = noble.publicKey(secret(0x41));
  const prevout: TxOutput = { amountSat: 10_000n, script: p2wpkh(noble, key) };
  const input: TxInput = { txid: 'cd'.repeat(32) as Txid, vout: 0, sequence: 0xffffffff, scriptSig: '' as Script, witness: [] };
  const tx: Tx = { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat: 9_000n, script: prevout.script }] };
  const signed = (of: Tx, type = SIGHASH_ALL): Tx => {
    const signature = noble.sign(bip143Sighash(noble, of, 0, p2pkh(noble, key), prevout.amountSat, type), secret(0x41));
    return withWitness(of, 0, [scriptSignature(signature, type), key]);
  };
  const reason = (raw: Tx, prevouts: readonly TxOutput[] = [prevout]): string => {
    const verdict = verifySpend(noble, serialiseTx(raw), prevouts);
    return verdict.ok ? 'ok' : verdict.reason;
  };

  it('executes P2WPKH', () => {
    expect(reason(signed(tx))).toBe('ok');
    expect(reason(signed(tx, 0x83))).toBe('ok');
    expect(reason({ ...signed(tx), locktime: 1 })).toBe('input 0: SCRIPT_ERR_SIG_NULLFAIL');
  });

  it('wants canonical signatures and compressed keys', () => {
    const signature = signed(tx).inputs[0]?.witness[0] ?? '';
    expect(reason(withWitness(tx, 0, [signature.slice(2), key]))).toBe('input 0: SCRIPT_ERR_SIG_DER');
    expect(reason(signed(tx, 0x04))).toBe('input 0: SCRIPT_ERR_SIG_DER');
    const hybrid = `04${key.slice(2)}${key.slice(2)}` as PublicKey;
    expect(reason(withWitness(tx, 0, [signature, hybrid]), [{ ...prevout, script: p2wpkh(noble, hybrid) }])).toBe(
      'input 0: SCRIPT_ERR_WITNESS_PUBKEYTYPE',
    );
    const long = `${key}00` as PublicKey;
    expect(reason(withWitness(tx, 0, [signature, long]), [{ ...prevout, script: p2wpkh(noble, long) }])).toBe(
      'input 0: SCRIPT_ERR_WITNESS_PUBKEYTYPE',
    );
    const noPoint = `02${'00'.repeat(32)}` as PublicKey;
    expect(reason(withWitness(tx, 0, [signature, noPoint]), [{ ...prevout, script: p2wpkh(noble, noPoint) }])).toBe(
      'input 0: SCRIPT_ERR_SIG_NULLFAIL',
    );
  });

  it('refuses a high S', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const signature = noble.sign(bip143Sighash(noble, tx, 0, p2pkh(noble, key), prevout.amountSat, SIGHASH_ALL), secret(0x41));
    const high = (order - BigInt('0x' + signature.slice(64))).toString(16).padStart(64, '0');
    const item = scriptSignature((signature.slice(0, 64) + high) as typeof signature, SIGHASH_ALL);
    expect(reason(withWitness(tx, 0, [item, key]))).toBe('input 0: SCRIPT_ERR_SIG_NULLFAIL');
  });

  it('refuses what no script makes valid', () => {
    expect(verifySpend(noble, '00' as RawTx, [])).toEqual({ ok: false, fault: 'structure', reason: 'not a transaction' });
    expect(reason({ ...tx, outputs: [] })).toMatch(/no outputs|not a transaction/);
    expect(reason(signed(tx), [])).toBe('1 inputs, 0 outputs to spend');
    expect(reason(signed({ ...tx, outputs: [{ amountSat: 10_001n, script: prevout.script }] }))).toBe('spends 10001 sat of 10000');
    expect(reason(signed({ ...tx, outputs: [{ amountSat: 10_000n, script: prevout.script }] }))).toBe('ok');
    expect(reason({ ...tx, outputs: [{ amountSat: 2_100_000_000_000_001n, script: prevout.script }] })).toBe('an output above all money');
    expect(reason({ ...tx, inputs: [input, input] }, [prevout, prevout])).toBe('an outpoint spent twice');
    expect(reason({ ...tx, inputs: [{ ...input, scriptSig: '51' as Script }] })).toBe('input 0: SCRIPT_ERR_WITNESS_MALLEATED');
  });

  it('says which input is wrong, and does not pretend to know other scripts', () => {
    const second = { ...input, vout: 1 };
    const two = signed({ ...tx, inputs: [input, second] });
    expect(reason(two, [prevout, prevout])).toBe('input 1: SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH');
    const taproot = { ...prevout, script: ('5120' + '11'.repeat(32)) as Script };
    expect(reason(two, [prevout, taproot])).toBe('input 1: spends a script that is neither P2WPKH nor P2WSH');
  });

  it.each([
    ['an ordinary push', '51', 'ok'],
    ['a push that is not minimal', '0101', 'input 0: SCRIPT_ERR_MINIMALDATA'],
    ['an opcode kept for the future', 'b051', 'input 0: SCRIPT_ERR_DISCOURAGE_UPGRADABLE_NOPS'],
    ['a false result', '00', 'input 0: SCRIPT_ERR_EVAL_FALSE_IN_STACK'],
    ['two results', '5151', 'input 0: SCRIPT_ERR_EVAL_FALSE'],
  ])('judges a script with %s', (_, script, expected) => {
    const spent = { ...prevout, script: p2wsh(noble, script as Script) };
    expect(reason(withWitness(tx, 0, [script]), [spent])).toBe(expected);
  });

  it('answers, not throws, for a script that cannot be read', () => {
    const broken = '4d' as Script;
    const verdict = reason(withWitness(tx, 0, [broken]), [{ ...prevout, script: p2wsh(noble, broken) }]);
    expect(verdict).toMatch(/^(input 0|interpreter): /);
  });

  it('leaves the library as it was', () => {
    const { fromBuffer } = bitcore.PublicKey;
    const { fromTxFormat } = bitcore.crypto.Signature;
    reason(signed(tx));
    expect(bitcore.PublicKey.fromBuffer).toBe(fromBuffer);
    expect(bitcore.crypto.Signature.fromTxFormat).toBe(fromTxFormat);
  });
});
