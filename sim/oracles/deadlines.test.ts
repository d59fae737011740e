import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import { INITIAL_HEIGHT } from '../world/chain.ts';
import { runToRest } from '../run/setup.ts';
import type { Action, Finding } from '../scenario/types.ts';
import { createDeadlines } from './deadlines.ts';
import { fingerprintsOf, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';

/** HTLCs are offered, and blocks come until some expire. */
const EXPIRING = { operations: ['pay', 'fulfill', 'expiry', 'disconnect', 'connect'], licences: ['expired-htlc'] };

describe('deadlines', () => {
  it('finds nothing between honest nodes', () => {
    expect(fingerprintsOf(8, (seed) => runWorld({ seed, oracles: [createDeadlines()], ...EXPIRING }).finding)).toEqual([]);
  });

  /** A pays B over 40 blocks; then the link breaks, `then` happens, and 60 blocks are mined. */
  function scripted(then: readonly Action[], input: NonNullable<Tampering['input']>, node: string): Finding | undefined {
    const between: RunSpec['between'] = (world, done) => {
      if (done > 0) return;
      apply(world, { do: 'pay', as: 'p', from: 'A', channel: 'c', amountMsat: '50000000', cltvDelta: 40 });
      runToRest(world);
      for (const action of [{ do: 'disconnect', link: 'A-B' } as const, ...then]) apply(world, action);
      apply(world, { do: 'mine', blocks: 60 });
      runToRest(world);
    };
    const driver = tampered({ nodes: [node], input });
    return runWorld({ seed: 'scripted', between, steps: 1, operations: [], driver, oracles: [createDeadlines()] }).finding;
  }

  /** Blocks beyond those that open the channel don't get through to the nodes. */
  const blind: Tampering['input'] = (input) => (input.kind === 'chain' && input.tip.height > INITIAL_HEIGHT + 12 ? undefined : input);
  const seeing: Tampering['input'] = (input) => input;

  it('sees an HTLC outlive its expiry where a node does not look at blocks', () => {
    expect(scripted([], blind, 'A')).toMatchObject({ rule: 'htlc.timeout_deadline', kind: 'offered-and-expired', node: 'A' });
    expect(scripted([], seeing, 'A')).toBeUndefined();
  });

  it('sees a known preimage come near its expiry', () => {
    const fulfil = { do: 'fulfill', node: 'B', payment: 'p' } as const;
    expect(scripted([fulfil], blind, 'B')).toMatchObject({
      rule: 'htlc.fulfillment_deadline',
      kind: 'fulfilled-and-near-its-expiry',
      node: 'B',
    });
    expect(scripted([fulfil], seeing, 'B')).toBeUndefined();
  });

  it('sees an HTLC that nobody answers come near its expiry', () => {
    const unanswered = { rule: 'update_fulfill_htlc.deadline', kind: 'unanswered-and-near-its-expiry', node: 'B' };
    expect(scripted([], blind, 'B')).toMatchObject(unanswered);
    expect(scripted([], seeing, 'B')).toBeUndefined();
  });
});
