import type * as Ldk from 'lightningdevkit';
import { toHex } from '../../../core/crypto/bytes.ts';
import type { PublicKey } from '../../../core/crypto/bytes.ts';

export type Library = typeof Ldk;

/** The messages that both sides speak, by type: LDK's class, and the method of its handler. */
const MESSAGES = {
  17: ['ErrorMessage', 'handle_error'],
  32: ['OpenChannel', 'handle_open_channel'],
  33: ['AcceptChannel', 'handle_accept_channel'],
  34: ['FundingCreated', 'handle_funding_created'],
  35: ['FundingSigned', 'handle_funding_signed'],
  36: ['ChannelReady', 'handle_channel_ready'],
  38: ['Shutdown', 'handle_shutdown'],
  39: ['ClosingSigned', 'handle_closing_signed'],
  128: ['UpdateAddHTLC', 'handle_update_add_htlc'],
  130: ['UpdateFulfillHTLC', 'handle_update_fulfill_htlc'],
  131: ['UpdateFailHTLC', 'handle_update_fail_htlc'],
  132: ['CommitmentSigned', 'handle_commitment_signed'],
  133: ['RevokeAndACK', 'handle_revoke_and_ack'],
  134: ['UpdateFee', 'handle_update_fee'],
  135: ['UpdateFailMalformedHTLC', 'handle_update_fail_malformed_htlc'],
  136: ['ChannelReestablish', 'handle_channel_reestablish'],
  258: ['ChannelUpdate', 'handle_channel_update'],
  259: ['AnnouncementSignatures', 'handle_announcement_signatures'],
} as const satisfies Readonly<Record<number, readonly [keyof Library, keyof Ldk.ChannelMessageHandler]>>;

export const INIT = 16;
const WARNING = 1;

/** Anything that writes itself without its type. */
interface Writeable {
  write(): Uint8Array;
}
type Handle = (this: Ldk.ChannelMessageHandler, peer: Uint8Array, message: Writeable) => void;
interface Readable {
  constructor_read(bytes: Uint8Array): { readonly is_ok: () => boolean; readonly res?: Writeable };
}

export function withType(type: number, message: Writeable): Uint8Array {
  const body = message.write();
  const bytes = new Uint8Array(2 + body.length);
  bytes[0] = type >> 8;
  bytes[1] = type & 255;
  bytes.set(body, 2);
  return bytes;
}

/** What LDK wants to do to a peer. */
export interface ToPeer {
  readonly peer: PublicKey;
  readonly send: readonly Uint8Array[];
  readonly disconnect: boolean;
}

/** One event of LDK's message queue, as messages in the order in which they go out. */
export function toPeer(ldk: Library, event: Ldk.MessageSendEvent): ToPeer | undefined {
  const { node_id, msg, updates, action } = event as Ldk.MessageSendEvent & Fields;
  if (node_id === undefined) return undefined;
  const peer = toHex<PublicKey>(node_id);
  if (msg !== undefined) return { peer, send: bytesOf(ldk, [msg]), disconnect: false };
  if (updates !== undefined) {
    return { peer, send: bytesOf(ldk, inOrder(updates)), disconnect: false };
  }
  const said = (action as { readonly msg?: Writeable } | undefined)?.msg;
  const disconnect = action instanceof ldk.ErrorAction_DisconnectPeer || action instanceof ldk.ErrorAction_DisconnectPeerWithWarning;
  return { peer, send: said === undefined || isNull(said) ? [] : bytesOf(ldk, [said]), disconnect };
}

interface Fields {
  readonly node_id?: Uint8Array;
  readonly msg?: Writeable;
  readonly updates?: Ldk.CommitmentUpdate;
  readonly action?: Ldk.ErrorAction;
}

function inOrder(updates: Ldk.CommitmentUpdate): readonly Writeable[] {
  const fee = updates.get_update_fee();
  return [
    ...updates.get_update_add_htlcs(),
    ...updates.get_update_fulfill_htlcs(),
    ...updates.get_update_fail_htlcs(),
    ...updates.get_update_fail_malformed_htlcs(),
    ...(isNull(fee) ? [] : [fee]),
    updates.get_commitment_signed(),
  ];
}

/** The bindings give an object for nothing, too. */
function isNull(object: object): boolean {
  return (object as { readonly ptr: bigint }).ptr === 0n;
}

function bytesOf(ldk: Library, messages: readonly Writeable[]): Uint8Array[] {
  return messages.flatMap((message) => {
    if (message instanceof ldk.WarningMessage) return [withType(WARNING, message)];
    const known = Object.entries(MESSAGES).find(([, [name]]) => message instanceof ldk[name]);
    // Gossip goes to nobody here.
    return known === undefined ? [] : [withType(Number(known[0]), message)];
  });
}

/** Hands a message to LDK. False where it cannot be read. */
export function receive(ldk: Library, handler: Ldk.ChannelMessageHandler, peer: Uint8Array, bytes: Uint8Array): boolean {
  const type = ((bytes[0] as number) << 8) | (bytes[1] as number);
  const known = (MESSAGES as Readonly<Record<number, readonly [keyof Library, keyof Ldk.ChannelMessageHandler]>>)[type];
  if (known === undefined) return type % 2 === 1;
  const read = (ldk[known[0]] as unknown as Readable).constructor_read(bytes.subarray(2));
  if (!read.is_ok() || read.res === undefined) return false;
  (handler[known[1]] as Handle).call(handler, peer, read.res);
  return true;
}
