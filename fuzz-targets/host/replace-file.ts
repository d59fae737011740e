/// <reference types="node" />
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface ReplaceOptions {
  /** Of a new file; default: what the process gives new files. */
  readonly mode?: number;
  /** Returns only when it outlasts a power cut. Default false. */
  readonly durable?: boolean;
}

/**
 * Writes a file all at once: beside its place, then renamed into it. Whoever reads it, even after a crash or on a full disk, finds the old
 * contents or the new ones. Its folder is made. A device or a pipe is written to as it is.
 */
export function replaceFile(path: string, contents: string | Uint8Array, { mode, durable = false }: ReplaceOptions = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  const place = existsSync(path) ? realpathSync(path) : path;
  if (existsSync(place) && !statSync(place).isFile()) return writeFileSync(place, contents);
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, contents, { flush: durable, ...(mode !== undefined && { mode }) });
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (durable) syncFolder(dirname(place));
}

/** The names in a folder are data of the folder. Systems that can't open one need no such thing. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
