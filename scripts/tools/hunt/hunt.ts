/// <reference types="node" />
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { EXIT, UsageError } from '../../cli/terminal/exit.ts';
import { interruptible } from '../../cli/terminal/interrupt.ts';
import { print, styleOf } from '../../cli/terminal/output.ts';
import { Progress } from '../../cli/terminal/progress.ts';
import { runProgram } from '../../cli/terminal/run-program.ts';
import { packageRoot } from '../../node/package-files.ts';
import { buildIfStale } from '../build.ts';
import { buildHunt } from './build.ts';
import { CLASSES, classOf, mutantsOf, sweepsFor } from './generate.ts';
import type { Mutant } from './mutant.ts';
import { Hunter } from './pool.ts';
import type { Outcome } from './protocol.ts';
import { Results } from './results.ts';
import { summaryOf, survivorsOf } from './summary.ts';

const CONTROL_RUNS = 20;

const root = packageRoot();
const args = await yargs(hideBin(process.argv))
  .scriptName('npm run mutation:hunt --')
  .usage('Takes the core’s rules, effects, waits and durable fields out one at a time, and counts what a campaign notices.')
  .locale('en')
  .strict()
  .options({
    class: { choices: CLASSES, array: true, describe: 'only these kinds' },
    only: { type: 'string', array: true, describe: 'only mutants whose name contains one of these' },
    runs: { type: 'number', default: 2000, describe: 'seeds for each, from 1 on' },
    shard: { type: 'string', default: '1/1', describe: 'only every n-th, from the k-th on: k/n' },
    workers: { type: 'number', default: availableParallelism() },
    fresh: { type: 'boolean', default: false, describe: 'also those whose outcome is known of these sources' },
    outcomes: {
      type: 'string',
      default: join(root, 'reports/hunt/outcomes.json'),
      describe: 'where outcomes are kept from one hunt to the next',
    },
    list: { type: 'boolean', default: false, describe: 'name the mutants, and hunt none' },
  })
  .parseAsync();

await runProgram(async () => {
  const isInShard = shardOf(args.shard);
  const all = mutantsOf(root);
  const chosen = all.filter((mutant, at) => isChosen(mutant) && isInShard(at));
  if (chosen.length === 0) throw new UsageError(`there is no such mutant among ${all.length}: --list names them`);
  if (args.list) {
    for (const { id } of chosen) print(id);
    return EXIT.nothingFound;
  }
  await buildIfStale(root);
  const results = new Results(args.outcomes, root, args.runs, args.fresh);
  const signal = interruptible();
  const progress = new Progress();
  const due = chosen.filter(({ id }) => results.get(id) === undefined);
  await huntAll(due, all, results, signal, progress);
  progress.clear();
  const known = chosen.flatMap(({ id }) => {
    const outcome = results.get(id);
    return outcome === undefined ? [] : [{ id, outcome }];
  });
  print(summaryOf(known, styleOf(process.stdout)));
  print(survivorsOf(known));
  if (signal.aborted) return EXIT.interrupted;
  return known.some(({ outcome }) => outcome.otherwise === true) ? EXIT.harness : EXIT.nothingFound;
});

function isChosen(mutant: Mutant): boolean {
  return (
    (args.class === undefined || args.class.includes(classOf(mutant))) &&
    (args.only === undefined || args.only.some((part) => mutant.id.includes(part)))
  );
}

function shardOf(shard: string): (at: number) => boolean {
  const [, k, n] = /^(\d+)\/(\d+)$/.exec(shard) ?? [];
  const [part, parts] = [Number(k), Number(n)];
  if (!(part >= 1 && part <= parts)) throw new UsageError(`--shard is k/n with 1 ≤ k ≤ n, as in 2/4, not ${shard}`);
  return (at) => at % parts === part - 1;
}

async function huntAll(
  due: readonly Mutant[],
  all: readonly Mutant[],
  results: Results,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  if (due.length === 0) return;
  const { mutated, worker } = await buildHunt(root, all);
  const numbers = new Map(all.map((mutant, at) => [mutant, at + 1]));
  await assertCorrect(new Hunter(worker, mutated));
  const queue = [...due];
  let unnoticed = 0;
  const work = async (): Promise<void> => {
    const hunter = new Hunter(worker, mutated);
    for (let mutant = queue.shift(); mutant !== undefined && !signal.aborted; mutant = queue.shift()) {
      const outcome = await huntOne(hunter, mutant, numbers.get(mutant) ?? 0);
      if (outcome.fingerprint === undefined) unnoticed++;
      results.set(mutant.id, outcome);
      progress.show(() => `${due.length - queue.length} of ${due.length}  ${unnoticed} unnoticed  ${mutant?.id}`);
    }
    await hunter.close();
  };
  await Promise.all(Array.from({ length: Math.min(args.workers, due.length) }, work));
}

/** With none chosen the build is the core as it is: otherwise what is noticed would be the build's. */
async function assertCorrect(hunter: Hunter): Promise<void> {
  const { fingerprint } = await hunter.hunt({ number: 0, sides: 'both', runs: CONTROL_RUNS });
  await hunter.close();
  if (fingerprint !== undefined) throw new Error(`the build that carries the mutants shows ${fingerprint} with none of them chosen`);
}

/** On one side; where both might agree on what is wrong, on both sides too. */
async function huntOne(hunter: Hunter, mutant: Mutant, number: number): Promise<Outcome> {
  const sweeps = sweepsFor(mutant.id);
  const job = { number, ...(mutant.fault && { fault: mutant.fault }), ...(sweeps && { sweeps }), runs: args.runs };
  const one = await hunter.hunt({ ...job, sides: 'one' });
  if (one.fingerprint !== undefined || classOf(mutant) !== 'rule') return one;
  const { sweeps: _, ...again } = job;
  const both = await hunter.hunt({ ...again, sides: 'both' });
  return { ...one, ...both, runs: one.runs + both.runs, operations: one.operations + both.operations };
}
