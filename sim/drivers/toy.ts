import type { ChannelId, Hash32, Hex, Preimage, PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import { ascii } from '../../core/crypto/bytes.ts';
import type { OpenCommand, Command } from '../../core/channel/model/channel-vocabulary.ts';
import type { AddUpdate } from '../../core/channel/model/state.ts';
import type { NodeCommand, NodeInput } from '../../core/node/node-vocabulary.ts';
import { isPaymentCommand } from '../../core/payments/commands.ts';
import type { Driver, DriverContext, DriverEffect, DriverFactory } from '../scenario/types.ts';
import { ownPayment, paymentIdOf } from '../../core/channel/model/origin.ts';

/**
 * Another protocol altogether, in a few lines: numbered messages of JSON, each kept and sent again until the peer has it, and payments
 * that are only promises. It knows nothing of Lightning, and proves that worlds need nothing of it.
 */
export const toyDriver: DriverFactory = (context) => new ToyDriver(context);

/** Odd and above 32768: BOLT 1 leaves these to experiments. */
const ITEM = 40001;
const SYNC = 40003;

type Item =
  | { readonly say: 'open'; readonly temporaryChannelId: ChannelId }
  | {
      readonly say: 'pay';
      readonly id: string;
      readonly amountMsat: string;
      readonly hash: Hash32;
      readonly expiry: number;
      readonly reference: Hex;
    }
  | { readonly say: 'result'; readonly id: string; readonly preimage?: Preimage };
interface Event {
  readonly id: number;
  readonly reference: Hex;
  readonly hash: Hash32;
  readonly preimage?: Preimage;
}
/** One channel. Plain JSON, replaced as a whole at each change. */
interface ToyChannel {
  readonly channelId: ChannelId;
  readonly peer: PublicKey;
  readonly version: number;
  /** Everything said so far, and how much of it the host has made durable. */
  readonly said: readonly Item[];
  readonly heard: number;
  readonly offered: Readonly<Record<string, { readonly reference: Hex; readonly hash: Hash32 }>>;
  readonly received: Readonly<Record<string, Extract<Item, { say: 'pay' }>>>;
  readonly events: readonly Event[];
  readonly nextEventId: number;
}

class ToyDriver implements Driver {
  readonly nodeId: PublicKey;
  private channelsById: ReadonlyMap<ChannelId, ToyChannel> = new Map();
  private connectedPeers: ReadonlySet<PublicKey> = new Set();
  /** How many items may leave: those in a durable version. */
  private durable: ReadonlyMap<ChannelId, number> = new Map();
  private readonly context: DriverContext;

  constructor(context: DriverContext) {
    this.context = context;
    this.nodeId = context.crypto.publicKey(context.entropy('id') as SecretKey);
  }

  fork(): ToyDriver {
    const copy = new ToyDriver(this.context);
    copy.channelsById = this.channelsById;
    copy.connectedPeers = this.connectedPeers;
    copy.durable = this.durable;
    return copy;
  }

  step(input: NodeInput): readonly DriverEffect[] {
    switch (input.kind) {
      case 'connected':
        this.connectedPeers = new Set(this.connectedPeers).add(input.peer);
        return this.with(input.peer).map((c) => this.message(c, SYNC, c.heard));
      case 'disconnected':
        this.connectedPeers = new Set([...this.connectedPeers].filter((peer) => peer !== input.peer));
        return [];
      case 'received':
        return this.received(input.peer, input.bytes);
      case 'stored':
        return this.stored(input.channelId, input.version);
      case 'command':
        return this.command(input.command);
      case 'chain':
      case 'feerate':
      case 'coins':
      case 'coin_lost':
      case 'claim_signed':
      case 'seen':
      case 'time':
      case 'signed':
      case 'record_stored':
      case 'output_checked':
      case 'output_spent':
        return [];
    }
  }

  serialise(effect: Extract<DriverEffect, { kind: 'store' }>): Uint8Array {
    return toBytes(effect.state);
  }

  restart(channels: readonly Uint8Array[]): readonly DriverEffect[] {
    const restored = channels.map((bytes) => fromBytes<ToyChannel>(bytes));
    this.channelsById = new Map(restored.map((c) => [c.channelId, c]));
    this.durable = new Map(restored.map((c) => [c.channelId, c.said.length]));
    this.connectedPeers = new Set();
    return restored.flatMap((c) => [
      ...c.events.map((event) => tell(c.channelId, event)),
      ...Object.values(c.received).map((pay) => present(c.channelId, pay)),
    ]);
  }

  private with(peer: PublicKey): ToyChannel[] {
    return [...this.channelsById.values()].filter((c) => c.peer === peer);
  }

  /** Keeps a new version, and stores it. What it says leaves when it is durable. */
  private keep(channel: ToyChannel, effects: readonly DriverEffect[] = []): readonly DriverEffect[] {
    const next = { ...channel, version: channel.version + 1 };
    this.channelsById = new Map(this.channelsById).set(next.channelId, next);
    return [{ kind: 'store', channelId: next.channelId, version: next.version, state: next }, ...effects];
  }

  private stored(channelId: ChannelId, version: number): readonly DriverEffect[] {
    const channel = this.channelsById.get(channelId);
    // Only the newest version is looked at: it contains all older ones.
    if (channel === undefined || version < channel.version) return [];
    const from = this.durable.get(channelId) ?? 0;
    this.durable = new Map(this.durable).set(channelId, channel.said.length);
    return this.connectedPeers.has(channel.peer) ? this.say(channel, from) : [];
  }

  private say(channel: ToyChannel, from: number): DriverEffect[] {
    const durable = channel.said.slice(0, this.durable.get(channel.channelId) ?? 0);
    return durable.slice(from).map((item, i) => this.message(channel, ITEM, from + i, item));
  }

  private message(channel: ToyChannel, type: number, index: number, item?: Item): DriverEffect {
    const body = toBytes({ channelId: channel.channelId, index, ...(item === undefined ? {} : { item }) });
    const bytes = new Uint8Array(2 + body.length);
    bytes.set([type >> 8, type & 255]);
    bytes.set(body, 2);
    return { kind: 'send', peer: channel.peer, bytes, channelId: channel.channelId };
  }

  private received(peer: PublicKey, bytes: Uint8Array): readonly DriverEffect[] {
    const { channelId, index, item } = fromBytes<{ channelId: ChannelId; index: number; item?: Item }>(bytes.subarray(2));
    const channel = this.channelsById.get(channelId);
    if (item === undefined) return channel === undefined ? [] : this.say(channel, index);
    if (channel === undefined) return item.say === 'open' && index === 0 ? this.opened(peer, channelId, item) : [];
    return index === channel.heard ? this.hear({ ...channel, heard: index + 1 }, item) : [];
  }

  private opened(peer: PublicKey, channelId: ChannelId, { temporaryChannelId }: Extract<Item, { say: 'open' }>): readonly DriverEffect[] {
    return this.keep(newChannel(channelId, peer, [], 1), notifyOpened(peer, channelId, temporaryChannelId));
  }

  private hear(channel: ToyChannel, item: Item): readonly DriverEffect[] {
    const { channelId } = channel;
    if (item.say === 'open') return this.keep(channel);
    if (item.say === 'pay')
      return this.keep({ ...channel, received: { ...channel.received, [item.id]: item } }, [present(channelId, item)]);
    const { [item.id]: payment, ...offered } = channel.offered;
    if (payment === undefined) return this.keep({ ...channel, offered });
    const { preimage } = item;
    const event: Event = { id: channel.nextEventId, ...payment, ...(preimage === undefined ? {} : { preimage }) };
    const next = { ...channel, offered, nextEventId: event.id + 1, events: [...channel.events, event] };
    return this.keep(next, [tell(channelId, event)]);
  }

  private command(command: NodeCommand): readonly DriverEffect[] {
    if (isPaymentCommand(command)) return [{ kind: 'refused', command: command.kind, rule: 'node.host_pays', detail: '' }];
    if (command.kind === 'announce_node') return [{ kind: 'refused', command: command.kind, rule: 'node.not_announced', detail: '' }];
    if (command.kind === 'open') {
      const { temporaryChannelId, peer } = command;
      if (!this.connectedPeers.has(peer)) return [{ kind: 'refused', command: 'open', rule: 'node.not_connected', detail: '' }];
      const channelId = [...temporaryChannelId].reverse().join('') as ChannelId;
      return this.keep(
        newChannel(channelId, peer, [{ say: 'open', temporaryChannelId }], 0),
        notifyOpened(peer, channelId, temporaryChannelId),
      );
    }
    const channel = this.channelsById.get(command.channelId);
    const refused: DriverEffect = { kind: 'refused', command: command.kind, rule: 'channel.over', detail: 'cannot do that' };
    return channel === undefined ? [refused] : (this.channelCommand(channel, command) ?? [refused]);
  }

  private channelCommand(channel: ToyChannel, command: Exclude<Command, OpenCommand>): readonly DriverEffect[] | undefined {
    switch (command.kind) {
      case 'add': {
        const { amountMsat, paymentHash: hash, cltvExpiry: expiry, origin } = command;
        const reference = paymentIdOf(origin) ?? '';
        const id = channel.said.length.toString();
        const item: Item = { say: 'pay', id, amountMsat: amountMsat.toString(), hash, expiry, reference };
        return this.keep({ ...channel, said: [...channel.said, item], offered: { ...channel.offered, [id]: { reference, hash } } });
      }
      case 'fulfill':
        return this.answer(channel, command.id.toString(), command.preimage);
      case 'fail':
      case 'fail_malformed':
        return this.answer(channel, command.id.toString());
      case 'acknowledge':
        return this.keep({ ...channel, events: channel.events.filter((event) => event.id !== command.eventId) });
      default:
        return undefined;
    }
  }

  private answer(channel: ToyChannel, id: string, preimage?: Preimage): readonly DriverEffect[] | undefined {
    const { [id]: pay, ...received } = channel.received;
    if (pay === undefined) return undefined;
    const item: Item = { say: 'result', id, ...(preimage === undefined ? {} : { preimage }) };
    return this.keep({ ...channel, received, said: [...channel.said, item] });
  }
}

function newChannel(channelId: ChannelId, peer: PublicKey, said: readonly Item[], heard: number): ToyChannel {
  return { channelId, peer, version: 0, said, heard, offered: {}, received: {}, events: [], nextEventId: 1 };
}

function notifyOpened(peer: PublicKey, channelId: ChannelId, temporaryChannelId: ChannelId): readonly DriverEffect[] {
  return [
    { kind: 'notify', channelId, event: { kind: 'opened', peer, temporaryChannelId } },
    { kind: 'notify', channelId, event: { kind: 'event', id: 0, event: { kind: 'channel_usable' } } },
  ];
}

function present(channelId: ChannelId, pay: Extract<Item, { say: 'pay' }>): DriverEffect {
  const { id, amountMsat, hash, expiry } = pay;
  const add: AddUpdate = {
    kind: 'add',
    offerer: 'opener',
    id: BigInt(id),
    amountMsat: BigInt(amountMsat),
    paymentHash: hash,
    cltvExpiry: expiry,
    onion: new Uint8Array(0),
  };
  return { kind: 'notify', channelId, event: { kind: 'htlc_received', add } };
}

function tell(channelId: ChannelId, { id, reference, hash, preimage }: Event): DriverEffect {
  const event =
    preimage === undefined
      ? { kind: 'payment_failed' as const, origin: ownPayment(reference), paymentHash: hash }
      : { kind: 'payment_sent' as const, origin: ownPayment(reference), paymentHash: hash, preimage };
  return { kind: 'notify', channelId, event: { kind: 'event', id, event } };
}

function toBytes(value: unknown): Uint8Array {
  return ascii(JSON.stringify(value));
}

function fromBytes<T>(bytes: Uint8Array): T {
  return JSON.parse(String.fromCharCode(...bytes)) as T;
}
