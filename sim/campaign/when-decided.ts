import { apply } from '../actions/apply.ts';
import type { OperationRegistry } from '../actions/registry.ts';
import { stream } from '../deterministic/random.ts';
import { execute } from '../run/run.ts';
import type { Action } from '../scenario/types.ts';
import { random } from '../strategies/schedulers.ts';
import { WeightedStrategy } from '../strategies/weighted.ts';
import type { World } from '../world/world.ts';
import { plainOperations } from './weights.ts';

/** From before each action, of a case that is not too long. */
export const CONTINUATIONS = 100;
/** Of one case in all: a long one has fewer from each step. */
const MOST = 2_000;
const FEWEST = 10;
/** What happens in a continuation before faults end: enough for a common bug to show now and then, little enough that most do not. */
const OPERATIONS = 6;
const EVENTS_PER_OPERATION = 4;

/** When a finding became hard to avoid: worlds go on by chance from before each of its actions, and some of them fail. */
export interface Decided {
  /** From before each action, and from after the last one. */
  readonly continuations: number;
  /** How many of them fail: from before action 0, 1, 2, … and, as the last, from after them all. */
  readonly failing: readonly number[];
}

/** A continuation has been counted. */
export interface DecidedProgress {
  readonly stage: 'decided';
}
const DECIDED: DecidedProgress = { stage: 'decided' };

/**
 * Counts them, from a world that is set up. What is drawn follows from `label`, and the n-th continuation draws the same from before each action, as far
 * as it can; `most` from each. Undefined where a driver cannot fork. A generator, so that whoever runs it may stop between continuations.
 */
export function* deciding(
  world: World,
  actions: readonly Action[],
  label: string,
  operations: OperationRegistry,
  most = CONTINUATIONS,
): Generator<DecidedProgress, Decided | undefined> {
  for (const { driver } of world.hosts.values()) if (driver.fork === undefined) return undefined;
  const continuations = Math.min(most, Math.max(FEWEST, Math.floor(MOST / (actions.length + 1))));
  const failing: number[] = [];
  for (let step = 0; ; step++) {
    let count = 0;
    for (let i = 0; i < continuations && world.finding === undefined; i++) {
      if (fails(world.fork(), `${label}/${i}`, operations)) count++;
      yield DECIDED;
    }
    failing.push(world.finding === undefined ? count : continuations);
    const action = actions[step];
    if (action === undefined) return { continuations, failing };
    world.at = step;
    apply(world, action, operations);
  }
}

function fails(world: World, label: string, operations: OperationRegistry): boolean {
  const strategy = new WeightedStrategy({
    name: 'continuation',
    choices: stream(label, 'continuation'),
    scheduler: random,
    operations: plainOperations(operations),
    steps: OPERATIONS,
    eventsPerOperation: EVENTS_PER_OPERATION,
  });
  return execute(world, strategy, { operations }).finding !== undefined;
}

/** The action before which fewest fail, compared with after it; undefined where none makes a difference. */
export function decidingAction({ failing }: Decided): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (let at = 0; at + 1 < failing.length; at++) {
    const jump = (failing[at + 1] as number) - (failing[at] as number);
    // Of equal ones the last.
    if (jump >= most && jump > 0) {
      best = at;
      most = jump;
    }
  }
  return best;
}
