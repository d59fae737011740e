import { byteLength } from '../bitcoin/encode.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, Preimage } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { Entry } from '../knowledge/updates.ts';
import { preimagesOf } from './htlcs.ts';
import type { Knowledge } from './knowledge.ts';
import type { Log } from './log.ts';

const SIDES = ['opener', 'accepter'] as const;

/**
 * BOLT 5: "MUST extract the payment preimage from the transaction input witness". From any witness, whoever spends what with it: those of this
 * channel's HTLCs that were not known.
 */
export function shownPreimages(crypto: Crypto, known: Knowledge, txs: readonly Tx[]): readonly Preimage[] {
  const candidates = witnessedPreimages(crypto, txs);
  if (candidates.size === 0) return [];
  for (const hash of preimagesOf(known, new Set(candidates.keys())).keys()) candidates.delete(hash);
  const ours = SIDES.flatMap((side) => hashesIn(known.logs[side], candidates));
  return [...new Set(ours)].map((hash) => candidates.get(hash) as Preimage);
}

/** Whatever in a witness may be a preimage, by its hash. */
export function witnessedPreimages(crypto: Crypto, txs: readonly Tx[]): Map<Hash32, Preimage> {
  const candidates = new Map<Hash32, Preimage>();
  for (const { inputs } of txs)
    for (const { witness } of inputs)
      for (const item of witness) if (byteLength(item) === 32) candidates.set(sha256Hex<Hash32>(crypto, item), item as Preimage);
  return candidates;
}

/** Of these hashes, those that a log has an HTLC with. */
function hashesIn(log: Log<Entry>, hashes: ReadonlyMap<Hash32, Preimage>): readonly Hash32[] {
  const found: Hash32[] = [];
  for (let i = 0; hashes.size > 0 && i < log.length; i++) {
    const entry = log.at(i);
    if (entry?.kind === 'add' && hashes.has(entry.paymentHash)) found.push(entry.paymentHash);
  }
  return found;
}
