import { scriptKind } from '../../core/bitcoin/script.ts';
import type { Tx, TxOutput } from '../../core/bitcoin/tx.ts';

export type SpendVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const MAX_MONEY_SAT = 21_000_000n * 100_000_000n;

function sum(outputs: readonly TxOutput[]): bigint {
  return outputs.reduce((total, output) => total + output.amountSat, 0n);
}

/** What consensus asks of a transaction apart from its scripts. */
function checkStructure(tx: Tx, prevouts: readonly TxOutput[]): string | undefined {
  if (tx.inputs.length === 0) return 'no inputs';
  if (tx.outputs.length === 0) return 'no outputs';
  if (tx.inputs.length !== prevouts.length) return `${tx.inputs.length} inputs, ${prevouts.length} outputs to spend`;
  if (new Set(tx.inputs.map((input) => `${input.txid}:${input.vout}`)).size !== tx.inputs.length) return 'an outpoint spent twice';
  if (tx.outputs.some((output) => output.amountSat > MAX_MONEY_SAT)) return 'an output above all money';
  if (sum(tx.outputs) > sum(prevouts)) return `spends ${sum(tx.outputs)} sat of ${sum(prevouts)}`;
  const unsupported = prevouts.findIndex((prevout) => !['p2wpkh', 'p2wsh'].includes(scriptKind(prevout.script)));
  return unsupported < 0 ? undefined : `input ${unsupported}: spends a script that is neither P2WPKH nor P2WSH`;
}

/** The part of `verifySpend` that executes nothing: structure and amounts. */
export function verifyStructure(tx: Tx, prevouts: readonly TxOutput[]): SpendVerdict {
  const reason = checkStructure(tx, prevouts);
  return reason === undefined ? { ok: true } : { ok: false, reason };
}
