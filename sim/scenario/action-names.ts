import type { Action } from './types.ts';

type BuiltIn = Exclude<Action['do'], 'custom'>;

const EVERY: Readonly<Record<BuiltIn, true>> = {
  deliver: true,
  connect: true,
  disconnect: true,
  corrupt: true,
  stored: true,
  crash: true,
  restart: true,
  mine: true,
  reorg: true,
  see: true,
  feerate: true,
  open: true,
  pay: true,
  fulfill: true,
  fail: true,
  fail_malformed: true,
  fee: true,
  commit: true,
  shutdown: true,
  force_close: true,
  acknowledge: true,
  wait: true,
  tamper: true,
  invalid_command: true,
};
/** Every kind of action that is built in. */
export const ACTIONS = Object.keys(EVERY) as readonly BuiltIn[];

/** Nodes, links, channels and payments that an action names, each with its kind. */
export function namesIn(action: Action): string[] {
  switch (action.do) {
    case 'deliver':
    case 'corrupt':
      return [`link ${action.link}`, `direction ${action.link} ${action.to}`, `message ${action.message}`];
    case 'tamper':
      return [`link ${action.link}`, `direction ${action.link} ${action.to}`, `message ${action.message}`, `tampering ${action.with}`];
    case 'connect':
    case 'disconnect':
      return [`link ${action.link}`];
    case 'stored':
      return [`node ${action.node}`, `channel ${action.channel}`, `sink ${action.sink}`];
    case 'crash':
    case 'restart':
    case 'see':
    case 'feerate':
    case 'acknowledge':
      return [`node ${action.node}`];
    case 'open':
      return [`node ${action.from}`, `node ${action.to}`, `channel ${action.as}`];
    case 'pay':
      return [`node ${action.from}`, `channel ${action.channel}`, `payment ${action.as}`];
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
      return [`node ${action.node}`, `payment ${action.payment}`];
    case 'fee':
    case 'commit':
    case 'shutdown':
    case 'force_close':
    case 'invalid_command':
      return [`node ${action.node}`, `channel ${action.channel}`];
    case 'custom':
      return [`operation ${action.operation}`];
    case 'mine':
    case 'reorg':
    case 'wait':
      return [];
  }
}
