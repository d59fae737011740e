#!/usr/bin/env node
/// <reference types="node" />
import { missingPackage } from '../node/missing-package.ts';
import { runProgram } from './terminal/run-program.ts';

// What it needs may be absent: the core is installed without the packages of the harness.
const commandLine = async (): Promise<typeof import('./command-line.ts')> =>
  import('./command-line.ts').catch((error: unknown) => {
    throw missingPackage(error) ?? error;
  });

await runProgram(async () => (await commandLine()).main(process.argv.slice(2)));
