/// <reference types="node" />
import { existsSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createEngine } from '../../node/engine.ts';
import { writeScenario } from '../finding-files.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { print } from '../terminal/output.ts';
import { commonRun, driversOf, runOptions, scenarioIn } from './common-options.ts';
import { verb } from './verb.ts';

export const promote = verb({
  command: 'promote <file>',
  describe: 'Keep a scenario as a regression test',
  positionals: { file: { type: 'string', describe: 'a scenario, usually from findings/', demandOption: true } },
  options: {
    name: { type: 'string', demandOption: true, describe: 'what it shows, e.g. fee-applied-twice: the name of its file and of its test' },
    force: { type: 'boolean', default: false, describe: 'replace the regression of that name' },
    ...runOptions,
  },
  examples: [['$0 promote findings/agreement-commitment-amount.json --name fee-applied-twice', '']],
  async run(args) {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(args.name)) throw new UsageError(`--name ${args.name}: write lower-case words joined by hyphens`);
    const engine = await createEngine({ ...(await commonRun(args)), ...driversOf(args.file) });
    const passing = resolve(engine.config.corpusDir ?? 'corpus/regressions');
    const open = join(dirname(passing), 'known');
    const kept = engine.keep(scenarioIn(args.file));
    const [folder, other] = kept.expect === 'pass' ? [passing, open] : [open, passing];
    const [file, before] = [folder, other].map((place) => join(place, `${args.name}.json`)) as [string, string];
    const replaced = kept.expect === 'pass' ? [file] : [file, before];
    const taken = replaced.find((path) => existsSync(path));
    if (taken !== undefined && !args.force) throw new UsageError(`${taken} exists; --force replaces it`);
    writeScenario(file, kept);
    rmSync(before, { force: true });
    print(`${file}\n${fate(kept.expect)}`);
    return EXIT.nothingFound;
  },
});

function fate(expect: string): string {
  return expect === 'pass'
    ? 'It passes now, and has to from now on.'
    : `It shows ${expect}, which is known now. Once the bug is fixed, promote this file again: from then on it has to pass.`;
}
