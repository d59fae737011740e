import { isFundingSeen } from '../../core/channel/model/ending.ts';
import { txid } from '../../core/bitcoin/tx.ts';
import { sameOutpoint } from '../world/chain.ts';
import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { AddUpdate, ChannelState, FundedBase, Update } from '../../core/channel/model/state.ts';
import type { AcceptChannel, Message, OpenChannel } from '../../core/wire/messages/index.ts';
import type { StepRecord, WorldView } from '../scenario/types.ts';
import {
  commitmentsOf,
  contentsAt,
  contentsOf,
  dustExposureMsat,
  newestFeerate,
  openerCostSat,
  otherSide,
  SIDES,
  fundingOf,
} from '../model/commitment-contents.ts';
import type { Contents } from '../model/commitment-contents.ts';
import { hasCommitments, isShuttingDown } from '../world/channel-changes.ts';

/** What can go wrong between two honest nodes. `shutdown`: a channel is closed that nobody asked to close. */
export type Outcome = 'error' | 'warning' | 'disconnect' | 'failed' | 'forgotten' | 'shutdown';

/** One step of one node in which an outcome appeared, with what is needed to judge whether the protocol asks for it. */
export interface Circumstances {
  readonly outcome: Outcome;
  readonly world: WorldView;
  readonly record: StepRecord;
  readonly config: ChannelConfig;
  /** The node's own estimate. */
  readonly feeratePerKw: number;
  /** The message of this step, if it was one. */
  readonly received: Message | undefined;
  /** The channel before this step, if the node had it and can show it. */
  readonly before: ChannelState | undefined;
  /** Blocks for which its peer has owed an answer, and this node was there to hear it. */
  readonly waited: number;
  /** What happened to this channel earlier in the run, at either end. */
  readonly past: ReadonlySet<Past>;
}
export type Past =
  /** A connection or a process died before both ends had the channel; `hung-up-on`: a node ended the connection, as it was licensed to. */
  'opening-interrupted' | 'hung-up-on' | 'restored-older' | 'force-close-asked' | 'tampered-with';

export interface Licence {
  readonly name: string;
  /** For people: what the protocol mandates here. */
  readonly about: string;
  readonly licenses: readonly Outcome[];
  /** Recomputed from what the oracles see, never from what the node says. */
  holds(circumstances: Circumstances): boolean;
}

const CLOSES: readonly Outcome[] = ['error', 'warning', 'disconnect', 'failed'];

/**
 * The outcomes that the protocol itself mandates or allows between honest nodes. One counts only where the world has drawn its licence and
 * its condition holds. Most runs draw none.
 */
export const LICENCES: readonly Licence[] = [
  {
    name: 'expired-htlc',
    about: 'BOLT 2: an HTLC outlived its expiry and grace, or a fulfilled one came too near to its expiry',
    licenses: CLOSES,
    holds: htlcExpired,
  },
  {
    name: 'feerate-refused',
    about: 'BOLT 2: a feerate that is too low for timely processing or unreasonably large for the receiver',
    licenses: [...CLOSES, 'forgotten'],
    holds: feerateRefused,
  },
  {
    name: 'dust-exposure',
    about: 'BOLT 2: a higher feerate trims more than max_dust_htlc_exposure_msat',
    licenses: CLOSES,
    holds: dustExceeded,
  },
  {
    name: 'opening-refused',
    about: 'BOLT 2: parameters of open_channel or accept_channel that the receiver does not take',
    licenses: ['error', 'warning', 'disconnect', 'forgotten'],
    holds: openingRefused,
  },
  {
    name: 'closing-range',
    about: 'BOLT 2: the fee ranges of both closing_signed do not overlap: a warning, and after a reasonable time the channel fails',
    licenses: CLOSES,
    holds: (circumstances) => (circumstances.outcome === 'warning' ? closingRangesApart(circumstances) : closingUnanswered(circumstances)),
  },
  {
    name: 'closing-unanswered',
    about: 'BOLT 2: no closing_signed in answer to the own one after a reasonable time',
    licenses: CLOSES,
    holds: closingUnanswered,
  },
  {
    name: 'stale-backup',
    about: 'BOLT 2: a node came back with a state older than what was durable',
    licenses: CLOSES,
    holds: ({ past }) => past.has('restored-older'),
  },
  {
    name: 'funding-unconfirmed',
    about: 'BOLT 2: the accepter forgets a channel that does not confirm within 2016 blocks',
    licenses: [...CLOSES, 'forgotten'],
    holds: fundingUnconfirmed,
  },
  {
    name: 'funding-double-spent',
    about: 'the chain has spent otherwise what the funding was to spend, six blocks deep: there is no channel',
    licenses: [...CLOSES, 'forgotten'],
    holds: fundingDoubleSpent,
  },
  {
    name: 'opening-lost',
    about: 'BOLT 2: a connection lost before funding_signed arrived: the opener forgets, the accepter may not',
    licenses: [...CLOSES, 'forgotten'],
    holds: ({ past, record }) => past.has('opening-interrupted') || past.has('hung-up-on') || hangsUpOnSilence(record),
  },
  {
    name: 'opener-short',
    about: 'BOLT 2, update_fee: the opener cannot afford what two crossing updates ask of it',
    licenses: CLOSES,
    holds: openerShort,
  },
  {
    name: 'force-close',
    about: 'a user asked for it',
    licenses: [...CLOSES, 'forgotten'],
    holds: ({ past }) => past.has('force-close-asked'),
  },
  {
    name: 'adversary',
    about: 'a peer broke the protocol: what BOLT then asks for is judged by the oracle `hostile`, at the moment of the breach',
    licenses: [...CLOSES, 'forgotten'],
    holds: ({ record, past }) => record.tampered !== undefined || past.has('tampered-with'),
  },
];

/** A message that breaks the protocol, which an honest node does not act upon: what follows channels by their messages leaves it out. */
export function isBreach(record: StepRecord): boolean {
  return record.tampered !== undefined;
}

/** A disk that gives back an older state than the newest it had promised to keep. */
export function isStaleRestart(world: WorldView, acknowledged: number, restored: number): boolean {
  return world.licences.has('stale-backup') && restored < acknowledged;
}

// ---------------------------------------------------------------- conditions

function heldContents(state: FundedBase): readonly Contents[] {
  return commitmentsOf(state.shared).flatMap(({ commitment }) => {
    const contents = contentsOf(state.shared, commitment);
    return typeof contents === 'string' ? [] : [contents];
  });
}

/** Everything that either side has sent, applied: what the commitments are on their way to. */
function finalContents(state: FundedBase, more: readonly Update[] = []): Contents | undefined {
  const { shared } = state;
  const peer = otherSide(state.params.us);
  const logs = { ...shared.logs, [peer]: [...shared.logs[peer], ...more] } as typeof shared.logs;
  const cut = { opener: shared.base.cut.opener + logs.opener.length, accepter: shared.base.cut.accepter + logs.accepter.length };
  const contents = contentsAt({ ...shared, logs }, cut);
  return typeof contents === 'string' ? undefined : contents;
}

function htlcExpired({ world, record, config, before }: Circumstances): boolean {
  if (!hasCommitments(before)) return false;
  const height = world.height(record.node);
  const { us } = before.params;
  const fulfilled = new Set(before.shared.logs[us].flatMap((update) => (update.kind === 'fulfill' ? [update.id] : [])));
  const { input } = record;
  if (input.kind === 'command' && input.command.kind === 'fulfill' && input.command.channelId === before.channelId)
    fulfilled.add(input.command.id);
  const late = ({ offerer, id, cltvExpiry }: AddUpdate): boolean =>
    offerer === us
      ? height >= cltvExpiry + config.htlcGraceBlocks
      : fulfilled.has(id) && height >= cltvExpiry - config.fulfillDeadlineBlocks;
  return heldContents(before).some((contents) => contents.htlcs.some(late));
}

/** BOLT 2, update_fee: too low or unreasonably large for who estimates `own`. */
export function unacceptable(feeratePerKw: number, { config, feeratePerKw: own }: Pick<Circumstances, 'config' | 'feeratePerKw'>): boolean {
  const { min, max } = config.feerateTolerancePercent;
  return feeratePerKw < config.minFeeratePerKw || feeratePerKw * 100 < own * min || feeratePerKw * 100 > own * max;
}

function feerateRefused(circumstances: Circumstances): boolean {
  const { received, before } = circumstances;
  if (received?.type !== 'update_fee' && received?.type !== 'open_channel') return false;
  if (!unacceptable(received.feeratePerKw, circumstances)) return false;
  if (received.type === 'open_channel' || !hasCommitments(before)) return true;
  // What comes nearer to what the receiver would take makes nothing worse.
  const replaced = newestFeerate(before);
  const { config, feeratePerKw: own } = circumstances;
  const tooHigh = received.feeratePerKw * 100 > own * config.feerateTolerancePercent.max;
  return tooHigh ? received.feeratePerKw >= replaced : received.feeratePerKw <= replaced;
}

function dustExceeded({ config, received, before }: Circumstances): boolean {
  if (received?.type !== 'update_fee' || !hasCommitments(before)) return false;
  const { feeratePerKw } = received;
  const all = [...heldContents(before), finalContents(before)];
  return all.some((contents) => {
    if (contents === undefined || feeratePerKw <= contents.feeratePerKw) return false;
    return SIDES.some((owner) => dustExposureMsat(before, owner, contents, feeratePerKw) > config.maxDustHtlcExposureMsat);
  });
}

function openingRefused({ config, received }: Circumstances): boolean {
  if (received?.type === 'open_channel') return openRefused(config, received);
  return received?.type === 'accept_channel' && (received.minimumDepth > config.maxMinimumDepth || partyRefused(config, received));
}

function partyRefused(config: ChannelConfig, message: OpenChannel | AcceptChannel): boolean {
  const { toSelfDelay, maxAcceptedHtlcs, dustLimitSat, channelReserveSat, htlcMinimumMsat, maxHtlcValueInFlightMsat } = message;
  return (
    toSelfDelay > config.maxToSelfDelay ||
    maxAcceptedHtlcs > 483 ||
    maxAcceptedHtlcs === 0 ||
    dustLimitSat < 354n ||
    dustLimitSat > config.maxDustLimitSat ||
    channelReserveSat < dustLimitSat ||
    maxHtlcValueInFlightMsat < htlcMinimumMsat
  );
}

function openRefused(config: ChannelConfig, open: OpenChannel): boolean {
  const { chainHash, fundingSat, pushMsat, channelReserveSat, feeratePerKw } = open;
  const feeSat = (BigInt(feeratePerKw) * 724n) / 1000n;
  return (
    chainHash !== config.chainHash ||
    fundingSat < config.minFundingSat ||
    pushMsat > (fundingSat - feeSat) * 1000n ||
    channelReserveSat * 2n > fundingSat ||
    partyRefused(config, open)
  );
}

function closingRangesApart({ received, before }: Circumstances): boolean {
  if (received?.type !== 'closing_signed' || before?.phase !== 'funded') return false;
  const ours = before.closing.negotiation?.offered?.range;
  const theirs = received.feeRange;
  if (theirs === undefined) return true;
  // The accepter has sent no range yet when it refuses the first: all that it can object to is a maximum below its minimum.
  return ours === undefined || ours.minFeeSat > theirs.maxFeeSat || theirs.minFeeSat > ours.maxFeeSat;
}

function closingUnanswered({ world, record, config, before, waited }: Circumstances): boolean {
  if (before?.phase !== 'funded') return false;
  const { closing, lifecycle } = before;
  if (closing.tx !== undefined || !isShuttingDown(before) || waited < config.answerTimeoutBlocks) return false;
  return lifecycle.awaited !== undefined && world.height(record.node) >= lifecycle.awaited.sinceHeight + config.answerTimeoutBlocks;
}

/** The node itself ends the connection, of a peer that has said nothing for too long, in the step that is judged. */
function hangsUpOnSilence({ effects }: StepRecord): boolean {
  return effects.some((effect) => effect.kind === 'violated' && effect.rule === 'node.silent_peer');
}

const FUNDING_TIMEOUT_BLOCKS = 2016;

function fundingUnconfirmed({ world, record, before }: Circumstances): boolean {
  if (before?.phase !== 'funded' || isFundingSeen(before)) return false;
  return world.height(record.node) >= before.lifecycle.createdHeight + FUNDING_TIMEOUT_BLOCKS;
}

/** In blocks, that of the transaction counted as one: as deep as no reorganisation is drawn; and BOLT 5's depth, after which nothing is kept. */
export const DEPTH = { fail: 6, forget: 100 } as const;

function fundingDoubleSpent({ world, record, before, outcome }: Circumstances): boolean {
  return (
    hasCommitments(before) && fundingLost(world, world.height(record.node), before, outcome === 'forgotten' ? DEPTH.forget : DEPTH.fail)
  );
}

/** Whether the chain, up to this height, has spent otherwise what a funding was to spend, so deep. */
export function fundingLost(world: WorldView, height: number, { fundings }: FundedBase, depth: number): boolean {
  return fundings.some(({ output, tx: funding }) =>
    world.chain.confirmed.some(({ height: confirmed, tx }) => {
      if (funding === undefined || height - confirmed + 1 < depth || txid(world.crypto, tx) === output.txid) return false;
      return funding.inputs.some((own) => tx.inputs.some((input) => sameOutpoint(own, input)));
    }),
  );
}

function openerShort({ received, before }: Circumstances): boolean {
  if (!hasCommitments(before)) return false;
  const more: Update[] = [];
  if (received?.type === 'update_fee') more.push({ kind: 'fee', feeratePerKw: received.feeratePerKw });
  const contents = finalContents(before, more);
  if (contents === undefined) return false;
  const reserveSat = fundingOf(before).reserveSat.opener;
  return SIDES.some((owner) => contents.balanceMsat.opener < (openerCostSat(before, owner, contents) + reserveSat) * 1000n);
}
