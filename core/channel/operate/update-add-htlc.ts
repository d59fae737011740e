import type { PublicKey } from '../../crypto/bytes.ts';
import type { Side } from '../../transactions/types.ts';
import { bySide, other } from '../../transactions/types.ts';
import { ONION_ROUTING_PACKET_SIZE } from '../../wire/limits.ts';
import type { UpdateAddHtlc } from '../../wire/messages/index.ts';
import { append, contents, cutToSign, nextHtlcId, SIDES } from '../model/contents.ts';
import type { Contents } from '../model/contents.ts';
import { draft, draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { sendUpdate } from './send-update.ts';
import { offerObstacle } from './usable.ts';
import type { ChannelCommand, ChannelEnv, NewHtlc } from '../model/channel-vocabulary.ts';
import { dearestOpenerCostSat, exceedsDustExposure, inFlightLimit, openerCostSat, reserveKept } from './limits.ts';
import type { LimitBroken } from './limits.ts';
import { brokenBySome } from '../model/fundings.ts';
import type { AddUpdate, ChannelParams, Cut, FundedState, FundingTerms, OfferedHtlc, SharedState } from '../model/state.ts';
import { paymentIdOf } from '../model/origin.ts';
import type { Origin } from '../model/origin.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';
import type { RuleId } from '../../rules.ts';
import { most } from '../../bitcoin/amounts.ts';

/** BOLT 2, update_add_htlc: cltv_expiry is a height below this. */
const CLTV_EXPIRY_LIMIT = 500_000_000;
export const MAX_PAYMENT_ID_BYTES = 32;

type AddCommand = Extract<ChannelCommand, { kind: 'add' }>;

/** A rule of the sending node alone, or a limit that the receiver judges too. */
interface OfferBroken {
  readonly rule: RuleId;
  readonly detail: string;
}

/** BOLT 2, update_add_htlc, sending node: what forbids this HTLC, already the last of `shared`'s log. */
function offeringRule(env: ChannelEnv, { params, fundings }: FundedState, shared: SharedState, htlc: AddUpdate): OfferBroken | undefined {
  const { us } = params;
  const peer = other(us);
  const { config } = env;
  if (htlc.amountMsat <= 0n) return { rule: 'update_add_htlc.amount_msat', detail: 'must be greater than 0' };
  const { htlcMinimumMsat } = params.parties[peer];
  if (htlc.amountMsat < htlcMinimumMsat)
    return { rule: 'update_add_htlc.htlc_minimum_msat', detail: `the receiver takes ${htlcMinimumMsat} msat and more` };
  if (!Number.isInteger(htlc.cltvExpiry) || htlc.cltvExpiry >= CLTV_EXPIRY_LIMIT)
    return { rule: 'update_add_htlc.cltv_expiry', detail: `must be below ${CLTV_EXPIRY_LIMIT}` };
  if (htlc.onion.length !== ONION_ROUTING_PACKET_SIZE)
    return { rule: 'update_add_htlc.onion_routing_packet', detail: `has ${htlc.onion.length} bytes, not ${ONION_ROUTING_PACKET_SIZE}` };
  if (htlc.cltvExpiry <= env.tip.height)
    return { rule: 'update_add_htlc.expiry_reached', detail: `height ${env.tip.height} has been reached` };
  if (htlc.cltvExpiry > env.tip.height + config.maxCltvAhead)
    return { rule: 'update_add_htlc.expiry_too_far', detail: `more than ${config.maxCltvAhead} blocks ahead` };

  const next = contents(shared, cutToSign(shared, us));
  const inFlight = inFlightLimit(params, us, next);
  if (inFlight !== undefined) return inFlight;
  return brokenBySome(fundings, (terms) => {
    const affordable = us === 'opener' ? openerKeepsFee(env, params, terms, next) : accepterKeepsReserve(params, terms, next);
    if (affordable !== undefined) return affordable;
    if (SIDES.some((owner) => exceedsDustExposure(params, terms, owner, next, htlc, config.maxDustHtlcExposureMsat))) {
      return {
        rule: 'update_add_htlc.max_dust_htlc_exposure_msat',
        detail: `more than ${config.maxDustHtlcExposureMsat} msat would be trimmed`,
      };
    }
    return undefined;
  });
}

/** We pay the fee: on both commitments, with room for one more HTLC at a multiple of the feerate (BOLT 2's fee spike buffer). */
function openerKeepsFee(env: ChannelEnv, params: ChannelParams, terms: FundingTerms, next: Contents): LimitBroken | undefined {
  const now = dearestOpenerCostSat(params, terms, next, next.feeratePerKw);
  const spike = dearestOpenerCostSat(params, terms, next, next.feeratePerKw * env.config.feeSpikeMultiple, 1);
  return reserveKept(terms, 'opener', next, most(now, spike));
}

/** The peer pays the fee: it must be able to, and we keep our own reserve. */
function accepterKeepsReserve(params: ChannelParams, terms: FundingTerms, next: Contents): LimitBroken | undefined {
  return (
    reserveKept(terms, 'accepter', next, 0n) ??
    reserveKept(terms, 'opener', next, dearestOpenerCostSat(params, terms, next, next.feeratePerKw))
  );
}

export function addMessage(state: FundedState, htlc: AddUpdate): UpdateAddHtlc {
  const { id, amountMsat, paymentHash, cltvExpiry, onion, pathKey } = htlc;
  const message = {
    type: 'update_add_htlc' as const,
    channelId: state.channelId,
    id,
    amountMsat,
    paymentHash,
    cltvExpiry,
    onionRoutingPacket: onion,
  };
  return pathKey === undefined ? message : { ...message, pathKey };
}

type Offered = Pick<AddUpdate, 'amountMsat' | 'paymentHash' | 'cltvExpiry' | 'onion'> & { readonly pathKey?: PublicKey | undefined };

function addUpdate(offerer: Side, id: bigint, { amountMsat, paymentHash, cltvExpiry, onion, pathKey }: Offered): AddUpdate {
  const plain = { kind: 'add' as const, offerer, id, amountMsat, paymentHash, cltvExpiry, onion };
  return pathKey === undefined ? plain : { ...plain, pathKey };
}

/** Offers an HTLC. The rules are judged from our view of the peer's next commitment. */
export function addHtlc(
  out: Transition<FundedState>,
  { amountMsat, paymentHash, cltvExpiry, onion, origin }: AddCommand,
): Refusal | undefined {
  const refused = offer(out, { amountMsat, paymentHash, cltvExpiry, onion }, origin);
  if (refused !== undefined) return refused;
  const { channelId, host } = out.state;
  out.effects.push({ kind: 'added', channelId, origin, id: (host.offered.at(-1) as OfferedHtlc).id });
  return undefined;
}

/** The node's own adds. What the rules forbid is not in the log, and told so. */
export function offerAll(out: Transition<FundedState>, adds: readonly NewHtlc[]): void {
  for (const { origin, amountMsat, paymentHash, cltvExpiry, onion, pathKey } of adds) {
    const refused = offer(out, { amountMsat, paymentHash, cltvExpiry, onion, pathKey }, origin);
    if (refused === undefined) continue;
    out.effects.push({ kind: 'not_offered', channelId: out.state.channelId, origin, rule: refused.rule, detail: refused.detail });
  }
}

/** Offers it with the next id: also when a lost connection made the peer forget an add, which then is judged anew. */
export function offer(out: Transition<FundedState>, add: Offered, origin: Origin): Refusal | undefined {
  const { state } = out;
  const { params } = state;
  const obstacle = offerObstacle(state);
  if (obstacle !== undefined) return obstacle;
  const htlc = addUpdate(params.us, nextHtlcId(state.shared, params.us), add);
  if ((paymentIdOf(origin)?.length ?? 0) > 2 * MAX_PAYMENT_ID_BYTES)
    return refusal('update_add_htlc.payment_id', `longer than ${MAX_PAYMENT_ID_BYTES} bytes`);
  const shared = append(state.shared, params.us, htlc);
  const broken = offeringRule(out.env, state, shared, htlc);
  if (broken !== undefined) return refusal(broken.rule, broken.detail);
  draft(out).shared = shared;
  draftHost(out).offered = [...state.host.offered, { id: htlc.id, origin, preimage: undefined }];
  sendUpdate(out, addMessage(state, htlc));
  return undefined;
}

/**
 * How much of our log the peer can have known when it sent an update: from all whose commitments we saw it revoke for, which is what
 * it has to sign for, down to what its newest signature contains. An update is the peer's fault only if it breaks a rule under every
 * one of these views: updates that cross, and updates that are retransmitted in another order, are nobody's (BOLT 2, update_fee).
 */
export function peerViews(shared: SharedState, params: ChannelParams): readonly Cut[] {
  const { us } = params;
  const most = cutToSign(shared, other(us));
  const { current, next } = shared.commitments[us];
  const known = most[us] - (next ?? current).cut[us];
  const views: Cut[] = [];
  for (let fewer = 0; fewer <= known; fewer++) views.push(bySide(us, most[us] - fewer, most[other(us)]));
  return views;
}

/** What an update breaks under every view that the peer can have had, as it is under the fullest; undefined when it is not the peer's fault. */
export function faultOfPeer<T>(shared: SharedState, params: ChannelParams, judge: (contents: Contents) => T | undefined): T | undefined {
  let fault: T | undefined;
  for (const cut of peerViews(shared, params)) {
    const broken = judge(contents(shared, cut));
    if (broken === undefined) return undefined;
    fault ??= broken;
  }
  return fault;
}

/** BOLT 2, update_add_htlc, receiving node: amounts that the sender can't offer. */
function receivingLimits({ params, fundings }: FundedState, next: Contents): LimitBroken | undefined {
  const peer = other(params.us);
  const inFlight = inFlightLimit(params, peer, next);
  if (inFlight !== undefined) return inFlight;
  return brokenBySome(fundings, (terms) => {
    const costSat = peer === 'opener' ? openerCostSat(params, terms, params.us, next, next.feeratePerKw) : 0n;
    return reserveKept(terms, peer, next, costSat);
  });
}

export function receiveAdd(out: Transition<FundedState>, message: UpdateAddHtlc): Violation | undefined {
  const { state } = out;
  const { params } = state;
  const peer = other(params.us);
  const expected = nextHtlcId(state.shared, peer);
  if (message.id !== expected) return violation('update_add_htlc.id', `id ${message.id}, expected ${expected}`);
  if (state.closing.received !== undefined)
    return violation('update_add_htlc.after_shutdown', `HTLC ${message.id} after the peer's shutdown`);
  const { htlcMinimumMsat } = params.parties[params.us];
  if (message.amountMsat === 0n || message.amountMsat < htlcMinimumMsat) {
    return violation('update_add_htlc.htlc_minimum_msat', `${message.amountMsat} msat, we take ${htlcMinimumMsat} and more`);
  }
  if (message.cltvExpiry >= CLTV_EXPIRY_LIMIT) return violation('update_add_htlc.cltv_expiry', `${message.cltvExpiry} is not a height`);
  if (message.pathKey !== undefined && !out.env.crypto.isValidPublicKey(message.pathKey)) {
    return violation('update_add_htlc.path_key', 'not a point of the curve');
  }
  const { id, amountMsat, paymentHash, cltvExpiry, onionRoutingPacket: onion, pathKey } = message;
  const shared = append(state.shared, peer, addUpdate(peer, id, { amountMsat, paymentHash, cltvExpiry, onion, pathKey }));
  const broken = faultOfPeer(shared, params, (next) => receivingLimits(state, next));
  if (broken !== undefined) return violation(broken.rule, `HTLC ${id}: ${broken.detail}`);
  draft(out).shared = shared;
  return undefined;
}
