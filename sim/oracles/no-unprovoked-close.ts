import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { Outpoint } from '../../core/bitcoin/tx.ts';
import { fromHex } from '../../core/crypto/bytes.ts';
import type { ChannelId, Hex, PublicKey } from '../../core/crypto/bytes.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { DEFAULT_FEERATE_PER_KW, policyOf } from '../scenario/channel-config.ts';
import type { Finding, Oracle, StepRecord, Tampered, WorldView } from '../scenario/types.ts';
import { LICENCES } from './licences.ts';
import type { Circumstances, Outcome, Past } from './licences.ts';
import {
  changes,
  channelName,
  hasCommitments,
  isFunding,
  isShuttingDown,
  messageOf,
  nameOf,
  showsNone,
  statesOf,
} from '../world/channel-changes.ts';
import { COMMITMENT_KINDS } from './commitment-difference.ts';
import type { CommitmentKind } from './commitment-difference.ts';
import { finding } from './difference.ts';
import { endedBefore, saidByEnded } from './hidden-ends.ts';
import { refusedSignature } from './refused-signature.ts';
import { channelIdOf } from '../model/channel-end.ts';
import { isIrrevocable } from './irrevocable.ts';
import { OwedWatch } from './owed-watch.ts';
import { StaleWatch } from './stale-channels.ts';

const ORACLE = 'no-unprovoked-close';
const OUTCOMES: readonly Outcome[] = ['error', 'warning', 'disconnect', 'failed', 'forgotten', 'shutdown'];
const KINDS: readonly (Outcome | CommitmentKind)[] = [...OUTCOMES, ...COMMITMENT_KINDS];
const DID = {
  error: 'sent an error',
  warning: 'sent a warning',
  disconnect: 'hung up',
  failed: 'failed the channel',
  forgotten: 'gave up the channel',
  shutdown: 'began to close the channel',
} as const satisfies Record<Outcome, string>;
const ALL_CHANNELS = '00'.repeat(32);

/** Adds to every oracle's contract: how often each licence has justified an outcome. */
export interface LicensingOracle extends Oracle {
  readonly licensed: ReadonlyMap<string, number>;
}

/**
 * Between honest nodes nothing is refused, warned about, closed or dropped unless the protocol says so, and the oracle has recomputed that it
 * does. What follows from something already justified (the peer's own error, the error repeated at reconnection) is no second outcome.
 */
export function createNoUnprovokedClose(): LicensingOracle {
  return new NoUnprovokedClose();
}

/** One outcome of a step, before it is judged. */
interface Event {
  readonly outcome: Outcome;
  readonly channelId: ChannelId | undefined;
  /** The id of the rule that the node names. */
  readonly rule: string;
  /** In the node's own words. */
  readonly reason: string;
}

class NoUnprovokedClose implements LicensingOracle {
  readonly name = ORACLE;
  readonly kinds = KINDS;
  readonly asks = ['channels'] as const;
  readonly licensed: Map<string, number>;
  private readonly past: Map<string, Set<Past>>;
  /** By node: its feerate estimate. */
  private readonly feerates: Map<string, number>;
  private readonly stale: StaleWatch;
  private readonly owed: OwedWatch;
  /** By temporary id: the final id, once funding_created told it, while the opening is not complete at both ends. */
  private readonly openings: Map<ChannelId, { readonly nodes: readonly string[]; readonly channelId?: ChannelId }>;
  private readonly configs: Map<string, ChannelConfig>;
  /** Channels as they failed: what a node that has forgotten one does not show any more. */
  private readonly failed: Map<ChannelId, ChannelState>;

  constructor(from?: NoUnprovokedClose) {
    this.licensed = new Map(from?.licensed);
    this.past = new Map([...(from?.past ?? [])].map(([id, set]) => [id, new Set(set)]));
    this.feerates = new Map(from?.feerates);
    this.stale = new StaleWatch(from?.stale);
    this.owed = new OwedWatch(from?.owed);
    this.openings = new Map(from?.openings);
    this.configs = new Map(from?.configs);
    this.failed = new Map(from?.failed);
  }

  fork(): Oracle {
    return new NoUnprovokedClose(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    this.remember(world, record);
    const events = this.events(world, record);
    if (events.length === 0) return undefined;
    for (const event of events) {
      const found = this.judge(world, record, event);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  // ---------------------------------------------------------------- what happened

  private mark(channelId: string, what: Past): void {
    const set = this.past.get(channelId);
    if (set === undefined) this.past.set(channelId, new Set([what]));
    else set.add(what);
  }

  private remember(world: WorldView, record: StepRecord): void {
    const { node, input } = record;
    this.stale.watch(world, record);
    this.owed.watch(world, record);
    if (record.tampered !== undefined) this.tamperedWith(world, record, record.tampered);
    switch (input.kind) {
      case 'feerate':
        this.feerates.set(node, input.feeratePerKw);
        break;
      case 'command':
        if (input.command.kind === 'force_close') this.mark(input.command.channelId, 'force-close-asked');
        break;
      case 'disconnected':
        this.interrupted(node, world.nodeName(input.peer));
        break;
      case 'crash':
        this.interrupted(node);
        break;
      case 'received':
        this.opening(world, node, input.peer, input.bytes);
        break;
      case 'stored':
      case 'restart':
      case 'connected':
      case 'chain':
        break;
    }
    for (const effect of record.effects) if (effect.kind === 'send') this.opening(world, node, effect.peer, effect.bytes);
  }

  /** Follows openings until the opener has got funding_signed: before that, a lost connection makes it forget. */
  private opening(world: WorldView, node: string, peer: PublicKey, bytes: Uint8Array): void {
    const name = nameOf(bytes);
    if (name === 'open_channel' || name === 'funding_created') {
      const message = messageOf(bytes);
      const nodes = [node, world.nodeName(peer)];
      if (message?.type === 'open_channel') this.openings.set(message.temporaryChannelId, { nodes });
      if (message?.type === 'funding_created') {
        const channelId = channelIdOf(message.fundingTxid, message.fundingOutputIndex);
        this.openings.set(message.temporaryChannelId, { nodes, channelId });
      }
    } else if (name === 'channel_ready') {
      const message = messageOf(bytes);
      if (message?.type !== 'channel_ready') return;
      for (const [id, opening] of this.openings) if (opening.channelId === message.channelId) this.openings.delete(id);
    }
  }

  private interrupted(node: string, peer?: string, what: Past = 'opening-interrupted'): void {
    for (const [temporary, { nodes, channelId }] of this.openings) {
      if (!nodes.includes(node) || (peer !== undefined && !nodes.includes(peer))) continue;
      this.mark(temporary, what);
      if (channelId !== undefined) this.mark(channelId, what);
    }
  }

  private hungUp(world: WorldView, { node, effects }: StepRecord): void {
    for (const effect of effects) if (effect.kind === 'disconnect') this.interrupted(node, world.nodeName(effect.peer), 'hung-up-on');
  }

  /** After a breach both ends may see the channel end, under either of its ids. */
  private tamperedWith(world: WorldView, { effects }: StepRecord, { channelId, asks }: Tampered): void {
    const all = asks.includes('fail-all');
    // A connection that ends takes with it what was being opened.
    const ended = effects.some(({ kind }) => kind === 'disconnect');
    for (const info of world.channels) {
      const named = channelId !== undefined && (info.channelId === channelId || info.temporaryChannelId === channelId);
      if (!all && !named && !(ended && this.openings.has(info.temporaryChannelId))) continue;
      if (info.channelId !== undefined) this.mark(info.channelId, 'tampered-with');
      this.mark(info.temporaryChannelId, 'tampered-with');
    }
  }

  /** Under both of its ids: the final one may have come later. */
  private pastOf(world: WorldView, channelId: ChannelId | undefined): ReadonlySet<Past> {
    const info = channelId && world.channels.find((known) => known.channelId === channelId);
    const past = new Set([...(this.past.get(channelId ?? '') ?? []), ...((info && this.past.get(info.temporaryChannelId)) ?? [])]);
    if (this.stale.has(channelId)) past.add('restored-older');
    return past;
  }

  // ---------------------------------------------------------------- outcomes

  private events(world: WorldView, record: StepRecord): readonly Event[] {
    const events: Event[] = [];
    for (const { channelId, before, after } of changes(world, record)) {
      if (after.phase === 'failed' && before !== undefined && before.phase !== 'failed') {
        this.failed.set(channelId, after);
        events.push({ outcome: 'failed', channelId, rule: after.failure.rule, reason: after.failure.reason });
      }
      if (after.phase === 'funded' && hasCommitments(before) && this.startsShutdown(record, before, after)) {
        events.push({ outcome: 'shutdown', channelId, rule: UNTOLD, reason: 'nobody asked for it' });
      }
    }
    for (const effect of record.effects) {
      if (effect.kind === 'send') {
        const name = nameOf(effect.bytes);
        if (name !== 'error' && name !== 'warning') continue;
        const message = messageOf(effect.bytes);
        if (message?.type === 'error' || message?.type === 'warning') {
          events.push({ outcome: message.type, channelId: message.channelId, rule: ruleOf(record), reason: text(message.data) });
        }
      } else if (effect.kind === 'disconnect')
        events.push({ outcome: 'disconnect', channelId: undefined, rule: ruleOf(record), reason: effect.reason });
      else if (effect.kind === 'notify') {
        const { channelId, event } = effect;
        // Of who shows its states a failure is seen there.
        const failed = event.kind === 'failed' && record.input.kind !== 'restart' && showsNone(world, record.node);
        if (failed || event.kind === 'forgotten')
          events.push({ outcome: failed ? 'failed' : 'forgotten', channelId, rule: event.rule, reason: event.reason });
      }
    }
    return events;
  }

  private startsShutdown({ input }: StepRecord, before: ChannelState, after: ChannelState): boolean {
    if (before.phase !== 'funded' || after.phase !== 'funded') return false;
    const asked = input.kind === 'command' && input.command.kind === 'shutdown';
    const told = input.kind === 'received' && nameOf(input.bytes) === 'shutdown';
    return !isShuttingDown(before) && isShuttingDown(after) && !asked && !told;
  }

  // ---------------------------------------------------------------- judgement

  private judge(world: WorldView, record: StepRecord, event: Event): Finding | undefined {
    const { node, input } = record;
    const received = input.kind === 'received' ? messageOf(input.bytes) : undefined;
    if (follows(world, record, received, event) || wasSilent(record, event)) return undefined;
    // Whether the condition of a licence holds can only be asked of who shows its states.
    if (showsNone(world, node) && LICENCES.some(({ name, licenses }) => licenses.includes(event.outcome) && world.licences.has(name)))
      return undefined;
    const circumstances = this.circumstances(world, record, received, event);
    const licences = LICENCES.filter(({ licenses, holds }) => licenses.includes(event.outcome) && holds(circumstances));
    // A connection that a licensed outcome has ended takes with it what was being opened, as any that is lost.
    const drawn = licences.find(
      ({ name }) => world.licences.has(name) || (name === 'opening-lost' && circumstances.past.has('hung-up-on')),
    );
    if (drawn !== undefined) {
      if (record.effects.some(({ kind }) => kind === 'disconnect')) this.hungUp(world, record);
      this.licensed.set(drawn.name, (this.licensed.get(drawn.name) ?? 0) + 1);
      return undefined;
    }
    const hint =
      licences.length === 0
        ? 'nobody has broken a rule'
        : `no fault was drawn that licenses it (${licences.map((l) => l.name).join(', ')})`;
    const common = { oracle: ORACLE, rule: event.rule, node, channel: event.channelId && channelName(world, event.channelId) };
    const refused = event.rule === 'commitment_signed.signature' ? refusedSignature(world, record, event.channelId) : undefined;
    if (refused !== undefined) return finding(world, { ...common, ...refused });
    return finding(world, {
      ...common,
      kind: event.outcome,
      message: `${node} ${DID[event.outcome]} by ${event.rule}, although ${hint}`,
      expected: 'the channel goes on, and nobody complains',
      actual: event.reason,
    });
  }

  private circumstances(world: WorldView, record: StepRecord, received: Message | undefined, event: Event): Circumstances {
    const { node } = record;
    const id = event.channelId ?? idIn(received);
    const change = changes(world, record).find(({ channelId }) => channelId === id);
    const before = change === undefined ? (statesOf(world, node).get(id as ChannelId) ?? this.failed.get(id as ChannelId)) : change.before;
    const spec = world.spec.nodes.find(({ name }) => name === node);
    let config = this.configs.get(node);
    if (config === undefined) {
      config = policyOf(spec?.config ?? {}, []);
      this.configs.set(node, config);
    }
    const feeratePerKw = this.feerates.get(node) ?? spec?.feeratePerKw ?? DEFAULT_FEERATE_PER_KW;
    const waited = this.owed.blocks(node, id as ChannelId | undefined);
    return { outcome: event.outcome, world, record, config, feeratePerKw, received, before, waited, past: this.pastOf(world, id) };
  }
}

/** Of who names no rule. */
const UNTOLD = 'untold';

/** The rule for which this step complained, or let go of a channel. */
function ruleOf({ effects }: StepRecord): string {
  for (const effect of effects) {
    if (effect.kind === 'violated') return effect.rule;
    if (effect.kind === 'notify' && (effect.event.kind === 'failed' || effect.event.kind === 'forgotten')) return effect.event.rule;
  }
  return UNTOLD;
}

/** Whether this is only what an earlier, already judged outcome leads to. */
function follows(world: WorldView, record: StepRecord, received: Message | undefined, event: Event): boolean {
  // The peer spoke of this channel's end first, and was judged for it.
  if (received?.type === 'error') {
    const same = event.channelId === undefined || received.channelId === ALL_CHANNELS || received.channelId === event.channelId;
    if (same) return true;
  }
  const { channelId } = event;
  if (channelId === undefined) {
    // A connection is closed for a reason that an error or warning of the same step has told.
    return record.effects.some(
      (effect) => effect.kind === 'send' && (nameOf(effect.bytes) === 'error' || nameOf(effect.bytes) === 'warning'),
    );
  }
  if (saidByEnded(world, record, channelId)) return true;
  if (event.outcome === 'failed') return sawFundingSpent(world, record, channelId);
  if (event.outcome === 'forgotten') return isIrrevocable(world, record.node, channelId);
  if (event.outcome === 'error' && event.rule === 'node.unknown_channel' && isIrrevocable(world, record.node, channelId)) return true;
  if (event.outcome !== 'error') return false;
  // The error of a channel that had failed before is repeated; one that fails now is judged as 'failed'.
  return statesOf(world, record.node).get(channelId)?.phase === 'failed' || endedBefore(world, record, channelId);
}

/** A message that takes its time comes too late (`answerTimeoutMs`): an honest peer is hung up on, and the channel lives. */
function wasSilent({ input }: StepRecord, { outcome, rule }: Event): boolean {
  return rule === 'node.silent_peer' && outcome === 'warning' && input.kind === 'time';
}

/** A commitment is in the block that the node has just seen: whoever broadcast it had failed the channel, and was judged for that. */
function sawFundingSpent(world: WorldView, { node, input }: StepRecord, channelId: ChannelId): boolean {
  const state = statesOf(world, node).get(channelId);
  if (input.kind !== 'chain') return false;
  const spends = (spent: Outpoint): boolean =>
    hasCommitments(state) ? isFunding(state, spent) : channelIdOf(spent.txid, spent.vout) === channelId;
  return input.blocks.flatMap(({ transactions }) => transactions).some(({ tx }) => tx.inputs.some(spends));
}

function idIn(message: Message | undefined): ChannelId | undefined {
  if (message === undefined) return undefined;
  if ('channelId' in message) return message.channelId;
  return 'temporaryChannelId' in message ? message.temporaryChannelId : undefined;
}

/** The `data` of an error or warning as text. */
function text(data: Hex): string {
  return String.fromCharCode(...fromHex(data));
}
