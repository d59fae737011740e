import type { ChannelId, Preimage } from '../crypto/bytes.ts';
import { emptyView, misfitOf } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import { createClaimSigner } from '../monitor/claim-signer.ts';
import { preimagesOf } from '../monitor/htlcs.ts';
import { learn } from '../monitor/knowledge.ts';
import type { Knowledge } from '../monitor/knowledge.ts';
import { shownPreimages, witnessedPreimages } from '../monitor/shown-preimages.ts';
import { createWatcher, watcherStep } from '../monitor/watcher.ts';
import type { WatcherEnv, WatcherInput, WatcherOutput, WatcherState } from '../monitor/watcher-vocabulary.ts';
import { withContent } from './messages.ts';
import type { WatchedSecrets } from './messages.ts';
import { received, say } from './remote.ts';
import type { Kind } from './remote.ts';
import { noUpdates } from './statements.ts';
import type { FullChannel, RemoteEnv, RemoteInput, RemoteOutput, RemoteState, RemoteStep } from './watchers-vocabulary.ts';

/**
 * A watcher elsewhere that learns everything: it rebuilds any commitment of its channels, and claims on the chain by itself what is the node's and
 * needs no coins. It never has a funding key, nor the seed of the node's per-commitment secrets.
 */
export type FullState = RemoteState<FullChannel>;

/** Pure. What the device says, what the chain says, and what follows from both. Never throws for what comes from outside of the link. */
export function fullWatcherStep(env: RemoteEnv, state: FullState, input: RemoteInput): RemoteStep<FullChannel> {
  switch (input.kind) {
    case 'received':
      return received(FULL, env, state, input.bytes);
    case 'chain':
    case 'seen':
    case 'feerate':
    case 'started':
      return everywhere(env, state, input);
  }
}

const FULL: Kind<FullChannel> = {
  join(env, channelId, tip, { mandate, copy }, before) {
    if (mandate.secrets === undefined || (copy !== undefined && copy.knowledge === undefined)) return undefined;
    const { number, chain } = copy ?? noUpdates(env.crypto, channelId);
    const { view, acts } = before?.watcher ?? createWatcher(tip);
    const watcher = { knowledge: withShown(env, copy?.knowledge, view), learned: number, view, acts };
    const step = watcherStep(watcherEnv(env, mandate), watcher, { kind: 'started' });
    return { channel: { mandate, prefix: { number, chain }, watcher: step.state }, effects: leaving(channelId, step.effects) };
  },
  learn(env, channelId, { mandate, prefix, watcher }, content) {
    if (content.kind !== 'update') return undefined;
    const next = withContent(env.crypto, prefix, content);
    const step = watcherStep(watcherEnv(env, mandate), watcher, { kind: 'update', number: next.number, update: content.update });
    if (step.state.learned !== next.number) return undefined;
    return { channel: { mandate, prefix: next, watcher: step.state }, effects: leaving(channelId, step.effects) };
  },
  copyOf: ({ prefix: { number, chain }, watcher: { knowledge } }) => ({ number, chain, knowledge }),
  repeats: ({ crypto }, channelId, { watcher }) =>
    shownBefore(crypto, watcher).map((preimage) => ({ kind: 'preimage', channelId, preimage })),
};

/** The node's coins, anchors and second stages under anchors are not a watcher's. */
function watcherEnv({ crypto, cache, policy, feeratePerKw }: RemoteEnv, { destination, secrets }: FullChannel['mandate']): WatcherEnv {
  const signer = createClaimSigner(crypto, () => ({ ...(secrets as WatchedSecrets), funding: undefined }));
  return { crypto, cache, signer, post: 'elsewhere', policy, destination, feeratePerKw, hasCoins: false };
}

/** What of a channel's effects is a watcher's elsewhere. What it says to its node goes to the device, where that is a preimage. */
function leaving(channelId: ChannelId, effects: readonly WatcherOutput[]): readonly RemoteOutput<FullChannel>[] {
  const left: RemoteOutput<FullChannel>[] = [];
  for (const effect of effects) {
    switch (effect.kind) {
      case 'broadcast':
        left.push({ kind: 'broadcast', channelId, txs: effect.txs });
        break;
      case 'watch':
      case 'tell':
        left.push({ ...effect, channelId });
        break;
      case 'chain_refused':
        left.push(effect);
        break;
      // Kept with the channel, said by the caller, or another's to do: it has no coins, its signer answers at once, and order is held before.
      case 'store':
      case 'acknowledge':
      case 'preimage':
      case 'ask_coins':
      case 'release_coins':
      case 'sign':
      case 'refused':
        break;
    }
  }
  return left;
}

/** A copy does not have what this watcher has seen in the chain itself. */
function withShown({ crypto }: RemoteEnv, knowledge: Knowledge | undefined, { transactions }: View): Knowledge | undefined {
  if (knowledge === undefined) return undefined;
  const preimages = shownPreimages(
    crypto,
    knowledge,
    transactions.map(({ tx }) => tx),
  );
  return preimages.reduce((known, preimage) => learn(crypto, known, { kind: 'preimage', preimage, settles: [] }), knowledge);
}

/** Tells every channel. */
function everywhere(env: RemoteEnv, state: FullState, input: Exclude<RemoteInput, { kind: 'received' }>): RemoteStep<FullChannel> {
  const refusal = input.kind === 'chain' ? misfitOf(emptyView(state.tip), input) : undefined;
  if (refusal !== undefined) return { state, effects: [{ kind: 'chain_refused', refusal }] };
  const tip = input.kind === 'chain' ? input.tip : state.tip;
  const channels = new Map(state.channels);
  const effects: RemoteOutput<FullChannel>[] = [];
  for (const [channelId, channel] of state.channels) {
    const step = watcherStep(watcherEnv(env, channel.mandate), channel.watcher, input satisfies WatcherInput);
    if (step.state === channel.watcher && step.effects.length === 0) continue;
    const after = { mandate: channel.mandate, prefix: channel.prefix, watcher: step.state };
    channels.set(channelId, after);
    if (step.effects.some(({ kind }) => kind === 'store')) effects.push({ kind: 'keep', channelId, channel: after });
    effects.push(...leaving(channelId, step.effects));
    for (const effect of step.effects)
      if (effect.kind === 'preimage') effects.push(say(env, state, { kind: 'preimage', channelId, preimage: effect.preimage }));
  }
  return { state: { epoch: state.epoch, heard: state.heard, tip, channels }, effects };
}

/** Every preimage of this channel that its transactions in the chain have shown: the device may not have heard of it. */
function shownBefore(crypto: RemoteEnv['crypto'], { knowledge, view }: WatcherState): readonly Preimage[] {
  if (knowledge === undefined) return [];
  const shown = witnessedPreimages(
    crypto,
    view.transactions.map(({ tx }) => tx),
  );
  return [...preimagesOf(knowledge, new Set(shown.keys())).keys()].map((hash) => shown.get(hash) as Preimage);
}
