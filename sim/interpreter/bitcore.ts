import bitcore from 'bitcore-lib';
import type { BitcoreBuffer, BitcoreInterpreter, BitcoreTransaction } from 'bitcore-lib';
import { parseScriptSignature } from '../../core/bitcoin/der.ts';
import type { TxOutput } from '../../core/bitcoin/tx.ts';
import type { Hash32, PublicKey, RawTx } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { parseOnce } from '../model/parse-once.ts';
import { faulty, verifyStructure } from '../model/tx-structure.ts';
import type { SpendVerdict } from '../model/tx-structure.ts';
import type { ScriptInterpreter } from '../scenario/types.ts';

/** The interpreter's names of what is wrong with a signature, or makes one wrong. */
const OF_SIGNATURES: ReadonlySet<string> = new Set([
  'SCRIPT_ERR_SIG_DER',
  'SCRIPT_ERR_SIG_NULLFAIL',
  'SCRIPT_ERR_NULLFAIL',
  'SCRIPT_ERR_CHECKSIGVERIFY',
  'SCRIPT_ERR_CHECKMULTISIGVERIFY',
  'SCRIPT_ERR_WITNESS_PUBKEYTYPE',
]);

const { Interpreter } = bitcore.Script;

/** Every rule of consensus and standardness for version 0 witnesses, except those that `encodingChecks` brings. */
const FLAGS = [
  'SCRIPT_VERIFY_WITNESS',
  'SCRIPT_VERIFY_NULLDUMMY',
  'SCRIPT_VERIFY_MINIMALDATA',
  'SCRIPT_VERIFY_MINIMALIF',
  'SCRIPT_VERIFY_NULLFAIL',
  'SCRIPT_VERIFY_CHECKLOCKTIMEVERIFY',
  'SCRIPT_VERIFY_CHECKSEQUENCEVERIFY',
  'SCRIPT_VERIFY_DISCOURAGE_UPGRADABLE_NOPS',
].reduce((flags, name) => flags | (Interpreter[name] ?? 0), 0);

function buffer(hex: string): BitcoreBuffer {
  return bitcore.deps.Buffer.from(hex, 'hex');
}

/** The library's BIP 143 digest; `subscript` is what remains of the witness script. */
function digest(tx: BitcoreTransaction, type: number, input: number, subscript: BitcoreBuffer, satoshis: number): Hash32 {
  const { BufferWriter } = bitcore.encoding;
  const scriptCode = new BufferWriter().writeVarintNum(subscript.length).write(subscript).toBuffer();
  const amount = new BufferWriter().writeUInt64LEBN(new bitcore.crypto.BN(satoshis)).toBuffer();
  return toHex<Hash32>(bitcore.Transaction.SighashWitness.sighash(tx, type, input, scriptCode, amount));
}

/** Signatures are checked by our provider, over the library's digest. */
function useProvider(crypto: Crypto, tx: BitcoreTransaction): void {
  tx.verifySignature = (signature, publicKey, input, subscript, _version, satoshis) => {
    const parsed = parseScriptSignature(toHex(signature));
    if (parsed === undefined) return false;
    const hash = digest(tx, parsed.sighashType, input, subscript.toBuffer(), satoshis);
    return crypto.verify(parsed.signature, hash, toHex<PublicKey>(publicKey));
  };
}

/** STRICTENC, DERSIG and WITNESS_PUBKEYTYPE, without asking the library for points. The provider refuses a high S. */
function useEncodingChecks(interpreter: BitcoreInterpreter): void {
  interpreter.checkSignatureEncoding = (signature) => {
    if (signature.length === 0) return true;
    const type = (signature.at(-1) ?? 0) & 0x7f;
    if (bitcore.crypto.Signature.isTxDER(signature) && type >= 1 && type <= 3) return true;
    interpreter.errstr = 'SCRIPT_ERR_SIG_DER';
    return false;
  };
  interpreter.checkPubkeyEncoding = (publicKey) => {
    if (publicKey.length === 33 && (publicKey[0] === 2 || publicKey[0] === 3)) return true;
    interpreter.errstr = 'SCRIPT_ERR_WITNESS_PUBKEYTYPE';
    return false;
  };
}

/** What V8 calls the depth of stacks that it records for every Error. */
const stacks: { stackTraceLimit?: number } = Error;

/**
 * While `run` runs, the library hands keys and signatures on as the bytes that they are: its own parsing is slow, and refuses the keys
 * of a provider whose points are none. It makes an Error for every number that it reads, just in case, and records no stack for it.
 */
function withoutParsing<T>(run: () => T): T {
  const { PublicKey, crypto } = bitcore;
  const { fromBuffer } = PublicKey;
  const { fromTxFormat } = crypto.Signature;
  const { stackTraceLimit } = stacks;
  PublicKey.fromBuffer = (bytes) => bytes;
  crypto.Signature.fromTxFormat = (bytes) => bytes;
  if (stackTraceLimit !== undefined) stacks.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    PublicKey.fromBuffer = fromBuffer;
    crypto.Signature.fromTxFormat = fromTxFormat;
    if (stackTraceLimit !== undefined) stacks.stackTraceLimit = stackTraceLimit;
  }
}

function verifyInput(tx: BitcoreTransaction, index: number, prevout: TxOutput): SpendVerdict {
  const input = tx.inputs[index];
  if (input === undefined) return faulty('structure', `input ${index}: not there`);
  const interpreter = new Interpreter();
  useEncodingChecks(interpreter);
  const script = new bitcore.Script(buffer(prevout.script));
  const valid = interpreter.verify(input.script, script, tx, index, FLAGS, input.getWitnesses() ?? [], Number(prevout.amountSat));
  return valid
    ? { ok: true }
    : faulty(OF_SIGNATURES.has(interpreter.errstr) ? 'signature' : 'script', `input ${index}: ${interpreter.errstr}`);
}

/**
 * Whether a transaction may spend these outputs, in the order of its inputs: structure, amounts, and every script executed by an
 * interpreter that is not ours (bitcore-lib), with its own digests and our provider's verification.
 *
 * Locktime and relative locktime are checked against the scripts; whether the chain is far enough is the chain's to say.
 */
export function verifySpend(crypto: Crypto, spendingTx: RawTx, prevouts: readonly TxOutput[]): SpendVerdict {
  const parsed = parseOnce(spendingTx);
  if (parsed === undefined) return faulty('structure', 'not a transaction');
  const structure = verifyStructure(parsed, prevouts);
  if (!structure.ok) return structure;
  try {
    const tx = new bitcore.Transaction(buffer(spendingTx));
    useProvider(crypto, tx);
    return withoutParsing(() => {
      for (const [index, prevout] of prevouts.entries()) {
        const verdict = verifyInput(tx, index, prevout);
        if (!verdict.ok) return verdict;
      }
      return { ok: true };
    });
  } catch (error) {
    // The library throws at some malformed scripts.
    return faulty('script', `interpreter: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Executes scripts with bitcore-lib, which is installed beside this package by who hunts. */
export const bitcoreInterpreter: ScriptInterpreter = { name: 'bitcore-lib', verifySpend };
