import type { Command } from '../../../core/channel/model/channel-vocabulary.ts';
import type { AddUpdate } from '../../../core/channel/model/state.ts';
import { policyOf } from '../../scenario/channel-config.ts';
import type { Driver, WorldView } from '../../scenario/types.ts';
import { ANCHOR_OUTPUT_SAT, contentsAt, fundingOf, openerCostSat, signableCut, SIDES } from '../../model/commitment-contents.ts';
import { hasCommitments } from '../../world/channel-changes.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';

/** What a node that offers too much has not set aside, told by how much more than it may it would offer. */
export const OVERSPENT = [
  'obeyed-without-reserve',
  'obeyed-without-fee',
  'obeyed-without-fee-spike-buffer',
  'obeyed-without-anchors',
  'obeyed-without-htlc-fee',
] as const;
type Overspent = (typeof OVERSPENT)[number];

type Add = Extract<Command, { kind: 'add' }>;

export interface Overspending {
  readonly kind: Overspent | 'obeyed';
  /** In msat: the most that the rules let it offer, and the most that it offers. */
  readonly allowedMsat: bigint;
  readonly offeredMsat: bigint;
  /** In msat: what the offerer must keep, by what it is for. */
  readonly reserveMsat: bigint;
  readonly costMsat: bigint;
}

/** How far beyond its limit a node goes. `node`: a copy as it was before it took `add`, which asks for one msat more than it may. */
export function overspending(world: WorldView, name: string, node: Driver, add: Add): Overspending | undefined {
  const state = node.channels?.().get(add.channelId);
  if (!hasCommitments(state) || node.fork === undefined) return undefined;
  const allowedMsat = add.amountMsat - 1n;
  const offeredMsat = mostOffered(node, add, state.shared.base.balanceMsat[state.params.us]);
  const beyond = offeredMsat - allowedMsat;
  const parts = partsOf(world, name, state, add);
  const { us } = state.params;
  const reserveMsat = fundingOf(state).reserveSat[us] * 1000n;
  const balance = contentsNow(state)?.balanceMsat[us] ?? 0n;
  const kind = parts.find(([, least, most]) => beyond >= least && beyond <= most)?.[0] ?? 'obeyed';
  return { kind, allowedMsat, offeredMsat, reserveMsat, costMsat: balance - reserveMsat - allowedMsat };
}

function contentsNow(state: WithCommitments): Exclude<ReturnType<typeof contentsAt>, string> | undefined {
  const contents = contentsAt(state.shared, signableCut(state.shared, state.params.us));
  return typeof contents === 'string' ? undefined : contents;
}

/** By halves: whoever takes an amount takes less, too. */
function mostOffered(node: Driver, add: Add, balanceMsat: bigint): bigint {
  const takes = (amountMsat: bigint): boolean => {
    const effects = node.fork?.().step({ kind: 'command', command: { ...add, amountMsat } }) ?? [];
    return !effects.some((effect) => effect.kind === 'refused');
  };
  let least = add.amountMsat;
  let most = balanceMsat + 1n;
  while (most - least > 1n) {
    const middle = (least + most) / 2n;
    if (takes(middle)) least = middle;
    else most = middle;
  }
  return least;
}

type Part = readonly [kind: Overspent, least: bigint, most: bigint];

/** What must be set aside, each with the msat by which it shows that it was not. */
function partsOf(world: WorldView, name: string, state: WithCommitments, add: Add): readonly Part[] {
  const { us } = state.params;
  const contents = contentsNow(state);
  if (contents === undefined) return [];
  const reserveMsat = fundingOf(state).reserveSat[us] * 1000n;
  // A reserve in another unit is nearly none.
  const reserve: Part = ['obeyed-without-reserve', (reserveMsat * 99n) / 100n, reserveMsat];
  if (us === 'accepter') return [reserve];
  const { feeSpikeMultiple } = policyOf(world.spec.nodes.find((node) => node.name === name)?.config ?? {}, []);
  const { channelId: _, origin: __, ...terms } = add;
  const large: AddUpdate = { ...terms, kind: 'add', offerer: us, id: 1_000_000_000n };
  const dearestMsat = (multiple: number, more: number): bigint => {
    const htlcs = [...contents.htlcs, ...Array.from({ length: more }, () => large)];
    const costs = SIDES.map((owner) => openerCostSat(state, owner, { ...contents, htlcs, feeratePerKw: contents.feeratePerKw * multiple }));
    return costs.reduce((most, cost) => (cost > most ? cost : most), 0n) * 1000n;
  };
  const exactly = (kind: Overspent, msat: bigint): Part => [kind, msat, msat];
  const buffered = dearestMsat(feeSpikeMultiple, 2);
  const anchorsMsat = fundingOf(state).format === 'anchors' ? 2n * ANCHOR_OUTPUT_SAT * 1000n : 0n;
  return [
    exactly('obeyed-without-anchors', anchorsMsat),
    exactly('obeyed-without-fee', buffered),
    exactly('obeyed-without-fee', buffered - anchorsMsat),
    exactly('obeyed-without-htlc-fee', buffered - dearestMsat(feeSpikeMultiple, 1)),
    exactly('obeyed-without-htlc-fee', buffered - dearestMsat(feeSpikeMultiple, 0)),
    ...[0, 1, 2].map((more) => exactly('obeyed-without-fee-spike-buffer', buffered - dearestMsat(1, more))),
    reserve,
  ].filter(([, , most]) => most > 0n);
}
