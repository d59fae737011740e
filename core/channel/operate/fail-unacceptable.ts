import { remove } from './remove-htlc.ts';
import { ownFailure, pastFulfillDeadline, unanswered } from './unacceptable.ts';
import type { Transition } from '../step/transition.ts';
import { notify, persist } from '../step/transition.ts';
import type { AddUpdate, FundedState } from '../model/state.ts';
import type { Refusal } from '../model/violation.ts';

/** Fails it, and tells the host why. In a step that stores: then it happens once, restarts included. */
export function failUnacceptable(out: Transition<FundedState>, htlc: AddUpdate, { rule, detail }: Refusal): void {
  remove(out, htlc, ownFailure(htlc));
  notify(out, { kind: 'htlc_failed', add: htlc, rule, reason: detail });
}

/** A block has come: what nobody has answered and nobody may claim any more. A node fails it itself, with what its onion allows. */
export function failLate(out: Transition<FundedState>): void {
  for (const htlc of unanswered(out.state)) {
    const late = pastFulfillDeadline(out.env, htlc);
    if (late === undefined) continue;
    if (out.env.config.payments === 'node') {
      out.effects.push({
        kind: 'htlc_irrevocable',
        channelId: out.state.channelId,
        add: htlc,
        unacceptable: late.rule,
        isNew: false,
        after: undefined,
      });
      continue;
    }
    persist(out);
    failUnacceptable(out, htlc, late);
  }
}
