import type { ConfirmedTx } from '../chain/update.ts';
import type { View } from '../chain/view.ts';
import { depth, IRREVOCABLE_DEPTH, spendOf } from '../chain/view.ts';
import type { Outpoint } from '../bitcoin/tx.ts';
import type { Script } from '../crypto/bytes.ts';
import type { CommitmentCache } from './commitment-cache.ts';
import { closeOf } from './close.ts';
import type { Close, StrangeClose } from './close.ts';
import { htlcFates } from './htlcs.ts';
import type { HtlcFate } from './htlcs.ts';
import type { Knowledge } from './knowledge.ts';
import { closedOutputs } from './outputs.ts';
import type { ClosedOutput } from './outputs.ts';
import type { ChainPolicy } from './policy.ts';

/** What the present chain has made of a channel: a fold of its view with what is known, and nothing that is remembered. */
export interface Outcome {
  /** Undefined while no funding output is spent. */
  readonly close: Close | undefined;
  /** Of the commitment in the chain, where it is one that was told. */
  readonly outputs: readonly ClosedOutput[];
  /** Of a commitment of the peer's that is newer than all that was told: what pays us all the same. */
  readonly salvage: readonly SalvagedOutput[];
  readonly htlcs: readonly HtlcFate[];
}

/** A `to_remote` output, known by its script alone. */
export interface SalvagedOutput {
  readonly outpoint: Outpoint;
  readonly amountSat: bigint;
  readonly script: Script;
  readonly spent: ConfirmedTx | undefined;
}

export function outcomeOf(cache: CommitmentCache, policy: ChainPolicy, known: Knowledge, view: View): Outcome {
  const close = closeOf(cache, known, view);
  if (close === undefined) return { close, outputs: [], salvage: [], htlcs: [] };
  const outputs = 'built' in close ? closedOutputs(view, close.built) : [];
  const salvage = close.kind === 'future' ? salvaged(known, view, close) : [];
  return { close, outputs, salvage, htlcs: htlcFates(policy, known, close, outputs, view.tip.height) };
}

/** BOLT 5, Unilateral Close Handling: Remote Commitment Transaction: "in order to salvage its own funds" where our state is old. */
function salvaged(
  { parameters: { us } }: Knowledge,
  view: View,
  { spend: { txid, tx }, scripts }: StrangeClose,
): readonly SalvagedOutput[] {
  const found: SalvagedOutput[] = [];
  for (const [vout, { amountSat, script }] of tx.outputs.entries())
    if (script === scripts.toRemote[us].script)
      found.push({ outpoint: { txid, vout }, amountSat, script, spent: spendOf(view, { txid, vout }) });
  return found;
}

/**
 * BOLT 5, General Nomenclature: whether all is irrevocably resolved. `wanted`: how many claims there still are; as long as there is one, the
 * channel is not at its end.
 */
export function isResolved(view: View, { close, outputs, salvage, htlcs }: Outcome, wanted: number): boolean {
  const isDeep = (spend: ConfirmedTx | undefined): boolean => spend === undefined || depth(view, spend.txid) >= IRREVOCABLE_DEPTH;
  if (close === undefined || wanted > 0 || !isDeep(close.spend) || htlcs.some(({ fate }) => fate === 'open')) return false;
  if (!salvage.every(({ spent }) => isDeep(spent))) return false;
  return outputs.every(({ spent, second }) => isDeep(spent?.by) && isDeep(second?.spent?.by));
}
