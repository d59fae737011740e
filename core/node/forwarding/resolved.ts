import { STATE_SINK } from '../../channel/model/channel-vocabulary.ts';
import type { HtlcResolved } from '../../channel/model/channel-vocabulary.ts';
import type { HtlcResolution } from '../../channel/model/state.ts';
import type { Origin } from '../../channel/model/origin.ts';
import { isClosed } from '../../channel/model/ending.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import type { FailureCause } from '../../onion/answer.ts';
import { PERMANENT_CHANNEL_FAILURE, TEMPORARY_CHANNEL_FAILURE } from '../../payments/forwarding.ts';
import { other } from '../../transactions/types.ts';
import { releaseAll, stepChannel } from '../channels.ts';
import { partResolved } from '../payments/parts.ts';
import type { AnswerDurable } from '../node-vocabulary.ts';
import { enqueue } from '../outbox.ts';
import { setSlot } from '../run.ts';
import type { Run } from '../run.ts';
import { failHtlc, fulfillHtlc, incomingHtlc, recordOf } from './answer-htlc.ts';

type Forward = Extract<Origin, { kind: 'forward' }>;
type Ended = Pick<HtlcResolved, 'channelId' | 'eventId' | 'resolution'>;

/**
 * What became of an outgoing HTLC: its incoming one is answered alike, and when that is durable the outgoing channel may forget it. Told again
 * after a restart, it changes nothing that was answered before.
 */
export function htlcResolved(run: Run, ended: Ended): void {
  const { channelId, eventId, resolution: event } = ended;
  const { origin } = event;
  if (run.env.config.payments === 'node' && origin.kind === 'own' && partResolved(run, origin, ended)) return;
  if (run.env.config.payments === 'host' || origin.kind === 'own') {
    run.effects.push({ kind: 'notify', channelId, event: { kind: 'event', id: eventId, event } });
    return;
  }
  const upstream = run.state.channels.get(origin.channelId)?.state;
  if (upstream === undefined || isClosed(upstream)) return acknowledge(run, ended);
  if (recordOf(upstream, origin.htlcId)?.answered !== undefined) return acknowledgeWhenDurable(run, origin, ended);
  const add = incomingHtlc(upstream, origin.htlcId);
  if (add !== undefined) {
    answer(run, origin.channelId, add, event, isFailed(run, channelId));
    return acknowledgeWhenDurable(run, origin, ended);
  }
  // Kept until the channel, which came back with an older state, shows it; where it did so before and no more, the HTLC is gone.
  const { base } = upstream.shared;
  if (origin.htlcId < base.nextHtlcId[other(upstream.params.us)]) acknowledge(run, ended);
}

function isFailed({ state }: Run, channelId: ChannelId): boolean {
  return state.channels.get(channelId)?.state.phase === 'failed';
}

function answer(run: Run, channelId: ChannelId, add: Parameters<typeof failHtlc>[2], event: HtlcResolution, onChain: boolean): void {
  switch (event.kind) {
    case 'payment_sent':
      return fulfillHtlc(run, channelId, add, event.preimage, event.attribution);
    case 'payment_failed':
      return failHtlc(run, channelId, add, causeOf(event, onChain));
  }
}

function causeOf({ failure }: Extract<HtlcResolution, { kind: 'payment_failed' }>, onChain: boolean): FailureCause {
  // Never committed to, or timed out on the chain: nobody further on has said anything of it.
  if (failure === undefined) return { kind: 'own', failure: onChain ? PERMANENT_CHANNEL_FAILURE : TEMPORARY_CHANNEL_FAILURE };
  switch (failure.kind) {
    case 'fail':
      return { kind: 'downstream', reason: failure.reason, attributionData: failure.attribution };
    case 'fail_malformed':
      return { kind: 'downstream_malformed', failureCode: failure.failureCode, sha256OfOnion: failure.sha256OfOnion };
  }
}

/** The word waits in the outbox of the incoming channel for that channel's store, and behind nothing that is sent. */
function acknowledgeWhenDurable(run: Run, { channelId }: Forward, { channelId: outgoing, eventId }: Ended): void {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return;
  const { version } = slot.state.durability;
  const word: AnswerDurable = { kind: 'answer_durable', outgoing, eventId, after: [{ sink: STATE_SINK, channelId, version }] };
  setSlot(run, channelId, enqueue(slot, [word], run.work));
  releaseAll(run, channelId);
}

export function acknowledge(run: Run, { channelId, eventId }: Pick<Ended, 'channelId' | 'eventId'>): void {
  stepChannel(run, channelId, { kind: 'command', command: { kind: 'acknowledge', channelId, eventId } });
}
