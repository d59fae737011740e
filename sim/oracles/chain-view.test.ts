import { describe, expect, it } from 'vitest';
import type { ConfirmedTx } from '../../core/chain/update.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import { apply } from '../actions/apply.ts';
import { runToRest } from '../run/setup.ts';
import type { Action } from '../scenario/types.ts';
import { hasCommitments } from '../world/channel-changes.ts';
import { createChainView } from './chain-view.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, startWorld, tampered } from './run.fixture.ts';
import type { Tampering } from './run.fixture.ts';

function shown(edit: (transactions: readonly ConfirmedTx[]) => readonly ConfirmedTx[]): NonNullable<Tampering['state']> {
  return (state): ChannelState =>
    hasCommitments(state) ? { ...state, chain: { ...state.chain, transactions: edit(state.chain.transactions) } } : state;
}

/** What a node that shows its channels so is caught at by these actions. */
function caught(state: NonNullable<Tampering['state']>, ...actions: readonly Action[]): string | undefined {
  const driver = tampered({ nodes: ['B'], state });
  const world = startWorld({ seed: 'chain', oracles: [createChainView()], driver });
  for (const action of actions) {
    apply(world, action);
    runToRest(world);
  }
  return world.finding?.kind;
}

describe('what a channel knows of the chain', () => {
  it('is what the present chain says, between honest nodes', () => {
    const operations = [...CALM, ...FAULTS, 'reorg', 'open', 'shutdown'];
    expect(fingerprintsOf(10, (seed) => runWorld({ seed, oracles: [createChainView()], operations }).finding)).toEqual([]);
  });

  it('is not where a funding was before it was replaced', () => {
    const before = shown((transactions) => transactions.map((tx) => ({ ...tx, height: tx.height - 1 })));
    expect(caught(before)).toBe('funding-not-where-it-is');
  });

  it('has the end of the channel', () => {
    const close: readonly Action[] = [
      { do: 'shutdown', node: 'A', channel: 'c' },
      { do: 'mine', blocks: 1 },
    ];
    const blind = shown((transactions) => transactions.slice(0, 1));
    expect(caught(blind, ...close)).toBe('spend-not-where-it-is');
    expect(
      caught(
        shown((transactions) => transactions),
        ...close,
      ),
    ).toBeUndefined();
  });

  it('allows channel_ready at the depth that was agreed, and not before', () => {
    const deeper = (state: ChannelState): ChannelState =>
      hasCommitments(state) ? { ...state, params: { ...state.params, minimumDepth: state.params.minimumDepth + 1 } } : state;
    expect(caught(deeper)).toBe('ready-too-early');
  });
});
