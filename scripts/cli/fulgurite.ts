#!/usr/bin/env node
/// <reference types="node" />
import { missingPackage } from '../node/missing-package.ts';
import { runProgram } from './terminal/run-program.ts';

// What it needs may be absent, of all or of one verb: the core is installed without the packages of the harness.
await runProgram(async () => {
  try {
    const { main } = await import('./command-line.ts');
    return await main(process.argv.slice(2));
  } catch (error) {
    throw missingPackage(error) ?? error;
  }
});
