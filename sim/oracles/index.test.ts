import { describe, expect, it } from 'vitest';
import { createOracles, licensedOutcomes, ORACLES, sameTwice } from './index.ts';
import { CALM, FAULTS, runWorld } from './run.fixture.ts';

describe('the registry', () => {
  it('creates all cheap oracles for every seed, and the costly ones for a share', () => {
    const cheap = ORACLES.filter(({ cost }) => cost === 'cheap').length;
    expect(createOracles({ share: 0, seed: 'x' }).length).toBe(cheap);
    let costly = 0;
    for (let i = 0; i < 400; i++) {
      const oracles = createOracles({ share: 0.25, seed: `seed ${i}` });
      if (oracles.some(({ name }) => name === 'reference')) costly++;
    }
    expect(costly).toBeGreaterThan(60);
    expect(costly).toBeLessThan(140);
  });

  it('creates all on a replay, none of them twice, and a project’s own last', () => {
    const own = { name: 'acme/own', fork: () => own };
    const names = createOracles({ share: 0, seed: 'x', all: true, own: [() => own] }).map(({ name }) => name);
    expect(names.filter((name) => name === 'limits').length).toBe(1);
    expect(names.filter((name) => name === 'validity').length).toBe(1);
    expect(names.at(-1)).toBe('acme/own');
  });

  it('chooses equally for equal seeds', () => {
    const names = (): readonly string[] => createOracles({ share: 0.5, seed: 'same' }).map(({ name }) => name);
    expect(names()).toEqual(names());
  });

  it('finds nothing in honest runs, and counts no licence where none was drawn', () => {
    for (let i = 0; i < 6; i++) {
      const oracles = createOracles({ share: 0, seed: `${i}`, all: true });
      const { finding } = runWorld({ seed: `honest ${i}`, oracles, operations: [...CALM, ...FAULTS, 'shutdown'] });
      expect(finding).toBeUndefined();
      expect([...licensedOutcomes(oracles)]).toEqual([]);
    }
  });
});

describe('determinism', () => {
  const run = (seed: string) => {
    const { world, finding } = runWorld({ seed, oracles: createOracles({ share: 0, seed }), steps: 60 });
    return { hash: world.trace.digest(world.crypto), finding };
  };

  it('holds of worlds', () => {
    expect(sameTwice(() => run('twice'))).toBeUndefined();
    expect(run('one').hash).not.toBe(run('other').hash);
  });

  it('is missed by a run that depends on something else', () => {
    let count = 0;
    expect(sameTwice(() => run(`seed ${count++}`))).toMatchObject({ oracle: 'determinism', rule: 'trace', kind: 'hash differs' });
  });
});
