import type { Action } from '../scenario/types.ts';
import type { Strategy } from './strategy.ts';

/** Exactly these actions, as a person or an earlier run chose them. */
export function scriptStrategy(actions: readonly Action[]): Strategy {
  let at = 0;
  return { name: 'script', next: () => actions[at++] };
}
