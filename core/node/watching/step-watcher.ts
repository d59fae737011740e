import type { OnChain } from '../../channel/model/channel-vocabulary.ts';
import { STATE_SINK } from '../../channel/model/channel-vocabulary.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import type { ChainUpdate } from '../../chain/update.ts';
import type { Fact } from '../../monitor/facts.ts';
import { recordsOf } from '../../monitor/records.ts';
import { learnAll, watcherStep } from '../../monitor/watcher.ts';
import type { WatcherEnv, WatcherInput, WatcherOutput, WatcherState } from '../../monitor/watcher-vocabulary.ts';
import { releaseAll, stepChannel } from '../channels.ts';
import type { ChannelSlot, NodeWord } from '../node-vocabulary.ts';
import { enqueue, withoutQuestion } from '../outbox.ts';
import { setSlot } from '../run.ts';
import type { Run } from '../run.ts';
import type { ClaimInput } from './claim-words.ts';
import type { Claiming, Watching } from './watching.ts';
import { after, mayBeForgotten } from './watching.ts';

/**
 * The node's own watchers (BOLT 5), one a channel. They see each block before their channels do: what they have done rides in the channel's next
 * store, so that no store has seen a block that its watcher has not. What they want done waits for that store.
 */

function watcherEnv({ env: { crypto }, state: { feeratePerKw } }: Run, claiming: Claiming): WatcherEnv {
  const { signer, destination, policy, cache } = claiming;
  return { crypto, cache, signer, policy, destination, feeratePerKw, hasCoins: true, post: 'node' };
}

/** A channel and its watcher take what has become of the chain. */
export function watchChain(run: Run, channelId: ChannelId, update: ChainUpdate): void {
  const said = step(run, channelId, update);
  stepChannel(run, channelId, update);
  act(run, channelId, said);
}

/** The host says something of what is claimed. */
export function claiming(run: Run, input: ClaimInput): void {
  switch (input.kind) {
    case 'coins':
      return act(run, input.channelId, step(run, input.channelId, { kind: 'coins', claim: input.claim, coins: input.coins }));
    case 'claim_signed': {
      const { channelId, claim, txid, signature } = input;
      return act(run, channelId, step(run, channelId, { kind: 'signed', claim, txid, signature }));
    }
    case 'coin_lost':
      return everywhere(run, { kind: 'coin_lost', outpoint: input.outpoint });
    case 'seen':
      return everywhere(run, { kind: 'seen', tx: input.tx });
  }
}

export function everywhere(run: Run, input: WatcherInput): void {
  for (const channelId of run.state.channels.keys()) act(run, channelId, step(run, channelId, input));
}

/** A failed channel has told something, or its host has acknowledged what it was told: what follows from it on the chain. */
export function watched(run: Run, channelId: ChannelId): void {
  const watching = run.state.channels.get(channelId)?.watching;
  if (watching === undefined) return;
  const { told } = watching;
  if (told.length > 0)
    act(run, channelId, take(run, channelId, watching, watching.state, { kind: 'updates', updates: told.first(told.length) }));
  const slot = run.state.channels.get(channelId);
  if (slot !== undefined && mayBeForgotten(slot))
    stepChannel(run, channelId, { kind: 'on_chain', settled: [], preimages: [], resolved: true });
}

/** After a restart: what was left unfinished is said again. */
export function resume(run: Run): void {
  for (const [channelId, { state, watching }] of run.state.channels)
    if (state.phase === 'failed' || (watching !== undefined && watching.state.acts.told.length > 0))
      act(run, channelId, step(run, channelId, { kind: 'started' }));
}

/** One watcher takes one input, with all that its channel has told before. */
function step(run: Run, channelId: ChannelId, input: WatcherInput): readonly WatcherOutput[] {
  const watching = run.state.channels.get(channelId)?.watching;
  if (watching === undefined) return [];
  const { state, told } = watching;
  const learned = told.length === 0 ? state : learnAll(run.env.crypto, state, told.first(told.length));
  return take(run, channelId, watching, learned, input);
}

function take(run: Run, channelId: ChannelId, watching: Watching, before: WatcherState, input: WatcherInput): readonly WatcherOutput[] {
  const { claiming } = run.env;
  const slot = run.state.channels.get(channelId);
  if (slot === undefined || claiming === undefined) return [];
  const { state, effects } = watcherStep(watcherEnv(run, claiming), before, input);
  if (state === watching.state) return effects;
  // What the channel has told stands in its own store.
  const from = input.kind === 'updates' ? learnAll(run.env.crypto, before, input.updates) : before;
  const { state: channel, outbox, storedVersion, current } = slot;
  setSlot(run, channelId, { state: channel, outbox, storedVersion, current, watching: after(watching, state, recordsOf(from, state)) });
  return effects;
}

/** Carries out what a watcher says: its channel first, which stores what that has done, then the host. */
function act(run: Run, channelId: ChannelId, said: readonly WatcherOutput[]): void {
  const facts: Fact[] = [];
  const preimages: OnChain['preimages'][number][] = [];
  for (const output of said) {
    if (output.kind === 'tell') {
      facts.push(output.fact);
      step(run, channelId, { kind: 'acknowledged', id: output.id });
    } else if (output.kind === 'preimage') preimages.push(output.preimage);
  }
  const slot = run.state.channels.get(channelId);
  if (slot?.watching === undefined) return;
  if (preimages.length + slot.watching.unstored.length > 0) {
    const { us } = slot.state.params;
    const settled = facts.flatMap((fact) => (fact.kind === 'htlc' && fact.offerer === us && fact.fate !== 'lost' ? [fact] : []));
    const resolved = facts.some(({ kind }) => kind === 'resolved');
    stepChannel(run, channelId, { kind: 'on_chain', settled, preimages, resolved });
  }
  leave(run, channelId, said, facts);
}

/** What is for the host waits for what the channel has stored last, and for nothing that is sent. */
function leave(run: Run, channelId: ChannelId, said: readonly WatcherOutput[], facts: readonly Fact[]): void {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return;
  const { version } = slot.state.durability;
  const after = [{ sink: STATE_SINK, channelId, version }];
  const words: NodeWord[] = facts.map((fact) => ({ kind: 'told_on_chain', channelId, fact, after }));
  for (const output of said) {
    const word = wordOf(slot, output, after);
    if (word !== undefined) words.push(word);
  }
  if (words.length === 0) return;
  let held = slot;
  for (const word of words) if (word.kind === 'ask_coins') held = withoutQuestion(held, word.claim);
  setSlot(run, channelId, enqueue(held, words, run.work));
  releaseAll(run, channelId);
}

function wordOf(
  { state }: ChannelSlot,
  output: WatcherOutput,
  after: NonNullable<Extract<NodeWord, { kind: 'claim' }>['after']>,
): NodeWord | undefined {
  const { channelId } = state;
  switch (output.kind) {
    case 'broadcast': {
      const { claim, txs, coins } = output;
      // By itself the channel gives its commitment to the chain.
      return claim === 'commitment' && txs.length === 1 ? undefined : { kind: 'claim', channelId, claim, txs, coins, after };
    }
    case 'ask_coins': {
      const { claim, amountSat, deadline } = output;
      return { kind: 'ask_coins', channelId, claim, amountSat, deadline, after };
    }
    case 'release_coins':
      return { kind: 'release_coins', channelId, coins: output.coins, after };
    case 'sign':
      return { kind: 'sign_claim', channelId, claim: output.claim, txid: output.txid, request: output.request, after };
    case 'watch': {
      const { outpoint, script, fromHeight } = output;
      return { kind: 'watch_output', channelId, outpoint, script, fromHeight };
    }
    case 'store':
    case 'acknowledge':
    case 'tell':
    case 'preimage':
      return undefined;
    case 'refused':
    case 'chain_refused':
      throw new Error(`the node's own watcher of ${channelId} does not follow its channel`);
  }
}
