import { txid } from '../../core/bitcoin/tx.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { SecretKey } from '../../core/crypto/bytes.ts';
import type { ConnectionId } from '../../core/peers/io.ts';
import { concat } from '../../core/transport/fragments.ts';
import { accept, dial, receive, send } from '../../core/transport/session.ts';
import type { Session } from '../../core/transport/session.ts';
import { decodeMessage, encodeMessage, messageRegistry } from '../../core/wire/messages/index.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import { promise } from '../target.ts';
import type { Operation } from './grammar.ts';
import { PEERS } from './grammar.ts';
import { NodeOracle } from './oracles.ts';
import { Puppet } from './puppet.ts';
import { peersEnv, START_HEIGHT, Subject, SUBJECT_ID } from './subject.ts';
import { twisted } from './twist.ts';
import { User } from './user.ts';

/** The peer's end of a connection, and what is on the wire towards the subject. A value. */
interface Wire {
  readonly connection: ConnectionId;
  readonly session: Session;
  readonly toSubject: Uint8Array;
  readonly greeted: boolean;
}

/** How a peer behaves until it is told otherwise. */
interface Manner {
  readonly fragment: number;
  readonly stalled: boolean;
  readonly flip?: number;
  readonly twist?: { readonly which: number; readonly how: number };
}

const POLITE: Manner = { fragment: 0, stalled: false };
const NOTHING = new Uint8Array(0);
/** What one `play` may say. */
const MAX_PLAYED = 12;
const MAX_BLOCKS = 144;
/** Of one run: it must end soon. */
const MAX_HEIGHT = START_HEIGHT + 600;

/** One node, and a fuzzer that is the rest of the world. */
export class World {
  readonly subject: Subject;
  readonly oracle: NodeOracle;
  readonly user: User;
  /** Told of everything that is said. */
  listen: (speaker: string, text: Message | string) => void = () => {};
  private readonly puppets: readonly Puppet[];
  private wires: readonly (Wire | undefined)[];
  private manners: readonly Manner[];
  private nextConnection: number;
  /** Transactions that wait for a block. */
  private mempool: readonly Tx[];

  constructor(from?: World) {
    this.subject = from?.subject.fork() ?? new Subject();
    this.oracle = new NodeOracle(this.subject, from?.oracle);
    this.puppets = from?.puppets.map((puppet) => puppet.fork()) ?? Array.from({ length: PEERS }, (_, i) => new Puppet(i));
    this.user = new User(this.subject, this.puppets, from?.user);
    this.wires = from?.wires ?? this.puppets.map(() => undefined);
    this.manners = from?.manners ?? this.puppets.map(() => POLITE);
    this.nextConnection = from?.nextConnection ?? 1;
    this.mempool = from?.mempool ?? [];
    const { watch } = this.subject;
    this.subject.watch = (event) => {
      watch(event);
      if (event.kind !== 'node') return;
      for (const effect of event.effects) {
        if (effect.kind === 'broadcast') this.toMempool(effect.tx);
        this.user.hear(effect);
      }
    };
  }

  apply({ name, args, data }: Operation): void {
    const [a = 0, b = 0, c = 0] = args;
    switch (name) {
      case 'from':
        break;
      case 'dial':
        this.dial(a);
        break;
      case 'call':
        this.call(a);
        break;
      case 'hangup':
        this.hangUp(a);
        break;
      case 'play':
        this.play(a);
        break;
      case 'say':
        this.say(a, (messageRegistry[b] as (typeof messageRegistry)[number]).name, c);
        break;
      case 'twist':
        this.manner(a, { twist: { which: b, how: c } });
        break;
      case 'raw':
        this.transmit(a, data);
        break;
      case 'noise':
        this.put(a, data);
        break;
      case 'flip':
        this.manner(a, { flip: b });
        break;
      case 'cut':
        this.manner(a, { fragment: b });
        break;
      case 'stall':
        this.manner(a, { stalled: true });
        break;
      case 'read':
        this.read(a, b);
        break;
      default:
        this.surroundings(name, a);
        this.user.apply(name, a, b);
    }
    this.flow();
    this.oracle.attacker = undefined;
  }

  private surroundings(name: Operation['name'], n: number): void {
    const { subject } = this;
    switch (name) {
      case 'block':
        for (let i = 0; i <= n % MAX_BLOCKS && subject.node.height < MAX_HEIGHT; i++) this.block([]);
        break;
      case 'mine':
        this.block(this.mempool);
        this.mempool = [];
        break;
      case 'time':
        subject.peersInput({ kind: 'time', nowMs: subject.peers.nowMs + n * 10 });
        break;
      case 'feerate':
        subject.nodeInput({ kind: 'feerate', feeratePerKw: n });
        break;
      case 'hold':
        subject.holding = true;
        break;
      case 'stored':
        subject.finish(n);
        break;
      case 'release':
        subject.holding = false;
        subject.finishAll();
        break;
      case 'crash':
        this.wires = this.wires.map(() => undefined);
        subject.crash(n);
        this.oracle.milestones.add('restart');
        break;
      default:
    }
  }

  private block(transactions: readonly Tx[]): void {
    const height = this.subject.node.height + 1;
    this.subject.nodeInput({ kind: 'block', height, transactions: transactions.map((tx, index) => ({ index, tx })) });
  }

  private toMempool(tx: Tx): void {
    const id = txid(peersEnv.crypto, tx);
    if (!this.mempool.some((known) => txid(peersEnv.crypto, known) === id)) this.mempool = [...this.mempool, tx];
  }

  private manner(who: number, change: Partial<Manner>): void {
    this.manners = this.manners.map((manner, i) => (i === who ? { ...manner, ...change } : manner));
  }

  private setWire(who: number, wire: Wire | undefined): void {
    this.wires = this.wires.map((before, i) => (i === who ? wire : before));
  }

  private secret(): SecretKey {
    return (0x1000 + this.nextConnection).toString(16).padStart(64, '0') as SecretKey;
  }

  private dial(who: number): void {
    const ephemeralSecret = this.secret();
    const connection = this.nextConnection++;
    const puppet = this.puppets[who] as Puppet;
    this.subject.peersInput({ kind: 'accepted', connection, ephemeralSecret });
    const { session, send: toSubject } = dial(peersEnv, {
      staticSecret: puppet.secret,
      remoteStatic: SUBJECT_ID,
      ephemeralSecret: reversed(ephemeralSecret),
    });
    this.setWire(who, { connection, session, toSubject, greeted: false });
  }

  private call(who: number): void {
    const ephemeralSecret = this.secret();
    const connection = this.nextConnection++;
    const puppet = this.puppets[who] as Puppet;
    this.subject.peersInput({ kind: 'dialled', connection, peer: puppet.id, ephemeralSecret });
    const session = accept(peersEnv, { staticSecret: puppet.secret, ephemeralSecret: reversed(ephemeralSecret) });
    this.setWire(who, { connection, session, toSubject: NOTHING, greeted: false });
  }

  private hangUp(who: number): void {
    const wire = this.wires[who];
    if (wire === undefined) return;
    this.setWire(who, undefined);
    this.attackedBy(who, () => this.subject.peersInput({ kind: 'gone', connection: wire.connection }));
  }

  /** While bytes of this peer are judged, nobody else's affairs may change. */
  private attackedBy(who: number, attack: () => void): void {
    this.oracle.attacker = (this.puppets[who] as Puppet).id;
    attack();
    this.oracle.attacker = undefined;
  }

  private play(who: number): void {
    for (let said = 0; said < MAX_PLAYED; said++) {
      if (this.wires[who] === undefined) this.dial(who);
      this.flow();
      const next = (this.puppets[who] as Puppet).due(this.subject.node, this.wires[who]?.greeted ?? false);
      if (next === undefined || this.wires[who]?.session.kind !== 'open') return;
      this.say(who, next.type, next.channel << 6);
      this.flow();
    }
  }

  private say(who: number, type: MessageName, number: number): void {
    if (this.wires[who] === undefined) this.dial(who);
    this.flow();
    const puppet = this.puppets[who] as Puppet;
    const { twist } = this.manners[who] as Manner;
    const right = puppet.craft(type, this.subject.node, number);
    const message = twist === undefined ? right : twisted(right, twist.which, twist.how);
    if (twist !== undefined) this.manners = this.manners.map((manner, i) => (i === who ? withoutTwist(manner) : manner));
    this.listen(`peer ${who}`, message);
    if (message.type === 'funding_created') {
      for (const { step } of puppet.openings(this.subject.node))
        if (step.kind === 'awaiting_funding_created') this.toMempool(puppet.fundingTx(step));
    }
    this.transmit(who, encodeMessage(message));
    const wire = this.wires[who];
    if (type === 'init' && wire !== undefined) this.setWire(who, { ...wire, greeted: true });
  }

  /** A whole message on the wire, encrypted. Nothing where there is no connection that could carry it. */
  private transmit(who: number, message: Uint8Array): void {
    const wire = this.wires[who];
    if (wire?.session.kind !== 'open') return;
    const { session, bytes } = send(peersEnv, wire.session, message);
    this.setWire(who, { ...wire, session });
    this.put(who, bytes);
  }

  private put(who: number, bytes: Uint8Array): void {
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
      for (const who of this.puppets.keys()) if (this.deliver(who) || this.take(who)) moved = true;
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

  private read(who: number, hundreds: number): void {
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
    const { session, messages, send: answer } = receive(peersEnv, wire.session, bytes);
    this.setWire(who, { ...wire, session });
    for (const message of messages) {
      const decoded = decodeMessage(message);
      promise(decoded.ok, 'what leaves can be read', () => (decoded.ok ? '' : `${decoded.error.messageName}: ${decoded.error.detail}`));
      if (decoded.ok) this.listen('node', decoded.message);
    }
    if (answer !== undefined) this.put(who, answer);
  }
}

function reversed(secret: SecretKey): SecretKey {
  return [...secret].reverse().join('') as SecretKey;
}

function withoutTwist({ twist: _used, ...manner }: Manner): Manner {
  return manner;
}

function withoutFlip({ flip: _used, ...manner }: Manner): Manner {
  return manner;
}
