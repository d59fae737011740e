import type * as Ldk from 'lightningdevkit';
import { parseTx } from '../../../core/bitcoin/parse.ts';
import { txid } from '../../../core/bitcoin/tx.ts';
import type { Tx } from '../../../core/bitcoin/tx.ts';
import { ownPayment } from '../../../core/channel/model/origin.ts';
import { toHex } from '../../../core/crypto/bytes.ts';
import type { ChannelId, Hash32, Preimage, PublicKey, RawTx, Script, Txid } from '../../../core/crypto/bytes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import type { DriverEffect, DriverEvent, DriverNotification } from '../../scenario/border.ts';
import { WHOLE_NODE } from '../../scenario/sinks.ts';
import type { Library } from './messages.ts';
import type { Incoming } from './stored.ts';

/** Of a host's name for a payment, in bytes. */
const REFERENCE_SIZE = 16;
/** Of a rule that LDK's words name. */
const LONGEST_NAME = 60;
const CLOSING_SEQUENCE = 0xffffffff;

/** What a node has to know to understand an event. */
export interface Known {
  readonly ldk: Library;
  readonly incoming: readonly Incoming[];
  /** By funding outpoint (`outpointKey`). */
  readonly monitors: ReadonlyMap<string, { readonly channelId: ChannelId }>;
  /** Mutual closes that were broadcast. */
  readonly closings: ReadonlyMap<ChannelId, Txid>;
  nextEventId(): number;
}

/** What LDK tells, in the words of the border. Nothing of what only concerns itself. */
export function happened(known: Known, event: Ldk.Event): readonly DriverEffect[] {
  const { ldk } = known;
  if (event instanceof ldk.Event_OpenChannelRequest) {
    const peer = toHex<PublicKey>(event.counterparty_node_id);
    return [{ kind: 'ask', channelId: idOf(event.temporary_channel_id), peer, question: { kind: 'accept' } }];
  }
  if (event instanceof ldk.Event_FundingGenerationReady) {
    const { channel_value_satoshis: amountSat, output_script } = event;
    const peer = toHex<PublicKey>(event.counterparty_node_id);
    const question = { kind: 'fund' as const, amountSat, script: toHex<Script>(output_script) };
    return [{ kind: 'ask', channelId: idOf(event.temporary_channel_id), peer, question }];
  }
  if (event instanceof ldk.Event_ChannelPending) {
    const peer = toHex<PublicKey>(event.counterparty_node_id);
    return notify(idOf(event.channel_id), { kind: 'opened', peer, temporaryChannelId: idOf(event.former_temporary_channel_id) });
  }
  if (event instanceof ldk.Event_ChannelReady) return numbered(known, idOf(event.channel_id), { kind: 'channel_usable' });
  if (event instanceof ldk.Event_PaymentClaimable) return claimable(known, idOf(event.via_channel_id), toHex(event.payment_hash));
  if (event instanceof ldk.Event_PaymentSent || event instanceof ldk.Event_PaymentFailed) return paid(known, event);
  return event instanceof ldk.Event_ChannelClosed ? closed(known, event) : [];
}

function notify(channelId: ChannelId, event: DriverNotification): readonly DriverEffect[] {
  return [{ kind: 'notify', channelId, event }];
}

function numbered(known: Known, channelId: ChannelId, event: DriverEvent): readonly DriverEffect[] {
  return notify(channelId, { kind: 'event', id: known.nextEventId(), event });
}

function claimable({ incoming }: Known, channelId: ChannelId, hash: string): readonly DriverEffect[] {
  const same = incoming.filter((known) => known.channelId === channelId && known.add.paymentHash === hash);
  return same.flatMap(({ add }) => notify(channelId, { kind: 'htlc_received', add }));
}

/** LDK does not say over which channel. */
function paid(known: Known, event: Ldk.Event_PaymentSent | Ldk.Event_PaymentFailed): readonly DriverEffect[] {
  const origin = ownPayment(toHex(bytesIn(known.ldk, event.payment_id).subarray(0, REFERENCE_SIZE)));
  const paymentHash = toHex<Hash32>(bytesIn(known.ldk, event.payment_hash));
  if (event instanceof known.ldk.Event_PaymentFailed) return numbered(known, WHOLE_NODE, { kind: 'payment_failed', origin, paymentHash });
  const preimage = toHex<Preimage>(event.payment_preimage);
  return numbered(known, WHOLE_NODE, { kind: 'payment_sent', origin, paymentHash, preimage });
}

function bytesIn(ldk: Library, value: Uint8Array | Ldk.Option_ThirtyTwoBytesZ): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return value instanceof ldk.Option_ThirtyTwoBytesZ_Some ? value.some : new Uint8Array(32);
}

function closed(known: Known, { channel_id, reason, counterparty_node_id }: Ldk.Event_ChannelClosed): readonly DriverEffect[] {
  const channelId = idOf(channel_id);
  const kind = reason.constructor.name.replace('ClosureReason_', '');
  const why = reason instanceof known.ldk.ClosureReason_ProcessingError ? reason.err : kind;
  // A bug has one name, whatever the amounts.
  const rule = why.replace(/[^A-Za-z_]+/g, '-').slice(0, LONGEST_NAME);
  const closingTxid = known.closings.get(channelId);
  const funded = [...known.monitors.values()].some((monitor) => monitor.channelId === channelId);
  if (!funded) return notify(channelId, { kind: 'forgotten', peer: toHex<PublicKey>(counterparty_node_id), rule, reason: why });
  if (closingTxid !== undefined && rule.includes('Cooperative')) return numbered(known, channelId, { kind: 'channel_closed', closingTxid });
  return notify(channelId, { kind: 'failed', rule, reason: why });
}

/** A transaction that LDK broadcasts, where it is one of the channel's own: a world has no word for claims of a commitment's outputs yet. */
export function broadcasts(
  crypto: Crypto,
  monitors: Known['monitors'],
  bytes: Uint8Array,
): readonly Extract<DriverEffect, { kind: 'broadcast' }>[] {
  const tx = parseTx(toHex<RawTx>(bytes)) as Tx;
  const [first] = tx.inputs;
  const spent = first && monitors.get(outpointKey(first));
  const id = txid(crypto, tx);
  const funded = tx.outputs.flatMap((_, vout) => monitors.get(outpointKey({ txid: id, vout })) ?? []);
  const purpose = first?.sequence === CLOSING_SEQUENCE ? 'closing' : 'commitment';
  return [
    ...(spent === undefined ? [] : [{ kind: 'broadcast' as const, tx, channelId: spent.channelId, purpose } as const]),
    ...funded.map(({ channelId }) => ({ kind: 'broadcast' as const, tx, channelId, purpose: 'funding' }) as const),
  ];
}

export function outpointKey({ txid: id, vout }: { readonly txid: Txid; readonly vout: number }): string {
  return `${id}:${vout}`;
}

export function idOf(id: Ldk.ChannelId): ChannelId {
  return toHex<ChannelId>(id.get_a());
}
