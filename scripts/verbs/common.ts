/// <reference types="node" />
import { existsSync, readFileSync } from 'node:fs';
import type { Known } from '../../sim/campaign.ts';
import type { RunOptions } from '../host/engine.ts';
import { findConfig } from '../host/load-config.ts';
import { plant, readBug } from '../host/plant.ts';
import type { Scenario } from '../../sim/types.ts';
import { readScenario } from '../host/scenario-files.ts';
import { UsageError } from '../terminal/exit.ts';
import { parseInteger } from './parse.ts';

/** Options of every verb that runs worlds. */
export const runOptions = {
  config: { type: 'string', describe: 'your drivers, operations, faults and oracles [default: fulgurite.config.{ts,js} of this folder]' },
  planted: { type: 'string', describe: 'plant this bug first: a file of mutation/planted/ (needs a checkout)' },
} as const;

/** The part of RunOptions that these options give. */
export async function commonRun(args: {
  readonly config?: string | undefined;
  readonly planted?: string | undefined;
}): Promise<Pick<RunOptions, 'config' | 'planted'>> {
  const config = args.config ?? findConfig(process.cwd());
  if (config !== undefined && !existsSync(config)) throw new UsageError(`--config ${config}: no such file`);
  if (args.planted !== undefined && !existsSync(args.planted)) throw new UsageError(`--planted ${args.planted}: no such file`);
  return {
    ...(config !== undefined && { config }),
    ...(args.planted !== undefined && { planted: await plant(readBug(args.planted)) }),
  };
}

/** Of --executions: how much shrinking may cost. */
export function parseExecutions(value: number): number {
  return parseInteger('executions', value, 1, 1_000_000) ?? 3000;
}

/** `{ "<fingerprint>": "<reason>" }`. */
export function readKnown(file: string | undefined): Known {
  if (file === undefined) return {};
  if (!existsSync(file)) throw new UsageError(`--known ${file}: no such file`);
  const known = jsonIn(file);
  const reasons = typeof known === 'object' && known !== null ? Object.values(known) : [undefined];
  if (!reasons.every((reason) => typeof reason === 'string' && reason !== '')) {
    throw new UsageError(`--known ${file}: write { "<fingerprint>": "<reason>" }, with a reason each`);
  }
  return known as Known;
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
