import type { NodeWord } from './node-vocabulary.ts';
import type { Run } from './run.ts';

/**
 * Hears out what channels have said, in order, until nothing is left: what is heard may make another channel speak. What must not be lost of it
 * stands in the channels' states.
 */
export function drain(run: Run): void {
  if (run.draining) return;
  run.draining = true;
  for (;;) {
    for (let i = 0; i < run.work.length; i++) run.listener.hear(run, run.work[i] as NodeWord);
    run.work.length = 0;
    run.listener.flush(run);
    if (run.work.length === 0) break;
  }
  run.draining = false;
}
