/// <reference types="node" />
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createEngine } from '../../node/engine.ts';
import { writeScenario } from '../finding-files.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { print } from '../terminal/output.ts';
import { commonRun, runOptions, scenarioIn } from './common-options.ts';
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
    const engine = await createEngine(await commonRun(args));
    const folder = resolve(engine.config.corpusDir ?? 'corpus/regressions');
    const file = join(folder, `${args.name}.json`);
    if (existsSync(file) && !args.force) throw new UsageError(`${file} exists; --force replaces it`);
    const kept = engine.keep(scenarioIn(args.file));
    mkdirSync(folder, { recursive: true });
    writeScenario(file, kept);
    print(`${file}\n${fate(kept.expect)}`);
    return EXIT.nothingFound;
  },
});

function fate(expect: string): string {
  return expect === 'pass'
    ? 'It passes now, and has to from now on.'
    : `It shows ${expect}, and its test expects that. Once the bug is fixed, promote it again with --force: from then on it has to pass.`;
}
