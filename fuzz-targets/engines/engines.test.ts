/// <reference types="node" />
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../sim/deterministic/random.ts';
import { nodeTarget } from '../full-node.ts';
import { operationNames, parseBytes, parseText, printText, toBytes } from '../node/grammar.ts';
import type { FuzzTarget } from '../target.ts';
import { FuzzFailure } from '../target.ts';
import { CounterCoverage } from './coverage.ts';
import { GuidedFuzzer } from './guided.ts';
import { jazzerFunction } from './jazzer.ts';
import { minimise } from './minimise.ts';
import { FULL_GUIDANCE, Mutator, NO_GUIDANCE } from './mutator.ts';
import { checkProperty } from './property.ts';
import { replay } from './replay.ts';

const MAGIC = Uint8Array.of(0xbe, 0xef);

/** Fails on two bytes that no mutation guesses soon, after a third. */
const locked: FuzzTarget = {
  name: 'locked',
  about: 'a switch of 16 bits and a byte',
  maxLength: 64,
  fuzz(bytes) {
    const at = bytes.indexOf(0xbe);
    if (at >= 0 && bytes[at + 1] === 0xef && bytes.includes(7, at)) throw new FuzzFailure('unlocked', `at ${at}`);
  },
  dictionary: [MAGIC, Uint8Array.of(7)],
  structure: fc.uint8Array({ maxLength: 12 }),
  describe: (bytes) => `${bytes.length} bytes`,
};

/** Keeps the first input, and no other. */
const blind = (left = 1) => ({ clear: () => {}, collect: () => (left-- > 0 ? 1 : 0), peek: () => [], covers: () => true, reached: 0 });

function executionsUntilUnlocked(guidance: typeof FULL_GUIDANCE, most: number): number {
  const random = stream('1', 'engines');
  const fuzzer = new GuidedFuzzer(locked, blind(), [Uint8Array.of(1, 2, 3)], (n) => random.int(n), guidance);
  for (let i = 1; i <= most; i++) if (fuzzer.step().failure !== undefined) return i;
  return Infinity;
}

describe('guidance', () => {
  it('unlocks in hundreds of executions what bytes alone do not in many more', () => {
    expect(executionsUntilUnlocked(FULL_GUIDANCE, 5000)).toBeLessThan(5000);
    expect(executionsUntilUnlocked(NO_GUIDANCE, 5000)).toBe(Infinity);
  });

  it('never makes an input longer than its target wants, and draws the same from the same seed', () => {
    const inputs = [1, 2].map(() => {
      const random = stream('2', 'mutator');
      const mutator = new Mutator(locked, (n) => random.int(n));
      mutator.keep(new Uint8Array(60));
      return Array.from({ length: 500 }, () => [...mutator.next()]);
    });
    expect(inputs[0]).toEqual(inputs[1]);
    expect(inputs[0]?.every((bytes) => bytes.length <= 64)).toBe(true);
  });
});

describe('minimising', () => {
  it('leaves what the failure needs, and keeps the failure', () => {
    const bytes = Uint8Array.from([...new Uint8Array(40).fill(9), 0xbe, 0xef, ...new Uint8Array(20).fill(5), 7, 1]);
    const small = minimise(locked, bytes, 'unlocked');
    expect([...small]).toEqual([0xbe, 0xef, 7]);
    expect(replay(locked, small)?.fingerprint).toBe('unlocked');
  });

  it('stops after so many executions', () => {
    let executions = 0;
    minimise(locked, Uint8Array.from([0xbe, 0xef, 7, ...new Uint8Array(50)]), 'unlocked', { executions: 5, executing: () => executions++ });
    expect(executions).toBe(5);
  });
});

describe('the property engine', () => {
  it('finds, shrinks, and says how it failed', () => {
    const failure = checkProperty(locked, { seed: 3, numRuns: 5000 });
    expect(failure?.fingerprint).toBe('unlocked');
    expect(failure?.bytes.length).toBeLessThanOrEqual(4);
  });

  it('finds nothing where there is nothing', () => {
    expect(checkProperty({ ...locked, fuzz: () => {} }, { seed: 3, numRuns: 50 })).toBeUndefined();
  });
});

describe('measured coverage', () => {
  const files = { a: { s: { 0: 0, 1: 0 }, f: { 0: 0 }, b: { 0: [0, 0] } } };

  it('says what an execution is the first to reach, and how often it went round', () => {
    const coverage = new CounterCoverage(files);
    const { s, b } = files.a as unknown as { s: Uint32Array; b: readonly Uint32Array[] };
    s[0] = 1;
    expect(coverage.peek()).toEqual([0]);
    expect(coverage.collect()).toBe(1);
    s[0] = 1;
    expect(coverage.collect()).toBe(0);
    s[0] = 5;
    (b[0] as Uint32Array)[1] = 1;
    expect(coverage.peek()).toEqual([4]);
    expect(coverage.covers([0, 4])).toBe(true);
    expect(coverage.covers([0, 1])).toBe(false);
    expect(coverage.collect()).toBe(2);
    expect(coverage.reached).toBe(2);
    s[1] = 1;
    coverage.clear();
    expect(coverage.collect()).toBe(0);
  });
});

describe('the language of the full node', () => {
  it('reads any bytes, and what it reads has a text that says the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const operations = parseBytes(bytes);
        const again = parseBytes(toBytes(operations));
        expect(again).toEqual(operations);
        expect(parseText(printText(operations))).toEqual(operations);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('reads scenarios that the generator draws', () => {
    fc.assert(
      fc.property(nodeTarget.structure, (bytes) => {
        expect(parseText(printText(parseBytes(bytes)))).toEqual(parseBytes(bytes));
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it.each([
    ['fly 1', 'no operation fly'],
    ['say 1 hello 0', 'hello is no message'],
    ['say 1', 'say takes who, message, number'],
    ['block 256', '256 is no number'],
    ['from space', 'space is no prologue'],
  ])('refuses %s', (text, why) => {
    expect(() => parseText(text)).toThrow(why);
  });

  it('has an operation for all that the world may do', () => {
    expect(operationNames.length).toBe(new Set(operationNames).size);
    expect(printText(parseText('# nothing\n\n  dial 1 # who\nraw 2 00ff11\n'))).toBe('dial 1\nraw 2 00ff11');
  });
});

describe('the adapter for Jazzer.js', () => {
  it('passes bytes that are no Buffer', () => {
    let seen: unknown;
    jazzerFunction({ ...locked, fuzz: (bytes) => (seen = bytes) })(Buffer.from([1, 2]));
    expect(seen).toEqual(Uint8Array.of(1, 2));
    expect(Buffer.isBuffer(seen)).toBe(false);
  });
});
