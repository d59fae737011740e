import type { HtlcIrrevocable } from '../../channel/model/channel-vocabulary.ts';
import { cut, cutHeightAt, entryOf, replayFault, replayKey, withEntry } from '../../payments/replay-log.ts';
import type { ReplayEntry, ReplayIncrement } from '../../payments/replay-log.ts';
import { refuseHtlc } from '../forwarding/answer-htlc.ts';
import { keyOf, onionsOf } from '../node-vocabulary.ts';
import { changePayments } from '../run.ts';
import type { Run } from '../run.ts';

/** The log of the onions that this node has accepted: an HTLC goes on when its own entry is durable, and not before. */

/** True where the HTLC may be decided now. Otherwise it has been failed, or is said again when its entry is durable. */
export function isAccepted(run: Run, word: HtlcIrrevocable): boolean {
  const { channelId, add } = word;
  const { sharedSecret } = onionsOf(run.env).read(add);
  // What can't be peeled goes nowhere.
  if (sharedSecret === undefined) return true;
  const { replays, unlogged } = run.state.payments;
  const key = replayKey(run.env.crypto, keyOf(run.env).secret, sharedSecret, add.paymentHash);
  const known = entryOf(replays, key);
  if (known?.channelId === channelId && known.htlcId === add.id) return !isWaiting(run, known);
  const fault = replayFault(replays, known);
  if (fault !== undefined) {
    refuseHtlc(run, channelId, add, { ...fault, cause: { kind: 'own', failure: { type: 'temporary_node_failure' } } });
    return false;
  }
  const entry: ReplayEntry = { key, expiryHeight: add.cltvExpiry, channelId, htlcId: add.id };
  changePayments(run, { replays: withEntry(replays, entry), unlogged: [...unlogged, { version: undefined, entry, word }] });
  return false;
}

function isWaiting({ state }: Run, entry: ReplayEntry): boolean {
  return state.payments.unlogged.some((waiting) => waiting.entry === entry);
}

/** Nothing else is left to do in this step: what is new in the log is stored together. */
export function storeReplays(run: Run): void {
  const { replays, unlogged } = run.state.payments;
  if (!unlogged.some((waiting) => waiting.version === undefined)) return;
  const cutHeight = cutHeightAt(run.state.tip.height);
  const version = replays.version + 1;
  const added = unlogged.flatMap((waiting) => (waiting.version === undefined ? [waiting.entry] : []));
  const increment: ReplayIncrement = { version, added, cutHeight };
  const left = unlogged.map(({ version: stored, entry, word }) => ({ version: stored ?? version, entry, word }));
  changePayments(run, { replays: { ...cut(replays, cutHeight), version }, unlogged: left });
  run.effects.push({ kind: 'store_record', record: { kind: 'replays', increment }, version });
}

/** An increment is durable: its HTLCs, and no others, are heard again. */
export function replaysStored(run: Run, version: number): void {
  const { unlogged } = run.state.payments;
  const durable = unlogged.filter((waiting) => waiting.version === version);
  if (durable.length === 0) return;
  changePayments(run, { unlogged: unlogged.filter((waiting) => waiting.version !== version) });
  for (const { word } of durable) run.work.push(word);
}
