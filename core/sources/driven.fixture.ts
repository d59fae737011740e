import type { View } from '../chain/view.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { FoldingNode } from './folding-node.fixture.ts';
import { NETWORKS } from './networks.ts';
import type { Scenario } from './scenarios.fixture.ts';
import { DEFAULT_SOURCE_LIMITS } from './sources-vocabulary.ts';
import type { SourceEffect, SourceEnv, SourceInput, SourceStart } from './sources-vocabulary.ts';

export const env: SourceEnv = { crypto: noble, network: NETWORKS.regtest, limits: { ...DEFAULT_SOURCE_LIMITS, staleAfterMs: 1e15 } };

/** A source, and the servers that it speaks with. */
export interface Serving<S, I, E> {
  create(env: SourceEnv, start: SourceStart): S;
  step(env: SourceEnv, state: S, input: I): { readonly state: S; readonly effects: readonly E[] };
  deadline(env: SourceEnv, state: S): number;
  /** What the source is given first. */
  connect(): readonly I[];
  /** What comes of an effect that is for the servers. */
  carryOut(effect: Exclude<E, SourceEffect>): readonly I[];
}

/** Joins a node, a source and its servers, until nobody has anything to say. */
export class Driven<S, I, E extends { readonly kind: string }> {
  readonly scenario: Scenario;
  readonly node: FoldingNode;
  readonly #serving: Serving<S, I, E>;
  state: S;
  limits = env.limits;
  nowMs = 1;
  /** The node asks for nothing. */
  isDeaf = false;
  readonly troubles: string[] = [];
  readonly heights: number[] = [];
  readonly #inputs: (I | SourceInput)[] = [];

  constructor(scenario: Scenario, serving: Serving<S, I, E>, roots = scenario.roots) {
    this.scenario = scenario;
    this.#serving = serving;
    const { height, hash } = scenario.chain.blocks[0] as Scenario['chain']['tip'];
    this.node = new FoldingNode({ height, hash }, roots);
    this.state = this.#start();
  }

  #start(): S {
    const { tip: told } = this.node.view;
    this.#inputs.length = 0;
    this.#inputs.push(...this.#watches(), ...this.#serving.connect());
    return this.#serving.create(env, { told, base: { height: 0, header: NETWORKS.regtest.genesis }, nowMs: this.nowMs });
  }

  #watches(): readonly SourceInput[] {
    return this.isDeaf ? [] : this.node.watches().map((watch) => ({ kind: 'watch', watch }));
  }

  /** The node crashes, and comes up with this view. */
  restart(view: View): void {
    this.node.restart(view);
    this.state = this.#start();
  }

  /** The node asks for what it was deaf for. */
  watch(): void {
    this.run(...this.#watches());
  }

  run(...inputs: readonly (I | SourceInput)[]): void {
    this.#inputs.push(...inputs);
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      const { state, effects } = this.#serving.step({ ...env, limits: this.limits }, this.state, input as I);
      this.state = state;
      for (const effect of effects) this.#carryOut(effect);
    }
  }

  #carryOut(effect: E | SourceEffect): void {
    if (effect.kind === 'trouble') this.troubles.push((effect as Extract<SourceEffect, { kind: 'trouble' }>).rule);
    else if (effect.kind === 'chain') this.#hear(effect as Extract<SourceEffect, { kind: 'chain' }>);
    else this.#inputs.push(...this.#serving.carryOut(effect as Exclude<E, SourceEffect>));
  }

  #hear({ input }: Extract<SourceEffect, { kind: 'chain' }>): void {
    const refusal = this.node.take(input);
    if (refusal === undefined) this.heights.push(input.tip.height);
    // At once, before anything that is under way.
    this.#inputs.unshift(...this.#watches(), refusal === undefined ? { kind: 'told' } : { kind: 'chain_refused', refusal });
  }

  later(): void {
    const next = this.#serving.deadline({ ...env, limits: this.limits }, this.state);
    this.nowMs = Math.max(this.nowMs + 1, next === Infinity ? 0 : next);
    this.run({ kind: 'time', nowMs: this.nowMs });
  }

  get rebuilt(): View {
    return FoldingNode.rebuilt(this.scenario.chain, this.scenario.roots);
  }
}
