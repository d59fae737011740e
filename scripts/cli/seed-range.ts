import type { Found, SeedRange } from '../../sim/campaign/results.ts';
import { emptyTally, tallyRun } from '../../sim/campaign/results.ts';
import type { Engine } from '../node/engine.ts';
import type { Gauge } from './worker-protocol.ts';

/** Somebody else's program is not known to do the same twice: the hunt's first seed shows it, and some on the way. */
function isChecked({ campaign }: Engine, range: number, offset: number): boolean {
  return campaign.drivers !== undefined && offset === 0 && range % CHECKED_EVERY === 0;
}
const CHECKED_EVERY = 10;

/** Runs consecutive seeds. */
export function runSeedRange(
  engine: Engine,
  index: number,
  from: number,
  count: number,
  onFound: (found: Found) => void,
  gauge: Gauge,
): SeedRange {
  const tally = emptyTally();
  const found: Found[] = [];
  const before = {
    runs: gauge.get('runs'),
    operations: gauge.get('operations'),
    steps: gauge.get('steps'),
    messages: gauge.get('messages'),
  };
  for (let seed = from; seed < from + count; seed++) {
    gauge.set('seed', seed);
    const run = engine.runSeed(seed, isChecked(engine, index, seed - from));
    tallyRun(tally, run.stats, run.licences);
    for (const field of ['runs', 'operations', 'steps', 'messages'] as const) gauge.set(field, before[field] + tally[field]);
    if (run.found === undefined) continue;
    found.push(run.found);
    onFound(run.found);
  }
  gauge.set('seed', 0);
  return { index, span: [from, from + count - 1], tally, found };
}
