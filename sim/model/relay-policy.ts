import { byteLength } from '../../core/bitcoin/encode.ts';
import { dustThresholdSat, scriptKind } from '../../core/bitcoin/script.ts';
import { txWeight } from '../../core/bitcoin/tx.ts';
import type { Tx, TxInput, TxOutput } from '../../core/bitcoin/tx.ts';
import type { RawTx } from '../../core/crypto/bytes.ts';
import { parseOnce } from './parse-once.ts';
import { faulty } from './tx-structure.ts';
import type { SpendVerdict } from './tx-structure.ts';

type Problem = Extract<SpendVerdict, { ok: false }> | undefined;

/** Bitcoin Core's defaults (policy.h). */
const MAX_STANDARD_WEIGHT = 400_000;
const MAX_P2WSH_SCRIPT_BYTES = 3600;
const MAX_P2WSH_STACK_ITEMS = 100;
const MAX_P2WSH_STACK_ITEM_BYTES = 80;
const MAX_OP_RETURN_BYTES = 83;
const MIN_RELAY_SAT_PER_VBYTE = 1n;

export interface PolicyOptions {
  /** A child, or inputs added later, bring the fee: commitment and HTLC transactions of channels with anchors. */
  readonly feeFromElsewhere?: boolean;
}

function checkOutput(output: TxOutput): Problem {
  const kind = scriptKind(output.script);
  if (kind === 'other') return faulty('policy', `output script ${output.script} is not standard`);
  if (kind === 'op_return' && byteLength(output.script) > MAX_OP_RETURN_BYTES) return faulty('policy', 'OP_RETURN too long');
  return output.amountSat < dustThresholdSat(output.script) ? faulty('dust', `output of ${output.amountSat} sat is dust`) : undefined;
}

function checkInput(input: TxInput, prevout: TxOutput | undefined): Problem {
  if (prevout === undefined) return faulty('structure', 'spends an unknown output');
  if (input.scriptSig !== '') return faulty('policy', 'scriptSig in a witness input');
  if (scriptKind(prevout.script) !== 'p2wsh') return undefined;
  const stack = input.witness.slice(0, -1);
  if (byteLength(input.witness.at(-1) ?? '') > MAX_P2WSH_SCRIPT_BYTES) return faulty('policy', 'witness script too long');
  if (stack.length > MAX_P2WSH_STACK_ITEMS) return faulty('policy', 'too many witness items');
  return stack.some((item) => byteLength(item) > MAX_P2WSH_STACK_ITEM_BYTES) ? faulty('policy', 'witness item too long') : undefined;
}

function checkFee(tx: Tx, weight: number, prevouts: readonly TxOutput[]): Problem {
  const spent = prevouts.reduce((sum, prevout) => sum + prevout.amountSat, 0n);
  const fee = tx.outputs.reduce((rest, output) => rest - output.amountSat, spent);
  const minimum = BigInt(Math.ceil(weight / 4)) * MIN_RELAY_SAT_PER_VBYTE;
  return fee < minimum ? faulty('fee', `fee of ${fee} sat, ${minimum} sat are needed to be relayed`) : undefined;
}

function firstProblem(tx: Tx, prevouts: readonly TxOutput[], options: PolicyOptions): Problem {
  if (tx.version !== 2) return faulty('policy', `version ${tx.version}`);
  const weight = txWeight(tx);
  if (weight > MAX_STANDARD_WEIGHT) return faulty('policy', `weight ${weight}`);
  for (const output of tx.outputs) {
    const problem = checkOutput(output);
    if (problem !== undefined) return problem;
  }
  for (const [index, input] of tx.inputs.entries()) {
    const problem = checkInput(input, prevouts[index]);
    if (problem !== undefined) return problem;
  }
  return options.feeFromElsewhere === true ? undefined : checkFee(tx, weight, prevouts);
}

/** Whether a node with Bitcoin Core's defaults would relay a valid transaction: what is standard, not what is valid. */
export function checkStandard(tx: Tx, prevouts: readonly TxOutput[], options: PolicyOptions = {}): SpendVerdict {
  return firstProblem(tx, prevouts, options) ?? { ok: true };
}

/** `checkStandard` of a serialised transaction. */
export function checkPolicy(spendingTx: RawTx, prevouts: readonly TxOutput[], options: PolicyOptions = {}): SpendVerdict {
  const tx = parseOnce(spendingTx);
  return tx === undefined ? faulty('structure', 'not a transaction') : checkStandard(tx, prevouts, options);
}
