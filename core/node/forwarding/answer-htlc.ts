import { attribute } from '../../onion/attribution.ts';
import { answerFailure } from '../../onion/answer.ts';
import type { FailureCause } from '../../onion/answer.ts';
import type { AddUpdate, Attribution, ReceivedHtlc, StoredChannel } from '../../channel/model/state.ts';
import type { ChannelId, Preimage } from '../../crypto/bytes.ts';
import type { NotForwarded } from '../../payments/forwarding.ts';
import type { RuleId } from '../../rules.ts';
import { other } from '../../transactions/types.ts';
import { hasFeature } from '../../wire/features.ts';
import { stepChannel } from '../channels.ts';
import { onionsOf } from '../node-vocabulary.ts';
import type { Run } from '../run.ts';

/** The two ways in which a node that deals with payments answers an incoming HTLC; nothing else writes a removal. */

/** BOLT 4: a hold time of attribution data is in units of 100 ms. */
const HOLD_TIME_UNIT_MS = 100;
const NOTHING = new Uint8Array(0);

/** An incoming HTLC that both sides are bound to, as its channel knows it. */
export function incomingHtlc({ shared, params }: StoredChannel, id: bigint): AddUpdate | undefined {
  return shared.base.htlcs[other(params.us)].find((htlc) => htlc.id === id);
}

export function recordOf({ host }: StoredChannel, id: bigint): ReceivedHtlc | undefined {
  return host.received.find((known) => known.id === id);
}

/** From the moment at which it was irrevocable; undefined where attribution data isn't spoken. A clock that went back counts as no time. */
function holdTimeOf({ env, state }: Run, channelId: ChannelId, id: bigint): number | undefined {
  if (!hasFeature(env.config.features, 'option_attribution_data')) return undefined;
  const channel = state.channels.get(channelId)?.state;
  const receivedMs = channel === undefined ? undefined : recordOf(channel, id)?.receivedMs;
  return Math.max(0, state.nowMs - (receivedMs ?? state.nowMs)) / HOLD_TIME_UNIT_MS;
}

/** Fails it: cause and role decide the form, and what its payer is told. */
export function failHtlc(run: Run, channelId: ChannelId, add: AddUpdate, cause: FailureCause): void {
  const { id, onion } = add;
  const { position, sharedSecret } = onionsOf(run.env).read(add);
  const holdTime = holdTimeOf(run, channelId, id);
  const answer = answerFailure(run.env.crypto, { onion, position, sharedSecret, holdTime }, cause);
  switch (answer.kind) {
    case 'update_fail_htlc': {
      const { reason, attributionData: attribution } = answer;
      return stepChannel(run, channelId, { kind: 'command', command: { kind: 'fail', channelId, id, reason, attribution } });
    }
    case 'update_fail_malformed_htlc': {
      const { sha256OfOnion, failureCode } = answer;
      const command = { kind: 'fail_malformed', channelId, id, sha256OfOnion, failureCode } as const;
      return stepChannel(run, channelId, { kind: 'command', command });
    }
  }
}

/** Claims it. `downstream`: what came with the preimage. */
export function fulfillHtlc(run: Run, channelId: ChannelId, add: AddUpdate, preimage: Preimage, downstream: Attribution | undefined): void {
  const { id } = add;
  const { sharedSecret } = onionsOf(run.env).read(add);
  const holdTime = holdTimeOf(run, channelId, id);
  const attribution =
    holdTime === undefined || sharedSecret === undefined
      ? undefined
      : attribute(run.env.crypto, sharedSecret, NOTHING, holdTime, downstream);
  stepChannel(run, channelId, { kind: 'command', command: { kind: 'fulfill', channelId, id, preimage, attribution } });
}

/** Fails it for a rule of ours, which its host hears, too. */
export function refuseHtlc(
  run: Run,
  channelId: ChannelId,
  add: AddUpdate,
  { rule, detail, cause }: { readonly rule: RuleId; readonly detail: string; readonly cause: FailureCause },
): void {
  run.effects.push({ kind: 'notify', channelId, event: { kind: 'htlc_failed', add, rule, reason: detail } });
  failHtlc(run, channelId, add, cause);
}

/** Fails one that does not go on. */
export function notForwarded(run: Run, channelId: ChannelId, add: AddUpdate, { rule, detail, failure }: NotForwarded): void {
  refuseHtlc(run, channelId, add, { rule, detail, cause: { kind: 'own', failure } });
}
