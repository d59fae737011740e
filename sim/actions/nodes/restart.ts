import type { ActionKind } from '../action-kind.ts';
import type { Hex } from '../../../core/crypto/bytes.ts';
import { featureBits, featureOf, featuresFromBits } from '../../../core/wire/features.ts';
import type { FeatureName } from '../../../core/wire/features.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, chance, pick } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import { otherSide } from '../../model/commitment-contents.ts';
import { plural } from '../../scenario/text.ts';
import type { Action, StoredRecord } from '../../scenario/types.ts';
import type { World } from '../../world/world.ts';
import { isShuttingDown, storedState } from '../../world/channel-changes.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { usableEnds } from '../usable-ends.ts';
import type { UsableEnd } from '../usable-ends.ts';
import { drawCrash } from './crash.ts';

const ANYSEGWIT = 'option_shutdown_anysegwit';
const UPFRONT = 'option_upfront_shutdown_script';
/** What a node may come back without: its peers have channels with it that were opened with them. */
const WITHOUT = [ANYSEGWIT, UPFRONT, `${ANYSEGWIT} ${UPFRONT}`] as const;

/** `backup`: not from the newest durable state but from the n-th before it. `without`: features that it has no more. */
const fields = { node: field.node, backup: field.optional(field.count), without: field.optional(field.choice(...WITHOUT)) };
type Restart = ActionFrom<'restart', typeof fields>;

export const restart: ActionKind<Restart> = {
  name: 'restart',
  fields,
  apply(world, { node, backup, without }) {
    const host = world.hosts.get(node);
    const { driver } = host ?? {};
    if (host === undefined || host.running || driver?.restart === undefined || driver.serialise === undefined) return false;
    if (backup !== undefined && !host.restoreBackup(backup)) return false;
    host.running = true;
    host.lacksFeatures = without !== undefined;
    const { seen } = host.watch;
    world.run(host, { kind: 'restart' }, () => {
      const channels: Uint8Array[] = [];
      for (const { effect } of host.disk.durable.values()) {
        const bytes = driver.serialise?.(effect) ?? new Uint8Array();
        world.trace.bytes(bytes);
        channels.push(bytes);
      }
      const records: StoredRecord[] = [];
      for (const effect of host.disk.durableRecords) {
        const bytes = driver.serialiseRecord?.(effect) ?? new Uint8Array();
        world.trace.bytes(bytes);
        records.push({ kind: effect.record.kind, bytes });
      }
      const features = without === undefined ? undefined : lacking(host.config.features, without.split(' ') as FeatureName[]);
      return driver.restart?.(channels, host.disk.watcherIds(), seen, host.feeratePerKw, features, records, host.disk.watched()) ?? [];
    });
    if (driver.channels === undefined) return true;
    for (const info of world.channels) world.ledger.forgetUnknown(node, info.name, world.channelState(node, info.name));
    return true;
  },
  describe({ node, backup, without }) {
    const from = backup === undefined ? 'what is durable' : `a backup, ${plural(backup, 'store')} older than what is durable`;
    return `${node} restarts from ${from}${without === undefined ? '' : `, without ${without.replace(' ', ' and ')}`}`;
  },
  simpler: (action) => (action.backup === undefined ? [] : simplerFields(action, { backup: numbers(action.backup, [1]) })),
  operations: [
    {
      name: 'restart',
      kind: 'operation',
      weight: 24,
      factors: [1, 2, 3],
      generate(world, choices) {
        const nodes = downNodes(world);
        if (nodes.length === 0) return undefined;
        const node = pick(choices, nodes);
        return chance(choices, 1, 4) ? { do: 'restart', node, without: pick(choices, WITHOUT) } : { do: 'restart', node };
      },
    },
    { name: 'stale-backup', kind: 'fault', licences: ['stale-backup'], generate: drawStaleBackup },
  ],
};

function lacking(features: Hex, names: readonly FeatureName[]): Hex {
  return featuresFromBits(featureBits(features).filter((bit) => !names.some((name) => name === featureOf(bit))));
}

function downNodes(world: World): string[] {
  return world.nodeNames.filter((node) => !world.host(node).running);
}

/** Only ever one node: two that forget the same thing agree on a past that their users know to be wrong. */
function drawStaleBackup(world: World, choices: Choices): Action | undefined {
  const others = world.nodeNames.filter((node) => world.host(node).restoredBackup);
  const nodes = downNodes(world).filter((node) => others.every((other) => other === node) && !isClosing(world, node));
  if (nodes.length === 0) return drawCrash(world, choices);
  const node = pick(choices, nodes);
  const closing = world.licences.has('force-close') ? endsLeft(world, node) : [];
  if (closing.length > 0 && chance(choices, 1, 2)) {
    const end = pick(choices, closing);
    return { do: 'force_close', node: end.node, channel: end.info.name };
  }
  return { do: 'restart', node, backup: between(choices, 1, 6) };
}

/** A channel that is being closed may be closed by scripts and transactions that only the newer state knew: then nothing can be said. */
function isClosing(world: World, node: string): boolean {
  const { disk, driver } = world.host(node);
  return [...disk.durable.values()].some(({ effect }) => {
    const state = storedState(driver, effect);
    return state?.phase !== 'funded' || isShuttingDown(state);
  });
}

/** The other ends of the channels of a node that is down, where there is something that it may forget. */
function endsLeft(world: World, down: string): UsableEnd[] {
  return usableEnds(world).filter(
    ({ node, info, state }) =>
      node !== down &&
      (info.opener === down || info.accepter === down) &&
      state.shared.commitments[otherSide(state.params.us)].current.number > 1n,
  );
}
