import type * as Ldk from 'lightningdevkit';
import { serialiseTx } from '../../../core/bitcoin/tx.ts';
import { paymentIdOf } from '../../../core/channel/model/origin.ts';
import { fromHex, toHex } from '../../../core/crypto/bytes.ts';
import type { ChannelId } from '../../../core/crypto/bytes.ts';
import type { DriverCommand } from '../../scenario/border.ts';
import type { Library } from './messages.ts';

type Of<K extends DriverCommand['kind']> = Extract<DriverCommand, { kind: K }>;

/** LDK counts expiries from the block after the newest. */
const NEXT_BLOCK = 1;

/** What users ask of LDK, and why it was refused, if it was. */
export function open(ldk: Library, manager: Ldk.ChannelManager, usual: Ldk.UserConfig, command: Of<'open'>): string | undefined {
  const { peer, fundingSat, pushMsat, temporaryChannelId, format } = command;
  const config = usual.clone();
  const handshake = config.get_channel_handshake_config();
  handshake.set_negotiate_anchors_zero_fee_htlc_tx(format === 'anchors');
  config.set_channel_handshake_config(handshake);
  const id = ldk.ChannelId.constructor_new(fromHex(temporaryChannelId));
  return refusal(manager.create_channel(fromHex(peer), fundingSat, pushMsat, 0n, id, config));
}

/** Over this one channel, whatever LDK's router would choose. */
export function pay(ldk: Library, manager: Ldk.ChannelManager, command: Of<'add'>, height: number): string | undefined {
  const { channelId, origin, amountMsat, paymentHash, cltvExpiry, paymentSecret = paymentHash } = command;
  const details = detailsOf(manager, channelId);
  const scid = details?.get_outbound_payment_scid();
  if (details === undefined || !(scid instanceof ldk.Option_u64Z_Some)) return 'no such channel';
  const peer = details.get_counterparty().get_node_id();
  const none = ldk.NodeFeatures.constructor_empty();
  const features = ldk.ChannelFeatures.constructor_empty();
  const delta = cltvExpiry - height - NEXT_BLOCK;
  const hop = ldk.RouteHop.constructor_new(peer, none, scid.some, features, amountMsat, delta, false);
  const route = ldk.Route.constructor_new([ldk.Path.constructor_new([hop], null)], null);
  const onion = ldk.RecipientOnionFields.constructor_secret_only(fromHex(paymentSecret));
  const id = new Uint8Array(32);
  id.set(fromHex(paymentIdOf(origin) ?? ''));
  return refusal(manager.send_payment_with_route(route, fromHex(paymentHash), onion, id));
}

export function ofChannel(
  ldk: Library,
  manager: Ldk.ChannelManager,
  command: Of<'accept' | 'reject' | 'fund' | 'shutdown' | 'force_close'>,
): string | undefined {
  const id = ldk.ChannelId.constructor_new(fromHex(command.channelId));
  switch (command.kind) {
    case 'accept':
      return refusal(manager.accept_inbound_channel(id, fromHex(command.peer), 0n));
    case 'reject':
      return refusal(manager.force_close_without_broadcasting_txn(id, fromHex(command.peer), command.reason));
    case 'fund':
      return refusal(manager.funding_transaction_generated(id, fromHex(command.peer), fromHex(serialiseTx(command.tx))));
    case 'shutdown':
    case 'force_close': {
      const peer = detailsOf(manager, command.channelId)?.get_counterparty().get_node_id();
      if (peer === undefined) return 'no such channel';
      if (command.kind === 'shutdown') return refusal(manager.close_channel(id, peer));
      return refusal(manager.force_close_broadcasting_latest_txn(id, peer, 'its user wants it'));
    }
  }
}

export function detailsOf(manager: Ldk.ChannelManager, channelId: ChannelId): Ldk.ChannelDetails | undefined {
  return manager.list_channels().find((details) => toHex(details.get_channel_id().get_a()) === channelId);
}

function refusal(result: { is_ok(): boolean; readonly err?: object }): string | undefined {
  return result.is_ok() ? undefined : (result.err?.constructor.name ?? 'no reason');
}
