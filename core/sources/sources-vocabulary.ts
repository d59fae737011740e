import type { ChainInput, ChainPoint, ChainRefusal } from '../chain/update.ts';
import type { Crypto } from '../crypto/types.ts';
import type { Network } from './networks.ts';
import type { SourceRule } from './rules.ts';
import type { Watch } from './watches.ts';

/** What a server could make grow or drag on. */
export interface SourceLimits {
  /** For a server to answer. */
  readonly answerTimeoutMs: number;
  /** Between two questions whether there is something new, where nothing hints at it. */
  readonly pollMs: number;
  /** After a failure, before the server is asked again. */
  readonly retryMs: number;
  /** So old a newest block is told as `source.stale`. */
  readonly staleAfterMs: number;
  /** The longest answer: a block in hex, with what is around it. */
  readonly maxAnswerBytes: number;
}

export const DEFAULT_SOURCE_LIMITS: SourceLimits = {
  answerTimeoutMs: 60_000,
  pollMs: 10_000,
  retryMs: 5_000,
  staleAfterMs: 3 * 60 * 60 * 1000,
  maxAnswerBytes: 8_100_000,
};

/** What surrounds a source. */
export interface SourceEnv {
  readonly crypto: Crypto;
  readonly network: Network;
  readonly limits: SourceLimits;
}

/** Where a source begins. */
export interface SourceStart {
  /** The newest block that the node has seen, durably: `tip` of its state. */
  readonly told: ChainPoint;
  /** The first block that watches with a lower `fromHeight` look at; by default `told`. Lower where a watcher takes up a living channel. */
  readonly floor?: number;
  /** A header that is taken on trust, not above `told`: 80 bytes of hex, at a height that is a multiple of 2016. */
  readonly base: { readonly height: number; readonly header: string };
  readonly nowMs: number;
}

/** What enters every source. */
export type SourceInput =
  /** What the node asks to be told of. */
  | { readonly kind: 'watch'; readonly watch: Watch }
  /** The node has taken what the last `chain` effect said, and all that it then asked to watch was handed over: the source goes on. */
  | { readonly kind: 'told' }
  /** The node's effect `chain_refused`. */
  | { readonly kind: 'chain_refused'; readonly refusal: ChainRefusal }
  /** Wall time; `nextDeadline` says when it is wanted. */
  | { readonly kind: 'time'; readonly nowMs: number }
  /** Somebody says that there is something new: a notification over ZMQ, a user who is impatient. Nothing of it is believed. */
  | { readonly kind: 'hint' };

/** What leaves every source, in order. */
export type SourceEffect =
  /** For the node, and answered by `told`, or by `chain_refused`. `more`: the source knows of blocks above. */
  | { readonly kind: 'chain'; readonly input: ChainInput; readonly more: boolean }
  /** A server that is lying, failing, slow or behind. The table of rules says what follows. */
  | { readonly kind: 'trouble'; readonly rule: SourceRule; readonly detail: string };
