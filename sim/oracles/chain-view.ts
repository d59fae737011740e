import { txid } from '../../core/bitcoin/tx.ts';
import type { Outpoint, Tx } from '../../core/bitcoin/tx.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { changes, channelName, hasCommitments } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { sameOutpoint } from '../world/chain.ts';
import { finding } from './difference.ts';

const ORACLE = 'chain-view';
const KINDS = ['funding-not-where-it-is', 'spend-not-where-it-is', 'ready-too-early'] as const;
type Kind = (typeof KINDS)[number];

interface Confirmed {
  readonly height: number;
  readonly tx: Tx;
}

/**
 * What a channel knows of the chain is what the present chain says, as far as its node has heard, whatever blocks were replaced; and channel_ready
 * is said where that has the funding as deep as was agreed (BOLT 2).
 */
export function createChainView(): Oracle {
  return { name: ORACLE, kinds: KINDS, asks: ['channels'], step: chainSeen, fork: () => createChainView() };
}

function chainSeen(world: WorldView, record: StepRecord): Finding | undefined {
  const { input } = record;
  if (input.kind !== 'chain') return undefined;
  let confirmed: readonly Confirmed[] | undefined;
  for (const { before, after } of changes(world, record)) {
    if (!hasCommitments(before) || !hasCommitments(after)) continue;
    const isReady = before.phase === 'funded' && after.phase === 'funded' && !before.lifecycle.readySent && after.lifecycle.readySent;
    const isReplaced = input.fork.height < before.chain.tip.height;
    if (!isReady && !isReplaced && before.chain.transactions === after.chain.transactions) continue;
    confirmed ??= world.chain.confirmed.filter(({ height }) => height <= input.tip.height);
    const found = compared(world, record, after, confirmed, isReady, input.tip.height);
    if (found !== undefined) return found;
  }
  return undefined;
}

function compared(
  world: WorldView,
  { node }: StepRecord,
  state: WithCommitments,
  confirmed: readonly Confirmed[],
  isReady: boolean,
  tip: number,
): Finding | undefined {
  const report = (kind: Kind, message: string, expected: string, actual: string): Finding =>
    finding(world, {
      oracle: ORACLE,
      rule: RULE_OF[kind],
      kind,
      node,
      channel: channelName(world, state.channelId),
      message,
      expected,
      actual,
    });
  const known = state.chain.transactions;
  for (const { output } of state.fundings) {
    const there = confirmed.find(({ tx }) => txid(world.crypto, tx) === output.txid)?.height;
    const believed = known.find((tx) => tx.txid === output.txid)?.height;
    if (there !== believed)
      return report('funding-not-where-it-is', `${node} takes the funding to be where it is not`, placeOf(there), placeOf(believed));
    const spent = confirmed.find(({ tx }) => spends(tx, output))?.height;
    const believedSpent = known.find(({ tx }) => spends(tx, output))?.height;
    if (spent !== believedSpent)
      return report(
        'spend-not-where-it-is',
        `${node} takes the end of the channel to be where it is not`,
        placeOf(spent),
        placeOf(believedSpent),
      );
    const depth = there === undefined ? 0 : tip - there + 1;
    const agreed = Math.max(1, state.params.minimumDepth);
    if (isReady && depth < agreed)
      return report('ready-too-early', `${node} said channel_ready for a funding that is not deep enough`, `${agreed} blocks`, `${depth}`);
  }
  return undefined;
}

const RULE_OF = {
  'funding-not-where-it-is': 'chain.funding',
  'spend-not-where-it-is': 'chain.spend',
  'ready-too-early': 'channel_ready.minimum_depth',
} as const satisfies Readonly<Record<Kind, string>>;

function spends(tx: Tx, outpoint: Outpoint): boolean {
  return tx.inputs.some((input) => sameOutpoint(input, outpoint));
}

function placeOf(height: number | undefined): string {
  return height === undefined ? 'not in the chain' : `at height ${height}`;
}
