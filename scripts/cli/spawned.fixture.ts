/// <reference types="node" />
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { compiledFile } from '../node/package-files.ts';

/** How a process ended, and what it said. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** May interrupt a process. Its streams give text. */
export type During = (child: ChildProcess) => void;

/** Runs a program in a folder, to its end and without colours. */
export function run(program: string, args: readonly string[], cwd: string, during?: During, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env } });
    const text = { out: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (said: string) => (text.out += said));
    child.stderr.setEncoding('utf8').on('data', (said: string) => (text.errors += said));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
    during?.(child);
  });
}

/** Runs the compiled command line in a folder. */
export function fulgurite(cwd: string, args: readonly string[], during?: During, env?: NodeJS.ProcessEnv): Promise<Ran> {
  return run(process.execPath, [compiledFile('scripts/cli/fulgurite.js'), ...args], cwd, during, env);
}
