import type { EndSignatures } from '../../gossip/channel-announcement.ts';
import type { ForwardingPolicy } from '../../gossip/channel-update.ts';
import type { ChannelUpdate } from '../../wire/messages/index.ts';

/** Signatures for the announcement of a channel whose funding stands at this place of the chain. */
export interface PlacedSignatures extends EndSignatures {
  readonly shortChannelId: bigint;
}

/** Our own; absent while our signer has not answered. */
export interface OwnSignatures {
  readonly shortChannelId: bigint;
  readonly signatures: EndSignatures | undefined;
}

/**
 * BOLT 7: how far the announcement of a channel has come, and what each end asks for forwarding. Of a private channel only that counts, and it is
 * for the two alone. A reorganisation gives the funding another place, for which both sign anew.
 */
export interface Announcement {
  /** Made once a place. */
  readonly own: OwnSignatures | undefined;
  /** The peer's: valid for the place at which we see the funding, and not looked at while we see it at none. */
  readonly peers: PlacedSignatures | undefined;
  /** The place for which ours have left in this connection, and the one for which the peer's have come in it. */
  readonly sentFor: bigint | undefined;
  readonly askedFor: bigint | undefined;
  /** What we ask for here, where our host has said so for this channel; else the configuration says it. */
  readonly policy: ForwardingPolicy | undefined;
  /** What we asked for before, and how long who pays by it is served, in wall time. */
  readonly before: { readonly policy: ForwardingPolicy; readonly untilMs: number } | undefined;
  /** Our newest channel_update that is signed. */
  readonly update: ChannelUpdate | undefined;
  /** A newer one that our signer has not signed. */
  readonly unsigned: ChannelUpdate | undefined;
  /** The peer's newest. */
  readonly peersUpdate: ChannelUpdate | undefined;
}

export const NOTHING_ANNOUNCED: Announcement = {
  own: undefined,
  peers: undefined,
  sentFor: undefined,
  askedFor: undefined,
  policy: undefined,
  before: undefined,
  update: undefined,
  unsigned: undefined,
  peersUpdate: undefined,
};
