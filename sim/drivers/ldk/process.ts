import type * as Ldk from 'lightningdevkit';
import { serialiseTx } from '../../../core/bitcoin/tx.ts';
import type { ChainInput } from '../../../core/chain/update.ts';
import { fromHex } from '../../../core/crypto/bytes.ts';
import type { Hash32, PublicKey } from '../../../core/crypto/bytes.ts';
import { INIT, toPeer, withType } from './messages.ts';
import type { Library, ToPeer } from './messages.ts';
import type { Surroundings } from './surroundings.ts';

/** LDK between a start and a crash. Whatever it hands out is kept here: the bindings only hold it weakly. */
export class Process {
  readonly manager: Ldk.ChannelManager;
  readonly handler: Ldk.ChannelMessageHandler;
  private readonly ldk: Library;
  private readonly around: Surroundings;
  private readonly outgoing: Ldk.MessageSendEventsProvider;
  private readonly happening: readonly Ldk.EventsProvider[];
  private readonly confirms: readonly Ldk.Confirm[];

  constructor(around: Surroundings, manager: Ldk.ChannelManager) {
    const { ldk, chainMonitor } = around;
    this.ldk = ldk;
    this.around = around;
    this.manager = manager;
    this.handler = manager.as_ChannelMessageHandler();
    this.outgoing = manager.as_MessageSendEventsProvider();
    this.happening = [manager.as_EventsProvider(), chainMonitor.as_EventsProvider()];
    this.confirms = [chainMonitor.as_Confirm(), manager.as_Confirm()];
  }

  get config(): Ldk.UserConfig {
    return this.around.config;
  }

  /** Our init, as the message handler would have it. */
  init(peer: PublicKey): Uint8Array {
    const { ldk } = this;
    const features = this.handler.provided_init_features(fromHex(peer));
    const networks = ldk.Option_CVec_ThirtyTwoBytesZZ.constructor_none();
    return withType(INIT, ldk.Init.constructor_new(features, networks, ldk.Option_SocketAddressZ.constructor_none()));
  }

  /** The peer's init has come. False where LDK will have nothing to do with it. */
  met(peer: PublicKey, bytes: Uint8Array): boolean {
    const read = this.ldk.Init.constructor_read(bytes.subarray(2));
    return read instanceof this.ldk.Result_InitDecodeErrorZ_OK && this.handler.peer_connected(fromHex(peer), read.res, true).is_ok();
  }

  chain({ fork, blocks, tip }: ChainInput): void {
    const { ldk } = this;
    for (const confirm of this.confirms) {
      for (const known of confirm.get_relevant_txids()) {
        if (known.get_b() > fork.height) confirm.transaction_unconfirmed(known.get_a());
      }
      for (const { height, hash, transactions } of blocks) {
        const list = transactions.map(({ index, tx }) => ldk.TwoTuple_usizeTransactionZ.constructor_new(index, fromHex(serialiseTx(tx))));
        confirm.transactions_confirmed(header(hash), list, height);
      }
      confirm.best_block_updated(header(tip.hash), tip.height);
    }
  }

  messages(): readonly ToPeer[] {
    return this.outgoing.get_and_clear_pending_msg_events().flatMap((event) => toPeer(this.ldk, event) ?? []);
  }

  /** What has happened since it was asked last. What can be forwarded is. */
  events(): readonly Ldk.Event[] {
    const { ldk, manager } = this;
    const list: Ldk.Event[] = [];
    const handler = ldk.EventHandler.new_impl({
      handle_event(event) {
        list.push(event);
        return ldk.Result_NoneReplayEventZ.constructor_ok();
      },
    });
    for (const provider of this.happening) provider.process_pending_events(handler);
    if (list.some((event) => event instanceof ldk.Event_PendingHTLCsForwardable)) manager.process_pending_htlc_forwards();
    return list;
  }
}

/** A header whose hash nobody computes: LDK is told of a block by it, and compares it with others. */
function header(hash: Hash32): Uint8Array {
  const bytes = new Uint8Array(80);
  bytes.set(fromHex(hash), 4);
  return bytes;
}
