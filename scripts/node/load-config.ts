/// <reference types="node" />
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkConfig, ConfigError } from '../../sim/campaign/config.ts';
import type { FulguriteConfig } from '../../sim/campaign/config.ts';

/** Of a Node that reads no TypeScript, or not all of it. */
const UNREADABLE: ReadonlySet<string> = new Set(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'ERR_NO_TYPESCRIPT']);
const NAMES = ['fulgurite.config.ts', 'fulgurite.config.js', 'fulgurite.config.mjs'];

/** The configuration file of a folder, if it has one. */
export function findConfig(folder: string): string | undefined {
  return NAMES.map((name) => resolve(folder, name)).find((file) => existsSync(file));
}

/** Imports a configuration. TypeScript needs Node 22.18 or later, or the package tsx beside it. Throws a ConfigError that says what is wrong. */
export async function loadConfig(file: string | undefined): Promise<FulguriteConfig> {
  if (file === undefined) return {};
  if (!existsSync(file) || !statSync(file).isFile()) throw new ConfigError(`${file}: no such file`);
  const loaded = await importFile(resolve(file));
  const config = (loaded as { readonly default?: unknown }).default;
  if (config === undefined) throw new ConfigError(`${file} has no default export: export default defineConfig({ ... })`);
  try {
    checkConfig(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`${file}: ${error.message}`, { cause: error.cause });
  }
  return config;
}

async function importFile(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (!UNREADABLE.has((error as { readonly code?: string }).code ?? ''))
      throw new Error(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const tsx = await import('tsx/esm/api').catch(() => undefined);
  if (tsx === undefined)
    throw new ConfigError(
      `${file}: this Node cannot import TypeScript; use Node 22.18 or later, install tsx, or write the file in JavaScript`,
    );
  return tsx.tsImport(pathToFileURL(file).href, import.meta.url);
}
