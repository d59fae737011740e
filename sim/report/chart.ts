import type { ChartStep } from './observe-step.ts';
import { joinQuietBlocks } from './quiet-blocks.ts';
import { Row } from './chart-row.ts';
import type { Style } from './style.ts';
import { plain } from './style.ts';
import { grouped } from '../scenario/text.ts';
import { wrapped } from './wrapped.ts';

export interface ChartOptions {
  readonly nodes: readonly string[];
  /** Characters a line. Default 80. */
  readonly width?: number;
  readonly style?: Style;
  /** Only the newest rows. Default 300. */
  readonly maxRows?: number;
  /** Also draw the opening of the channels before the first action. Default false. */
  readonly setup?: boolean;
  /** What was found at the last step, or after it: marked there. */
  readonly guilty?: { readonly node?: string | undefined; readonly text: string };
}

const GUTTER = 11;
const NARROWEST_AT_THE_RIGHT = 33;

/** What the signs of a chart mean. */
export const LEGEND: readonly string[] = [
  '──▶ arrives before anything else happens; #7 leaves (─▷) and arrives (─▶) later',
  '● what a node was told, below it what it did; ✗ where it was found',
  'ours 1 theirs 0→1: its commitment is 1; of the peer’s, 0 is unrevoked, 1 signed',
  'HTLCs 1▸ ◂0: offered, been offered; sat/kw: what it built ours and theirs with',
];
const NARROWEST = 24;

/** A message between its sending and its arrival. */
interface InFlight {
  readonly number: number;
  readonly label: string;
}

/**
 * A message sequence chart for a terminal: one lifeline a node, time going down. A message that arrives before anything else happens
 * is one arrow; one that is under way meanwhile leaves and arrives on two lines, joined by its number. Below a step stand the channels
 * that it changed, as that node sees them.
 */
export function drawChart(steps: readonly ChartStep[], options: ChartOptions): string {
  const isShown = (step: ChartStep): boolean => options.setup === true || step.at !== 'setup';
  const { guilty } = options;
  const nodes = takingPart(steps.filter(isShown), options);
  const chart = new Chart({ ...options, nodes });
  for (const step of joinQuietBlocks(steps)) chart.add(step, isShown(step));
  if (guilty !== undefined) chart.mark(guilty.node ?? nodes[0] ?? '', guilty.text);
  return chart.text();
}

/** Of two nodes both; of more those to which something happens. */
function takingPart(steps: readonly ChartStep[], { nodes, guilty }: ChartOptions): readonly string[] {
  if (nodes.length <= 2) return nodes;
  const named = new Set(steps.flatMap(({ node, sent }) => [node, ...sent.map(({ to }) => to)]));
  if (guilty?.node !== undefined) named.add(guilty.node);
  return named.size === 0 ? nodes : nodes.filter((node) => named.has(node));
}

class Chart {
  private readonly rows: (Row | string)[] = [];
  private readonly columns: ReadonlyMap<string, number>;
  private readonly width: number;
  private readonly style: Style;
  private readonly maxRows: number;
  private readonly inFlight = new Map<string, InFlight[]>();
  private readonly states = new Map<string, string>();
  private messages = 0;
  private lastDeparture: { readonly number: number; readonly row: number } | undefined;
  private settling = false;
  private last: ChartStep | undefined;

  constructor({ nodes, width = 80, style = plain, maxRows = 300 }: ChartOptions) {
    const right = Math.max(NARROWEST_AT_THE_RIGHT, Math.floor((width - GUTTER) / nodes.length));
    const spacing = Math.max(NARROWEST, Math.floor((width - GUTTER - right) / Math.max(1, nodes.length - 1)));
    this.columns = new Map(nodes.map((node, index) => [node, GUTTER + index * spacing]));
    this.width = Math.max(width, GUTTER + (nodes.length - 1) * spacing + right);
    this.style = style;
    this.maxRows = maxRows;
  }

  /** A step that is not shown still moves messages and states. */
  add(step: ChartStep, shown: boolean): void {
    if (step.at === 'settle' && !this.settling && shown) {
      this.settling = true;
      this.rows.push(this.style.dim(`${' '.repeat(GUTTER)}── faults end; everything must settle ──`));
    }
    const before = this.rows.length;
    this.drawEvent(step);
    if (step.did.length > 0) this.note(step.node, step.did.join(', '), 'dim');
    for (const { to, label } of step.sent) this.depart(step.node, to, label);
    this.drawStates(step);
    this.last = step;
    if (!shown) {
      this.rows.length = before;
      this.lastDeparture = undefined;
      return;
    }
    const first = this.rows[before];
    if (first instanceof Row) first.put(0, `${grouped(step.timeMs)} ms`.padStart(GUTTER - 2), 'dim');
  }

  text(): string {
    const header = new Row(this.width);
    for (const [node, column] of this.columns) header.put(column, node, 'bold');
    const hidden = Math.max(0, this.rows.length - this.maxRows);
    return [
      header,
      ...(hidden > 0 ? [this.style.dim(`${' '.repeat(GUTTER)}… ${grouped(hidden)} earlier lines`)] : []),
      ...this.rows.slice(hidden),
    ]
      .map((row) => (typeof row === 'string' ? row : row.text(this.style)))
      .join('\n');
  }

  private drawEvent({ event, node, timeMs }: ChartStep): void {
    switch (event.kind) {
      case 'message':
        this.arrive(event.from, node, event.label);
        return;
      case 'connected':
        this.note(node, `● connected to ${event.peer}`);
        return;
      case 'disconnected':
        this.note(node, `● disconnected from ${event.peer}${this.lose(event.peer, node)}`, 'mark');
        return;
      case 'crash':
        this.note(node, '✗ crash', 'bad');
        return;
      case 'stored':
        // A disk that finishes at once is not worth a line.
        if (this.last?.node !== node || this.last.timeMs !== timeMs || !this.last.did.some(isStore)) this.note(node, `● ${event.text}`);
        return;
      case 'other':
        this.note(node, `● ${event.text}`);
        return;
    }
  }

  private drawStates(step: ChartStep): void {
    for (const [channel, state] of step.channels) {
      const key = `${step.node}/${channel}`;
      if (this.states.get(key) === state) continue;
      this.states.set(key, state);
      this.note(step.node, `${channel}: ${state}`, 'mark');
    }
  }

  private note(node: string, text: string, paint?: keyof Style): void {
    const column = this.columns.get(node) ?? GUTTER;
    const next = [...this.columns.values()].find((other) => other > column) ?? this.width;
    for (const [i, line] of wrapped(text, next - column - 5).entries()) {
      const row = this.lifelines();
      row.put(column + (i === 0 ? 2 : 4), line, paint);
      this.rows.push(row);
    }
  }

  /** Where it went wrong. */
  mark(node: string, text: string): void {
    this.lastDeparture = undefined;
    this.note(node, `✗ ${text}`, 'bad');
  }

  private lifelines(): Row {
    const row = new Row(this.width);
    for (const column of this.columns.values()) row.put(column, '│', 'dim');
    return row;
  }

  private queue(from: string, to: string): InFlight[] {
    const key = `${from}>${to}`;
    const queue = this.inFlight.get(key) ?? [];
    this.inFlight.set(key, queue);
    return queue;
  }

  private depart(from: string, to: string, label: string): void {
    this.messages += 1;
    this.queue(from, to).push({ number: this.messages, label });
    this.lastDeparture = { number: this.messages, row: this.rows.length };
    this.arrow(from, to, `${label} #${this.messages}`, 'departs');
  }

  private arrive(from: string, to: string, label: string): void {
    const message = this.queue(from, to).shift();
    const last = this.lastDeparture;
    if (message && last?.number === message.number && last.row === this.rows.length - 1) {
      this.rows.pop();
      this.arrow(from, to, label, 'whole');
    } else {
      this.arrow(from, to, message ? `${label} #${message.number}` : label, 'arrives');
    }
  }

  private arrow(from: string, to: string, label: string, part: 'whole' | 'departs' | 'arrives'): void {
    const start = this.columns.get(from);
    const end = this.columns.get(to);
    const row = this.lifelines();
    if (start !== undefined && end !== undefined) row.arrow(start, end, label, part);
    this.rows.push(row);
  }

  /** A lost connection loses what was in flight, once: both ends hear of it. */
  private lose(a: string, b: string): string {
    const lost = [...this.queue(a, b).splice(0), ...this.queue(b, a).splice(0)].map(({ number }) => number).sort((x, y) => x - y);
    return lost.length === 0 ? '' : `, ${lost.map((number) => `#${number}`).join(' ')} lost`;
  }
}

function isStore(did: string): boolean {
  return did.startsWith('store ') || did.startsWith('tell ');
}
