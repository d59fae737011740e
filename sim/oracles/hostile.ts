import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { changes, nameOf, statesOf } from '../world/channel-changes.ts';
import { HOST_KINDS, refused } from './hostile/hosts.ts';
import { PEER_KINDS, answered, debtOf } from './hostile/peers.ts';
import type { Owed } from './hostile/peers.ts';

const ORACLE = 'hostile';
const KINDS = [...HOST_KINDS, ...PEER_KINDS] as const;

/**
 * A peer that breaks the protocol gets what BOLT asks for, at once; it reaches no other channel, costs its honest peer nothing, and learns
 * nothing from it. A host that asks for what is forbidden is refused, and nothing has changed.
 */
export function createHostile(): Oracle {
  return build(new Map());
}

function build(owed: Owed): Oracle {
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: ['channels'],
    step(world, record) {
      // At every step, so that what the next one changes is known.
      changes(world, record);
      if (owed.size > 0) settleDebts(owed, world, record);
      if (record.forbidden !== undefined) return refused(world, record, record.forbidden);
      return record.tampered === undefined ? undefined : answered(world, record, record.tampered, owed);
    },
    settled: () => owed.values().next().value,
    fork: () => build(new Map(owed)),
  };
}

/** It has come, in this connection or the next, or a restart has undone the failure. */
function settleDebts(owed: Owed, world: WorldView, { node, input, effects }: StepRecord): void {
  for (const effect of effects) {
    if (effect.kind === 'send' && effect.channelId !== undefined && nameOf(effect.bytes) === 'error')
      owed.delete(debtOf(node, effect.channelId));
  }
  if (input.kind !== 'restart') return;
  const states = statesOf(world, node);
  for (const key of owed.keys()) {
    const [debtor, channelId] = key.split('/') as [string, ChannelId];
    if (debtor === node && states.get(channelId)?.phase !== 'failed') owed.delete(key);
  }
}
