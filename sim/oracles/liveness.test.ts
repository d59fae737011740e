import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import { createLiveness } from './liveness.ts';
import { nameOf } from '../world/channel-changes.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';

function run(tampering: Tampering | undefined, options: Partial<RunSpec> = {}, seeds = 5): readonly string[] {
  const planted = tampering === undefined ? {} : { driver: tampered({ nodes: ['B'], ...tampering }) };
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, oracles: [createLiveness()], ...planted, ...options }).finding);
}

/** Swallows every message of this name. */
function mute(name: string): Tampering['effect'] {
  return (effect) => (effect.kind === 'send' && nameOf(effect.bytes) === name ? [] : effect);
}

describe('liveness', () => {
  it('finds nothing between honest nodes', () => {
    expect(run(undefined, { operations: [...CALM, ...FAULTS, 'shutdown'] }, 8)).toEqual([]);
    expect(run(undefined, { operations: [...CALM, 'force_close'], licences: ['force-close'] })).toEqual([]);
  });

  it('sees HTLCs and commitments that stay', () => {
    const deaf: Tampering['input'] = (input) =>
      input.kind === 'command' && ['fulfill', 'fail', 'fail_malformed'].includes(input.command.kind) ? undefined : input;
    expect(run({ input: deaf }, { operations: ['pay', 'fulfill', 'fail'] })).toEqual(['liveness/htlc/decision-never-committed']);
    const unpresented: Tampering['effect'] = (effect) => (effect.kind === 'notify' && effect.event.kind === 'htlc_received' ? [] : effect);
    expect(run({ effect: unpresented }, { operations: ['pay'] })).toEqual(['liveness/htlc/never-presented']);
    const stuck: Tampering['effect'] = (effect) =>
      effect.kind === 'send' && ['revoke_and_ack', 'commitment_signed'].includes(nameOf(effect.bytes) ?? '') ? [] : effect;
    const found = run({ effect: stuck }, { operations: ['fee'] });
    expect(found).toEqual(['liveness/update/never-committed']);
  });

  it('sees a payment whose sender never hears', () => {
    const silent: Tampering['effect'] = (effect) =>
      effect.kind === 'notify' && effect.event.kind === 'event' && effect.event.event.kind.startsWith('payment') ? [] : effect;
    const found = run({ nodes: ['A'], effect: silent }, { operations: ['pay', 'fulfill', 'fail'] });
    expect(found.length).toBeGreaterThan(0);
    for (const fingerprint of found) expect(fingerprint).toMatch(/^liveness\/(payment\/.*-never-came-back|probe\/stuck)$/);
  });

  it('sees a payment that no commitment has and of which nobody tells, and a channel that stays failed-after-its-mutual-close', () => {
    const options = { operations: ['pay', 'pay', 'pay', 'force_close'], licences: ['force-close'] };
    expect(run(undefined, options, 8)).toEqual([]);
    const silent: Tampering['effect'] = (effect) =>
      effect.kind === 'notify' && effect.event.kind === 'event' && effect.event.event.kind === 'payment_failed' ? [] : effect;
    expect(run({ nodes: ['A', 'B'], effect: silent }, options, 8)).toEqual(['liveness/payment/never-on-a-commitment']);
    // The first block with a mutual close does not show it.
    const blind: Tampering['input'] = (input) =>
      input.kind === 'chain' &&
      input.blocks.flatMap(({ transactions }) => transactions).some(({ tx }) => tx.inputs.some(({ sequence }) => sequence === 0xffffffff))
        ? { ...input, blocks: [] }
        : input;
    const between: RunSpec['between'] = (world, done) => {
      if (done === 2) apply(world, { do: 'shutdown', node: 'A', channel: 'c' });
      const signed = world.channelState('B', 'c');
      if (signed?.phase === 'funded' && signed.closing.tx !== undefined && world.chain.hasUnconfirmed)
        apply(world, { do: 'force_close', node: 'B', channel: 'c' });
    };
    const ending = { operations: ['feerate'], licences: ['force-close'], between, steps: 60 };
    expect(run(undefined, ending)).toEqual([]);
    expect(run({ input: blind }, ending)).toEqual(['liveness/channel/failed-after-its-mutual-close']);
  });

  it('sees a connection that stays half open and a channel that never closes', () => {
    const half = mute('channel_reestablish') as NonNullable<Tampering['effect']>;
    expect(run({ effect: half }, { operations: ['disconnect'], steps: 10 })).toEqual(['liveness/connection/disconnected']);
    const closing = mute('closing_signed') as NonNullable<Tampering['effect']>;
    expect(run({ nodes: ['A'], effect: closing }, { operations: ['shutdown'], steps: 10 })).toEqual(['liveness/channel/never-closed']);
  });

  it('sees a channel that says it can carry nothing', () => {
    const driver = tampered({ nodes: ['A'], sendable: () => ({ minMsat: 2n, maxMsat: 1n }) });
    expect(fingerprintsOf(3, (seed) => runWorld({ seed, driver, oracles: [createLiveness()] }).finding)).toEqual([
      'liveness/probe/not-possible',
    ]);
  });
});
