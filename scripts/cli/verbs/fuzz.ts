/// <reference types="node" />
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toHex } from '../../../core/crypto/bytes.ts';
import { corpusCases, checkCase } from '../../../fuzz-targets/host/regress.ts';
import { CrashFiles, words } from '../../../fuzz-targets/host/crash-files.ts';
import { readCorpus, readSeed } from '../../../fuzz-targets/host/corpus-files.ts';
import { distil } from '../../../fuzz-targets/host/distil.ts';
import { instrumented, loadInstrumented } from '../../../fuzz-targets/host/instrument.ts';
import type { EngineName } from '../../../fuzz-targets/host/worker-protocol.ts';
import { ENGINES } from '../../../fuzz-targets/host/worker-protocol.ts';
import type { Crash, SessionResult, Status } from '../../../fuzz-targets/host/session.ts';
import { Session } from '../../../fuzz-targets/host/session.ts';
import { jazzerAbsence } from '../../../fuzz-targets/engines/jazzer.ts';
import { replay } from '../../../fuzz-targets/engines/replay.ts';
import { fuzzTargets } from '../../../fuzz-targets/registry.ts';
import type { FuzzTarget } from '../../../fuzz-targets/target.ts';
import { grouped, plural, rate } from '../../../sim/scenario/text.ts';
import { table } from '../../../sim/report/table.ts';
import { compiledFile, packageRoot } from '../../node/package-files.ts';
import { TARGETS_SOURCE } from '../fuzz-target-session.ts';
import type { ExitCode } from '../terminal/exit.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { commandName, print, printError, styleOf, tryToWrite } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { demandWritable, planted, readKnown } from './common-options.ts';
import { parseDuration, parseInteger } from './parse-arguments.ts';
import { verb } from './verb.ts';

const DEFAULT_TIME = '60s';
const DEFAULT_TIME_EACH = '30s';

export const fuzz = verb({
  command: 'fuzz [target]',
  describe: 'Throw bytes at a decoder, at the transport, or at a whole node',
  positionals: { target: { type: 'string', describe: 'which; --list names them' } },
  options: {
    list: { type: 'boolean', default: false, describe: 'name the targets' },
    all: { type: 'boolean', default: false, describe: 'every target, one after the other' },
    regress: { type: 'boolean', default: false, describe: 'only run what is kept in the corpus, of one target or of all' },
    minimize: {
      type: 'boolean',
      default: false,
      describe: 'rewrite the found seeds of the corpus: what reaches something new, made small',
    },
    replay: { type: 'string', describe: 'run this one input without any engine, and say what it means' },
    engine: { choices: ENGINES, default: 'jsfuzz' as const, describe: 'what makes the inputs' },
    time: { type: 'string', describe: `how long: 60s, 5m, 1h [default: ${DEFAULT_TIME}, with --all ${DEFAULT_TIME_EACH} each]` },
    runs: { type: 'number', describe: 'stop after so many executions' },
    workers: { type: 'number', default: 1, describe: 'threads that share what they find' },
    seed: { type: 'number', default: 1, describe: 'of all that is drawn' },
    guided: { type: 'boolean', default: true, describe: 'use dictionary and structure of the declarations; --no-guided is jsfuzz alone' },
    hang: { type: 'string', default: '10s', describe: 'an execution that takes longer is a finding' },
    memory: { type: 'number', default: 1024, describe: 'a worker that needs more megabytes is a finding' },
    corpus: { type: 'string', describe: "folder of all corpora [default: this package's corpus/]" },
    out: { type: 'string', default: 'findings/fuzz', describe: 'where findings are written, the moment they are found' },
    keep: { type: 'boolean', default: false, describe: 'also write every input that reached something new; --minimize reads them' },
    'max-findings': { type: 'number', default: 20, describe: 'stop after so many different findings' },
    planted: { type: 'string', describe: 'plant this bug first: a file of mutation/planted/ (needs a checkout)' },
    known: { type: 'string', describe: 'findings to set aside: { "<fingerprint>": "<reason>" }' },
  },
  examples: [
    ['$0 fuzz --list', ''],
    ['$0 fuzz node --time 10m --workers 2', 'a whole node on the wire'],
    ['$0 fuzz --all --time 30s', 'every target, half a minute each'],
    ['$0 fuzz --regress', 'all that was ever found, again'],
  ],
  async run(args) {
    const corpus = resolve(args.corpus ?? join(packageRoot(), 'corpus'));
    if (args.list) return list();
    if (args.regress || args.engine === 'replay') return regress(corpus, args.target, await targetsOf(args.planted));
    if ([args.all, args.target !== undefined].filter(Boolean).length !== 1)
      throw new UsageError('name one target, or write --all; --list names them');
    const targets = args.all ? fuzzTargets : [targetNamed(args.target)];
    const [first] = targets as readonly [FuzzTarget];
    if (args.replay !== undefined) return replayOne(first.name, args.replay, await targetsOf(args.planted));
    if (args.minimize) return minimiseCorpora(targets, corpus, args.out);
    if (args.engine === 'jazzer') {
      printError(jazzerAbsence());
      return EXIT.harness;
    }
    const options: Options = {
      corpus,
      engine: args.engine,
      timeMs: parseDuration(args.time ?? (args.all ? DEFAULT_TIME_EACH : DEFAULT_TIME)),
      runs: parseInteger('runs', args.runs, 1, Number.MAX_SAFE_INTEGER) ?? Infinity,
      workers: parseInteger('workers', args.workers, 1, 256) ?? 1,
      seed: parseInteger('seed', args.seed, 0, 1e9) ?? 1,
      guided: args.guided,
      hangMs: parseDuration(args.hang),
      memoryMb: parseInteger('memory', args.memory, 64, 65_536) ?? 1024,
      known: Object.keys(readKnown(args.known)),
      maxFindings: parseInteger('max-findings', args['max-findings'], 1, 10_000) ?? 20,
      ...(args.planted !== undefined && { module: (await planted(args.planted, TARGETS_SOURCE)).module, planted: args.planted }),
      out: args.out,
      keep: args.keep,
    };
    return fuzzAll(targets, options);
  },
});

interface Options {
  readonly corpus: string;
  readonly engine: EngineName;
  readonly timeMs: number;
  readonly runs: number;
  readonly workers: number;
  readonly seed: number;
  readonly guided: boolean;
  readonly hangMs: number;
  readonly memoryMb: number;
  readonly known: readonly string[];
  readonly maxFindings: number;
  /** Compiled targets, where they are not the package's own. */
  readonly module?: string;
  /** As it was given, for the command that replays. */
  readonly planted?: string;
  readonly out: string;
  readonly keep: boolean;
}

function targetNamed(name: string | undefined): FuzzTarget {
  const target = fuzzTargets.find((known) => known.name === name);
  if (target !== undefined) return target;
  const near = fuzzTargets
    .filter((known) => name !== undefined && known.name.includes(name.replaceAll('_', '-')))
    .map((known) => known.name);
  throw new UsageError(
    `there is no target ${name}; ${near.length > 0 ? `perhaps ${near.join(', ')}` : 'fulgurite fuzz --list names them'}`,
  );
}

function list(): ExitCode {
  const rows = fuzzTargets.map(({ name, about }) => [name, about]);
  print(table([{ title: 'target' }, { title: 'throws bytes at' }], rows, styleOf(process.stdout)));
  return EXIT.nothingFound;
}

/** The targets as they are, or with a bug planted in what they try. */
async function targetsOf(bug: string | undefined): Promise<readonly FuzzTarget[]> {
  return bug === undefined ? fuzzTargets : targetsIn((await planted(bug, TARGETS_SOURCE)).module);
}

async function targetsIn(module: string | undefined): Promise<readonly FuzzTarget[]> {
  if (module === undefined) return fuzzTargets;
  return ((await import(pathToFileURL(module).href)) as { readonly fuzzTargets: readonly FuzzTarget[] }).fuzzTargets;
}

function regress(corpus: string, name: string | undefined, targets: readonly FuzzTarget[]): ExitCode {
  const target = name === undefined ? undefined : targetNamed(name);
  const cases = corpusCases(corpus, targets).filter((one) => target === undefined || one.target.name === target.name);
  let broken = 0;
  for (const one of cases) {
    const failure = checkCase(one);
    if (failure === undefined) continue;
    broken++;
    print(`${one.name}: ${failure.fingerprint}\n${stackOf(failure.error)}`);
  }
  print(
    `${plural(cases.length, 'input')} of ${plural(new Set(cases.map((one) => one.target)).size, 'target')}, ${broken === 0 ? 'all of them pass' : `${broken} fail`}`,
  );
  if (cases.length === 0) return EXIT.harness;
  return broken === 0 ? EXIT.nothingFound : EXIT.finding;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function replayOne(name: string, file: string, targets: readonly FuzzTarget[]): ExitCode {
  if (!existsSync(file)) throw new UsageError(`--replay ${file}: no such file`);
  const target = targets.find((one) => one.name === name) as FuzzTarget;
  const { bytes } = readSeed(target, file);
  print(words(target, bytes));
  const failure = replay(target, bytes);
  print(failure === undefined ? '\nNothing is wrong with it.' : `\n${failure.fingerprint}\n${stackOf(failure.error)}`);
  return failure === undefined ? EXIT.nothingFound : EXIT.finding;
}

const targetsModule = (): string => compiledFile('fuzz-targets/registry.js');

function measured(module: string): string {
  return instrumented(module, packageRoot(), join(packageRoot(), 'build', 'fuzz'));
}

async function minimiseCorpora(targets: readonly FuzzTarget[], corpus: string, out: string): Promise<ExitCode> {
  const loaded = await loadInstrumented(measured(targetsModule()));
  for (const { name } of targets) {
    const target = loaded.targets.find((one) => one.name === name) as FuzzTarget;
    const { byHand, candidates, kept } = distil(target, loaded.fresh(), corpus, new CrashFiles(out, target).keptFolder);
    print(`${name}: ${byHand} by hand, ${kept} found of ${candidates}`);
  }
  return EXIT.nothingFound;
}

async function fuzzAll(targets: readonly FuzzTarget[], options: Options): Promise<ExitCode> {
  demandWritable(options.out, 'out');
  const signal = interruptible();
  if (options.engine === 'jsfuzz') printError('instrumenting, if the code has changed …');
  const plain = options.module ?? targetsModule();
  const module = options.engine === 'jsfuzz' ? measured(plain) : plain;
  let findings = 0;
  let executions = 0;
  for (const target of targets) {
    const result = await fuzzOne(target, module, options, signal);
    findings += result.found.length;
    executions += result.executions;
    if (result.interrupted) return EXIT.interrupted;
  }
  if (findings > 0) return EXIT.finding;
  return executions === 0 ? EXIT.harness : EXIT.nothingFound;
}

async function fuzzOne(target: FuzzTarget, module: string, options: Options, signal: AbortSignal): Promise<SessionResult> {
  const progress = new Progress();
  const files = new CrashFiles(options.out, target);
  const session = new Session(
    {
      ...options,
      target,
      engine: options.engine === 'fast-check' ? 'fast-check' : 'jsfuzz',
      worker: compiledFile('fuzz-targets/host/worker.js'),
      module,
      maxExecutions: options.runs,
      corpus: readCorpus(target, options.corpus).map(({ bytes }) => bytes),
    },
    {
      crash(crash) {
        progress.clear();
        if (!crash.minimised) printError(`found ${crash.fingerprint}: ${toHex(crash.bytes.subarray(0, 100))}`);
        tryToWrite(() => files.save(crash, !isFatal(crash)));
      },
      kept: (bytes) => {
        if (options.keep) tryToWrite(() => files.keep(bytes));
      },
      progress: (status) => progress.show(() => `${target.name}: ${statusText(status)}`),
    },
  );
  const result = await session.run(signal);
  progress.clear();
  print(`${target.name}: ${statusText(result)}`);
  const tried = (await targetsIn(options.module)).find(({ name }) => name === target.name) as FuzzTarget;
  for (const crash of result.found) {
    const file = tryToWrite(() => files.save(crash, !isFatal(crash)));
    print(crashText(tried, crash, file, options.planted));
  }
  return result;
}

/** Running it again would end this process, too. */
function isFatal({ fingerprint }: Crash): boolean {
  return fingerprint.startsWith('hang') || fingerprint.startsWith('out of memory');
}

function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}

function statusText({ executions, seconds, reached, corpus, crashes }: Status): string {
  const parts = [`${grouped(executions)} executions`, `${rate(seconds === 0 ? 0 : executions / seconds)}/s`];
  if (reached > 0) parts.push(`${grouped(reached)} places reached`, `${grouped(corpus)} inputs kept`);
  return `${[...parts, plural(crashes, 'finding')].join(', ')}`;
}

/** A finding for people: what broke, what the input says, where it happened, and how to see it again. */
function crashText(target: FuzzTarget, crash: Crash, file: string | undefined, bug: string | undefined): string {
  const fatal = isFatal(crash);
  const failure = fatal ? undefined : replay(target, crash.bytes);
  const stack = failure === undefined ? crash.stack : stackOf(failure.error);
  const indent = (text: string): string => text.replace(/^/gm, '  ');
  return [
    `\n${crash.fingerprint}`,
    ...(fatal ? [] : [indent(words(target, crash.bytes).slice(0, 4000))]),
    indent(stack.split('\n').slice(0, 12).join('\n')),
    ...(file === undefined
      ? [`  stored nowhere: ${toHex(crash.bytes)}\n`]
      : [
          `  ${crash.bytes.length} bytes in ${shown(file)}`,
          `  ${commandName()} fuzz ${target.name} --replay ${shown(file)}${bug === undefined ? '' : ` --planted ${bug}`}\n`,
        ]),
  ].join('\n');
}
