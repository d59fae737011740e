import { pendingEvents } from '../world/pending-events.ts';
import type { Choices } from '../deterministic/random.ts';
import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { drawOperation } from './weighted.ts';
import type { WeightedOperation } from './weighted.ts';
import type { Strategy } from './strategy.ts';

const USERS = 'users';

export interface PctOptions {
  readonly choices: Choices;
  readonly operations: readonly WeightedOperation[];
  readonly steps: number;
  /** How often the actor that runs is sent to the end of the queue (the depth of the bugs that are looked for). */
  readonly changes: number;
  /** Decisions among which the changes are spread. */
  readonly horizon: number;
}

/**
 * Probabilistic concurrency testing: every actor (one direction of a link, a disk, a node's view of the chain, the users) has a random
 * priority, and the highest that can move does. At a few random points the one that runs becomes the lowest. Finds orders that a uniform
 * choice at every step hardly ever makes, such as one disk that lags behind everything.
 */
export class PctStrategy implements Strategy {
  readonly name = 'pct';
  private readonly options: PctOptions;
  private readonly priorities = new Map<string, number>();
  private readonly changeAt: ReadonlySet<number>;
  private decisions = 0;
  private lowest = 0;
  private left: number;

  constructor(options: PctOptions) {
    this.options = options;
    this.left = options.steps;
    const { choices, changes, horizon } = options;
    this.changeAt = new Set(Array.from({ length: changes }, () => choices.int(horizon)));
  }

  next(world: World): Action | undefined {
    while (this.left > 0) {
      const events = pendingEvents(world);
      const actors = [USERS, ...events.map(({ actor }) => actor)];
      const chosen = actors.reduce((a, b) => (this.priority(b) > this.priority(a) ? b : a));
      if (this.changeAt.has(this.decisions++)) this.priorities.set(chosen, --this.lowest);
      if (chosen !== USERS) return events.find(({ actor }) => actor === chosen)?.action;
      this.left--;
      // Users pause after each operation, or they would do all that they ever do before anything is delivered.
      this.priorities.set(USERS, this.fresh());
      const action = drawOperation(world, this.options.choices, this.options.operations);
      if (action !== undefined) return action;
      if (events.length === 0) return undefined;
    }
    return undefined;
  }

  private fresh(): number {
    return this.options.choices.int(1_000_000);
  }

  private priority(actor: string): number {
    let priority = this.priorities.get(actor);
    if (priority === undefined) this.priorities.set(actor, (priority = this.fresh()));
    return priority;
  }
}
