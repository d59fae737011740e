import { isClosed, statusOf } from '../../core/channel/model/ending.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { FundedBase } from '../../core/channel/model/state.ts';
import type { ChannelId, Script } from '../../core/crypto/bytes.ts';
import type { Side } from '../../core/transactions/types.ts';
import type { ChannelInfo, Finding, Oracle, PaymentRecord, StepRecord, WorldView } from '../scenario/types.ts';
import { otherSide, SIDES } from '../model/commitment-contents.ts';
import { changes, channelName, hasCommitments, isCommitted, isFunding, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { causeOf, CAUSES } from './balance-cause.ts';
import { finding } from './difference.ts';
import { commitmentOutputs, conserved, SUM_KINDS } from './ledger/sums.ts';
import { DEPTH, fundingLost } from './licences.ts';
import { crosses, endedApart } from './on-the-chain.ts';
import { linkOf, linksWithoutRest } from './refused-feerate.ts';
import { StaleWatch } from './stale-channels.ts';
import { paymentIdOf } from '../../core/channel/model/origin.ts';
import type { Origin } from '../../core/channel/model/origin.ts';
import { grouped } from '../scenario/text.ts';
import { most } from '../../core/bitcoin/amounts.ts';

const ORACLE = 'ledger';
const OUTCOMES = [
  'told-both-ways',
  'sent-without-being-fulfilled',
  'failed-although-fulfilled',
  'failed-while-it-may-still-be-paid',
] as const;
const OUTCOME_WORDS = {
  'told-both-ways': 'that it was sent, and that it failed',
  'sent-without-being-fulfilled': 'that it was sent, and it has not been fulfilled',
  'failed-although-fulfilled': 'that it failed, and it has been fulfilled',
  'failed-while-it-may-still-be-paid': 'that it failed, while its HTLC is on a commitment that is not revoked: it may still be paid',
} as const satisfies Record<(typeof OUTCOMES)[number], string>;
const BALANCES = ['too-much', 'too-little', ...CAUSES] as const;
const CLOSINGS = ['unknown-output', 'output-of-the-accepter', 'output-of-the-opener'] as const;
const KINDS = [...OUTCOMES, ...SUM_KINDS, ...BALANCES, ...CLOSINGS, 'in-place-of-a-mutual-close'] as const;
type Kind = (typeof KINDS)[number];

/** Where each side's money goes on mutual close, and the fees that either side offered: as the nodes' states showed them. */
interface Closing {
  readonly scripts: Partial<Record<Side, Script>>;
  readonly feesSat: readonly bigint[];
  /** Nodes that hold a closing transaction which both sides have signed, and whose owners have not asked for the commitment instead. */
  readonly holders: readonly string[];
}

/** No millisatoshi appears or disappears, and what users were told is what the channel paid. */
export function createLedger(): Oracle {
  return new Ledger();
}

class Ledger implements Oracle {
  readonly name = ORACLE;
  readonly kinds = KINDS;
  readonly asks = ['channels'] as const;
  private readonly closings: Map<string, Closing>;
  /** What each payment's sender was told, by reference. */
  private readonly told: Map<string, 'payment_sent' | 'payment_failed'>;

  private readonly stale: StaleWatch;

  constructor(from?: Ledger) {
    this.stale = new StaleWatch(from?.stale);
    this.closings = new Map(from?.closings);
    this.told = new Map(from?.told);
  }

  fork(): Oracle {
    return new Ledger(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    this.stale.watch(world, record);
    if (record.input.kind === 'crash') for (const channelId of this.closings.keys()) this.release(record.node, channelId);
    for (const { before, after } of changes(world, record)) {
      if (!hasCommitments(after)) continue;
      this.watchClosing(record, after);
      if (hasCommitments(before) && before.shared === after.shared) continue;
      const found = conserved(world, record.node, hasCommitments(before) ? before : undefined, after);
      if (found !== undefined) return found;
    }
    for (const effect of record.effects) {
      if (effect.kind === 'notify' && effect.event.kind === 'event') {
        const { event } = effect.event;
        if (event.kind !== 'payment_sent' && event.kind !== 'payment_failed') continue;
        const found = this.hear(world, record.node, effect.channelId, event);
        if (found !== undefined) return found;
      } else if (effect.kind === 'broadcast' && effect.purpose === 'commitment') {
        const { channelId } = effect;
        const state = statesOf(world, record.node).get(channelId);
        const wanted = this.unilateral(world, record.node, channelId);
        const found = wanted ?? (hasCommitments(state) ? commitmentOutputs(world, record.node, state, effect.tx) : undefined);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  settled(world: WorldView): Finding | undefined {
    const contradicted = world.payments.find((payment) => payment.contradictions > 0);
    if (contradicted !== undefined) return wrongOutcome(world, contradicted, 'told-both-ways', 'one outcome', 'sent and failed');
    const restless = linksWithoutRest(world);
    const stale = world.channels.filter(({ channelId }) => this.stale.has(channelId)).map(({ name }) => name);
    const ended = new Set([...endedApart(world), ...stale]);
    for (const info of world.channels) {
      if (this.stale.has(info.channelId) || restless.has(linkOf(info))) continue;
      for (const node of [info.opener, info.accepter]) {
        const state = world.channelState(node, info.name);
        if (!hasCommitments(state)) continue;
        const found =
          statusOf(state) === 'failed' ? undefined : (balances(world, node, info, state, ended) ?? this.closed(world, node, info, state));
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  private watchClosing({ node, input }: StepRecord, state: WithCommitments): void {
    if (input.kind === 'command' && input.command.kind === 'force_close') this.release(node, input.command.channelId);
    if (isClosed(state) || (state.closing.sent === undefined && state.closing.received === undefined)) return;
    const { us } = state.params;
    const known = this.closings.get(state.channelId);
    const scripts = { ...known?.scripts };
    if (state.closing.sent !== undefined) scripts[us] = state.closing.sent;
    if (state.closing.received !== undefined) scripts[otherSide(us)] = state.closing.received;
    const offered = state.phase === 'funded' ? state.closing.negotiation?.offered?.feeSat : undefined;
    const feesSat = known?.feesSat ?? [];
    const holders = known?.holders ?? [];
    this.closings.set(state.channelId, {
      scripts,
      feesSat: offered === undefined || feesSat.includes(offered) ? feesSat : [...feesSat, offered],
      holders: state.closing.tx === undefined || holders.includes(node) ? holders : [...holders, node],
    });
  }

  private release(node: string, channelId: string): void {
    const known = this.closings.get(channelId);
    if (known?.holders.includes(node) !== true) return;
    const { scripts, feesSat, holders } = known;
    this.closings.set(channelId, { scripts, feesSat, holders: holders.filter((holder) => holder !== node) });
  }

  /** BOLT 5, Failing a Channel: "SHOULD use this fee to perform a mutual close", and else a unilateral one. */
  private unilateral(world: WorldView, node: string, channelId: ChannelId): Finding | undefined {
    if (this.closings.get(channelId)?.holders.includes(node) !== true || this.stale.has(channelId)) return undefined;
    return finding(world, {
      oracle: ORACLE,
      rule: 'commitment-transaction',
      kind: 'in-place-of-a-mutual-close',
      node,
      channel: channelName(world, channelId),
      message: `${node} broadcasts its commitment although both sides have signed a closing transaction`,
      expected: 'closing',
      actual: 'commitment',
    });
  }

  /** What a sender is told is told once and for all, and is what the receiver decided. */
  private hear(
    world: WorldView,
    node: string,
    channelId: ChannelId,
    event: { readonly kind: 'payment_sent' | 'payment_failed'; readonly origin: Origin },
  ): Finding | undefined {
    const reference = paymentIdOf(event.origin);
    if (reference === undefined) return undefined;
    const known = this.told.get(reference);
    if (known === event.kind) return undefined;
    this.told.set(reference, event.kind);
    const payment = world.payments.find((p) => p.from === node && p.reference === reference);
    if (payment === undefined) return undefined;
    if (known !== undefined) return wrongOutcome(world, payment, 'told-both-ways', known, event.kind);
    if (event.kind === 'payment_sent' && payment.decision !== 'fulfill') {
      return wrongOutcome(world, payment, 'sent-without-being-fulfilled', payment.decision ?? 'undecided', 'sent');
    }
    // Without a funding there is nothing to be paid with, whatever its receiver wants.
    if (event.kind === 'payment_failed' && payment.decision === 'fulfill' && !isUnfunded(world, node, channelId)) {
      return wrongOutcome(world, payment, 'failed-although-fulfilled', 'fulfill', 'failed');
    }
    const state = statesOf(world, node).get(channelId);
    if (event.kind === 'payment_failed' && hasCommitments(state) && isCommitted(state, reference, false)) {
      return wrongOutcome(world, payment, 'failed-while-it-may-still-be-paid', 'on no commitment any more', 'on one that is not revoked');
    }
    return undefined;
  }

  /** A mutual close pays what the last commitments said, minus a fee that somebody offered and the opener pays. */
  private closed(world: WorldView, node: string, info: ChannelInfo, state: WithCommitments): Finding | undefined {
    const closing = this.closings.get(state.channelId);
    const tx = spenderOf(world, state);
    if (tx === undefined || closing === undefined) return undefined;
    const { opener, accepter } = closing.scripts;
    const amountOf = (script: Script | undefined): bigint | undefined => tx.outputs.find((output) => output.script === script)?.amountSat;
    const wrong = (kind: Kind, expected: unknown, actual: unknown): Finding =>
      finding(world, {
        oracle: ORACLE,
        rule: 'closing-transaction',
        kind,
        node,
        channel: info.name,
        message: `the closing of ${info.name} pays wrongly`,
        expected,
        actual,
      });
    if (tx.outputs.some(({ script }) => script !== opener && script !== accepter))
      return wrong('unknown-output', closing.scripts, tx.outputs);
    const { balanceMsat } = state.shared.base;
    const dustSat = most(state.params.parties.opener.dustLimitSat, state.params.parties.accepter.dustLimitSat);
    const dueSat = balanceMsat.accepter / 1000n;
    const paidSat = amountOf(accepter);
    if (paidSat === undefined ? dueSat >= dustSat : paidSat !== dueSat) return wrong('output-of-the-accepter', dueSat, paidSat);
    const openerSat = amountOf(opener);
    const left = closing.feesSat.map((feeSat) => balanceMsat.opener / 1000n - feeSat);
    if (!left.some((sat) => (openerSat === undefined ? sat < dustSat : sat === openerSat)))
      return wrong('output-of-the-opener', left, openerSat);
    return undefined;
  }
}

/**
 * The chain has spent otherwise what the channel's funding was to spend, as deep as a node may act upon. The chain itself is asked: an event may be
 * told again by a node that came back with fewer blocks than it had seen.
 */
function isUnfunded(world: WorldView, node: string, channelId: ChannelId): boolean {
  if (!world.licences.has('funding-double-spent')) return false;
  const state = statesOf(world, node).get(channelId);
  return hasCommitments(state) && fundingLost(world, world.chain.height, state, DEPTH.fail);
}

function wrongOutcome(
  world: WorldView,
  payment: PaymentRecord,
  kind: (typeof OUTCOMES)[number],
  expected: unknown,
  actual: unknown,
): Finding {
  const { name, from, channel } = payment;
  return finding(world, {
    oracle: ORACLE,
    rule: 'payment',
    kind,
    node: from,
    channel,
    message: `${from}'s host was told of ${name}, ${grouped(payment.amountMsat)} msat to ${payment.to}, ${OUTCOME_WORDS[kind]}`,
    expected,
    actual,
  });
}

/** What a payment is in one channel on its way. */
function paymentIn(payment: PaymentRecord, channel: string): readonly PaymentRecord[] {
  if (payment.route.length === 1) return payment.channel === channel ? [payment] : [];
  return payment.route.flatMap((hop) => (hop.channel === channel ? [{ ...payment, from: hop.from, amountMsat: hop.amountMsat }] : []));
}

/**
 * After settling: what each side has is what it started with, plus and minus the payments that users were told were sent. Of one that crosses a
 * channel that has `ended`, what the payer was told says nothing of other channels: there it was paid, or it was not.
 */
function balances(
  world: WorldView,
  node: string,
  info: ChannelInfo,
  state: WithCommitments,
  ended: ReadonlySet<string>,
): Finding | undefined {
  const expected = { opener: info.fundingSat * 1000n - info.pushMsat, accepter: info.pushMsat };
  const payments = world.payments.flatMap((payment) => paymentIn(payment, info.name));
  const open: bigint[] = [];
  for (const payment of payments) {
    const { from, outcome, amountMsat } = payment;
    const side = from === info.opener ? 'opener' : 'accepter';
    if (crosses(payment, ended)) open.push(side === 'opener' ? -amountMsat : amountMsat);
    else if (outcome === 'sent') {
      expected[side] -= amountMsat;
      expected[otherSide(side)] += amountMsat;
    }
  }
  const { balanceMsat, htlcs } = state.shared.base;
  for (const side of SIDES) {
    const inFlight = htlcs[side].reduce((sum, htlc) => sum + htlc.amountMsat, 0n);
    const actual = balanceMsat[side] + inFlight;
    const sign = side === 'opener' ? 1n : -1n;
    if (actual === expected[side] || isSumOfSome(open, (actual - expected[side]) * sign)) continue;
    const cause = causeOf(payments, info, side, actual - expected[side]);
    const owner = side === 'opener' ? info.opener : info.accepter;
    const common = { oracle: ORACLE, rule: 'balance', node, channel: info.name, expected: expected[side], actual };
    const has = `${owner} has ${grouped(actual)} msat in ${info.name}, its payments make it ${grouped(expected[side])} msat`;
    const message = cause === undefined ? `after settling, ${has}` : `${cause.words}: ${has}`;
    return finding(world, { ...common, kind: cause?.kind ?? (actual > expected[side] ? 'too-much' : 'too-little'), message });
  }
  return undefined;
}

/** Whether some of these amounts add up to this. */
function isSumOfSome([first, ...others]: readonly bigint[], sum: bigint): boolean {
  return sum === 0n || (first !== undefined && (isSumOfSome(others, sum - first) || isSumOfSome(others, sum)));
}

/** The transaction on the chain that spends the channel's funding, if it is a mutual close. */
function spenderOf(world: WorldView, state: FundedBase): Tx | undefined {
  const all = [...world.chain.confirmed.map(({ tx }) => tx), ...world.chain.mempool];
  return all.find((tx) => tx.inputs.some((input) => input.sequence === 0xffffffff && isFunding(state, input)));
}
