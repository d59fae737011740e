import { anchorsCostSat, commitmentFeeSat, isTrimmed } from '../../transactions/fees.ts';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import type { Contents } from '../model/contents.ts';
import type { AddUpdate, ChannelParams, FundingTerms } from '../model/state.ts';
import type { ViolableId } from '../../rules.ts';
import { most, msatOf } from '../../bitcoin/amounts.ts';

/** What an HTLC count or amount would break. */
export interface LimitBroken {
  readonly rule: ViolableId;
  readonly detail: string;
}

/*
 * Each limit takes the funding that it is asked of: those that depend on its commitments' format or on its reserve.
 */

export function untrimmedCount(
  params: ChannelParams,
  { format }: FundingTerms,
  owner: Side,
  contents: Contents,
  feeratePerKw: number = contents.feeratePerKw,
): number {
  const { dustLimitSat } = params.parties[owner];
  let count = 0;
  for (const htlc of contents.htlcs) if (!isTrimmed(format, owner, dustLimitSat, feeratePerKw, htlc)) count++;
  return count;
}

/** What the opener pays in satoshis for `owner`'s commitment: fee and anchors, with `extra` more untrimmed HTLCs. */
export function openerCostSat(
  params: ChannelParams,
  terms: FundingTerms,
  owner: Side,
  contents: Contents,
  feeratePerKw: number,
  extra = 0,
): bigint {
  const count = untrimmedCount(params, terms, owner, contents, feeratePerKw) + extra;
  return commitmentFeeSat(terms.format, feeratePerKw, count) + anchorsCostSat(terms.format);
}

/** The dearer of both sides' commitments. */
export function dearestOpenerCostSat(
  params: ChannelParams,
  terms: FundingTerms,
  contents: Contents,
  feeratePerKw: number,
  extra = 0,
): bigint {
  const opener = openerCostSat(params, terms, 'opener', contents, feeratePerKw, extra);
  const accepter = openerCostSat(params, terms, 'accepter', contents, feeratePerKw, extra);
  return most(opener, accepter);
}

/** BOLT 2, update_add_htlc: the receiver's max_accepted_htlcs and max_htlc_value_in_flight_msat, over what `offerer` has in flight. */
export function inFlightLimit(params: ChannelParams, offerer: Side, contents: Contents): LimitBroken | undefined {
  const receiver = params.parties[other(offerer)];
  let count = 0;
  let valueMsat = 0n;
  for (const htlc of contents.htlcs) {
    if (htlc.offerer !== offerer) continue;
    count++;
    valueMsat += htlc.amountMsat;
  }
  if (count > receiver.maxAcceptedHtlcs) {
    return {
      rule: 'update_add_htlc.max_accepted_htlcs',
      detail: `${count} HTLCs offered, the receiver accepts ${receiver.maxAcceptedHtlcs}`,
    };
  }
  if (valueMsat > receiver.maxHtlcValueInFlightMsat) {
    const detail = `${valueMsat} msat in flight, the receiver accepts ${receiver.maxHtlcValueInFlightMsat}`;
    return { rule: 'update_add_htlc.max_htlc_value_in_flight_msat', detail };
  }
  return undefined;
}

/** BOLT 2, update_add_htlc: what the offerer must keep after the add. `costSat` is what it pays if it is the opener, else 0. */
export function reserveKept({ reserveSat }: FundingTerms, side: Side, contents: Contents, costSat: bigint): LimitBroken | undefined {
  const neededMsat = msatOf(reserveSat[side] + costSat);
  if (contents.balanceMsat[side] >= neededMsat) return undefined;
  return {
    rule: 'update_add_htlc.channel_reserve_satoshis',
    detail: `${contents.balanceMsat[side]} msat left, ${neededMsat} needed for reserve and fees`,
  };
}

/** BOLT 2: the opener's balance covers fee and anchors of `owner`'s commitment. */
export function openerAffords(params: ChannelParams, terms: FundingTerms, owner: Side, contents: Contents): LimitBroken | undefined {
  const costMsat = msatOf(openerCostSat(params, terms, owner, contents, contents.feeratePerKw));
  if (contents.balanceMsat.opener >= costMsat) return undefined;
  return { rule: 'update_fee.affordable', detail: `${contents.balanceMsat.opener} msat left, the commitment costs ${costMsat}` };
}

/** BOLT 2, Bounding exposure to trimmed in-flight HTLCs: what `owner`'s commitment leaves to the fees, in millisatoshi. */
export function dustExposureMsat(params: ChannelParams, { format }: FundingTerms, owner: Side, contents: Contents): bigint {
  const { dustLimitSat } = params.parties[owner];
  let sum = 0n;
  for (const htlc of contents.htlcs) {
    if (isTrimmed(format, owner, dustLimitSat, contents.feeratePerKw, htlc)) sum += htlc.amountMsat;
  }
  return sum;
}

/** Whether this HTLC, already part of `contents`, is trimmed from `owner`'s commitment and takes the dust there over `maxMsat`. */
export function exceedsDustExposure(
  params: ChannelParams,
  terms: FundingTerms,
  owner: Side,
  contents: Contents,
  htlc: AddUpdate,
  maxMsat: bigint,
): boolean {
  return (
    isTrimmed(terms.format, owner, params.parties[owner].dustLimitSat, contents.feeratePerKw, htlc) &&
    dustExposureMsat(params, terms, owner, contents) > maxMsat
  );
}
