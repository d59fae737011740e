import type { Action, Scenario } from '../scenario/types.ts';
import { namesIn } from '../actions/index.ts';
import { isNeeded } from './licence-need.ts';
import { openedBefore, simplerActions, simplerWorlds } from './shrink-values.ts';

/** What one execution of a candidate showed. */
export interface Execution {
  /** Of the finding, if there was one. */
  readonly fingerprint: string | undefined;
  /** The actions that still applied, in order: what no longer applies is skipped, not an error. */
  readonly applied: readonly Action[];
  /** Of the trace: equal where the same happened up to the finding. */
  readonly hash: string;
}

export interface ShrinkOptions {
  /** Runs a candidate from its beginning, settlement included, skipping what no longer applies. */
  readonly execute: (candidate: Scenario) => Execution;
  /** Most executions to spend. Default 3,000. */
  readonly maxExecutions?: number;
  /** Simpler forms of a custom operation's action, simplest first. */
  readonly simplerCustom?: (action: Extract<Action, { do: 'custom' }>) => Iterable<Action>;
}

export interface ShrinkProgress {
  readonly executions: number;
  readonly actions: number;
  readonly stage: 'reproduce' | 'actions' | 'world' | 'values';
}

export interface ShrinkResult {
  readonly scenario: Scenario;
  readonly executions: number;
  /** False: the scenario did not show its fingerprint in the first place, and is returned as it came. */
  readonly reproduced: boolean;
  /** True: no part that was tried can be left out any more. False: the budget ended first. */
  readonly minimal: boolean;
}

/**
 * Shortens a scenario that expects a finding, keeping the finding's fingerprint. A generator, so that whoever runs it can show
 * progress, or stop, between executions. A licence is removed only where no action is left that brings what it excuses, and the very same
 * trace leads to the finding without it: what it had excused would look like the bug that is hunted, also once that is fixed.
 */
export function* shrinking(scenario: Scenario, options: ShrinkOptions): Generator<ShrinkProgress, ShrinkResult> {
  const search = new Search(scenario, options);
  yield search.progress('reproduce');
  if (!search.reproduces()) return { scenario, executions: search.executions, reproduced: false, minimal: false };
  for (let before = ''; before !== search.text() && !search.exhausted();) {
    before = search.text();
    yield* simplify(search, 'world', openedBefore);
    yield* removeActions(search);
    yield* simplify(search, 'world', (best) => simplerWorlds(best));
    yield* removeLicences(search);
    yield* simplify(search, 'values', (best) => simplerActions(best, options.simplerCustom));
  }
  return { scenario: search.best, executions: search.executions, reproduced: true, minimal: !search.exhausted() };
}

/** The same in one go. */
export function shrink(
  scenario: Scenario,
  options: ShrinkOptions & { readonly onProgress?: (progress: ShrinkProgress) => void },
): ShrinkResult {
  return inOneGo(shrinking(scenario, options), options.onProgress);
}

/** All steps of a generator, one after the other. */
export function inOneGo<P, R>(steps: Generator<P, R>, onProgress?: (progress: P) => void): R {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onProgress?.(step.value);
  }
}

class Search {
  best: Scenario;
  executions = 0;
  /** Of the trace of `best`. */
  private hash = '';
  private readonly tried = new Set<string>();
  private readonly options: ShrinkOptions;

  constructor(scenario: Scenario, options: ShrinkOptions) {
    this.best = scenario;
    this.options = options;
  }

  exhausted(): boolean {
    return this.executions >= (this.options.maxExecutions ?? 3000);
  }

  text(): string {
    return JSON.stringify(this.best);
  }

  progress(stage: ShrinkProgress['stage']): ShrinkProgress {
    return { executions: this.executions, actions: this.best.actions.length, stage };
  }

  reproduces(): boolean {
    return this.attempt(this.best);
  }

  /** Keeps the candidate, less what no longer applied, if it shows the same finding. A candidate is executed at most once. */
  attempt(candidate: Scenario, sameTrace = false): boolean {
    const key = JSON.stringify(candidate);
    if (this.exhausted() || this.tried.has(key)) return false;
    this.tried.add(key);
    this.executions += 1;
    const { fingerprint, applied, hash } = this.options.execute(candidate);
    if (fingerprint !== candidate.expect || (sameTrace && hash !== this.hash)) return false;
    this.hash = hash;
    this.best = { ...candidate, actions: applied };
    this.tried.add(this.text());
    return true;
  }

  attemptActions(actions: readonly Action[]): boolean {
    return actions.length < this.best.actions.length && this.attempt({ ...this.best, actions });
  }
}

/** First whole groups that belong together by meaning, then halves, quarters, ... single actions, from the end to the beginning. */
function* removeActions(search: Search): Generator<ShrinkProgress, void> {
  for (const group of groupsOf(search.best.actions)) {
    search.attemptActions(search.best.actions.filter((action) => !group(action)));
    yield search.progress('actions');
  }
  for (let size = Math.max(1, search.best.actions.length >> 1); size >= 1 && !search.exhausted(); size = nextSize(size)) {
    let end = search.best.actions.length;
    while (end > 0 && !search.exhausted()) {
      const actions = search.best.actions;
      const start = Math.max(0, end - size);
      const shorter = search.attemptActions([...actions.slice(0, start), ...actions.slice(end)]);
      // After a success more may be gone than was cut: start from what is left, at the same place.
      end = shorter ? Math.min(start, search.best.actions.length) : start;
      yield search.progress('actions');
    }
  }
}

/** All at once, then one after the other. */
function* removeLicences(search: Search): Generator<ShrinkProgress, void> {
  const without = (names: readonly string[]): Scenario => {
    const { licences = [], ...world } = search.best.world;
    const left = licences.filter((name) => !names.includes(name));
    return { ...search.best, world: left.length === 0 ? world : { ...world, licences: left } };
  };
  const licences = (search.best.world.licences ?? []).filter((name) => !isNeeded(name, search.best.actions));
  if (licences.length === 0) return;
  for (const names of [licences, ...licences.map((name) => [name])]) {
    if (names.some((name) => search.best.world.licences?.includes(name) === true)) search.attempt(without(names), true);
    yield search.progress('world');
  }
}

function nextSize(size: number): number {
  return size === 1 ? 0 : size >> 1;
}

/** Everything of one kind (settlement delivers and stores in order anyway), of one node, link, channel or payment. */
function groupsOf(actions: readonly Action[]): ((action: Action) => boolean)[] {
  const kinds = new Set(actions.map((action) => action.do));
  const names = new Set(actions.flatMap(namesIn));
  return [
    ...[...kinds].map((kind) => (action: Action) => action.do === kind),
    ...[...names].map((name) => (action: Action) => namesIn(action).includes(name)),
  ];
}

function* simplify(
  search: Search,
  stage: 'world' | 'values',
  candidates: (best: Scenario) => Iterable<Scenario>,
): Generator<ShrinkProgress, void> {
  for (let found = true; found && !search.exhausted();) {
    found = false;
    for (const candidate of candidates(search.best)) {
      found = search.attempt(candidate);
      yield search.progress(stage);
      if (found || search.exhausted()) break;
    }
  }
}
