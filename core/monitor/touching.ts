import type { Outpoint } from '../bitcoin/tx.ts';
import type { ChainUpdate, ConfirmedTx } from '../chain/update.ts';
import type { View } from '../chain/view.ts';
import type { Script, Txid } from '../crypto/bytes.ts';
import { fundingOutput } from '../transactions/channel-scripts.ts';
import type { Crypto } from '../crypto/types.ts';
import { isCommitment } from './close.ts';
import type { Knowledge } from './knowledge.ts';
import { outpointKey, spendsBySecondStage } from './outputs.ts';

/** What stands behind an output that is watched. */
type Watched = 'funding' | 'commitment' | 'second stage';

/**
 * Which transactions belong into a channel's view: what spends a funding output, the outputs of a commitment, and the outputs of its HTLC
 * transactions. It depends on their form alone, so that it is the same whatever was known when they came.
 */
class Followed {
  readonly #fundings: ReadonlySet<Txid>;
  readonly #watched = new Map<string, Watched>();

  constructor({ fundings }: Knowledge) {
    this.#fundings = new Set(fundings.map(({ txid }) => txid));
    for (const funding of fundings) this.#watched.set(outpointKey(funding), 'funding');
  }

  /** Whether it touches the channel; then its outputs may be watched, too. */
  follow({ txid, tx }: ConfirmedTx): boolean {
    let touches = this.#fundings.has(txid);
    for (const [at, input] of tx.inputs.entries()) {
      const spent = this.#watched.get(outpointKey(input));
      if (spent === undefined) continue;
      touches = true;
      if (spent === 'funding' && isCommitment(tx))
        for (const vout of tx.outputs.keys()) this.#watched.set(outpointKey({ txid, vout }), 'commitment');
      if (spent === 'commitment' && spendsBySecondStage(tx, at)) this.#watched.set(outpointKey({ txid, vout: at }), 'second stage');
    }
    return touches;
  }
}

/** Of an update, the transactions that belong into this view. */
export function touching(known: Knowledge, view: View, { fork, transactions }: ChainUpdate): (confirmed: ConfirmedTx) => boolean {
  const followed = new Followed(known);
  for (const confirmed of view.transactions) if (confirmed.height <= fork.height) followed.follow(confirmed);
  const touched = new Set(transactions.filter((confirmed) => followed.follow(confirmed)));
  return (confirmed) => touched.has(confirmed);
}

/** An output of which every spend must be told from this height on. */
export interface WatchedOutput {
  readonly outpoint: Outpoint;
  readonly script: Script;
  readonly fromHeight: number;
}

/** What a source must watch: it follows from knowledge and view alone, so that a restart or a reorganisation asks for the same again. */
export function watchedOutputs(crypto: Crypto, known: Knowledge, view: View): readonly WatchedOutput[] {
  const watched: WatchedOutput[] = [];
  for (const { txid, vout, fundingPubkeys } of known.fundings) {
    const { script } = fundingOutput(crypto, fundingPubkeys.opener, fundingPubkeys.accepter);
    watched.push({ outpoint: { txid, vout }, script, fromHeight: 0 });
  }
  const fundings = new Set(known.fundings.map(outpointKey));
  for (const { txid, tx, height } of view.transactions) {
    const isClose = isCommitment(tx) && tx.inputs.some((input) => fundings.has(outpointKey(input)));
    for (const [vout, { script }] of tx.outputs.entries())
      if (isClose || spendsBySecondStage(tx, vout)) watched.push({ outpoint: { txid, vout }, script, fromHeight: height });
  }
  return watched;
}
