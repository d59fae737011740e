import { blocksText } from './observe-step.ts';
import type { ChartStep } from './observe-step.ts';

interface Quiet {
  readonly step: ChartStep;
  readonly from: number;
  readonly to: number;
}

/** Blocks in which nothing happens to anybody, a hundred of them perhaps, are one step a node. */
export function joinQuietBlocks(steps: readonly ChartStep[]): readonly ChartStep[] {
  const joined: ChartStep[] = [];
  const run = new Map<string, Quiet>();
  const end = (): void => {
    for (const { step, from, to } of run.values()) joined.push({ ...step, event: { kind: 'other', text: blocksText(from, to) } });
    run.clear();
  };
  for (const step of steps) {
    const quiet = quietBlocks(step);
    if (quiet === undefined) {
      end();
      joined.push(step);
      continue;
    }
    const before = run.get(step.node);
    if (before !== undefined && !continues(before, quiet)) end();
    run.set(step.node, { ...(run.get(step.node) ?? quiet), to: quiet.to });
  }
  end();
  return joined;
}

function quietBlocks(step: ChartStep): Quiet | undefined {
  const { event, sent, did } = step;
  if (event.kind !== 'other' || event.quiet === undefined || sent.length > 0 || did.length > 0) return undefined;
  return { step, ...event.quiet };
}

function continues(before: Quiet, { step, from }: Quiet): boolean {
  const { channels, at } = before.step;
  return from === before.to + 1 && at === step.at && [...step.channels].every(([name, state]) => channels.get(name) === state);
}
