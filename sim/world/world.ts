import type { Hash32 } from '../../core/crypto/bytes.ts';
import { sha256Hex } from '../../core/crypto/hashes.ts';
import { Chain } from './chain.ts';
import { Clock } from './clock.ts';
import { perform as carryOut } from './effects.ts';
import { demandDeclared, exceptionFinding, transportFinding } from './finding.ts';
import type { Host } from './host.ts';
import type { Link } from './network.ts';
import type { PeersEffect, PeersInput } from '../../core/peers/peers-vocabulary.ts';
import { isDue, isEmpty, tellGone } from './sockets.ts';
import { ChannelChanges } from './channel-changes.ts';
import { Payments } from './payments.ts';
import { Participants } from './participants.ts';
import type { ParticipantsOptions } from './participants.ts';
import { Statistics } from './statistics.ts';
import { Trace } from './trace.ts';
import type { TraceListener } from './trace.ts';
import type {
  Action,
  DriverCommand,
  DriverEffect,
  DriverInput,
  Finding,
  Oracle,
  ProbeRecord,
  ScriptInterpreter,
  StepMark,
  StepRecord,
  WorldSpec,
  WorldView,
} from '../scenario/types.ts';
import type { Told } from '../scenario/told.ts';

export interface WorldOptions extends ParticipantsOptions {
  readonly oracles?: readonly Oracle[];
  readonly interpreter?: ScriptInterpreter;
  /** Hears of every action and step: for traces that people read. */
  readonly listener?: TraceListener;
}

const NO_MARK: StepMark = {};

/** Something that a node is told as soon as the step under way has ended. */
interface Todo {
  readonly host: Host;
  readonly input: DriverInput;
  /** Called when it is carried out. */
  readonly done: ((effects: readonly DriverEffect[]) => void) | undefined;
}

/**
 * Nodes, links, disks, chain, users and clock, moved by actions and by nothing else. All that happens follows from the spec, the actions
 * and the drivers. A finding ends it: from then on nothing moves.
 */
export class World extends Participants implements WorldView {
  readonly options: WorldOptions;
  readonly interpreter: ScriptInterpreter | undefined;
  readonly licences: ReadonlySet<string>;
  readonly ledger: Payments;
  readonly probes: ProbeRecord[];
  readonly chain: Chain;
  readonly changes: ChannelChanges;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly stats: Statistics;
  readonly oracles: readonly Oracle[];
  /** Their steps: looked up once, and not at every step of every node. */
  private readonly watching: readonly NonNullable<Oracle['step']>[];
  at: number | 'setup' | 'settle' = 'setup';
  finding: Finding | undefined;
  /** Numbers what must differ each time: coins of wallets. */
  serial: number;
  /** Since the world was set up. */
  minedBlocks: number;
  /** What is known of the step under way, where its input is no honest one. */
  mark: StepMark = NO_MARK;
  /** Numbers connections. */
  wires: number;
  private stepIndex: number;
  /** Told to the trace when it first makes something happen. */
  private underWay: Action | undefined;
  private readonly todo: Todo[] = [];

  constructor(spec: WorldSpec, options: WorldOptions, from?: World, watching = from?.oracles) {
    super(spec, options, from);
    this.options = options;
    this.interpreter = options.interpreter;
    this.licences = new Set(spec.licences);
    this.ledger = new Payments(from?.ledger);
    this.probes = [...(from?.probes ?? [])];
    this.chain = from?.chain.fork() ?? new Chain(this.crypto);
    this.changes = new ChannelChanges(from?.changes);
    this.clock = new Clock(from?.clock.nowMs);
    this.trace = new Trace(options.listener, from?.trace);
    this.stats = new Statistics(from?.stats);
    this.oracles = watching?.map((oracle) => oracle.fork()) ?? options.oracles ?? [];
    this.watching = this.oracles.flatMap((oracle) => oracle.step?.bind(oracle) ?? []);
    this.at = from?.at ?? 'setup';
    this.finding = from?.finding;
    this.serial = from?.serial ?? 0;
    this.minedBlocks = from?.minedBlocks ?? 0;
    this.wires = from?.wires ?? 0;
    this.stepIndex = from?.stepIndex ?? 0;
  }

  /**
   * An independent copy: what happens in one is not seen in the other. Every driver must be able to fork. A copy of a world that was just
   * set up, where nothing has gone wrong yet, may have other licences than it.
   */
  fork(spec = this.spec): World {
    return new World(spec, this.options, this);
  }

  /** A copy to try something in, which nobody hears of and only these oracles watch. Undefined where a driver cannot fork. */
  dryRun(watching: readonly Oracle[]): World | undefined {
    for (const { driver } of this.hosts.values()) if (driver.fork === undefined) return undefined;
    const { listener: _, ...options } = this.options;
    return new World(this.spec, options, this, watching);
  }

  told(node: string): Iterable<Told> {
    return this.host(node).disk.told;
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
  step(host: Host, input: DriverInput): readonly DriverEffect[] {
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
      if (input.kind !== 'time') this.keepTime(host);
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
    for (const watch of this.watching) {
      if (this.finding !== undefined) break;
      this.finding = watch(this, record);
      if (this.finding !== undefined) demandDeclared(this.finding, this.oracles);
    }
    return effects;
  }

  /** The same, with what is known of an input that is no honest one. */
  stepMarked(host: Host, input: DriverInput, mark: StepMark): readonly DriverEffect[] {
    this.mark = mark;
    const effects = this.step(host, input);
    this.mark = NO_MARK;
    return effects;
  }

  /** A user's command. Returns the reason if it was refused. */
  command(host: Host, command: DriverCommand): string | undefined {
    const effects = this.step(host, { kind: 'command', command });
    const refused = effects.find((effect) => effect.kind === 'refused');

    return refused?.rule;
  }

  /** To be told to a node after the step under way. */
  later(host: Host, input: DriverInput, done?: (effects: readonly DriverEffect[]) => void): void {
    this.todo.push({ host, input, done });
  }

  /** A command of its user, in the same way. */
  laterCommand(host: Host, command: DriverCommand, onRefused?: (rule: string) => void): void {
    const done = onRefused && ((effects: readonly DriverEffect[]): void => ifRefused(effects, onRefused));
    this.later(host, { kind: 'command', command }, done);
  }

  /** Tells what waits, until nothing does. */
  drain(): void {
    for (let i = 0; i < this.todo.length; i++) {
      const { host, input, done } = this.todo[i] as Todo;
      if (!host.running) continue;
      const effects = this.step(host, input);
      done?.(effects);
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
    for (const end of told) tellGone(this, link, end);
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

  /**
   * Everything that happens to a node comes with the time. What is due by then happens only once it is told by an action, which a schedule
   * places: until then it has not looked at the clock.
   */
  private keepTime(host: Host): void {
    const { timeMs } = this;
    const { driver } = host;
    if (host.toldMs === timeMs || driver.nextDeadline === undefined || isDue(this, host)) return;
    host.toldMs = timeMs;
    const input = { kind: 'time', nowMs: timeMs } as const;
    driver.peers?.(input);
    driver.step(input);
  }

  /** Moves a node's peer manager. Returns what it asks for; nothing where it has none, or once there is a finding. */
  peers(host: Host, input: PeersInput): readonly PeersEffect[] {
    if (this.finding !== undefined) return [];
    try {
      if (input.kind !== 'time') this.keepTime(host);
      return host.driver.peers?.(input) ?? [];
    } catch (error) {
      this.finding = exceptionFinding(error, host.name, this.at);
      return [];
    }
  }

  // ---------------------------------------------------------------- looking

  get timeMs(): number {
    return this.clock.nowMs;
  }

  get payments(): Payments['all'] {
    return this.ledger.all;
  }

  quiet(a: string, b: string): boolean {
    const link = this.linkBetween(a, b);
    return this.idle(a) && (link === undefined || isEmpty(this, link)) && this.idle(b);
  }

  private idle(node: string): boolean {
    return this.host(node).disk.unfinished.length === 0 && !this.isBehind(node);
  }

  isBehind(node: string): boolean {
    return this.host(node).behind > 0 || (this.todo.length > 0 && this.todo.some(({ host }) => host.name === node));
  }
}

function ifRefused(effects: readonly DriverEffect[], onRefused: (rule: string) => void): void {
  const refused = effects.find((effect) => effect.kind === 'refused');
  if (refused !== undefined) onRefused(refused.rule);
}

function stepDriver({ driver }: Host, input: DriverInput): readonly DriverEffect[] {
  return driver.step(input);
}
