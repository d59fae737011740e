import type { Action } from '../scenario/types.ts';

type Need = (action: Action) => boolean;

const does =
  (...names: readonly Action['do'][]): Need =>
  (action) =>
    names.includes(action.do);
const anything: Need = () => true;

/** Actions without which a licence can excuse nothing, whatever a node does after the finding. Of licences that are not here nothing is known. */
const NEEDS: Readonly<Record<string, Need>> = {
  'force-close': does('force_close'),
  adversary: does('tamper'),
  'stale-backup': (action) => action.do === 'restart' && action.backup !== undefined,
  'expired-htlc': does('pay'),
  'dust-exposure': does('fee', 'feerate'),
  'feerate-refused': does('fee', 'feerate', 'open'),
  'opener-short': does('fee', 'pay'),
  'opening-refused': does('open'),
  'opening-lost': does('open'),
  'funding-unconfirmed': does('open', 'reorg'),
  'closing-range': does('shutdown'),
  'closing-unanswered': does('shutdown'),
};

/** Whether a scenario with these actions can still come to what this licence excuses. */
export function isNeeded(licence: string, actions: readonly Action[]): boolean {
  const need = NEEDS[licence] ?? anything;
  return actions.some((action) => action.do === 'custom' || need(action));
}
