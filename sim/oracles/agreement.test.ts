import { describe, expect, it } from 'vitest';
import type { ChannelState, SharedState } from '../../core/channel/model/state.ts';
import type { Txid } from '../../core/crypto/bytes.ts';
import { createAgreement } from './agreement.ts';
import { hasCommitments } from '../world/channel-changes.ts';
import { fingerprintsOf, runWorld, tampered } from './run.fixture.ts';

/** A shows its shared state otherwise, from the `after`-th commitment on. */
function planted(edit: (shared: SharedState) => SharedState, after = 2n): readonly string[] {
  const driver = tampered({
    nodes: ['A'],
    state: (state: ChannelState) => {
      if (!hasCommitments(state) || state.shared.commitments.opener.current.number < after) return state;
      return { ...state, shared: edit(state.shared) };
    },
  });
  return fingerprintsOf(4, (seed) => runWorld({ seed, driver, oracles: [createAgreement()] }).finding);
}

describe('agreement', () => {
  it('finds nothing between honest nodes', () => {
    expect(fingerprintsOf(8, (seed) => runWorld({ seed, oracles: [createAgreement()] }).finding)).toEqual([]);
  });

  it('tells another transaction with the same contents', () => {
    const other = (shared: SharedState): SharedState => {
      const { opener, accepter } = shared.commitments;
      const current = { ...opener.current, txids: ['00'.repeat(32) as Txid] };
      return { ...shared, commitments: { opener: { ...opener, current }, accepter } };
    };
    expect(planted(other)).toEqual(['agreement/commitment/same contents, other transaction']);
  });

  it('names the field when contents differ', () => {
    const dearer = (shared: SharedState): SharedState => {
      const { opener, accepter } = shared.commitments;
      const current = { ...opener.current, txids: ['00'.repeat(32) as Txid] };
      const base = { ...shared.base, feeratePerKw: shared.base.feeratePerKw + 1 };
      return { ...shared, base, commitments: { opener: { ...opener, current }, accepter } };
    };
    expect(planted(dearer)).toEqual(['agreement/commitment/feeratePerKw']);
  });

  it('compares shared states only when the pair is quiet, and then to the last field', () => {
    const richer = (shared: SharedState): SharedState => {
      const balanceMsat = { opener: shared.base.balanceMsat.opener + 1n, accepter: shared.base.balanceMsat.accepter - 1n };
      return { ...shared, base: { ...shared.base, balanceMsat } };
    };
    expect(planted(richer)).toEqual(['agreement/shared state when quiet/base.balanceMsat']);
    const onion = (shared: SharedState): SharedState => {
      const log = shared.logs.accepter.map((update) => (update.kind === 'add' ? { ...update, onion: new Uint8Array(1366) } : update));
      return { ...shared, logs: { ...shared.logs, accepter: log } };
    };
    // Once both have folded the add, there is no log to differ in: some seeds are quiet in between.
    const manual = { config: { commit: 'manual' } };
    const driver = tampered({
      nodes: ['A'],
      state: (state) => (hasCommitments(state) ? { ...state, shared: onion(state.shared) } : state),
    });
    const found = fingerprintsOf(6, (seed) => runWorld({ seed, driver, nodes: [manual, manual], oracles: [createAgreement()] }).finding);
    expect(found).toEqual(['agreement/shared state when quiet/logs.onion']);
  });

  it('goes on independently in a fork', () => {
    const oracle = createAgreement();
    const { world } = runWorld({ seed: 'fork', oracles: [oracle] });
    expect(oracle.fork().settled?.(world)).toBeUndefined();
  });
});
