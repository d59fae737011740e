/// <reference types="node" />
import { inspect } from 'node:util';
import { ConfigError } from '../../../sim/campaign/config.ts';
import { MissingPackageError } from '../../node/missing-package.ts';
import { EXIT, UsageError } from './exit.ts';
import { isSystemError, printError, surviveFullOutput } from './output.ts';

/** Runs a program of this package to its exit code. Whatever it did not expect is a failure of the harness, never a finding. */
export async function runProgram(main: () => Promise<number>): Promise<void> {
  surviveFullOutput();
  process.on('uncaughtException', (error) => process.exit(explain(error)));
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = explain(error);
  }
}

/** Says what was wrong. Returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof MissingPackageError) {
    printError(`fulgurite: ${error.message}`);
    return EXIT.usage;
  }
  printError(isSystemError(error) ? `fulgurite: the harness failed: ${error.message}` : `fulgurite: the harness failed\n${inspect(error)}`);
  return EXIT.harness;
}
