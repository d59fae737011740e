import type { FuzzTarget } from '../target.ts';

/**
 * A thin adapter for Jazzer.js: `export const fuzz = jazzerFunction(target)` in a file of yours, then `npx jazzer <file> <corpus folder> --sync`.
 * UNTESTED: its compiled part needs glibc 2.38, which the machines that build this project lack.
 */
export function jazzerFunction(target: FuzzTarget): (data: Uint8Array) => void {
  return (data) => target.fuzz(Uint8Array.from(data));
}

/** What to tell somebody who asks for it. */
export function jazzerAbsence(): string {
  return [
    'Jazzer.js brings a compiled engine of its own, which is not part of this package, and the adapter for it is untested.',
    'Where it loads (glibc 2.38 or newer), install @jazzer.js/core beside fulgurite and give it a file like this:',
    '',
    "  import { fuzzTargets, jazzerFunction } from 'fulgurite/fuzz';",
    "  export const fuzz = jazzerFunction(fuzzTargets.find(({ name }) => name === 'node'));",
    '',
    'Here, --engine jsfuzz and --engine fast-check run every target.',
  ].join('\n');
}
