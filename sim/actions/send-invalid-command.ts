import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { forbiddenCommand } from './invalid-commands.ts';

/** Lets a host ask its node for what it must refuse. False where the request would make sense, or there is nothing to ask it of. */
export function sendInvalidCommand(world: World, action: Extract<Action, { do: 'invalid_command' }>): boolean {
  const command = forbiddenCommand(world, action);
  if (command === undefined) return false;
  world.stats.count('event', `invalid command: ${action.request}`);
  world.stepMarked(world.host(action.node), { kind: 'command', command }, { forbidden: action.request });
  return true;
}
