/// <reference types="node" />
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FulguriteConfig } from '../../sim/campaign/config.ts';

const NAMES = ['fulgurite.config.ts', 'fulgurite.config.js', 'fulgurite.config.mjs'];

/** The configuration file of a folder, if it has one. */
export function findConfig(folder: string): string | undefined {
  return NAMES.map((name) => resolve(folder, name)).find((file) => existsSync(file));
}

/** Imports a configuration. TypeScript needs Node 22.18 or later, or the package tsx beside it. */
export async function loadConfig(file: string | undefined): Promise<FulguriteConfig> {
  if (file === undefined) return {};
  const loaded = await importFile(resolve(file));
  const config = (loaded as { readonly default?: unknown }).default;
  if (typeof config !== 'object' || config === null) throw new Error(`${file} has no default export: export default defineConfig({ ... })`);
  return config;
}

async function importFile(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new Error(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const tsx = await import('tsx/esm/api').catch(() => undefined);
  if (tsx === undefined)
    throw new Error(`${file}: this Node cannot import TypeScript; use Node 22.18 or later, install tsx, or write the file in JavaScript`);
  return tsx.tsImport(pathToFileURL(file).href, import.meta.url);
}
