import type { ScriptInterpreter } from '../../sim/scenario/types.ts';
import { missingPackage } from './missing-package.ts';

/** What executes scripts for the simulator: bitcore-lib, which is installed beside this package. Throws a MissingPackageError where it is not. */
export async function loadInterpreter(): Promise<ScriptInterpreter> {
  try {
    return (await import('../../sim/interpreter/bitcore.ts')).bitcoreInterpreter;
  } catch (error) {
    throw missingPackage(error) ?? error;
  }
}
