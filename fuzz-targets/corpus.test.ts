/// <reference types="node" />
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { messageRegistry } from '../core/wire/messages/index.ts';
import { readSeed, writeSeed } from './host/corpus-files.ts';
import { checkCase, corpusCases } from './host/regress.ts';
import { fuzzTargets } from './registry.ts';
import type { FuzzTarget } from './target.ts';
import { scratch } from '../scripts/node/scratch.fixture.ts';

const corpus = fileURLToPath(new URL('../corpus', import.meta.url));
const cases = corpusCases(corpus);
const named = (name: string): FuzzTarget => fuzzTargets.find((target) => target.name === name) as FuzzTarget;

describe('what is kept in the corpora', () => {
  it.each(fuzzTargets.map((target) => ({ target, name: target.name })))(
    '$name keeps its promises, and reaches what it says',
    ({ target }) => {
      const own = cases.filter((one) => one.target === target);
      expect(own.length).toBeGreaterThan(0);
      for (const one of own) {
        const failure = checkCase(one);
        if (failure !== undefined) throw new Error(`${one.name}: ${failure.fingerprint}`, { cause: failure.error });
      }
    },
  );

  it.each(messageRegistry)('$name: some seed can be read, and some seed has each record', ({ name, codec }) => {
    const reached = cases
      .filter((one) => one.target.name === `message-${name}`)
      .flatMap((one) => one.target.reaches?.(one.seed.bytes) ?? []);
    const records = codec.schema.kind === 'struct' ? (codec.schema.records ?? []) : [];
    expect(reached).toEqual(expect.arrayContaining(['decoded', ...records.map((record) => record.name)]));
  });

  it('the full node’s seeds reach every milestone, and say so', () => {
    const promised = new Set(cases.filter((one) => one.target.name === 'node').flatMap((one) => one.seed.reaches));
    const milestones = [
      'handshake',
      'init',
      'opening',
      'funded',
      'open',
      'htlc',
      'payment_sent',
      'payment_failed',
      'received',
      'closing',
      'closed',
    ];
    expect([...promised]).toEqual(expect.arrayContaining([...milestones, 'failed', 'restart', 'reestablish']));
  });
});

describe('a regression', () => {
  const target = named('bigsize');

  it('that no longer reaches its milestone has rotted', () => {
    const seed = { name: 'x', bytes: Uint8Array.of(1), reaches: ['the moon'] };
    expect(checkCase({ name: 'x', target, seed })?.fingerprint).toBe('rotted');
    expect(checkCase({ name: 'x', target, seed: { ...seed, reaches: [] } })).toBeUndefined();
  });

  it('that breaks a promise says which', () => {
    const broken: FuzzTarget = { ...target, fuzz: () => named('missing').fuzz(new Uint8Array(0)) };
    expect(checkCase({ name: 'x', target: broken, seed: { name: 'x', bytes: new Uint8Array(0), reaches: [] } })?.fingerprint).toContain(
      'TypeError',
    );
  });

  it('of a target that is gone is not forgotten', () => {
    const folder = scratch();
    mkdirSync(join(folder, 'no-such-target'));
    expect(corpusCases(folder)).toEqual([]);
    writeFileSync(join(folder, 'no-such-target', 'x.hex'), '00');
    expect(() => corpusCases(folder)).toThrow('no-such-target');
  });
});

describe('a seed in its file', () => {
  const folder = scratch();

  it.each(['bigsize', 'node', 'scenario-file'])('of %s reads as it was written, its words in front', (name) => {
    const target = named(name);
    const bytes =
      name === 'scenario-file'
        ? Uint8Array.from('{"a": "é"}', (c) => c.charCodeAt(0)).map((c) => (c > 127 ? 63 : c))
        : Uint8Array.of(4, 1, 0, 0);
    const file = writeSeed(target, folder, name, bytes, name === 'scenario-file' ? [] : ['what it is', 'reaches: a b']);
    const seed = readSeed(target, file);
    expect(seed.name).toBe(name);
    expect([...seed.bytes].slice(0, bytes.length)).toEqual([...bytes]);
    expect(seed.reaches).toEqual(name === 'scenario-file' ? [] : ['a', 'b']);
  });

  it('that is no hex is refused by name', () => {
    const file = join(folder, 'bad.hex');
    writeFileSync(file, '# fine\n0x12\n');
    expect(() => readSeed(named('bigsize'), file)).toThrow('bad.hex');
  });

  it('with any other name is raw bytes', () => {
    const file = join(folder, 'raw');
    writeFileSync(file, Uint8Array.of(1, 2, 255));
    expect([...readSeed(named('bigsize'), file).bytes]).toEqual([1, 2, 255]);
  });
});
