import type { FuzzTarget } from '../target.ts';
import { fingerprintOf } from '../target.ts';

export interface Failure {
  readonly fingerprint: string;
  readonly error: unknown;
}

/** One execution, without any engine. Undefined when every promise is kept. */
export function replay(target: FuzzTarget, bytes: Uint8Array): Failure | undefined {
  try {
    target.fuzz(bytes);
    return undefined;
  } catch (error) {
    return { fingerprint: fingerprintOf(error), error };
  }
}
