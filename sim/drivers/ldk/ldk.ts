import { txid } from '../../../core/bitcoin/tx.ts';
import { isPaymentCommand } from '../../../core/payments/commands.ts';
import type { ChainPoint } from '../../../core/chain/update.ts';
import { fromHex, toHex } from '../../../core/crypto/bytes.ts';
import type { ChannelId, Hash32, Hex, PublicKey, Txid } from '../../../core/crypto/bytes.ts';
import { decodeMessage, encodeMessage } from '../../../core/wire/messages/index.ts';
import type { Message } from '../../../core/wire/messages/index.ts';
import type { NotifyEffect } from '../../scenario/border.ts';
import { WHOLE_NODE } from '../../scenario/sinks.ts';
import type { ChannelView, DriverCommand, DriverInput, Driver, DriverContext, DriverEffect, DriverFactory } from '../../scenario/types.ts';
import { detailsOf, ofChannel, open, pay } from './commands.ts';
import { broadcasts, happened, outpointKey } from './events.ts';
import type { Known } from './events.ts';
import { INIT, receive } from './messages.ts';
import type { Library } from './messages.ts';
import { sendableOf, viewOf } from './view.ts';
import { NOTHING_STORED, readNode, writeNode } from './stored.ts';
import type { Incoming } from './stored.ts';
import { Process } from './process.ts';
import { createShared, Surroundings, theirs } from './surroundings.ts';
import type { Shared } from './surroundings.ts';

/** LDK as a node of a world: real cryptography, and real onions. `lastWords`: what it has printed in a panic. */
export function ldkDriver(ldk: Library, lastWords: () => string): DriverFactory {
  const shared = createShared(ldk, lastWords);
  return (context) => new LdkDriver(shared, context);
}

const INVOICE_SECONDS = 7200;
/** BOLT 1, ping: from this many bytes on it wants no answer. */
const NO_PONG = 65532;

type HtlcName = { readonly channelId: ChannelId; readonly id: bigint };
type UpdateAddHtlc = Extract<Message, { type: 'update_add_htlc' }>;

class LdkDriver implements Driver, Known {
  readonly nodeId: PublicKey;
  readonly ldk: Library;
  private readonly shared: Shared;
  private readonly context: DriverContext;
  private process: Process;
  private feeratePerKw: number;
  private starts = 0;
  private randomness = 0;
  private tip: ChainPoint;
  readonly closings = new Map<ChannelId, Txid>();
  /** By funding outpoint. */
  readonly monitors = new Map<string, { readonly channelId: ChannelId; readonly bytes: Uint8Array }>();
  /** Peers whose init has come. */
  private readonly met = new Set<PublicKey>();
  incoming: Incoming[] = [];
  private told: NotifyEffect[] = [];
  private eventIds = 1;
  private dirty = false;
  private version = 0;
  private durable = 0;
  /** What this step brings, and what waits for a store. */
  private out: DriverEffect[] = [];
  private held: { readonly version: number; readonly effect: DriverEffect }[] = [];

  constructor(shared: Shared, context: DriverContext) {
    this.ldk = shared.ldk;
    this.shared = shared;
    this.context = context;
    this.feeratePerKw = context.feeratePerKw;
    this.tip = context.tip;
    const around = this.surroundings();
    this.process = new Process(around, around.startManager(this.tip));
    this.nodeId = around.nodeId;
  }

  private surroundings(): Surroundings {
    return new Surroundings(
      this.shared,
      this.context,
      {
        feeratePerKw: () => this.feeratePerKw,
        broadcast: (transactions) => this.broadcast(transactions),
        watchTx: (id) => this.say({ kind: 'watch_tx', txid: toHex<Txid>(id) }),
        watchOutput: (outpoint) => this.say({ kind: 'watch_spend', txid: toHex<Txid>(outpoint.get_txid()), vout: outpoint.get_index() }),
        keep: (outpoint, monitor) => {
          const channelId = toHex<ChannelId>(monitor.channel_id().get_a());
          const place = { txid: toHex<Txid>(outpoint.get_txid()), vout: outpoint.get_index() };
          this.monitors.set(outpointKey(place), { channelId, bytes: monitor.write() });
          this.dirty = true;
        },
      },
      () => fromHex(this.context.entropy(`ldk/${this.randomness++}`)),
      this.starts++,
    );
  }

  step(input: DriverInput): readonly DriverEffect[] {
    return theirs(this.shared, input.kind === 'command' ? input.command.kind : input.kind, () => {
      this.take(input);
      return this.finish();
    });
  }

  nextEventId(): number {
    return this.eventIds++;
  }

  private say(effect: DriverEffect): void {
    this.out.push(effect);
  }

  private take(input: DriverInput): void {
    switch (input.kind) {
      case 'connected':
        return this.say({ kind: 'send', peer: input.peer, bytes: this.process.init(input.peer) });
      case 'disconnected':
        this.met.delete(input.peer);
        this.held = this.held.filter(({ effect }) => effect.kind !== 'send' || effect.peer !== input.peer);
        return this.process.handler.peer_disconnected(fromHex(input.peer));
      case 'received':
        return this.received(input.peer, input.bytes);
      case 'stored':
        this.durable = Math.max(this.durable, input.version);
        return;
      case 'chain':
        this.tip = input.tip;
        return this.process.chain(input);
      case 'feerate':
        this.feeratePerKw = input.feeratePerKw;
        return;
      case 'command': {
        const refused = this.command(input.command);
        if (refused !== undefined) this.say({ kind: 'refused', command: input.command.kind, rule: 'channel.over', detail: refused });
        return;
      }
      case 'time':
      case 'signed':
      case 'record_stored':
        return;
    }
  }

  /** Lets LDK say all that it has to say, stores what has changed, and lets go of what need not wait. */
  private finish(): readonly DriverEffect[] {
    while (this.listen());
    const { manager } = this.process;
    const effects: DriverEffect[] = [];
    if (manager.get_and_clear_needs_persistence() || this.dirty) {
      this.dirty = false;
      this.version++;
      const { incoming, told, eventIds: nextEventId } = this;
      const monitors = [...this.monitors.values()].map(({ bytes }) => bytes);
      const state = writeNode({ manager: manager.write(), monitors, incoming, told, nextEventId });
      effects.push({ kind: 'store', channelId: WHOLE_NODE, version: this.version, state });
    }
    for (const effect of this.out) {
      if (waits(effect)) this.held.push({ version: this.version, effect });
      else effects.push(effect);
    }
    this.out = [];
    while (this.held.length > 0 && (this.held[0]?.version as number) <= this.durable)
      effects.push(this.held.shift()?.effect as DriverEffect);
    return effects;
  }

  serialise({ state }: Extract<DriverEffect, { kind: 'store' }>): Uint8Array {
    return state as Uint8Array;
  }

  /** Throws when what it stored cannot be read. */
  restart([stored]: readonly Uint8Array[], _watchers: unknown, tip: ChainPoint, feeratePerKw: number): readonly DriverEffect[] {
    return theirs(this.shared, 'restart', () => this.restore(stored, tip, feeratePerKw));
  }

  private restore(stored: Uint8Array | undefined, tip: ChainPoint, feeratePerKw: number): readonly DriverEffect[] {
    this.feeratePerKw = feeratePerKw;
    this.tip = tip;
    this.monitors.clear();
    this.met.clear();
    this.held = [];
    this.out = [];
    this.durable = this.version;
    const around = this.surroundings();
    const { manager, monitors, incoming, told, nextEventId } = stored === undefined ? NOTHING_STORED : readNode(stored);
    this.incoming = [...incoming];
    this.told = [...told];
    this.eventIds = Math.max(this.eventIds, nextEventId);
    this.process = new Process(around, stored === undefined ? around.startManager(tip) : around.restoreManager(manager, monitors));
    for (const effect of told) this.say(effect);
    return this.finish();
  }

  view(channelId: ChannelId): ChannelView | undefined {
    const details = detailsOf(this.process.manager, channelId);
    return details && viewOf(this.ldk, details);
  }

  sendable(channelId: ChannelId): ReturnType<typeof sendableOf> {
    const details = detailsOf(this.process.manager, channelId);
    return details && sendableOf(details);
  }

  invoice(paymentHash: Hash32): Hex {
    const { ldk } = this;
    const any = ldk.Option_u64Z.constructor_none();
    const soon = ldk.Option_u16Z.constructor_none();
    const made = this.process.manager.create_inbound_payment_for_hash(fromHex(paymentHash), any, INVOICE_SECONDS, soon);
    if (made instanceof ldk.Result_ThirtyTwoBytesNoneZ_OK) return toHex(made.res);
    throw new Error('LDK makes no invoice');
  }

  // ---------------------------------------------------------------- towards LDK

  private received(peer: PublicKey, bytes: Uint8Array): void {
    const { ldk, process } = this;
    const decoded = decodeMessage(bytes);
    if (decoded.ok && decoded.message.type === 'init') {
      if (process.met(peer, bytes)) this.met.add(peer);
      else this.say({ kind: 'disconnect', peer, reason: 'its init was not taken' });
      return;
    }
    if (decoded.ok && decoded.message.type === 'ping') {
      const { numPongBytes } = decoded.message;
      if (numPongBytes < NO_PONG)
        this.say({ kind: 'send', peer, bytes: encodeMessage({ type: 'pong', ignored: '00'.repeat(numPongBytes) }) });
      return;
    }
    if (decoded.ok && decoded.message.type === 'update_add_htlc') this.offered(decoded.message);
    if (!receive(ldk, process.handler, fromHex(peer), bytes))
      this.say({ kind: 'disconnect', peer, reason: 'a message that cannot be read' });
  }

  /** Why it was refused, if it was. */
  private command(command: DriverCommand): string | undefined {
    const { ldk } = this;
    const { manager, config } = this.process;
    if (isPaymentCommand(command)) return 'it pays over one channel only';
    switch (command.kind) {
      case 'acknowledge':
        this.told = this.told.filter(({ event }) => event.kind !== 'event' || event.id !== command.eventId);
        return undefined;
      case 'fulfill':
        return this.answer(command, () => manager.claim_funds(fromHex(command.preimage)));
      case 'fail':
      case 'fail_malformed':
      case 'decline':
        return this.answer(command, (hash) => manager.fail_htlc_backwards(fromHex(hash)));
      case 'fee':
        if (command.feeratePerKw === this.feeratePerKw) return 'nothing changes';
        this.feeratePerKw = command.feeratePerKw;
        manager.timer_tick_occurred();
        return undefined;
      case 'open': {
        const usual = this.feeratePerKw;
        this.feeratePerKw = command.feeratePerKw;
        const refused = open(ldk, manager, config, command);
        this.feeratePerKw = usual;
        return refused;
      }
      case 'add':
        return pay(ldk, manager, command, this.tip.height);
      case 'commit':
        return 'it signs by itself';
      case 'policy':
      case 'announce_node':
        return 'it says what it was configured to say';
      case 'accept':
      case 'reject':
      case 'fund':
      case 'shutdown':
      case 'force_close':
        return ofChannel(ldk, manager, command);
    }
  }

  private answer({ channelId, id }: HtlcName, act: (hash: Hash32) => void): string | undefined {
    const known = this.incoming.find((other) => other.channelId === channelId && other.add.id === id);
    if (known === undefined) return 'no such HTLC';
    this.incoming = this.incoming.filter((other) => other !== known);
    this.told = this.told.filter(({ channelId: of, event }) => of !== channelId || event.kind !== 'htlc_received' || event.add.id !== id);
    act(known.add.paymentHash);
    return undefined;
  }

  // ---------------------------------------------------------------- from LDK

  /** Whether LDK has had anything to say: then it may have more. */
  private listen(): boolean {
    const events = this.process.events();
    for (const effect of events.flatMap((event) => happened(this, event))) {
      if (effect.kind === 'notify') this.told.push(effect);
      this.dirty = true;
      this.say(effect);
    }
    const messages = this.process.messages();
    for (const { peer, send, disconnect } of messages) {
      // LDK also queues for peers that are not there, and leaves it to its peer manager to lose that.
      if (!this.met.has(peer)) continue;
      for (const bytes of send) this.say({ kind: 'send', peer, bytes });
      if (disconnect) this.say({ kind: 'disconnect', peer, reason: 'as LDK wishes' });
    }
    return events.length > 0 || messages.length > 0;
  }

  private offered({ channelId, id, amountMsat, paymentHash, cltvExpiry, onionRoutingPacket: onion }: UpdateAddHtlc): void {
    this.incoming = this.incoming.filter((known) => known.channelId !== channelId || known.add.id !== id);
    this.incoming.push({ channelId, add: { id, amountMsat, paymentHash, cltvExpiry, onion } });
  }

  private broadcast(transactions: readonly Uint8Array[]): void {
    for (const effect of transactions.flatMap((bytes) => broadcasts(this.context.crypto, this.monitors, bytes))) {
      if (effect.purpose === 'closing') this.closings.set(effect.channelId, txid(this.context.crypto, effect.tx));
      this.say(effect);
    }
  }
}

/** What must not be heard before what it relies on is stored. */
function waits(effect: DriverEffect): boolean {
  if (effect.kind === 'send') return (((effect.bytes[0] as number) << 8) | (effect.bytes[1] as number)) !== INIT;
  return effect.kind === 'notify' || effect.kind === 'broadcast' || effect.kind === 'disconnect' || effect.kind === 'ask';
}
