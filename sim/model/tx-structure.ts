import { scriptKind } from '../../core/bitcoin/script.ts';
import type { Tx, TxOutput } from '../../core/bitcoin/tx.ts';

/** What can be wrong with a transaction, for programs; the reason beside it is for people. */
export const SPEND_FAULTS = ['structure', 'amounts', 'foreign-script', 'script', 'signature', 'policy', 'dust', 'fee'] as const;
type SpendFault = (typeof SPEND_FAULTS)[number];

export type SpendVerdict = { readonly ok: true } | { readonly ok: false; readonly fault: SpendFault; readonly reason: string };

export function faulty(fault: SpendFault, reason: string): Extract<SpendVerdict, { ok: false }> {
  return { ok: false, fault, reason };
}

const MAX_MONEY_SAT = 21_000_000n * 100_000_000n;

function sum(outputs: readonly TxOutput[]): bigint {
  return outputs.reduce((total, output) => total + output.amountSat, 0n);
}

/** What consensus asks of a transaction apart from its scripts: the part of `verifySpend` that executes nothing. */
export function verifyStructure(tx: Tx, prevouts: readonly TxOutput[]): SpendVerdict {
  if (tx.inputs.length === 0) return faulty('structure', 'no inputs');
  if (tx.outputs.length === 0) return faulty('structure', 'no outputs');
  if (tx.inputs.length !== prevouts.length) return faulty('structure', `${tx.inputs.length} inputs, ${prevouts.length} outputs to spend`);
  if (new Set(tx.inputs.map((input) => `${input.txid}:${input.vout}`)).size !== tx.inputs.length)
    return faulty('structure', 'an outpoint spent twice');
  if (tx.outputs.some((output) => output.amountSat > MAX_MONEY_SAT)) return faulty('amounts', 'an output above all money');
  if (sum(tx.outputs) > sum(prevouts)) return faulty('amounts', `spends ${sum(tx.outputs)} sat of ${sum(prevouts)}`);
  const unsupported = prevouts.findIndex((prevout) => !['p2wpkh', 'p2wsh'].includes(scriptKind(prevout.script)));
  return unsupported < 0
    ? { ok: true }
    : faulty('foreign-script', `input ${unsupported}: spends a script that is neither P2WPKH nor P2WSH`);
}
