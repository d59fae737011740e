/// <reference types="node" />
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { table } from '../../sim/report/table.ts';
import { EXIT, UsageError } from '../cli/terminal/exit.ts';
import { interruptible } from '../cli/terminal/interrupt.ts';
import { print, styleOf } from '../cli/terminal/output.ts';
import { Progress } from '../cli/terminal/progress.ts';
import { runProgram } from '../cli/terminal/run-program.ts';
import { packageRoot } from '../node/package-files.ts';
import { areasOf, configOf, folderOf, isCurrent, runAreas, score, tallyOf } from './mutation-areas.ts';
import type { Area, Tally } from './mutation-areas.ts';

/** For Stryker to clean up after it was asked to stop. */
const GRACE_MS = 10_000;

const root = packageRoot();
const args = await yargs(hideBin(process.argv))
  .scriptName('npm run mutation --')
  .usage('Changes the core in thousands of small ways, and counts the changes that its tests notice: one area after the other.')
  .locale('en')
  .strict()
  .options({
    area: { type: 'string', array: true, describe: 'only areas whose name contains this' },
    list: { type: 'boolean', default: false, describe: 'name the areas, with what is known of them' },
    fresh: { type: 'boolean', default: false, describe: 'also areas whose report is younger than all of core' },
    concurrency: { type: 'number', describe: 'test runners at a time' },
  })
  .parseAsync();

const chosen = areasOf(root).filter(({ name }) => args.area === undefined || args.area.some((part) => name.includes(part)));

await runProgram(async () => {
  if (chosen.length === 0)
    throw new UsageError(
      `there is no such area: ${areasOf(root)
        .map(({ name }) => name)
        .join(', ')}`,
    );
  if (args.list) {
    report(chosen, []);
    return EXIT.nothingFound;
  }
  const signal = interruptible();
  const progress = new Progress();
  const due = chosen.filter((area) => args.fresh || !isCurrent(root, area));
  const failed = await runAreas(due, (area) => stryker(area, signal, progress, due), signal);
  progress.clear();
  report(chosen, failed);
  if (signal.aborted) return EXIT.interrupted;
  return failed.length > 0 ? EXIT.harness : EXIT.nothingFound;
});

/** Mutates one area. True when its report is whole. What Stryker prints goes into the area's log. */
async function stryker(area: Area, signal: AbortSignal, progress: Progress, due: readonly Area[]): Promise<boolean> {
  const folder = folderOf(root, area);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'stryker.config.json');
  writeFileSync(config, configOf(root, area));
  // The report of the time before would pass for this one's.
  rmSync(join(folder, 'report.json'), { force: true });
  const log = openSync(join(folder, 'log.txt'), 'w');
  const start = performance.now();
  const minutes = (): string => ((performance.now() - start) / 60_000).toFixed(1);
  const ticking = setInterval(
    () => progress.show(() => `${due.indexOf(area) + 1} of ${due.length}  ${area.name}: ${minutes()} minutes`),
    1000,
  );
  const bin = join(dirname(createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json')), 'bin/stryker.js');
  const more = args.concurrency === undefined ? [] : ['--concurrency', String(args.concurrency)];
  const child = spawn(process.execPath, [bin, 'run', config, ...more], { cwd: root, stdio: ['ignore', log, log] });
  const stop = (): void => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve).once('error', () => resolve(null)));
  signal.removeEventListener('abort', stop);
  clearInterval(ticking);
  // Where it was not left the time to do that itself.
  rmSync(join(root, '.stryker-tmp'), { recursive: true, force: true });
  closeSync(log);
  return code === 0 && tallyOf(root, area) !== undefined;
}

function report(areas: readonly Area[], failed: readonly string[]): void {
  const known = areas.flatMap((area) => tallyOf(root, area) ?? []);
  const sum = (key: keyof Tally): number => known.reduce((total, tally) => total + tally[key], 0);
  const total: Tally = { noticed: sum('noticed'), survived: sum('survived'), unreached: sum('unreached') };
  const rows = [
    ...areas.map((area) =>
      row(area.name, tallyOf(root, area), failed.includes(area.name) ? `failed: ${folderOf(root, area)}/log.txt` : ''),
    ),
    row('all of these', total, known.length < areas.length ? `${known.length} of ${areas.length} areas` : ''),
  ];
  const right = 'right' as const;
  const numbers = ['mutants', 'noticed', 'survived', 'unreached', 'score'].map((title) => ({ title, align: right }));
  print(table([{ title: 'area' }, ...numbers, { title: '' }], rows, styleOf(process.stdout)));
}

function row(name: string, tally: Tally | undefined, remark: string): readonly string[] {
  if (tally === undefined) return [name, '', '', '', '', '', remark === '' ? 'not run' : remark];
  const { noticed, survived, unreached } = tally;
  const percent = score(tally);
  return [
    name,
    String(noticed + survived),
    String(noticed),
    String(survived),
    String(unreached),
    percent === undefined ? '' : `${percent.toFixed(1)} %`,
    remark,
  ];
}
