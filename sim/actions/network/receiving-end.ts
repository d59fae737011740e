import { packetName } from '../../world/packet.ts';
import type { End } from '../../world/packet.ts';
import type { Link } from '../../world/network.ts';

/** The end that a message of this name would reach next. */
export function receivingEnd(
  link: Link | undefined,
  { to, message }: { readonly to: string; readonly message: string },
): { readonly link: Link; readonly end: End } | undefined {
  const end = link?.endOf(to);
  if (link?.up !== true || end === undefined) return undefined;
  const head = link.head(end);
  return head === undefined || link.closedBy === end || !link.ends[end].reads || packetName(head) !== message ? undefined : { link, end };
}
