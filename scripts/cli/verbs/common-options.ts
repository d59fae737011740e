/// <reference types="node" />
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseKnown } from '../../../sim/campaign/known.ts';
import type { Known } from '../../../sim/campaign/results.ts';
import type { RunOptions } from '../../node/engine.ts';
import { findConfig } from '../../node/load-config.ts';
import { plant, readBug, StaleBugError } from '../../node/plant.ts';
import type { Planted } from '../../node/plant.ts';
import type { Scenario } from '../../../sim/scenario/types.ts';
import { readScenario, readScenarios } from '../../node/scenario-files.ts';
import { driversIn } from '../../../sim/run/seed.ts';
import { UsageError } from '../terminal/exit.ts';
import { commandName } from '../terminal/output.ts';
import { parseInteger } from './parse-arguments.ts';

/** Options of every verb that runs worlds. */
export const runOptions = {
  config: { type: 'string', describe: 'your drivers, operations, faults and oracles [default: fulgurite.config.{ts,js} of this folder]' },
  planted: { type: 'string', describe: 'plant this bug first: a file of mutation/planted/ (needs a checkout)' },
} as const;

/** The command that shows a finding again, from its file or its token. */
export function replayCommand(what: string, planted: string | undefined): string {
  return `${commandName()} replay ${what}${planted === undefined ? '' : ` --planted ${planted}`}`;
}

/** The part of RunOptions that these options give. */
export async function commonRun(args: {
  readonly config?: string | undefined;
  readonly planted?: string | undefined;
}): Promise<Pick<RunOptions, 'config' | 'planted'>> {
  const config = args.config ?? findConfig(process.cwd());
  if (config !== undefined && !existsSync(config)) throw new UsageError(`--config ${config}: no such file`);
  return {
    ...(config !== undefined && { config }),
    ...(args.planted !== undefined && { planted: await planted(args.planted) }),
  };
}

/** The implementations that a token or the file of a scenario needs. */
export function driversOf(what: string): Pick<RunOptions, 'drivers'> {
  if (!existsSync(what)) return { drivers: driversIn(what) };
  return { drivers: scenarioIn(what).world.nodes.flatMap(({ driver }) => driver ?? []) };
}

/** Builds the bug in this file, in the driver or in another module. */
export async function planted(file: string, entry?: string): Promise<Planted> {
  if (!existsSync(file)) throw new UsageError(`--planted ${file}: no such file`);
  try {
    return await plant(readBug(file), entry);
  } catch (error) {
    if (error instanceof StaleBugError || error instanceof SyntaxError)
      throw new UsageError(`--planted ${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Of --executions: how much shrinking may cost. */
export function parseExecutions(value: number): number {
  return parseInteger('executions', value, 1, 1_000_000) ?? 3000;
}

/** What the scenarios of a folder show, each with what it says about it. */
function knownIn(folder: string): Known {
  return Object.fromEntries(readScenarios(folder).map(({ name, scenario: { expect, about } }) => [expect, about ?? name]));
}

/** Findings that a file sets aside; of another version of fingerprints it is refused, with what each is called now. */
export function readKnown(file: string | undefined): Known {
  if (file === undefined) return {};
  if (!existsSync(file)) throw new UsageError(`--known ${file}: no such file`);
  if (statSync(file).isDirectory()) return knownIn(file);
  try {
    return parseKnown(jsonIn(file));
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--known ${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The scenario in a file that the user has named. */
export function scenarioIn(file: string): Scenario {
  try {
    return readScenario(file);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Makes a folder that files will be written to, and tries it: what a night has found must not be lost for want of a place. One folder after
 * the other, because making several at once never ends where the system refuses them.
 */
export function demandWritable(folder: string, option: string): void {
  try {
    for (const path of missingFolders(folder)) if (!existsSync(path)) mkdirSync(path);
    const probe = join(folder, `.fulgurite-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--${option}: nothing can be written to ${folder}: ${why}`, { cause: error });
  }
}

/** The same for a single file, which is written at the end. */
export function demandWritableFile(file: string, option: string): void {
  if (!existsSync(file)) return demandWritable(dirname(file), option);
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a folder');
    accessSync(file, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--${option}: ${file} cannot be written: ${why}`, { cause: error });
  }
  if (statSync(file).isFile()) demandWritable(dirname(file), option);
}

/** From the topmost one down. */
function missingFolders(folder: string): readonly string[] {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path);
  return missing;
}
