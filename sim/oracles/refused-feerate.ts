import { DEFAULT_FEERATE_PER_KW, policyOf } from '../scenario/channel-config.ts';
import type { ChannelInfo, WorldView } from '../scenario/types.ts';
import { unacceptable } from './licences.ts';

export function linkOf({ opener, accepter }: ChannelInfo): string {
  return [opener, accepter].sort().join('-');
}

/**
 * Links over which an opener insists on a feerate that its peer does not take, where the licence for that was drawn: having signed for it, it says
 * so in every connection, each ends with that (BOLT 2, update_fee), and so no channel of theirs comes to rest.
 */
export function linksWithoutRest(world: WorldView): ReadonlySet<string> {
  if (!world.licences.has('feerate-refused')) return new Set();
  return new Set(world.channels.filter((info) => insists(world, info)).map(linkOf));
}

function insists(world: WorldView, { opener, accepter, name }: ChannelInfo): boolean {
  const state = world.channelState(opener, name);
  if (state?.phase !== 'funded') return false;
  const spec = world.spec.nodes.find((node) => node.name === accepter);
  const judge = { config: policyOf(spec?.config ?? {}, []), feeratePerKw: spec?.feeratePerKw ?? DEFAULT_FEERATE_PER_KW };
  return state.shared.logs.opener.some((update) => update.kind === 'fee' && unacceptable(update.feeratePerKw, judge));
}
