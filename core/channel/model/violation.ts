import type { Tx } from '../../bitcoin/tx.ts';

/**
 * What a broken rule asks for. `fail-channel`: send `error` and fail the channel; `warn-and-disconnect`: send `warning` and close the
 * connection, which BOLT 2 allows wherever the channel can go on after a reconnection; `fail-peer`: fail every channel with the peer.
 */
export type Consequence = 'ignore' | 'warn' | 'warn-and-disconnect' | 'fail-channel' | 'fail-peer';

/** A rule that a peer broke: a value, never an exception. */
export interface Violation {
  readonly violated: string;
  readonly consequence: Consequence;
  readonly detail: string;
  /** The transaction that an invalid signature was for: told to the peer (BOLT 1, `error`). */
  readonly tx?: Tx;
}

/** A command that the rules forbid: the state stays as it was. */
export interface Refusal {
  readonly refused: string;
  readonly detail: string;
}

export function violation(violated: string, detail: string, consequence: Consequence = 'fail-channel'): Violation {
  return { violated, consequence, detail };
}

export function badSignature(violated: string, detail: string, tx: Tx): Violation {
  return { violated, consequence: 'fail-channel', detail, tx };
}

export function refusal(refused: string, detail: string): Refusal {
  return { refused, detail };
}

export function isViolation(value: object): value is Violation {
  return 'violated' in value;
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
