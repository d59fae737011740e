import type { Operation } from '../actions/registry.ts';
import { pendingEvents } from '../world/pending-events.ts';
import type { Choices } from '../deterministic/random.ts';
import { chance, pickWeighted } from '../deterministic/random.ts';
import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import type { Scheduler, Strategy } from './strategy.ts';

export interface WeightedOperation {
  readonly operation: Operation;
  /** A non-negative integer. */
  readonly weight: number;
}

export interface WeightedOptions {
  readonly name: string;
  readonly choices: Choices;
  readonly scheduler: Scheduler;
  readonly operations: readonly WeightedOperation[];
  /** Operations and faults in all; events don't count. */
  readonly steps: number;
  /** How many events happen for each operation, on average. */
  readonly eventsPerOperation: number;
}

/** Operations drawn by their weights, between events that a scheduler picks. */
export class WeightedStrategy implements Strategy {
  readonly name: string;
  private readonly options: WeightedOptions;
  private left: number;

  constructor(options: WeightedOptions) {
    this.name = options.name;
    this.options = options;
    this.left = options.steps;
  }

  next(world: World): Action | undefined {
    const { choices, scheduler, operations, eventsPerOperation } = this.options;
    if (this.left <= 0) return undefined;
    const events = pendingEvents(world);
    if (events.length > 0 && !chance(choices, 1, eventsPerOperation + 1)) return scheduler(events, choices).action;
    this.left--;
    const action = drawOperation(world, choices, operations);
    if (action !== undefined) return action;
    return events.length > 0 ? scheduler(events, choices).action : undefined;
  }
}

/** One that can be done now, by weight; undefined when none can. */
export function drawOperation(world: World, choices: Choices, operations: readonly WeightedOperation[]): Action | undefined {
  const weights = operations.map(({ weight }) => weight);
  for (;;) {
    const at = pickWeighted(choices, weights);
    if (at === undefined) return undefined;
    const action = operations[at]?.operation.generate(world, choices);
    if (action !== undefined) return action;
    weights[at] = 0;
  }
}
