import { decodeChannel, encodeChannel } from '../../core/channel/model/stored-form.ts';
import type { Finding, Oracle, WorldView } from '../scenario/types.ts';
import { firstDifference } from './compare.ts';
import { channelName, storedState } from '../world/channel-changes.ts';
import { finding } from './difference.ts';

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
] as const;
const KINDS = ['cannot-be-written', 'cannot-be-read', 'other-bytes', ...GROUPS, 'other-group'] as const;

/** What a node writes it can read: decode(encode(state)) equals the state, to the last field and to the last byte. */
export function createCodecOracle(): Oracle {
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: ['channels', 'serialise'],
    step(world, record) {
      for (const effect of record.effects) {
        if (effect.kind !== 'store') continue;
        let bytes: Uint8Array | undefined;
        try {
          bytes = world.driver(record.node)?.serialise?.(effect);
        } catch (error) {
          return unwritable(world, record.node, effect.channelId, error);
        }
        const state = storedState(world.driver(record.node), effect);
        const found = bytes && state && readable(world, record.node, effect.channelId, state, bytes);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    fork: () => createCodecOracle(),
  };
}

function unwritable(world: WorldView, node: string, channelId: string, error: unknown): Finding {
  return finding(world, {
    oracle: ORACLE,
    rule: RULE,
    node,
    channel: channelName(world, channelId),
    kind: 'cannot-be-written',
    message: `${node} cannot write its state`,
    expected: 'bytes',
    actual: error instanceof Error ? error.message : String(error),
  });
}

function readable(
  world: WorldView,
  node: string,
  channelId: string,
  state: Parameters<typeof encodeChannel>[0],
  bytes: Uint8Array,
): Finding | undefined {
  const common = { oracle: ORACLE, rule: RULE, node, channel: channelName(world, channelId) };
  const decoded = decodeChannel(bytes);
  if (!decoded.ok) {
    return finding(world, {
      ...common,
      kind: 'cannot-be-read',
      message: `${node} cannot read the state that it wrote`,
      expected: 'a state',
      actual: decoded.error,
    });
  }
  const difference = firstDifference(state, decoded.value);
  if (difference !== undefined) {
    const { path, left, right } = difference;
    return finding(world, {
      ...common,
      kind: GROUPS.find((group) => path === group || path.startsWith(`${group}.`)) ?? 'other-group',
      message: `${node} reads another ${path} than it wrote`,
      expected: left,
      actual: right,
    });
  }
  if (firstDifference(bytes, encodeChannel(decoded.value)) === undefined) return undefined;
  return finding(world, {
    ...common,
    kind: 'other-bytes',
    message: `${node} writes the same state in two ways`,
    expected: bytes,
    actual: 'other bytes',
  });
}
