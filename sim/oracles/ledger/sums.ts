import type { Tx } from '../../../core/bitcoin/tx.ts';
import type { Base, FundedBase } from '../../../core/channel/model/state.ts';
import type { Side } from '../../../core/transactions/types.ts';
import { most } from '../../../core/bitcoin/amounts.ts';
import {
  ANCHOR_OUTPUT_SAT,
  commitmentsMade,
  contentsOf,
  fundingOf,
  isDust,
  openerCostSat,
  SENSELESS,
  SIDES,
} from '../../model/commitment-contents.ts';
import type { Contents, Senseless } from '../../model/commitment-contents.ts';
import type { Finding, WorldView } from '../../scenario/types.ts';
import { channelName } from '../../world/channel-changes.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';
import { finding } from '../difference.ts';
import type { Difference } from '../difference.ts';

const ORACLE = 'ledger';
export const SUM_KINDS = ['negative-balance', 'money-appeared', 'money-disappeared', 'output-amounts', ...SENSELESS] as const;
type Kind = (typeof SUM_KINDS)[number];
const SENSELESS_WORDS = {
  'cut-outside-log': 'counts updates that are not in its log, or are settled already: it has forgotten one, or covers one that never came',
  'add-in-the-wrong-log': 'has an HTLC in the log of who receives it',
  'fee-from-accepter': 'has an update_fee of the accepter',
  'removal-of-unknown-htlc': 'removes an HTLC that it does not have',
} as const satisfies Record<Senseless, string>;

function capacityMsat(state: FundedBase): bigint {
  return fundingOf(state).amountSat * 1000n;
}

/** The base and every commitment that this step made: all balances and HTLCs together are the channel. */
export function conserved(world: WorldView, node: string, before: FundedBase | undefined, after: FundedBase): Finding | undefined {
  const { base } = after.shared;
  if (base !== before?.shared.base) {
    const found = sumsUp(world, node, after, 'base', baseContents(base));
    if (found !== undefined) return found;
  }
  for (const commitment of commitmentsMade(before?.shared, after.shared)) {
    const found = sumsUp(world, node, after, 'commitment', contentsOf(after.shared, commitment));
    if (found !== undefined) return found;
  }
  return undefined;
}

function baseContents(base: Base): Contents {
  return { balanceMsat: base.balanceMsat, htlcs: [...base.htlcs.opener, ...base.htlcs.accepter], feeratePerKw: base.feeratePerKw };
}

function sumsUp(world: WorldView, node: string, state: FundedBase, rule: string, contents: Contents | Senseless): Finding | undefined {
  const wrong = sumFault(state, contents);
  if (wrong === undefined) return undefined;
  const { kind, message, expected, actual } = wrong;
  const channel = channelName(world, state.channelId);
  return finding(world, { oracle: ORACLE, rule, node, channel, kind, message: `${node}'s ${rule} ${message}`, expected, actual });
}

function sumFault(
  state: FundedBase,
  contents: Contents | Senseless,
): (Pick<Difference, 'message' | 'expected' | 'actual'> & { readonly kind: Kind }) | undefined {
  if (typeof contents === 'string')
    return { kind: contents, message: SENSELESS_WORDS[contents], expected: 'updates that apply', actual: contents };
  const { balanceMsat, htlcs } = contents;
  const negative = SIDES.find((side) => balanceMsat[side] < 0n);
  if (negative !== undefined) {
    const message = `leaves the ${negative} less than nothing`;
    return { kind: 'negative-balance', message, expected: '0 msat or more', actual: balanceMsat[negative] };
  }
  let sum = balanceMsat.opener + balanceMsat.accepter;
  for (const { amountMsat } of htlcs) sum += amountMsat;
  const capacity = capacityMsat(state);
  if (sum === capacity) return undefined;
  const kind = sum > capacity ? 'money-appeared' : 'money-disappeared';
  return { kind, message: 'does not add up to the channel', expected: capacity, actual: sum };
}

/** A commitment transaction: outputs, base fee, trimmed HTLCs and balances, fractions and anchors are the channel (BOLT 3). */
export function commitmentOutputs(world: WorldView, node: string, state: WithCommitments, tx: Tx): Finding | undefined {
  const owner = state.params.us;
  const contents = contentsOf(state.shared, state.shared.commitments[owner].current);
  if (typeof contents === 'string') return undefined;
  const expected = expectedAmounts(state, owner, contents).sort(ascending);
  const actual = tx.outputs.map(({ amountSat }) => amountSat).sort(ascending);
  if (expected.length === actual.length && expected.every((amount, i) => amount === actual[i])) return undefined;
  const channel = channelName(world, state.channelId);
  const message = `${node}'s commitment transaction does not pay what its contents say`;
  return finding(world, {
    oracle: ORACLE,
    rule: 'commitment-transaction',
    kind: 'output-amounts',
    node,
    channel,
    message,
    expected,
    actual,
  });
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function expectedAmounts(state: WithCommitments, owner: Side, contents: Contents): bigint[] {
  const { dustLimitSat } = state.params.parties[owner];
  const htlcs = contents.htlcs.filter((htlc) => !isDust(state, owner, htlc, contents.feeratePerKw)).map((htlc) => htlc.amountMsat / 1000n);
  const opener = contents.balanceMsat.opener / 1000n - openerCostSat(state, owner, contents);
  const due = { opener: most(opener, 0n), accepter: contents.balanceMsat.accepter / 1000n };
  const balances = SIDES.filter((side) => due[side] >= dustLimitSat);
  const anchors = fundingOf(state).format === 'anchors' ? (htlcs.length > 0 ? SIDES : balances) : [];
  return [...htlcs, ...balances.map((side) => due[side]), ...anchors.map(() => ANCHOR_OUTPUT_SAT)];
}
