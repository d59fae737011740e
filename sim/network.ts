import { drawLatency } from './clock.ts';
import { stream } from './random.ts';
import type { Random } from './random.ts';
import type { LinkSpec } from './types.ts';

/** One end of a link, by its place in `LinkSpec.ends`. */
export type End = 0 | 1;

export interface Flight {
  readonly bytes: Uint8Array;
  readonly dueMs: number;
}

export function otherEnd(end: End): End {
  return end === 0 ? 1 : 0;
}

export function linkId(ends: readonly [string, string]): string {
  return `${ends[0]}-${ends[1]}`;
}

/** A connection between two nodes: in order within one direction, as TCP is; what is in flight when it breaks is lost. */
export class Link {
  readonly id: string;
  readonly spec: LinkSpec;
  private readonly random: Random;
  /** Messages to each end, oldest first. */
  private readonly flights: readonly [Flight[], Flight[]];
  up: boolean;
  /** The end that closed it, while what it sent before is still on its way to the other. */
  closedBy: End | undefined;
  /** How often it was connected again while the world settled. */
  connectionsWhileSettling: number;

  constructor(spec: LinkSpec, seed: string, from?: Link) {
    this.id = linkId(spec.ends);
    this.spec = spec;
    this.random = from === undefined ? stream(seed, `latency/${this.id}`) : from.random.fork();
    this.flights = from === undefined ? [[], []] : [[...from.flights[0]], [...from.flights[1]]];
    this.up = from?.up ?? false;
    this.closedBy = from?.closedBy;
    this.connectionsWhileSettling = from?.connectionsWhileSettling ?? 0;
  }

  fork(): Link {
    return new Link(this.spec, '', this);
  }

  /** Both ends can talk. */
  get open(): boolean {
    return this.up && this.closedBy === undefined;
  }

  get inFlight(): number {
    return this.flights[0].length + this.flights[1].length;
  }

  head(to: End): Flight | undefined {
    return this.flights[to][0];
  }

  waiting(to: End): readonly Flight[] {
    return this.flights[to];
  }

  /** False when nobody will ever get it: the link is down, or either end has closed it. */
  send(to: End, bytes: Uint8Array, nowMs: number): boolean {
    if (!this.open) return false;
    const queue = this.flights[to];
    const before = queue.at(-1)?.dueMs ?? 0;
    queue.push({ bytes, dueMs: Math.max(before, nowMs + drawLatency(this.spec.latency, this.random)) });
    return true;
  }

  /** Takes the oldest message to this end. */
  take(to: End): Flight | undefined {
    return this.flights[to].shift();
  }

  connect(): void {
    this.up = true;
    this.closedBy = undefined;
  }

  /** One end closes: what it sent still arrives, what was sent to it does not. Returns whether the other end has to be told now. */
  close(by: End): boolean {
    this.flights[by].length = 0;
    if (this.flights[otherEnd(by)].length > 0) {
      this.closedBy = by;
      return false;
    }
    this.break();
    return true;
  }

  break(): void {
    this.up = false;
    this.closedBy = undefined;
    this.flights[0].length = 0;
    this.flights[1].length = 0;
  }
}
