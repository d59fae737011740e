import type { SecretKey } from '../../core/crypto/bytes.ts';
import { INIT_TYPE, messageType } from '../../core/peers/liveness.ts';
import type { ConnectionId } from '../../core/peers/peers-vocabulary.ts';
import { concat } from '../../core/wire/fragments.ts';
import { accept, dial, receive, send } from '../../core/transport/session.ts';
import type { Session } from '../../core/transport/session.ts';
import { decodeMessage } from '../../core/wire/messages/index.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { promise } from '../target.ts';
import type { NodeOracle } from './oracles.ts';
import type { ScriptedPeer } from './scripted-peer.ts';
import { SUBJECT_ID, transportEnv } from './subject.ts';
import type { Subject } from './subject.ts';

/** The peer's end of a connection, and what is on the wire towards the subject. A value. */
interface Wire {
  readonly connection: ConnectionId;
  readonly session: Session;
  readonly toSubject: Uint8Array;
  readonly greeted: boolean;
  /** A message of init's type has left, whatever was in it. */
  readonly saidInit: boolean;
}

/** How a peer behaves until it is told otherwise. */
interface Manner {
  readonly fragment: number;
  readonly stalled: boolean;
  readonly flip?: number;
  readonly alter?: { readonly which: number; readonly how: number };
}

const POLITE: Manner = { fragment: 0, stalled: false };
const NOTHING = new Uint8Array(0);
/** The connections between the subject and the peers that the fuzzer plays, as bytes. */
export class Wires {
  /** Told of what the subject says. */
  listen: (speaker: string, text: Message) => void = () => {};
  private readonly subject: Subject;
  private readonly oracle: NodeOracle;
  private readonly scriptedPeers: readonly ScriptedPeer[];
  private wires: readonly (Wire | undefined)[];
  private manners: readonly Manner[];
  private nextConnection: number;

  constructor(subject: Subject, oracle: NodeOracle, scriptedPeers: readonly ScriptedPeer[], from?: Wires) {
    this.subject = subject;
    this.oracle = oracle;
    this.scriptedPeers = scriptedPeers;
    this.wires = from?.wires ?? scriptedPeers.map(() => undefined);
    this.manners = from?.manners ?? scriptedPeers.map(() => POLITE);
    this.nextConnection = from?.nextConnection ?? 1;
  }

  of(who: number): Wire | undefined {
    return this.wires[who];
  }

  /** All connections are gone: the subject's process has died. */
  cut(): void {
    this.wires = this.wires.map(() => undefined);
  }

  greeted(who: number): void {
    const wire = this.wires[who];
    if (wire !== undefined) this.setWire(who, { ...wire, greeted: true });
  }

  /** What the peer's next message is to have changed, if anything. */
  takeAlteration(who: number): Manner['alter'] {
    const { alter } = this.manners[who] as Manner;
    if (alter !== undefined) this.manners = this.manners.map((manner, i) => (i === who ? withoutAlteration(manner) : manner));
    return alter;
  }

  manner(who: number, change: Partial<Manner>): void {
    this.manners = this.manners.map((manner, i) => (i === who ? { ...manner, ...change } : manner));
  }

  private setWire(who: number, wire: Wire | undefined): void {
    this.wires = this.wires.map((before, i) => (i === who ? wire : before));
  }

  private secret(): SecretKey {
    return (0x1000 + this.nextConnection).toString(16).padStart(64, '0') as SecretKey;
  }

  dial(who: number): void {
    const ephemeralSecret = this.secret();
    const connection = this.nextConnection++;
    const scriptedPeer = this.scriptedPeers[who] as ScriptedPeer;
    this.subject.peersInput({ kind: 'accepted', connection, ephemeralSecret });
    const { session, send: toSubject } = dial(transportEnv, {
      staticSecret: scriptedPeer.secret,
      remoteStatic: SUBJECT_ID,
      ephemeralSecret: reversed(ephemeralSecret),
    });
    this.setWire(who, { connection, session, toSubject, greeted: false, saidInit: false });
  }

  call(who: number): void {
    const ephemeralSecret = this.secret();
    const connection = this.nextConnection++;
    const scriptedPeer = this.scriptedPeers[who] as ScriptedPeer;
    this.subject.peersInput({ kind: 'dialled', connection, peer: scriptedPeer.id, ephemeralSecret });
    const session = accept(transportEnv, { staticSecret: scriptedPeer.secret, ephemeralSecret: reversed(ephemeralSecret) });
    this.setWire(who, { connection, session, toSubject: NOTHING, greeted: false, saidInit: false });
  }

  hangUp(who: number): void {
    const wire = this.wires[who];
    if (wire === undefined) return;
    this.setWire(who, undefined);
    this.attackedBy(who, () => this.subject.peersInput({ kind: 'gone', connection: wire.connection }));
  }

  /** While bytes of this peer are judged, nobody else's affairs may change. */
  private attackedBy(who: number, attack: () => void): void {
    this.oracle.attacker = (this.scriptedPeers[who] as ScriptedPeer).id;
    attack();
    this.oracle.attacker = undefined;
  }

  /** A whole message on the wire, encrypted. Nothing where there is no connection that could carry it. */
  transmit(who: number, message: Uint8Array): void {
    const wire = this.wires[who];
    if (wire?.session.kind !== 'open') return;
    const { session, bytes } = send(transportEnv, wire.session, message);
    this.setWire(who, { ...wire, session, saidInit: wire.saidInit || messageType(message) === INIT_TYPE });
    this.put(who, bytes);
  }

  put(who: number, bytes: Uint8Array): void {
    const wire = this.wires[who];
    if (wire === undefined || bytes.length === 0) return;
    const { flip } = this.manners[who] as Manner;
    const sent = bytes.slice();
    if (flip !== undefined) {
      const at = flip % sent.length;
      sent[at] = (sent[at] as number) ^ (1 << (flip % 8));
      this.manners = this.manners.map((manner, i) => (i === who ? withoutFlip(manner) : manner));
    }
    this.setWire(who, { ...wire, toSubject: concat(wire.toSubject, sent) });
  }

  /** Moves everything that moves by itself, until nothing does. */
  flow(): void {
    for (let moved = true; moved;) {
      moved = false;
      this.dropClosed();
      for (const who of this.scriptedPeers.keys()) if (this.deliver(who) || this.take(who)) moved = true;
    }
  }

  private dropClosed(): void {
    const { closed } = this.subject;
    if (closed.length === 0) return;
    this.subject.closed = [];
    this.wires = this.wires.map((wire) => (wire !== undefined && closed.includes(wire.connection) ? undefined : wire));
  }

  private deliver(who: number): boolean {
    const wire = this.wires[who];
    if (wire === undefined || wire.toSubject.length === 0 || this.subject.stopped.has(wire.connection)) return false;
    const { fragment } = this.manners[who] as Manner;
    const size = fragment === 0 ? wire.toSubject.length : fragment;
    const { connection, toSubject } = wire;
    this.setWire(who, { ...wire, toSubject: toSubject.slice(size) });
    this.attackedBy(who, () => this.subject.peersInput({ kind: 'bytes', connection, bytes: toSubject.slice(0, size) }));
    return true;
  }

  private take(who: number): boolean {
    const wire = this.wires[who];
    if (wire === undefined || (this.manners[who] as Manner).stalled) return false;
    return this.takeBytes(who, Infinity);
  }

  read(who: number, hundreds: number): void {
    if (hundreds === 0) this.manner(who, { stalled: false });
    else this.takeBytes(who, hundreds * 100);
  }

  private takeBytes(who: number, atMost: number): boolean {
    const wire = this.wires[who];
    const offer = wire === undefined ? undefined : this.subject.offers.get(wire.connection);
    if (wire === undefined || offer === undefined) return false;
    const { connection } = wire;
    const bytes = offer.slice(0, atMost);
    const offers = new Map(this.subject.offers);
    offers.delete(connection);
    this.subject.offers = offers;
    this.attackedBy(who, () => this.subject.peersInput({ kind: 'room', connection, taken: bytes.length }));
    this.hear(who, bytes);
    return true;
  }

  /** What the subject says can be read: by whom it was meant for. */
  private hear(who: number, bytes: Uint8Array): void {
    const wire = this.wires[who];
    if (wire === undefined) return;
    const { session, messages, send: answer } = receive(transportEnv, wire.session, bytes);
    this.setWire(who, { ...wire, session });
    for (const message of messages) {
      const decoded = decodeMessage(message);
      promise(decoded.ok, 'what leaves can be read', () => (decoded.ok ? '' : `${decoded.error.messageName}: ${decoded.error.detail}`));
      if (!decoded.ok) continue;
      const { type } = decoded.message;
      promise(wire.saidInit || type === 'init', 'nothing but init leaves before the peer’s', () => type);
      this.listen('node', decoded.message);
    }
    if (answer !== undefined) this.put(who, answer);
  }
}

function reversed(secret: SecretKey): SecretKey {
  return [...secret].reverse().join('') as SecretKey;
}

function withoutAlteration({ alter: _used, ...manner }: Manner): Manner {
  return manner;
}

function withoutFlip({ flip: _used, ...manner }: Manner): Manner {
  return manner;
}
