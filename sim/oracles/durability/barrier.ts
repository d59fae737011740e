import type { StoredChannel } from '../../../core/channel/model/state.ts';
import type { DriverEffect } from '../../scenario/types.ts';
import { otherSide } from '../../model/commitment-contents.ts';
import { STATE } from '../../scenario/sinks.ts';

type MonitorEffect = Extract<DriverEffect, { kind: 'monitor' }>;

export const OBSTACLES = ['never-stored', 'store-unfinished'] as const;

interface Pending {
  readonly sink: string;
  readonly version: number;
  /** Which store or monitor update of the channel it is, counted over all sinks. */
  readonly order: number;
}

/**
 * One channel of one node, as its disk and its watchers see it: what was issued and not acknowledged, and since which of these writes each
 * message has been due. It reads snapshots and acknowledgements only, never what an effect says that it waits for.
 */
export class Barrier {
  private readonly pending: Pending[] = [];
  private issued = 0;
  /** What had been issued when the step under way began. */
  private atStart = 0;
  private step = -1;
  /** By preimage: the order of the update that told the watchers of it. */
  private readonly preimages: Map<string, number> = new Map();
  /** By fact: the order of the write that must be durable, with all before it, before the fact may be told. */
  private readonly due: Map<Fact, number> = new Map();
  private snapshot: StoredChannel | undefined;
  /** Newest version of the state that is durable. */
  acknowledged = 0;

  fork(): Barrier {
    const copy = new Barrier();
    copy.pending.push(...this.pending);
    copy.issued = this.issued;
    copy.atStart = this.atStart;
    copy.step = this.step;
    for (const [preimage, order] of this.preimages) copy.preimages.set(preimage, order);
    for (const [fact, order] of this.due) copy.due.set(fact, order);
    copy.snapshot = this.snapshot;
    copy.acknowledged = this.acknowledged;
    return copy;
  }

  beginStep(index: number): void {
    if (index === this.step) return;
    this.step = index;
    this.atStart = this.issued;
  }

  store(version: number, state: StoredChannel): void {
    this.pending.push({ sink: STATE, version, order: ++this.issued });
    for (const fact of newFacts(this.snapshot, state)) this.dueSince(fact, this.issued);
    this.addLoose(state);
    this.snapshot = state;
  }

  monitor(effect: MonitorEffect): void {
    this.pending.push({ sink: effect.watcher, version: effect.id, order: ++this.issued });
    if (effect.update.kind === 'preimage') this.preimages.set(effect.update.preimage, this.issued);
  }

  stored(sink: string, version: number): void {
    const { pending } = this;
    let kept = 0;
    for (const write of pending) {
      const done = write.sink === sink && (sink === STATE ? write.version <= version : write.version === version);
      if (!done) pending[kept++] = write;
    }
    while (pending.length > kept) pending.pop();
    if (sink === STATE && version > this.acknowledged) this.acknowledged = version;
  }

  endOfStep(state: StoredChannel): void {
    this.addLoose(state);
  }

  /**
   * An update that no signature covers needs no snapshot of its own, nor does an offered fee: they wait for what was issued before this
   * step, and a preimage for the watchers to have it.
   */
  private addLoose(state: StoredChannel): void {
    if (state === this.snapshot) return;
    for (const { fact, preimage } of looseFacts(this.snapshot, state)) {
      this.dueSince(fact, (preimage === undefined ? undefined : this.preimages.get(preimage)) ?? this.atStart);
    }
  }

  private dueSince(fact: Fact, order: number): void {
    if (!this.due.has(fact)) this.due.set(fact, order);
  }

  /** Something that is said anew each time, such as channel_reestablish: it waits for all that was issued before. */
  say(fact: Fact): void {
    this.due.set(fact, this.issued);
  }

  crashed(): void {
    this.pending.length = 0;
  }

  /** All that the restored state says is durable, except what its watchers are told again. */
  restored(state: StoredChannel): void {
    this.due.clear();
    for (const fact of newFacts(undefined, state)) this.due.set(fact, this.issued);
    for (const { fact } of looseFacts(undefined, state)) this.due.set(fact, this.issued);
    this.snapshot = state;
    this.acknowledged = state.durability.version;
  }

  /** Why this may not leave now, if it may not: some write that it waits for, of those to `sink` where one is named, has not finished. */
  obstacle(fact: Fact, sink?: string): (typeof OBSTACLES)[number] | undefined {
    const order = this.due.get(fact);
    if (order === undefined) return 'never-stored';
    const unfinished = this.pending.some((write) => write.order <= order && (sink === undefined || write.sink === sink));
    return unfinished ? 'store-unfinished' : undefined;
  }

  describe(): string {
    const writes = this.pending.map(({ sink, version }) => `${sink} ${version}`);
    return writes.length === 0 ? 'all stores finished' : `unfinished: ${writes.join(', ')}`;
  }
}

/**
 * What others may be told: a kind, and the number, id or fee that it is about. Packed into one number, because every message that leaves is
 * looked up by it: exact for all below 2^49.
 */
export type Fact = number;

/** Of which a channel has one each. */
const SINGLE = ['funding_signed', 'shutdown', 'channel_reestablish', 'closing transaction', 'the failed channel'] as const;
const COUNTED = ['commitment_signed', 'revoke_and_ack', 'update_fulfill_htlc', 'event', 'htlc_received', 'closing_signed'] as const;
const KINDS = [...SINGLE, ...COUNTED];

function single(kind: (typeof SINGLE)[number]): Fact {
  return KINDS.indexOf(kind);
}

function counted(kind: (typeof COUNTED)[number]): (which: bigint | number) => Fact {
  const at = KINDS.indexOf(kind);
  return (which) => Number(which) * KINDS.length + at;
}

export const factOf = {
  commitmentSigned: counted('commitment_signed'),
  revokeAndAck: counted('revoke_and_ack'),
  fulfill: counted('update_fulfill_htlc'),
  event: counted('event'),
  received: counted('htlc_received'),
  closing: counted('closing_signed'),
  shutdown: single('shutdown'),
  channel: single('funding_signed'),
  reestablish: single('channel_reestablish'),
  closingTx: single('closing transaction'),
  failed: single('the failed channel'),
} as const;

/** In words. */
export function factText(fact: Fact): string {
  const at = fact % KINDS.length;
  return at < SINGLE.length ? `${KINDS[at]}` : `${KINDS[at]} ${Math.floor(fact / KINDS.length)}`;
}

/** What this snapshot makes true that must survive a crash once somebody has been told of it. */
function newFacts(before: StoredChannel | undefined, after: StoredChannel): Fact[] {
  const facts: Fact[] = [];
  const { us } = after.params;
  const peer = otherSide(us);
  if (before === undefined) facts.push(factOf.channel);
  const { next } = after.shared.commitments[peer];
  if (next !== undefined && next !== before?.shared.commitments[peer].next) facts.push(factOf.commitmentSigned(next.number));
  const { number } = after.shared.commitments[us].current;
  if (number > 0n && number !== before?.shared.commitments[us].current.number) facts.push(factOf.revokeAndAck(number - 1n));
  if (after.host.events !== before?.host.events) for (const { id } of after.host.events) facts.push(factOf.event(id));
  if (after.shared.base.htlcs[peer] !== before?.shared.base.htlcs[peer]) {
    for (const { id } of after.shared.base.htlcs[peer]) facts.push(factOf.received(id));
  }
  if (after.phase === 'funded' || after.phase === 'failed') {
    if (after.closing.sent !== undefined) facts.push(factOf.shutdown);
    if (after.closing.tx !== undefined) facts.push(factOf.closingTx);
    if (after.phase === 'failed') facts.push(factOf.failed);
  }
  return facts;
}

interface LooseFact {
  readonly fact: Fact;
  readonly preimage?: string;
}

const NONE: readonly LooseFact[] = [];

/** What may be told before any snapshot has it. */
function looseFacts(before: StoredChannel | undefined, after: StoredChannel): readonly LooseFact[] {
  const log = after.shared.logs[after.params.us];
  const closing = after.phase === 'funded' ? after.closing.negotiation?.offered : undefined;
  if (closing === undefined && log === before?.shared.logs[after.params.us]) return NONE;
  const facts: LooseFact[] = [];
  if (log !== before?.shared.logs[after.params.us]) {
    for (const update of log) if (update.kind === 'fulfill') facts.push({ fact: factOf.fulfill(update.id), preimage: update.preimage });
  }
  if (closing !== undefined) facts.push({ fact: factOf.closing(closing.feeSat) });
  return facts;
}
