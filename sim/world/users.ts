import type { ChannelCommand, DeclineCommand } from '../../core/channel/model/channel-vocabulary.ts';
import type { DriverNotification, OfferedHtlc } from '../scenario/border.ts';
import type { ChannelId, Hash32, Hex, Preimage, Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import { txid } from '../../core/bitcoin/tx.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import { channelIdOf } from '../model/channel-end.ts';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import { buildOnion } from '../../core/onion/build.ts';
import type { BuiltOnion } from '../../core/onion/build.ts';
import { encodePayload } from '../../core/onion/payload.ts';
import type { PaymentSecret } from '../../core/onion/payload.ts';
import { otherParty } from './channel-changes.ts';
import type { Host, Presented } from './host.ts';
import { onionOf, referenceOf } from './payments.ts';
import type { Action, DriverEffect, PaymentRecord, Heard } from '../scenario/types.ts';
import type { World } from './world.ts';
import { ownPayment } from '../../core/channel/model/origin.ts';
import type { Origin } from '../../core/channel/model/origin.ts';

/** What users and their hosts do: they answer nodes at once, and otherwise decide nothing by themselves. */

export type Decision = 'fulfill' | 'fail' | 'fail_malformed';

/** BOLT 4: BADONION | PERM | 5, invalid_onion_hmac. */
const INVALID_ONION_HMAC = 0xc005;
/** Rules by which a node refuses a decision for the moment only. */
const NOT_NOW: ReadonlySet<string> = new Set(['channel.not_connected', 'channel.reestablishing', 'channel.before_ready']);
/** Rules by which a node refuses to claim what it fails by itself. */
const FAILED_BY_NODE: ReadonlySet<string> = new Set(['update_fulfill_htlc.deadline', 'update_fulfill_htlc.dust']);

export function answer(world: World, host: Host, effect: Extract<DriverEffect, { kind: 'ask' }>): void {
  const { peer, channelId, question } = effect;
  if (question.kind === 'fund') {
    const coin = world.entropy(`coin/${world.serial++}`) as string as Txid;
    const tx = world.chain.fundingTx(host.walletSecret, coin, question.amountSat, question.script);
    learnFundingId(world, channelId, tx, question.script);
    return world.laterCommand(host, { kind: 'fund', peer, channelId, tx });
  }
  const info = world.infoById(channelId);
  const keysId = world.entropy(`keys/${info?.name ?? channelId}/accepter`) as string as Hash32;
  const upfront = info?.upfrontShutdown === true ? { upfrontShutdownScript: host.walletScript } : {};
  const accept = (script: { readonly upfrontShutdownScript?: Script }, refused: (rule: string) => void): void =>
    world.laterCommand(host, { kind: 'accept', peer, channelId, keysId, ...script }, refused);
  const reject = (rule: string): void => world.laterCommand(host, { kind: 'reject', peer, channelId, reason: rule });
  // Its wallet's script may be of a form that was not negotiated with this peer: then it promises none.
  accept(upfront, (rule) => (rule === 'opening.upfront_shutdown_script' ? accept({}, reject) : reject(rule)));
}

/** Whoever pays for a channel knows its id before any node says it. */
function learnFundingId(world: World, temporaryChannelId: ChannelId, tx: Tx, script: Script): void {
  const vout = tx.outputs.findIndex((output) => output.script === script);
  const info = world.infoById(temporaryChannelId);
  if (info !== undefined) world.changeInfo(info.name, { fundingId: channelIdOf(txid(world.crypto, tx), vout) });
}

export function notified(world: World, host: Host, channelId: ChannelId, notification: DriverNotification): void {
  world.stats.count('event', notification.kind === 'event' ? notification.event.kind : notification.kind);
  if (notification.kind === 'event') heardEvent(world, host, channelId, notification);
  const info = world.infoById(notification.kind === 'opened' ? notification.temporaryChannelId : channelId);
  if (info === undefined) return;
  const heard = heardIn(notification);
  if (heard !== undefined) host.hear(info.name, heard);
  switch (notification.kind) {
    case 'htlc_failed':
      return failedByNode(world, host, info.name, channelId, notification.add);
    case 'htlc_received':
      return presented(world, host, info.name, channelId, notification.add);
    case 'opened':
      return world.changeInfo(info.name, { channelId });
    case 'forgotten':
      return world.changeInfo(info.name, { forgotten: true });
    case 'event':
    case 'failed':
    case 'usable':
    case 'on_chain':
    case 'unanswered':
      return;
  }
}

/** Also of a channel that is not known: not every node says over which one a payment went. */
function heardEvent(
  world: World,
  host: Host,
  channelId: ChannelId,
  { id: eventId, event }: Extract<DriverNotification, { kind: 'event' }>,
): void {
  if (event.kind === 'payment_sent') world.ledger.ended(event.origin, 'sent');
  if (event.kind === 'payment_failed') world.ledger.ended(event.origin, 'failed');
  if (host.spec.acknowledge === 'later') host.unacknowledged.push({ channelId, eventId });
  else world.laterCommand(host, { kind: 'acknowledge', channelId, eventId });
}

function heardIn(notification: DriverNotification): Heard | undefined {
  switch (notification.kind) {
    case 'opened':
      return 'opened';
    case 'failed':
    case 'forgotten':
      return 'ended';
    case 'event':
      if (notification.event.kind === 'channel_usable') return 'usable';
      return notification.event.kind === 'channel_closed' ? 'ended' : undefined;
    case 'usable':
    case 'on_chain':
    case 'htlc_received':
    case 'htlc_failed':
    case 'unanswered':
      return undefined;
  }
}

function presented(world: World, host: Host, channel: string, channelId: ChannelId, add: OfferedHtlc): void {
  const payer = peerIn(world, channel, host.name);
  const payment = world.ledger.received(payer, channel, add, payersOrigin(world, payer, channelId, add.id));
  if (payment === undefined) return;
  host.presented = [...host.presented.filter((known) => known.payment !== payment.name), { payment: payment.name, channelId, add }];
  // A host that has decided once decides the same again: its decision may have been lost in a crash.
  if (payment.decision === undefined && payment.claimAtOnce) resolve(world, host, payment.name, 'fulfill');
  else if (payment.decision !== undefined) resolve(world, host, payment.name, payment.decision);
}

/** The node has failed it: whatever its host would have decided. */
function failedByNode(world: World, host: Host, channel: string, channelId: ChannelId, add: OfferedHtlc): void {
  const payer = peerIn(world, channel, host.name);
  const payment = world.ledger.received(payer, channel, add, payersOrigin(world, payer, channelId, add.id));
  if (payment === undefined) return;
  host.presented = host.presented.filter((known) => known.payment !== payment.name);
  world.ledger.decided(payment.name, 'fail');
}

/** Ids of HTLCs that were never signed for come again after a reconnection: only the payer's node knows which payment it is. */
function payersOrigin(world: World, payer: string, channelId: ChannelId, htlcId: bigint): Origin | undefined {
  const state = world.host(payer).driver.channels?.().get(channelId);
  return state !== undefined && 'host' in state ? state.host.offered.find((known) => known.id === htlcId)?.origin : undefined;
}

export function peerIn(world: World, channel: string, node: string): string {
  const info = world.info(channel);
  if (info === undefined) throw new RangeError(`no channel '${channel}'`);
  return otherParty(info, node);
}

/** The host tells its node, after the step under way, what becomes of a received payment. False if the node never presented it. */
export function resolve(world: World, host: Host, payment: string, decision: Decision): boolean {
  const known = host.presented.find((p) => p.payment === payment);
  const record = world.ledger.get(payment);
  if (known === undefined || record === undefined) return false;
  world.ledger.decided(payment, decision);
  const command = decisionCommand(world, known, record, decision);
  world.laterCommand(host, command, (rule) => {
    if (NOT_NOW.has(rule)) host.owed.push(payment);
    else if (FAILED_BY_NODE.has(rule)) world.ledger.decided(payment, 'fail');
  });
  return true;
}

/** Tells a node again what it could not take while it was disconnected. */
export function resolveOwed(world: World, host: Host): void {
  const { owed } = host;
  host.owed = [];
  for (const payment of owed) resolve(world, host, payment, world.ledger.get(payment)?.decision ?? 'fail');
}

type Terms = Pick<OfferedHtlc, 'amountMsat' | 'cltvExpiry' | 'paymentHash'>;

function decisionCommand(
  world: World,
  { payment, channelId, add }: Presented,
  record: PaymentRecord,
  decision: Decision,
): ChannelCommand | DeclineCommand {
  const target = { channelId, id: add.id };
  if (decision !== 'fulfill' && world.host(record.to).config.payments === 'node') {
    const { amountMsat: htlcMsat } = add;
    const failure = { type: 'incorrect_or_unknown_payment_details', htlcMsat, height: world.height(record.to) } as const;
    return { kind: 'decline', ...target, failure };
  }
  switch (decision) {
    case 'fulfill':
      return { kind: 'fulfill', ...target, preimage: record.preimage as Preimage };
    case 'fail':
      return { kind: 'fail', ...target, reason: world.entropy(`failure/${payment}`) };
    case 'fail_malformed': {
      const sha256OfOnion = toHex<Hash32>(world.crypto.sha256(add.onion));
      return { kind: 'fail_malformed', ...target, sha256OfOnion, failureCode: INVALID_ONION_HMAC };
    }
  }
}

/** A payment over one channel. Returns the reason if the node refused it. */
export function pay(
  world: World,
  action: Omit<Extract<Action, { do: 'pay' }>, 'do' | 'amountMsat'>,
  amountMsat: bigint,
  probe: boolean,
): string | undefined {
  const { as: name, from, channel, cltvDelta } = action;
  const host = world.host(from);
  const channelId = world.idOf(channel) as ChannelId;
  const { preimage, hash } = world.preimage(action.hashOf ?? name);
  const cltvExpiry = host.watch.seenHeight + cltvDelta;
  const to = peerIn(world, channel, from);
  const paymentSecret = invoiceOf(world, to, hash);
  const add = { kind: 'add', channelId, origin: ownPayment(referenceOf(name)), amountMsat, paymentHash: hash, cltvExpiry } as const;
  const refused = world.command(
    host,
    paymentSecret === undefined
      ? { ...add, onion: onionOf(name) }
      : { ...add, paymentSecret, onion: readableOnion(world, name, to, add, paymentSecret) },
  );
  if (refused !== undefined || world.finding !== undefined) return refused;
  const htlcId = offeredId(world, from, channel);
  world.ledger.add({ name, from, to, channel, htlcId, amountMsat, paymentHash: hash, preimage: preimage as Preimage, cltvExpiry, probe });
  return undefined;
}

/** What the recipient's invoice says: it makes one where its node reads onions. */
export function invoiceOf(world: World, to: string, paymentHash: Hash32): Hex | undefined {
  const { driver, config } = world.host(to);
  if (driver.invoice !== undefined) return driver.invoice(paymentHash);
  return config.payments === 'node' ? world.entropy(`invoice/${paymentHash}`) : undefined;
}

/** BOLT 4: what the last hop of a payment finds. */
function readableOnion(world: World, name: string, to: string, { amountMsat, cltvExpiry, paymentHash }: Terms, secret: Hex): Uint8Array {
  const paymentData = { paymentSecret: secret as PaymentSecret, totalMsat: amountMsat };
  const payload = encodePayload({ amtToForwardMsat: amountMsat, outgoingCltvValue: cltvExpiry, paymentData });
  const sessionKey = world.entropy(`onion/${name}`) as string as SecretKey;
  const plan = { sessionKey, hops: [{ nodeId: world.nodeId(to), payload }], associatedData: fromHex(paymentHash) };
  return (buildOnion(world.crypto, plan) as BuiltOnion).packet;
}

/** The id of the newest HTLC that this node offered: read from its state, or counted where the driver shows none. */
export function offeredId(world: World, from: string, channel: string): bigint {
  const state = world.channelState(from, channel);
  if (state !== undefined && 'shared' in state) {
    const add = state.shared.logs[state.params.us].findLast((update) => update.kind === 'add');
    if (add !== undefined) return add.id;
  }
  return BigInt(world.payments.filter((p) => p.from === from && p.channel === channel).length);
}
