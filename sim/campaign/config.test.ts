import { describe, expect, it } from 'vitest';
import { check } from '../check.ts';
import type { CustomOperation } from '../actions/registry.ts';
import { burst } from '../example/burst.ts';
import { houseRules } from '../example/house-rules.ts';
import { BUILT_IN_REGISTRY } from '../run/run.ts';
import { DEFAULT_CAMPAIGN, printToken } from '../run/seed.ts';
import type { Oracle } from '../scenario/types.ts';
import { checkConfig } from './config.ts';

const oracle: Oracle = { name: 'acme/oracle', kinds: [], fork: () => oracle };

describe('a configuration', () => {
  it('may have everything', () => {
    const fault = { ...burst, name: 'acme/other', kind: 'fault' as const };
    const drivers = { ldk: () => undefined };
    expect(() => checkConfig({ drivers, operations: [burst], faults: [fault], oracles: [houseRules], corpusDir: 'here' })).not.toThrow();
    expect(() => checkConfig({})).not.toThrow();
  });

  it.each([
    [[], 'a configuration is an object'],
    [{ oracle: [] }, "nobody knows 'oracle': there are drivers, operations, faults, oracles, interpreter, corpusDir"],
    [{ drivers: { ldk: {} } }, 'drivers.ldk must be a function that makes a driver, and is an object'],
    [{ operations: burst }, 'operations: write a list'],
    [{ operations: [{ ...burst, name: 'burst' }] }, `operations[0]: its name must have a namespace, like 'acme/foo', and is "burst"`],
    [{ faults: [{ ...burst, kind: 'flaw' }] }, "faults[0] (acme/burst): its kind must be 'operation' or 'fault'"],
    [{ operations: [{ ...burst, apply: undefined }] }, 'operations[0] (acme/burst).apply must be a function, and is nothing'],
    [{ operations: [burst], faults: [burst] }, "two operations are called 'acme/burst'"],
    [{ oracles: [houseRules, oracle] }, 'oracles[1] must be a factory, a function that makes a new oracle for each run, and is an object'],
    [{ oracles: [() => 5] }, 'oracles[0] must make an oracle, { name, kinds, step?, settled?, fork }, and makes a number'],
    [{ corpusDir: 5 }, 'corpusDir: write the path of a folder'],
  ])('is told what is wrong with it by name: %o', (config, told) => {
    expect(() => checkConfig(config)).toThrow(told);
  });

  it('is looked at by the library, too', () => {
    expect(() => check({ oracels: [] } as object)).toThrow("nobody knows 'oracels'");
  });
});

describe('code of one’s own that throws', () => {
  const boom = (): never => {
    throw new TypeError('boom');
  };
  const seed = `seed ${printToken({ options: DEFAULT_CAMPAIGN, seed: 1 }, BUILT_IN_REGISTRY)}: `;

  it.each([
    ['an oracle, after a step', { oracles: [(): Oracle => ({ ...oracle, step: boom })] }, "the oracle 'acme/oracle' threw: boom"],
    ['an oracle, in the end', { oracles: [(): Oracle => ({ ...oracle, settled: boom })] }, "the oracle 'acme/oracle' threw: boom"],
    ['a driver that cannot be made', { drivers: { fulgurite: boom } }, "the driver 'fulgurite', made for A, threw: boom"],
  ])('is no finding, and is named with its seed: %s', (_, config, told) => {
    expect(() => check({ ...config, runs: 1 })).toThrow(seed + told);
  });

  it('is no finding where an operation does it', () => {
    const broken: CustomOperation = { ...burst, generate: boom };
    expect(() => check({ operations: [broken], runs: 20 })).toThrow(/^seed f.*: the operation 'acme\/burst' threw: boom$/);
  });
});
