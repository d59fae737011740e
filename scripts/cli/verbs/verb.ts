import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { ExitCode } from '../terminal/exit.ts';

export type OptionTable = Readonly<Record<string, Options>>;
export type PositionalTable = Readonly<Record<string, PositionalOptions>>;

/** One verb of the command line: one file in this folder, and one line in index.ts. */
export interface Verb<O extends OptionTable = OptionTable, P extends PositionalTable = PositionalTable> {
  /** As yargs has it: 'replay <what>'. */
  readonly command: string;
  readonly describe: string;
  readonly positionals?: P;
  readonly options: O;
  readonly examples?: readonly (readonly [command: string, what: string])[];
  /** Throws UsageError for what cannot be; any other throw is a failure of the harness. */
  run(args: InferredOptionTypes<O> & { readonly [K in keyof P]: string }): Promise<ExitCode>;
}

export function verb<const O extends OptionTable, const P extends PositionalTable = Readonly<Record<never, never>>>(
  definition: Verb<O, P>,
): Verb {
  return definition as unknown as Verb;
}
