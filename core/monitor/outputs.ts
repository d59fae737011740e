import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import type { ConfirmedTx } from '../chain/update.ts';
import type { View } from '../chain/view.ts';
import type { Script } from '../crypto/bytes.ts';
import type { BuiltCommitment, CommitmentOutput } from '../transactions/commitment.ts';

/** A transaction of the chain that spends an output, and by which of its inputs. */
export interface Spend {
  readonly by: ConfirmedTx;
  readonly input: number;
}

/** An output of a commitment in the chain, and what became of it. */
export interface ClosedOutput {
  readonly output: CommitmentOutput;
  readonly outpoint: Outpoint;
  readonly spent: Spend | undefined;
  /** What the commitment's owner made of an HTLC output with its HTLC transaction. */
  readonly second: SecondStage | undefined;
}

/** The output of a second-stage transaction, which waits for the owner's delay. */
export interface SecondStage {
  readonly outpoint: Outpoint;
  readonly amountSat: bigint;
  readonly script: Script;
  readonly spent: Spend | undefined;
}

type Spends = ReadonlyMap<string, Spend>;

export function outpointKey({ txid, vout }: Outpoint): string {
  return `${txid}:${vout}`;
}

function spendsOf({ transactions }: View): Spends {
  const spends = new Map<string, Spend>();
  for (const by of transactions) for (const [input, spent] of by.tx.inputs.entries()) spends.set(outpointKey(spent), { by, input });
  return spends;
}

/** Each output of a commitment that the chain has, in their order. */
export function closedOutputs(view: View, built: BuiltCommitment): readonly ClosedOutput[] {
  const spends = spendsOf(view);
  const { txid } = built;
  return built.outputs.map((output, vout) => {
    const outpoint = { txid, vout };
    const spent = spends.get(outpointKey(outpoint));
    return { output, outpoint, spent, second: spent === undefined ? undefined : secondStage(spends, built, spent) };
  });
}

/**
 * BOLT 3, HTLC-Timeout and HTLC-Success Transactions: the output with the same number as the input. A peer signs no more than these two of a
 * transaction where anchors apply, so that one transaction may be the second stage of many HTLCs.
 */
function secondStage(spends: Spends, built: BuiltCommitment, { by, input }: Spend): SecondStage | undefined {
  if (!spendsBySecondStage(by.tx, input)) return undefined;
  const output = by.tx.outputs[input];
  if (output?.script !== built.keys.delayed.script) return undefined;
  const outpoint = { txid: by.txid, vout: input };
  return { outpoint, amountSat: output.amountSat, script: output.script, spent: spends.get(outpointKey(outpoint)) };
}

/** `0 <remotehtlcsig> <localhtlcsig> <payment_preimage>`, or an empty item in the preimage's place. */
export function spendsBySecondStage({ inputs }: Tx, input: number): boolean {
  const witness = inputs[input]?.witness;
  return witness?.length === 5 && witness[0] === '';
}
