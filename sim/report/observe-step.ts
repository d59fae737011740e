import type { ChainInput } from '../../core/chain/update.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { isPaymentCommand } from '../../core/payments/commands.ts';
import type { PaymentCommand } from '../../core/payments/commands.ts';
import { nameOfSink, sinkOf } from '../../core/payments/records.ts';
import { printShortChannelId } from '../../core/wire/short-channel-id.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { decodeMessage } from '../../core/wire/messages/index.ts';
import type { DriverCommand } from '../scenario/border.ts';
import type { DriverEffect, StepRecord, WorldView } from '../scenario/types.ts';
import { channelInWords } from './describe-channel.ts';
import { grouped, msat, plural } from '../scenario/text.ts';

/** One step of one node, ready to be drawn: names instead of keys, text instead of states. */
export interface ChartStep {
  readonly timeMs: number;
  readonly at: WorldView['at'];
  readonly node: string;
  readonly event:
    | { readonly kind: 'message'; readonly from: string; readonly label: string }
    | { readonly kind: 'connected' | 'disconnected'; readonly peer: string }
    | { readonly kind: 'crash' }
    | { readonly kind: 'stored'; readonly text: string }
    /** `quiet`: blocks in which there is nothing for this node. */
    | { readonly kind: 'other'; readonly text: string; readonly quiet?: { readonly from: number; readonly to: number } };
  readonly sent: readonly { readonly to: string; readonly label: string }[];
  /** What the node did beside sending. */
  readonly did: readonly string[];
  /** Its channels after the step, by the channel's name. */
  readonly channels: ReadonlyMap<string, string>;
}

/** What a chart needs of a step. Called while the world stands right after it. */
export function observeStep(world: WorldView, record: StepRecord): ChartStep {
  const channels = new Map<string, string>();
  for (const { name, opener, accepter } of world.channels) {
    if (opener !== record.node && accepter !== record.node) continue;
    const state = world.channelState(record.node, name);
    if (state) channels.set(name, channelInWords(state));
  }
  const sent = record.effects.flatMap((effect) =>
    effect.kind === 'send' ? [{ to: world.nodeName(effect.peer), label: messageLabel(world, effect.bytes) }] : [],
  );
  const did = record.effects.flatMap((effect) => didLabel(world, effect));
  return { timeMs: record.timeMs, at: world.at, node: record.node, event: eventOf(world, record), sent, did, channels };
}

function eventOf(world: WorldView, { input, tampered, forbidden }: StepRecord): ChartStep['event'] {
  switch (input.kind) {
    case 'received':
      return {
        kind: 'message',
        from: world.nodeName(input.peer),
        label: `${tampered === undefined ? '' : 'BREACH '}${messageLabel(world, input.bytes)}`,
      };
    case 'connected':
    case 'disconnected':
      return { kind: input.kind, peer: world.nodeName(input.peer) };
    case 'crash':
      return { kind: 'crash' };
    case 'restart':
      return { kind: 'other', text: 'restart' };
    case 'stored': {
      const what = input.sink.kind === 'state' ? 'state' : `watcher ${input.sink.name}`;
      return { kind: 'stored', text: `${channelName(world, input.channelId)} ${what} ${input.version} is durable` };
    }
    case 'record_stored':
      return { kind: 'stored', text: `${nameOfSink(input.sink)} ${input.version} is durable` };
    case 'chain':
      return blocksSeen(input);
    case 'signed':
      return { kind: 'other', text: `has from its signer: ${input.answer.kind}` };
    case 'output_checked':
    case 'output_spent':
      return { kind: 'other', text: `hears of the output of ${printShortChannelId(input.shortChannelId)}` };
    case 'time':
      return { kind: 'other', text: `hears that it is ${grouped(input.nowMs)} ms` };
    case 'feerate':
      return { kind: 'other', text: `estimates ${grouped(input.feeratePerKw)} sat/kw` };
    case 'coins':
      return {
        kind: 'other',
        text: `is given ${plural(input.coins.length, 'coin')} for a claim in ${channelName(world, input.channelId)}`,
      };
    case 'coin_lost':
      return { kind: 'other', text: 'hears that a coin is gone' };
    case 'claim_signed':
      return { kind: 'other', text: `has a claim in ${channelName(world, input.channelId)} signed` };
    case 'seen':
      return { kind: 'other', text: 'sees a transaction in a mempool' };
    case 'command':
      return { kind: 'other', text: `${forbidden === undefined ? '' : 'FORBIDDEN '}${commandLabel(world, input.command)}` };
  }
}

function blocksSeen({ fork, blocks, tip }: ChainInput): ChartStep['event'] {
  const count = blocks.reduce((sum, { transactions }) => sum + transactions.length, 0);
  const from = fork.height + 1;
  const text = blocksText(from, tip.height);
  return count > 0 ? { kind: 'other', text: `${text} with ${count} tx` } : { kind: 'other', text, quiet: { from, to: tip.height } };
}

export function blocksText(from: number, to: number): string {
  return from === to ? `block ${to}` : `blocks ${from} to ${to}`;
}

function channelName(world: WorldView, id: ChannelId): string {
  return world.channels.find((channel) => channel.channelId === id)?.name ?? '';
}

function commandLabel(world: WorldView, command: DriverCommand): string {
  if (isPaymentCommand(command)) return paymentLabel(command);
  if (command.kind === 'announce_node') return 'announce itself';
  if (command.kind === 'open') return `open ${grouped(command.fundingSat)} sat to ${world.nodeName(command.peer)}`;
  const name = channelName(world, command.channelId);
  switch (command.kind) {
    case 'add':
      return `add ${msat(command.amountMsat)} to ${name}`;
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
    case 'decline':
      return `${command.kind} ${command.id} in ${name}`;
    case 'fee':
      return `fee ${grouped(command.feeratePerKw)} in ${name}`;
    case 'acknowledge':
      return `acknowledge event ${command.eventId} of ${name}`;
    case 'accept':
    case 'reject':
    case 'fund':
    case 'commit':
    case 'policy':
    case 'shutdown':
    case 'force_close':
      return `${command.kind} ${name}`.trimEnd();
  }
}

function paymentLabel(command: PaymentCommand): string {
  switch (command.kind) {
    case 'pay':
    case 'no_route':
    case 'forget_payment':
      return `${command.kind} ${command.paymentId}`;
    case 'route':
      return `${plural(command.routes.length, 'route')} for ${command.paymentId}`;
    case 'create_invoice':
      return command.amountMsat === undefined ? 'create_invoice' : `create_invoice for ${msat(command.amountMsat)}`;
    case 'claim':
    case 'decline_payment':
    case 'forget_invoice':
      return `${command.kind} ${command.paymentHash.slice(0, 8)}`;
  }
}

/** The BOLT's name and the few fields that tell messages of one kind apart; the channel, where there are several. */
function messageLabel(world: WorldView, bytes: Uint8Array): string {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return `${decoded.error.messageName ?? `type ${decoded.error.messageType}`} (${decoded.error.kind})`;
  const { message } = decoded;
  const channel = world.channels.length > 1 && 'channelId' in message ? channelName(world, message.channelId) : '';
  return [message.type, channel, ...details(message)].filter((part) => part !== '').join(' ');
}

function details(message: Message): string[] {
  switch (message.type) {
    case 'update_add_htlc':
      return [`${message.id}`, msat(message.amountMsat)];
    case 'update_fulfill_htlc':
    case 'update_fail_htlc':
    case 'update_fail_malformed_htlc':
      return [`${message.id}`];
    case 'update_fee':
      return [`${message.feeratePerKw}`];
    case 'commitment_signed':
      return message.htlcSignatures.length > 0 ? [`+${message.htlcSignatures.length} HTLC`] : [];
    case 'channel_reestablish':
      return [`${message.nextCommitmentNumber}/${message.nextRevocationNumber}`];
    default:
      return [];
  }
}

function didLabel(world: WorldView, effect: DriverEffect): string[] {
  switch (effect.kind) {
    case 'store':
      return [`store ${channelName(world, effect.channelId)} v${effect.version}`];
    case 'monitor':
      return [`tell ${effect.watcher} ${effect.id} ${effect.update.kind}`];
    case 'broadcast':
      return [`broadcast ${effect.purpose}`];
    case 'claim':
      return [`claim ${effect.claim}`];
    case 'ask_coins':
      return [`ask for coins: ${grouped(effect.amountSat)} sat`];
    case 'release_coins':
      return [`give back ${plural(effect.coins.length, 'coin')}`];
    case 'sign_claim':
      return ['ask the signer: claim'];
    case 'forget':
      return ['forget'];
    case 'disconnect':
      return [`hang up: ${effect.reason}`];
    case 'chain_refused':
      return [`refused: ${effect.refusal.detail}`];
    case 'refused':
      return [`refused: ${effect.rule}`];
    case 'violated':
      return [`broken: ${effect.rule}`];
    case 'heard':
      return [`hears the ${effect.message}: ${effect.text}`];
    case 'notify':
      return [effect.event.kind === 'event' ? effect.event.event.kind : effect.event.kind];
    case 'ask':
      return [`ask ${effect.question.kind}`];
    case 'store_record':
      return [`store ${nameOfSink(sinkOf(effect.record))} v${effect.version}`];
    case 'forget_record':
      return [`forget ${nameOfSink(effect.sink)}`];
    case 'ask_route':
      return [`ask for ${msat(effect.question.amountMsat)} of routes`];
    case 'payment':
      return [effect.event.kind];
    case 'check_output':
      return [`ask the chain for the output of ${printShortChannelId(effect.shortChannelId)}`];
    case 'sign':
      return [`ask the signer: ${effect.duty.kind}`];
    case 'send':
    case 'added':
    case 'watch_tx':
    case 'watch_spend':
    case 'watch_output':
      return [];
  }
}
