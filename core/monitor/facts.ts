import type { ChainPoint, ConfirmedTx } from '../chain/update.ts';
import { confirmation, depth } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import type { Preimage, Txid } from '../crypto/bytes.ts';
import type { HtlcName } from '../knowledge/updates.ts';
import type { Close } from './close.ts';
import { htlcKey } from './htlcs.ts';
import type { HtlcFate } from './htlcs.ts';
import type { Outcome } from './outcome.ts';
import type { ChainPolicy } from './policy.ts';

/** What a watcher tells its node of the chain, once, and again until it is acknowledged. */
export type Fact =
  | (HtlcName & {
      readonly kind: 'htlc';
      readonly fate: Exclude<HtlcFate['fate'], 'open'>;
      readonly preimage: Preimage | undefined;
      /** The block that it rests on: a promise that a deeper reorganisation breaks. */
      readonly block: ChainPoint | undefined;
    })
  /** How the channel ended. BOLT 5, General Requirements: "MUST warn the user of potentially lost funds" of what is `unknown`, `future` or `ours_old`. */
  | { readonly kind: 'closed'; readonly how: Close['kind']; readonly txid: Txid; readonly block: ChainPoint }
  /** Every output is irrevocably resolved: nothing is watched any more. */
  | { readonly kind: 'resolved' }
  /** A reorganisation was deeper than what fact `id` rested on, and the chain now says something else. */
  | { readonly kind: 'contradicted'; readonly id: number };

export interface ToldFact {
  /** Counted from 1. */
  readonly id: number;
  readonly fact: Fact;
  readonly acknowledged: boolean;
}

function blockOf(confirmed: ConfirmedTx): ChainPoint {
  return { height: confirmed.height, hash: confirmed.blockHash };
}

/** A fact is told once under its key. */
function keyOf(fact: Fact): string {
  switch (fact.kind) {
    case 'htlc':
      return `htlc ${htlcKey(fact)}`;
    case 'closed':
      return `closed ${fact.txid}`;
    case 'resolved':
      return 'resolved';
    case 'contradicted':
      return `contradicted ${fact.id}`;
  }
}

/** The depth at which the end of a channel is told: what may cost money at once. */
function depthOfClose({ reorgDepth }: ChainPolicy, { kind }: Close): number {
  return kind === 'unknown' || kind === 'future' || kind === 'ours_old' ? 1 : reorgDepth;
}

/** What is beyond doubt in the present chain. */
function ripeFacts(policy: ChainPolicy, view: View, { close, htlcs }: Outcome, resolved: boolean): readonly Fact[] {
  if (close === undefined) return [];
  const facts: Fact[] = [];
  const { txid } = close.spend;
  if (depth(view, txid) >= depthOfClose(policy, close)) facts.push({ kind: 'closed', how: close.kind, txid, block: blockOf(close.spend) });
  for (const { offerer, id, fate, preimage, since, depth: needed } of htlcs) {
    if (fate === 'open' || (since !== undefined && depth(view, since.txid) < needed)) continue;
    facts.push({ kind: 'htlc', offerer, id, fate, preimage, block: since === undefined ? undefined : blockOf(since) });
  }
  if (resolved) facts.push({ kind: 'resolved' });
  return facts;
}

/** Whether the chain denies what was told, beyond doubt. */
function denies(facts: readonly Fact[], view: View, told: Fact): boolean {
  if (told.kind === 'closed') {
    const now = facts.find((fact) => fact.kind === 'closed');
    return now !== undefined && now.txid !== told.txid && confirmation(view, told.txid) === undefined;
  }
  if (told.kind !== 'htlc') return false;
  const now = facts.find((fact) => fact.kind === 'htlc' && htlcKey(fact) === htlcKey(told));
  return now?.kind === 'htlc' && now.fate !== told.fate;
}

/** All that was told, with what there is to tell now. The same list where there is nothing new. */
export function tellFacts(
  policy: ChainPolicy,
  view: View,
  outcome: Outcome,
  resolved: boolean,
  told: readonly ToldFact[],
): readonly ToldFact[] {
  const ripe = ripeFacts(policy, view, outcome, resolved);
  if (ripe.length === 0) return told;
  const keys = new Set(told.map(({ fact }) => keyOf(fact)));
  const news = ripe.filter((fact) => !keys.has(keyOf(fact)));
  for (const { id, fact } of told)
    if (!keys.has(keyOf({ kind: 'contradicted', id })) && denies(ripe, view, fact)) news.push({ kind: 'contradicted', id });
  if (news.length === 0) return told;
  return [...told, ...news.map((fact, at) => ({ id: told.length + 1 + at, fact, acknowledged: false }))];
}
