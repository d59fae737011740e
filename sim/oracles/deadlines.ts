import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { AddUpdate } from '../../core/channel/model/state.ts';
import { policyOf } from '../scenario/channel-config.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { commitmentsOf, contentsOf } from '../model/commitment-contents.ts';
import { channelName, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { finding } from './difference.ts';

const ORACLE = 'deadlines';
const KINDS = ['offered-and-expired', 'fulfilled-and-near-its-expiry', 'unanswered-and-near-its-expiry'] as const;
type Kind = (typeof KINDS)[number];
const RULE_OF = {
  'offered-and-expired': 'htlc.timeout_deadline',
  'fulfilled-and-near-its-expiry': 'htlc.fulfillment_deadline',
  'unanswered-and-near-its-expiry': 'update_fulfill_htlc.deadline',
} as const satisfies Readonly<Record<Kind, string>>;

/**
 * BOLT 2, cltv_expiry_delta Selection: no HTLC outlives its expiry and grace in a living channel, no known preimage is let expire, and what
 * nobody has claimed in time is failed.
 */
export function createDeadlines(): Oracle {
  const configs = new Map<string, ChannelConfig>();
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: ['channels'],
    step(world, record) {
      if (record.input.kind !== 'chain') return undefined;
      const { node } = record;
      let config = configs.get(node);
      if (config === undefined) {
        config = policyOf(world.spec.nodes.find(({ name }) => name === node)?.config ?? {}, []);
        configs.set(node, config);
      }
      return overdue(world, record, config, record.input.tip.height);
    },
    // Policies don't change.
    fork: () => createDeadlines(),
  };
}

function overdue(world: WorldView, { node }: StepRecord, config: ChannelConfig, height: number): Finding | undefined {
  for (const state of statesOf(world, node).values()) {
    if (state.phase !== 'funded') continue;
    const htlcs = committed(state);
    if (htlcs.size === 0) continue;
    const answered = answers(state);
    for (const htlc of htlcs) {
      const kind = missed(state, config, height, htlc, answered);
      if (kind === undefined) continue;
      const message = `${node} let HTLC ${htlc.id} of the ${htlc.offerer} pass its deadline and kept the channel`;
      const channel = channelName(world, state.channelId);
      const expected = `resolved or failed before height ${height}, expiry ${htlc.cltvExpiry}`;
      return finding(world, {
        oracle: ORACLE,
        rule: RULE_OF[kind],
        kind,
        node,
        channel,
        message,
        expected,
        actual: 'still committed',
      });
    }
  }
  return undefined;
}

/** HTLCs in either node's commitment transactions, signed next ones included. */
function committed(state: WithCommitments): ReadonlySet<AddUpdate> {
  const found = new Set<AddUpdate>();
  for (const { commitment } of commitmentsOf(state.shared)) {
    const contents = contentsOf(state.shared, commitment);
    if (typeof contents !== 'string') for (const htlc of contents.htlcs) found.add(htlc);
  }
  return found;
}

/** What this node has answered, by ids of the peer's HTLCs. */
function answers(state: WithCommitments): ReadonlyMap<bigint, string> {
  const answered = new Map<bigint, string>();
  for (const update of state.shared.logs[state.params.us])
    if (update.kind !== 'add' && update.kind !== 'fee') answered.set(update.id, update.kind);
  return answered;
}

function missed(
  state: WithCommitments,
  config: ChannelConfig,
  height: number,
  htlc: AddUpdate,
  answered: ReadonlyMap<bigint, string>,
): Kind | undefined {
  if (htlc.offerer === state.params.us) return height > htlc.cltvExpiry + config.htlcGraceBlocks ? 'offered-and-expired' : undefined;
  if (height <= htlc.cltvExpiry - config.fulfillDeadlineBlocks) return undefined;
  const answer = answered.get(htlc.id);
  if (answer === 'fulfill') return 'fulfilled-and-near-its-expiry';
  const irrevocable = state.shared.base.htlcs[htlc.offerer].includes(htlc);
  return answer === undefined && irrevocable ? 'unanswered-and-near-its-expiry' : undefined;
}
