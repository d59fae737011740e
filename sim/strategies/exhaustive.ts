import { apply } from '../apply.ts';
import { pendingEvents } from '../pending.ts';
import { settle } from '../settle.ts';
import type { Action, Finding } from '../types.ts';
import type { World } from '../world.ts';
import { worldKey } from './world-key.ts';

export interface ExhaustiveOptions {
  /** What users do, in this order, at any moments. */
  readonly script: readonly Action[];
  /** Stop after so many different states. Default 100,000. */
  readonly maxStates?: number;
  /** Heal and settle from every state, not only where nothing is left to happen. Default false. */
  readonly settleEverywhere?: boolean;
  readonly onProgress?: (states: number) => void;
}

export interface ExhaustiveResult {
  /** Different states visited; those that differ only in time and counters are one. */
  readonly states: number;
  readonly transitions: number;
  /** Worlds that were settled. */
  readonly settled: number;
  /** False: the bound on states ended the search. */
  readonly complete: boolean;
  readonly finding?: Finding;
  /** The actions that lead to the finding. */
  readonly actions?: readonly Action[];
}

interface Node {
  readonly world: World;
  readonly done: number;
  readonly path: Path | undefined;
}
interface Path {
  readonly action: Action;
  readonly before: Path | undefined;
}

/** Every interleaving of a small script with everything that happens by itself, from a world that is set up. Every driver must fork. */
export function explore(start: World, options: ExhaustiveOptions): ExhaustiveResult {
  const { script, maxStates = 100_000, settleEverywhere = false } = options;
  const mayCrash = script.some((action) => action.do === 'crash');
  const seen = new Set<string>();
  const stack: Node[] = [{ world: start.fork(), done: 0, path: undefined }];
  let transitions = 0;
  let settled = 0;
  const result = (complete: boolean, finding?: Finding, path?: Path): ExhaustiveResult => {
    const base = { states: seen.size, transitions, settled, complete };
    return finding === undefined ? base : { ...base, finding, actions: actionsOf(path) };
  };
  for (;;) {
    const node = stack.pop();
    if (node === undefined) return result(true);
    const key = `${node.done} ${worldKey(node.world, mayCrash)}`;
    if (seen.has(key)) continue;
    if (seen.size >= maxStates) return result(false);
    seen.add(key);
    if (seen.size % 1000 === 0) options.onProgress?.(seen.size);
    const moves = movesFrom(node, script);
    if (moves.length === 0 || settleEverywhere) {
      settled++;
      const end = node.world.fork();
      settle(end);
      if (end.finding !== undefined) return result(false, end.finding, node.path);
    }
    for (const { action, done } of moves) {
      const world = node.world.fork();
      world.at = done;
      if (apply(world, action) !== 'applied') continue;
      transitions++;
      const path = { action, before: node.path };
      if (world.finding !== undefined) return result(false, world.finding, path);
      stack.push({ world, done, path });
    }
  }
}

function movesFrom({ world, done }: Node, script: readonly Action[]): { readonly action: Action; readonly done: number }[] {
  const moves = pendingEvents(world).map(({ action }) => ({ action, done }));
  const next = script[done];
  if (next !== undefined) moves.push({ action: next, done: done + 1 });
  return moves;
}

function actionsOf(path: Path | undefined): Action[] {
  const actions: Action[] = [];
  for (let at = path; at !== undefined; at = at.before) actions.push(at.action);
  return actions.reverse();
}
