import { isClosed } from '../../../core/channel/model/ending.ts';
import type { AddUpdate, FundedState } from '../../../core/channel/model/state.ts';
import { SIDES } from '../../model/commitment-contents.ts';
import { grouped, plural } from '../../scenario/text.ts';
import type { ChannelInfo, Finding, PaymentRecord, WorldView } from '../../scenario/types.ts';
import { isShuttingDown, otherParty } from '../../world/channel-changes.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';
import { finding } from '../difference.ts';

export const ORACLE = 'liveness';
const PAYMENTS = [
  'never-arrived',
  'never-decided',
  'fulfill-never-came-back',
  'fail-never-came-back',
  'fail_malformed-never-came-back',
  'never-on-a-commitment',
] as const;
const SHUTDOWNS = ['shutdown-never-sent', 'shutdown-never-arrived', 'shutdown-never-answered', 'never-closed'] as const;
const CHANNELS = [
  'failed-after-its-mutual-close',
  'ends-apart',
  'channel_ready-never-sent',
  'channel_ready-never-arrived',
  'usable-never-told',
  ...SHUTDOWNS,
] as const;
const HTLCS = ['stays', 'not-passed-on', 'never-presented', 'decision-never-committed'] as const;
const LEFT = [...HTLCS, 'never-committed', 'never-revoked', 'disconnected', 'reestablishing'] as const;
const PROBES = ['failed', 'stuck', 'not-possible'] as const;
export const LIVENESS_KINDS = [...PAYMENTS, ...CHANNELS, ...LEFT, ...PROBES, 'does-not-settle'] as const;
type Kind = (typeof LIVENESS_KINDS)[number];

export function report(
  world: WorldView,
  rule: string,
  kind: Kind,
  info: ChannelInfo,
  message: string,
  expected: unknown,
  actual: unknown,
  node?: string,
): Finding {
  return finding(world, { oracle: ORACLE, rule, kind, node, channel: info.name, message, expected, actual });
}

/** What one end still holds after settling; but HTLCs of hashes that the chain is to decide on may stay. */
export function nothingLeft(
  world: WorldView,
  info: ChannelInfo,
  node: string,
  state: WithCommitments,
  onChain: ReadonlySet<string>,
): Finding | undefined {
  const { base, logs, commitments } = state.shared;
  const stays = SIDES.flatMap((side) => base.htlcs[side]).find(({ paymentHash }) => !onChain.has(paymentHash));
  if (stays !== undefined) return htlcStays(world, info, node, stays);
  if (state.phase !== 'funded' || isClosed(state)) return undefined;
  const pending = logs.opener.length + logs.accepter.length;
  if (pending > 0) {
    const message = `${node} still has ${plural(pending, 'update')} of ${info.name} that no commitment of both sides covers`;
    return report(world, 'update', 'never-committed', info, message, 'none', plural(pending, 'update'), node);
  }
  if (commitments.opener.next !== undefined || commitments.accepter.next !== undefined) {
    const message = `${node} still waits for a revoke_and_ack in ${info.name}`;
    return report(world, 'commitment', 'never-revoked', info, message, 'revoke_and_ack', 'none came', node);
  }
  const { connection } = state.lifecycle;
  if (connection !== 'connected') {
    const message = `${node} is still ${connection} in ${info.name}`;
    return report(world, 'connection', connection, info, message, 'connected', connection, node);
  }
  return notReady(world, info, node, state) ?? notClosing(world, info, node, state);
}

/** An HTLC that nothing has removed: what became of its payment says who owes what. */
function htlcStays(world: WorldView, info: ChannelInfo, node: string, htlc: AddUpdate): Finding {
  const [from, to] = htlc.offerer === 'opener' ? [info.opener, info.accepter] : [info.accepter, info.opener];
  const isOf = ({ route }: PaymentRecord): boolean => route.some((hop) => hop.channel === info.name && hop.from === from);
  const name = `HTLC ${htlc.id} of ${from}`;
  const all = world.payments.filter((known) => known.paymentHash === htlc.paymentHash && isOf(known));
  const payment = all.find(({ htlcId }) => htlcId === htlc.id) ?? all[0];
  if (payment === undefined) return report(world, 'htlc', 'stays', info, `${name} stays in ${info.name} at ${node}`, 'none', name, node);
  if (payment.route.at(-1)?.channel !== info.name) return notPassedOn(world, info, payment, { name, to });
  const about = `${name} (${payment.name}, ${grouped(payment.amountMsat)} msat) stays in ${info.name}`;
  if (!payment.received) {
    const message = `${about}: ${to} is bound to it and has not presented it to its host, or not again after a restart`;
    return report(
      world,
      'htlc',
      'never-presented',
      info,
      message,
      'presented once both sides are bound to it, and after each restart',
      'not presented',
      to,
    );
  }
  if (payment.decision === undefined)
    return report(world, 'htlc', 'stays', info, `${about}: ${to}'s host has not decided`, 'a decision', 'none', node);
  const message = `${about}, although ${to}'s host decided: ${payment.decision}`;
  return report(world, 'htlc', 'decision-never-committed', info, message, `${payment.decision}, on both commitments`, 'still there', to);
}

/** In a channel before the last: its receiver has forwarded it, or fails it. */
function notPassedOn(
  world: WorldView,
  info: ChannelInfo,
  { name: payment, outcome }: PaymentRecord,
  { name, to }: { readonly name: string; readonly to: string },
): Finding {
  const told = outcome === undefined ? 'is pending' : `has ended: ${outcome}`;
  const message = `${name} (${payment}) stays in ${info.name}, its payment ${told}, and ${to} neither claims nor fails it`;
  return report(world, 'htlc', 'not-passed-on', info, message, 'claimed or failed', 'still there', to);
}

function notReady(world: WorldView, info: ChannelInfo, node: string, { lifecycle }: FundedState): Finding | undefined {
  const { readySent, readyReceived } = lifecycle;
  if (readySent && readyReceived) return undefined;
  const peer = otherParty(info, node);
  const kind = readySent ? 'channel_ready-never-arrived' : 'channel_ready-never-sent';
  const message = readySent
    ? `${node} has sent channel_ready for ${info.name} and never got ${peer}'s`
    : `${node} never sent channel_ready for ${info.name}`;
  return report(
    world,
    'channel',
    kind,
    info,
    message,
    'channel_ready both ways',
    readySent ? 'one way' : 'not sent',
    readySent ? peer : node,
  );
}

/** A closing that stands still: at shutdown, or after it. */
function notClosing(world: WorldView, info: ChannelInfo, node: string, state: FundedState): Finding | undefined {
  if (!isShuttingDown(state)) return undefined;
  const { sent, received } = state.closing;
  const peer = otherParty(info, node);
  const theirs = world.channelState(peer, info.name);
  const heard = theirs?.phase !== 'funded' || theirs.closing.received !== undefined;
  const of = (kind: Kind, message: string, actual: string): Finding =>
    report(world, 'channel', kind, info, message, 'shutdown both ways, then closed', actual, node);
  if (sent !== undefined && !heard)
    return of(
      'shutdown-never-arrived',
      `${node} has sent shutdown for ${info.name} and ${peer} has not got it: a reconnection asks for it again`,
      'lost',
    );
  if (sent === undefined && received !== undefined)
    return of('shutdown-never-answered', `${node} has got ${peer}'s shutdown for ${info.name} and sent none`, 'not answered');
  if (sent === undefined) return of('shutdown-never-sent', `${node} was asked to close ${info.name} and has sent no shutdown`, 'not sent');
  return of(
    'never-closed',
    `${node} is still closing ${info.name}: shutdown went ${received === undefined ? 'one way' : 'both ways'}`,
    'no closing transaction',
  );
}
