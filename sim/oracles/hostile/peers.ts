import { isClosed, statusOf } from '../../../core/channel/model/ending.ts';
import { txid } from '../../../core/bitcoin/tx.ts';
import type { ChannelState } from '../../../core/channel/model/state.ts';
import type { ChannelId } from '../../../core/crypto/bytes.ts';
import { contentsOf, otherSide, txidsOf } from '../../model/commitment-contents.ts';
import type { AskedOfReceiver, Change, DriverEffect, Finding, StepRecord, Tampered, WorldView } from '../../scenario/types.ts';
import { changes, channelName, channelOf, hasCommitments, messageOf, nameOf, statesOf } from '../../world/channel-changes.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';
import { finding } from '../difference.ts';

const ORACLE = 'hostile';
const DEEDS = ['disconnected', 'sent-an-error', 'sent-a-warning', 'ignored-it', 'swallowed-it'] as const;
const LOSSES = ['gave-up-its-commitment', 'another-commitment', 'lost-money'] as const;
export const PEER_KINDS = [...DEEDS, 'changed', 'affected', 'told-the-peer', 'told-nobody', ...LOSSES] as const;
type Kind = (typeof PEER_KINDS)[number];

const DID = {
  disconnected: 'hung up',
  'sent-an-error': 'sent an error',
  'sent-a-warning': 'sent a warning',
  'ignored-it': 'did nothing at all',
  'swallowed-it': 'went on as if it were right',
  changed: 'changed another channel',
  affected: 'did something to another channel',
  'told-the-peer': 'told it more than that',
  'told-nobody': 'did not tell its host',
  'gave-up-its-commitment': 'can broadcast no commitment any more',
  'another-commitment': 'would broadcast another commitment than it had',
  'lost-money': 'lost money by it',
} as const satisfies Record<Kind, string>;

const ASKED = {
  'fail-channel': 'fail the channel, with an error',
  'fail-all': 'fail all channels with this peer',
  'warn-and-disconnect': 'warn and hang up',
  warn: 'warn',
  answer: 'answer with an error',
  ignore: 'ignore it',
} as const satisfies Record<AskedOfReceiver, string>;

/** `update_fulfill_htlc.wrong-preimage` as `update_fulfill_htlc: wrong preimage`. */
function wordsOf({ name }: Tampered): string {
  return name.replace('.', ': ').replaceAll('-', ' ');
}

/** Errors that a node owes, by node and channel: they wait for its own channel_reestablish. With what to say if one never comes. */
export type Owed = Map<string, Finding>;

export function debtOf(node: string, channelId: ChannelId): string {
  return `${node}/${channelId}`;
}

/** A peer that breaks the protocol gets what BOLT asks for, reaches no other channel, costs nothing, and learns nothing from it. */
export function answered(world: WorldView, record: StepRecord, tampered: Tampered, owed: Owed): Finding | undefined {
  return judge(new Answer(world, record, tampered), owed);
}

/** What one node did with one message that breaks the protocol. */
class Answer {
  readonly world: WorldView;
  readonly record: StepRecord;
  readonly tampered: Tampered;
  /** Other than by a connection that ended, and other than `upstream`. */
  readonly changed: readonly Change[];
  /** Channels in which HTLCs are failed that can't go on any more. */
  readonly upstream: ReadonlySet<string>;
  /** The ids under which the channel goes that the message was for. */
  readonly target: ReadonlySet<string>;

  constructor(world: WorldView, record: StepRecord, tampered: Tampered) {
    this.world = world;
    this.record = record;
    this.tampered = tampered;
    const { channelId } = tampered;
    const info = channelId && world.channels.find((known) => known.channelId === channelId || known.temporaryChannelId === channelId);
    this.target = new Set([channelId, info?.channelId, info?.temporaryChannelId].filter((id) => id !== undefined));
    const changed = changes(world, record).filter((change) => !(this.disconnects && isDisconnection(change)));
    this.upstream = new Set(
      changed.filter((change) => !this.target.has(change.channelId) && failsAlone(change)).map((one) => one.channelId),
    );
    this.changed = changed.filter((change) => !this.upstream.has(change.channelId));
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
      message: `${record.node} got from a dishonest peer ${wordsOf(tampered)}, and ${DID[kind]}`,
      expected,
      actual,
    });
  }
}

function judge(answer: Answer, owed: Owed): Finding | undefined {
  const found = strays(answer) ?? leaks(answer) ?? keepsToItself(answer);
  if (found !== undefined || answer.tooLate) return found;
  const { asks, name } = answer.tampered;
  if (!asks.some((asked) => does(answer, asked))) {
    const found = answer.finding(name, deed(answer), asks.map((asked) => ASKED[asked]).join(', or '), told(answer));
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

function told({ record, changed }: Answer): string {
  const sent = record.effects.map((effect) => (effect.kind === 'send' ? `sent ${nameOf(effect.bytes) ?? 'a message'}` : effect.kind));
  const state = changed.length > 0 ? 'its state is another one' : 'its state is the same';
  return [...(sent.length === 0 ? ['sent nothing'] : sent), state].join(', ');
}

/** BOLT 1: what is wrong with one channel is none of any other's business. */
function strays(answer: Answer): Finding | undefined {
  if (answer.forAll) return undefined;
  const { changed, record, target } = answer;
  const other = changed.find(({ channelId }) => !target.has(channelId));
  if (other !== undefined) return answer.finding('other-channels', 'changed', 'the same state', other.after.phase);
  const isStray = (effect: DriverEffect): boolean => {
    if (!('channelId' in effect) || effect.kind === 'send' || effect.channelId === undefined) return false;
    if (target.has(effect.channelId) || answer.upstream.has(effect.channelId)) return false;
    // A channel that was being opened ends with its connection.
    return !(answer.disconnects && effect.kind === 'notify' && effect.event.kind === 'forgotten');
  };
  const stray = record.effects.find(isStray);
  return stray && answer.finding('other-channels', 'affected', 'no effect', stray.kind);
}

/** Nothing but that HTLCs of the peer are failed, as where they were to go on by a channel that has just ended. */
function failsAlone({ before, after }: Change): boolean {
  if (before?.phase !== 'funded' || after.phase !== 'funded' || after.shared.base !== before.shared.base) return false;
  const { us } = after.params;
  const [was, is] = [before.shared.logs, after.shared.logs];
  const added = is[us].slice(was[us].length);
  const isSame = is[otherSide(us)] === was[otherSide(us)] && was[us].every((update, i) => update === is[us][i]);
  return isSame && added.length > 0 && added.every(({ kind }) => kind === 'fail' || kind === 'fail_malformed');
}

/** Whoever breaks the protocol hears no more than that: no secret, no signature, no preimage. */
function leaks(answer: Answer): Finding | undefined {
  const said = answer.record.effects.find(
    (effect) => effect.kind === 'send' && !isComplaint(effect) && !answer.upstream.has(channelOf(effect)),
  );
  if (said?.kind !== 'send') return undefined;
  return answer.finding(`leak.${nameOf(said.bytes) ?? 'other'}`, 'told-the-peer', 'an error or a warning', messageOf(said.bytes));
}

/** Whoever judges peers hears of each that has broken a rule, in the step that complains of it. */
function keepsToItself(answer: Answer): Finding | undefined {
  const { effects } = answer.record;
  if (answer.cameAsError || !(answer.disconnects || answer.sends('error') || answer.sends('warning'))) return undefined;
  if (effects.some(({ kind }) => kind === 'violated')) return undefined;
  return answer.finding('violated', 'told-nobody', 'the broken rule', told(answer));
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
