import type { PendingEvent } from '../world/pending-events.ts';
import type { Choices } from '../deterministic/random.ts';
import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';

/** Decides who moves next. Called until it has no more to do; then the world is healed and must settle. */
export interface Strategy {
  readonly name: string;
  next(world: World): Action | undefined;
}

/** Which of the events that are pending happens now. `events` is not empty. */
export type Scheduler = (events: readonly PendingEvent[], choices: Choices) => PendingEvent;
