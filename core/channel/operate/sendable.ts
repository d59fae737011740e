import { htlcTxFeeSat } from '../../transactions/fees.ts';
import { other } from '../../transactions/types.ts';
import { contents, cutToSign, SIDES } from '../model/contents.ts';
import type { Contents } from '../model/contents.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { dearestOpenerCostSat, dustExposureMsat, inFlightLimit } from './limits.ts';
import { offerObstacle } from './usable.ts';
import type { ChannelParams, FundedState, FundingTerms } from '../model/state.ts';
import { least, most, msatOf } from '../../bitcoin/amounts.ts';

/** Amounts that one more HTLC may carry now, both included, in millisatoshi. */
export interface Sendable {
  readonly minMsat: bigint;
  readonly maxMsat: bigint;
}

/**
 * What an `add` of ours will be taken for (BOLT 2, update_add_htlc, and Bounding exposure to trimmed in-flight HTLCs): every amount in the range,
 * with an acceptable cltv_expiry. Careful at its upper end, where a trimmed HTLC may fit that would not fit untrimmed. Undefined when there is none.
 */
export function sendable(env: ChannelEnv, state: FundedState): Sendable | undefined {
  const { params, shared } = state;
  const { us } = params;
  if (offerObstacle(state) !== undefined) return undefined;
  const now = contents(shared, cutToSign(shared, us));
  const receiver = params.parties[other(us)];
  const offered = now.htlcs.filter((htlc) => htlc.offerer === us);
  if (offered.length >= receiver.maxAcceptedHtlcs || inFlightLimit(params, us, now) !== undefined) return undefined;
  const inFlightMsat = offered.reduce((sum, htlc) => sum + htlc.amountMsat, 0n);
  let range: Sendable | undefined = {
    minMsat: most(receiver.htlcMinimumMsat, 1n),
    maxMsat: receiver.maxHtlcValueInFlightMsat - inFlightMsat,
  };
  for (const { output } of state.fundings) {
    if (range === undefined) return undefined;
    const maxMsat = least(range.maxMsat, spendableMsat(env, params, output, now));
    range = withinDustExposure(env, params, output, now, { minMsat: range.minMsat, maxMsat });
  }
  return range;
}

/** What we have beyond our reserve and, as the opener, the fees with one more HTLC on both commitments and room for a fee spike. */
function spendableMsat(env: ChannelEnv, params: ChannelParams, terms: FundingTerms, now: Contents): bigint {
  const { us } = params;
  const { reserveSat } = terms;
  const cost = dearestOpenerCostSat(params, terms, now, now.feeratePerKw, 1);
  if (us === 'accepter') {
    // Another untrimmed HTLC costs the opener, which must be able to pay.
    const openerPays = now.balanceMsat.opener >= msatOf(reserveSat.opener + cost);
    return openerPays ? now.balanceMsat.accepter - msatOf(reserveSat.accepter) : 0n;
  }
  const spike = dearestOpenerCostSat(params, terms, now, now.feeratePerKw * env.config.feeSpikeMultiple, 2);
  return now.balanceMsat.opener - msatOf(reserveSat.opener + most(cost, spike));
}

/** Where an HTLC that is trimmed on either commitment would be too much dust, only larger ones remain, or only smaller ones. */
function withinDustExposure(
  env: ChannelEnv,
  params: ChannelParams,
  terms: FundingTerms,
  now: Contents,
  range: Sendable,
): Sendable | undefined {
  const [a, b] = SIDES.map((owner) => dustExposureMsat(params, terms, owner, now)) as [bigint, bigint];
  const roomMsat = env.config.maxDustHtlcExposureMsat - most(a, b);
  const fromMsat = untrimmedFromMsat(params, terms, now);
  let { minMsat, maxMsat } = range;
  if (roomMsat < fromMsat - 1n) {
    if (maxMsat >= fromMsat) minMsat = most(minMsat, fromMsat);
    else maxMsat = least(maxMsat, roomMsat);
  }
  return minMsat <= maxMsat ? { minMsat, maxMsat } : undefined;
}

/** The least amount that neither commitment trims (BOLT 3, Trimmed Outputs): ours times it out, the peer's succeeds with it. */
function untrimmedFromMsat({ parties, us }: ChannelParams, { format }: FundingTerms, { feeratePerKw }: Contents): bigint {
  const [a, b] = SIDES.map(
    (owner) => parties[owner].dustLimitSat + htlcTxFeeSat(format, feeratePerKw, owner === us ? 'timeout' : 'success'),
  ) as [bigint, bigint];
  return msatOf(most(a, b));
}
