import { drawLatency } from './clock.ts';
import { MAX_FRAGMENT } from '../scenario/types.ts';
import { DEFAULT_FRAGMENTS, Encryption } from './encryption.ts';
import type { Party, Violation } from './encryption.ts';
import { otherEnd } from './packet.ts';
import type { Act, End, Packet, Sealed } from './packet.ts';
import { stream } from '../deterministic/random.ts';
import type { Random } from '../deterministic/random.ts';
import { messageName } from './message-name.ts';
import type { LinkSpec } from '../scenario/types.ts';

/** BOLT 2, closing_signed: type, channel_id, fee_satoshis and signature; what follows are records. */
const CLOSING_SIGNED_LENGTH = 2 + 32 + 8 + 64;

function withoutFeeRange(bytes: Uint8Array): Uint8Array {
  return messageName(bytes) === 'closing_signed' ? bytes.subarray(0, CLOSING_SIGNED_LENGTH) : bytes;
}

export function linkId(ends: readonly [string, string]): string {
  return `${ends[0]}-${ends[1]}`;
}

/** What is known of one end of a connection: times in milliseconds. */
interface LinkEnd {
  /** The connection that came up here last. */
  connection: number;
  sinceMs: number;
  heardMs: number;
  pingedMs: number;
  reads: boolean;
  handedOnAt: number;
  /** What it would write, and there is no room for. */
  offer: Uint8Array | undefined;
}

const FRESH: Readonly<LinkEnd> = { connection: -1, sinceMs: 0, heardMs: 0, pingedMs: -1, reads: true, handedOnAt: 0, offer: undefined };

/**
 * A connection between two nodes: in order within one direction, as TCP is; what is in flight when it breaks is lost. Where it is
 * encrypted, a handshake comes first, and what arrives are pieces of a stream; messages are still what moves from one end to the other.
 */
export class Link {
  readonly id: string;
  /** What each direction is called, by the end that it goes to. */
  readonly directions: readonly [string, string];
  readonly spec: LinkSpec;
  private readonly random: Random;
  /** Who dials, and where the streams are cut. */
  private readonly cuts: Random;
  private readonly fragments: readonly number[];
  /** Messages to each end, oldest first. */
  private readonly packets: readonly [Packet[], Packet[]];
  /** Of the connection there is now, if it is an encrypted one. */
  private encryption: Encryption | undefined;
  /** What the transport has done that it must not do, on a connection that has ended. */
  private past: Violation | undefined;
  up: boolean;
  /** Which connection it carries, as both ends number them, and the end that has dialled it. */
  wire: number;
  dialler: End;
  /** Of each end: what it knows and does. */
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** The end that closed it, while what it sent before is still on its way to the other. */
  closedBy: End | undefined;
  /** How often it was connected. */
  connections: number;
  /** How often it was connected again while the world settled. */
  connectionsWhileSettling: number;

  constructor(spec: LinkSpec, seed: string, from?: Link) {
    this.id = linkId(spec.ends);
    this.directions = [`${this.id} to ${spec.ends[0]}`, `${this.id} to ${spec.ends[1]}`];
    this.spec = spec;
    this.fragments = spec.fragments ?? DEFAULT_FRAGMENTS;
    if (this.fragments.length === 0 || this.fragments.some((size) => !(size >= 1 && size <= MAX_FRAGMENT)))
      throw new RangeError(`no fragments: ${this.id}`);
    this.random = from?.random.fork() ?? stream(seed, `latency/${this.id}`);
    this.cuts = from?.cuts.fork() ?? stream(seed, `cuts/${this.id}`);
    this.packets = from === undefined ? [[], []] : [[...from.packets[0]], [...from.packets[1]]];
    this.encryption = from?.encryption?.fork();
    this.past = from?.past;
    this.up = from?.up ?? false;
    this.wire = from?.wire ?? 0;
    this.dialler = from?.dialler ?? 0;
    this.ends = [{ ...(from?.ends[0] ?? FRESH) }, { ...(from?.ends[1] ?? FRESH) }];
    this.closedBy = from?.closedBy;
    this.connections = from?.connections ?? 0;
    this.connectionsWhileSettling = from?.connectionsWhileSettling ?? 0;
  }

  fork(): Link {
    return new Link(this.spec, '', this);
  }

  /** The node at this end knows that it is connected. */
  isConnected(end: End): boolean {
    return this.up && (this.encryption?.isOpen(end) ?? true);
  }

  /** Both ends can talk. */
  get open(): boolean {
    return this.closedBy === undefined && this.isConnected(0) && this.isConnected(1);
  }

  get inFlight(): number {
    return this.packets[0].length + this.packets[1].length;
  }

  get violation(): Violation | undefined {
    return this.encryption?.violation ?? this.past;
  }

  /** Where the node is; undefined where it is at neither. */
  endOf(node: string): End | undefined {
    const end = this.spec.ends.indexOf(node);
    return end === 0 || end === 1 ? end : undefined;
  }

  /** Whether this end can write. */
  hasRoom(from: End): boolean {
    const { window } = this.spec;
    if (window === undefined) return true;
    let bytes = 0;
    for (const packet of this.packets[otherEnd(from)]) bytes += packet.bytes.length;
    return bytes < window;
  }

  head(to: End): Packet | undefined {
    return this.packets[to][0];
  }

  waiting(to: End): readonly Packet[] {
    return this.packets[to];
  }

  /** False when nobody will ever get it: the link is down, or either end has closed it. */
  send(to: End, bytes: Uint8Array, nowMs: number): boolean {
    if (this.closedBy !== undefined || !this.isConnected(otherEnd(to))) return false;
    const written = this.spec.withoutFeeRange === true ? withoutFeeRange(bytes) : bytes;
    this.push(to, written, nowMs, this.encryption?.seal(otherEnd(to), written));
    return true;
  }

  private push(to: End, bytes: Uint8Array, nowMs: number, sealed?: Sealed, act?: Act): void {
    const queue = this.packets[to];
    const before = queue.at(-1)?.dueMs ?? 0;
    const dueMs = Math.max(before, nowMs + drawLatency(this.spec.latency, this.random));
    if (sealed === undefined) queue.push({ bytes, dueMs });
    else queue.push(act === undefined ? { bytes, dueMs, sealed } : { bytes, dueMs, sealed, act });
  }

  /** The oldest packet to this end arrives. Returns what its node is to be given: a message, or nothing where it was a part of the handshake. */
  take(to: End, nowMs: number): Uint8Array | undefined {
    const packet = this.head(to);
    if (packet === undefined || this.encryption === undefined) return this.packets[to].shift()?.bytes;
    const { message, answer } = this.encryption.arrive(to, this.packets[to], this.fragments, this.cuts);
    this.packets[to].shift();
    if (answer !== undefined) this.pushAct(otherEnd(to), answer, nowMs, packet.act === 'act_one' ? 'act_two' : 'act_three');
    return message;
  }

  private pushAct(to: End, bytes: Uint8Array, nowMs: number, act: Act): void {
    this.push(to, bytes, nowMs, { bytes, before: undefined }, act);
  }

  /** The sender has written this before its oldest message in flight, of which nothing has been handed on. Returns what arrives. */
  forge(to: End, bytes: Uint8Array, nowMs: number): Uint8Array | undefined {
    const head = this.head(to);
    if (this.encryption === undefined || head === undefined) return bytes;
    this.rewrite(to, [{ bytes, dueMs: head.dueMs }, ...this.packets[to]]);
    return this.take(to, nowMs);
  }

  /** The sender has not written its oldest message in flight. */
  drop(to: End): void {
    this.rewrite(to, this.packets[to].slice(1));
  }

  private rewrite(to: End, packets: readonly Packet[]): void {
    const before = this.head(to)?.sealed?.before;
    const queue = this.encryption && before ? this.encryption.rewrite(to, before, packets) : packets;
    this.packets[to].splice(0, this.packets[to].length, ...queue);
  }

  /** Whether the network can still change a bit of the oldest packet to this end. */
  isCorruptible(to: End): boolean {
    return this.encryption?.isUnderWay(to, this.packets[to]) === true;
  }

  /** The oldest packet to this end arrives with one bit changed. */
  corrupt(to: End, bit: number): void {
    this.encryption?.corrupt(to, bit, this.packets[to], this.fragments, this.cuts);
  }

  /** With `parties` it is encrypted: their nodes are connected when the handshake is over. */
  connect(nowMs: number, wire: number, parties?: readonly [Party, Party]): void {
    this.up = true;
    this.closedBy = undefined;
    this.connections++;
    this.wire = wire;
    this.dialler = this.cuts.int(2) === 0 ? 0 : 1;
    for (const end of this.ends) Object.assign(end, FRESH);
    if (parties === undefined) return;
    const { dialler } = this;
    const { encryption, actOne } = Encryption.dial(parties, dialler);
    this.encryption = encryption;
    this.pushAct(otherEnd(dialler), actOne, nowMs, 'act_one');
  }

  /** One end closes: what it sent still arrives, what was sent to it does not. Returns whether the other end has to be told now. */
  close(by: End): boolean {
    this.packets[by].length = 0;
    if (this.packets[otherEnd(by)].length > 0) {
      this.closedBy = by;
      return false;
    }
    this.break();
    return true;
  }

  break(): void {
    for (const end of [0, 1] as const) {
      this.ends[end].offer = undefined;
      this.encryption?.cut(end, this.packets[end], this.fragments, this.cuts);
      this.packets[end].length = 0;
    }
    this.up = false;
    this.closedBy = undefined;
    this.past = this.violation;
    this.encryption = undefined;
  }
}
