import type { ChannelId, Hash32 } from '../../../core/crypto/bytes.ts';
import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, chance, pick } from '../../deterministic/random.ts';
import { grouped, msat, sat } from '../../scenario/text.ts';
import type { World } from '../../world/world.ts';
import { CALM_FEERATES } from '../amounts.ts';
import type { Operation } from '../registry.ts';
import { decimals, numbers, simplerFields, SIMPLE_FEERATES } from '../simpler.ts';
import { runningHost } from '../subjects.ts';
import { freshName } from '../usable-ends.ts';

const fields = {
  as: field.channel,
  from: field.node,
  to: field.node,
  fundingSat: field.decimal,
  pushMsat: field.decimal,
  feeratePerKw: field.count,
  format: field.format,
  upfrontShutdown: field.optional(field.flag),
  announce: field.optional(field.flag),
};
type Open = ActionFrom<'open', typeof fields>;

/** Channels in one world; where an adversary ends some, others follow. */
const MAX_CHANNELS = { usual: 3, hostile: 8 } as const;

const opening: Operation = {
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

export const open: ActionKind<Open> = {
  name: 'open',
  fields,
  apply(world, action) {
    const { as: name, from, to, feeratePerKw, format } = action;
    const host = runningHost(world, from);
    const peer = world.hosts.get(to);
    if (host === undefined || peer === undefined || from === to || world.info(name) !== undefined) return false;
    const temporaryChannelId = world.entropy(`channel/${name}`) as string as ChannelId;
    const upfrontShutdown = action.upfrontShutdown === true;
    const fundingSat = BigInt(action.fundingSat);
    const pushMsat = BigInt(action.pushMsat);
    world.infos.push({
      name,
      opener: from,
      accepter: to,
      fundingSat,
      pushMsat,
      format,
      upfrontShutdown,
      temporaryChannelId,
      forgotten: false,
    });
    const keysId = world.entropy(`keys/${name}/opener`) as string as Hash32;
    const command = {
      kind: 'open' as const,
      peer: peer.nodeId,
      temporaryChannelId,
      keysId,
      fundingSat,
      pushMsat,
      feeratePerKw,
      format,
      announce: action.announce === true,
      ...(upfrontShutdown ? { upfrontShutdownScript: host.walletScript } : {}),
    };
    const refused = world.command(host, command);
    if (refused !== undefined) world.infos.pop();
    return true;
  },
  describe: ({ as, from, to, fundingSat, pushMsat, feeratePerKw, format }) =>
    `${from} opens ${as} to ${to}: ${sat(fundingSat)}, pushing ${msat(pushMsat)}, ${grouped(feeratePerKw)} sat/kw, ${format}`,
  simpler: (action) =>
    simplerFields(action, {
      pushMsat: decimals(action.pushMsat),
      fundingSat: decimals(action.fundingSat),
      feeratePerKw: numbers(action.feeratePerKw, SIMPLE_FEERATES),
    }),
  operations: [
    // Each channel that is opened costs as much as half a run.
    { ...opening, weight: 1, factors: [0, 0, 0, 1, 1, 2], besideAdversary: [1, 3] },
    { ...opening, name: 'odd-opening', licences: ['opening-refused'] },
  ],
};

function openableEnds(world: World): (readonly [string, string])[] {
  return [...world.links.values()].filter((link) => link.open).flatMap(({ spec: { ends } }) => [ends, [ends[1], ends[0]] as const]);
}
