import type { Tx } from '../bitcoin/tx.ts';
import type { ConfirmedTx } from '../chain/update.ts';
import { spendOf } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import type { FundingUpdate } from '../knowledge/updates.ts';
import type { ChannelScripts } from '../transactions/channel-scripts.ts';
import { commitmentNumber } from '../transactions/commitment.ts';
import type { BuiltCommitment } from '../transactions/commitment.ts';
import { other } from '../transactions/types.ts';
import type { CommitmentCache } from './commitment-cache.ts';
import type { Knowledge } from './knowledge.ts';

/** A commitment that was told, in the chain. */
export interface CommitmentClose {
  /** `revoked`: the peer's, whose secret we have. */
  readonly kind: 'ours' | 'theirs' | 'revoked';
  readonly spend: ConfirmedTx;
  readonly built: BuiltCommitment;
  /** Which funding it spends. */
  readonly funding: number;
}

/** BOLT 5, Mutual Close Handling: a closing transaction that both may have signed. */
export interface MutualClose {
  readonly kind: 'mutual';
  readonly spend: ConfirmedTx;
}

/**
 * A transaction that we can't rebuild.
 *
 * - `future`: a commitment of the peer's that is newer than all that was told: our state is old, and only `to_remote` is ours.
 * - `ours_old`: a commitment of ours that was revoked: we are at the peer's mercy.
 * - `unknown`: no closing transaction, and no commitment of either side.
 */
export interface StrangeClose {
  readonly kind: 'future' | 'ours_old' | 'unknown';
  readonly spend: ConfirmedTx;
  readonly scripts: ChannelScripts;
}

/** What has spent a funding output (BOLT 5). */
export type Close = CommitmentClose | MutualClose | StrangeClose;

/** What the present chain has made of the channel; undefined while no funding output is spent. */
export function closeOf(cache: CommitmentCache, known: Knowledge, view: View): Close | undefined {
  for (const [at, funding] of known.fundings.entries()) {
    const spend = spendOf(view, funding);
    if (spend !== undefined) return classify(cache, known, at, funding, spend);
  }
  return undefined;
}

function classify(cache: CommitmentCache, known: Knowledge, at: number, funding: FundingUpdate, spend: ConfirmedTx): Close {
  const scripts = cache.scripts(known, funding);
  if (isMutualClose(known, funding, spend.tx)) return { kind: 'mutual', spend };
  const number = commitmentNumber(scripts, spend.tx);
  const { us } = known.parameters;
  for (const owner of [other(us), us] as const) {
    const built = cache.commitment(known, owner, number)?.[at];
    if (built?.txid !== spend.txid) continue;
    const held = owner === us || known.points.some((unrevoked) => unrevoked.number === number);
    return { kind: held ? (owner === us ? 'ours' : 'theirs') : 'revoked', spend, built, funding: at };
  }
  if (!isCommitment(spend.tx)) return { kind: 'unknown', spend, scripts };
  if (number >= BigInt(known.cuts[other(us)].length)) return { kind: 'future', spend, scripts };
  return { kind: number < BigInt(known.cuts[us].length) ? 'ours_old' : 'unknown', spend, scripts };
}

/** BOLT 3, Commitment Transaction: the upper bytes of locktime and sequence. */
export function isCommitment({ inputs: [input, ...others], locktime }: Tx): boolean {
  return input !== undefined && others.length === 0 && input.sequence >>> 24 === 0x80 && locktime >>> 24 === 0x20;
}

/** BOLT 5, Mutual Close Handling: any closing transaction that both ever signed may confirm. */
function isMutualClose({ shutdownScripts }: Knowledge, funding: FundingUpdate, tx: Tx): boolean {
  if (shutdownScripts === undefined) return false;
  const { opener, accepter } = shutdownScripts.scripts;
  const spends = tx.inputs.some(({ txid, vout, sequence }) => sequence === 0xffffffff && txid === funding.txid && vout === funding.vout);
  return spends && tx.outputs.every(({ script }) => script === opener || script === accepter);
}
