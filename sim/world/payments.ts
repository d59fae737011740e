import { knownOrigins } from '../../core/channel/model/known-origins.ts';
import { paymentIdOf } from '../../core/channel/model/origin.ts';
import type { Origin } from '../../core/channel/model/origin.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { Hash32, Hex, Preimage } from '../../core/crypto/bytes.ts';
import { RunningHash } from '../deterministic/hash.ts';
import type { OfferedHtlc } from '../scenario/border.ts';
import type { Flaw } from './flawed-route.ts';
import type { PaymentHop, PaymentRecord } from '../scenario/types.ts';

const ONION_SIZE = 1366;

export interface NewPayment {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly channel: string;
  readonly htlcId: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly preimage: Preimage;
  readonly cltvExpiry: number;
  readonly probe: boolean;
  /** Where it goes on behind its first channel. */
  readonly route?: readonly PaymentHop[];
  readonly claimAtOnce?: boolean;
  readonly flaw?: Flaw | undefined;
  readonly sharedSecrets?: readonly Hash32[];
}

/** What the users at both ends know of their payments. */
export class Payments {
  readonly all: PaymentRecord[];
  private readonly byName: Map<string, number>;
  private readonly byReferences: Map<Hex, string>;

  constructor(from?: Payments) {
    this.all = from === undefined ? [] : [...from.all];
    this.byName = new Map(from?.byName);
    this.byReferences = new Map(from?.byReferences);
  }

  get(name: string): PaymentRecord | undefined {
    const at = this.byName.get(name);
    return at === undefined ? undefined : this.all[at];
  }

  /** Field by field: engines are slow at spreading so many. */
  add({
    name,
    from,
    to,
    channel,
    htlcId,
    amountMsat,
    paymentHash,
    preimage,
    cltvExpiry,
    probe,
    route,
    claimAtOnce,
    flaw,
    sharedSecrets,
  }: NewPayment): void {
    this.byName.set(name, this.all.length);
    const reference = referenceOf(name);
    this.byReferences.set(reference, name);
    this.all.push({
      name,
      reference,
      from,
      to,
      channel,
      htlcId,
      amountMsat,
      paymentHash,
      preimage,
      cltvExpiry,
      received: false,
      contradictions: 0,
      probe,
      route: route ?? [{ channel, from, amountMsat }],
      claimAtOnce: claimAtOnce ?? false,
      flaw,
      sharedSecrets: sharedSecrets ?? [],
    });
  }

  private update(name: string, change: Partial<PaymentRecord>): void {
    const at = this.byName.get(name) as number;
    this.all[at] = { ...(this.all[at] as PaymentRecord), ...change };
  }

  /** The host's name for it, as the node repeats it. */
  byOrigin(origin: Origin): PaymentRecord | undefined {
    const reference = paymentIdOf(origin);
    const name = reference === undefined ? undefined : this.byReferences.get(reference);
    return name === undefined ? undefined : this.get(name);
  }

  /**
   * The receiving node presented an HTLC. `origin` is what the payer says of it, where its driver shows one; else what we made of the
   * onion, the id, or the first payment with this hash that still waits.
   */
  received(from: string, channel: string, add: OfferedHtlc, origin: Origin | undefined): PaymentRecord | undefined {
    const named = origin === undefined ? undefined : this.byOrigin(origin);
    // Who forwards it has not received it.
    if (named !== undefined && lastHopOf(named).channel !== channel) return undefined;
    const payment = named ?? this.find(from, channel, add);
    if (payment !== undefined) this.update(payment.name, { received: true, htlcId: add.id });
    return payment;
  }

  private find(from: string, channel: string, add: OfferedHtlc): PaymentRecord | undefined {
    const candidates = this.all.filter((p) => {
      const last = lastHopOf(p);
      return last.from === from && last.channel === channel && p.paymentHash === add.paymentHash && last.amountMsat === add.amountMsat;
    });
    const same = (onion: Uint8Array): boolean => onion.length === add.onion.length && onion.every((byte, i) => byte === add.onion[i]);
    if (candidates.length > 1) {
      const known = candidates.find(({ name }) => same(onionOf(name)));
      if (known !== undefined) return known;
    }
    return candidates.find((p) => p.htlcId === add.id) ?? candidates.find((p) => !p.received && p.outcome === undefined);
  }

  decided(name: string, decision: 'fulfill' | 'fail' | 'fail_malformed'): void {
    this.update(name, { decision });
  }

  /** The sending node told its host how it ended. */
  ended(origin: Origin, outcome: 'sent' | 'failed'): void {
    const payment = this.byOrigin(origin);
    if (payment === undefined) return;
    if (payment.outcome === undefined) this.update(payment.name, { outcome });
    else if (payment.outcome !== outcome) this.update(payment.name, { contradictions: payment.contradictions + 1 });
  }

  /** After a crash: what `from` offered and its restored state knows nothing of was never durable, so it never left. */
  forgetUnknown(from: string, channel: string, state: ChannelState | undefined): void {
    const origins = state === undefined || state.phase === 'opening' || state.phase === 'forgotten' ? [] : knownOrigins(state);
    const known = new Set(origins.map(paymentIdOf));
    for (const payment of this.all) {
      if (payment.from !== from || payment.channel !== channel || payment.outcome !== undefined) continue;
      if (!known.has(payment.reference)) this.update(payment.name, { outcome: 'lost' });
    }
  }
}

/** The one that its recipient is offered. */
function lastHopOf({ route }: PaymentRecord): PaymentHop {
  return route.at(-1) as PaymentHop;
}

/** A host's reference for a payment: 16 bytes, from its name. */
export function referenceOf(payment: string): Hex {
  const hash = new RunningHash();
  hash.text(payment);
  return hash.key();
}

/** Opaque to the channel; different for every payment. */
export function onionOf(payment: string): Uint8Array {
  const onion = new Uint8Array(ONION_SIZE);
  const hash = new RunningHash();
  hash.text(payment);
  onion.set(hash.state(), 1);
  return onion;
}
