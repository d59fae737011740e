import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { chance, pick } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import { isFound, isOwnTampering, possibleTamperings, tamper as carryOut } from '../../violations/tamper.ts';

/** The sender has turned dishonest: `with` names what arrives instead of, or before, the message at the head of that direction (sim/violations). */
const fields = { link: field.link, to: field.to, message: field.message, with: field.tampering };
type Tamper = ActionFrom<'tamper', typeof fields>;

const CONNECTION: ReadonlySet<string> = new Set(['init', 'error', 'warning', 'channel_reestablish']);
const OPENING: ReadonlySet<string> = new Set(['open_channel', 'accept_channel', 'funding_created', 'funding_signed', 'channel_ready']);
const NONE: ReadonlySet<string> = new Set();

/** How many breaches an adversary tries on a copy each time, for one that it may commit: most breaches cost the channel, and end what they could show. */
const DRY_RUNS = 4;

export const tamper: ActionKind<Tamper> = {
  name: 'tamper',
  fields,
  apply: (world, action) => carryOut(world, action),
  describe: ({ to, message, link, with: how }) => `${to} receives ${message} over ${link} from a dishonest peer: ${how}`,
  operations: [
    {
      // One of the next messages is tampered with, in any of the ways that break something there.
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
        for (let i = 0; i < DRY_RUNS; i++) {
          const action = drawTampering(choices, heads);
          if (isFound(world, action)) return action;
        }
        return chance(choices, 1, 5) ? drawTampering(choices, heads) : undefined;
      },
    },
  ],
};

function drawTampering(choices: Choices, heads: readonly (readonly Tamper[])[]): Tamper {
  const actions = pick(choices, heads);
  // Most of what may come at any time shows at any time: what one message alone makes possible comes first.
  const own = actions.filter((action) => isOwnTampering(action));
  return pick(choices, own.length > 0 && chance(choices, 3, 4) ? own : actions);
}
