import { describe, expect, it } from 'vitest';
import { encodeMessage, namesIn } from '../../core/wire/messages/index.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { tampered } from '../oracles/run.fixture.ts';
import type { DriverFactory } from '../scenario/types.ts';
import { messageOf, nameOf } from '../world/channel-changes.ts';
import { EDGES, sweep } from './sweep.ts';

/** One cell in so many: the whole is a command of its own. */
const THINNED = 24;

describe('the boundary sweep', () => {
  it('finds every message, in every phase, at every edge, answered as the requirements ask', () => {
    const arrived = new Set<string>();
    const chooses = (id: string, at: number): boolean => {
      arrived.add(/ gets (\w+)/.exec(id)?.[1] ?? '');
      return at % THINNED === 0;
    };
    const { cells, misdeeds } = sweep({ driver: fulguriteDriver, chooses });
    expect(misdeeds).toEqual([]);
    expect(cells).toBeGreaterThan(400);
    expect([...arrived].sort()).toEqual(Object.keys(EDGES).sort());
  });

  it('has edges of every message that two nodes of today exchange', () => {
    const between = ['error', 'ping', 'pong', 'warning'];
    const spoken = namesIn('control', 'establishment', 'operation', 'retransmission', 'closing');
    expect([...Object.keys(EDGES), ...between].sort()).toEqual([...spoken].sort());
  });

  /** The first that a driver shows in these cells. */
  const shown = (driver: DriverFactory, only: string): string | undefined =>
    sweep({ driver, chooses: (id) => id.includes(only), stops: (found) => found > 0 }).misdeeds[0]?.fingerprint;

  const TOO_LATE = 'paying: B gets update_add_htlc: cltvExpiry: the first time';

  it('shows who lets pass what breaks a rule by one', () => {
    const lenient = tampered({
      input(input) {
        const add = input.kind === 'received' ? messageOf(input.bytes) : undefined;
        if (input.kind !== 'received' || add?.type !== 'update_add_htlc' || add.cltvExpiry !== 500_000_000) return input;
        return { ...input, bytes: encodeMessage({ ...add, cltvExpiry: 499_999_999 }) };
      },
    });
    expect(shown(lenient, TOO_LATE)).toBe('hostile/update_add_htlc.cltvExpiry: the first time/swallowed-it');
  });

  it('shows who complains of what breaks none', () => {
    const touchy = tampered({
      effect: (effect, input) =>
        input?.kind === 'received' && nameOf(input.bytes) === 'channel_ready'
          ? { kind: 'disconnect', peer: input.peer, reason: 'not in the mood' }
          : effect,
    });
    expect(shown(touchy, 'gets channel_ready: an unknown odd record')).toBe('sweep/channel_ready/complained');
  });

  it('shows who complains, and tells nobody', () => {
    const silent = tampered({ effect: (effect) => (effect.kind === 'violated' ? [] : effect) });
    expect(shown(silent, TOO_LATE)).toBe('hostile/violated/told-nobody');
  });
});
