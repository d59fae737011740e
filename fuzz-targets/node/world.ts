import { EMPTY_SCRIPT, txid } from '../../core/bitcoin/tx.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { Script } from '../../core/crypto/bytes.ts';
import { encodeMessage, messageRegistry } from '../../core/wire/messages/index.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import type { Operation } from './grammar.ts';
import { PEERS } from './grammar.ts';
import { NodeOracle } from './oracles.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { blockAt, crypto, START_HEIGHT, Subject } from './subject.ts';
import { altered } from './altered-message.ts';
import { User } from './user.ts';
import { Wires } from './connections.ts';

/** What one `play` may say. */
const MAX_PLAYED = 12;
const MAX_BLOCKS = 144;
/** Of one run: it must end soon. */
const MAX_HEIGHT = START_HEIGHT + 600;

export type Listener = (speaker: string, text: Message) => void;

/** One node, and a fuzzer that is the rest of the world. */
export class World {
  readonly subject: Subject;
  readonly oracle: NodeOracle;
  readonly user: User;
  private listener: Listener = () => {};
  private readonly scriptedPeers: readonly ScriptedPeer[];
  private readonly wires: Wires;
  /** Transactions that wait for a block. */
  private mempool: readonly Tx[];

  constructor(from?: World) {
    this.subject = from?.subject.fork() ?? new Subject();
    this.oracle = new NodeOracle(this.subject, from?.oracle);
    this.scriptedPeers =
      from?.scriptedPeers.map((scriptedPeer) => scriptedPeer.fork()) ?? Array.from({ length: PEERS }, (_, i) => new ScriptedPeer(i));
    this.user = new User(this.subject, this.scriptedPeers, from?.user);
    this.wires = new Wires(this.subject, this.oracle, this.scriptedPeers, from?.wires);
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

  /** Told of everything that is said. */
  set listen(listen: Listener) {
    this.listener = listen;
    this.wires.listen = listen;
  }

  apply({ name, args, data }: Operation): void {
    const [a = 0, b = 0, c = 0] = args;
    switch (name) {
      case 'from':
        break;
      case 'dial':
        this.wires.dial(a);
        break;
      case 'call':
        this.wires.call(a);
        break;
      case 'hangup':
        this.wires.hangUp(a);
        break;
      case 'play':
        this.play(a);
        break;
      case 'say':
        this.say(a, (messageRegistry[b] as (typeof messageRegistry)[number]).name, c);
        break;
      case 'alter':
        this.wires.manner(a, { alter: { which: b, how: c } });
        break;
      case 'raw':
        this.wires.transmit(a, data);
        break;
      case 'noise':
        this.wires.put(a, data);
        break;
      case 'flip':
        this.wires.manner(a, { flip: b });
        break;
      case 'cut':
        this.wires.manner(a, { fragment: b });
        break;
      case 'stall':
        this.wires.manner(a, { stalled: true });
        break;
      case 'read':
        this.wires.read(a, b);
        break;
      default:
        this.surroundings(name, a, b);
        this.user.apply(name, a, b);
    }
    this.wires.flow();
    this.oracle.attacker = undefined;
    this.oracle.rest();
  }

  private surroundings(name: Operation['name'], n: number, how: number): void {
    const { subject } = this;
    switch (name) {
      case 'block':
        for (let i = 0; i <= n % MAX_BLOCKS && subject.node.tip.height < MAX_HEIGHT; i++) this.block([]);
        break;
      case 'mine':
        this.block(this.mempool);
        this.mempool = [];
        break;
      case 'spend':
        this.spend(n, how);
        break;
      case 'time':
        subject.time(subject.peers.nowMs + n * 10);
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
        this.wires.cut();
        subject.crash(n);
        this.oracle.milestones.add('restart');
        break;
      default:
    }
  }

  private block(transactions: readonly Tx[]): void {
    const { tip: fork } = this.subject.node;
    const tip = blockAt(fork.height + 1);
    const blocks = [{ height: tip.height, hash: tip.hash, transactions: transactions.map((tx, index) => ({ index, tx })) }];
    this.subject.nodeInput({ kind: 'chain', fork, blocks, tip });
  }

  private spend(channel: number, how: number): void {
    const states = [...this.subject.node.channels.values()].map(({ state }) => state);
    const state = states[channel % Math.max(1, states.length)];
    const funding = state?.fundings[0];
    if (state === undefined || funding === undefined) return;
    const scripts = state.phase === 'funded' ? [state.closing.sent, state.closing.received] : [];
    const script = ((how & 1) === 1 ? scripts.find((known) => known !== undefined) : undefined) ?? ('51' as Script);
    const sequence = (how & 2) === 2 ? 0x80000000 : 0xffffffff;
    const input = { txid: funding.output.txid, vout: funding.output.vout, sequence, scriptSig: EMPTY_SCRIPT, witness: ['00'] };
    this.block([{ version: 2, locktime: how, inputs: [input], outputs: [{ amountSat: funding.output.amountSat - 500n, script }] }]);
  }

  private toMempool(tx: Tx): void {
    const id = txid(crypto, tx);
    if (!this.mempool.some((known) => txid(crypto, known) === id)) this.mempool = [...this.mempool, tx];
  }

  private play(who: number): void {
    for (let said = 0; said < MAX_PLAYED; said++) {
      if (this.wires.of(who) === undefined) this.wires.dial(who);
      this.wires.flow();
      const next = (this.scriptedPeers[who] as ScriptedPeer).due(this.subject.node, this.wires.of(who)?.greeted ?? false);
      if (next === undefined || this.wires.of(who)?.session.kind !== 'open') return;
      this.say(who, next.type, next.channel << 6);
      this.wires.flow();
    }
  }

  private say(who: number, type: MessageName, number: number): void {
    if (this.wires.of(who) === undefined) this.wires.dial(who);
    this.wires.flow();
    const scriptedPeer = this.scriptedPeers[who] as ScriptedPeer;
    const alter = this.wires.takeAlteration(who);
    const right = scriptedPeer.craft(type, this.subject.node, number);
    const message = alter === undefined ? right : altered(right, alter.which, alter.how);
    this.listener(`peer ${who}`, message);
    if (message.type === 'funding_created') {
      for (const { step } of scriptedPeer.openings(this.subject.node))
        if (step.kind === 'awaiting_funding_created') this.toMempool(scriptedPeer.fundingTx(step.params, step.terms));
    }
    this.wires.transmit(who, encodeMessage(message));
    if (type === 'init') this.wires.greeted(who);
  }
}
