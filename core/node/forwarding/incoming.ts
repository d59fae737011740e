import type { ChannelCommand, DeclineCommand, HtlcIrrevocable } from '../../channel/model/channel-vocabulary.ts';
import { acceptedPolicies } from '../../channel/announce/channel-update.ts';
import type { AddUpdate } from '../../channel/model/state.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import type { Instruction } from '../../onion/instruction.ts';
import type { ReadOnion } from '../../onion/reader.ts';
import { expiryFault, permanently, policyFault, temporarily, unknownNextPeer } from '../../payments/forwarding.ts';
import type { NotForwarded } from '../../payments/forwarding.ts';
import type { RuleId } from '../../rules.ts';
import { stepChannel } from '../channels.ts';
import { isAccepted } from '../payments/replays.ts';
import { claimAll, isClaimed, isExpected, receive } from '../payments/receive.ts';
import { onionsOf } from '../node-vocabulary.ts';
import type { Run } from '../run.ts';
import { failHtlc, fulfillHtlc, incomingHtlc, notForwarded, recordOf, refuseHtlc } from './answer-htlc.ts';
import { linkOf } from './links.ts';
import type { Link } from './links.ts';
import { channelTo } from './next-channel.ts';
import { htlcResolved } from './resolved.ts';
import { dropWaiting, hand } from './waiting.ts';

type Forward = Extract<Instruction, { kind: 'forward' }>;

/**
 * Both sides are bound to an incoming HTLC, and that is durable: it is forwarded, presented to its host, or failed. Said again whenever its
 * channel has shown that it is current: what was decided stays so.
 */
export function htlcIrrevocable(run: Run, word: HtlcIrrevocable): void {
  const { channelId, add, unacceptable } = word;
  if (run.env.config.payments === 'host') {
    run.effects.push({ kind: 'notify', channelId, event: { kind: 'htlc_received', add } });
    return;
  }
  const channel = run.state.channels.get(channelId)?.state;
  if (channel === undefined || recordOf(channel, add.id)?.answered !== undefined) return;
  // It was decided, and nothing takes that back: not even that it is late.
  if (isClaimed(run, channelId, add)) return claimAll(run, add.paymentHash);
  const link = linkOf(run.state, channelId, add.id);
  if (link?.kind === 'resolved') return htlcResolved(run, link);
  if (unacceptable !== undefined) return failUnacceptable(run, channelId, add, unacceptable, link);
  if (link === undefined && isAccepted(run, word)) decide(run, word);
}

/** Its own rules forbid it, or it has come too near to its expiry: also where what became of the outgoing HTLC is not known. */
function failUnacceptable(run: Run, channelId: ChannelId, add: AddUpdate, rule: RuleId, link: Link | undefined): void {
  if (link?.kind === 'waiting') dropWaiting(run, link.channelId, channelId, add.id);
  const { failure } = link?.kind === 'offered' ? permanently('') : temporarily('');
  refuseHtlc(run, channelId, add, { rule, detail: `HTLC ${add.id} can't be kept any longer`, cause: { kind: 'own', failure } });
}

function decide(run: Run, word: HtlcIrrevocable): void {
  const { channelId, add } = word;
  const read = onionsOf(run.env).read(add);
  const { verdict } = read;
  if (!verdict.ok) return refuseHtlc(run, channelId, add, verdict);
  const { instruction } = verdict;
  switch (instruction.kind) {
    case 'forward': {
      const fault = forward(run, word, instruction, read);
      return fault && notForwarded(run, channelId, add, fault);
    }
    case 'receive':
      if (isExpected(run, add, instruction)) return receive(run, channelId, add, instruction);
      run.effects.push({ kind: 'notify', channelId, event: { kind: 'htlc_received', add, instruction } });
      return;
  }
}

/** Hands it to the channel that it goes on by; or says why not. */
function forward(
  run: Run,
  { channelId, add, isNew }: HtlcIrrevocable,
  instruction: Forward,
  { next }: ReadOnion,
): NotForwarded | undefined {
  const target = channelTo(run.state, instruction.next);
  if (target === undefined || next === undefined) return unknownNextPeer('no usable channel of this name');
  const { amountMsat, cltvExpiry, pathKey } = instruction;
  const fault = faultOfPolicies(run, target, add, instruction) ?? expiryFault(run.env.config, cltvExpiry, run.state.tip.height);
  if (fault !== undefined) return fault;
  const origin = { kind: 'forward', channelId, htlcId: add.id } as const;
  return hand(run, target, { origin, amountMsat, paymentHash: add.paymentHash, cltvExpiry, onion: next, pathKey }, isNew);
}

/** What is asked for now, or was asked for until a short while ago: whoever keeps one of both is served. */
function faultOfPolicies({ env, state }: Run, target: ChannelId, add: AddUpdate, instruction: Forward): NotForwarded | undefined {
  const channel = state.channels.get(target)?.state;
  if (channel === undefined) return unknownNextPeer('no such channel');
  const [fault, ...others] = acceptedPolicies(env.config, channel, state.nowMs).map((policy) => policyFault(policy, add, instruction));
  return others.includes(undefined) ? undefined : fault;
}

/** Its host does not want it. */
export function decline(run: Run, { channelId, id, failure }: DeclineCommand): void {
  const refuse = (rule: RuleId, detail: string): void => {
    run.effects.push({ kind: 'refused', command: 'decline', rule, detail });
  };
  if (run.env.config.payments === 'host') return refuse('node.host_pays', 'answer with fail or fail_malformed');
  const channel = run.state.channels.get(channelId)?.state;
  if (channel === undefined) return refuse('node.no_such_channel', `no channel ${channelId}`);
  const add = incomingHtlc(channel, id);
  // The channel says so.
  if (add === undefined) return stepChannel(run, channelId, { kind: 'command', command: { kind: 'fail', channelId, id, reason: '' } });
  failHtlc(run, channelId, add, { kind: 'own', failure });
}

/** Its host claims it. False where the channel is asked as it stands: the host deals with payments, or there is no such HTLC. */
export function claim(run: Run, { channelId, id, preimage }: Extract<ChannelCommand, { kind: 'fulfill' }>): boolean {
  const channel = run.state.channels.get(channelId)?.state;
  const add = channel && incomingHtlc(channel, id);
  if (run.env.config.payments === 'host' || add === undefined) return false;
  fulfillHtlc(run, channelId, add, preimage, undefined);
  return true;
}
