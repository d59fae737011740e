import { FORMATS } from '../../transactions/formats.ts';
import type { UpdateFee } from '../../wire/messages/index.ts';
import { append, contents, cutToSign, SIDES } from '../model/contents.ts';
import type { Contents } from '../model/contents.ts';
import { draft } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { sendUpdate } from './send-update.ts';
import { updateObstacle } from './usable.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { dearestOpenerCostSat, dustExposureMsat, reserveKept } from './limits.ts';
import { brokenBySome, onlyFunding } from '../model/fundings.ts';
import type { FeeUpdate, FundedState, SharedState } from '../model/state.ts';
import type { CommitmentFormat } from '../../transactions/types.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';

/** BOLT 2, open_channel and update_fee: what `feerate_per_kw` has room for. */
const MAX_FEERATE_PER_KW = 0xffff_ffff;

/**
 * BOLT 2: too low for timely processing, or unreasonably large, compared to our own estimate. With anchors whoever needs the commitment sooner
 * pays for that with a child: then only what a mempool takes at all bounds from below. `before` is what it would replace: a step from beyond
 * a bound towards it makes nothing worse.
 */
export function feerateOutOfBounds(
  env: ChannelEnv,
  format: CommitmentFormat,
  feeratePerKw: number,
  before: number | undefined,
): string | undefined {
  const { minFeeratePerKw, feerateTolerancePercent: tolerance } = env.config;
  const timely = FORMATS[format].anchorSat > 0n ? 0 : Math.floor((env.feeratePerKw * tolerance.min) / 100);
  const low = Math.max(minFeeratePerKw, timely);
  const high = Math.floor((Math.max(env.feeratePerKw, minFeeratePerKw) * tolerance.max) / 100);
  if (!Number.isInteger(feeratePerKw) || feeratePerKw > MAX_FEERATE_PER_KW) return `${feeratePerKw} is no u32`;
  if (feeratePerKw < low && !(before !== undefined && before < feeratePerKw)) return `${feeratePerKw} is below ${low}`;
  if (feeratePerKw > high && !(before !== undefined && before > feeratePerKw)) return `${feeratePerKw} is above ${high}`;
  return undefined;
}

/** The feerate that the opener's next update_fee replaces. */
function newestFeerate({ base, logs }: SharedState): number {
  const newest = logs.opener.findLast((update): update is FeeUpdate => update.kind === 'fee');
  return newest?.feeratePerKw ?? base.feeratePerKw;
}

function outOfBounds(env: ChannelEnv, state: FundedState, feeratePerKw: number): string | undefined {
  return feerateOutOfBounds(env, onlyFunding(state).output.format, feeratePerKw, newestFeerate(state.shared));
}

/** BOLT 2, update_fee: a higher feerate trims more where HTLC transactions pay fees. True when it takes a commitment's dust over what we allow. */
function feerateExceedsDust(env: ChannelEnv, { params, fundings }: FundedState, before: Contents, after: Contents): boolean {
  if (after.feeratePerKw <= before.feeratePerKw) return false;
  return fundings.some(
    ({ output }) =>
      FORMATS[output.format].htlcFeeWeight.success > 0 &&
      SIDES.some((owner) => dustExposureMsat(params, output, owner, after) > env.config.maxDustHtlcExposureMsat),
  );
}

/** BOLT 2, Closing Initiation: after its own shutdown a node sends no update of any kind once no HTLC is left. */
function updatesEnded({ shared, closing }: FundedState): boolean {
  if (closing.sent === undefined) return false;
  return SIDES.every((owner) => contents(shared, shared.commitments[owner].current.cut).htlcs.length === 0);
}

export function updateFeeMessage({ channelId }: FundedState, feeratePerKw: number): UpdateFee {
  return { type: 'update_fee', channelId, feeratePerKw };
}

export function updateFee(out: Transition<FundedState>, feeratePerKw: number): Refusal | undefined {
  const { state, env } = out;
  const { params } = state;
  if (params.us !== 'opener') return refusal('update_fee.not_opener', 'only the opener pays the fee');
  const obstacle = updateObstacle(state);
  if (obstacle !== undefined) return obstacle;
  if (updatesEnded(state)) return refusal('update_fee.channel_at_its_end', 'we have sent shutdown, and no HTLC is left');
  const bounds = outOfBounds(env, state, feeratePerKw);
  if (bounds !== undefined) return refusal('update_fee.feerate_per_kw', bounds);
  const before = contents(state.shared, cutToSign(state.shared, 'opener'));
  const shared = append(state.shared, 'opener', { kind: 'fee', feeratePerKw });
  const after = contents(shared, cutToSign(shared, 'opener'));
  const broken = brokenBySome(state.fundings, (terms) =>
    reserveKept(terms, 'opener', after, dearestOpenerCostSat(params, terms, after, feeratePerKw, 1)),
  );
  if (broken !== undefined) return refusal('update_fee.affordable', broken.detail);
  if (feerateExceedsDust(env, state, before, after))
    return refusal('update_fee.max_dust_htlc_exposure_msat', 'the feerate would trim too much');
  draft(out).shared = shared;
  sendUpdate(out, updateFeeMessage(state, feeratePerKw));
  return undefined;
}

/**
 * Whether the opener can afford it is judged when it is committed: BOLT 2 allows the delay, and updates before the signature may pay for
 * it. Dust that the new feerate exposes fails no channel (a MAY in BOLT 2): HTLCs that crossed the update are nobody's fault.
 */
export function receiveUpdateFee(out: Transition<FundedState>, message: UpdateFee): Violation | undefined {
  const { state, env } = out;
  const { params } = state;
  if (params.us === 'opener') return violation('update_fee.not_opener', 'we are the opener: only we may change the fee');
  const bounds = outOfBounds(env, state, message.feeratePerKw);
  if (bounds !== undefined) return violation('update_fee.feerate_per_kw', bounds);
  // An update_fee may cross our last revoke_and_ack: only its own closing_signed shows that the opener knew of the end.
  if (state.closing.negotiation?.peerOffered !== undefined)
    return violation('update_fee.channel_at_its_end', 'the opener has begun to negotiate the closing fee');
  const shared = append(state.shared, 'opener', { kind: 'fee', feeratePerKw: message.feeratePerKw });
  draft(out).shared = shared;
  return undefined;
}
