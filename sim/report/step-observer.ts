import { toJson } from '../../core/wire/print.ts';
import type { Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import type { ChartStep } from './observe-step.ts';
import { observeStep } from './observe-step.ts';
import { grouped } from '../scenario/text.ts';

/** Looks at every step and never fires. Stands before the oracles, so that it sees the step at which one of them does. */
export function observer(look: (world: WorldView, record: StepRecord) => void): Oracle {
  const oracle: Oracle = {
    name: 'observer',
    kinds: [],
    step: (world, record) => {
      look(world, record);
      return undefined;
    },
    fork: () => oracle,
  };
  return oracle;
}

/** Collects what a chart draws. */
export function chartObserver(steps: ChartStep[]): Oracle {
  return observer((world, record) => {
    steps.push(observeStep(world, record));
  });
}

/** One step on one line: when, who, what came in, what went out, and the node's channels after it. */
export function stepText(step: ChartStep): string {
  const { event } = step;
  const cause =
    event.kind === 'message'
      ? `${event.label} from ${event.from}`
      : event.kind === 'other' || event.kind === 'stored'
        ? event.text
        : `${event.kind}${'peer' in event ? ` ${event.peer}` : ''}`;
  const sent = step.sent.map(({ to, label }) => `→ ${to}: ${label}`);
  const channels = [...step.channels].map(([name, state]) => `[${name}: ${state}]`);
  return [
    `${grouped(step.timeMs)} ms`.padStart(12),
    `(${step.at})`,
    `${step.node}:`,
    cause,
    ...step.did.map((did) => `· ${did}`),
    ...sent,
    ...channels,
  ].join(' ');
}

/** One step as plain data, for other programs: keys and amounts as text, states of stores left out. */
export function stepJson(world: WorldView, record: StepRecord): unknown {
  const effects = record.effects.map((effect) =>
    effect.kind === 'store' ? { kind: effect.kind, channelId: effect.channelId, version: effect.version } : effect,
  );
  return toJson({ ...record, at: world.at, effects });
}
