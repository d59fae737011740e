import type { Command } from '../core/channel/io.ts';
import type { ChannelState } from '../core/channel/state.ts';
import type { ChannelId, Hash32, PublicKey } from '../core/crypto/bytes.ts';
import { sha256Hex } from '../core/crypto/hashes.ts';
import type { Crypto } from '../core/crypto/types.ts';
import type { NodeInput } from '../core/node/io.ts';
import { Chain } from './chain.ts';
import { Clock } from './clock.ts';
import { perform as carryOut } from './effects.ts';
import { entropy } from './entropy.ts';
import { exceptionFinding, transportFinding } from './finding.ts';
import { otherEnd } from './flight.ts';
import { Host, portsOf } from './host.ts';
import type { Port } from './host.ts';
import { Link } from './network.ts';
import { seenAlike } from './oracles/look.ts';
import { Payments } from './payments.ts';
import { Statistics } from './statistics.ts';
import { Trace } from './trace.ts';
import type { TraceListener } from './trace.ts';
import type {
  Action,
  ChannelInfo,
  Driver,
  DriverEffect,
  DriverFactory,
  Finding,
  Oracle,
  ProbeRecord,
  StepMark,
  StepRecord,
  WorldSpec,
  WorldView,
} from './types.ts';

export interface WorldOptions {
  readonly crypto: Crypto;
  /** By the name that a `NodeSpec` gives; 'fulgurite' must be among them unless every node names another. */
  readonly drivers: Readonly<Record<string, DriverFactory>>;
  readonly oracles?: readonly Oracle[];
  /** Hears of every action and step: for traces that people read. */
  readonly listener?: TraceListener;
}

const NO_MARK: StepMark = {};

/** Something that a node is told as soon as the step under way has ended. */
interface Todo {
  readonly host: Host;
  readonly input: NodeInput;
  readonly onRefused: ((rule: string) => void) | undefined;
}

/**
 * Nodes, links, disks, chain, users and clock, moved by actions and by nothing else. All that happens follows from the spec, the actions
 * and the drivers. A finding ends it: from then on nothing moves.
 */
export class World implements WorldView {
  readonly spec: WorldSpec;
  readonly options: WorldOptions;
  readonly crypto: Crypto;
  readonly licences: ReadonlySet<string>;
  readonly nodeNames: readonly string[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly links: ReadonlyMap<string, Link>;
  readonly ledger: Payments;
  readonly infos: ChannelInfo[];
  readonly probes: ProbeRecord[];
  readonly chain: Chain;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly stats: Statistics;
  readonly oracles: readonly Oracle[];
  at: number | 'setup' | 'settle' = 'setup';
  finding: Finding | undefined;
  /** Numbers what must differ each time: coins of wallets. */
  serial: number;
  /** Since the world was set up. */
  minedBlocks: number;
  /** What is known of the step under way, where its input is no honest one. */
  mark: StepMark = NO_MARK;
  private stepIndex: number;
  /** Told to the trace when it first makes something happen. */
  private underWay: Action | undefined;
  private readonly todo: Todo[] = [];
  private readonly ports: ReadonlyMap<string, ReadonlyMap<PublicKey, Port>>;
  private readonly namesById: ReadonlyMap<PublicKey, string>;
  /** By both ends, either first. */
  private readonly linksOf: ReadonlyMap<string, ReadonlyMap<string, Link>>;

  constructor(spec: WorldSpec, options: WorldOptions, from?: World) {
    this.spec = spec;
    this.options = options;
    this.crypto = options.crypto;
    this.licences = from?.licences ?? new Set(spec.licences);
    this.nodeNames = spec.nodes.map((node) => node.name);
    this.links = new Map(spec.links.map((link) => [`${link.ends[0]}-${link.ends[1]}`, new Link(link, spec.seed)]));
    if (from !== undefined) for (const [id, link] of from.links) (this.links as Map<string, Link>).set(id, link.fork());
    const entropyOf = (label: string): string => this.entropy(label);
    this.hosts = new Map(
      spec.nodes.map((node) => {
        const context = {
          seed: spec.seed,
          crypto: this.crypto,
          entropy: entropyOf,
          factory: factoryOf(options, node.driver ?? 'fulgurite'),
        };
        return [node.name, new Host(node, context, from?.hosts.get(node.name))];
      }),
    );
    this.namesById = new Map([...this.hosts.values()].map((host) => [host.nodeId, host.name]));
    this.ports = portsOf(this.hosts, this.links);
    this.linksOf = byEnds(this.nodeNames, this.links.values());
    this.ledger = new Payments(from?.ledger);
    this.infos = [...(from?.infos ?? [])];
    this.probes = [...(from?.probes ?? [])];
    this.chain = from?.chain.fork() ?? new Chain(this.crypto);
    this.clock = new Clock(from?.clock.nowMs);
    this.trace = new Trace(options.listener, from?.trace);
    this.stats = new Statistics(from?.stats);
    this.oracles = from?.oracles.map((oracle) => oracle.fork()) ?? options.oracles ?? [];
    this.at = from?.at ?? 'setup';
    this.finding = from?.finding;
    this.serial = from?.serial ?? 0;
    this.minedBlocks = from?.minedBlocks ?? 0;
    this.stepIndex = from?.stepIndex ?? 0;
  }

  /** An independent copy: what happens in one is not seen in the other. Every driver must be able to fork. */
  fork(): World {
    const copy = new World(this.spec, this.options, this);
    for (const [name, host] of this.hosts) seenAlike(host.driver, copy.host(name).driver);
    return copy;
  }

  /** 32 bytes of hex: equal for equal seeds and labels. */
  entropy(label: string): string {
    return entropy(this.crypto, this.spec.seed, label);
  }

  preimage(label: string): { readonly preimage: string; readonly hash: Hash32 } {
    const preimage = this.entropy(`preimage/${label}`);
    return { preimage, hash: sha256Hex(this.crypto, preimage) };
  }

  // ---------------------------------------------------------------- movement

  /** An action begins, and ends as applied or not. The trace has it before what it led to, and only if it applied. */
  begin(action: Action): void {
    this.underWay = action;
  }

  end(applied: boolean): void {
    if (applied) this.announce();
    this.underWay = undefined;
  }

  private announce(): void {
    if (this.underWay !== undefined) this.trace.action(this.underWay, this.at);
    this.underWay = undefined;
  }

  /** Gives a node one input, and carries out what it asks for. Returns its effects; none once there is a finding. */
  step(host: Host, input: NodeInput): readonly DriverEffect[] {
    return this.run(host, input, stepDriver);
  }

  /** The same for anything that makes a driver move. */
  run<I extends StepRecord['input']>(
    host: Host,
    input: I,
    move: (host: Host, input: I) => readonly DriverEffect[],
  ): readonly DriverEffect[] {
    if (this.finding !== undefined) return [];
    this.announce();
    let effects: readonly DriverEffect[];
    try {
      effects = move(host, input);
    } catch (error) {
      this.finding = exceptionFinding(error, host.name, this.at);
      return [];
    }
    for (const effect of effects) carryOut(this, host, effect);
    const { tampered, forbidden } = this.mark;
    const record: StepRecord = { index: this.stepIndex++, timeMs: this.clock.nowMs, node: host.name, input, effects, tampered, forbidden };
    this.trace.step(record);
    this.stats.steps++;
    for (const oracle of this.oracles) {
      if (this.finding !== undefined) break;
      this.finding = oracle.step?.(this, record);
    }
    return effects;
  }

  /** The same, with what is known of an input that is no honest one. */
  stepMarked(host: Host, input: NodeInput, mark: StepMark): readonly DriverEffect[] {
    this.mark = mark;
    const effects = this.step(host, input);
    this.mark = NO_MARK;
    return effects;
  }

  /** A user's command. Returns the reason if it was refused. */
  command(host: Host, command: Command): string | undefined {
    const effects = this.step(host, { kind: 'command', command });
    const refused = effects.find((effect) => effect.kind === 'refused');

    return refused?.rule;
  }

  /** To be told to a node after the step under way. */
  later(host: Host, input: NodeInput, onRefused?: (rule: string) => void): void {
    this.todo.push({ host, input, onRefused });
  }

  /** Tells what waits, until nothing does. */
  drain(): void {
    for (let i = 0; i < this.todo.length; i++) {
      const { host, input, onRefused } = this.todo[i] as Todo;
      if (!host.running) continue;
      const effects = this.step(host, input);
      if (onRefused === undefined) continue;
      const refused = effects.find((effect) => effect.kind === 'refused');
      if (refused !== undefined) onRefused(refused.rule);
    }
    // Most steps leave nothing to tell, and emptying what is empty is not free.
    if (this.todo.length > 0) this.todo.length = 0;
  }

  /** Both ends of a link hear that it broke. */
  breakLink(link: Link): void {
    if (!link.up) return;
    const { closedBy } = link;
    const told = ([0, 1] as const).filter((end) => end !== closedBy && link.isConnected(end));
    this.onLink(link, this.host(link.spec.ends[0]), () => link.break());
    for (const end of told) this.tellDisconnected(link, end);
  }

  /** Lets an end of a link do something. What its transport does that it must not do is a finding, and an exception is one too. */
  onLink<T>(link: Link, host: Host, act: () => T): T | undefined {
    if (this.finding !== undefined) return undefined;
    try {
      const result = act();
      if (link.violation === undefined) return result;
      this.finding = transportFinding(link.violation, link.spec.ends[link.violation.end], this.at);
    } catch (error) {
      this.finding = exceptionFinding(error, host.name, this.at);
    }
    return undefined;
  }

  tellDisconnected(link: Link, end: 0 | 1): void {
    const host = this.hosts.get(link.spec.ends[end]) as Host;
    const peer = this.hosts.get(link.spec.ends[otherEnd(end)]) as Host;
    if (host.running) this.later(host, { kind: 'disconnected', peer: peer.nodeId });
  }

  // ---------------------------------------------------------------- looking

  get timeMs(): number {
    return this.clock.nowMs;
  }

  get channels(): readonly ChannelInfo[] {
    return this.infos;
  }

  get payments(): Payments['all'] {
    return this.ledger.all;
  }

  host(node: string): Host {
    const host = this.hosts.get(node);
    if (host === undefined) throw new RangeError(`no node '${node}'`);
    return host;
  }

  driver(node: string): Driver | undefined {
    const host = this.hosts.get(node);
    return host?.running === true ? host.driver : undefined;
  }

  nodeId(node: string): PublicKey {
    return this.host(node).nodeId;
  }

  nodeName(id: PublicKey): string {
    const name = this.namesById.get(id);
    if (name === undefined) throw new RangeError(`no node has the id ${id}`);
    return name;
  }

  height(node: string): number {
    return this.host(node).watch.seenHeight;
  }

  port(node: string, peer: PublicKey): Port | undefined {
    return this.ports.get(node)?.get(peer);
  }

  private linkBetween(a: string, b: string): Link | undefined {
    return this.linksOf.get(a)?.get(b);
  }

  connected(a: string, b: string): boolean {
    return this.linkBetween(a, b)?.open === true && this.host(a).running && this.host(b).running;
  }

  quiet(a: string, b: string): boolean {
    return (this.linkBetween(a, b)?.inFlight ?? 0) === 0 && this.idle(a) && this.idle(b);
  }

  private idle(node: string): boolean {
    return this.host(node).disk.unfinished.length === 0 && !this.todo.some(({ host }) => host.name === node);
  }

  info(channel: string): ChannelInfo | undefined {
    return this.infos.find((info) => info.name === channel);
  }

  infoById(id: ChannelId): ChannelInfo | undefined {
    return this.infos.find((info) => info.channelId === id || info.temporaryChannelId === id);
  }

  changeInfo(name: string, change: Partial<ChannelInfo>): void {
    const at = this.infos.findIndex((info) => info.name === name);
    this.infos[at] = { ...(this.infos[at] as ChannelInfo), ...change };
  }

  /** The id under which a node knows a channel now. */
  idOf(channel: string): ChannelId | undefined {
    const info = this.info(channel);
    return info?.channelId ?? info?.temporaryChannelId;
  }

  channelState(node: string, channel: string): ChannelState | undefined {
    const info = this.info(channel);
    const states = this.driver(node)?.channels?.();
    if (info === undefined || states === undefined) return undefined;
    // One end may know the final id while the other does not yet.
    return (info.channelId && states.get(info.channelId)) ?? states.get(info.temporaryChannelId);
  }
}

function stepDriver({ driver }: Host, input: NodeInput): readonly DriverEffect[] {
  return driver.step(input);
}

function byEnds(nodes: readonly string[], links: Iterable<Link>): Map<string, Map<string, Link>> {
  const out = new Map(nodes.map((name) => [name, new Map<string, Link>()]));
  for (const link of links) for (const end of [0, 1] as const) out.get(link.spec.ends[end])?.set(link.spec.ends[otherEnd(end)], link);
  return out;
}

function factoryOf(options: WorldOptions, name: string): DriverFactory {
  const factory = options.drivers[name];
  if (factory === undefined) throw new RangeError(`no driver '${name}'; there are: ${Object.keys(options.drivers).join(', ')}`);
  return factory;
}
