/// <reference types="node" />
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
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
import { explainInSlices, explainProgressText } from '../cli/investigate-finding.ts';
import { huntTarget } from '../cli/fuzz-target-session.ts';
import type { PlantedBug } from '../node/plant.ts';
import { StaleBugError, plant, readBugs } from '../node/plant.ts';
import { parseShard } from '../cli/verbs/parse-shard.ts';
import { measureLines, oneBugOneReport } from './canary/measure.ts';
import type { Sighting } from './canary/measure.ts';
import { CONTINUATIONS, decidingAction } from '../../sim/campaign/when-decided.ts';
import type { Decided } from '../../sim/campaign/when-decided.ts';
import { runCampaign } from '../cli/run-campaign.ts';
import { EXIT } from '../cli/terminal/exit.ts';
import { interruptible } from '../cli/terminal/interrupt.ts';
import { print, styleOf } from '../cli/terminal/output.ts';
import { runProgram } from '../cli/terminal/run-program.ts';
import { Progress } from '../cli/terminal/progress.ts';

const SHRINK_EXECUTIONS = 3_000;
/** More findings of one bug than anybody would read. */
const MOST_NAMES = 8;

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
  /** What it was found as, after merging, while it was looked for a little longer. */
  readonly fingerprints?: readonly string[];
  /** Continuations that fail from before each action of the shrunk case, and from after the last one. */
  readonly decided?: Decided | 'not available';
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
    more: { type: 'number', default: 40, describe: 'seeds to look at after the first finding, for what else the same bug is found as' },
    part: { type: 'string', default: '1/1', describe: 'only every n-th bug: 1/3, 2/3 and 3/3 are all of them' },
    also: { type: 'string', array: true, default: [], describe: 'files with the JSON of other parts, to be counted with this one' },
    curve: { type: 'boolean', default: false, describe: 'also count when each finding was decided' },
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
  const { index, of } = parseShard(args.part);
  const bugs = readBugs(args.dir).filter(({ name }) => name.includes(args.only ?? ''));
  for (const bug of bugs.filter((_, at) => at % of === index - 1)) {
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
      return crash === undefined ? base : { ...base, oracle: `fuzz ${bug.expect}`, ...namedOnce(`${bug.expect}/${crash.fingerprint}`) };
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
    const [first] = result.findings;
    const found = first?.first;
    const base = { bug, operations: result.tally.operations, seconds: seconds() };
    if (found === undefined && result.hungSeed !== undefined)
      return { ...base, runs: result.hungSeed, oracle: 'hang', fingerprint: 'hang' };
    if (found === undefined) return { ...base, runs: result.tally.runs };
    const engine = await createEngine(run);
    const explained = await explainInSlices(engine, found.scenario, {
      signal,
      label: found.token,
      maxExecutions: SHRINK_EXECUTIONS,
      continuations: args.curve ? CONTINUATIONS : 0,
      onProgress: (at) => progress.show(() => `${bug.name}: ${explainProgressText(at)}`),
    });
    const { scenario } = explained ?? found;
    const [oracle = ''] = scenario.expect.split('/');
    // What a correct node does with the case that shows the bug.
    const kept = (await createEngine()).keep(scenario);
    if (kept.expect !== 'pass') return { ...base, runs: found.seed, other: kept.expect };
    if (args.keep !== undefined) keep(args.keep, bug, kept);
    const { expect: name, actions } = scenario;
    const more = await seenAs(run, found.seed);
    const fingerprints = [...new Set([name, ...more])];
    const decided = args.curve ? explained?.decided : undefined;
    const seen = { fingerprint: name, fingerprints, ...(decided && { decided }) };
    return { ...base, oracle, ...seen, runs: found.seed, actions: actions.length };
  } catch (error) {
    if (!(error instanceof StaleBugError)) throw error;
    return { bug, stale: error.message, runs: 0, operations: 0, seconds: 0 };
  }
}

/** The findings of this bug in the seeds after its first one, shrunk as far as it takes to know them. */
async function seenAs(run: RunOptions, seed: number): Promise<readonly string[]> {
  if (args.more === 0) return [];
  const request = { run, from: seed + 1, to: seed + args.more, workers: args.workers, maxFindings: MOST_NAMES, rangeSize: 10 };
  const { findings } = await runCampaign(request, { signal });
  const engine = await createEngine(run);
  const names: string[] = [];
  for (const { first } of findings) {
    const made = await explainInSlices(engine, first.scenario, {
      signal,
      label: first.token,
      maxExecutions: SHRINK_EXECUTIONS,
      continuations: 0,
    });
    names.push(made?.scenario.expect ?? fingerprint(first.finding));
  }
  return names;
}

function namedOnce(name: string): Pick<Verdict, 'fingerprint' | 'fingerprints'> {
  return { fingerprint: name, fingerprints: [name] };
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
  const sightings = all.map(({ bug, fingerprints = [] }) => ({ bug: bug.name, file: bug.file, fingerprints }));
  const measure = oneBugOneReport([...args.also.flatMap(sightingsIn), ...sightings]);
  for (const line of measureLines(measure)) print(line);
  const curves = all.flatMap(({ decided }) => (decided === undefined || decided === 'not available' ? [] : [decided]));
  if (curves.length > 0) print(decisionsLine(curves));
  if (args.json)
    for (const verdict of all)
      print(JSON.stringify({ ...verdict, bug: verdict.bug.name, file: verdict.bug.file, sides: verdict.bug.sides }));
  if (args.json) print(JSON.stringify({ measure }));
}

/** Of the lines of JSON that another part printed; what is no JSON among them is skipped. */
function sightingsIn(file: string): readonly Sighting[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"sides"'))
    .map((line) => JSON.parse(line) as Sighting)
    .map(({ bug, file: edited, fingerprints = [] }) => ({ bug, file: edited, fingerprints }));
}

/** Where cases with several actions were decided: the last action is the one that the shrinker could not do without and that came last. */
function decisionsLine(curves: readonly Decided[]): string {
  const several = curves.filter(({ failing }) => failing.length > 2);
  const last = several.filter((decided) => decidingAction(decided) === decided.failing.length - 2);
  return `largest jump at the last action: ${last.length} of ${several.length} cases with several actions; ${curves.length - several.length} have one or none`;
}
