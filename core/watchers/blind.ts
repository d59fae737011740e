import type { ConfirmedTx } from '../chain/update.ts';
import { isChainRefusal } from '../chain/update.ts';
import type { ChainUpdate } from '../chain/update.ts';
import { applyUpdate, emptyView, spendOf } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import { withContent } from './messages.ts';
import type { SealedPenalties } from './messages.ts';
import { hintOf, openPenalties } from './sealed-penalties.ts';
import { penaltiesOf } from './penalties.ts';
import type { Penalty } from './penalties.ts';
import { PenaltyLog } from './penalty-log.ts';
import { received } from './remote.ts';
import type { Kind } from './remote.ts';
import { noUpdates } from './statements.ts';
import type { Prefix } from './statements.ts';
import type { RemoteEnv, RemoteInput, RemoteOutput, RemoteState, RemoteStep } from './watchers-vocabulary.ts';

/**
 * A watcher elsewhere that learns nothing before a revoked commitment is in the chain: it looks at the txid of every transaction of every block.
 * What it can't do: take what a cheater has put on top, pay more than was signed for, claim by preimage, time out, close.
 */
export interface BlindChannel {
  readonly prefix: Prefix;
  readonly penalties: PenaltyLog;
  /** Revoked commitments in the chain, and what spends them. */
  readonly view: View;
}

export type BlindState = RemoteState<BlindChannel>;

/** Pure. As `fullWatcherStep`, with `chain` inputs that have every transaction. */
export function blindWatcherStep(env: RemoteEnv, state: BlindState, input: RemoteInput): RemoteStep<BlindChannel> {
  switch (input.kind) {
    case 'received':
      return received(BLIND, env, state, input.bytes);
    case 'chain':
      return chain(env, state, input);
    case 'feerate':
    case 'started':
      return { state, effects: [...state.channels].flatMap(([channelId, channel]) => punish(env, channelId, channel)) };
    case 'seen':
      return { state, effects: [] };
  }
}

const BLIND: Kind<BlindChannel> = {
  join({ crypto }, channelId, tip, { mandate, copy }, before) {
    // One that has secrets is for a watcher that learns everything: they are not kept here.
    if (mandate.secrets !== undefined || copy?.knowledge !== undefined) return undefined;
    const { number, chain: head } = copy ?? noUpdates(crypto, channelId);
    const { penalties, view } = before ?? { penalties: new PenaltyLog(), view: emptyView(tip) };
    return { channel: { prefix: { number, chain: head }, penalties, view }, effects: [] };
  },
  learn({ crypto }, _channelId, { prefix, penalties, view }, content) {
    if (content.kind === 'update') return undefined;
    const next = withContent(crypto, prefix, content);
    const more = content.kind === 'penalties' ? penalties.with(content.bundles) : penalties;
    return { channel: { prefix: next, penalties: more, view }, effects: [] };
  },
  copyOf: ({ prefix: { number, chain: head } }) => ({ number, chain: head, knowledge: undefined }),
  repeats: () => [],
};

function chain(env: RemoteEnv, state: BlindState, input: ChainUpdate): RemoteStep<BlindChannel> {
  const base = applyUpdate(emptyView(state.tip), input, () => false);
  if (isChainRefusal(base)) return { state, effects: [{ kind: 'chain_refused', refusal: base }] };
  const channels = new Map(state.channels);
  const effects: RemoteOutput<BlindChannel>[] = [];
  for (const [channelId, { prefix, penalties, view }] of state.channels) {
    const after = applyUpdate(view, input, touching(penalties, view, input));
    if (isChainRefusal(after)) {
      effects.push({ kind: 'chain_refused', refusal: after });
      continue;
    }
    const channel = { prefix, penalties, view: after };
    channels.set(channelId, channel);
    if (after.transactions !== view.transactions) effects.push({ kind: 'keep', channelId, channel });
    effects.push(...punish(env, channelId, channel));
  }
  return { state: { epoch: state.epoch, heard: state.heard, tip: base.tip, channels }, effects };
}

/** Of an update, commitments that there are penalties for, and what spends them. */
function touching(penalties: PenaltyLog, view: View, { fork, transactions }: ChainUpdate): (confirmed: ConfirmedTx) => boolean {
  const commitments = new Set(view.transactions.filter(({ height }) => height <= fork.height).map(({ txid }) => txid));
  const touched = new Set<ConfirmedTx>();
  for (const confirmed of transactions) {
    const isOurs = penalties.find(hintOf(confirmed.txid)) !== undefined;
    if (isOurs) commitments.add(confirmed.txid);
    if (isOurs || confirmed.tx.inputs.some(({ txid }) => commitments.has(txid))) touched.add(confirmed);
  }
  return (confirmed) => touched.has(confirmed);
}

/** Every penalty whose output is there: said again with every block, until the chain has it. */
function punish(env: RemoteEnv, channelId: ChannelId, { penalties, view }: BlindChannel): readonly RemoteOutput<BlindChannel>[] {
  const effects: RemoteOutput<BlindChannel>[] = [];
  for (const confirmed of view.transactions) {
    const sealed: SealedPenalties | undefined = penalties.find(hintOf(confirmed.txid));
    const bundle = sealed === undefined ? undefined : openPenalties(env, confirmed.txid, sealed);
    if (bundle === undefined) continue;
    for (const penalty of penaltiesOf(env.crypto, bundle, confirmed, confirmed.height) ?? []) {
      const { outpoint, earliest } = penalty.claim;
      if (earliest > view.tip.height + 1 || spendOf(view, outpoint) !== undefined) continue;
      effects.push({ kind: 'broadcast', channelId, txs: [versionFor(penalty, confirmed.height, view.tip.height, env.feeratePerKw)] });
    }
  }
  return effects;
}

/** The least of the stated feerates that is enough now, and a higher one with each part of the delay that has gone. */
function versionFor({ claim: { deadline }, versions }: Penalty, confirmedAt: number, tipHeight: number, feeratePerKw: number): Tx {
  const enough = versions.findIndex((version) => version.feeratePerKw >= feeratePerKw);
  const delay = deadline === undefined ? undefined : deadline - confirmedAt;
  const gone = delay === undefined || delay <= 0 ? 0 : Math.floor(((tipHeight - confirmedAt) * versions.length) / delay);
  const at = Math.min(versions.length - 1, Math.max(enough < 0 ? versions.length - 1 : enough, gone));
  return (versions[at] as Penalty['versions'][number]).tx;
}
