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

export interface MixedOptions {
  readonly name: string;
  readonly choices: Choices;
  readonly scheduler: Scheduler;
  readonly mix: readonly WeightedOperation[];
  /** Operations and faults in all; events don't count. */
  readonly steps: number;
  /** How many events happen for each operation, on average. */
  readonly eventsPerOperation: number;
}

/** Operations drawn from a mix, between events that a scheduler picks. */
export class MixedStrategy implements Strategy {
  readonly name: string;
  private readonly options: MixedOptions;
  private left: number;

  constructor(options: MixedOptions) {
    this.name = options.name;
    this.options = options;
    this.left = options.steps;
  }

  next(world: World): Action | undefined {
    const { choices, scheduler, mix, eventsPerOperation } = this.options;
    if (this.left <= 0) return undefined;
    const events = pendingEvents(world);
    if (events.length > 0 && !chance(choices, 1, eventsPerOperation + 1)) return scheduler(events, choices).action;
    this.left--;
    const action = drawOperation(world, choices, mix);
    if (action !== undefined) return action;
    return events.length > 0 ? scheduler(events, choices).action : undefined;
  }
}

/** One that can be done now, by weight; undefined when none can. */
export function drawOperation(world: World, choices: Choices, mix: readonly WeightedOperation[]): Action | undefined {
  const weights = mix.map(({ weight }) => weight);
  for (;;) {
    const at = pickWeighted(choices, weights);
    if (at === undefined) return undefined;
    const action = mix[at]?.operation.generate(world, choices);
    if (action !== undefined) return action;
    weights[at] = 0;
  }
}
