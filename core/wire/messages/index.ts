import type { ChannelId } from '../../crypto/bytes.ts';
import type { WireErrorKind } from '../codec.ts';
import type { FeatureName } from '../features.ts';
import { Reader, WireFailure, written } from '../reader-writer.ts';
import type { Speaks } from '../reader-writer.ts';
import { MAX_MESSAGE_SIZE } from '../limits.ts';
import type { MessageDeclaration, MessageGroup, MessageOf } from '../message.ts';
import * as closing from './closing.ts';
import * as control from './control.ts';
import * as establishment from './establishment.ts';
import * as gossip from './gossip.ts';
import * as interactive from './interactive.ts';
import * as operation from './operation.ts';
import type { WIRE_RULES } from '../rules.ts';

export type * from './closing.ts';
export type * from './control.ts';
export type * from './establishment.ts';
export type * from './gossip.ts';
export type * from './interactive.ts';
export type * from './operation.ts';

export type { MessageGroup } from '../message.ts';

const declarations = [closing, control, establishment, gossip, interactive, operation].flatMap((file) => Object.values(file));

type Declarations = typeof closing & typeof control & typeof establishment & typeof gossip & typeof interactive & typeof operation;
type AnyDeclaration = Declarations[keyof Declarations];

/** Every message of BOLTs 1, 2, 4 and 7, told apart by `type`, the BOLT's name. */
export type Message = MessageOf<AnyDeclaration>;
/** The messages of a group, or of several. */
export type MessageIn<G extends MessageGroup> = G extends MessageGroup ? MessageOf<Extract<AnyDeclaration, { readonly group: G }>> : never;
/** A message with its group: a switch over the groups knows which messages are left. */
export type GroupedMessage = { readonly [G in MessageGroup]: { readonly group: G; readonly message: MessageIn<G> } }[MessageGroup];
export type MessageName = Message['type'];

/** Every declaration, by ascending type number: what fuzz targets, printers and generators walk through. */
export const messageRegistry: readonly MessageDeclaration<MessageName, Message>[] = declarations.sort((a, b) => a.type - b.type);

/** What speaks of one channel, or of one that is being opened. */
export type ChannelMessage = MessageIn<
  'establishment' | 'operation' | 'retransmission' | 'closing' | 'announcement' | 'simple_closing' | 'interactive' | 'splicing'
>;

/** The channel that a message speaks of: by its temporary id where it is not funded yet. */
export function channelIdOf(message: ChannelMessage): ChannelId {
  return 'temporaryChannelId' in message ? message.temporaryChannelId : message.channelId;
}

/** The names of these groups' messages, by ascending type number. */
export function namesIn<const G extends MessageGroup>(...groups: readonly G[]): readonly MessageIn<G>['type'][] {
  const chosen = messageRegistry.filter(({ group }) => (groups as readonly MessageGroup[]).includes(group));
  return chosen.map(({ name }) => name as MessageIn<G>['type']);
}

const byType: ReadonlyMap<number, MessageDeclaration<MessageName, Message>> = new Map(messageRegistry.map((entry) => [entry.type, entry]));
const byName: ReadonlyMap<string, MessageDeclaration<MessageName, Message>> = new Map(messageRegistry.map((entry) => [entry.name, entry]));

/**
 * Why a message was refused. BOLT 1: an unknown odd type MUST be ignored; anything else MUST close the connection.
 * `messageType` is absent when there were fewer than two bytes, `messageName` when the type is unknown.
 */
export type MessageError = {
  readonly kind: WireErrorKind | 'unknown-even-type' | 'unknown-odd-type';
  readonly messageType?: number;
  readonly messageName?: MessageName;
  readonly field: string;
  readonly detail: string;
};

const RULE_OF = {
  'unknown-odd-type': 'message.unknown_odd_type',
  'unknown-even-type': 'message.unknown_even_type',
  truncated: 'message.truncated',
  trailing: 'message.trailing',
  'non-minimal': 'message.non_minimal',
  'tlv-order': 'message.tlv_order',
  'unknown-even-tlv': 'message.unknown_even_tlv',
  'bad-value': 'message.bad_value',
  'too-long': 'message.too_long',
} as const satisfies Readonly<Record<MessageError['kind'], keyof typeof WIRE_RULES>>;

/** BOLT 7: signed by whoever they are about, and handed on by others who may not look into them. */
const SIGNED_BY_OTHERS: ReadonlySet<MessageName | undefined> = new Set(['channel_announcement', 'node_announcement', 'channel_update']);

/** The rule that bytes which can't be read have broken. */
export function ruleOf({ kind, messageName, field }: MessageError): keyof typeof WIRE_RULES {
  // One that is cut off was not signed like this.
  const isCut = kind === 'truncated' && field !== '';
  if (SIGNED_BY_OTHERS.has(messageName) && !isCut) return 'message.unreadable_gossip';
  return RULE_OF[kind];
}

export type DecodedMessage = ({ readonly ok: true } & GroupedMessage) | { readonly ok: false; readonly error: MessageError };

/**
 * Decodes type and payload. Structural only: points have the form of points but may lie on no curve, signatures may be invalid, and
 * amounts may be absurd. Odd messages and records that belong to features which have not been negotiated are as if nobody knew them; without
 * `speaks` all features have been. Never throws.
 */
export function decodeMessage(bytes: Uint8Array, speaks?: Speaks): DecodedMessage {
  if (bytes.length > MAX_MESSAGE_SIZE) return refused({ kind: 'too-long', field: '', detail: `${bytes.length} bytes` });
  if (bytes.length < 2) return refused({ kind: 'truncated', field: 'type', detail: `${bytes.length} bytes` });
  const reader = new Reader(bytes, speaks);
  const messageType = reader.u16();
  const declaration = byType.get(messageType);
  if (declaration === undefined || (messageType % 2 === 1 && !isSpoken(declaration.features, reader))) {
    const kind = messageType % 2 === 0 ? 'unknown-even-type' : 'unknown-odd-type';
    return refused({ kind, messageType, field: 'type', detail: `type ${messageType}` });
  }
  try {
    return { ok: true, group: declaration.group, message: declaration.codec.read(reader) } as DecodedMessage;
  } catch (failure) {
    if (failure instanceof WireFailure) return refused({ ...failure.toError(), messageType, messageName: declaration.name });
    throw failure;
  }
}

function isSpoken(features: readonly FeatureName[], { speaks }: Reader): boolean {
  return features.length === 0 || features.some(speaks);
}

function refused(error: MessageError): DecodedMessage {
  return { ok: false, error };
}

/** The two-byte type and the payload. Throws RangeError when a field can't hold its value or the message is longer than the transport allows. */
export function encodeMessage(message: Message): Uint8Array {
  const { type, codec } = byName.get(message.type) as MessageDeclaration<MessageName, Message>;
  return written((writer) => {
    writer.u16(type);
    codec.write(writer, message);
    if (writer.position > MAX_MESSAGE_SIZE) throw new RangeError(`${message.type} of ${writer.position} bytes`);
  });
}
