import { RawTx as RawTxCoder } from '@scure/btc-signer/script.js';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { RawTx, Script, Txid } from '../crypto/bytes.ts';
import type { Tx } from './tx.ts';

function decode(raw: RawTx): ReturnType<typeof RawTxCoder.decode> | undefined {
  try {
    return RawTxCoder.decode(fromHex(raw));
  } catch {
    // The library reports every malformed transaction by throwing.
    return undefined;
  }
}

/** Any Bitcoin transaction, with or without witnesses, or undefined for bytes that are none. */
export function parseTx(raw: RawTx): Tx | undefined {
  const decoded = decode(raw);
  if (decoded === undefined) return undefined;
  return {
    // The library reads a signed version.
    version: decoded.version >>> 0,
    locktime: decoded.lockTime,
    inputs: decoded.inputs.map((input, i) => ({
      txid: toHex<Txid>(input.txid.slice().reverse()),
      vout: input.index,
      sequence: input.sequence,
      scriptSig: toHex<Script>(input.finalScriptSig),
      witness: (decoded.witnesses?.[i] ?? []).map((item) => toHex(item)),
    })),
    outputs: decoded.outputs.map((output) => ({ amountSat: output.amount, script: toHex<Script>(output.script) })),
  };
}
