/// <reference types="node" />
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { fingerprint } from '../../sim/world/finding.ts';
import { table } from '../../sim/report/table.ts';
import { grouped } from '../../sim/scenario/text.ts';
import type { Scenario } from '../../sim/scenario/types.ts';
import { buildIfStale } from './build.ts';
import { createEngine } from '../node/engine.ts';
import type { RunOptions } from '../node/engine.ts';
import { packageRoot } from '../node/package-files.ts';
import { writeScenario } from '../cli/finding-files.ts';
import { shrinkInSlices, shrinkProgressText } from '../cli/investigate-finding.ts';
import { huntTarget } from '../cli/fuzz-target-session.ts';
import type { PlantedBug } from '../node/plant.ts';
import { StaleBugError, plant, readBugs } from '../node/plant.ts';
import { runCampaign } from '../cli/run-campaign.ts';
import { EXIT } from '../cli/terminal/exit.ts';
import { interruptible } from '../cli/terminal/interrupt.ts';
import { print, styleOf } from '../cli/terminal/output.ts';
import { runProgram } from '../cli/terminal/run-program.ts';
import { Progress } from '../cli/terminal/progress.ts';

/** What became of one planted bug. */
interface Verdict {
  readonly bug: PlantedBug;
  readonly oracle?: string;
  readonly fingerprint?: string;
  /** Why it does not fit the source any more. */
  readonly stale?: string;
  /** What was found instead, and is found without the bug too. */
  readonly other?: string;
  readonly runs: number;
  readonly operations: number;
  readonly seconds: number;
  /** Actions that the shrunk case has. */
  readonly actions?: number;
}

const args = await yargs(hideBin(process.argv))
  .scriptName('npm run canary --')
  .usage('Plants known bugs, one after the other, and looks how soon a campaign finds them.')
  .locale('en')
  .strict()
  .options({
    dir: { type: 'string', default: join(packageRoot(), 'mutation/planted'), describe: 'a folder of bugs, yours or this project’s' },
    only: { type: 'string', describe: 'only bugs whose name contains this' },
    runs: { type: 'number', default: 2000, describe: 'most runs for a bug' },
    workers: { type: 'number', default: availableParallelism() },
    keep: { type: 'string', describe: 'store the shrunk cases in this folder, as regressions that pass without the bug' },
    json: { type: 'boolean', default: false, describe: 'also one line of JSON for each bug' },
  })
  .parseAsync();

const root = packageRoot();
const signal = interruptible();
const progress = new Progress();
const verdicts: Verdict[] = [];
await runProgram(async () => {
  await buildIfStale(root);
  for (const bug of readBugs(args.dir).filter(({ name }) => name.includes(args.only ?? ''))) {
    if (signal.aborted) break;
    verdicts.push(await hunt(bug));
  }
  progress.clear();
  report(verdicts);
  return exitCode();
});

function exitCode(): number {
  if (signal.aborted) return EXIT.interrupted;
  if (verdicts.length === 0 || verdicts.some(({ stale, other }) => stale !== undefined || other !== undefined)) return EXIT.harness;
  return verdicts.every(({ oracle }) => oracle !== undefined) ? EXIT.nothingFound : EXIT.finding;
}

async function hunt(bug: PlantedBug): Promise<Verdict> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  try {
    if (bug.expect !== undefined) {
      progress.show(() => `${verdicts.length + 1}  ${bug.name}: fuzzing ${bug.expect}`);
      const { crash, executions } = await huntTarget(bug, signal);
      const base = { bug, runs: executions, operations: 0, seconds: seconds() };
      return crash === undefined ? base : { ...base, oracle: `fuzz ${bug.expect}`, fingerprint: crash.fingerprint };
    }
    const run: RunOptions = { planted: await plant(bug) };
    const result = await runCampaign(
      { run, from: 1, to: args.runs, workers: args.workers, maxFindings: 1, rangeSize: 10, hangMs: 20_000 },
      {
        signal,
        onProgress: ({ runs, findings }) =>
          progress.show(() => `${verdicts.length + 1}  ${bug.name}: ${grouped(runs)} runs, ${findings} findings`),
      },
    );
    const found = result.findings[0]?.first;
    const base = { bug, operations: result.tally.operations, seconds: seconds() };
    if (found === undefined && result.hungSeed !== undefined)
      return { ...base, runs: result.hungSeed, oracle: 'hang', fingerprint: 'hang' };
    if (found === undefined) return { ...base, runs: result.tally.runs };
    const engine = await createEngine(run);
    const shrunk = await shrinkInSlices(engine, found.scenario, {
      signal,
      onProgress: (at) => progress.show(() => `${bug.name}: ${shrinkProgressText(at)}`),
    });
    const { oracle } = found.finding;
    const scenario = shrunk?.scenario ?? found.scenario;
    // What a correct node does with the case that shows the bug.
    const kept = (await createEngine()).keep(scenario);
    if (kept.expect !== 'pass') return { ...base, runs: found.seed, other: kept.expect };
    if (args.keep !== undefined) keep(args.keep, bug, kept);
    const actions = scenario.actions.length;
    return { ...base, oracle, fingerprint: fingerprint(found.finding), runs: found.seed, actions };
  } catch (error) {
    if (!(error instanceof StaleBugError)) throw error;
    return { bug, stale: error.message, runs: 0, operations: 0, seconds: 0 };
  }
}

function keep(folder: string, { name, about }: PlantedBug, kept: Scenario): void {
  writeScenario(join(folder, `${name}.json`), { ...kept, about: `A case that shows this bug: ${about ?? name}` });
}

function report(all: readonly Verdict[]): void {
  const style = styleOf(process.stdout);
  const rows = all.map(({ bug, oracle, stale, other, fingerprint: seenAs, runs, operations, seconds, actions }) => [
    bug.name,
    bug.sides,
    stale !== undefined ? 'STALE' : other !== undefined ? 'SOMETHING ELSE' : oracle === undefined ? 'NOT FOUND' : 'found',
    oracle === undefined || bug.expectOracle === undefined || bug.expectOracle === oracle
      ? (oracle ?? '')
      : `${oracle} (not ${bug.expectOracle})`,
    grouped(runs),
    grouped(operations),
    seconds.toFixed(1),
    actions === undefined ? '' : String(actions),
    stale ?? other ?? seenAs ?? '',
  ]);
  const right = 'right' as const;
  const columns = [
    { title: 'planted bug' },
    { title: 'sides' },
    { title: '' },
    { title: 'by oracle' },
    { title: 'runs', align: right },
    { title: 'operations', align: right },
    { title: 'seconds', align: right },
    { title: 'shrunk', align: right },
    { title: 'fingerprint' },
  ];
  print(table(columns, rows, style));
  const sizes = all.flatMap(({ actions }) => (actions === undefined ? [] : [actions])).sort((a, b) => a - b);
  const found = all.filter(({ oracle }) => oracle !== undefined).length;
  const median = sizes[sizes.length >> 1];
  print(`\n${found} of ${all.length} found${median === undefined ? '' : `, shrunk to a median of ${median} actions`}`);
  if (args.json) for (const verdict of all) print(JSON.stringify({ ...verdict, bug: verdict.bug.name, sides: verdict.bug.sides }));
}
