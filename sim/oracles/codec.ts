import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { Driver, DriverEffect, Finding, Oracle, WorldView } from '../scenario/types.ts';
import { firstDifference } from './compare.ts';
import { channelName, storedState } from '../world/channel-changes.ts';
import { finding, print } from './difference.ts';
import type { Difference } from './difference.ts';

const ORACLE = 'durability';
const RULE = 'stored-form';
/** The groups of a stored channel, in which a field may come back otherwise. */
const GROUPS = [
  'phase',
  'params',
  'fundings',
  'shared',
  'remote',
  'lastSent',
  'host',
  'durability',
  'lifecycle',
  'closing',
  'chain',
  'failure',
] as const;
const KINDS = ['cannot-be-written', 'cannot-be-read', 'other-bytes', ...GROUPS, 'other-group'] as const;

/** Of a channel in use, one version in so many, where only some are judged. */
const SOME = 8;

/** What a node writes it can read, as itself would at a restart: to the last field of the state, and to the last byte. */
export function createCodecOracle(which: 'every' | 'some' = 'every'): Oracle {
  const oracle: Oracle = {
    name: ORACLE,
    kinds: KINDS,
    asks: ['channels', 'serialise', 'read'],
    step(world, { node, effects }) {
      const driver = world.driver(node);
      if (driver?.serialise === undefined || driver.read === undefined) return undefined;
      for (const effect of effects) {
        if (effect.kind !== 'store' || (which === 'some' && isPassedOver(driver, effect))) continue;
        const found = judge(world, node, driver as Readable, effect);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    fork: () => oracle,
  };
  return oracle;
}

/** Most versions of a channel in use are like the one before. */
function isPassedOver(driver: Driver, effect: Store): boolean {
  return effect.version % SOME !== 0 && storedState(driver, effect)?.phase === 'funded';
}

type Store = Extract<DriverEffect, { kind: 'store' }>;
type Readable = Driver & Required<Pick<Driver, 'serialise' | 'read'>>;

function judge(world: WorldView, node: string, driver: Readable, effect: Store): Finding | undefined {
  const written = storedState(driver, effect);
  if (written === undefined) return undefined;
  const channel = channelName(world, effect.channelId);
  const what = `version ${effect.version} of ${channel}`;
  const found = (difference: Pick<Difference, 'kind' | 'message' | 'expected' | 'actual' | 'titles'>): Finding =>
    finding(world, { oracle: ORACLE, rule: RULE, node, channel, ...difference });
  let bytes: Uint8Array;
  try {
    bytes = driver.serialise(effect);
  } catch (error) {
    return found({ kind: 'cannot-be-written', message: `${node} cannot write ${what}`, expected: 'bytes', actual: wordsOf(error) });
  }
  let read: StoredChannel;
  try {
    read = driver.read(bytes);
  } catch (error) {
    const message = `${node} cannot read ${what} from the bytes that it wrote`;
    return found({ kind: 'cannot-be-read', message, expected: 'a state', actual: wordsOf(error) });
  }
  const difference = firstDifference(written, read);
  if (difference !== undefined) {
    const { path, left, right } = difference;
    const kind = GROUPS.find((group) => path === group || path.startsWith(`${group}.`)) ?? 'other-group';
    const message = `${node} wrote ${what} with ${path} ${print(left)}, and would come back from it with ${print(right)}`;
    return found({ kind, message, expected: groupOf(written, path), actual: groupOf(read, path), titles: ['in memory', 'read back'] });
  }
  const again = driver.serialise({ ...effect, state: read });
  if (firstDifference(bytes, again) === undefined) return undefined;
  return found({ kind: 'other-bytes', message: `${node} writes ${what} in two ways`, expected: bytes, actual: again });
}

/** The group of a state that a path leads into. */
function groupOf(state: StoredChannel, path: string): Readonly<Record<string, unknown>> {
  const [group = ''] = path.split('.');
  return { [group]: (state as unknown as Readonly<Record<string, unknown>>)[group] };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
