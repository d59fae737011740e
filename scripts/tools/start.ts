/// <reference types="node" />
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { CampaignRequest } from '../cli/run-campaign.ts';
import { buildIfStale } from './build.ts';
import { packageRoot } from '../node/package-files.ts';
import type { PlantedBug } from '../node/plant.ts';
import { plant, readBug } from '../node/plant.ts';
import type { Style } from '../../sim/report/style.ts';
import { EXIT } from '../cli/terminal/exit.ts';
import { runProgram } from '../cli/terminal/run-program.ts';
import { commandName, print, styleOf } from '../cli/terminal/output.ts';
import { hunt } from '../cli/hunt.ts';
import { CONTINUATIONS } from '../../sim/campaign/when-decided.ts';

/** The first minute: a campaign, then the same with a bug on one side, to see what a finding looks like. */
const SECONDS = 25;
const BUG = 'mutation/planted/retransmission-order.json';

const root = packageRoot();
const style = styleOf(process.stdout);
const request: CampaignRequest = { run: {}, from: 1, workers: availableParallelism(), maxFindings: 1, rangeSize: 20 };

process.chdir(root);
await runProgram(async () => {
  if (await buildIfStale(root)) print(style.dim('compiled the sources into dist/\n'));
  print(`${style.bold('Two nodes, a channel, and everything that may go wrong between them')}`);
  print(
    style.dim(
      `${SECONDS} seconds of random operations, delays, reordering, lost connections, slow disks and crashes; each run goes its own way.\n`,
    ),
  );
  const found = await hunt({ ...request, timeMs: SECONDS * 1000 }, { out: 'findings', executions: 3000, continuations: CONTINUATIONS });
  return found === EXIT.nothingFound ? showPlanted() : found;
});

/** Plants a bug on one side; the campaign must find it. */
async function showPlanted(): Promise<number> {
  const bug = readBug(join(root, BUG));
  print(`\n${style.bold('Now the same with a bug on one side')}, so that there is something to find. ${bug.about ?? ''}\n`);
  print(`${editInWords(bug, style)}\n`);
  const out = 'build/first-minute';
  const code = await hunt(
    { ...request, run: { planted: await plant(bug) }, to: 2000 },
    { out, executions: 3000, continuations: CONTINUATIONS, planted: BUG },
  );
  if (code !== EXIT.finding) return code === EXIT.interrupted ? code : EXIT.harness;
  print(`\nThat was the planted bug, found as it should be. Next: ${style.good(`${commandName()} --help`)}, and README.md.`);
  return EXIT.nothingFound;
}

function editInWords({ file, find, replace }: PlantedBug, { bad, good, dim }: Style): string {
  const lines = (text: string, sign: string): string[] => text.split('\n').map((line) => `  ${sign} ${line.trim()}`);
  return [dim(`  ${file}`), ...lines(find, '-').map(bad), ...lines(replace, '+').map(good)].join('\n');
}
