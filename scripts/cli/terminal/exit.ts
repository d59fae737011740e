/** What the command line says with its exit code. */
export const EXIT = { nothingFound: 0, finding: 1, usage: 2, harness: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Somebody asked for what cannot be: exit code 2, and a message without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
