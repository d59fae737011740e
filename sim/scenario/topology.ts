import type { WorldSpec } from './types.ts';

/** Who there is and who has a channel with whom: the first of two opens it. */
export interface Topology {
  readonly nodes: readonly string[];
  readonly channels: readonly (readonly [string, string])[];
}

/** Nodes n0, n1, … with a channel from each to the next. Throws a RangeError for fewer than two. */
export function line(count: number): Topology {
  const nodes = named(count, 2);
  return { nodes, channels: nodes.slice(1).map((node, i) => [nodes[i] as string, node]) };
}

/** A line whose last node has a channel to the first. Throws a RangeError for fewer than three. */
export function ring(count: number): Topology {
  const nodes = named(count, 3);
  return { nodes, channels: nodes.map((node, i) => [node, nodes[(i + 1) % count] as string]) };
}

/** Node n0 has a channel to each other. Throws a RangeError for fewer than two. */
export function star(count: number): Topology {
  const [hub = '', ...others] = named(count, 2);
  return { nodes: [hub, ...others], channels: others.map((node) => [hub, node]) };
}

/** Any other: nodes by the names that their channels give. */
export function edges(...channels: readonly (readonly [string, string])[]): Topology {
  return { nodes: [...new Set(channels.flat())], channels };
}

function named(count: number, least: number): readonly string[] {
  if (!Number.isInteger(count) || count < least) throw new RangeError(`${least} nodes or more, not ${count}`);
  return Array.from({ length: count }, (_, i) => `n${i}`);
}

/** What a world's links make: a pair, a line, a ring, a star, or anything else, a mesh. */
export function shapeOf({ nodes, links }: Pick<WorldSpec, 'nodes' | 'links'>): 'pair' | 'line' | 'ring' | 'star' | 'mesh' {
  const degrees = nodes.map(({ name }) => links.filter(({ ends }) => ends.includes(name)).length);
  const most = Math.max(...degrees);
  if (nodes.length <= 2) return 'pair';
  if (links.length === nodes.length && degrees.every((degree) => degree === 2)) return 'ring';
  if (links.length !== nodes.length - 1) return 'mesh';
  if (most === 2) return 'line';
  return most === links.length ? 'star' : 'mesh';
}
