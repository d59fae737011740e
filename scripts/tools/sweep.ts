/// <reference types="node" />
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { fulguriteDriver } from '../../sim/drivers/fulgurite.ts';
import { grouped } from '../../sim/scenario/text.ts';
import { sweep } from '../../sim/sweep/sweep.ts';
import { EXIT } from '../cli/terminal/exit.ts';
import { print } from '../cli/terminal/output.ts';
import { runProgram } from '../cli/terminal/run-program.ts';

const args = await yargs(hideBin(process.argv))
  .scriptName('npm run sweep --')
  .usage('Every phase, message, field and edge once: what a node answers, beside what the requirements ask.')
  .locale('en')
  .strict()
  .options({
    only: { type: 'string', array: true, describe: 'only cells whose name contains one of these' },
    list: { type: 'boolean', default: false, describe: 'name the cells, and try none' },
  })
  .parseAsync();

await runProgram(() => {
  const names: string[] = [];
  const chooses = (id: string): boolean => {
    if (args.only !== undefined && !args.only.some((part) => id.includes(part))) return false;
    names.push(id);
    return !args.list;
  };
  const { cells, misdeeds } = sweep({ driver: fulguriteDriver, chooses });
  if (args.list) for (const name of names) print(name);
  else print(`${grouped(cells)} cells, ${grouped(misdeeds.length)} answered otherwise than the requirements ask`);
  for (const { cell, fingerprint, detail } of misdeeds) print(`\n${cell}\n  ${fingerprint}\n  ${detail}`);
  return Promise.resolve(misdeeds.length === 0 ? EXIT.nothingFound : EXIT.finding);
});
