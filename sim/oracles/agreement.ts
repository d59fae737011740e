import type { Commitment, SharedState } from '../../core/channel/model/state.ts';
import type { Side } from '../../core/transactions/types.ts';
import type { Finding, Oracle, WorldView } from '../scenario/types.ts';
import { CONTENT_KINDS, firstDifference, kindOfPath } from './compare.ts';
import { contentsOf, SIDES, txidsOf } from '../model/commitment-contents.ts';
import { changes, channelName, hasCommitments, peerName, peerState, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { contentsDifference } from './contents-difference.ts';
import { finding } from './difference.ts';
import { namesOf } from './refused-signature.ts';
import { StaleWatch } from './stale-channels.ts';
import { anyHidden, viewsDiffer } from './views.ts';

const ORACLE = 'agreement';
const KINDS = [...CONTENT_KINDS, 'transaction'] as const;

interface Pair {
  readonly world: WorldView;
  readonly node: string;
  readonly peer: string;
  readonly mine: WithCommitments;
  readonly theirs: WithCommitments;
}

/**
 * The commitment transaction that one side signs is the one that the other verifies, for every owner and number; and when two nodes are
 * connected, reestablished and quiet, what they share is equal to the last field. Sides are absolute, so nothing has to be mirrored. Of a node
 * that shows no states, what both show to their users is.
 */
export function createAgreement(): Oracle {
  return build(new Map(), new StaleWatch());
}

/** `equal`: the two shared states, by channel, that were found equal last: immutable, so the same objects need no second look. */
function build(equal: Map<string, readonly [SharedState, SharedState]>, stale: StaleWatch): Oracle {
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: ['channels'],
    step(world, record) {
      stale.watch(world, record);
      for (const { before, after } of changes(world, record)) {
        if (!hasCommitments(after) || stale.has(after.channelId) || (hasCommitments(before) && before.shared === after.shared)) continue;
        const pair = pairOf(world, record.node, after);
        const found = pair && sameTransactions(pair);
        if (found !== undefined) return found;
      }
      // A channel also falls quiet without changing, when a store is finished: so all of the node's are looked at.
      if (!mayBeQuiet(world, record.node)) return undefined;
      for (const state of statesOf(world, record.node).values()) {
        const judged = state.phase === 'funded' && state.lifecycle.connection === 'connected' && !stale.has(state.channelId);
        const pair = judged ? pairOf(world, record.node, state) : undefined;
        const found = pair && sameWhenQuiet(pair, equal);
        if (found !== undefined) return found;
      }
      return anyHidden(world) ? hidden(world, stale) : undefined;
    },
    settled(world) {
      for (const info of world.channels) {
        const state = world.channelState(info.opener, info.name);
        const pair = hasCommitments(state) && !stale.has(info.channelId) ? pairOf(world, info.opener, state) : undefined;
        const found = pair && (sameTransactions(pair) ?? sameWhenQuiet(pair, equal));
        if (found !== undefined) return found;
      }
      return undefined;
    },
    fork: () => build(new Map(equal), new StaleWatch(stale)),
  };
}

/** Channels of which one end shows no state. */
function hidden(world: WorldView, stale: StaleWatch): Finding | undefined {
  for (const info of world.channels) {
    const found = stale.has(info.channelId) ? undefined : viewsDiffer(world, info);
    if (found !== undefined) return found;
  }
  return undefined;
}

function pairOf(world: WorldView, node: string, mine: WithCommitments): Pair | undefined {
  const theirs = peerState(world, mine);
  return theirs && { world, node, peer: peerName(world, mine), mine, theirs };
}

/** Nothing that is in flight or unfinished keeps every peer of this node from being quiet with it. */
function mayBeQuiet(world: WorldView, node: string): boolean {
  for (const other of world.nodeNames) if (other !== node && world.quiet(node, other) && world.connected(node, other)) return true;
  return false;
}

function isQuiet({ world, node, peer, mine, theirs }: Pair): boolean {
  for (const state of [mine, theirs]) if (state.phase !== 'funded' || state.lifecycle.connection !== 'connected') return false;
  return world.connected(node, peer) && world.quiet(node, peer);
}

function sameTransactions(pair: Pair): Finding | undefined {
  for (const owner of SIDES) {
    const mine = pair.mine.shared.commitments[owner];
    const theirs = pair.theirs.shared.commitments[owner];
    for (const a of [mine.current, mine.next]) {
      for (const b of [theirs.current, theirs.next]) {
        if (a === undefined || b === undefined || a.number !== b.number) continue;
        const found = sameTransaction(pair, owner, a, b);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

function sameTransaction(pair: Pair, owner: Side, a: Commitment, b: Commitment): Finding | undefined {
  const held = txidsOf(pair.mine, owner, a);
  const others = txidsOf(pair.theirs, owner, b);
  if (held.length === others.length && held.every((txid, i) => txid === others[i])) return undefined;
  const mine = contentsOf(pair.mine.shared, a);
  const theirs = contentsOf(pair.theirs.shared, b);
  const { world, node, peer } = pair;
  const common = { oracle: ORACLE, rule: 'commitment', node, channel: channelName(world, pair.mine.channelId) };
  const names = namesOf(node, peer, pair.mine);
  const about = `${node} and ${peer} disagree on commitment ${a.number} of ${names[owner]}`;
  if (typeof mine === 'string' || typeof theirs === 'string') {
    const word = (contents: typeof mine): string => (typeof contents === 'string' ? contents : 'logs that apply');
    const message = `${about}: the logs of one make no sense`;
    return finding(world, { ...common, kind: 'numbers', message, expected: word(mine), actual: word(theirs) });
  }
  const difference = contentsDifference([`${node} holds`, mine], [`${peer} holds`, theirs], names);
  if (difference === undefined) {
    const message = `${about}: the contents are equal, the transactions are not`;
    return finding(world, { ...common, kind: 'transaction', message, expected: held, actual: others });
  }
  const { kind, comparison, left, right } = difference;
  const message = `${about}: ${node} has ${left}, ${peer} has ${right}`;
  return finding(world, { ...common, kind, message, expected: left, actual: right, comparison });
}

function sameWhenQuiet(pair: Pair, equal: Map<string, readonly [SharedState, SharedState]>): Finding | undefined {
  const { world, node, peer } = pair;
  const { channelId } = pair.mine;
  const mine = pair.mine.shared;
  const theirs = pair.theirs.shared;
  const last = equal.get(channelId);
  if (last !== undefined && last.includes(mine) && last.includes(theirs)) return undefined;
  if (!isQuiet(pair)) return undefined;
  const difference = firstDifference(mine, theirs);
  if (difference === undefined) {
    equal.set(channelId, [mine, theirs]);
    return undefined;
  }
  return finding(world, {
    oracle: ORACLE,
    rule: 'shared-state',
    kind: kindOfPath(difference.path),
    node,
    channel: channelName(world, channelId),
    message: `${node} and ${peer} are connected and quiet, yet ${difference.path} differs`,
    expected: { [difference.path]: difference.left },
    actual: { [difference.path]: difference.right },
    titles: [`${node} holds`, `${peer} holds`],
  });
}
