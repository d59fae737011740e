import type { DriverNotification } from '../scenario/border.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { RunningHash } from '../deterministic/hash.ts';
import type { Action, DriverEffect, StepRecord } from '../scenario/types.ts';
import { paymentIdOf } from '../../core/channel/model/origin.ts';

/** Hears of everything in order, for traces that people or charts read. */
export interface TraceListener {
  action?(action: Action, index: number | 'setup' | 'settle'): void;
  step?(record: StepRecord): void;
}

/** The running hash over every action, input and effect of a run: equal hashes, equal runs. */
export class Trace {
  private readonly hash: RunningHash;
  private readonly listener: TraceListener | undefined;

  constructor(listener?: TraceListener, from?: Trace) {
    this.hash = new RunningHash(from?.hash);
    this.listener = listener;
  }

  action(action: Action, index: number | 'setup' | 'settle'): void {
    hashAction(this.hash, action);
    this.listener?.action?.(action, index);
  }

  step(record: StepRecord): void {
    const { hash } = this;
    hash.number(record.timeMs);
    hash.name(record.node);
    hash.name(record.input.kind);
    for (const effect of record.effects) hashEffect(hash, effect);
    this.listener?.step?.(record);
  }

  /** What follows from a restart is what was written. */
  bytes(bytes: Uint8Array): void {
    this.hash.bytes(bytes);
  }

  digest(crypto: Pick<Crypto, 'sha256'>): string {
    return this.hash.digest(crypto);
  }
}

/** Whatever the order in which a scenario's JSON happens to name the fields. */
function hashAction(hash: RunningHash, action: Action): void {
  hash.name(action.do);
  if (action.do === 'deliver') {
    hash.name(action.link);
    hash.name(action.to);
    hash.name(action.message);
    return;
  }
  if (action.do === 'stored') {
    hash.name(action.node);
    hash.name(action.channel);
    hash.name(action.sink);
    hash.number(action.which);
    return;
  }
  // A sum, which no order changes.
  let fields = 0;
  for (const key in action) {
    const field = new RunningHash();
    field.name(key);
    hashValue(field, (action as Readonly<Record<string, unknown>>)[key]);
    fields = (fields + field.low()) | 0;
  }
  hash.word(fields);
}

/** Plain data, by its shape. */
function hashValue(hash: RunningHash, value: unknown): void {
  if (typeof value === 'string') hash.text(value);
  else if (typeof value === 'number') hash.number(value);
  else if (typeof value === 'bigint') hash.bigint(value);
  else if (value instanceof Uint8Array) hash.bytes(value);
  else if (typeof value === 'boolean') hash.word(value ? 1 : 2);
  else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      hash.name(key);
      hashValue(hash, (value as Readonly<Record<string, unknown>>)[key]);
    }
  } else hash.word(0);
}

/** Ids are hashes or keys: some digits tell them apart. */
function brief(id: string): string {
  return id.slice(2, 14);
}

function hashEffect(hash: RunningHash, effect: DriverEffect): void {
  // Its id shows in the message, and its text in the one that was received.
  if (effect.kind === 'added' || effect.kind === 'heard') return;
  hash.name(effect.kind);
  switch (effect.kind) {
    case 'send':
      hash.text(brief(effect.peer));
      hash.bytes(effect.bytes);
      return;
    // State and updates show in all that is sent, and in the bytes of every restart: hashing each of them would cost more than the node.
    case 'store':
      hash.text(brief(effect.channelId));
      hash.number(effect.version);
      return;
    case 'store_record':
      hash.name(effect.record.kind);
      hash.number(effect.version);
      return;
    case 'monitor':
      hash.name(effect.watcher);
      hash.number(effect.id);
      hash.name(effect.update.kind);
      return;
    case 'sign':
      hash.text(brief(effect.channelId));
      hash.name(effect.duty.kind);
      return;
    case 'broadcast':
      hash.name(effect.purpose);
      hashValue(hash, effect.tx);
      return;
    case 'notify':
      hash.text(brief(effect.channelId));
      hashNotification(hash, effect.event);
      return;
    case 'claim':
      hash.text(brief(effect.channelId));
      hash.name(effect.claim);
      hashValue(hash, effect.txs);
      return;
    case 'ask_coins':
      hash.text(brief(effect.channelId));
      hashValue(hash, effect.claim);
      hash.bigint(effect.amountSat);
      return;
    case 'release_coins':
      hashValue(hash, effect.coins);
      return;
    case 'sign_claim':
      hash.text(effect.txid);
      return;
    case 'watch_output':
      hashValue(hash, effect.outpoint);
      return;
    case 'forget':
    case 'watch_tx':
    case 'watch_spend':
    case 'ask':
    case 'disconnect':
    case 'refused':
    case 'violated':
    case 'forget_record':
    case 'ask_route':
    case 'payment':
      hashValue(hash, effect);
      return;
  }
}

/** What a payment carries came in a message, whose bytes the trace has: here it is named. */
function hashNotification(hash: RunningHash, notification: DriverNotification): void {
  hash.name(notification.kind);
  switch (notification.kind) {
    case 'event': {
      const { id, event } = notification;
      hash.number(id);
      hash.name(event.kind);
      if (event.kind === 'channel_closed') hash.text(event.closingTxid);
      else if (event.kind !== 'channel_usable') hash.text(paymentIdOf(event.origin) ?? '');
      return;
    }
    case 'htlc_received':
    case 'htlc_failed':
      hash.name('rule' in notification ? notification.rule : '');
      hash.bigint(notification.add.id);
      hash.bigint(notification.add.amountMsat);
      return;
    case 'opened':
    case 'usable':
    case 'failed':
    case 'on_chain':
    case 'forgotten':
      hashValue(hash, notification);
      return;
  }
}
