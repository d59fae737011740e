import { columns } from '../columns.ts';
import { grouped } from '../../scenario/text.ts';
import type { Style } from '../style.ts';
import { plain } from '../style.ts';
import { wrapped } from '../wrapped.ts';
import type { Field } from './state-rows.ts';
import type { ChannelStep, StepView } from './step-view.ts';

/** Which step of how many, when, and under which action. */
export function stepTitle({ index, timeMs, at, node }: StepView, last: number): string {
  const place = at === 'setup' ? 'while the channels were opened' : at === 'settle' ? 'while all settled' : `at action ${at}`;
  return `step ${index} of 0 to ${last}: ${node}, after ${grouped(timeMs)} ms, ${place}`;
}

/** What made it happen, in words. */
export function stepCause({ event }: StepView): string {
  switch (event.kind) {
    case 'message':
      return `received from ${event.from}: ${event.label}`;
    case 'connected':
    case 'disconnected':
      return `${event.kind} ${event.kind === 'connected' ? 'to' : 'from'} ${event.peer}`;
    case 'crash':
      return 'crash';
    case 'stored':
    case 'other':
      return event.text;
  }
}

/** One step in full: its message decoded, what it sent and did, what it changed, and the channel as both ends have it. */
export function stepReport(step: StepView, last: number, width: number, style: Style = plain): string {
  const lines = (text: string, indent: string): string[] =>
    wrapped(text, width - indent.length - 2).map((line, i) => `${indent}${i === 0 ? '' : '  '}${line}`);
  const message = (fields: readonly Field[]): string[] =>
    fields.flatMap(({ what, value }) => lines(`${what} ${value}`, '    ')).map((line) => style.dim(line));
  return [
    ...lines(stepTitle(step, last), '').map((line) => style.bold(line)),
    '',
    ...lines(stepCause(step), '  '),
    ...message(step.received),
    ...step.did.flatMap((did) => lines(`did ${did}`, '  ')),
    ...step.sent.flatMap(({ to, label, fields }) => [...lines(`sent to ${to}: ${label}`, '  '), ...message(fields)]),
    ...step.channels.flatMap((channel) => channelLines(channel, step.node, width, style)),
  ].join('\n');
}

function channelLines({ name, ends: [opener, accepter], rows, changed }: ChannelStep, node: string, width: number, style: Style): string[] {
  const before = changed.map(({ what, before: left, after: right }) => ({ what, left, right }));
  const both = rows.map(({ what, values: [left, right] }) => ({ what, left, right }));
  return [
    '',
    style.bold(changed.length === 0 ? `${name}: nothing changed at ${node}` : `${name}: what changed at ${node}`),
    ...(changed.length === 0 ? [] : [columns({ left: 'before', right: 'after', rows: before }, width, style)]),
    '',
    style.bold(`${name}: as both have it now`),
    ...[opener, accepter].flatMap((end) => wrapped(`${end.node} ${end.words}`, width - 4).map((line) => `  ${line}`)),
    ...(rows.length === 0 ? [] : [columns({ left: opener.node, right: accepter.node, rows: both }, width, style)]),
  ];
}
