import { isClosed, statusOf } from '../../core/channel/model/ending.ts';
import { txid } from '../../core/bitcoin/tx.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type {
  Change,
  AskedOfReceiver,
  DriverEffect,
  Finding,
  Forbidden,
  Oracle,
  StepRecord,
  Tampered,
  WorldView,
} from '../scenario/types.ts';
import { contentsOf, txidsOf } from '../model/commitment-contents.ts';
import { changes, channelName, hasCommitments, messageOf, nameOf, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { finding } from './difference.ts';
import { OVERSPENT, overspending } from './overspending.ts';
import type { Overspending } from './overspending.ts';
import { grouped } from '../scenario/text.ts';

const ORACLE = 'hostile';
const DEEDS = ['disconnected', 'sent-an-error', 'sent-a-warning', 'ignored-it', 'swallowed-it'] as const;
const LOSSES = ['gave-up-its-commitment', 'another-commitment', 'lost-money'] as const;
const REFUSALS = ['obeyed', 'refused-yet-changed', 'refused-yet-acted'] as const;
const KINDS = [...REFUSALS, ...OVERSPENT, ...DEEDS, 'changed', 'affected', 'told-the-peer', ...LOSSES] as const;
type Kind = (typeof KINDS)[number];

/**
 * A peer that breaks the protocol gets what BOLT asks for, at once; it reaches no other channel, costs its honest peer nothing, and learns
 * nothing from it. A host that asks for what is forbidden is refused, and nothing has changed.
 */
export function createHostile(): Oracle {
  return build(new Map());
}

/** `owed`: by node and channel, the error that waits for the node's own channel_reestablish, and what to say if it never comes. */
function build(owed: Map<string, Finding>): Oracle {
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: ['channels'],
    step(world, record) {
      // At every step, so that what the next one changes is known.
      changes(world, record);
      if (owed.size > 0) settleDebts(owed, world, record);
      if (record.forbidden !== undefined) return refused(world, record, record.forbidden);
      return record.tampered === undefined ? undefined : judge(new Answer(world, record, record.tampered), owed);
    },
    settled: () => owed.values().next().value,
    fork: () => build(new Map(owed)),
  };
}

function debtOf(node: string, channelId: ChannelId): string {
  return `${node}/${channelId}`;
}

/** It has come, in this connection or the next, or a restart has undone the failure. */
function settleDebts(owed: Map<string, Finding>, world: WorldView, { node, input, effects }: StepRecord): void {
  for (const effect of effects) {
    if (effect.kind === 'send' && effect.channelId !== undefined && nameOf(effect.bytes) === 'error')
      owed.delete(debtOf(node, effect.channelId));
  }
  if (input.kind !== 'restart') return;
  const states = statesOf(world, node);
  for (const key of owed.keys()) {
    const [debtor, channelId] = key.split('/') as [string, ChannelId];
    if (debtor === node && states.get(channelId)?.phase !== 'failed') owed.delete(key);
  }
}

// ---------------------------------------------------------------- hosts

function refused(world: WorldView, record: StepRecord, forbidden: Forbidden): Finding | undefined {
  const [effect, ...more] = record.effects;
  const changed = changes(world, record);
  if (effect?.kind === 'refused' && more.length === 0 && changed.length === 0) return undefined;
  const { node } = record;
  const common = {
    oracle: ORACLE,
    rule: forbidden.rule,
    node,
    channel: changed[0] && channelName(world, changed[0].channelId),
    expected: 'a refusal, and nothing else',
  };
  const asked = `${node}'s host asked for what is forbidden (${forbidden.name})`;
  if (effect?.kind === 'refused') {
    const [kind, message]: [Kind, string] =
      changed.length > 0
        ? ['refused-yet-changed', `${asked}: it refused, yet changed its state`]
        : ['refused-yet-acted', `${asked}: it refused, yet did something`];
    return finding(world, { ...common, kind, message, actual: record.effects.map(({ kind: what }) => what) });
  }
  const beyond = goesBeyond(world, record, forbidden);
  if (beyond === undefined) {
    const did = record.effects.map(({ kind: what }) => what);
    return finding(world, { ...common, kind: 'obeyed', message: `${asked}: it obeyed`, actual: did });
  }
  const { kind, allowedMsat, offeredMsat, reserveMsat, costMsat } = beyond;
  const lacking = kind === 'obeyed' ? '' : `, as if it had to keep no ${kind.slice('obeyed-without-'.length).replaceAll('-', ' ')}`;
  return finding(world, {
    ...common,
    kind,
    message: `${node} offers up to ${grouped(offeredMsat)} msat where ${grouped(allowedMsat)} msat is the most${lacking}`,
    expected: `at most ${grouped(allowedMsat)} msat: ${grouped(reserveMsat)} msat are its reserve, ${grouped(costMsat)} msat for fees`,
    actual: `up to ${grouped(offeredMsat)} msat, ${grouped(offeredMsat - allowedMsat)} msat more`,
  });
}

function goesBeyond(world: WorldView, { node, input }: StepRecord, { before }: Forbidden): Overspending | undefined {
  if (before === undefined || input.kind !== 'command' || input.command.kind !== 'add') return undefined;
  return overspending(world, node, before, input.command);
}

// ---------------------------------------------------------------- peers

/** What one node did with one message that breaks the protocol. */
class Answer {
  readonly world: WorldView;
  readonly record: StepRecord;
  readonly tampered: Tampered;
  /** Other than by a connection that ended. */
  readonly changed: readonly Change[];
  /** The ids under which the channel goes that the message was for. */
  readonly target: ReadonlySet<string>;

  constructor(world: WorldView, record: StepRecord, tampered: Tampered) {
    this.world = world;
    this.record = record;
    this.tampered = tampered;
    this.changed = changes(world, record).filter((change) => !(this.disconnects && isDisconnection(change)));
    const { channelId } = tampered;
    const info = channelId && world.channels.find((known) => known.channelId === channelId || known.temporaryChannelId === channelId);
    this.target = new Set([channelId, info?.channelId, info?.temporaryChannelId].filter((id) => id !== undefined));
  }

  /** The message was for every channel with the peer. */
  get forAll(): boolean {
    return this.tampered.asks.includes('fail-all');
  }

  sends(name: 'error' | 'warning'): boolean {
    return this.record.effects.some((effect) => effect.kind === 'send' && nameOf(effect.bytes) === name);
  }

  get cameAsError(): boolean {
    const { input } = this.record;
    return input.kind === 'received' && nameOf(input.bytes) === 'error';
  }

  get disconnects(): boolean {
    return this.record.effects.some((effect) => effect.kind === 'disconnect');
  }

  /** The channel had ended before: nothing more is asked for it. */
  get tooLate(): boolean {
    if (this.tampered.channelId === undefined || this.changed.length > 0) return false;
    for (const id of this.target) {
      const state = statesOf(this.world, this.record.node).get(id as ChannelId);
      if (state !== undefined && (state.phase === 'failed' || isClosed(state))) return true;
    }
    return false;
  }

  finding(rule: string, kind: Kind, expected: unknown, actual: unknown): Finding {
    const { world, record, tampered } = this;
    return finding(world, {
      oracle: ORACLE,
      rule,
      kind,
      node: record.node,
      channel: tampered.channelId && channelName(world, tampered.channelId),
      message: `${record.node} got ${tampered.name}: ${kind.replaceAll('-', ' ')}`,
      expected,
      actual,
    });
  }
}

function judge(answer: Answer, owed: Map<string, Finding>): Finding | undefined {
  const found = strays(answer) ?? leaks(answer);
  if (found !== undefined || answer.tooLate) return found;
  const { asks, name } = answer.tampered;
  if (!asks.some((asked) => does(answer, asked))) {
    const found = answer.finding(name, deed(answer), asks.join(' or '), told(answer));
    if (!asks.includes('fail-channel') || !isOver(answer) || !defers(answer)) return found;
    for (const { channelId } of answer.changed) owed.set(debtOf(answer.record.node, channelId), found);
  }
  return loses(answer);
}

/** BOLT 2, upon disconnection: what the peer has not signed for is forgotten, and nothing else. */
function isDisconnection({ before, after }: Change): boolean {
  if (before?.phase !== 'funded' || after.phase !== 'funded' || after.lifecycle.connection !== 'disconnected') return false;
  const [had, has] = [before.shared, after.shared];
  const { us } = before.params;
  const kept = had.base === has.base && had.commitments === has.commitments && had.logs[us] === has.logs[us];
  return kept && before.durability.version === after.durability.version && before.fundings === after.fundings;
}

/** Whether this is what the node did, and nothing but this. */
function does(answer: Answer, asked: AskedOfReceiver): boolean {
  const { changed, record } = answer;
  const unchanged = changed.length === 0;
  switch (asked) {
    case 'fail-channel':
      return isOver(answer) && (answer.cameAsError || answer.sends('error'));
    case 'fail-all':
      return allOver(answer);
    case 'warn-and-disconnect':
      return unchanged && answer.disconnects;
    case 'warn':
      return unchanged && answer.sends('warning') && !answer.disconnects;
    case 'answer':
      return unchanged && answer.sends('error') && !answer.disconnects;
    case 'ignore':
      return unchanged && isQuiet(record);
  }
}

/** Nothing came of it, but that its words were told to the host. */
function isQuiet({ effects }: StepRecord): boolean {
  return effects.every(({ kind }) => kind === 'heard');
}

/** An error does not overtake the node's own channel_reestablish, which may wait for a store: a peer that has lost data is to see that first. */
function defers({ changed }: Answer): boolean {
  return (
    changed.length > 0 && changed.every(({ before }) => before?.phase === 'funded' && before.lifecycle.connection === 'reestablishing')
  );
}

/** The channel that the message was for has failed, or, before it was funded, is no more. */
function isOver({ world, record, target }: Answer): boolean {
  const states = statesOf(world, record.node);
  return [...target].every((id) => {
    const state = states.get(id as ChannelId);
    return state === undefined || statusOf(state) === 'failed';
  });
}

function allOver({ world, record: { node, input } }: Answer): boolean {
  for (const state of statesOf(world, node).values()) {
    if ((state.phase !== 'funded' && state.phase !== 'opening') || isClosed(state)) continue;
    if (input.kind === 'received' && input.peer === (state.phase === 'opening' ? state.peer : state.params.peer)) return false;
  }
  return true;
}

function deed(answer: Answer): (typeof DEEDS)[number] {
  if (answer.disconnects) return 'disconnected';
  if (answer.sends('error')) return 'sent-an-error';
  if (answer.sends('warning')) return 'sent-a-warning';
  return answer.changed.length === 0 && isQuiet(answer.record) ? 'ignored-it' : 'swallowed-it';
}

function told({ record }: Answer): readonly string[] {
  return record.effects.map((effect) => (effect.kind === 'send' ? (nameOf(effect.bytes) ?? 'send') : effect.kind));
}

/** BOLT 1: what is wrong with one channel is none of any other's business. */
function strays(answer: Answer): Finding | undefined {
  if (answer.forAll) return undefined;
  const { changed, record, target } = answer;
  const other = changed.find(({ channelId }) => !target.has(channelId));
  if (other !== undefined) return answer.finding('other-channels', 'changed', 'the same state', other.after.phase);
  const isStray = (effect: DriverEffect): boolean => {
    if (!('channelId' in effect) || effect.kind === 'send' || effect.channelId === undefined || target.has(effect.channelId)) return false;
    // A channel that was being opened ends with its connection.
    return !(answer.disconnects && effect.kind === 'notify' && effect.event.kind === 'forgotten');
  };
  const stray = record.effects.find(isStray);
  return stray && answer.finding('other-channels', 'affected', 'no effect', stray.kind);
}

/** Whoever breaks the protocol hears no more than that: no secret, no signature, no preimage. */
function leaks(answer: Answer): Finding | undefined {
  const said = answer.record.effects.find((effect) => effect.kind === 'send' && !isComplaint(effect));
  if (said?.kind !== 'send') return undefined;
  return answer.finding(`leak.${nameOf(said.bytes) ?? 'other'}`, 'told-the-peer', 'an error or a warning', messageOf(said.bytes));
}

function isComplaint(effect: Extract<DriverEffect, { kind: 'send' }>): boolean {
  const name = nameOf(effect.bytes);
  return name === 'error' || name === 'warning';
}

/** The node can still enforce its commitment, and that gives it what it gave it before. */
function loses(answer: Answer): Finding | undefined {
  for (const { before, after } of answer.changed) {
    if (after.phase !== 'failed' || !hasCommitments(before)) continue;
    const tx = after.failure.commitmentToBroadcast;
    // Who came back with an old state may learn from anybody that it must not be broadcast.
    if (tx === undefined) {
      if (answer.world.licences.has('stale-backup')) continue;
      return answer.finding('broadcast', 'gave-up-its-commitment', 'its commitment transaction', 'none');
    }
    const { us } = before.params;
    const [known] = txidsOf(before, us, before.shared.commitments[us].current);
    const id = txid(answer.world.crypto, tx);
    if (id !== known) return answer.finding('broadcast', 'another-commitment', known, id);
    const [had, has] = [worthMsat(before), worthMsat(after)];
    if (has < had) return answer.finding('balance', 'lost-money', had, has);
  }
  return undefined;
}

/** What a node's own commitment brings it: its balance, and what it has offered and may take back. */
function worthMsat(state: WithCommitments & ChannelState): bigint {
  const { us } = state.params;
  const contents = contentsOf(state.shared, state.shared.commitments[us].current);
  if (typeof contents === 'string') return 0n;
  let worth = contents.balanceMsat[us];
  for (const htlc of contents.htlcs) if (htlc.offerer === us) worth += htlc.amountMsat;
  return worth;
}
