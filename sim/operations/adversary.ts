import { possibleTamperings } from '../adversary/tamper.ts';
import type { Operation } from '../operation.ts';
import { pick } from '../random.ts';
import { rude } from './rude.ts';

/** One of the next messages is tampered with, in any of the ways that break something there. */
const tamper: Operation = {
  name: 'tamper',
  kind: 'fault',
  licences: ['adversary'],
  generate(world, choices) {
    const heads = [...world.links.values()].flatMap((link) => link.spec.ends.map((to) => possibleTamperings(world, link.id, to)));
    const possible = heads.filter((actions) => actions.length > 0);
    return possible.length === 0 ? undefined : pick(choices, pick(choices, possible));
  },
};

export const adversaryOperations: readonly Operation[] = [rude, tamper];
