/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import yargs from 'yargs';
import { packageRoot } from '../node/package-files.ts';
import type { ExitCode } from './terminal/exit.ts';
import { EXIT, UsageError } from './terminal/exit.ts';
import type { Verb } from './verbs/verb.ts';
import { verbs } from './verbs/index.ts';

const NAMES = verbs.map(({ command }) => command.split(' ')[0] ?? '');
const VERBS = `There are ${NAMES.join(', ')}; \`fulgurite --help\` says more.`;

/** Runs one command line. Returns its exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.nothingFound;
  const [first = ''] = args;
  if (/^\w/.test(first) && !NAMES.includes(first)) throw new UsageError(`There is no verb '${first}'. ${VERBS}`);
  const parser = yargs([...args])
    .scriptName('fulgurite')
    .usage('$0 <verb>\n\nHunts for Lightning nodes that stop agreeing, and turns what it finds into small scenarios that replay.')
    .locale('en')
    .version((JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly version: string }).version)
    .strict()
    .demandCommand(1, `Which verb? ${VERBS}`)
    .wrap(Math.min(120, process.stdout.columns || 100))
    .epilogue('Exit codes: 0 nothing found, 1 a finding, 2 wrong usage, 3 the harness failed or executed nothing, 130 interrupted.')
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // Of some slips yargs makes errors of its own.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw new UsageError(message ?? error?.message ?? 'wrong usage');
    });
  for (const verb of verbs) register(parser, verb, (result) => (code = result));
  await parser.parseAsync();
  return code;
}

function register(parser: Argv, verb: Verb, done: (code: ExitCode) => void): void {
  parser.command(
    verb.command,
    verb.describe,
    (command) => {
      for (const [name, positional] of Object.entries(verb.positionals ?? {})) command.positional(name, positional);
      for (const [line, what] of verb.examples ?? []) command.example(line, what);
      // An option that is named and says nothing is a slip, not a wish for the default.
      const options = Object.entries(verb.options).map(([name, option]) => [name, { ...option, requiresArg: option.type !== 'boolean' }]);
      return command.options(Object.fromEntries(options) as Verb['options']);
    },
    async (args) => done(await verb.run(args as Parameters<Verb['run']>[0])),
  );
}
