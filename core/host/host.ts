import type { Command, Step } from '../channel/model/channel-vocabulary.ts';
import type { NodeEffect } from '../node/node-vocabulary.ts';
import type { NodeEnv, NodeInput, NodeState } from '../node/node-vocabulary.ts';
import { nodeStep } from '../node/node.ts';
import { carryOut } from './carry-out.ts';
import type { Services } from './services.ts';

/** One step of the node, for whoever looks on: before its effects are carried out. */
export interface Observed {
  readonly input: NodeInput;
  readonly before: NodeState;
  readonly after: NodeState;
  readonly effects: readonly NodeEffect[];
}

interface Task {
  readonly input: NodeInput;
  readonly done: (() => void) | undefined;
}

/**
 * Runs a node: gives it one input after the other, and carries out what it asks for. Synchronous, with no clock, no socket and no disk of its
 * own: those are the services'.
 */
export class Host {
  readonly env: NodeEnv;
  readonly #services: Services;
  readonly #observe: ((step: Observed) => void) | undefined;
  readonly #tasks: Task[] = [];
  /** What the node asked for last, and how much of it is carried out. A service that throws has failed; the rest is done in the next `run`. */
  #effects: readonly NodeEffect[];
  #carriedOut = 0;
  #done: (() => void) | undefined;
  #state: NodeState;
  #running = false;

  /** From `createNode`, or from what `restoreNode` made of what was durable: its effects are carried out before the first input, or by `run`. */
  constructor(env: NodeEnv, services: Services, { state, effects }: Step<NodeState, NodeEffect>, observe?: (step: Observed) => void) {
    this.env = env;
    this.#services = services;
    this.#state = state;
    this.#effects = effects;
    this.#observe = observe;
  }

  get state(): NodeState {
    return this.#state;
  }

  /**
   * Tells the node, and carries out what it asks for, answers and all, before it returns. Called by a service it returns at once: the input
   * is taken up after the step under way.
   */
  input(input: NodeInput): void {
    this.queue(input);
    this.run();
  }

  /** For the next `run`. `done` is called when what the node asked for at this input is carried out. */
  queue(input: NodeInput, done?: () => void): void {
    this.#tasks.push({ input, done });
  }

  command(command: Command): void {
    this.input({ kind: 'command', command });
  }

  /** Does what there is to do. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      this.#perform();
      for (let next = this.#tasks.shift(); next !== undefined; next = this.#tasks.shift()) this.#step(next);
    } finally {
      this.#running = false;
    }
  }

  #step({ input, done }: Task): void {
    const before = this.#state;
    const { state, effects } = nodeStep(this.env, before, input);
    this.#state = state;
    this.#effects = effects;
    this.#carriedOut = 0;
    this.#done = done;
    this.#observe?.({ input, before, after: state, effects });
    this.#perform();
  }

  #perform(): void {
    for (let effect = this.#effects[this.#carriedOut]; effect !== undefined; effect = this.#effects[this.#carriedOut]) {
      this.#carriedOut++;
      const answer = carryOut(this.#services, effect);
      if (answer !== undefined) this.#tasks.push({ input: answer, done: undefined });
    }
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}
