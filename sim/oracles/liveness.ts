import { isClosed, statusOf } from '../../core/channel/model/ending.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { TxInput } from '../../core/bitcoin/tx.ts';
import { policyOf } from '../scenario/channel-config.ts';
import type { ChannelInfo, Finding, Oracle, PaymentRecord, ProbeRecord, WorldView } from '../scenario/types.ts';
import { hasCommitments, isCommitted, isFunding, otherParty, showsNone } from '../world/channel-changes.ts';
import { LIVENESS_KINDS, nothingLeft, ORACLE, report } from './liveness/left.ts';
import { hashesOnChain } from './on-the-chain.ts';
import { UsableWatch } from './liveness/usable-watch.ts';
import { linkOf, linksWithoutRest } from './refused-feerate.ts';
import { StaleWatch } from './stale-channels.ts';
import { fundingOf, isDust, SIDES } from '../model/commitment-contents.ts';

/**
 * After healing every payment that a node accepted has resolved once, no HTLC stays, both ends stand at the same point, and every channel
 * that nobody closed carries a payment as far as the limits of both sides allow.
 */
export function createLiveness(): Oracle {
  return build(new StaleWatch(), new UsableWatch());
}

function build(stale: StaleWatch, usable: UsableWatch): Oracle {
  return {
    name: ORACLE,
    kinds: LIVENESS_KINDS,
    asks: ['channels', 'sendable'],
    step(world, record) {
      stale.watch(world, record);
      usable.watch(world, record);
      return undefined;
    },
    settled(world) {
      // A stale channel may cost its link the connection again and again, and with it the channels beside it.
      const staleLinks = world.channels.filter(({ channelId }) => stale.has(channelId)).map(linkOf);
      const spoilt = new Set([...staleLinks, ...linksWithoutRest(world)]);
      const judged = world.channels.filter((info) => !spoilt.has(linkOf(info)));
      const onChain = hashesOnChain(world);
      for (const info of judged) {
        const found = channelSettled(world, info, onChain) ?? untold(world, usable, info) ?? probed(world, info);
        if (found !== undefined) return found;
      }
      return paymentsResolved(world, judged, onChain);
    },
    fork: () => build(new StaleWatch(stale), new UsableWatch(usable)),
  };
}

function untold(world: WorldView, usable: UsableWatch, info: ChannelInfo): Finding | undefined {
  for (const node of [info.opener, info.accepter]) {
    const state = world.channelState(node, info.name);
    const found = state?.phase === 'funded' ? usable.untold(world, info, node, state) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One end failed or was closed for a reason that other oracles judge: nothing is settled any more until chains enforce it. */
function isOver(state: ChannelState | undefined): boolean {
  return state !== undefined && statusOf(state) === 'failed';
}

/** The same, as far as a node that shows no states has told its host. */
function hasEnded(world: WorldView, node: string, channel: string): boolean {
  return showsNone(world, node) ? world.heard(node, channel) === 'ended' : isOver(world.channelState(node, channel));
}

/** What a node that has crashed still knows of a payment that never left is shown by its state alone. */
function mayHaveForgotten(world: WorldView, node: string): boolean {
  return showsNone(world, node) && world.driver(node)?.restart !== undefined;
}

function paymentsResolved(world: WorldView, judged: readonly ChannelInfo[], onChain: ReadonlySet<string>): Finding | undefined {
  for (const payment of world.payments) {
    if (payment.outcome !== undefined || (payment.route.length > 1 && onChain.has(payment.paymentHash))) continue;
    const info = judged.find(({ name }) => name === payment.channel);
    if (info === undefined) continue;
    if (!payment.received && mayHaveForgotten(world, payment.from)) continue;
    if ([info.opener, info.accepter].some((node) => hasEnded(world, node, info.name))) {
      if (mayBePaid(world, payment)) continue;
      const message = `payment ${payment.name} from ${payment.from} is on no commitment of the failed channel, and its sender was not told`;
      return report(world, 'payment', 'never-on-a-commitment', info, message, 'failed', 'nothing', payment.from);
    }
    const kind = !payment.received
      ? 'never-arrived'
      : payment.decision === undefined
        ? 'never-decided'
        : (`${payment.decision}-never-came-back` as const);
    const message = `payment ${payment.name} from ${payment.from} to ${payment.to} was accepted and never resolved`;
    return report(world, 'payment', kind, info, message, 'sent or failed', kind, payment.from);
  }
  return undefined;
}

/** A commitment has its HTLC, or the payer's node shows none: chains decide. */
function mayBePaid(world: WorldView, { reference, from, channel }: PaymentRecord): boolean {
  const state = world.channelState(from, channel);
  if (!hasCommitments(state)) return true;
  return isCommitted(state, reference, true);
}

/** BOLT 5: a closing transaction resolves the funding output, whatever had failed the channel; the host is told. */
function notClosed(world: WorldView, info: ChannelInfo): Finding | undefined {
  for (const node of [info.opener, info.accepter]) {
    const state = world.channelState(node, info.name);
    if (!hasCommitments(state) || state.host.toldClose !== undefined) continue;
    const isClose = (input: TxInput): boolean => input.sequence === 0xffffffff && isFunding(state, input);
    if (!world.chain.confirmed.some(({ height, tx }) => height <= world.height(node) && tx.inputs.some(isClose))) continue;
    return report(world, 'channel', 'failed-after-its-mutual-close', info, `${node} has not closed ${info.name}`, 'closed', 'failed', node);
  }
  return undefined;
}

function channelSettled(world: WorldView, info: ChannelInfo, onChain: ReadonlySet<string>): Finding | undefined {
  const ends = [info.opener, info.accepter] as const;
  const states = ends.map((node) => world.channelState(node, info.name));
  const untold = notClosed(world, info);
  if (untold !== undefined || ends.some((node) => hasEnded(world, node, info.name))) return untold;
  for (const [i, state] of states.entries()) {
    if (!hasCommitments(state)) continue;
    const node = ends[i];
    const found = nothingLeft(world, info, node as string, state, onChain);
    if (found !== undefined) return found;
  }
  const [opener, accepter] = states.map((state, i) => {
    if (state !== undefined) return statusOf(state);
    return showsNone(world, ends[i] as string) ? 'not shown' : 'gone';
  });
  // One end that lets go of a channel while the other keeps it leaves the other waiting for ever.
  const waiting = (a: string | undefined, b: string | undefined): boolean =>
    a === 'funded' && (b === 'closed' || b === 'gone' || b === 'opening');
  if (waiting(opener, accepter) || waiting(accepter, opener)) {
    const message = `after settling, ${info.name} is ${opener} at ${info.opener} and ${accepter} at ${info.accepter}`;
    return report(world, 'channel', 'ends-apart', info, message, 'the same at both ends', `${opener}, ${accepter}`);
  }
  return undefined;
}

/**
 * Probes are paid at once where they arrive. One that was called sendable and does not pay says that the channel is stuck; so does an end
 * that calls nothing sendable although limits leave room.
 */
function probed(world: WorldView, info: ChannelInfo): Finding | undefined {
  const probe = world.probes.find(({ channel }) => channel === info.name);
  if (probe !== undefined && probe.result !== 'sent' && probe.result !== 'refused' && !isTooMuchDust(world, info, probe)) {
    const { from, result, detail } = probe;
    return report(world, 'probe', result, info, `${from} can't pay over ${info.name} any more`, 'sent', detail || result, from);
  }
  for (const from of [info.opener, info.accepter]) {
    if (!expectsProbe(world, info, from)) continue;
    const range = info.channelId === undefined ? undefined : world.driver(from)?.sendable?.(info.channelId);
    if (probe?.from === from || (probe !== undefined && range !== undefined && range.minMsat <= range.maxMsat)) continue;
    return report(world, 'probe', 'not-possible', info, `${from} says that nothing can be sent over ${info.name}`, 'a probe', 'none', from);
  }
  return undefined;
}

/** BOLT 2, Bounding exposure to trimmed in-flight HTLCs: the payer does not know how much of it the receiver bears. */
function isTooMuchDust(world: WorldView, info: ChannelInfo, { from, amountMsat, result }: ProbeRecord): boolean {
  const to = otherParty(info, from);
  const state = world.channelState(to, info.name);
  if (result === 'failed' && showsNone(world, to)) return true;
  if (result !== 'failed' || state?.phase !== 'funded') return false;
  const offerer = from === info.opener ? 'opener' : 'accepter';
  const { feeratePerKw } = state.shared.base;
  const { maxDustHtlcExposureMsat } = policyOf(world.spec.nodes.find((node) => node.name === to)?.config ?? {}, []);
  return amountMsat > maxDustHtlcExposureMsat && SIDES.some((owner) => isDust(state, owner, { offerer, amountMsat }, feeratePerKw));
}

/** Whether the limits of both sides plainly leave room for a payment: far above reserve, fees and minimum, nothing in flight. */
function expectsProbe(world: WorldView, info: ChannelInfo, from: string): boolean {
  const states = [info.opener, info.accepter].map((node) => world.channelState(node, info.name));
  if (!states.every((state) => state?.phase === 'funded' && !isClosed(state))) return false;
  if (world.driver(from)?.sendable === undefined) return false;
  const state = world.channelState(from, info.name);
  if (state?.phase !== 'funded') return false;
  const { us, parties } = state.params;
  const { reserveSat } = fundingOf(state);
  const { base } = state.shared;
  const receiver = parties[us === 'opener' ? 'accepter' : 'opener'];
  // A commitment with two HTLCs at twice the feerate, both anchors, and the opener's dust: generous on purpose.
  const costSat = (BigInt(base.feeratePerKw) * 2n * (1124n + 3n * 172n)) / 1000n + 660n;
  const roomMsat = base.balanceMsat[us] - (reserveSat[us] + (us === 'opener' ? costSat : 0n)) * 1000n;
  const openerMsat = base.balanceMsat.opener - (reserveSat.opener + costSat) * 1000n;
  if (openerMsat < 0n) return false;
  return roomMsat > 0n && roomMsat >= receiver.htlcMinimumMsat && receiver.maxHtlcValueInFlightMsat >= receiver.htlcMinimumMsat;
}
