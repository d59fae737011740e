import type { ActionKind } from './action-kind.ts';
import { doubleSpend } from './chain/double-spend.ts';
import { feerate } from './chain/feerate.ts';
import { mine } from './chain/mine.ts';
import { reorg } from './chain/reorg.ts';
import { see } from './chain/see.ts';
import { silence } from './chain/silence.ts';
import { custom } from './custom.ts';
import { chatter } from './network/chatter.ts';
import { connect } from './network/connect.ts';
import { corrupt } from './network/corrupt.ts';
import { deliver } from './network/deliver.ts';
import { disconnect } from './network/disconnect.ts';
import { redial } from './network/redial.ts';
import { tamper } from './network/tamper.ts';
import { crash } from './nodes/crash.ts';
import { restart } from './nodes/restart.ts';
import { stored } from './nodes/stored.ts';
import { time } from './nodes/time.ts';
import { wait } from './nodes/wait.ts';
import type { Operation } from './registry.ts';
import { acknowledge } from './users/acknowledge.ts';
import { commit } from './users/commit.ts';
import { fail, failMalformed, fulfill } from './users/resolve.ts';
import { fee } from './users/fee.ts';
import { forceClose } from './users/force-close.ts';
import { invalidCommand } from './users/invalid-command.ts';
import { open } from './users/open.ts';
import { pay } from './users/pay.ts';
import { send } from './users/send.ts';
import { shutdown } from './users/shutdown.ts';

/** Everything that may happen to a world. Their order is part of the generator's version: append, never insert. */
const KINDS = [
  pay,
  fulfill,
  fail,
  failMalformed,
  fee,
  commit,
  acknowledge,
  open,
  shutdown,
  forceClose,
  disconnect,
  connect,
  crash,
  restart,
  mine,
  feerate,
  wait,
  invalidCommand,
  tamper,
  corrupt,
  deliver,
  stored,
  reorg,
  see,
  custom,
  send,
  chatter,
  silence,
  doubleSpend,
  time,
  redial,
] as const;

type ActionOf<K> = K extends ActionKind<infer A> ? A : never;

/** One step of a scenario. Everything is named by meaning, never by an index into something that shrinking would shift. */
export type Action = ActionOf<(typeof KINDS)[number]>;

/** By name. */
export const ACTION_KINDS: ReadonlyMap<string, ActionKind<Action>> = new Map(
  (KINDS as readonly ActionKind<Action>[]).map((kind) => [kind.name, kind]),
);

/** Everything that campaigns draw of them. */
export const BUILT_IN_OPERATIONS: readonly Operation[] = KINDS.flatMap(({ operations = [] }) => operations);

export function kindOf(action: Action): ActionKind<Action> {
  return ACTION_KINDS.get(action.do) as ActionKind<Action>;
}

/** Nodes, links, channels and payments that an action names, each with its kind. */
export function namesIn(action: Action): string[] {
  const values = action as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(kindOf(action).fields).flatMap(([name, { names }]) => {
    const value = values[name];
    return names === undefined || typeof value !== 'string' ? [] : [names(value, values)];
  });
}
