import type { Message } from '../../wire/messages/index.ts';
import { awaitsRemoteSignature } from '../model/duties.ts';
import type { FundedState } from '../model/state.ts';
import type { Transition } from '../step/transition.ts';
import { send } from '../step/transition.ts';

/**
 * Tells the peer of an update of ours. One that our signature under way does not cover follows that, or the peer would count it to it
 * (`signedRemote`).
 */
export function sendUpdate(out: Transition<FundedState>, message: Message): void {
  if (!awaitsRemoteSignature(out.state)) send(out, message);
}
