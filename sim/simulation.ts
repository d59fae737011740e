import { isClosed } from '../core/channel/model/ending.ts';
import type { ChannelState } from '../core/channel/model/state.ts';
import type { Crypto } from '../core/crypto/types.ts';
import type { CommitmentFormat, Side } from '../core/transactions/types.ts';
import { apply } from './actions/apply.ts';
import { freshName } from './actions/usable-ends.ts';
import { benchOf } from './campaign/explain.ts';
import { explainedError } from './check.ts';
import type { FindingError } from './check.ts';
import { Payment } from './payment.ts';
import { packetName } from './world/packet.ts';
import { linkId } from './world/network.ts';
import { nextDue } from './world/pending-events.ts';
import type { PendingEvent } from './world/pending-events.ts';
import { createWorld, BUILT_IN_REGISTRY } from './run/run.ts';
import type { RunOptions } from './run/run.ts';
import { fingerprint } from './world/finding.ts';
import { ORACLES } from './oracles/index.ts';
import { grouped, mistakeIn, listener, noChannel, noNode, noPayment, thereAre, whyNotSent } from './report/script-mistakes.ts';
import type { Refused } from './report/script-mistakes.ts';
import { settle } from './run/settle.ts';
import type { Action, Finding, Latency, LinkSpec, LinkTransport, NodeSpec, PaymentRecord, Scenario, WorldSpec } from './scenario/types.ts';
import type { World } from './world/world.ts';

export interface SimulationOptions extends RunOptions {
  /** Everything random derives from it. Default '1'. */
  readonly seed?: string;
  /** 'fake' is fast and forgeable, 'noble' real; or how to make a provider of your own, one for each node. Default 'fake'. */
  readonly crypto?: 'fake' | 'noble' | (() => Crypto);
  /** What links carry: whole messages, or encrypted bytes (BOLT 8) in pieces of any size. Default 'frames'. */
  readonly transport?: LinkTransport;
}

export interface OpenOptions {
  readonly fundingSat: bigint;
  /** What the accepter starts with. Default 0. */
  readonly pushMsat?: bigint;
  /** Satoshi per 1000 weight. Default 2500. */
  readonly feeratePerKw?: number;
  /** Default 'anchors'. */
  readonly format?: CommitmentFormat;
  /** Announced to everybody, with the sixth block that confirms it (BOLT 7). Default false. */
  readonly announce?: boolean;
}

export interface PayOptions {
  /** Blocks until it expires, from what the payer has seen. Default 144. */
  readonly cltvDelta?: number;
  /** Uses this payment's hash again. */
  readonly hashOf?: string;
  /** Across channels: its recipient waits for `fulfill` or `fail`. */
  readonly byHand?: boolean;
}

/** More events than any script needs to come to rest. */
const MAX_EVENTS = 100_000;
/** For a script that fails: most of what it did only opened its channels. */
const SHRINK_EXECUTIONS = 1_000;
/** What a stored scenario does not say. */
const OWN_CODE = ['drivers', 'operations', 'oracles', 'interpreter'] as const;

/**
 * A world to script in a few lines: nodes, links, channels and payments by name, in virtual time. Messages wait until `run`, `settle` or
 * `deliverNext` moves them, so they are delayed and reordered by moving lines of code. Every oracle watches; what one finds is thrown as
 * a FindingError.
 */
export class Simulation {
  private readonly options: SimulationOptions;
  private readonly nodes: NodeSpec[] = [];
  private readonly links: LinkSpec[] = [];
  private readonly actions: Action[] = [];
  private started: World | undefined;
  private settledAt: number | undefined;
  /** What nodes would not do of what they were told by the action under way. */
  private readonly refused: Refused[] = [];

  constructor(options: SimulationOptions = {}) {
    this.options = options;
  }

  /** Adds a node; all of them before anything moves. Returns its name. */
  node(name: string, spec: Omit<NodeSpec, 'name'> = {}): string {
    this.notStarted('nodes');
    if (this.nodes.some((node) => node.name === name)) throw new Error(`there is a node ${name} already`);
    this.nodes.push({ name, ...spec });
    return name;
  }

  /** Links two nodes, or connects again what was disconnected. */
  connect(a: string, b: string, latency: Latency = { kind: 'fixed', ms: 10 }): void {
    if (this.started !== undefined) return this.act({ do: 'connect', link: this.linkId(a, b) });
    if (a === b) throw new Error(`${a} cannot be linked to itself`);
    if (this.linkOf(a, b) !== undefined) throw new Error(`${a} and ${b} are linked already`);
    const { transport } = this.options;
    this.links.push({ ends: [a, b], latency, ...(transport !== undefined && { transport }) });
  }

  disconnect(a: string, b: string): void {
    this.act({ do: 'disconnect', link: this.linkId(a, b) });
  }

  /** Opens a channel, mines it, and waits until both ends can use it. Returns its name. */
  open(opener: string, accepter: string, options: OpenOptions): string {
    const { fundingSat, pushMsat = 0n, feeratePerKw = 2500, format = 'anchors', announce } = options;
    this.linkId(opener, accepter);
    const as = freshName('c', (name) => this.world.info(name) !== undefined, 1);
    const amounts = { fundingSat: fundingSat.toString(), pushMsat: pushMsat.toString() };
    this.act({ do: 'open', as, from: opener, to: accepter, ...amounts, feeratePerKw, format, ...(announce !== undefined && { announce }) });
    const refused = this.refusal();
    this.run();
    for (let blocks = 0; blocks < 20 && !this.isUsable(as); blocks++) this.mine(1);
    if (!this.isUsable(as)) throw new Error(`the channel from ${opener} to ${accepter} did not open: ${refused ?? 'see what it was told'}`);
    return as;
  }

  /**
   * Offers a payment over one channel, or, where `to` names a node, across as many as there are on the cheapest way (`network`): then its recipient
   * claims it at once. Throws what forbids it, if anything does.
   */
  pay(from: string, to: string, amountMsat: bigint, options: PayOptions = {}): Payment {
    const as = freshName('p', (name) => this.world.ledger.get(name) !== undefined, 1);
    if (this.nodes.some(({ name }) => name === to)) this.send(as, from, to, amountMsat, options);
    else this.offer(as, from, to, amountMsat, options);
    return new Payment(this.world, as);
  }

  private send(as: string, from: string, to: string, amountMsat: bigint, { byHand }: PayOptions): void {
    const manual = byHand === undefined ? {} : { byHand };
    this.act({ do: 'send', as, from, to, amountMsat: amountMsat.toString(), ...manual });
    if (this.world.ledger.get(as) !== undefined) return;
    throw new Error(`${from} will not send ${grouped(String(amountMsat))} msat to ${to}: ${this.refusal() ?? 'there is no way'}`);
  }

  private offer(as: string, from: string, channel: string, amountMsat: bigint, { cltvDelta = 144, hashOf }: PayOptions): void {
    const again = hashOf === undefined ? {} : { hashOf };
    this.act({ do: 'pay', as, from, channel, amountMsat: amountMsat.toString(), cltvDelta, ...again });
    const [refused] = this.refused;
    if (this.world.ledger.get(as) !== undefined) return;
    const why = refused === undefined ? 'it does not say why' : whyNotSent(this.world, from, channel, refused);
    throw new Error(`${from} will not send ${grouped(String(amountMsat))} msat: ${why}`);
  }

  /** The receiver's decision. Without one, `run` and `settle` leave the payment pending, and `settle` decides in the end. */
  fulfill(payment: string | Payment): void {
    this.act({ do: 'fulfill', node: this.payment(payment).to, payment: String(payment) });
  }

  fail(payment: string | Payment): void {
    this.act({ do: 'fail', node: this.payment(payment).to, payment: String(payment) });
  }

  /** Delivers the oldest message from one node to another. Returns the BOLT's name of it, or undefined when there was none. */
  deliverNext(from: string, to: string): string | undefined {
    const link = this.world.links.get(this.linkId(from, to));
    const head = link?.head(link.spec.ends[0] === to ? 0 : 1);
    if (link === undefined || head === undefined) return undefined;
    const message = packetName(head);
    this.act({ do: 'deliver', link: link.id, to, message });
    return message;
  }

  /** Lets everything happen that is on its way, in the order in which it is due. `until` may stop it earlier. */
  run(until?: (event: PendingEvent) => boolean): void {
    for (let events = 0; events < MAX_EVENTS; events++) {
      const next = nextDue(this.world);
      if (next === undefined || until?.(next) === true) return;
      this.act(next.action);
    }
    throw new Error(`the world did not come to rest within ${MAX_EVENTS} events`);
  }

  mine(blocks: number): void {
    this.act({ do: 'mine', blocks });
    this.run();
  }

  /** Replaces the newest blocks by one more. What was confirmed in them waits in the mempool again, unless said otherwise. */
  reorg(depth: number, transactions: 'mined' | 'waiting' | 'lost' = 'waiting'): void {
    this.act({ do: 'reorg', depth, transactions });
    this.run();
  }

  crash(node: string): void {
    this.act({ do: 'crash', node });
  }

  restart(node: string): void {
    this.act({ do: 'restart', node });
  }

  /** Any other action, as in a scenario. Throws what is wrong with it when it does not apply. */
  act(action: Action): void {
    const { world } = this;
    const mistake = mistakeIn(world, action);
    if (mistake !== undefined) throw new Error(mistake);
    world.at = this.actions.length;
    this.refused.length = 0;
    const applied = apply(world, action, this.options.operations ?? BUILT_IN_REGISTRY);
    if (applied === 'applied') this.actions.push(action);
    this.check();
    if (applied !== 'applied') throw new Error(`there is nothing to do this to: ${JSON.stringify(action)}`);
  }

  /** Heals everything and lets it finish; then every oracle must agree. The simulation goes on afterwards. */
  settle(): void {
    this.settledAt ??= this.actions.length;
    settle(this.world);
    this.check();
  }

  /** What a node has in a channel outside HTLCs, before fees, in millisatoshi, as of what both sides have irrevocably committed. */
  balance(node: string, channel: string): bigint {
    const state = this.state(node, channel);
    if (!('shared' in state)) return 0n;
    const side: Side = state.params.us;
    return state.shared.base.balanceMsat[side];
  }

  state(node: string, channel: string): ChannelState {
    const { world } = this;
    const mistake = noNode(world, node) ?? noChannel(world, channel);
    if (mistake !== undefined) throw new Error(mistake);
    const state = world.channelState(node, channel);
    if (state === undefined) throw new Error(`${node} has nothing of ${channel} to show`);
    return state;
  }

  payment(name: string | Payment): PaymentRecord {
    const payment = this.world.ledger.get(String(name));
    if (payment === undefined) throw new Error(noPayment(this.world, String(name)));
    return payment;
  }

  /** What was done before the first `settle`, to be stored and replayed. */
  scenario(): Scenario {
    const { finding } = this.world;
    return {
      format: 1,
      world: this.world.spec,
      actions: this.actions.slice(0, this.settledAt),
      expect: finding === undefined ? 'pass' : fingerprint(finding),
    };
  }

  /** The world itself, created when it is first asked for: from then on no node or link can be added. */
  get world(): World {
    return (this.started ??= this.start());
  }

  private start(): World {
    const { seed = '1', crypto = 'fake' } = this.options;
    const names = this.nodes.map((node) => node.name);
    const missing = this.links.flatMap(({ ends }) => ends).find((end) => !names.includes(end));
    if (missing !== undefined) throw new Error(`no node ${missing}: ${thereAre(names)}`);
    const name = crypto === 'noble' || crypto === 'fake' ? crypto : 'native';
    const spec: WorldSpec = { seed, crypto: name, nodes: this.nodes, links: this.links, channels: [] };
    const run = this.runOptions();
    return createWorld(spec, { ...run, oracles: [...(run.oracles ?? []), () => listener(this.refused)] });
  }

  /** What runs have in common, this one and those that look for a smaller one. */
  private runOptions(): RunOptions {
    const { seed: _, crypto = 'fake', transport: __, oracles = ORACLES.map(({ create }) => create), ...rest } = this.options;
    const providers = typeof crypto === 'string' ? rest.providers : { ...rest.providers, native: crypto };
    return { ...rest, oracles, ...(providers === undefined ? {} : { providers }) };
  }

  private notStarted(what: string): void {
    if (this.started !== undefined) throw new Error(`all ${what} must be added before anything moves`);
  }

  private linkId(a: string, b: string): string {
    const names = this.nodes.map((node) => node.name);
    const missing = [a, b].find((name) => !names.includes(name));
    if (missing !== undefined) throw new Error(`no node ${missing}: ${thereAre(names)}`);
    const link = this.linkOf(a, b);
    if (link === undefined) throw new Error(`no link between ${a} and ${b}: ${thereAre(this.links.map(({ ends }) => linkId(ends)))}`);
    return linkId(link.ends);
  }

  private linkOf(a: string, b: string): LinkSpec | undefined {
    return this.links.find(({ ends }) => ends.includes(a) && ends.includes(b) && a !== b);
  }

  private isUsable(channel: string): boolean {
    const info = this.world.info(channel);
    if (info?.channelId === undefined) return false;
    return [info.opener, info.accepter].every((node) => {
      const state = this.world.channelState(node, channel);
      return state?.phase === 'funded' && state.lifecycle.readySent && state.lifecycle.readyReceived && !isClosed(state);
    });
  }

  private refusal(): string | undefined {
    const [refused] = this.refused;
    return refused && grouped(`${refused.rule}: ${refused.detail}`);
  }

  private check(): void {
    const { finding } = this.world;
    if (finding !== undefined) throw this.explained(finding);
  }

  /** The whole report: what was done, run again without this script, is shrunk and charted; the channels that it opened are part of the world where they may be. */
  private explained(finding: Finding): FindingError {
    const recorded = this.scenario();
    const { options } = this;
    const own = OWN_CODE.some((name) => options[name] !== undefined) ? ', { …your drivers, operations and oracles }' : '';
    return explainedError(benchOf(this.runOptions()), recorded, finding, {
      label: recorded.world.seed,
      maxExecutions: SHRINK_EXECUTIONS,
      about: (scenario) => ({ replay: `replayScenario(${JSON.stringify({ ...scenario, expect: 'pass' })}${own})` }),
    });
  }
}
