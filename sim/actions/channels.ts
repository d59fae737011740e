import type { Operation } from './registry.ts';
import { between, chance, pick } from '../deterministic/random.ts';
import type { World } from '../world/world.ts';
import { openerSpareMsat, trimmingFeerate } from './amounts.ts';
import { freshName, readyEnds, usableEnds } from './usable-ends.ts';

/** Feerates between which honest estimates of one time lie, in satoshi per 1000 weight: any two are tolerable to each other. */
export const CALM_FEERATES = { min: 1250, max: 5000 } as const;
/** Channels in one world; where an adversary ends some, others follow. */
const MAX_CHANNELS = { usual: 3, hostile: 8 } as const;

const fee: Operation = {
  name: 'fee',
  kind: 'operation',
  generate(world, choices) {
    const ends = usableEnds(world).filter(({ node, info }) => node === info.opener);
    if (ends.length === 0) return undefined;
    const { node, info, state } = pick(choices, ends);
    const wild = world.licences.has('feerate-refused') && chance(choices, 1, 2);
    const usual = wild ? between(choices, 253, 60_000) : between(choices, CALM_FEERATES.min, CALM_FEERATES.max);
    const trimming = chance(choices, 1, 3) ? trimmingFeerate({ node, info, state }, choices) : undefined;
    const feeratePerKw = trimming !== undefined && trimming >= CALM_FEERATES.min && trimming <= CALM_FEERATES.max ? trimming : usual;
    if (!world.licences.has('opener-short') && openerSpareMsat(state, feeratePerKw) < 0n) return undefined;
    return { do: 'fee', node, channel: info.name, feeratePerKw };
  },
};

/** Only for nodes whose host batches. */
const commit: Operation = {
  name: 'commit',
  kind: 'operation',
  generate(world, choices) {
    const ends = usableEnds(world).filter(({ node }) => world.host(node).config.commit === 'manual');
    if (ends.length === 0) return undefined;
    const { node, info } = pick(choices, ends);
    return { do: 'commit', node, channel: info.name };
  },
};

const acknowledge: Operation = {
  name: 'acknowledge',
  kind: 'operation',
  generate(world, choices) {
    const nodes = world.nodeNames.filter((node) => world.host(node).running && world.host(node).unacknowledged.length > 0);
    return nodes.length === 0 ? undefined : { do: 'acknowledge', node: pick(choices, nodes) };
  },
};

function openableEnds(world: World): (readonly [string, string])[] {
  return [...world.links.values()].filter((link) => link.open).flatMap(({ spec: { ends } }) => [ends, [ends[1], ends[0]] as const]);
}

const open: Operation = {
  name: 'open',
  kind: 'operation',
  generate(world, choices) {
    const ends = openableEnds(world);
    if (ends.length === 0 || world.channels.length >= (world.licences.has('adversary') ? MAX_CHANNELS.hostile : MAX_CHANNELS.usual))
      return undefined;
    const [from, to] = pick(choices, ends);
    const as = freshName('c', (name) => world.info(name) !== undefined, world.channels.length + 1);
    const odd = world.licences.has('opening-refused') && chance(choices, 1, 2);
    const fundingSat = odd ? pick(choices, [1_000, 19_999, 120_000]) : between(choices, 100, 2_000) * 1_000;
    const pushSat = chance(choices, 1, 2) ? 0 : Math.floor((fundingSat * between(choices, 1, odd ? 100 : 60)) / 100);
    return {
      do: 'open',
      as,
      from,
      to,
      fundingSat: fundingSat.toString(),
      pushMsat: (BigInt(pushSat) * 1000n + BigInt(choices.int(1000))).toString(),
      feeratePerKw: between(choices, CALM_FEERATES.min, CALM_FEERATES.max),
      format: pick(choices, ['anchors', 'static_remotekey'] as const),
      upfrontShutdown: chance(choices, 1, 3),
    };
  },
};

const shutdown: Operation = {
  name: 'shutdown',
  kind: 'operation',
  generate(world, choices) {
    const ends = usableEnds(world);
    if (ends.length === 0) return undefined;
    const { node, info } = pick(choices, ends);
    return { do: 'shutdown', node, channel: info.name };
  },
};

const forceClose: Operation = {
  name: 'force_close',
  kind: 'operation',
  licences: ['force-close'],
  generate(world, choices) {
    const ends = readyEnds(world);
    if (ends.length === 0) return undefined;
    // Where a mutual close is under way there are two transactions to choose from.
    const closing = ends.filter(({ state }) => state.closing.negotiation !== undefined || state.closing.tx !== undefined);
    const { node, info } = pick(choices, closing.length > 0 && chance(choices, 1, 2) ? closing : ends);
    return { do: 'force_close', node, channel: info.name };
  },
};

/** Lets other operations draw what only this licence makes fair: the opener spends all that it has while HTLCs cross. */
const spendAll: Operation = { ...fee, name: 'spend-all', licences: ['opener-short'] };
const oddOpening: Operation = { ...open, name: 'odd-opening', licences: ['opening-refused'] };

export const channelOperations: readonly Operation[] = [fee, commit, acknowledge, open, shutdown, forceClose, spendAll, oddOpening];
