import type { Decided } from '../campaign/when-decided.ts';
import { decidingAction } from '../campaign/when-decided.ts';

const BARS = '▁▂▃▄▅▆▇█';
const MOST_BARS = 40;

/** When a finding became hard to avoid, in a line: a bar for each action, how many continuations fail from before it, and one from after the last. */
export function decidedLine(decided: Decided | 'not available'): string {
  if (decided === 'not available') return 'not available: a driver cannot be copied';
  const { continuations, failing } = decided;
  const bars = failing
    .slice(-MOST_BARS)
    .map((count) => BARS[Math.min(BARS.length - 1, Math.floor((count * BARS.length) / continuations))])
    .join('');
  const at = decidingAction(decided);
  const [first = 0] = failing;
  if (at === undefined) return `${bars}  ${first} of ${continuations} continuations fail from the start, and no action makes it more`;
  return `${bars}  of ${continuations} continuations from before action ${at} fail ${failing[at]}, after it ${failing[at + 1]}`;
}
