import { confirmation, depth } from '../../chain/view.ts';
import { shortChannelIdOf } from '../../wire/short-channel-id.ts';
import { onlyFunding } from './fundings.ts';
import type { FundedBase } from './state.ts';

type Placed = Pick<FundedBase, 'fundings' | 'chain'>;

/** BOLT 7: where the channel's funding output stands in the chain; undefined while it is in no block. */
export function shortChannelIdOfChannel(state: Placed): bigint | undefined {
  const { output } = onlyFunding(state);
  const confirmed = confirmation(state.chain, output.txid);
  if (confirmed === undefined) return undefined;
  return shortChannelIdOf({ blockHeight: confirmed.height, txIndex: confirmed.index, outputIndex: output.vout });
}

/** BOLT 7, channel_announcement: "if the funding transaction has less than 6 confirmations: MUST NOT send channel_announcement". */
export const ANNOUNCEMENT_DEPTH = 6;

/** That place, once a reorganisation is not expected to change it any more. */
export function settledPlace(state: Placed): bigint | undefined {
  const { output } = onlyFunding(state);
  return depth(state.chain, output.txid) >= ANNOUNCEMENT_DEPTH ? shortChannelIdOfChannel(state) : undefined;
}
