import type { Tx } from '../bitcoin/tx.ts';
import { isChainRefusal } from '../chain/update.ts';
import type { ChainPoint, ChainUpdate } from '../chain/update.ts';
import { applyUpdate, emptyView } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import type { Preimage } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import { actsFor, NO_ACTS, withActs } from './acts.ts';
import type { Acts } from './acts.ts';
import type { Coin } from './claim-tx.ts';
import type { Claim } from './claims.ts';
import { diff, signedLate } from './diff.ts';
import { tellFacts } from './facts.ts';
import { learn } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';
import { isResolved, outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { outpointKey } from './outputs.ts';
import { shownPreimages } from './shown-preimages.ts';
import { touching, watchedOutputs } from './touching.ts';
import { wantedOf } from './wanted.ts';
import type { Said, WatcherEnv, WatcherInput, WatcherOutput, WatcherState, WatcherStep } from './watcher-vocabulary.ts';

/** Blocks between two broadcasts of the same transaction: a mempool may have dropped it, or refused it before its parent was there. */
const REBROADCAST_BLOCKS = 6;

/** A watcher that was told nothing yet. `tip`: the newest block that its source has told it of. */
export function createWatcher(tip: ChainPoint): WatcherState {
  return { knowledge: undefined, learned: 0, view: emptyView(tip), acts: NO_ACTS };
}

/**
 * One channel's chain (BOLT 5), pure: what the channel has told, what the chain says, and from these what is wanted there. It never throws for
 * what the chain or a host says; it does for an update that contradicts those before it, which only the channel's own bug sends.
 */
export function watcherStep(env: WatcherEnv, state: WatcherState, input: WatcherInput): WatcherStep {
  switch (input.kind) {
    case 'update':
      return update(env, state, input);
    case 'updates':
      return settle(env, state, learnAll(env.crypto, state, input.updates), 'news', []);
    case 'chain':
      return chain(env, state, input);
    case 'seen':
      return shown(env, state, state, [input.tx], 'news');
    case 'feerate':
      return settle(env, state, state, 'news', []);
    case 'started':
      return settle(env, state, state, 'started', []);
    case 'coins':
      return coins(env, state, input);
    case 'coin_lost':
      return settle(env, state, withActsOf(state, withoutCoin(state.acts, outpointKey(input.outpoint))), 'news', []);
    case 'signed':
      return signed(env, state, input);
    case 'acknowledged':
      return stored(state, withActsOf(state, acknowledge(state.acts, input.id)), []);
  }
}

function withActsOf({ knowledge, learned, view }: WatcherState, acts: Acts): WatcherState {
  return { knowledge, learned, view, acts };
}

/** With a store in front where anything is to be kept. */
function stored(before: WatcherState, after: WatcherState, effects: readonly WatcherOutput[]): WatcherStep {
  if (before.knowledge === after.knowledge && before.acts === after.acts && before.view.transactions === after.view.transactions)
    return { state: after, effects };
  return { state: after, effects: [{ kind: 'store', state: after }, ...effects] };
}

function refused(state: WatcherState, rule: 'monitor.update_missing' | 'monitor.no_parameters', detail: string): WatcherStep {
  return { state, effects: [{ kind: 'refused', rule, detail }] };
}

function update(env: WatcherEnv, state: WatcherState, { number, update: told }: Extract<WatcherInput, { kind: 'update' }>): WatcherStep {
  const { knowledge, learned, view, acts } = state;
  if (number <= learned) return { state, effects: [{ kind: 'acknowledge', number: learned }] };
  if (number > learned + 1) return refused(state, 'monitor.update_missing', `update ${number} came, ${learned + 1} is the next`);
  if (knowledge === undefined && told.kind !== 'parameters') return refused(state, 'monitor.no_parameters', `${told.kind} came first`);
  const after = { knowledge: learn(env.crypto, knowledge, told), learned: number, view, acts };
  const { state: settled, effects } = settle(env, state, after, 'news', []);
  return { state: settled, effects: [...effects, { kind: 'acknowledge', number }] };
}

/** The state of a watcher that was told these in their order. What follows from them is asked with the next input. */
export function learnAll(crypto: Crypto, state: WatcherState, updates: readonly MonitorUpdate[]): WatcherState {
  let { knowledge, learned } = state;
  for (const told of updates) {
    knowledge = learn(crypto, knowledge, told);
    learned++;
  }
  return { knowledge, learned, view: state.view, acts: state.acts };
}

/** Folds what has become of the chain, learns the preimages that it shows, and asks anew all that depends on it. */
function chain(env: WatcherEnv, state: WatcherState, input: ChainUpdate): WatcherStep {
  const { knowledge, learned, view: before, acts } = state;
  const touches = knowledge === undefined ? () => false : touching(knowledge, before, input);
  const view = applyUpdate(before, input, touches);
  if (isChainRefusal(view)) return { state, effects: [{ kind: 'chain_refused', refusal: view }] };
  if (view === before) return { state, effects: [] };
  const old = new Set(before.transactions);
  const news = view.transactions.filter((confirmed) => !old.has(confirmed)).map(({ tx }) => tx);
  const lost = news.length + before.transactions.length > view.transactions.length;
  const again = lost || (view.tip !== before.tip && view.tip.height % REBROADCAST_BLOCKS === 0);
  return shown(env, state, { knowledge, learned, view, acts }, news, again ? 'broadcasts' : 'news');
}

/** Learns the preimages of these transactions, and goes on with them. */
function shown(
  env: WatcherEnv,
  before: WatcherState,
  { knowledge, learned, view, acts }: WatcherState,
  txs: readonly Tx[],
  said: Said,
): WatcherStep {
  const preimages = knowledge === undefined ? [] : shownPreimages(env.crypto, knowledge, txs);
  let known = knowledge;
  for (const preimage of preimages) known = learn(env.crypto, known, { kind: 'preimage', preimage, settles: [] });
  return settle(env, before, { knowledge: known, learned, view, acts }, said, preimages);
}

/** What the channel comes to now: what is wanted, done and told. `preimages`: those that the chain has shown, and the channel has not told. */
function settle(env: WatcherEnv, before: WatcherState, after: WatcherState, said: Said, preimages: readonly Preimage[]): WatcherStep {
  const { knowledge, learned, view } = after;
  if (knowledge === undefined) return stored(before, after, []);
  const { outcome, wanted } = assess(env, knowledge, view);
  const { keysId } = knowledge.parameters;
  const all = said === 'started';
  const { acts, effects } = diff(env, keysId, view, outcome, wanted, after.acts, said);
  const told = tellFacts(env.policy, view, outcome, isResolved(view, outcome, wanted.length), acts.told);
  const state = { knowledge, learned, view, acts: told === acts.told ? acts : { claims: acts.claims, told } };
  return stored(before, state, [
    ...watches(env, before, knowledge, view, all),
    ...preimages.map((preimage) => ({ kind: 'preimage', preimage }) as const),
    ...effects,
    ...told
      .filter((fact) => !fact.acknowledged && (all || !before.acts.told.includes(fact)))
      .map(({ id, fact }) => ({ kind: 'tell', id, fact }) as const),
  ]);
}

/** What is asked of the present chain, from nothing but what is known of it. */
export function assess(
  { cache, policy }: WatcherEnv,
  knowledge: Knowledge,
  view: View,
): { readonly outcome: Outcome; readonly wanted: readonly Claim[] } {
  const outcome = outcomeOf(cache, policy, knowledge, view);
  return { outcome, wanted: wantedOf(cache, policy, knowledge, outcome) };
}

/** Outputs that were not watched before the step, or all. */
function watches(env: WatcherEnv, before: WatcherState, knowledge: Knowledge, view: View, all: boolean): readonly WatcherOutput[] {
  if (!all && before.knowledge?.fundings === knowledge.fundings && before.view.transactions === view.transactions) return [];
  const known = all || before.knowledge === undefined ? [] : watchedOutputs(env.crypto, before.knowledge, before.view);
  const keys = new Set(known.map(({ outpoint, fromHeight }) => `${outpointKey(outpoint)} ${fromHeight}`));
  return watchedOutputs(env.crypto, knowledge, view)
    .filter(({ outpoint, fromHeight }) => !keys.has(`${outpointKey(outpoint)} ${fromHeight}`))
    .map(({ outpoint, script, fromHeight }) => ({ kind: 'watch', outpoint, script, fromHeight }));
}

function signed(env: WatcherEnv, state: WatcherState, answer: Extract<WatcherInput, { kind: 'signed' }>): WatcherStep {
  const { knowledge, view } = state;
  if (knowledge === undefined) return { state, effects: [] };
  const { wanted } = assess(env, knowledge, view);
  const { acts, effects } = signedLate(env, knowledge.parameters.keysId, wanted, state.acts, answer);
  return stored(state, withActsOf(state, acts), effects);
}

/** What nobody asked for, or somebody has taken already, goes back at once. */
function coins(env: WatcherEnv, state: WatcherState, input: Extract<WatcherInput, { kind: 'coins' }>): WatcherStep {
  const key = outpointKey(input.claim);
  if (!state.acts.claims.some(({ outpoint }) => outpointKey(outpoint) === key))
    return { state, effects: [{ kind: 'release_coins', coins: input.coins }] };
  return settle(env, state, withActsOf(state, reserve(state.acts, input.claim, input.coins)), 'news', []);
}

/** Each coin is one claim's. */
function reserve(acts: Acts, claim: Parameters<typeof actsFor>[1], coins: readonly Coin[]): Acts {
  const taken = new Set(acts.claims.flatMap((one) => one.coins.map(({ outpoint }) => outpointKey(outpoint))));
  const news = coins.filter(({ outpoint }) => !taken.has(outpointKey(outpoint)));
  if (news.length === 0) return acts;
  const { outpoint, version, coins: before } = actsFor(acts, claim);
  return withActs(acts, { outpoint, version, coins: [...before, ...news], askedSat: 0n });
}

/** A version that spends a coin which is gone can't confirm: the claim begins anew. */
function withoutCoin(acts: Acts, lost: string): Acts {
  const holder = acts.claims.find(({ coins }) => coins.some(({ outpoint }) => outpointKey(outpoint) === lost));
  if (holder === undefined) return acts;
  const { outpoint, version } = holder;
  const coins = holder.coins.filter((coin) => outpointKey(coin.outpoint) !== lost);
  const isSpent = version?.tx.inputs.some((input) => outpointKey(input) === lost) === true;
  return withActs(acts, { outpoint, version: isSpent ? undefined : version, coins, askedSat: 0n });
}

/** One that was acknowledged is not told again. */
function acknowledge(acts: Acts, id: number): Acts {
  const at = acts.told.findIndex((fact) => fact.id === id && !fact.acknowledged);
  const fact = acts.told[at];
  return fact === undefined ? acts : { claims: acts.claims, told: acts.told.with(at, { id, fact: fact.fact, acknowledged: true }) };
}
