import type { CommitmentFormat } from '../../core/transactions/types.ts';
import { count, decimal, flag, maybe, object, oneOf, text } from './shape.ts';
import type { Check } from './shape.ts';

/** One field of an action: what may stand there, and what of the world its value names. */
export interface Field<T> {
  readonly check: Check;
  readonly optional?: boolean;
  /** The part of the world that a value stands for, with its kind: `node A`, `link A-B`. */
  names?(value: string, action: Readonly<Record<string, unknown>>): string;
  /** Of the type alone: what a value is. */
  readonly value?: T;
}
export type FieldTable = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type OptionalKeys<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };

/** An action as its fields say. */
export type ActionFrom<N extends string, F extends FieldTable> = Flat<
  { readonly do: N } & { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]> } & {
    readonly [K in OptionalKeys<F>]?: ValueOf<F[K]>;
  }
>;

function naming(kind: string): Field<string> {
  return { check: text, names: (value) => `${kind} ${value}` };
}

function choice<const V extends readonly string[]>(...values: V): Field<V[number]> {
  return { check: oneOf(...values) };
}

function optional<T>({ check }: Field<T>): Field<T> & { readonly optional: true } {
  return { check: maybe(check), optional: true };
}

const TEXT: Field<string> = { check: text };
const COUNT: Field<number> = { check: count };
/** Amounts are decimal strings in JSON, so that a scenario survives any JSON tool. */
const DECIMAL: Field<string> = { check: decimal };
const FLAG: Field<boolean> = { check: flag };
const OBJECT: Field<Readonly<Record<string, unknown>>> = { check: object };

/** What the fields of actions are made of. */
export const field = {
  text: TEXT,
  count: COUNT,
  decimal: DECIMAL,
  flag: FLAG,
  object: OBJECT,
  choice,
  optional,
  format: choice('anchors', 'static_remotekey') satisfies Field<CommitmentFormat>,
  node: naming('node'),
  link: naming('link'),
  channel: naming('channel'),
  payment: naming('payment'),
  sink: naming('sink'),
  message: naming('message'),
  tampering: naming('tampering'),
  operation: naming('operation'),
  /** The node at the receiving end of a link. */
  to: { check: text, names: (value, action) => `direction ${String(action['link'])} ${value}` } satisfies Field<string> as Field<string>,
} as const;
