import { isFound, isOwnTampering, possibleTamperings } from '../violations/tamper.ts';
import type { Tamper } from '../violations/tamper.ts';
import type { Operation } from './registry.ts';
import { chance, pick } from '../deterministic/random.ts';
import type { Choices } from '../deterministic/random.ts';
import { invalidCommand } from './invalid-commands.ts';

const CONNECTION: ReadonlySet<string> = new Set(['init', 'error', 'warning', 'channel_reestablish']);
const OPENING: ReadonlySet<string> = new Set(['open_channel', 'accept_channel', 'funding_created', 'funding_signed', 'channel_ready']);
const NONE: ReadonlySet<string> = new Set();

/** How many breaches an adversary tries on a copy each time, for one that it may commit: most breaches cost the channel, and end what they could show. */
const REHEARSED = 4;

function drawTampering(choices: Choices, heads: readonly (readonly Tamper[])[]): Tamper {
  const actions = pick(choices, heads);
  // Most of what may come at any time shows at any time: what one message alone makes possible comes first.
  const own = actions.filter((action) => isOwnTampering(action));
  return pick(choices, own.length > 0 && chance(choices, 3, 4) ? own : actions);
}

/** One of the next messages is tampered with, in any of the ways that break something there. */
const tamper: Operation = {
  name: 'tamper',
  kind: 'fault',
  licences: ['adversary'],
  generate(world, choices) {
    // A connection or a channel that begins or ends shows less than one in use: most adversaries wait for more.
    const passedOver = [chance(choices, 7, 8) ? CONNECTION : NONE, chance(choices, 2, 3) ? OPENING : NONE];
    const heads = [...world.links.values()]
      .flatMap((link) => link.spec.ends.map((to) => possibleTamperings(world, link.id, to)))
      .filter(([first]) => first !== undefined && !passedOver.some((names) => names.has(first.message)));
    if (heads.length === 0) return undefined;
    for (let i = 0; i < REHEARSED; i++) {
      const action = drawTampering(choices, heads);
      if (isFound(world, action)) return action;
    }
    return chance(choices, 1, 5) ? drawTampering(choices, heads) : undefined;
  },
};

export const adversaryOperations: readonly Operation[] = [invalidCommand, tamper];
