import type { ChannelId, Hash32 } from '../../../core/crypto/bytes.ts';

/** A preimage that a node has got from downstream for an HTLC that it offered on behalf of others. */
export interface Learned {
  readonly node: string;
  readonly hash: Hash32;
  readonly outgoing: ChannelId;
  readonly id: bigint;
  /** The incoming HTLC that it has claimed for it, as `channel id`. */
  readonly claimed: string | undefined;
  /** A commitment without it was revoked: that upstream is claimed had to be durable. */
  readonly revoked: boolean;
}

/** All that were learned in one world. */
export class Preimages {
  private all: readonly Learned[];

  constructor(from?: Preimages) {
    this.all = from?.all ?? [];
  }

  add(node: string, hash: Hash32, outgoing: ChannelId, id: bigint): void {
    if (this.all.some((one) => one.node === node && one.outgoing === outgoing && one.id === id)) return;
    this.all = [...this.all, { node, hash, outgoing, id, claimed: undefined, revoked: false }];
  }

  claim(node: string, hash: Hash32, incoming: string): void {
    if (this.all.some((one) => one.node === node && one.claimed === incoming)) return;
    const due = this.unclaimed(node, hash)[0];
    if (due !== undefined) this.replace(due, { ...due, claimed: incoming });
  }

  revoke(one: Learned): void {
    this.replace(one, { ...one, revoked: true });
  }

  of(node: string): readonly Learned[] {
    return this.all.filter((one) => one.node === node);
  }

  unclaimed(node: string, hash: Hash32): readonly Learned[] {
    return this.all.filter((one) => one.node === node && one.hash === hash && one.claimed === undefined);
  }

  private replace(old: Learned, changed: Learned): void {
    this.all = this.all.map((one) => (one === old ? changed : one));
  }
}
