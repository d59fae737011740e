/**
 * What a broken rule asks for.
 *
 * - `ignore`: nothing is done.
 * - `warn`, `warn-and-disconnect`: a `warning`; then the connection ends, which BOLT 2 allows wherever the channel can go on after it.
 * - `disconnect`: the connection ends without a word.
 * - `fail-htlc`: the incoming HTLC that brought it is failed; its channel goes on.
 * - `fail-channel`: an `error`, and the channel fails; before it is funded, or where there is none, the error is all.
 * - `forget`: the channel is gone without a word.
 * - `refuse`: a command of our own host, which changes nothing. A command that would make us break another rule is refused by that rule.
 */
export type Consequence = 'ignore' | 'warn' | 'warn-and-disconnect' | 'disconnect' | 'fail-htlc' | 'fail-channel' | 'forget' | 'refuse';

/** One rule of a table: `requirements` are ids of corpus/requirements, `words` a short verbatim line of the BOLTs that one of them stands for. */
export type Rule =
  | { readonly requirements: readonly [string, ...string[]]; readonly words: string; readonly consequence: Consequence }
  /** Our own: no requirement stands behind it. */
  | { readonly requirements: readonly []; readonly why: string; readonly consequence: Consequence };

/** By id: `message.rule`, or `subject.rule` where no message is meant, in the terms of the BOLTs. Ids stay as they are for good. */
export type RuleTable = Readonly<Record<`${string}.${string}`, Rule>>;
