import type { Message } from '../../wire/messages/index.ts';
import type { FundedState, Update } from '../model/state.ts';
import type { Transition } from '../step/transition.ts';
import { send } from '../step/transition.ts';
import { removalMessage } from './remove-htlc.ts';
import { addMessage } from './update-add-htlc.ts';
import { updateFeeMessage } from './update-fee.ts';

function messageOf(state: FundedState, update: Update): Message {
  if (update.kind === 'add') return addMessage(state, update);
  if (update.kind === 'fee') return updateFeeMessage(state, update.feeratePerKw);
  return removalMessage(state, update);
}

/** Updates that stand in our log, as messages. */
export function sendOwnUpdates(out: Transition<FundedState>, updates: readonly Update[]): void {
  for (const update of updates) send(out, messageOf(out.state, update));
}
