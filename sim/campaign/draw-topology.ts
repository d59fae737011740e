import { between, chance, pick, shuffle } from '../deterministic/random.ts';
import type { Choices } from '../deterministic/random.ts';
import type { TopologyName } from '../run/seed.ts';
import type { Topology } from '../scenario/topology.ts';

export type NetworkShape = Exclude<TopologyName, 'pair' | 'any'>;

const NETWORKS: readonly NetworkShape[] = ['line', 'line', 'ring', 'star', 'mesh'];
const NAMES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

/** Of one world. */
export function drawShape(choices: Choices, topology: TopologyName = 'pair'): 'pair' | NetworkShape {
  if (topology !== 'any') return topology;
  return chance(choices, 1, 2) ? 'pair' : pick(choices, NETWORKS);
}

/** Three to six nodes, and who has channels with whom: in a quarter of them two neighbours have one more. */
export function drawTopology(choices: Choices, shape: NetworkShape): Topology {
  const { nodes, channels } = simple(choices, shape);
  return { nodes, channels: chance(choices, 1, 4) ? [...channels, pick(choices, channels)] : channels };
}

function simple(choices: Choices, shape: NetworkShape): Topology {
  switch (shape) {
    case 'line': {
      const nodes = NAMES.slice(0, pick(choices, [3, 3, 3, 4, 4, 5]));
      return { nodes, channels: inLine(nodes) };
    }
    case 'ring': {
      const nodes = NAMES.slice(0, between(choices, 3, 5));
      return { nodes, channels: [...inLine(nodes), [NAMES[0], nodes.at(-1) as string]] };
    }
    case 'star': {
      const nodes = NAMES.slice(0, between(choices, 4, 6));
      return { nodes, channels: nodes.slice(1).map((node) => [NAMES[0], node]) };
    }
    case 'mesh':
      return mesh(choices, NAMES.slice(0, between(choices, 4, 5)));
  }
}

function inLine(nodes: readonly string[]): (readonly [string, string])[] {
  return nodes.slice(1).map((node, i) => [nodes[i] as string, node]);
}

/** A tree, and a channel or two more than it takes. */
function mesh(choices: Choices, nodes: readonly string[]): Topology {
  const all = nodes.flatMap((a, i) => nodes.slice(i + 1).map((b): readonly [string, string] => [a, b]));
  const tree = nodes.slice(1).map((node, i): readonly [string, string] => [nodes[choices.int(i + 1)] as string, node]);
  const others = shuffle(choices, all).filter(([a, b]) => !tree.some(([c, d]) => a === c && b === d));
  return { nodes, channels: [...tree, ...others.slice(0, between(choices, 1, 2))] };
}
