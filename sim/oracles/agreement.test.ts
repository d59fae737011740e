import { describe, expect, it } from 'vitest';
import type { ChannelState, Funding, SharedState } from '../../core/channel/model/state.ts';
import type { Txid } from '../../core/crypto/bytes.ts';
import { createAgreement } from './agreement.ts';
import { hasCommitments } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { fingerprintsOf, runWorld, tampered } from './run.fixture.ts';

/** A shows its state otherwise, from the `after`-th commitment on. */
function planted(edit: (state: WithCommitments) => WithCommitments, after = 2n): readonly string[] {
  const driver = tampered({
    nodes: ['A'],
    state: (state: ChannelState) => {
      if (!hasCommitments(state) || state.shared.commitments.opener.current.number < after) return state;
      return edit(state);
    },
  });
  return fingerprintsOf(4, (seed) => runWorld({ seed, driver, oracles: [createAgreement()] }).finding);
}

function otherTransaction(state: WithCommitments): WithCommitments {
  const [funding] = state.fundings as [Funding];
  const { opener, accepter } = funding.txids;
  return { ...state, fundings: [{ ...funding, txids: { opener: { ...opener, current: '00'.repeat(32) as Txid }, accepter } }] };
}

describe('agreement', () => {
  it('finds nothing between honest nodes', () => {
    expect(fingerprintsOf(8, (seed) => runWorld({ seed, oracles: [createAgreement()] }).finding)).toEqual([]);
  });

  it('tells another transaction with the same contents', () => {
    expect(planted(otherTransaction)).toEqual(['agreement/commitment/transaction']);
  });

  it('names the field when contents differ', () => {
    const dearer = (state: WithCommitments): WithCommitments => {
      const base = { ...state.shared.base, feeratePerKw: state.shared.base.feeratePerKw + 1 };
      return { ...otherTransaction(state), shared: { ...state.shared, base } };
    };
    expect(planted(dearer)).toEqual(['agreement/commitment/feerate']);
  });

  it('compares shared states only when the pair is quiet, and then to the last field', () => {
    const richer = (state: WithCommitments): WithCommitments => {
      const { shared } = state;
      const balanceMsat = { opener: shared.base.balanceMsat.opener + 1n, accepter: shared.base.balanceMsat.accepter - 1n };
      return { ...state, shared: { ...shared, base: { ...shared.base, balanceMsat } } };
    };
    expect(planted(richer)).toEqual(['agreement/shared-state/balance']);
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
    expect(found).toEqual(['agreement/shared-state/updates']);
  });

  it('goes on independently in a fork', () => {
    const oracle = createAgreement();
    const { world } = runWorld({ seed: 'fork', oracles: [oracle] });
    expect(oracle.fork().settled?.(world)).toBeUndefined();
  });
});
