import { cut, grouped } from '../../scenario/text.ts';
import type { StepView } from '../steps/step-view.ts';
import { escaped } from './markup.ts';

const TIME = 84;
const TOP = 40;
const ROW = 30;
const LANE = 300;
const RIGHT = 40;
const MOST_CHARACTERS = 38;

interface Departure {
  readonly y: number;
  readonly label: string;
}

/**
 * A message sequence chart: one lifeline a node, one row a step, time going down. A message is a line from where it was sent to where it
 * arrived, so that what is slow or overtaken is seen; one that never arrives ends half-way.
 */
export function sequenceSvg(steps: readonly StepView[], nodes: readonly string[], guilty: number | undefined): string {
  const lanes = new Map(nodes.map((node, i) => [node, TIME + 16 + i * LANE]));
  const width = TIME + 16 + (nodes.length - 1) * LANE + RIGHT;
  const flight = new Map<string, Departure[]>();
  const [rows, arrows, labels]: [string[], string[], string[]] = [[], [], []];
  let y = TOP;
  let settling = false;
  for (const step of steps) {
    if (step.at === 'settle' && !settling) {
      settling = true;
      labels.push(`<text class="note" x="${TIME + 32}" y="${y + 4}">faults end; everything must settle</text>`);
      y += ROW;
    }
    rows.push(`<rect class="row" x="0" y="${y - ROW / 2}" width="${width}" height="${ROW}"><title>step ${step.index}</title></rect>`);
    arrows.push(...arrowsInto(step, y, lanes, flight));
    labels.push(stepMarks(step, y, lanes, step.index === guilty));
    for (const { to, label } of step.sent) queueOf(flight, step.node, to).push({ y, label });
    y += ROW;
  }
  for (const [key, departures] of flight) {
    const [from = '', to = ''] = key.split('>');
    arrows.push(...departures.map((departure) => halfArrow(lanes.get(from) ?? TIME, lanes.get(to) ?? TIME, departure, 'under way')));
  }
  const height = y + ROW / 2;
  const lines = [...lanes].map(
    ([node, x]) =>
      `<line class="lane" x1="${x}" x2="${x}" y1="24" y2="${height}"/><text class="node" x="${x}" y="16" text-anchor="middle">${escaped(node)}</text>`,
  );
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg ${size} role="img" aria-label="sequence chart">${[...rows, ...lines, ...arrows, ...labels].join('')}</svg>`;
}

function queueOf(flight: Map<string, Departure[]>, from: string, to: string): Departure[] {
  const key = `${from}>${to}`;
  const queue = flight.get(key) ?? [];
  flight.set(key, queue);
  return queue;
}

function arrowsInto({ event, node }: StepView, y: number, lanes: ReadonlyMap<string, number>, flight: Map<string, Departure[]>): string[] {
  switch (event.kind) {
    case 'message': {
      const [from, to] = [lanes.get(event.from), lanes.get(node)];
      const departure = queueOf(flight, event.from, node).shift();
      return from === undefined || to === undefined ? [] : [arrow(from, departure?.y ?? y, to, y)];
    }
    case 'disconnected': {
      // Both ends hear of it; what was under way is lost once.
      const ways: readonly (readonly [string, string])[] = [
        [event.peer, node],
        [node, event.peer],
      ];
      return ways.flatMap(([from, to]) =>
        queueOf(flight, from, to)
          .splice(0)
          .map((departure) => halfArrow(lanes.get(from) ?? TIME, lanes.get(to) ?? TIME, departure, 'lost')),
      );
    }
    case 'connected':
    case 'crash':
    case 'stored':
    case 'other':
      return [];
  }
}

function arrow(x1: number, y1: number, x2: number, y2: number): string {
  const back = x2 > x1 ? -1 : 1;
  const slope = (y2 - y1) / (x2 - x1);
  const head = [-5, 5].map((d) => `${x2 + back * 15},${(y2 + slope * back * 15 + d).toFixed(1)}`);
  return `<line class="message" x1="${x1}" y1="${y1}" x2="${x2 + back * 6}" y2="${y2}"/><polygon class="head" points="${x2 + back * 6},${y2} ${head.join(' ')}"/>`;
}

/** Of a message that did not arrive, or had not when the run ended. */
function halfArrow(x1: number, x2: number, { y, label }: Departure, fate: 'lost' | 'under way'): string {
  const end = x1 + (x2 - x1) * 0.4;
  const mark = fate === 'lost' ? '✗' : '…';
  const text = `<text x="${end}" y="${y + 15}" text-anchor="middle">${mark}</text>`;
  return `<g class="${fate === 'lost' ? fate : 'under-way'}"><title>${escaped(label)}, ${fate}</title><line x1="${x1}" y1="${y}" x2="${end}" y2="${y + 10}"/>${text}</g>`;
}

function stepMarks({ index, timeMs, at, node, event }: StepView, y: number, lanes: ReadonlyMap<string, number>, guilty: boolean): string {
  const x = lanes.get(node) ?? TIME;
  // What stands beside the last lifeline stands on its left: there is room.
  const left = lanes.size > 1 && x === Math.max(...lanes.values());
  const place = typeof at === 'number' ? ` · ${at}` : '';
  return [
    `<g class="step" data-step="${index}">`,
    `<text class="time" x="${TIME - 4}" y="${y + 4}" text-anchor="end">${grouped(timeMs)} ms${place}</text>`,
    guilty ? `<circle class="guilty" cx="${x}" cy="${y}" r="10"/>${beside('found', '✗ found here', x, y + 18, left)}` : '',
    `<circle class="dot" cx="${x}" cy="${y}" r="4"/>`,
    event.kind === 'message' ? messageLabel(event.label, x, lanes.get(event.from), y) : beside('event', labelText(event), x, y + 4, left),
    '</g>',
  ].join('');
}

function beside(css: string, text: string, x: number, y: number, left: boolean): string {
  const place = left ? `x="${x - 14}" text-anchor="end"` : `x="${x + 14}"`;
  return `<text class="${css}" ${place} y="${y}">${escaped(cut(text, MOST_CHARACTERS))}</text>`;
}

/** On the side that it comes from. */
function messageLabel(text: string, x: number, from: number | undefined, y: number): string {
  const left = from === undefined || from < x;
  return `<text x="${left ? x - 20 : x + 20}" y="${y - 6}" text-anchor="${left ? 'end' : 'start'}">${escaped(cut(text, MOST_CHARACTERS))}</text>`;
}

function labelText(event: Exclude<StepView['event'], { kind: 'message' }>): string {
  switch (event.kind) {
    case 'connected':
      return `connected to ${event.peer}`;
    case 'disconnected':
      return `disconnected from ${event.peer}`;
    case 'crash':
      return '✗ crash';
    case 'stored':
    case 'other':
      return event.text;
  }
}
