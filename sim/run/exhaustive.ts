import { apply } from '../actions/apply.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { settle } from './settle.ts';
import type { Action, Finding } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { worldKey } from './world-key.ts';

export interface ExhaustiveOptions {
  /** What users and faults do, at any moments: those of one actor (a node's user, a link, the chain) in this order, of different ones in any. */
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
  /** How many actions of each actor's part of the script are done. */
  readonly done: readonly number[];
  readonly path: Path | undefined;
}
interface Move {
  readonly action: Action;
  readonly done: readonly number[];
}
interface Path {
  readonly action: Action;
  readonly before: Path | undefined;
}

/** Every interleaving of a small script with everything that happens by itself, from a world that is set up. Every driver must fork. */
export function explore(start: World, options: ExhaustiveOptions): ExhaustiveResult {
  const { script, maxStates = 100_000, settleEverywhere = false } = options;
  const parts = byActor(script);
  const mayCrash = script.some((action) => action.do === 'crash');
  const seen = new Set<string>();
  const stack: Node[] = [{ world: start.fork(), done: parts.map(() => 0), path: undefined }];
  let transitions = 0;
  let settled = 0;
  const result = (complete: boolean, finding?: Finding, path?: Path): ExhaustiveResult => {
    const base = { states: seen.size, transitions, settled, complete };
    return finding === undefined ? base : { ...base, finding, actions: actionsOf(path) };
  };
  for (;;) {
    const node = stack.pop();
    if (node === undefined) return result(true);
    const key = `${node.done.join(' ')} ${worldKey(node.world, mayCrash)}`;
    if (seen.has(key)) continue;
    if (seen.size >= maxStates) return result(false);
    seen.add(key);
    if (seen.size % 1000 === 0) options.onProgress?.(seen.size);
    const moves = movesFrom(node, parts);
    let moved = false;
    for (const { action, done } of moves) {
      const world = node.world.fork();
      world.at = done.reduce((sum, count) => sum + count, 0);
      if (apply(world, action) !== 'applied') continue;
      moved = true;
      transitions++;
      const path = { action, before: node.path };
      if (world.finding !== undefined) return result(false, world.finding, path);
      stack.push({ world, done, path });
    }
    if (moved && !settleEverywhere) continue;
    settled++;
    const end = node.world.fork();
    settle(end);
    if (end.finding !== undefined) return result(false, end.finding, node.path);
  }
}

/** The script's actions by who acts. */
function byActor(script: readonly Action[]): readonly (readonly Action[])[] {
  const parts = new Map<string, Action[]>();
  for (const action of script) {
    const actor = 'link' in action ? action.link : 'node' in action ? action.node : 'from' in action ? action.from : 'the chain';
    const part = parts.get(actor);
    if (part === undefined) parts.set(actor, [action]);
    else part.push(action);
  }
  return [...parts.values()];
}

function movesFrom({ world, done }: Node, parts: readonly (readonly Action[])[]): Move[] {
  // Worlds that differ in time alone are one: nobody looks at a clock.
  const moves = pendingEvents(world)
    .filter(({ action }) => action.do !== 'time')
    .map(({ action }): Move => ({ action, done }));
  for (const [i, part] of parts.entries()) {
    const next = part[done[i] as number];
    if (next !== undefined) moves.push({ action: next, done: done.map((count, j) => (i === j ? count + 1 : count)) });
  }
  return moves;
}

function actionsOf(path: Path | undefined): Action[] {
  const actions: Action[] = [];
  for (let at = path; at !== undefined; at = at.before) actions.push(at.action);
  return actions.reverse();
}
