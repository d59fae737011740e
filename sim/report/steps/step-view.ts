import { decodeMessage } from '../../../core/wire/messages/index.ts';
import { toJson } from '../../../core/wire/print.ts';
import type { Json } from '../../../core/wire/print.ts';
import { toHex } from '../../../core/crypto/bytes.ts';
import { grouped } from '../../scenario/text.ts';
import type { ChannelInfo, Oracle, StepRecord, WorldView } from '../../scenario/types.ts';
import { channelInWords } from '../describe-channel.ts';
import { observeStep } from '../observe-step.ts';
import type { ChartStep } from '../observe-step.ts';
import { observer } from '../step-observer.ts';
import type { Field } from './state-rows.ts';
import { ownRows, sharedRows } from './state-rows.ts';

/** One step of one node with everything that there is to see: plain data, so that a page is made of it anywhere. */
export interface StepView extends Pick<ChartStep, 'timeMs' | 'at' | 'node' | 'event' | 'did'> {
  /** In the run, from 0. */
  readonly index: number;
  /** The message that it received, decoded. */
  readonly received: readonly Field[];
  readonly sent: readonly { readonly to: string; readonly label: string; readonly fields: readonly Field[] }[];
  /** The channels of this node. */
  readonly channels: readonly ChannelStep[];
}

export interface ChannelStep {
  readonly name: string;
  /** Opener and accepter, each with its state in a line. */
  readonly ends: readonly [End, End];
  /** What both must agree on, as opener and accepter have it after the step. Empty where it is not there. */
  readonly rows: readonly { readonly what: string; readonly values: readonly [string, string] }[];
  /** What the step changed at its node. */
  readonly changed: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

interface End {
  readonly node: string;
  readonly words: string;
}

/** Collects the steps of a run, in order. */
export function viewObserver(steps: StepView[]): Oracle {
  const before = new Map<string, readonly Field[]>();
  return observer((world, record) => steps.push(viewOf(world, record, before)));
}

/** So that a page stays one that a browser likes. */
const MOST_STEPS = 250;

/** Those that a page shows: from the first action on, unless the opening is to blame, and of a long run the newest. */
export function shownSteps(steps: readonly StepView[], inSetup: boolean): readonly StepView[] {
  return steps.filter(({ at }) => inSetup || at !== 'setup').slice(-MOST_STEPS);
}

/** What a chart for a terminal draws of it. */
export function chartStepOf({ timeMs, at, node, event, did, sent, channels }: StepView): ChartStep {
  const own = channels.map(({ name, ends }) => [name, ends.find((end) => end.node === node)?.words ?? ''] as const);
  return { timeMs, at, node, event, did, sent, channels: new Map(own) };
}

function viewOf(world: WorldView, record: StepRecord, before: Map<string, readonly Field[]>): StepView {
  const { timeMs, at, node, event, did, sent } = observeStep(world, record);
  const { input, effects } = record;
  const messages = effects.flatMap((effect) => (effect.kind === 'send' ? [messageFields(effect.bytes)] : []));
  return {
    index: record.index,
    timeMs,
    at,
    node,
    event,
    received: input.kind === 'received' ? messageFields(input.bytes) : [],
    did,
    sent: sent.map(({ to, label }, i) => ({ to, label, fields: messages[i] ?? [] })),
    channels: world.channels
      .filter(({ opener, accepter }) => opener === node || accepter === node)
      .flatMap((channel) => channelStep(world, node, channel, before) ?? []),
  };
}

function channelStep(
  world: WorldView,
  node: string,
  { name, opener, accepter }: ChannelInfo,
  before: Map<string, readonly Field[]>,
): ChannelStep | undefined {
  const [one, other] = [opener, accepter].map((end) => world.channelState(end, name));
  if (one === undefined && other === undefined) return undefined;
  const names = { opener, accepter };
  const own = node === opener ? one : other;
  const now = [...ownRows(own), ...sharedRows(own, names)];
  const key = `${node}/${name}`;
  const changed = changes(before.get(key) ?? [], now);
  before.set(key, now);
  return {
    name,
    ends: [
      { node: opener, words: one === undefined ? '' : channelInWords(one) },
      { node: accepter, words: other === undefined ? '' : channelInWords(other) },
    ],
    rows: beside(sharedRows(one, names), sharedRows(other, names)),
    changed,
  };
}

/** Every name that occurs in one of two lists, in the order of the second as far as it goes. */
function namesOf(first: readonly Field[], second: readonly Field[]): readonly string[] {
  return [...new Set([...second, ...first].map(({ what }) => what))];
}

function valueIn(fields: readonly Field[], name: string): string {
  return fields.find(({ what }) => what === name)?.value ?? '';
}

function changes(before: readonly Field[], after: readonly Field[]): ChannelStep['changed'] {
  return namesOf(before, after)
    .map((what) => ({ what, before: valueIn(before, what), after: valueIn(after, what) }))
    .filter((row) => row.before !== row.after);
}

function beside(opener: readonly Field[], accepter: readonly Field[]): ChannelStep['rows'] {
  return namesOf(accepter, opener)
    .map((what) => ({ what, values: [valueIn(opener, what), valueIn(accepter, what)] as const }))
    .filter(({ values: [one, other] }) => one !== '' || other !== '');
}

/** A message by its fields, in the order of the wire; of what can't be decoded why, and its bytes. */
export function messageFields(bytes: Uint8Array): readonly Field[] {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return [{ what: decoded.error.kind, value: hexText(toHex(bytes)) }];
  const fields = toJson(decoded.message) as { readonly [name: string]: Json };
  return Object.entries(fields).flatMap(([what, value]) => (what === 'type' ? [] : [{ what, value: valueText(what, value) }]));
}

function valueText(name: string, value: Json): string {
  if (typeof value === 'number' || typeof value === 'string') {
    const text = `${value}`;
    return /(Sat|Msat|PerKw)$/.test(name) && /^\d+$/.test(text) ? grouped(text) : hexText(text);
  }
  const texts = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return hexText(texts ? value.join(' ') || 'none' : JSON.stringify(value));
}

/** Ids and keys are shown whole, what is longer by its beginning. */
function hexText(text: string): string {
  return text.replace(/[0-9a-f]{67,}/g, (hex) => `${hex.slice(0, 32)}… (${hex.length / 2} bytes)`);
}
