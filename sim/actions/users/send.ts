import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { chance, pick } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import { msat, plural } from '../../scenario/text.ts';
import { send as sendPayment } from '../../world/send.ts';
import { otherParty } from '../../world/channel-changes.ts';
import { FLAW_WORDS, FLAWS, FLAWS_SEEN_BY_RECIPIENTS } from '../../world/flawed-route.ts';
import type { World } from '../../world/world.ts';
import { interestingAmount } from '../amounts.ts';
import { decimals, simplerFields } from '../simpler.ts';
import { drawCltvDelta } from './pay.ts';
import { freshName, talkingEnds } from '../usable-ends.ts';
import type { TalkingEnd } from '../usable-ends.ts';
import { runningHost } from '../subjects.ts';

/**
 * A payment across channels, whose nodes read its onion. `byHand`: its recipient claims or fails it only when a script says so. `cltvDelta`: blocks
 * that the recipient has for it. `flaw`: its payer cheats, and nobody may take part.
 */
const fields = {
  as: field.payment,
  from: field.node,
  to: field.node,
  amountMsat: field.decimal,
  byHand: field.optional(field.flag),
  cltvDelta: field.optional(field.count),
  flaw: field.optional(field.choice(...FLAWS)),
};
type Send = ActionFrom<'send', typeof fields>;

export const send: ActionKind<Send> = {
  name: 'send',
  fields,
  apply(world, { as: name, from, to, amountMsat, byHand, cltvDelta, flaw }) {
    if (from === to || runningHost(world, from) === undefined || !world.hosts.has(to) || world.ledger.get(name) !== undefined) return false;
    const why = sendPayment(world, { name, from, to, amountMsat: BigInt(amountMsat), claimAtOnce: byHand !== true, cltvDelta, flaw });
    if (why !== undefined) world.stats.count('event', `not sent: ${why}`);
    return true;
  },
  describe({ as, from, to, amountMsat, byHand, cltvDelta, flaw }) {
    const wrong = flaw === undefined ? '' : `, ${FLAW_WORDS[flaw]}`;
    const expiry = cltvDelta === undefined ? '' : `, expires for it in ${plural(cltvDelta, 'block')}`;
    return `${from} pays ${msat(amountMsat)} to ${to} (${as}${byHand === true ? ', claimed by hand' : ''}${expiry}${wrong})`;
  },
  simpler: (action) => simplerFields(action, { amountMsat: decimals(action.amountMsat) }),
  operations: [
    { name: 'send', kind: 'operation', needs: 'network', weight: 48, factors: [1, 2, 3], besideAdversary: [24, 48], generate: drawSend },
  ],
};

/**
 * To anybody else: of what its first channel can carry, or the last; fees come on top, and the channels between may carry less. Neighbours have
 * operations of their own: most payments go further.
 */
function drawSend(world: World, choices: Choices): Send | undefined {
  const ends = talkingEnds(world);
  if (ends.length === 0) return undefined;
  const end = pick(choices, ends);
  const neighbour = otherParty(end.info, end.node);
  const far = world.nodeNames.filter((node) => node !== end.node && node !== neighbour);
  const to = chance(choices, 1, 8) || far.length === 0 ? neighbour : pick(choices, far);
  const amountMsat = drawAmount(world, end, to, choices);
  if (amountMsat === undefined) return undefined;
  return {
    do: 'send',
    as: freshName('p', (name) => world.ledger.get(name) !== undefined, world.payments.length + 1),
    from: end.node,
    to,
    amountMsat: amountMsat.toString(),
    cltvDelta: drawCltvDelta(world, choices),
    ...(chance(choices, 1, 2) ? { byHand: true } : {}),
    ...(chance(choices, 1, 5) ? { flaw: pick(choices, to === neighbour ? FLAWS_SEEN_BY_RECIPIENTS : FLAWS) } : {}),
  };
}

/** At the edge of what an end can send, or well inside: most of those have somewhere to go. */
function drawAmount(world: World, first: TalkingEnd, to: string, choices: Choices): bigint | undefined {
  const last = talkingEnds(world).filter(({ node, info }) => node !== first.node && otherParty(info, node) === to);
  const end = last.length === 0 || chance(choices, 1, 5) ? first : pick(choices, last);
  const usual = interestingAmount(world, end, choices);
  if (usual === undefined) return undefined;
  return chance(choices, 1, 3) ? usual : usual - usual / pick(choices, [16n, 2n]);
}
