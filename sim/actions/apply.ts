import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { kindOf } from './index.ts';
import type { OperationRegistry } from './registry.ts';

export type Applied = 'applied' | 'not-applicable';

/**
 * Carries out one action with all that follows at once. 'not-applicable' when the world has moved on and there is nothing to do it to:
 * then nothing has changed. A command that a node refuses has been applied.
 */
export function apply(world: World, action: Action, operations?: OperationRegistry): Applied {
  if (world.finding !== undefined) return 'not-applicable';
  world.begin(action);
  const applied = kindOf(action).apply(world, action, operations);
  if (applied) world.drain();
  world.end(applied);
  if (!applied) return 'not-applicable';
  world.stats.count('action', action.do === 'custom' ? action.operation : action.do);
  return 'applied';
}
