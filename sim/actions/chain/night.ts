import type { Choices } from '../../deterministic/random.ts';
import { between, pick } from '../../deterministic/random.ts';
import { isClosed } from '../../../core/channel/model/ending.ts';
import type { Action } from '../../scenario/types.ts';
import { isShuttingDown } from '../../world/channel-changes.ts';
import { linksOf, mayInterrupt } from '../../world/interruption.ts';
import type { World } from '../../world/world.ts';
import { blocksBehind } from '../subjects.ts';

/** More than any peer may owe an answer. */
const LONG = 150;

/**
 * A node that waits for the end of a channel goes down, is away for many blocks, and hears of them when it comes back, before anybody else is
 * there: the next of these, each time that it is drawn.
 */
export function drawNight(world: World, choices: Choices): Action | undefined {
  const asleep = world.nodeNames.find((node) => !world.host(node).running);
  const missed = (node: string): number => blocksBehind(world, world.host(node));
  if (asleep !== undefined)
    return missed(asleep) < LONG ? { do: 'silence', blocks: between(choices, LONG, 2 * LONG) } : { do: 'restart', node: asleep };
  const late = world.nodeNames.find((node) => missed(node) >= LONG);
  if (late !== undefined) return { do: 'see', node: late, blocks: missed(late) };
  const waiting = world.nodeNames.filter((node) => world.host(node).driver.restart !== undefined && mayGoDown(world, node));
  return waiting.length === 0 ? undefined : { do: 'crash', node: pick(choices, waiting) };
}

function mayGoDown(world: World, node: string): boolean {
  if (!linksOf(world, node).every((link) => mayInterrupt(world, link.spec.ends))) return false;
  return world.channels.some(({ name }) => {
    const state = world.channelState(node, name);
    return state?.phase === 'funded' && isShuttingDown(state) && !isClosed(state) && state.lifecycle.awaited !== undefined;
  });
}
