import type { FieldTable } from '../scenario/fields.ts';
import type { World } from '../world/world.ts';
import type { Operation, OperationRegistry } from './registry.ts';

/** One kind of action, whole: a file of this folder's, and a line in index.ts. The union of actions, the parser, the shrinker and all words come from it. */
export interface ActionKind<A extends { readonly do: string }> {
  readonly name: A['do'];
  readonly fields: FieldTable;
  /** False where there is nothing to do it to: then nothing has changed. A command that a node refuses has been applied. */
  apply(world: World, action: A, operations: OperationRegistry | undefined): boolean;
  /** An English sentence, without its full stop. */
  describe(action: A): string;
  /** Simpler forms to try while shrinking, simplest first. */
  simpler?(action: A): Iterable<A>;
  /** Both as one, where one comes right after the other. */
  merge?(first: A, second: A): A | undefined;
  /** What campaigns draw of it. None: it happens by itself, or in scripts alone. */
  readonly operations?: readonly Operation[];
}
