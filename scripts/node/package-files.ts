/// <reference types="node" />
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of fulgurite's own package.json, from a checkout as from an installed package, bundled or not. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isOurPackage(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('fulgurite: its package.json was not found above its code');
    folder = parent;
  }
  return folder;
}

function isOurPackage(file: string): boolean {
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: string }).name === 'fulgurite';
}

/** A compiled file of this package: `compiledFile('scripts/cli/worker.js')`. */
export function compiledFile(path: string): string {
  return join(packageRoot(), 'dist', path);
}
