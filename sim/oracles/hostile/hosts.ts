import { FORBIDDEN_BY } from '../../actions/users/forbidden-rules.ts';
import { contentsAt, otherSide, signableCut } from '../../model/commitment-contents.ts';
import { grouped, plural } from '../../scenario/text.ts';
import type { DriverEffect, Finding, Forbidden, StepRecord, WorldView } from '../../scenario/types.ts';
import { changes, channelName, nameOf, peerName, statesOf } from '../../world/channel-changes.ts';
import { finding } from '../difference.ts';
import { OVERSPENT, overspending } from './overspending.ts';
import type { Overspending } from './overspending.ts';

const REFUSALS = ['obeyed', 'refused-yet-changed', 'refused-yet-acted'] as const;
export const HOST_KINDS = [...REFUSALS, ...OVERSPENT] as const;

/** A host that asks for what is forbidden is refused, and nothing has changed. */
export function refused(world: WorldView, record: StepRecord, forbidden: Forbidden): Finding | undefined {
  const [effect, ...more] = record.effects;
  const changed = changes(world, record);
  if (effect?.kind === 'refused' && more.length === 0 && changed.length === 0) return undefined;
  const { node } = record;
  const common = {
    oracle: 'hostile',
    rule: forbidden.rule,
    node,
    channel: changed[0] && channelName(world, changed[0].channelId),
    expected: 'a refusal, and nothing else',
    actual: deedsOf(record.effects),
  };
  const words = FORBIDDEN_BY[forbidden.name]?.words ?? forbidden.name;
  if (effect?.kind === 'refused') {
    const yet = changed.length > 0 ? 'its state is another one now' : 'it did something';
    const message = `${node} refused to ${words}, yet ${yet}`;
    return finding(world, { ...common, kind: changed.length > 0 ? 'refused-yet-changed' : 'refused-yet-acted', message });
  }
  const beyond = goesBeyond(world, record, forbidden);
  if (beyond !== undefined) return finding(world, { ...common, ...overspent(node, beyond) });
  const limit = limitMet(world, record, forbidden.rule);
  const message = `${node} obeyed when its host asked it to ${words}`;
  if (limit === undefined) return finding(world, { ...common, kind: 'obeyed', message });
  const { owner, name, value, met } = limit;
  return finding(world, {
    ...common,
    kind: 'obeyed',
    message: `${message}: ${owner} set ${name} to ${value}, and now it is ${met}`,
    expected: `${value}, ${name} of ${owner}`,
    actual: met,
  });
}

/** What a step did, in the words of the BOLTs. */
function deedsOf(effects: readonly DriverEffect[]): string {
  const deeds = effects.flatMap((effect) => {
    if (effect.kind === 'send') return [`sent ${nameOf(effect.bytes) ?? 'a message'}`];
    return effect.kind === 'added' ? [] : [effect.kind];
  });
  return deeds.length === 0 ? 'nothing, and no refusal' : deeds.join(', ');
}

function goesBeyond(world: WorldView, { node, input }: StepRecord, { before }: Forbidden): Overspending | undefined {
  if (before === undefined || input.kind !== 'command' || input.command.kind !== 'add') return undefined;
  return overspending(world, node, before, input.command);
}

function overspent(
  node: string,
  { kind, allowedMsat, offeredMsat, reserveMsat, costMsat }: Overspending,
): Pick<Finding, 'kind' | 'message' | 'expected' | 'actual'> {
  const lacking = kind === 'obeyed' ? '' : `, as if it had to keep no ${kind.slice('obeyed-without-'.length).replaceAll('-', ' ')}`;
  return {
    kind,
    message: `${node} offers up to ${grouped(offeredMsat)} msat where ${grouped(allowedMsat)} msat is the most${lacking}`,
    expected: `at most ${grouped(allowedMsat)} msat: ${grouped(reserveMsat)} msat are its reserve, ${grouped(costMsat)} msat for fees`,
    actual: `up to ${grouped(offeredMsat)} msat, ${grouped(offeredMsat - allowedMsat)} msat more`,
  };
}

interface LimitMet {
  readonly owner: string;
  readonly name: string;
  readonly value: string;
  readonly met: string;
}

/** The limit that the peer set at opening and that this rule holds, with what it comes to now. */
function limitMet(world: WorldView, { node, input }: StepRecord, rule: string): LimitMet | undefined {
  if (input.kind !== 'command' || input.command.kind !== 'add') return undefined;
  const state = statesOf(world, node).get(input.command.channelId);
  if (state?.phase !== 'funded') return undefined;
  const { us, parties } = state.params;
  const { maxAcceptedHtlcs, maxHtlcValueInFlightMsat, htlcMinimumMsat } = parties[otherSide(us)];
  const contents = contentsAt(state.shared, signableCut(state.shared, us));
  const offered = typeof contents === 'string' ? [] : contents.htlcs.filter(({ offerer }) => offerer === us);
  const owner = peerName(world, state);
  const msat = (amount: bigint): string => `${grouped(amount)} msat`;
  switch (rule) {
    case 'update_add_htlc.max_accepted_htlcs':
      return { owner, name: 'max_accepted_htlcs', value: `${maxAcceptedHtlcs}`, met: plural(offered.length, 'HTLC') };
    case 'update_add_htlc.max_htlc_value_in_flight_msat': {
      const sum = offered.reduce((all, { amountMsat }) => all + amountMsat, 0n);
      return { owner, name: 'max_htlc_value_in_flight_msat', value: msat(maxHtlcValueInFlightMsat), met: msat(sum) };
    }
    case 'update_add_htlc.htlc_minimum_msat':
      return { owner, name: 'htlc_minimum_msat', value: msat(htlcMinimumMsat), met: msat(input.command.amountMsat) };
    default:
      return undefined;
  }
}
