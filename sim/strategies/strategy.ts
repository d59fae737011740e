import type { PendingEvent } from '../pending.ts';
import type { Choices } from '../random.ts';
import type { Action } from '../types.ts';
import type { World } from '../world.ts';

/** Decides who moves next. Called until it has no more to do; then the world is healed and must settle. */
export interface Strategy {
  readonly name: string;
  next(world: World): Action | undefined;
}

/** Which of the events that are pending happens now. `events` is not empty. */
export type Scheduler = (events: readonly PendingEvent[], choices: Choices) => PendingEvent;
