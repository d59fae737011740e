/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ldkDriver } from '../../sim/drivers/ldk/ldk.ts';
import type { DriverFactory } from '../../sim/scenario/types.ts';
import { missingPackage } from './missing-package.ts';

let loaded: Promise<DriverFactory> | undefined;

/**
 * LDK as a driver, from its package `lightningdevkit`, which nobody gets with this one. Once a process: two of its modules in one would free each
 * other's memory. Throws a MissingPackageError where it is not installed.
 */
export function loadLdk(): Promise<DriverFactory> {
  return (loaded ??= load());
}

async function load(): Promise<DriverFactory> {
  const lastWords = listen();
  try {
    const ldk = await import('lightningdevkit');
    await ldk.initializeWasmFromBinary(readFileSync(createRequire(import.meta.url).resolve('lightningdevkit/liblightningjs.wasm')));
    return ldkDriver(ldk, lastWords);
  } catch (error) {
    throw missingPackage(error) ?? error;
  }
}

/** What it would print: a greeting, and the words of a panic. They are no output of ours. Returns what it has said since it was asked last. */
function listen(): () => string {
  const print = console.log.bind(console);
  let said = '';
  console.log = (...args: readonly unknown[]) => {
    const [text] = args;
    const [, words] = typeof text === 'string' ? (/^\[fd \d\]: (.*)/s.exec(text) ?? []) : [];
    if (words !== undefined) said += words;
    else if (typeof text !== 'string' || !text.startsWith('Loaded LDK-Java Bindings')) print(...args);
  };
  return () => {
    const words = said;
    said = '';
    return words;
  };
}
