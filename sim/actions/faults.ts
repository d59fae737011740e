import type { Operation } from './registry.ts';
import { otherSide } from '../model/commitment-contents.ts';
import type { Choices } from '../deterministic/random.ts';
import { between, chance, pick } from '../deterministic/random.ts';
import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { CALM_FEERATES } from './channels.ts';
import { isOpening, linksOf, usableEnds } from './usable-ends.ts';
import type { UsableEnd } from './usable-ends.ts';

/** Blocks that a run without licence mines at most: fewer than any HTLC is away from trouble. */
const SAFE_BLOCKS = 15;

export function mayInterrupt(world: World, nodes: readonly string[]): boolean {
  return world.licences.has('opening-lost') || !isOpening(world, nodes);
}

const disconnect: Operation = {
  name: 'disconnect',
  kind: 'fault',
  generate(world, choices) {
    const links = [...world.links.values()].filter((link) => link.up && mayInterrupt(world, link.spec.ends));
    return links.length === 0 ? undefined : { do: 'disconnect', link: pick(choices, links).id };
  },
};

const connect: Operation = {
  name: 'connect',
  kind: 'operation',
  generate(world, choices) {
    const links = [...world.links.values()].filter((link) => !link.up && link.spec.ends.every((end) => world.host(end).running));
    return links.length === 0 ? undefined : { do: 'connect', link: pick(choices, links).id };
  },
};

function crashNode(world: World, choices: Choices): Action | undefined {
  const nodes = world.nodeNames.filter((node) => {
    if (!world.host(node).running || world.host(node).driver.restart === undefined) return false;
    return linksOf(world, node).every((link) => mayInterrupt(world, link.spec.ends));
  });
  if (nodes.length === 0) return undefined;
  const node = pick(choices, nodes);
  const unfinished = Math.min(world.host(node).disk.unfinished.length, 31);
  if (unfinished === 0) return { do: 'crash', node };
  // All torn, all done, or any mixture.
  const all = 2 ** unfinished;
  return { do: 'crash', node, survive: chance(choices, 1, 3) ? 0 : chance(choices, 1, 2) ? all - 1 : choices.int(all) };
}

const crash: Operation = { name: 'crash', kind: 'fault', generate: crashNode };

function downNodes(world: World): string[] {
  return world.nodeNames.filter((node) => !world.host(node).running);
}

const restart: Operation = {
  name: 'restart',
  kind: 'operation',
  generate(world, choices) {
    const nodes = downNodes(world);
    return nodes.length === 0 ? undefined : { do: 'restart', node: pick(choices, nodes) };
  },
};

/** A channel that is being closed may be closed by scripts and transactions that only the newer state knew: then nothing can be said. */
function isClosing(world: World, node: string): boolean {
  return [...world.host(node).disk.durable.values()].some(({ effect: { state } }) => {
    if (state.phase !== 'funded') return true;
    const { sent, received, wanted } = state.closing;
    return sent !== undefined || received !== undefined || wanted !== undefined;
  });
}

/** Only ever one node: two that forget the same thing agree on a past that their users know to be wrong. */
const staleBackup: Operation = {
  name: 'stale-backup',
  kind: 'fault',
  licences: ['stale-backup'],
  generate(world, choices) {
    const others = world.nodeNames.filter((node) => world.host(node).restoredBackup);
    const nodes = downNodes(world).filter((node) => others.every((other) => other === node) && !isClosing(world, node));
    if (nodes.length === 0) return crashNode(world, choices);
    const node = pick(choices, nodes);
    const closing = world.licences.has('force-close') ? endsLeft(world, node) : [];
    if (closing.length > 0 && chance(choices, 1, 2)) {
      const end = pick(choices, closing);
      return { do: 'force_close', node: end.node, channel: end.info.name };
    }
    return { do: 'restart', node, backup: between(choices, 1, 6) };
  },
};

/** The other ends of the channels of a node that is down, where there is something that it may forget. */
function endsLeft(world: World, down: string): UsableEnd[] {
  return usableEnds(world).filter(
    ({ node, info, state }) =>
      node !== down &&
      (info.opener === down || info.accepter === down) &&
      state.shared.commitments[otherSide(state.params.us)].current.number > 1n,
  );
}

const interruptedOpening: Operation = { ...disconnect, name: 'interrupted-opening', licences: ['opening-lost'] };

const mine: Operation = {
  name: 'mine',
  kind: 'operation',
  generate(world, choices) {
    const blocks = between(choices, 1, 3);
    return world.minedBlocks + blocks > SAFE_BLOCKS ? undefined : { do: 'mine', blocks };
  },
};

const expiry: Operation = {
  name: 'expiry',
  kind: 'fault',
  licences: ['expired-htlc', 'closing-unanswered'],
  generate: (_world, choices) => ({ do: 'mine', blocks: between(choices, 1, 40) }),
};

function estimate(world: World, choices: Choices, min: number, max: number): Action | undefined {
  const nodes = world.nodeNames.filter((node) => world.host(node).running);
  return nodes.length === 0 ? undefined : { do: 'feerate', node: pick(choices, nodes), feeratePerKw: between(choices, min, max) };
}

const feerate: Operation = {
  name: 'feerate',
  kind: 'operation',
  generate: (world, choices) => estimate(world, choices, CALM_FEERATES.min, CALM_FEERATES.max),
};

const feeSpike: Operation = {
  name: 'fee-spike',
  kind: 'fault',
  licences: ['feerate-refused', 'closing-range', 'dust-exposure'],
  generate: (world, choices) => estimate(world, choices, 253, 60_000),
};

const wait: Operation = {
  name: 'wait',
  kind: 'operation',
  generate: (_world, choices) => ({ do: 'wait', ms: between(choices, 1, 60_000) }),
};

export const faultOperations: readonly Operation[] = [
  disconnect,
  connect,
  crash,
  restart,
  mine,
  feerate,
  wait,
  staleBackup,
  interruptedOpening,
  expiry,
  feeSpike,
];
