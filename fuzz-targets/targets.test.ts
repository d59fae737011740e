import { describe, expect, it } from 'vitest';
import { messageRegistry } from '../core/wire/messages/index.ts';
import { checkProperty } from './engines/property.ts';
import { fuzzTargets } from './registry.ts';
import { sizeOf } from './size.ts';
import { fingerprintOf, FuzzFailure } from './target.ts';

/** Of those whose executions are long, fewer. */
const RUNS: Readonly<Record<string, number>> = {
  node: 40,
  consistency: 4,
  'two-parties': 25,
  'stored-channel': 40,
  'stored-watcher': 40,
  'stored-full-channel': 20,
  'watcher-words': 40,
};

describe('the registry', () => {
  it('has a target for every message, and no name twice', () => {
    const names = fuzzTargets.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(messageRegistry.map(({ name }) => `message-${name}`)));
  });

  it.each(fuzzTargets.map((target, index) => ({ target, index, name: target.name })))('$name holds as a property', ({ target, index }) => {
    const failure = checkProperty(target, { seed: 900 + index, numRuns: RUNS[target.name] ?? 60 });
    expect(failure?.error).toBeUndefined();
  });

  it.each(fuzzTargets.map((target) => ({ target, name: target.name })))('$name describes any input', ({ target }) => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff, 1, 2, 3, 4, 5, 6, 7)]) expect(target.describe(bytes)).toBeTypeOf('string');
  });
});

describe('a fingerprint', () => {
  it('is the rule, whatever happened this time', () => {
    expect(fingerprintOf(new FuzzFailure('a rule', '17 of 4'))).toBe('a rule');
  });

  it('of an exception leaves out its numbers and names where it came from', () => {
    const thrown = (n: number): string => {
      try {
        return failing(n);
      } catch (error) {
        return fingerprintOf(error);
      }
    };
    function failing(n: number): string {
      throw new RangeError(`${n} is too much for 00112233445566778899`);
    }
    expect(thrown(1)).toBe('RangeError: # is too much for # in failing');
    expect(thrown(2)).toBe(thrown(1));
    expect(fingerprintOf('text')).toBe('thrown string');
  });
});

describe('size', () => {
  it('grows with what is held, and counts hex by its characters', () => {
    expect(sizeOf('aabb')).toBe(4);
    expect(sizeOf(new Uint8Array(100))).toBe(116);
    expect(sizeOf([1n, 'ab'])).toBe(16 + 16 + 8 + 2);
    expect(sizeOf({ a: new Map([['k', { b: '' }]]) })).toBe(16 + 8 + (16 + 16 + 1 + (16 + 8)));
  });
});
