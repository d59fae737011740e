import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { AddUpdate } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Side } from '../../core/transactions/types.ts';
import { policyOf } from '../scenario/channel-config.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import {
  commitmentsMade,
  contentsAt,
  contentsOf,
  dustExposureMsat,
  isDust,
  openerCostSat,
  otherSide,
  signableCut,
  SIDES,
} from '../model/commitment-contents.ts';
import type { Contents } from '../model/commitment-contents.ts';
import { changes, channelName, hasCommitments, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { finding } from './difference.ts';
import { fundingOf } from '../model/commitment-contents.ts';
import { ownPayment } from '../../core/channel/model/origin.ts';

const ORACLE = 'limits';
const KINDS = [
  'exceeded',
  'failed-for-dust-that-fits',
  'presented-too-much-dust',
  'refused-the-least',
  'refused-the-most',
  'probe-refused',
] as const;
/** BOLT 2: `max_accepted_htlcs` limit. */
const MAX_HTLCS = 483;
/** BOLT 2: from here on a cltv_expiry would be a time. */
const CLTV_EXPIRY_LIMIT = 500_000_000;

interface Broken {
  readonly limit:
    | 'htlc_minimum_msat'
    | 'cltv_expiry'
    | 'max_accepted_htlcs'
    | 'max_htlc_value_in_flight_msat'
    | 'channel_reserve_satoshis'
    | 'max_dust_htlc_exposure_msat';
  readonly expected: unknown;
  readonly actual: unknown;
}

/**
 * Whatever a node said that it would accept, the other never exceeds; what a node offers as sendable, it sends; and it fails the incoming
 * HTLCs that are more dust than it allows, and no others.
 */
export function createLimits({ trySendable }: { readonly trySendable: boolean }): Oracle {
  return build(trySendable, new Map());
}

/** `dusty`: by node, channel and id, whether an incoming HTLC was too much dust when it became irrevocable. */
function build(trySendable: boolean, dusty: Map<string, boolean>): Oracle {
  const configs = new Map<string, ChannelConfig>();
  const configOf = (world: WorldView, node: string): ChannelConfig => {
    let config = configs.get(node);
    if (config === undefined) {
      config = policyOf(world.spec.nodes.find(({ name }) => name === node)?.config ?? {}, []);
      configs.set(node, config);
    }
    return config;
  };
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: trySendable ? ['channels', 'sendable', 'fork'] : ['channels', 'sendable'],
    step(world, record) {
      for (const { before, after } of changes(world, record)) {
        if (!hasCommitments(after) || !hasCommitments(before) || before.shared === after.shared) continue;
        // What comes back from disk was offered before, when less was known.
        const comesBack = record.input.kind === 'restart';
        const broken = newCommitments(before, after) ?? (comesBack ? undefined : newAdds(before, after, configOf(world, record.node)));
        if (broken !== undefined) return report(world, record.node, after, broken);
        judgeDust(dusty, record.node, before, after, configOf(world, record.node));
      }
      if (record.input.kind === 'restart') forgetLost(dusty, world, record.node);
      const misjudged = dustFlags(dusty, world, record);
      if (misjudged !== undefined) return misjudged;
      return trySendable && record.input.kind === 'received' ? sendables(world, record.node) : undefined;
    },
    settled(world) {
      const refused = world.probes.find(({ result, from }) => result === 'refused' && world.driver(from)?.sendable !== undefined);
      if (refused !== undefined) {
        const { channel, from, amountMsat, detail } = refused;
        const message = `${from} refused to send ${amountMsat} msat, which it had called sendable`;
        return finding(world, {
          oracle: ORACLE,
          rule: 'sendable',
          kind: 'probe-refused',
          node: from,
          channel,
          message,
          expected: 'sent',
          actual: detail,
        });
      }
      return undefined;
    },
    // Policies don't change.
    fork: () => build(trySendable, new Map(dusty)),
  };
}

// ---------------------------------------------------------------- what the receiver says of dust

function keyOf(node: string, channelId: ChannelId, id: bigint): string {
  return `${node}/${channelId}/${id}`;
}

/** BOLT 2, Bounding exposure: "the HTLC's amount_msat plus the dust balance of the transaction", which it came to last of its batch so far. */
function isTooMuchDust(state: WithCommitments, add: AddUpdate, { maxDustHtlcExposureMsat }: ChannelConfig): boolean {
  return SIDES.some((owner) => {
    const contents = contentsOf(state.shared, state.shared.commitments[owner].current);
    if (typeof contents === 'string' || !isDust(state, owner, add, contents.feeratePerKw)) return false;
    const htlcs = contents.htlcs.filter(({ offerer, id }) => offerer !== add.offerer || id <= add.id);
    return dustExposureMsat(state, owner, { ...contents, htlcs }, contents.feeratePerKw) > maxDustHtlcExposureMsat;
  });
}

function judgeDust(
  dusty: Map<string, boolean>,
  node: string,
  before: WithCommitments,
  after: WithCommitments,
  config: ChannelConfig,
): void {
  const peer = otherSide(after.params.us);
  const adds = after.shared.base.htlcs[peer];
  if (adds === before.shared.base.htlcs[peer]) return;
  for (const add of adds) {
    const key = keyOf(node, after.channelId, add.id);
    if (!dusty.has(key)) dusty.set(key, isTooMuchDust(after, add, config));
  }
}

/** What a crash took becomes irrevocable again, and is judged anew; what it left has been judged. */
function forgetLost(dusty: Map<string, boolean>, world: WorldView, node: string): void {
  for (const state of statesOf(world, node).values()) {
    if (!hasCommitments(state)) continue;
    const prefix = keyOf(node, state.channelId, 0n).slice(0, -1);
    const kept = new Set(state.shared.base.htlcs[otherSide(state.params.us)].map(({ id }) => `${prefix}${id}`));
    for (const key of dusty.keys()) if (key.startsWith(prefix) && !kept.has(key)) dusty.delete(key);
  }
}

function dustFlags(dusty: ReadonlyMap<string, boolean>, world: WorldView, { node, effects }: StepRecord): Finding | undefined {
  for (const effect of effects) {
    if (effect.kind !== 'notify' || (effect.event.kind !== 'htlc_received' && effect.event.kind !== 'htlc_failed')) continue;
    const { event } = effect;
    const { add } = event;
    const expected = dusty.get(keyOf(node, effect.channelId, add.id));
    // One that comes too late is failed for that.
    if (event.kind === 'htlc_failed' && event.rule !== 'update_fulfill_htlc.dust') continue;
    const actual = event.kind === 'htlc_failed';
    if (expected === undefined || expected === actual) continue;
    return finding(world, {
      oracle: ORACLE,
      rule: 'update_add_htlc.max_dust_htlc_exposure_msat',
      kind: actual ? 'failed-for-dust-that-fits' : 'presented-too-much-dust',
      node,
      channel: channelName(world, effect.channelId),
      message: `${node} misjudges the dust of HTLC ${add.id}, ${add.amountMsat} msat`,
      expected,
      actual,
    });
  }
  return undefined;
}

function report(world: WorldView, node: string, state: WithCommitments, { limit, expected, actual }: Broken): Finding {
  const channel = channelName(world, state.channelId);
  return finding(world, {
    oracle: ORACLE,
    rule: `update_add_htlc.${limit}`,
    kind: 'exceeded',
    node,
    channel,
    message: `${node} went beyond ${limit}`,
    expected,
    actual,
  });
}

/** BOLT 2, update_add_htlc: counts, sums and each HTLC of every commitment that this step made. */
function newCommitments(before: WithCommitments, after: WithCommitments): Broken | undefined {
  for (const commitment of commitmentsMade(before.shared, after.shared)) {
    const contents = contentsOf(after.shared, commitment);
    if (typeof contents === 'string') continue;
    for (const offerer of SIDES) {
      const broken = offered(after, offerer, contents);
      if (broken !== undefined) return broken;
    }
  }
  return undefined;
}

function offered(state: WithCommitments, offerer: Side, contents: Contents): Broken | undefined {
  const { maxAcceptedHtlcs, maxHtlcValueInFlightMsat, htlcMinimumMsat } = state.params.parties[otherSide(offerer)];
  let count = 0;
  let sumMsat = 0n;
  for (const htlc of contents.htlcs) {
    if (htlc.offerer !== offerer) continue;
    count++;
    sumMsat += htlc.amountMsat;
    if (htlc.amountMsat <= 0n || htlc.amountMsat < htlcMinimumMsat) {
      return { limit: 'htlc_minimum_msat', expected: htlcMinimumMsat, actual: htlc.amountMsat };
    }
    if (htlc.cltvExpiry >= CLTV_EXPIRY_LIMIT) return { limit: 'cltv_expiry', expected: CLTV_EXPIRY_LIMIT, actual: htlc.cltvExpiry };
  }
  if (count > Math.min(maxAcceptedHtlcs, MAX_HTLCS)) return { limit: 'max_accepted_htlcs', expected: maxAcceptedHtlcs, actual: count };
  if (sumMsat > maxHtlcValueInFlightMsat)
    return { limit: 'max_htlc_value_in_flight_msat', expected: maxHtlcValueInFlightMsat, actual: sumMsat };
  return undefined;
}

/** BOLT 2, update_add_htlc, sending node, at the moment of sending: reserve, fees and dust, from what it then knows. */
function newAdds(before: WithCommitments, after: WithCommitments, config: ChannelConfig): Broken | undefined {
  const { us } = after.params;
  const log = after.shared.logs[us];
  const newest = log.at(-1);
  if (log === before.shared.logs[us] || newest?.kind !== 'add' || before.shared.logs[us].includes(newest)) return undefined;
  const contents = contentsAt(after.shared, signableCut(after.shared, us));
  if (typeof contents === 'string') return undefined;
  return affordable(after, contents) ?? dust(after, contents, newest, config);
}

function affordable(state: WithCommitments, contents: Contents): Broken | undefined {
  const { us } = state.params;
  const reserveMsat = fundingOf(state).reserveSat[us] * 1000n;
  for (const owner of SIDES) {
    const costMsat = us === 'opener' ? openerCostSat(state, owner, contents) * 1000n : 0n;
    const actual = contents.balanceMsat[us];
    if (actual < reserveMsat + costMsat) return { limit: 'channel_reserve_satoshis', expected: reserveMsat + costMsat, actual };
  }
  return undefined;
}

function dust(state: WithCommitments, contents: Contents, add: AddUpdate, { maxDustHtlcExposureMsat }: ChannelConfig): Broken | undefined {
  for (const owner of SIDES) {
    if (!isDust(state, owner, add, contents.feeratePerKw)) continue;
    const actual = dustExposureMsat(state, owner, contents, contents.feeratePerKw);
    if (actual > maxDustHtlcExposureMsat) return { limit: 'max_dust_htlc_exposure_msat', expected: maxDustHtlcExposureMsat, actual };
  }
  return undefined;
}

// ---------------------------------------------------------------- what is offered as sendable

const ONION = new Uint8Array(1366);
/** Blocks ahead of the chain: what any policy takes. */
const CLTV_DELTA = 144;

/** A copy of the node is asked to send the least and the most that it says it can. */
function sendables(world: WorldView, node: string): Finding | undefined {
  const driver = world.driver(node);
  if (driver?.sendable === undefined || driver.fork === undefined) return undefined;
  for (const [channelId, state] of statesOf(world, node)) {
    if (!hasCommitments(state)) continue;
    const range = driver.sendable(channelId);
    if (range === undefined) continue;
    for (const amountMsat of [range.minMsat, range.maxMsat]) {
      const effects = driver.fork().step({
        kind: 'command',
        command: {
          kind: 'add',
          channelId,
          origin: ownPayment('ff'.repeat(16)),
          amountMsat,
          paymentHash: world.nodeId(node).slice(2) as AddUpdate['paymentHash'],
          cltvExpiry: world.height(node) + CLTV_DELTA,
          onion: ONION,
        },
      });
      const refused = effects.find((effect) => effect.kind === 'refused');
      if (refused === undefined) continue;
      const which = amountMsat === range.minMsat ? 'least' : 'most';
      const message = `${node} refuses to send ${amountMsat} msat, the ${which} that it calls sendable: ${refused.detail}`;
      const channel = channelName(world, channelId);
      return finding(world, {
        oracle: ORACLE,
        rule: refused.rule,
        kind: `refused-the-${which}`,
        node,
        channel,
        message,
        expected: range,
        actual: refused.detail,
      });
    }
  }
  return undefined;
}
