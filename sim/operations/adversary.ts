import { isOwnTampering, possibleTamperings } from '../adversary/tamper.ts';
import type { Operation } from '../operation.ts';
import { chance, pick } from '../random.ts';
import { rude } from './rude.ts';

const CONNECTION: ReadonlySet<string> = new Set(['init', 'error', 'warning']);
const OPENING: ReadonlySet<string> = new Set(['open_channel', 'accept_channel', 'funding_created', 'funding_signed', 'channel_ready']);

/** What is seldom the next message, and matters most. */
const RARE: readonly ReadonlySet<string>[] = [new Set(['commitment_signed', 'revoke_and_ack']), new Set(['shutdown', 'closing_signed'])];
const NONE: ReadonlySet<string> = new Set();

/** One of the next messages is tampered with, in any of the ways that break something there. */
const tamper: Operation = {
  name: 'tamper',
  kind: 'fault',
  licences: ['adversary'],
  generate(world, choices) {
    const heads = [...world.links.values()].flatMap((link) => link.spec.ends.map((to) => possibleTamperings(world, link.id, to)));
    // A connection or a channel that begins or ends shows less than one in use: most adversaries wait for more.
    const passedOver = [chance(choices, 7, 8) ? CONNECTION : NONE, chance(choices, 2, 3) ? OPENING : NONE];
    const waitFor = chance(choices, 1, 2) ? pick(choices, RARE) : undefined;
    const wanted = (message: string): boolean => waitFor?.has(message) ?? !passedOver.some((names) => names.has(message));
    const possible = heads.filter(([first]) => first !== undefined && wanted(first.message));
    if (possible.length === 0) return undefined;
    const actions = pick(choices, possible);
    // Most of what may come at any time shows at any time: what one message alone makes possible comes first.
    const own = actions.filter((action) => isOwnTampering(action));
    return pick(choices, own.length > 0 && chance(choices, 3, 4) ? own : actions);
  },
};

export const adversaryOperations: readonly Operation[] = [rude, tamper];
