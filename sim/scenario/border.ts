import type { Tx } from '../../core/bitcoin/tx.ts';
import type { Origin } from '../../core/channel/model/origin.ts';
import type { ChannelId, Hash32, Hex, Preimage, PublicKey, Script, Txid } from '../../core/crypto/bytes.ts';
import type { NodeCommand, NodeEffect, NodeInput } from '../../core/node/node-vocabulary.ts';
import type { ClaimWord } from '../../core/node/watching/claim-words.ts';
import type { Fact } from '../../core/monitor/facts.ts';
import type { WatcherRecord } from '../../core/monitor/records.ts';

/** What passes the border between a world and a driver: what any implementation can say or be told. */

/** What a driver is told. */
export type DriverInput =
  | Exclude<NodeInput, { kind: 'command' | 'signed' }>
  | { readonly kind: 'signed'; readonly channelId: ChannelId; readonly answer: Extract<NodeInput, { kind: 'signed' }>['answer'] }
  | { readonly kind: 'command'; readonly command: DriverCommand };

/** What users and hosts ask of a node; whatever it cannot do it refuses. `paymentSecret`: as the payee's invoice says, where it makes invoices. */
export type DriverCommand =
  Exclude<NodeCommand, { kind: 'add' }> | (Extract<NodeCommand, { kind: 'add' }> & { readonly paymentSecret?: Hex });

/**
 * What a driver says. Messages are bytes (2-byte type and payload), and stores are what its own `serialise` understands: nobody else looks
 * into them (`storedState` does where a driver shows the states that it stores). Rules are the driver's own names for them.
 */
export type DriverEffect =
  | { readonly kind: 'send'; readonly peer: PublicKey; readonly bytes: Uint8Array; readonly channelId?: ChannelId }
  /**
   * Of one channel, or of `WHOLE_NODE` where a driver keeps all of them together. `records` are appended to those of all stores before it, and come
   * back with what is durable.
   */
  | {
      readonly kind: 'store';
      readonly channelId: ChannelId;
      readonly version: number;
      readonly state: unknown;
      readonly records?: readonly WatcherRecord[];
    }
  | {
      readonly kind: 'broadcast';
      readonly tx: Tx;
      readonly channelId: ChannelId;
      readonly purpose: 'funding' | 'commitment' | 'closing';
    }
  | { readonly kind: 'watch_tx'; readonly txid: Txid }
  | { readonly kind: 'watch_spend'; readonly txid: Txid; readonly vout: number }
  | NotifyEffect
  | {
      readonly kind: 'ask';
      readonly channelId: ChannelId;
      readonly peer: PublicKey;
      readonly question: { readonly kind: 'accept' } | { readonly kind: 'fund'; readonly amountSat: bigint; readonly script: Script };
    }
  | { readonly kind: 'disconnect'; readonly peer: PublicKey; readonly reason: string }
  | { readonly kind: 'refused'; readonly command: NodeCommand['kind']; readonly rule: string; readonly detail: string }
  | {
      readonly kind: 'violated';
      readonly peer: PublicKey;
      readonly channelId: ChannelId | undefined;
      readonly rule: string;
      readonly detail: string;
    }
  /** Said by those that deal with payments across channels themselves. */
  | Extract<NodeEffect, { kind: 'store_record' | 'forget_record' | 'ask_route' | 'payment' }>
  /** Said by those that have watchers, signers and stores of their own kinds: never needed. */
  | Extract<NodeEffect, { kind: 'check_output' | 'monitor' | 'sign' | 'added' | 'heard' | 'forget' | 'chain_refused' }>
  /** Said by those that claim on the chain what is their own. */
  | ClaimWord;

export interface NotifyEffect {
  readonly kind: 'notify';
  readonly channelId: ChannelId;
  readonly event: DriverNotification;
}

/** What a node tells its host. `event` again and again until it is acknowledged; after a restart the others may come again, too. */
export type DriverNotification =
  | { readonly kind: 'event'; readonly id: number; readonly event: DriverEvent }
  | { readonly kind: 'opened'; readonly peer: PublicKey; readonly temporaryChannelId: ChannelId }
  | { readonly kind: 'usable' }
  | { readonly kind: 'failed'; readonly rule: string; readonly reason: string }
  /** The host answers fulfill, fail or fail_malformed, sooner or later. */
  | { readonly kind: 'htlc_received'; readonly add: OfferedHtlc }
  /** The node fails it by itself. */
  | { readonly kind: 'htlc_failed'; readonly add: OfferedHtlc; readonly rule: string; readonly reason: string }
  | { readonly kind: 'unanswered'; readonly message: string; readonly sinceHeight: number }
  | { readonly kind: 'on_chain'; readonly fact: Fact }
  | { readonly kind: 'forgotten'; readonly peer: PublicKey; readonly rule: string; readonly reason: string };

export type DriverEvent =
  | { readonly kind: 'payment_sent'; readonly origin: Origin; readonly paymentHash: Hash32; readonly preimage: Preimage }
  | { readonly kind: 'payment_failed'; readonly origin: Origin; readonly paymentHash: Hash32 }
  | { readonly kind: 'channel_usable' }
  | { readonly kind: 'channel_closed'; readonly closingTxid: Txid };

/** An HTLC that a peer offers, as its node presents it. */
export interface OfferedHtlc {
  readonly id: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly cltvExpiry: number;
  readonly onion: Uint8Array;
}

/**
 * What a node shows of one of its channels, in words of any implementation: what a wallet would show its user. Two honest nodes that are quiet and
 * have nothing `pending` show the same, each from its own side.
 */
export interface ChannelView {
  /** It carries payments now: ready, connected, and nobody is closing it. */
  readonly usable: boolean;
  /** There are updates that not both commitments have for good: then the rest need not be equal at both ends. */
  readonly pending: boolean;
  readonly feeratePerKw: number;
  /** Beside HTLCs and before any fee, in millisatoshi; undefined where a node does not know, as below its reserve. */
  readonly balanceMsat: { readonly ours: bigint | undefined; readonly theirs: bigint | undefined };
  /** On both commitments, in the order of their ids. */
  readonly htlcs: { readonly offered: readonly HtlcView[]; readonly received: readonly HtlcView[] };
}
export type HtlcView = Pick<OfferedHtlc, 'id' | 'amountMsat' | 'paymentHash' | 'cltvExpiry'>;
