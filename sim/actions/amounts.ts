import { dearestOpenerCostSat } from '../../core/channel/operate/limits.ts';
import { contents, cutToSign } from '../../core/channel/model/contents.ts';
import { htlcTxFeeSat } from '../../core/transactions/fees.ts';
import type { Choices } from '../deterministic/random.ts';
import { between, chance, pick } from '../deterministic/random.ts';
import type { FundedState } from '../../core/channel/model/state.ts';
import type { ChannelInfo } from '../scenario/types.ts';
import { otherParty } from '../world/channel-changes.ts';
import type { World } from '../world/world.ts';
import type { TalkingEnd, UsableEnd } from './usable-ends.ts';
import { fundingOf } from '../model/commitment-contents.ts';

/** Feerates between which honest estimates of one time lie, in satoshi per 1000 weight: any two are tolerable to each other. */
export const CALM_FEERATES = { min: 1250, max: 5000 } as const;

/** HTLCs of the peer for which a careful opener keeps fees aside: more than cross its own in any run. */
const CAREFUL_HTLCS = 20;

type Range = { readonly minMsat: bigint; readonly maxMsat: bigint };

/** An amount that lies where implementations differ: at limits, at the edge of dust, everything, almost nothing. */
export function interestingAmount(world: World, end: TalkingEnd, choices: Choices): bigint | undefined {
  const range = carefulRange(world, end);
  if (range === undefined || range.maxMsat < range.minMsat) return undefined;
  const { minMsat, maxMsat } = range;
  const within = (amount: bigint): bigint => (amount < minMsat ? minMsat : amount > maxMsat ? maxMsat : amount);
  switch (choices.int(9)) {
    case 0:
      return minMsat;
    case 1:
      return within(minMsat + BigInt(choices.int(1000)));
    case 2:
    case 3:
      return within(end.state === undefined ? maxMsat / 2n : aroundDust(end.state, choices));
    case 4:
      return maxMsat;
    case 5:
      return within(maxMsat / BigInt(between(choices, 2, 8)));
    default:
      return within(BigInt(between(choices, 1, 200)) * 1_000_000n + BigInt(chance(choices, 1, 3) ? choices.int(1000) : 0));
  }
}

/** Whether an honest user may send this much now. */
export function isSendable(world: World, end: TalkingEnd, amountMsat: bigint): boolean {
  const range = carefulRange(world, end);
  return range !== undefined && amountMsat >= range.minMsat && amountMsat <= range.maxMsat;
}

/** A feerate at which an HTLC in flight is trimmed on some commitment, or just not any more (BOLT 3, Trimmed Outputs). */
export function trimmingFeerate({ state }: UsableEnd, choices: Choices): number | undefined {
  const { parties, us } = state.params;
  const { format } = fundingOf(state);
  const { htlcs } = contents(state.shared, cutToSign(state.shared, us));
  if (format === 'anchors' || htlcs.length === 0) return undefined;
  const owner = pick(choices, ['opener', 'accepter'] as const);
  const { amountMsat } = pick(choices, htlcs);
  const weight = pick(choices, [663, 703]);
  const edge = Math.floor((Number(amountMsat / 1000n - parties[owner].dustLimitSat) * 1000) / weight);
  return edge + pick(choices, [-1, 0, 1, 2]);
}

/** Within a few millisatoshis of what either commitment trims. */
function aroundDust(state: FundedState, choices: Choices): bigint {
  const { parties } = state.params;
  const { format } = fundingOf(state);
  const owner = pick(choices, ['opener', 'accepter'] as const);
  const feeSat = htlcTxFeeSat(format, state.shared.base.feeratePerKw, pick(choices, ['timeout', 'success'] as const));
  return (parties[owner].dustLimitSat + feeSat) * 1000n + BigInt(pick(choices, [-1000, -1, 0, 1, 999]));
}

/** What the node says it can send; as the opener, less what it would cost it when HTLCs of the peer cross, unless that is licensed. */
function carefulRange(world: World, end: TalkingEnd): Range | undefined {
  const id = end.info.channelId;
  const driver = world.driver(end.node);
  const range = id === undefined ? undefined : driver?.sendable?.(id);
  if (end.state === undefined) return driver?.sendable === undefined ? guessedRange(world, end) : both(range, guessedRange(world, end));
  if (range === undefined || world.licences.has('opener-short')) return range;
  const spareMsat = openerSpareMsat(end.state, end.state.shared.base.feeratePerKw);
  if (end.state.params.us === 'accepter') return spareMsat >= 0n ? range : undefined;
  return { minMsat: range.minMsat, maxMsat: range.maxMsat < spareMsat ? range.maxMsat : spareMsat };
}

function both(a: Range | undefined, b: Range | undefined): Range | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { minMsat: a.minMsat > b.minMsat ? a.minMsat : b.minMsat, maxMsat: a.maxMsat < b.maxMsat ? a.maxMsat : b.maxMsat };
}

/** No less than this is sent by who shows nothing: on no commitment is it dust. */
const PLAINLY_MORE_THAN_DUST_MSAT = 8_000_000n;

/**
 * What a node that shows no states can plainly send: half of what its peer shows that it has, or a fiftieth of the channel where that shows
 * none either. It may still refuse.
 */
export function guessedRange(world: World, { node, info }: { readonly node: string; readonly info: ChannelInfo }): Range | undefined {
  const state = world.channelState(otherParty(info, node), info.name);
  let maxMsat = info.fundingSat * 20n;
  if (state?.phase === 'funded') {
    const side = node === info.opener ? 'opener' : 'accepter';
    const { balanceMsat } = contents(state.shared, cutToSign(state.shared, state.params.us));
    const spareMsat = openerSpareMsat(state, state.shared.base.feeratePerKw);
    const hasMsat = balanceMsat[side] - fundingOf(state).reserveSat[side] * 1000n;
    maxMsat = (hasMsat < spareMsat ? hasMsat : spareMsat) / 2n;
  }
  return maxMsat < PLAINLY_MORE_THAN_DUST_MSAT ? undefined : { minMsat: PLAINLY_MORE_THAN_DUST_MSAT, maxMsat };
}

/** What the opener has beyond its reserve and the fees of many more HTLCs at this feerate, in millisatoshi; negative when it lacks some. */
export function openerSpareMsat(state: FundedState, feeratePerKw: number): bigint {
  const { params, shared } = state;
  const now = contents(shared, cutToSign(shared, params.us));
  const rate = feeratePerKw > now.feeratePerKw ? feeratePerKw : now.feeratePerKw;
  const costSat = dearestOpenerCostSat(params, fundingOf(state), now, rate, CAREFUL_HTLCS);
  return now.balanceMsat.opener - (fundingOf(state).reserveSat.opener + costSat) * 1000n;
}
