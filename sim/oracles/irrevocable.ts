import type { ChannelId } from '../../core/crypto/bytes.ts';
import { channelIdOf } from '../model/channel-end.ts';
import type { WorldView } from '../scenario/types.ts';
import { DEPTH } from './licences.ts';

/**
 * BOLT 5, General Nomenclature: the funding output was spent a hundred blocks ago, by a mutual close. Nothing of such a channel need be known any
 * more, and who asks for it is told so.
 */
export function isIrrevocable(world: WorldView, node: string, channelId: ChannelId): boolean {
  const height = world.height(node);
  return world.chain.confirmed.some(({ height: confirmed, tx }) => {
    if (height - confirmed + 1 < DEPTH.forget) return false;
    return tx.inputs.some((input) => input.sequence === 0xffffffff && channelIdOf(input.txid, input.vout) === channelId);
  });
}
