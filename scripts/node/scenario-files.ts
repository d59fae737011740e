/// <reference types="node" />
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Scenario } from '../../sim/scenario/types.ts';
import { parseScenario } from '../../sim/run/parse-scenario.ts';

/** Throws an Error that names the file and what is wrong with it. */
export function readScenario(file: string): Scenario {
  if (!existsSync(file)) throw new Error(`${file}: no such file`);
  try {
    return parseScenario(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The scenarios of a folder by name, in the order of their names. Throws an Error for a folder that is not there. */
export function readScenarios(folder: string): readonly { readonly name: string; readonly scenario: Scenario }[] {
  if (!existsSync(folder)) throw new Error(`${folder}: no such folder`);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name: basename(name, '.json'), scenario: readScenario(join(folder, name)) }));
}
