import { depth, IRREVOCABLE_DEPTH } from '../../chain/view.ts';
import { closeOf, FUNDING_TIMEOUT_BLOCKS, fundingConflict, isFundingSeen, isUsed } from '../model/ending.ts';
import type { ForgottenState, StoredChannel } from '../model/state.ts';
import type { Transition } from '../step/transition.ts';
import { become } from '../step/transition.ts';
import type { RuleId } from '../../rules.ts';

/** What need not be kept any more, and is not: asked of the present chain, and never before the host has acknowledged what it was told. */
export function forgetWhatIsOver(out: Transition<StoredChannel>): void {
  const { state } = out;
  if (state.host.events.length > 0) return;
  const over = irrevocable(state);
  if (over !== undefined) return forget(out, 'channel.irrevocable', over);
  // BOLT 2, channel_ready: a funding that did not confirm in that time is not expected any more, and mempools have dropped it.
  if (state.phase !== 'failed' || isUsed(state) || isFundingSeen(state)) return;
  if (out.env.tip.height - state.failure.height < FUNDING_TIMEOUT_BLOCKS) return;
  forget(out, 'channel.never_funded', `it has failed, and its funding did not confirm within ${FUNDING_TIMEOUT_BLOCKS} blocks`);
}

/** BOLT 5: its money has gone where it belongs, or was never there. */
function irrevocable(state: StoredChannel): string | undefined {
  const isDeep = (tx: ReturnType<typeof closeOf>): boolean => tx !== undefined && depth(state.chain, tx.txid) >= IRREVOCABLE_DEPTH;
  if (isDeep(closeOf(state))) return `its closing transaction has ${IRREVOCABLE_DEPTH} confirmations`;
  return isDeep(fundingConflict(state)) ? `what its funding was to spend was spent otherwise ${IRREVOCABLE_DEPTH} blocks ago` : undefined;
}

export function forget(out: Transition<StoredChannel>, rule: RuleId, reason: string): void {
  const { state } = out;
  const { channelId, params } = state;
  // Without it whoever paid for the funding could not get it back, should that come after all.
  const commitment =
    state.phase === 'failed' && params.us === 'opener' && !isFundingSeen(state) ? state.failure.commitmentToBroadcast : undefined;
  const event = { kind: 'forgotten', peer: params.peer, rule, reason, ...(commitment !== undefined && { commitment }) } as const;
  out.effects.push({ kind: 'notify', channelId, event });
  become<ForgottenState>(out, { phase: 'forgotten', rule, reason });
}
