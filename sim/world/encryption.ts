import type { PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { CipherState } from '../../core/transport/cipher.ts';
import { createReceiver } from '../../core/transport/messages.ts';
import { sessionRule } from '../../core/transport/rules.ts';
import type { OpenSession, Session } from '../../core/transport/session.ts';
import { sameBytes } from '../deterministic/bytes.ts';
import { otherEnd } from './packet.ts';
import type { End, Packet, Sealed } from './packet.ts';
import type { Choices } from '../deterministic/random.ts';
import { pick } from '../deterministic/random.ts';
import type { DriverTransport } from '../scenario/types.ts';
import { MAX_FRAGMENT } from '../scenario/types.ts';

/** What a node brings to one connection. */
export interface Party {
  readonly id: PublicKey;
  readonly transport: DriverTransport;
  readonly ephemeralSecret: SecretKey;
}

/** Something that the transport must not do. */
export interface Violation {
  readonly end: End;
  readonly rule: string;
  readonly kind: TransportKind;
  readonly expected: string;
  readonly actual: string;
}

export const TRANSPORT_KINDS = [
  'nonce-reused',
  'key-not-rotated',
  'stalled',
  'ended',
  'message-differs',
  'message-lost',
  'message-too-early',
  'act_one-accepted',
  'act_two-accepted',
  'act_three-accepted',
  'message-accepted',
  'another-peer',
] as const;
type TransportKind = (typeof TRANSPORT_KINDS)[number];

/** BOLT 8: the uses of one key. */
const KEY_USES = 1000;
/** Sizes of the pieces in which a stream arrives where the link does not say: ends of lengths, tags and acts, and as much as there is. */
export const DEFAULT_FRAGMENTS: readonly number[] = [1, 2, 16, 18, 50, 66, 300, 1500, 65_536];
/** A host reads into one buffer, and clears it: whoever wants to keep a byte must copy it. */
const READ_BUFFER = new Uint8Array(MAX_FRAGMENT);

const CORRUPTED = 'corruption.ends-the-connection';
const ARRIVES = 'messages.arrive-in-order';

/** One connection that is encrypted (BOLT 8): the sessions of both ends, and how much of each stream has arrived. */
export class Encryption {
  violation: Violation | undefined;
  private readonly parties: readonly [Party, Party];
  private readonly sessions: [Session, Session];
  /** The handshake was completed at this end. */
  private readonly opened: [boolean, boolean];
  /** Bytes to each end that it has read, from the beginning of the oldest packet. */
  private readonly read: [number, number];
  /** Messages that each end has decrypted, and not handed to its node. */
  private readonly ready: readonly [Uint8Array[], Uint8Array[]];

  private constructor(from: Internals) {
    this.violation = from.violation;
    this.parties = from.parties;
    this.sessions = [...from.sessions];
    this.opened = [...from.opened];
    this.read = [...from.read];
    this.ready = [[...from.ready[0]], [...from.ready[1]]];
  }

  /** Starts a connection; `actOne` is the first that travels, to the end that has not dialled. */
  static dial(parties: readonly [Party, Party], dialler: End): { readonly encryption: Encryption; readonly actOne: Uint8Array } {
    const [own, other] = [parties[dialler], parties[otherEnd(dialler)]];
    const dialled = own.transport.dial(other.id, own.ephemeralSecret);
    const accepted = other.transport.accept(other.ephemeralSecret);
    const sessions: [Session, Session] = dialler === 0 ? [dialled.session, accepted] : [accepted, dialled.session];
    const encryption = new Encryption({ violation: undefined, parties, sessions, opened: [false, false], read: [0, 0], ready: [[], []] });
    return { encryption, actOne: dialled.send };
  }

  fork(): Encryption {
    const { violation, parties, sessions, opened, read, ready } = this;
    return new Encryption({ violation, parties, sessions, opened, read, ready });
  }

  isOpen(end: End): boolean {
    return this.opened[end];
  }

  /** Encrypts a message of an end whose handshake is complete. */
  seal(from: End, message: Uint8Array): Sealed {
    const { session, bytes } = this.parties[from].transport.send(this.sessions[from] as OpenSession, message);
    const { sending: before } = this.sessions[from] as OpenSession;
    const { sending: after } = session;
    this.sessions[from] = session;
    if (sameBytes(before.key, after.key) && after.nonce <= before.nonce) {
      this.blame(from, 'nonce.used-once', 'nonce-reused', `above ${before.nonce}`, `${after.nonce}`);
    }
    if (after.nonce >= KEY_USES) {
      this.blame(from, 'key.rotated', 'key-not-rotated', `nonces below ${KEY_USES}`, `${after.nonce}`);
    }
    return { bytes, before };
  }

  /**
   * The bytes of the oldest packet to an end arrive, in pieces that may bring some of the next ones too. Returns the message that came
   * out, or nothing for an act; and what the handshake answers.
   */
  arrive(to: End, packets: readonly Packet[], fragments: readonly number[], choices: Choices): Arrival {
    const packet = packets[0] as Packet;
    const length = sealedLength(packet);
    let answer: Uint8Array | undefined;
    while (this.read[to] < length && this.violation === undefined) {
      answer = this.readPiece(to, packets, pick(choices, fragments)) ?? answer;
    }
    this.read[to] -= length;
    if (packet.act !== undefined) {
      const opened = this.sessions[to].kind === 'open';
      this.opened[to] = opened;
      if (opened !== (packet.act !== 'act_one') || (answer === undefined) !== (packet.act === 'act_three')) {
        this.blame(to, 'handshake.goes-on', 'stalled', `more after ${packet.act}`, opened ? 'open' : 'nothing');
      }
      return { message: undefined, answer };
    }
    const message = this.ready[to].shift();
    if (message !== undefined && !sameBytes(message, packet.bytes)) {
      this.blame(to, ARRIVES, 'message-differs', toHex(packet.bytes), toHex(message));
    }
    return { message, answer };
  }

  /** The connection breaks, anywhere in the stream: one more piece may arrive, and no node gets what it brings. */
  cut(to: End, packets: readonly Packet[], fragments: readonly number[], choices: Choices): void {
    if (this.isUnderWay(to, packets)) this.readPiece(to, packets, pick(choices, fragments));
  }

  /** The network flips a bit of what has not arrived yet of the oldest packet, which then does: that must end the session. */
  corrupt(to: End, bit: number, packets: readonly Packet[], fragments: readonly number[], choices: Choices): void {
    const [head, ...rest] = packets as [Packet, ...Packet[]];
    const kind = `${head.act ?? 'message'}-accepted` as const;
    const bytes = head.sealed?.bytes.slice() ?? new Uint8Array(0);
    const at = this.read[to] + ((bit >> 3) % (bytes.length - this.read[to]));
    bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    const corrupted = [{ ...head, sealed: { bytes, before: undefined } }, ...rest];
    while (this.read[to] < bytes.length && this.sessions[to].kind !== 'failed') {
      const piece = this.fill(to, corrupted, pick(choices, fragments));
      this.read[to] += piece.length;
      const { session, messages } = this.parties[to].transport.receive(this.sessions[to], piece);
      this.sessions[to] = session;
      if (messages.length > 0) this.blame(to, CORRUPTED, kind, 'no message', toHex(messages[0] as Uint8Array));
    }
    if (this.sessions[to].kind !== 'failed') this.blame(to, CORRUPTED, kind, 'failed', this.sessions[to].kind);
  }

  /** A part of the oldest packet, at least, is still on its way. */
  isUnderWay(to: End, packets: readonly Packet[]): boolean {
    return this.sessions[to].kind !== 'failed' && packets[0] !== undefined && this.read[to] < sealedLength(packets[0]);
  }

  /**
   * The sender of all these packets has written something else: they are encrypted anew, from the oldest on, and nothing of them has
   * arrived. As far as anybody knows it was so from the beginning.
   */
  rewrite(to: End, before: CipherState, packets: readonly Packet[]): Packet[] {
    const from = otherEnd(to);
    const receiver = this.sessions[to];
    const sender = this.sessions[from];
    if (receiver.kind !== 'open' || sender.kind !== 'open') return [...packets];
    this.sessions[to] = { ...receiver, receiving: createReceiver(before) };
    this.sessions[from] = { ...sender, sending: before };
    this.ready[to].length = 0;
    this.read[to] = 0;
    return packets.map((packet) => ({ ...packet, sealed: this.seal(from, packet.bytes) }));
  }

  /** Reads up to `size` bytes of what is on its way. Returns what the handshake answers. */
  private readPiece(to: End, packets: readonly Packet[], size: number): Uint8Array | undefined {
    const piece = this.fill(to, packets, size);
    this.read[to] += piece.length;
    const { session, send, messages } = this.parties[to].transport.receive(this.sessions[to], piece);
    piece.fill(0);
    this.sessions[to] = session;
    this.ready[to].push(...messages);
    if (session.kind === 'failed') {
      this.blame(to, sessionRule(session.error), 'ended', 'open', session.error);
    } else if (this.ready[to].length !== this.complete(to, packets)) {
      const [expected, actual] = [this.complete(to, packets), this.ready[to].length];
      this.blame(to, ARRIVES, actual < expected ? 'message-lost' : 'message-too-early', `${expected} messages`, `${actual}`);
    }
    if (session.kind === 'open' && session.remoteStatic !== this.parties[otherEnd(to)].id) {
      const expected = this.parties[otherEnd(to)].id;
      this.blame(to, 'peer.authenticated', 'another-peer', expected, session.remoteStatic);
    }
    return send;
  }

  /** The next bytes, in the one buffer that there is. */
  private fill(to: End, packets: readonly Packet[], size: number): Uint8Array {
    let skip = this.read[to];
    let length = 0;
    for (const { sealed } of packets) {
      if (sealed === undefined || length === size) break;
      const part = sealed.bytes.subarray(skip, skip + size - length);
      READ_BUFFER.set(part, length);
      length += part.length;
      skip = 0;
    }
    return READ_BUFFER.subarray(0, length);
  }

  /** Messages whose last byte has arrived. */
  private complete(to: End, packets: readonly Packet[]): number {
    let messages = 0;
    let end = 0;
    for (const packet of packets) {
      end += sealedLength(packet);
      if (end > this.read[to]) break;
      if (packet.act === undefined) messages++;
    }
    return messages;
  }

  private blame(end: End, rule: string, kind: TransportKind, expected: string, actual: string): void {
    this.violation ??= { end, rule, kind, expected, actual };
  }
}

interface Internals {
  readonly violation: Violation | undefined;
  readonly parties: readonly [Party, Party];
  readonly sessions: readonly [Session, Session];
  readonly opened: readonly [boolean, boolean];
  readonly read: readonly [number, number];
  readonly ready: readonly [readonly Uint8Array[], readonly Uint8Array[]];
}

export interface Arrival {
  /** What came out, for the node. */
  readonly message: Uint8Array | undefined;
  /** What the handshake answers. */
  readonly answer: Uint8Array | undefined;
}

function sealedLength({ sealed }: Packet): number {
  return sealed?.bytes.length ?? 0;
}
