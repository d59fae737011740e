/// <reference types="node" />
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../core/crypto/bytes.ts';
import type { FuzzTarget } from '../target.ts';
import { hexNotation, readSeed, writeSeed } from './corpus-files.ts';
import { replaceFile } from './replace-file.ts';
import type { Crash } from './session.ts';

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
}

/** A short name for an input: of its content. */
export function nameOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 10);
}

/** What an input says. A description that itself fails says so: the words are for people, never in the way of the finding. */
export function words(target: FuzzTarget, bytes: Uint8Array): string {
  try {
    return target.describe(bytes);
  } catch (error) {
    return `${toHex(bytes.subarray(0, 40))}… (can't be described: ${error instanceof Error ? error.message : String(error)})`;
  }
}

/** Findings of fuzzing on disk: one file a fingerprint, the smallest input that showed it, and what was kept as worth mutating. */
export class CrashFiles {
  private readonly folder: string;
  private readonly target: FuzzTarget;

  constructor(folder: string, target: FuzzTarget) {
    this.folder = join(folder, target.name);
    this.target = target;
  }

  /** Writes it, unless a smaller one of its fingerprint is there from before. Returns the file. */
  save({ fingerprint, bytes }: Crash, describe: boolean): string {
    const name = slug(fingerprint);
    const file = join(this.folder, name + (this.target.notation ?? hexNotation).extension);
    if (existsSync(file) && readSeed(this.target, file).bytes.length < bytes.length) return file;
    // An input that hangs must not be run again to describe it.
    return writeSeed(this.target, this.folder, name, bytes, [fingerprint, ...(describe ? [words(this.target, bytes)] : [])]);
  }

  get keptFolder(): string {
    return join(this.folder, 'kept');
  }

  keep(bytes: Uint8Array): void {
    replaceFile(join(this.keptFolder, nameOf(bytes)), bytes);
  }
}
