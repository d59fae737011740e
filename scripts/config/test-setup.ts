import { buildIfStale } from '../build.ts';
import { packageRoot } from '../host/files.ts';

/** Before the first test. */
export async function setup(): Promise<void> {
  await buildIfStale(packageRoot());
}
