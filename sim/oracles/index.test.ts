import { describe, expect, it } from 'vitest';
import { COSTLY, createOracles, drawCostly, differing, licensedOutcomes, ORACLES } from './index.ts';
import { CALM, FAULTS, runWorld } from './run.fixture.ts';
import type { Finding } from '../scenario/types.ts';

describe('the registry', () => {
  it('creates all cheap oracles for every seed, and the costly ones for their share', () => {
    const cheap = ORACLES.filter(({ cost }) => cost === 'cheap').length;
    expect(createOracles().length).toBe(cheap);
    const seeds = 20_000;
    const drawn = Array.from({ length: seeds }, (_, i) => drawCostly(`seed ${i}`)).flat();
    for (const entry of ORACLES) {
      const times = drawn.filter((name) => name === entry.name).length / seeds;
      expect(times).toBeCloseTo(entry.cost === 'costly' ? entry.share : 0, 2);
      expect(times > 0).toBe(entry.cost === 'costly');
    }
    expect(drawCostly('seed 7')).toEqual(drawCostly('seed 7'));
  });

  it('creates all on a replay, none of them twice, and a project’s own last', () => {
    const own = { name: 'acme/own', kinds: [], fork: () => own };
    const names = createOracles({ costly: COSTLY, own: [() => own] }).map(({ name }) => name);
    expect(names.filter((name) => name === 'limits').length).toBe(1);
    expect(names.filter((name) => name === 'validity').length).toBe(1);
    expect(names).toContain('reference');
    expect(names.at(-1)).toBe('acme/own');
  });

  it('finds nothing in honest runs, and counts no licence where none was drawn', () => {
    for (let i = 0; i < 6; i++) {
      const oracles = createOracles({ costly: COSTLY });
      const { finding } = runWorld({ seed: `honest ${i}`, oracles, operations: [...CALM, ...FAULTS, 'shutdown'] });
      expect(finding).toBeUndefined();
      expect([...licensedOutcomes(oracles)]).toEqual([]);
    }
  });
});

describe('determinism', () => {
  const run = (seed: string) => {
    const { world, finding } = runWorld({ seed, oracles: createOracles(), steps: 60 });
    return { hash: world.trace.digest(world.crypto), finding };
  };

  it('holds of worlds', () => {
    expect(differing(run('twice'), run('twice'))).toBeUndefined();
    expect(run('one').hash).not.toBe(run('other').hash);
  });

  it('is missed by a run that depends on something else', () => {
    let count = 0;
    const next = (): ReturnType<typeof run> => run(`seed ${count++}`);
    expect(differing(next(), next())).toMatchObject({ oracle: 'determinism', rule: 'trace', kind: 'hash-differs' });
  });

  it('is missed where only one of them finds something', () => {
    const { hash } = run('twice');
    const found: Finding = { oracle: 'acme', rule: 'r', kind: 'k', message: '', expected: '', actual: '', at: 7 };
    const expected = { kind: 'finding-differs', expected: `${hash}, nothing found`, actual: `${hash}, acme/r/k` };
    expect(differing({ hash }, { hash, finding: found })).toMatchObject(expected);
    expect(differing({ hash, finding: found }, { hash, finding: found })).toBeUndefined();
  });
});
