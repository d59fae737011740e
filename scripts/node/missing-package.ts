/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-files.ts';

/** A package of the harness that whoever installs the core does not get with it. Its message has the one line that installs it. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/** An import's failure, as a MissingPackageError where a package of the harness is absent. */
export function missingPackage(error: unknown): MissingPackageError | undefined {
  const { code, message = '' } = error as { readonly code?: string; readonly message?: string };
  const [, name = ''] = /Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(message) ?? [];
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const { peerDependencies: packages, devDependencies } = manifest();
  const alone = ALONE.has(name) ? devDependencies[name] : undefined;
  if (alone !== undefined)
    return new MissingPackageError(`the package ${name} is not installed: npm i -D ${name}@${alone}`, { cause: error });
  if (packages[name] === undefined) return undefined;
  const line = Object.entries(packages).map(([each, version]) => `${each}@${version}`);
  return new MissingPackageError(`the harness needs the package ${name}, which is not installed: npm i -D ${line.join(' ')}`, {
    cause: error,
  });
}

/** Other implementations: who wants to hunt with one installs it alone. */
const ALONE: ReadonlySet<string> = new Set(['lightningdevkit']);

/** By name, with the versions that this package was tested with. */
function manifest(): { readonly [K in 'peerDependencies' | 'devDependencies']: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as ReturnType<typeof manifest>;
}
