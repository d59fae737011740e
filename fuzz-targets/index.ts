/**
 * The public names of fulgurite's fuzz targets: synchronous functions of bytes, and what runs them without any other process.
 *
 * `fulgurite fuzz` runs them with coverage guidance; `checkProperty` runs one in any test runner.
 */
export { fuzzTargets } from './registry.ts';
export type { FuzzTarget, Notation } from './target.ts';
export { fingerprintOf, FuzzFailure } from './target.ts';
export { replay } from './engines/replay.ts';
export type { Failure } from './engines/replay.ts';
export { checkProperty, inputsOf } from './engines/property.ts';
export type { PropertyOptions } from './engines/property.ts';
export { minimise } from './engines/minimise.ts';
export { jazzerFunction } from './engines/jazzer.ts';
export { anyMessage, arbitraryMessage, arbitraryOf } from './arbitraries.ts';
