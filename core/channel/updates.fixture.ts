import { expect } from 'vitest';
import type { Hash32, Preimage } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Side } from '../transactions/types.ts';
import type { Message } from '../wire/messages/index.ts';
import type { Duo } from './duo.fixture.ts';
import { brokenRule, bytes32 } from './duo.fixture.ts';
import type { RuleId } from '../rules.ts';
import type { ChannelCommand, ChannelOutput } from './model/channel-vocabulary.ts';
import type { AddUpdate, FailedState, Update } from './model/state.ts';
import { ownPayment } from './model/origin.ts';

export const ONION = new Uint8Array(1366).fill(5);

export function secretOf(n: number): { readonly preimage: Preimage; readonly paymentHash: Hash32 } {
  const preimage = bytes32<Preimage>(n);
  return { preimage, paymentHash: sha256Hex(noble, preimage) };
}

/** An HTLC as it stands in a log. */
export function htlc(offerer: Side, id: bigint, amountMsat: bigint, changes: Partial<AddUpdate> = {}): AddUpdate {
  const { paymentHash } = secretOf(Number(id) + 1);
  return { kind: 'add', offerer, id, amountMsat, paymentHash, cltvExpiry: 300, onion: ONION, ...changes };
}

type AddCommand = Extract<ChannelCommand, { kind: 'add' }>;

/** Payment `n` has the id `n` and the preimage `secretOf(n)`. */
export function addCommand(duo: Duo, n: number, changes: Partial<AddCommand> = {}): AddCommand {
  const origin = ownPayment(n.toString(16).padStart(2, '0'));
  const { paymentHash } = secretOf(n);
  return {
    kind: 'add',
    channelId: duo.channelId,
    origin,
    amountMsat: 50_000_000n,
    paymentHash,
    cltvExpiry: 300,
    onion: ONION,
    ...changes,
  };
}

export function add(duo: Duo, side: Side, n: number, changes: Partial<AddCommand> = {}): readonly ChannelOutput[] {
  return duo.command(side, addCommand(duo, n, changes));
}

export function fulfill(duo: Duo, side: Side, id: bigint, n: number): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'fulfill', channelId: duo.channelId, id, preimage: secretOf(n).preimage });
}

export function fail(duo: Duo, side: Side, id: bigint): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'fail', channelId: duo.channelId, id, reason: 'beef' });
}

export function fee(duo: Duo, feeratePerKw: number): readonly ChannelOutput[] {
  return duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw });
}

/** The rule for which a command was refused. A refusal has no other effect. */
export function refusalOf(effects: readonly ChannelOutput[]): RuleId | undefined {
  const refused = effects.find((effect) => effect.kind === 'refused');
  if (refused?.kind !== 'refused') return undefined;
  expect(effects).toHaveLength(1);
  return refused.rule;
}

/** A command that is refused for this rule, and leaves the very same state. */
export function expectRefused(duo: Duo, side: Side, command: ChannelCommand, rule: RuleId): void {
  const before = duo.ends[side].state;
  expect(refusalOf(duo.command(side, command))).toBe(rule);
  expect(duo.ends[side].state).toBe(before);
}

/** A message that fails the receiver's channel for this rule; the failed state. */
export function expectFailed(duo: Duo, side: Side, message: Message, rule: RuleId): FailedState {
  expect(brokenRule(duo.message(side, message))).toBe(rule);
  const { state } = duo.ends[side];
  if (state.phase !== 'failed') throw new Error(`${side} is ${state.phase}`);
  expect(state.failure.rule).toBe(rule);
  return state;
}

/** A message that breaks this rule and changes nothing: a warning, and the connection, which may mend it, ends. */
export function expectHungUp(duo: Duo, side: Side, message: Message, rule: RuleId): void {
  expect(expectWarning(duo, side, message, rule)).toEqual(['violated', 'warning', 'disconnect']);
}

/** A message that breaks this rule, changes nothing, and is warned about: the connection goes on. */
export function expectWarned(duo: Duo, side: Side, message: Message, rule: RuleId): void {
  expect(expectWarning(duo, side, message, rule)).toEqual(['violated', 'warning']);
}

function expectWarning(duo: Duo, side: Side, message: Message, rule: RuleId): readonly string[] {
  const before = duo.ends[side].state;
  const effects = duo.message(side, message);
  expect(brokenRule(effects)).toBe(rule);
  expect(duo.ends[side].state).toEqual(before);
  return effects.map((effect) => (effect.kind === 'send' ? effect.message.type : effect.kind));
}

export function messages(effects: readonly ChannelOutput[]): readonly Message[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
}

export function events(effects: readonly ChannelOutput[]) {
  return effects.flatMap((effect) => {
    if (effect.kind === 'htlc_resolved') return [{ kind: 'event' as const, id: effect.eventId, event: effect.resolution }];
    return effect.kind === 'notify' ? [effect.event] : [];
  });
}

/** The HTLCs that a channel presents. */
export function irrevocable(effects: readonly ChannelOutput[]) {
  return effects.filter((effect) => effect.kind === 'htlc_irrevocable');
}

/** Both ends say the same, and nothing is under way. */
export function expectQuiet(duo: Duo): void {
  const [opener, accepter] = [duo.funded('opener').shared, duo.funded('accepter').shared];
  expect(opener).toEqual(accepter);
  expect(opener.logs).toEqual({ opener: [], accepter: [] });
}

export function kindsOf(updates: readonly Update[]): readonly string[] {
  return updates.map((update) => ('id' in update ? `${update.kind} ${update.id}` : `${update.kind} ${update.feeratePerKw}`));
}
