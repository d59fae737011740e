/// <reference types="node" />
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toHex } from '../../core/crypto/bytes.ts';
import { corpusCases, checkCase } from '../../fuzz-targets/host/regress.ts';
import { CrashFiles, words } from '../../fuzz-targets/host/crash-files.ts';
import { readCorpus, readSeed } from '../../fuzz-targets/host/corpus-files.ts';
import { distil } from '../../fuzz-targets/host/distil.ts';
import { instrumented, loadInstrumented } from '../../fuzz-targets/host/instrument.ts';
import type { EngineName } from '../../fuzz-targets/host/worker-protocol.ts';
import type { Crash, SessionResult, Status } from '../../fuzz-targets/host/session.ts';
import { Session } from '../../fuzz-targets/host/session.ts';
import { replay } from '../../fuzz-targets/engines/replay.ts';
import { fuzzTargets } from '../../fuzz-targets/registry.ts';
import type { FuzzTarget } from '../../fuzz-targets/target.ts';
import { grouped, plural, rate } from '../../sim/scenario/text.ts';
import { table } from '../../sim/report/table.ts';
import { compiledFile, packageRoot } from '../node/package-files.ts';
import { TARGETS_SOURCE } from './fuzz-target-session.ts';
import type { ExitCode } from './terminal/exit.ts';
import { EXIT, UsageError } from './terminal/exit.ts';
import { interruptible } from './terminal/interrupt.ts';
import { commandName, print, printError, styleOf, tryToWrite } from './terminal/output.ts';
import { Progress } from './terminal/progress.ts';
import { demandWritable, planted } from './verbs/common-options.ts';

/** Of a session with every target that is wanted. */
export interface FuzzOptions {
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

/** That target, or all of them. */
export function targetsNamed(name: string | undefined): readonly FuzzTarget[] {
  return name === undefined ? fuzzTargets : [targetNamed(name)];
}

function targetNamed(name: string): FuzzTarget {
  const target = fuzzTargets.find((known) => known.name === name);
  if (target !== undefined) return target;
  const near = fuzzTargets.filter((known) => known.name.includes(name.replaceAll('_', '-'))).map((known) => known.name);
  throw new UsageError(
    `there is no target ${name}; ${near.length > 0 ? `perhaps ${near.join(', ')}` : 'fulgurite fuzz --list names them'}`,
  );
}

export function list(): ExitCode {
  const rows = fuzzTargets.map(({ name, about }) => [name, about]);
  print(table([{ title: 'target' }, { title: 'throws bytes at' }], rows, styleOf(process.stdout)));
  return EXIT.nothingFound;
}

/** The targets as they are, or with a bug planted in what they try. */
export async function targetsOf(bug: string | undefined): Promise<readonly FuzzTarget[]> {
  return bug === undefined ? fuzzTargets : targetsIn(await moduleOf(bug));
}

/** The targets, built with this bug. */
export async function moduleOf(bug: string): Promise<string> {
  return (await planted(bug, TARGETS_SOURCE)).module;
}

async function targetsIn(module: string | undefined): Promise<readonly FuzzTarget[]> {
  if (module === undefined) return fuzzTargets;
  return ((await import(pathToFileURL(module).href)) as { readonly fuzzTargets: readonly FuzzTarget[] }).fuzzTargets;
}

export function regress(corpus: string, name: string | undefined, targets: readonly FuzzTarget[]): ExitCode {
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

export function replayOne(name: string, file: string, targets: readonly FuzzTarget[]): ExitCode {
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

export async function minimiseCorpora(targets: readonly FuzzTarget[], corpus: string, out: string): Promise<ExitCode> {
  const loaded = await loadInstrumented(measured(targetsModule()));
  for (const { name } of targets) {
    const target = loaded.targets.find((one) => one.name === name) as FuzzTarget;
    const { byHand, candidates, kept } = distil(target, loaded.fresh(), corpus, new CrashFiles(out, target).keptFolder);
    print(`${name}: ${byHand} by hand, ${kept} found of ${candidates}`);
  }
  return EXIT.nothingFound;
}

export async function fuzzAll(targets: readonly FuzzTarget[], options: FuzzOptions): Promise<ExitCode> {
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

async function fuzzOne(target: FuzzTarget, module: string, options: FuzzOptions, signal: AbortSignal): Promise<SessionResult> {
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
