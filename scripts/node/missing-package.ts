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
  const packages = harnessPackages();
  if (code !== 'ERR_MODULE_NOT_FOUND' || packages[name] === undefined) return undefined;
  const line = Object.entries(packages).map(([each, version]) => `${each}@${version}`);
  return new MissingPackageError(`the harness needs the package ${name}, which is not installed: npm i -D ${line.join(' ')}`, {
    cause: error,
  });
}

/** By name, with the version that this package was tested with. */
function harnessPackages(): Readonly<Record<string, string>> {
  const { peerDependencies } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  return peerDependencies;
}
