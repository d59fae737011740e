/// <reference types="node" />
import { join } from 'node:path';
import { anyMessageTarget } from '../../fuzz-targets/messages.ts';
import type { Coverage } from '../../fuzz-targets/engines/coverage.ts';
import { GuidedFuzzer } from '../../fuzz-targets/engines/guided.ts';
import type { Guidance } from '../../fuzz-targets/engines/mutator.ts';
import { instrumented, loadInstrumented } from '../../fuzz-targets/host/instrument.ts';
import type { FuzzTarget } from '../../fuzz-targets/target.ts';
import { FuzzFailure } from '../../fuzz-targets/target.ts';
import { messageRegistry } from '../../core/wire/messages/index.ts';
import { stream } from '../../sim/deterministic/random.ts';
import { table } from '../../sim/report/table.ts';
import { grouped } from '../../sim/scenario/text.ts';
import { buildIfStale } from './build.ts';
import { compiledFile, packageRoot } from '../node/package-files.ts';
import { print, styleOf } from '../cli/terminal/output.ts';

/**
 * What dictionary and structure give to jsfuzz: how many kinds of message it can make that the decoder takes, from an empty corpus, and how
 * soon it passes a switch of 16 bits. Run with `npx tsx scripts/tools/guidance.ts`.
 */

const WAYS: readonly (readonly [name: string, guidance: Guidance])[] = [
  ['jsfuzz alone', { dictionary: false, structure: false }],
  ['and the dictionary', { dictionary: true, structure: false }],
  ['and the structure', { dictionary: true, structure: true }],
];
const MARKS = [1_000, 5_000, 25_000];
const SEEDS = [1, 2, 3, 4, 5];
const MOST = MARKS[MARKS.length - 1] as number;
const MOST_TO_OPEN = 400_000;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function fuzzer(target: FuzzTarget, coverage: Coverage, seed: number, guidance: Guidance): GuidedFuzzer {
  const random = stream(String(seed), 'guidance');
  return new GuidedFuzzer(target, coverage, [], (n) => random.int(n), guidance);
}

/** Distinct messages that were decoded, at each mark. */
function typesReached(target: FuzzTarget, coverage: Coverage, seed: number, guidance: Guidance): readonly number[] {
  const types = new Set<string>();
  const reached: number[] = [];
  const loop = fuzzer(target, coverage, seed, guidance);
  for (let i = 1; i <= MOST; i++) {
    for (const name of anyMessageTarget.reaches?.(loop.step().bytes) ?? []) types.add(name);
    if (MARKS.includes(i)) reached.push(types.size);
  }
  return reached;
}

/** A message type that no branch leads up to: opened when the lock throws. Its coverage is kept by hand. */
function lock(): { readonly target: FuzzTarget; readonly coverage: Coverage } {
  const { type } = messageRegistry.find(({ name }) => name === 'channel_reestablish') as (typeof messageRegistry)[number];
  let now = 0;
  let seen = 0;
  const coverage: Coverage = {
    clear: () => void (now = 0),
    collect() {
      const fresh = now > seen ? now - seen : 0;
      seen = Math.max(seen, now);
      return fresh;
    },
    peek: () => [],
    covers: () => false,
    get reached() {
      return seen;
    },
  };
  const target: FuzzTarget = {
    ...anyMessageTarget,
    name: 'lock',
    maxLength: 64,
    fuzz(bytes) {
      now = 1;
      if (bytes.length < 2) return;
      now = 2;
      if (((bytes[0] as number) << 8) + (bytes[1] as number) === type) throw new FuzzFailure('open', '');
    },
  };
  return { target, coverage };
}

function executionsToOpen(seed: number, guidance: Guidance): number {
  const { target, coverage } = lock();
  const loop = fuzzer(target, coverage, seed, guidance);
  for (let i = 1; i <= MOST_TO_OPEN; i++) if (loop.step().failure !== undefined) return i;
  return Infinity;
}

const root = packageRoot();
await buildIfStale(root);
const { targets, fresh } = await loadInstrumented(
  instrumented(compiledFile('fuzz-targets/registry.js'), root, join(root, 'build', 'fuzz')),
);
const measuredTarget = targets.find(({ name }) => name === anyMessageTarget.name) as FuzzTarget;
const rows = WAYS.map(([name, guidance]) => {
  const runs = SEEDS.map((seed) => typesReached(measuredTarget, fresh(), seed, guidance));
  const opened = median(SEEDS.map((seed) => executionsToOpen(seed, guidance)));
  return [
    name,
    ...MARKS.map((_, i) => String(median(runs.map((run) => run[i] as number)))),
    opened === Infinity ? `over ${grouped(MOST_TO_OPEN)}` : grouped(opened),
  ];
});
const right = 'right' as const;
const columns = [
  { title: `of ${messageRegistry.length} kinds of message, decoded after` },
  ...MARKS.map((mark) => ({ title: grouped(mark), align: right })),
  { title: 'executions to pass a switch of 16 bits', align: right },
];
print(table(columns, rows, styleOf(process.stdout)));
