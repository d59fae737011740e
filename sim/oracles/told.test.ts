import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import type { DriverNotification } from '../scenario/border.ts';
import { fingerprint } from '../world/finding.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, startWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';
import { createTold } from './told.ts';

function run(tampering: Tampering | undefined, options: Partial<RunSpec> = {}, seeds = 2): readonly string[] {
  const driver = tampering === undefined ? fulguriteDriver : tampered({ nodes: ['B'], ...tampering });
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, driver, oracles: [createTold()], steps: 60, ...options }).finding);
}

/** B's host does not hear what `isLost` picks. */
function deaf(isLost: (event: DriverNotification) => boolean): Tampering {
  return { effect: (effect) => (effect.kind === 'notify' && isLost(effect.event) ? [] : effect) };
}

type State = Parameters<NonNullable<Tampering['state']>>[0];

/** As if no event of this kind waited for the host. */
function without(kind: string): (state: State) => State {
  return (state) =>
    'host' in state ? { ...state, host: { ...state.host, events: state.host.events.filter(({ event }) => event.kind !== kind) } } : state;
}

describe('what hosts are told', () => {
  it('is all that they have to know, between honest nodes', () => {
    expect(run(undefined, { operations: [...CALM, ...FAULTS, 'shutdown', 'force_close', 'open'], steps: 80 }, 3)).toEqual([]);
  });

  it('is that a channel has failed', () => {
    const lost = deaf(({ kind }) => kind === 'failed');
    expect(run(lost, { operations: ['pay', 'force_close'] })).toEqual(['told/host/failure-untold']);
  });

  it('is every event, and again after a restart', () => {
    const lost = deaf((event) => event.kind === 'event' && event.event.kind === 'payment_failed');
    expect(run(lost, { operations: ['pay', 'fail'] })).toEqual(['told/host/event-untold']);
    const once: Tampering = {
      effect: (effect, input) => (effect.kind === 'notify' && effect.event.kind === 'event' && input === undefined ? [] : effect),
    };
    const unacknowledged = { nodes: [{}, { acknowledge: 'later' as const }], operations: ['pay', 'fail', 'crash', 'restart', 'connect'] };
    expect(run(once, unacknowledged)).toEqual(['told/host/event-untold']);
  });

  it('is that a channel is closed in the chain', () => {
    const isClose = (event: DriverNotification): boolean => event.kind === 'event' && event.event.kind === 'channel_closed';
    const untold = { ...deaf(isClose), state: without('channel_closed') };
    expect(run(untold, { operations: ['shutdown', 'mine'] })).toEqual(['told/host/closing-untold']);
  });

  it('is what became of every HTLC that was offered', () => {
    expect(run({ state: without('payment_failed') }, { operations: ['pay', 'fail'] })).toEqual(['told/host/outcome-untold']);
  });

  it('is that an opening came to nothing', () => {
    const driver = tampered({ nodes: ['A'], ...deaf((event) => 'peer' in event) });
    const world = startWorld({ seed: 'an opening', driver, oracles: [createTold()] });
    const terms = { fundingSat: '500000', pushMsat: '0', feeratePerKw: 2500, format: 'anchors', upfrontShutdown: false } as const;
    apply(world, { do: 'open', as: 'd', from: 'A', to: 'B', ...terms });
    apply(world, { do: 'disconnect', link: 'A-B' });
    expect(world.finding && fingerprint(world.finding)).toBe('told/host/end-untold');
  });
});
