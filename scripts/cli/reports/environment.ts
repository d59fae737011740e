/// <reference types="node" />
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../node/package-files.ts';

/** Where a report comes from: all of it that may differ from machine to machine. */
export interface Environment {
  readonly fulgurite: string;
  /** Of the folder that it ran in; where files had been changed since, with what tells these changes from others. Absent where nobody knows. */
  readonly commit?: string;
  readonly node: string;
  readonly platform: string;
  readonly command: string;
  readonly workers: number;
  readonly elapsedMs: number;
  /** Of a merged report: those that it was made of. */
  readonly shards?: readonly (Environment & { readonly shard: string; readonly ended: string })[];
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly version: string }).version;
}

/** `FULGURITE_COMMIT` says it where there is no checkout, as in an image. */
export function commitOf(folder: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const said = environment['FULGURITE_COMMIT'];
  if (said) return said;
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000, maxBuffer: 1 << 28 }).trim();
  try {
    const head = git('rev-parse', 'HEAD');
    const changes = git('diff', 'HEAD');
    return changes === '' ? head : `${head}+${createHash('sha256').update(changes).digest('hex').slice(0, 8)}`;
  } catch {
    return undefined;
  }
}

export function environmentOf(workers: number, elapsedMs: number): Environment {
  const commit = commitOf(process.cwd());
  const quoted = process.argv.slice(2).map((argument) => (/^[\w./:=,+-]+$/.test(argument) ? argument : JSON.stringify(argument)));
  return {
    fulgurite: packageVersion(),
    ...(commit !== undefined && { commit }),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    command: ['fulgurite', ...quoted].join(' '),
    workers,
    elapsedMs: Math.round(elapsedMs),
  };
}
