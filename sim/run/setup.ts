import { saysUsable } from '../actions/usable-ends.ts';
import { apply } from '../actions/apply.ts';
import type { OWN_KINDS } from '../world/finding.ts';
import { nextDue } from '../world/pending-events.ts';
import type { ChannelSpec } from '../scenario/types.ts';
import type { World } from '../world/world.ts';

/**
 * More events for each channel than a quiet world ever needs to come to rest, blocks that are not seen yet aside; beyond it nodes answer each
 * other, or a disk, for ever.
 */
const MAX_EVENTS_A_CHANNEL = 5_000;
/** More blocks than the deepest minimum_depth asks for. */
const MAX_BLOCKS_TO_OPEN = 160;

/** Lets everything happen that is pending, in the order in which it is due. False if it never ends. */
export function runToRest(world: World): boolean {
  const most = MAX_EVENTS_A_CHANNEL * Math.max(1, world.channels.length) + unseenBlocks(world);
  for (let events = 0; events < most; events++) {
    const next = nextDue(world);
    if (next === undefined || world.finding !== undefined) return true;
    apply(world, next.action);
  }
  return false;
}

function unseenBlocks({ hosts, chain }: World): number {
  let blocks = 0;
  for (const { watch } of hosts.values()) blocks += chain.height - watch.seenHeight;
  return blocks;
}

/** Connects all links and opens the channels of the spec, one after another, without faults: where a scenario starts. */
export function setUp(world: World): void {
  for (const link of world.links.keys()) apply(world, { do: 'connect', link });
  runToRest(world);
  for (const spec of world.spec.channels) openChannel(world, spec);
}

function openChannel(world: World, spec: ChannelSpec): void {
  const { name: as, opener: from, accepter: to, fundingSat, pushMsat, feeratePerKw, format, upfrontShutdown = false } = spec;
  const heard = rulesHeard(world);
  apply(world, { do: 'open', as, from, to, fundingSat, pushMsat, feeratePerKw, format, upfrontShutdown });
  if (!runToRest(world)) return fail(world, as, 'restless');
  if (world.info(as)?.channelId === undefined)
    return fail(
      world,
      as,
      'refused',
      rulesHeard(world).find((rule) => !heard.includes(rule)),
    );
  for (let blocks = 0; !isReady(world, from, as) || !isReady(world, to, as); blocks++) {
    if (world.finding !== undefined) return;
    if (blocks > MAX_BLOCKS_TO_OPEN) return fail(world, as, 'not-ready');
    apply(world, { do: 'mine', blocks: 1 });
    if (!runToRest(world)) return fail(world, as, 'restless');
  }
}

/** As its driver shows, or as its host was told. */
function isReady(world: World, node: string, channel: string): boolean {
  if (saysUsable(world, node, channel)) return true;
  const state = world.channelState(node, channel);
  return state?.phase === 'funded' && state.lifecycle.readySent && state.lifecycle.readyReceived;
}

/** Rules that somebody has broken so far, or that refused a command. */
function rulesHeard(world: World): readonly string[] {
  return [...(world.stats.counts.get('rule') ?? new Map<string, number>()).keys()];
}

const WHY = {
  refused: 'it was refused',
  'not-ready': `it was not ready after ${MAX_BLOCKS_TO_OPEN} blocks`,
  restless: 'nodes never come to rest',
} as const satisfies Record<(typeof OWN_KINDS.setup)[number], string>;

/** `rule`: by which it was refused, where a node has named one. */
function fail(world: World, channel: string, kind: keyof typeof WHY, rule = 'channel.opens'): void {
  world.finding ??= {
    oracle: 'setup',
    rule,
    kind,
    channel,
    message: `the channel '${channel}' of the world's spec could not be opened: ${WHY[kind]}`,
    expected: 'usable at both ends',
    actual: rule === 'channel.opens' ? WHY[kind] : `${WHY[kind]} by ${rule}`,
    at: 'setup',
  };
}
