import type { Preimage, PublicKey, Hash32 } from '../../core/crypto/bytes.ts';
import type { Side } from '../../core/transactions/types.ts';

/**
 * One channel as one node's own traffic tells it, after BOLT 2's list of the states that "each update traverses". It knows neither logs
 * nor cuts, only which messages this node sent and received, in the order of the wire.
 */
export type WireUpdate =
  | { readonly kind: 'add'; readonly id: bigint; readonly amountMsat: bigint; readonly paymentHash: Hash32; readonly cltvExpiry: number }
  | { readonly kind: 'fulfill'; readonly id: bigint; readonly preimage: Preimage }
  | { readonly kind: 'fail'; readonly id: bigint }
  | { readonly kind: 'fee'; readonly feeratePerKw: number };

/**
 * Where an update stands, as BOLT 2 numbers it: 1 pending on the receiver, 2 in the receiver's latest commitment, 3 the receiver's
 * previous commitment revoked, 4 in the sender's latest commitment, 5 the sender's previous commitment revoked.
 */
interface Tracked {
  readonly from: 'us' | 'peer';
  readonly update: WireUpdate;
  stage: 1 | 2 | 3 | 4 | 5;
}

export interface ModelHtlc {
  readonly offerer: Side;
  readonly id: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly cltvExpiry: number;
}
export interface ModelContents {
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  readonly htlcs: readonly ModelHtlc[];
  readonly feeratePerKw: number;
}

/** Which messages moved which updates last, so that the same move can be taken back when the message turns out lost or forgotten. */
type Move = 'sent commitment_signed' | 'received commitment_signed' | 'sent revoke_and_ack' | 'received revoke_and_ack';

interface Moved {
  readonly tracked: Tracked;
  /** Where the move left it. */
  readonly stage: number;
}

const MOVES = {
  'sent commitment_signed': 'signatures-sent',
  'received commitment_signed': 'signatures-received',
  'sent revoke_and_ack': 'revocations-sent',
  'received revoke_and_ack': 'revocations-received',
} as const satisfies Record<Move, string>;
const COUNTS = ['signatures-sent', 'signatures-received', 'revocations-sent', 'revocations-received'] as const;

/** What this node's own traffic can break of BOLT 2. */
export const BROKEN = [
  'ids-increase-by-1',
  'no-add-after-shutdown',
  'update_fee-of-the-accepter',
  'removal-of-an-unknown-htlc',
  'removal-before-irrevocable',
  'htlc-removed-twice',
  'without-any-update',
  'updates-not-yet-signed',
  'before-its-revoke_and_ack',
  'again-before-its-revoke_and_ack',
  ...COUNTS.flatMap((count) => [`reestablish-numbers-of-${count}`, `reestablish-takes-back-${count}`] as const),
] as const;
export type Broken = (typeof BROKEN)[number];

export class ChannelModel {
  readonly us: Side;
  private balanceMsat: Record<Side, bigint>;
  private feeratePerKw: number;
  private updates: Tracked[] = [];
  private moves: Map<Move, readonly Moved[]> = new Map();
  /** How many of each have been exchanged and count. */
  private counts: Record<Move, bigint> = {
    'sent commitment_signed': 0n,
    'received commitment_signed': 0n,
    'sent revoke_and_ack': 0n,
    'received revoke_and_ack': 0n,
  };
  private nextId: Record<'us' | 'peer', bigint> = { us: 0n, peer: 0n };
  /** The peer's per-commitment points by number. */
  readonly peerPoints: Map<bigint, PublicKey>;
  /** How many different adds each side has ever sent: those after it are new, those before it may come again. */
  private everAdded: Record<'us' | 'peer', bigint> = { us: 0n, peer: 0n };
  /** Whether this node has ever sent shutdown, and whether it has in this connection. */
  shutdown: 'never' | 'before' | 'in this connection' = 'never';
  /** Our last revoke_and_ack has not reached the peer: it is to come again. */
  private lostRevocation = false;

  constructor(us: Side, balanceMsat: Readonly<Record<Side, bigint>>, feeratePerKw: number, peerPoints: ReadonlyMap<bigint, PublicKey>) {
    this.us = us;
    this.balanceMsat = { ...balanceMsat };
    this.feeratePerKw = feeratePerKw;
    this.peerPoints = new Map(peerPoints);
  }

  fork(): ChannelModel {
    const copy = new ChannelModel(this.us, this.balanceMsat, this.feeratePerKw, this.peerPoints);
    const copies = new Map(this.updates.map((tracked) => [tracked, { ...tracked }]));
    copy.updates = [...copies.values()];
    copy.moves = new Map(
      [...this.moves].map(([move, list]) => [
        move,
        list.flatMap(({ tracked, stage }) => {
          const own = copies.get(tracked);
          return own === undefined ? [] : [{ tracked: own, stage }];
        }),
      ]),
    );
    copy.counts = { ...this.counts };
    copy.nextId = { ...this.nextId };
    copy.everAdded = { ...this.everAdded };
    copy.shutdown = this.shutdown;
    copy.lostRevocation = this.lostRevocation;
    return copy;
  }

  /** The number of the commitment that the newest commitment_signed of ours was for. */
  get peerNumber(): bigint {
    return this.counts['sent commitment_signed'];
  }

  get ourNumber(): bigint {
    return this.counts['received commitment_signed'];
  }

  /** How many commitments the peer has revoked. */
  get peerRevoked(): bigint {
    return this.counts['received revoke_and_ack'];
  }

  // ---------------------------------------------------------------- messages

  update(from: 'us' | 'peer', update: WireUpdate): Broken | undefined {
    if (update.kind === 'add') {
      if (update.id !== this.nextId[from]) return 'ids-increase-by-1';
      const isNew = update.id >= this.everAdded[from];
      // BOLT 2: what was sent before the shutdown and lost is sent again, before the shutdown is sent again.
      const late = this.shutdown === 'in this connection' || (this.shutdown === 'before' && isNew);
      if (from === 'us' && late) return 'no-add-after-shutdown';
      this.nextId[from]++;
      if (isNew) this.everAdded[from] = this.nextId[from];
    } else if (update.kind === 'fee') {
      if ((from === 'us' ? this.us : opposite(this.us)) !== 'opener') return 'update_fee-of-the-accepter';
    } else {
      const broken = this.removal(from, update);
      if (broken !== undefined) return broken;
    }
    this.updates.push({ from, update, stage: 1 });
    return undefined;
  }

  /** BOLT 2: only an HTLC that both have irrevocably committed may be removed, by its receiver, once. */
  private removal(from: 'us' | 'peer', update: { readonly id: bigint }): Broken | undefined {
    const add = this.updates.find((t) => t.from !== from && t.update.kind === 'add' && t.update.id === update.id);
    if (add === undefined) return 'removal-of-an-unknown-htlc';
    // The receiver of the HTLC must have irrevocably committed it, and been told so; the other end may learn of that only with the removal.
    if (from === 'us' && add.stage !== 5) return 'removal-before-irrevocable';
    const again = this.updates.some((t) => t.from === from && isRemoval(t.update) && t.update.id === update.id);
    return again ? 'htlc-removed-twice' : undefined;
  }

  /** BOLT 2: a signature commits to some update. Where it can't, the peer's updates that wait tell what was too early. */
  sentCommitmentSigned(): Broken | undefined {
    if (this.move('sent commitment_signed', 'us', 1, 'peer', 3).length > 0) return undefined;
    if (this.waiting(2) > 0) return this.lostRevocation ? 'again-before-its-revoke_and_ack' : 'before-its-revoke_and_ack';
    return this.waiting(1) > 0 ? 'updates-not-yet-signed' : 'without-any-update';
  }

  /** Updates of the peer that our commitment has not (1), or has while we have not revoked the one before (2). */
  waiting(stage: 1 | 2): number {
    return this.updates.filter((tracked) => tracked.from === 'peer' && tracked.stage === stage).length;
  }

  /** The id that the next HTLC of ours must have. */
  get nextOwnId(): bigint {
    return this.nextId.us;
  }

  /** What channel_reestablish must say, unless something that was sent has come to nothing. */
  get reestablishNumbers(): { readonly nextCommitment: bigint; readonly nextRevocation: bigint } {
    return { nextCommitment: this.counts['received commitment_signed'] + 1n, nextRevocation: this.counts['received revoke_and_ack'] };
  }

  receivedCommitmentSigned(): void {
    this.move('received commitment_signed', 'peer', 1, 'us', 3);
  }

  sentRevokeAndAck(): void {
    this.lostRevocation = false;
    this.forget('us');
    this.move('sent revoke_and_ack', 'peer', 2, 'us', 4);
  }

  receivedRevokeAndAck(nextPoint: PublicKey): void {
    this.forget('peer');
    this.move('received revoke_and_ack', 'us', 2, 'peer', 4);
    this.peerPoints.set(this.counts['received revoke_and_ack'] + 1n, nextPoint);
  }

  /** BOLT 2: updates for which no commitment_signed was sent are gone with the connection. */
  disconnected(): void {
    if (this.shutdown !== 'never') this.shutdown = 'before';
    this.drop((tracked) => tracked.stage === 1);
  }

  /** What this node says it has: what it does not have any more, it lost in a crash. */
  sentReestablish(nextCommitment: bigint, nextRevocation: bigint): Broken | undefined {
    return this.reconcile('received commitment_signed', nextCommitment - 1n) ?? this.reconcile('received revoke_and_ack', nextRevocation);
  }

  /** What the peer says it has: what it has not, was lost on the way, or the peer lost it. */
  receivedReestablish(nextCommitment: bigint, nextRevocation: bigint): Broken | undefined {
    return this.reconcile('sent commitment_signed', nextCommitment - 1n) ?? this.reconcile('sent revoke_and_ack', nextRevocation);
  }

  // ---------------------------------------------------------------- contents

  /** What our newest commitment_signed commits the peer to. */
  peerContents(): ModelContents {
    return this.contents((tracked) => tracked.stage >= (tracked.from === 'us' ? 2 : 4));
  }

  ourContents(): ModelContents {
    return this.contents((tracked) => tracked.stage >= (tracked.from === 'peer' ? 2 : 4));
  }

  /** Whether updates of ours wait on the peer's commitment. */
  get unsigned(): boolean {
    return this.updates.some((tracked) => tracked.from === 'us' && tracked.stage === 1);
  }

  /** Whether updates wait to be put into the peer's commitment: sent or acknowledged by us, and not yet signed for. */
  get pendingOnPeer(): boolean {
    return this.updates.some((tracked) => tracked.stage === (tracked.from === 'us' ? 1 : 3));
  }

  private contents(includes: (tracked: Tracked) => boolean): ModelContents {
    const balanceMsat = { ...this.balanceMsat };
    const htlcs: ModelHtlc[] = [];
    let feeratePerKw = this.feeratePerKw;
    const included = this.updates.filter(includes);
    for (const { from, update } of included) {
      const sender = from === 'us' ? this.us : opposite(this.us);
      if (update.kind === 'fee') feeratePerKw = update.feeratePerKw;
      if (update.kind !== 'add') continue;
      balanceMsat[sender] -= update.amountMsat;
      const removal = included.find((t) => t.from !== from && isRemoval(t.update) && t.update.id === update.id)?.update;
      const { id, amountMsat, paymentHash, cltvExpiry } = update;
      if (removal === undefined) htlcs.push({ offerer: sender, id, amountMsat, paymentHash, cltvExpiry });
      else balanceMsat[removal.kind === 'fulfill' ? opposite(sender) : sender] += update.amountMsat;
    }
    return { balanceMsat, htlcs, feeratePerKw };
  }

  // ---------------------------------------------------------------- moving and taking back

  private move(move: Move, first: 'us' | 'peer', firstStage: number, second: 'us' | 'peer', secondStage: number): readonly Moved[] {
    const moved: Moved[] = [];
    for (const tracked of this.updates) {
      const { from, stage } = tracked;
      if (!((from === first && stage === firstStage) || (from === second && stage === secondStage))) continue;
      tracked.stage = (stage + 1) as Tracked['stage'];
      moved.push({ tracked, stage: tracked.stage });
    }
    this.moves.set(move, moved);
    this.counts[move]++;
    return moved;
  }

  /** Brings the count of a message to what reestablishment says it is: the same, or one less. */
  private reconcile(move: Move, count: bigint): Broken | undefined {
    if (this.counts[move] === count) return undefined;
    const moved = this.moves.get(move);
    if (this.counts[move] !== count + 1n || moved === undefined) return `reestablish-numbers-of-${MOVES[move]}`;
    if (moved.some(({ tracked, stage }) => tracked.stage !== stage)) return `reestablish-takes-back-${MOVES[move]}`;
    for (const { tracked, stage } of moved) tracked.stage = (stage - 1) as Tracked['stage'];
    // An update that nobody signed for any more will come again, or not.
    this.drop((tracked) => tracked.stage === 1);
    this.moves.delete(move);
    this.counts[move]--;
    if (move === 'sent revoke_and_ack') this.lostRevocation = true;
    return undefined;
  }

  private drop(which: (tracked: Tracked) => boolean): void {
    for (const { from, update } of this.updates.filter(which)) if (update.kind === 'add') this.nextId[from]--;
    this.updates = this.updates.filter((tracked) => !which(tracked));
  }

  /** Folds what nothing can take back any more: removals and fees of stage 5 from before the message that is coming now. */
  private forget(from: 'us' | 'peer'): void {
    const done = this.updates.filter((t) => t.from === from && t.stage === 5 && t.update.kind !== 'add');
    for (const tracked of done) {
      const { update } = tracked;
      if (update.kind === 'fee') this.feeratePerKw = update.feeratePerKw;
      else this.settle(from, update);
      this.updates = this.updates.filter((t) => t !== tracked);
    }
  }

  private settle(remover: 'us' | 'peer', removal: WireUpdate & { readonly id: bigint }): void {
    const add = this.updates.find((t) => t.from !== remover && t.update.kind === 'add' && t.update.id === removal.id);
    if (add?.update.kind !== 'add') return;
    const by = remover === 'us' ? this.us : opposite(this.us);
    this.balanceMsat[opposite(by)] -= add.update.amountMsat;
    this.balanceMsat[removal.kind === 'fulfill' ? by : opposite(by)] += add.update.amountMsat;
    this.updates = this.updates.filter((t) => t !== add);
  }
}

function opposite(side: Side): Side {
  return side === 'opener' ? 'accepter' : 'opener';
}

function isRemoval(update: WireUpdate): update is WireUpdate & { readonly kind: 'fulfill' | 'fail' } {
  return update.kind === 'fulfill' || update.kind === 'fail';
}
