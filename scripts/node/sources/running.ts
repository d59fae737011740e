/// <reference types="node" />
import type { ChainInput, ChainRefusal } from '../../../core/chain/update.ts';
import { IRREVOCABLE_DEPTH } from '../../../core/chain/view.ts';
import type { SourceRule } from '../../../core/sources/rules.ts';
import type { SourceEffect, SourceEnv, SourceInput } from '../../../core/sources/sources-vocabulary.ts';
import type { Watch } from '../../../core/sources/watches.ts';
import type { Services } from '../services.ts';

/** Whom a source tells. */
export interface SourceListener {
  /** For the node, at once: what it then watches is handed over before this returns. `more`: there are blocks above. */
  chain(input: ChainInput, more: boolean): void;
  /** A server is lying, failing, slow or behind. The source goes on by itself, with another one where there is one. */
  trouble(rule: SourceRule, detail: string): void;
}

/** A source that runs. */
export interface RunningSource {
  watch(watch: Watch): void;
  /** The node has not taken what `chain` told. */
  refused(refusal: ChainRefusal): void;
  /** There may be something new. */
  hint(): void;
  stop(): void;
}

interface Machine<S, I, E> {
  readonly step: (env: SourceEnv, state: S, input: I) => { readonly state: S; readonly effects: readonly E[] };
  readonly deadline: (env: SourceEnv, state: S) => number;
  readonly carryOut: (effect: Exclude<E, SourceEffect>) => void;
}

const MAX_TIMER_MS = 0x7fffffff;

/** Gives a pure source its time, and one input after the other. */
export class Running<S, I, E extends { readonly kind: string }> {
  readonly #env: SourceEnv;
  readonly #machine: Machine<S, I, E>;
  readonly #listener: SourceListener;
  readonly #inputs: (I | SourceInput)[] = [];
  #state: S;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isStopped = false;
  /** The node has not taken what it is being told. */
  #isRefused = false;

  constructor(env: SourceEnv, state: S, machine: Machine<S, I, E>, listener: SourceListener) {
    this.#env = env;
    this.#state = state;
    this.#machine = machine;
    this.#listener = listener;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  refuse(refusal: ChainRefusal): void {
    this.#isRefused = true;
    this.input({ kind: 'chain_refused', refusal });
  }

  input(...inputs: readonly (I | SourceInput)[]): void {
    this.#inputs.push({ kind: 'time', nowMs: Date.now() }, ...inputs);
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    for (let input = this.#inputs.shift(); input !== undefined && !this.#isStopped; input = this.#inputs.shift()) {
      const { state, effects } = this.#machine.step(this.#env, this.#state, input as I);
      this.#state = state;
      for (const effect of effects) this.#carryOut(effect);
    }
    this.#isRunning = false;
    this.#wind();
  }

  #carryOut(effect: E | SourceEffect): void {
    if (effect.kind === 'trouble') {
      const { rule, detail } = effect as Extract<SourceEffect, { kind: 'trouble' }>;
      this.#listener.trouble(rule, detail);
    } else if (effect.kind === 'chain') {
      const { input, more } = effect as Extract<SourceEffect, { kind: 'chain' }>;
      this.#isRefused = false;
      this.#listener.chain(input, more);
      if (!this.#isRefused) this.#inputs.push({ kind: 'told' });
    } else this.#machine.carryOut(effect as Exclude<E, SourceEffect>);
  }

  #wind(): void {
    clearTimeout(this.#timer);
    const atMs = this.#machine.deadline(this.#env, this.#state);
    if (atMs === Infinity || this.#isStopped) return;
    this.#timer = setTimeout(() => this.input(), Math.min(MAX_TIMER_MS, Math.max(0, atMs - Date.now()))).unref();
  }
}

/**
 * The services of a node that its source carries out. `tip` is the node's: what the node does not say a height for is looked for from a hundred
 * blocks below, for a peer may have broadcast a funding transaction before it was asked for.
 */
export function watchingServices(source: RunningSource, tip: () => number): Pick<Services, 'watchTx' | 'watchSpend' | 'chainRefused'> {
  const from = (height: number): number => (height > 0 ? height : Math.max(0, tip() - IRREVOCABLE_DEPTH));
  return {
    watchTx: (txid) => source.watch({ kind: 'tx', txid, script: undefined, fromHeight: from(0) }),
    watchSpend: (outpoint, output) =>
      source.watch({ kind: 'spend', outpoint, script: output?.script, fromHeight: from(output?.fromHeight ?? 0) }),
    chainRefused: (refusal) => source.refused(refusal),
  };
}

/** What whoever has started a source holds. */
export function handle<S, I, E extends { readonly kind: string }>(running: Running<S, I, E>, stop: () => void): RunningSource {
  return {
    watch: (watch) => running.input({ kind: 'watch', watch }),
    refused: (refusal) => running.refuse(refusal),
    hint: () => running.input({ kind: 'hint' }),
    stop: () => {
      running.stop();
      stop();
    },
  };
}
