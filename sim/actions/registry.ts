import type { Applied } from './apply.ts';
import type { Choices } from '../deterministic/random.ts';
import type { Action } from '../scenario/types.ts';
import type { World } from '../world/world.ts';

type Args = Readonly<Record<string, unknown>>;

/** Something that users do, or that goes wrong. Generators draw it; scenarios name the action that it drew. */
export interface Operation {
  /** Own ones are namespaced: `acme/foo`. */
  readonly name: string;
  readonly kind: 'operation' | 'fault';
  /** Outcomes that it makes legitimate (oracles/licences.ts). Most bring none. */
  readonly licences?: readonly string[];
  /** How often campaigns draw it, a non-negative integer beside those of others (a payment: 24). Default 6. */
  readonly weight?: number;
  /** What a swarm's seed may multiply its weight with. Default 0, 0, 1, 1, 2 or 6: a third of all seeds go without it. */
  readonly factors?: readonly number[];
  /** Drawn only in worlds where feerates move, or in those of more than two nodes, which deal with payments themselves. */
  readonly needs?: 'moving-fees' | 'network';
  /** Its least and greatest weight beside an adversary, who costs channels and waits for payments. Default: drawn no oftener. */
  readonly besideAdversary?: readonly [number, number];
  /** One that can be done now, or undefined. Everything random comes from `choices`. */
  generate(world: World, choices: Choices): Action | undefined;
}

/** An operation of your own: its action is `{ do: 'custom', operation: name, args }`. */
export interface CustomOperation extends Operation {
  /** What is wrong with these arguments, if anything: scenarios are checked with it before they run. */
  validate(args: Args): string | undefined;
  apply(world: World, args: Args): Applied;
  /** Simpler arguments to try, simplest first. */
  shrink?(args: Args): Iterable<Args>;
}

export function isCustom(operation: Operation): operation is CustomOperation {
  return operation.name.includes('/');
}

/** The operations of a campaign by name: the built-in ones and your own. */
export class OperationRegistry {
  readonly all: readonly Operation[];
  private readonly byName: ReadonlyMap<string, Operation>;

  /** Throws a RangeError for a name that comes twice. */
  constructor(operations: readonly Operation[]) {
    this.all = operations;
    this.byName = new Map(operations.map((operation) => [operation.name, operation]));
    if (this.byName.size !== operations.length) throw new RangeError('two operations have the same name');
  }

  get(name: string): Operation | undefined {
    return this.byName.get(name);
  }

  custom(name: string): CustomOperation | undefined {
    const operation = this.byName.get(name);
    return operation !== undefined && isCustom(operation) ? operation : undefined;
  }
}
