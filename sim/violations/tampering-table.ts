import { isClosed } from '../../core/channel/model/ending.ts';
import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { ChannelState, FundedState } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { Side } from '../../core/transactions/types.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import { otherSide } from '../model/commitment-contents.ts';
import type { AskedOfReceiver } from '../scenario/types.ts';

/** What a dishonest peer works from: its next message, and what the honest receiver is like, so that limits can be missed by one. */
export interface Scene {
  readonly crypto: Crypto;
  /** The message at the head, as bytes and, where it can be read, decoded. */
  readonly bytes: Uint8Array;
  readonly message: Message | undefined;
  /** The receiver's state of the channel that the message is for, if it has one. */
  readonly receiver: ChannelState | undefined;
  /** All that the receiver has, with whomever. */
  readonly channels: ReadonlyMap<ChannelId, ChannelState>;
  /** The receiver's policy, and what it takes for the current feerate. */
  readonly config: ChannelConfig;
  readonly feeratePerKw: number;
}

/** One message, or bytes that are none. */
export type Forged = Message | Uint8Array;

/** One way to break the protocol. The last of what is forged is the breach; what stands before it is legal. */
export interface Tampering {
  readonly asks: readonly AskedOfReceiver[];
  /** Whether the sender's own message is replaced, or still follows. */
  readonly place: 'instead' | 'before';
  /** Undefined where it would break nothing. */
  readonly forge: (scene: Scene) => Forged | readonly Forged[] | undefined;
}
export type TamperingTable = Readonly<Record<string, Tampering>>;

// ---------------------------------------------------------------- what BOLT asks for

/** "MUST send an `error` and fail the channel". */
export const FAIL: readonly AskedOfReceiver[] = ['fail-channel'];
/** "send a `warning` and close the connection, or send an `error` and fail the channel". */
export const FAIL_OR_CLOSE: readonly AskedOfReceiver[] = ['fail-channel', 'warn-and-disconnect'];
/** "SHOULD send a `warning`", where more than that is no fault. */
export const WARN_AT_LEAST: readonly AskedOfReceiver[] = ['warn', 'warn-and-disconnect', 'fail-channel'];
export const CLOSE: readonly AskedOfReceiver[] = ['warn-and-disconnect'];
/** BOLT 2, Message Retransmission, Rationale: a peer that has fallen behind is waited for. */
export const STAND_BY: readonly AskedOfReceiver[] = ['warn', 'warn-and-disconnect'];
/** An error would fail more than what is wrong. */
export const WARN: readonly AskedOfReceiver[] = ['warn', 'ignore'];
export const IGNORE: readonly AskedOfReceiver[] = ['ignore'];

// ---------------------------------------------------------------- tables

type Of<N extends MessageName> = Extract<Message, { type: N }>;
type Entry<M, S> = readonly [readonly AskedOfReceiver[], (message: M, scene: S) => Forged | readonly Forged[] | undefined];

export interface OperatingScene extends Scene {
  readonly receiver: FundedState;
  /** Which side the dishonest sender is. */
  readonly sender: Side;
}

/** The channel is funded at the receiver, and updates may flow. */
export function operating(scene: Scene): OperatingScene | undefined {
  const { receiver } = scene;
  if (receiver?.phase !== 'funded' || receiver.lifecycle.connection !== 'connected' || isClosed(receiver)) return undefined;
  return { ...scene, receiver, sender: otherSide(receiver.params.us) };
}

/** A message of this kind is replaced, where `situation` fits; or what is forged comes before it, where a warning is all that BOLT asks for. */
export function replacing<N extends MessageName, S>(
  name: N,
  situation: (scene: Scene) => S | undefined,
  entries: Readonly<Record<string, Entry<Of<N>, S>>>,
  place: Tampering['place'] = 'instead',
): TamperingTable {
  const isOf = (message: Message | undefined): message is Of<N> => message?.type === name;
  const table: Record<string, Tampering> = {};
  for (const [key, [asks, forge]] of Object.entries(entries)) {
    table[key] = {
      asks,
      place,
      forge(scene) {
        const fits = situation(scene);
        return fits === undefined || !isOf(scene.message) ? undefined : forge(scene.message, fits);
      },
    };
  }
  return table;
}

/** Something comes before whatever message is next. */
export function inserting<S>(
  situation: (scene: Scene) => S | undefined,
  entries: Readonly<Record<string, readonly [readonly AskedOfReceiver[], (scene: S) => Forged | readonly Forged[] | undefined]>>,
): TamperingTable {
  const table: Record<string, Tampering> = {};
  for (const [key, [asks, forge]] of Object.entries(entries)) {
    table[key] = {
      asks,
      place: 'before',
      forge(scene) {
        const fits = situation(scene);
        return fits === undefined ? undefined : forge(fits);
      },
    };
  }
  return table;
}

/** The channel that a message names, if any. */
export function channelNamed(message: Message | undefined): ChannelId | undefined {
  if (message === undefined) return undefined;
  if ('channelId' in message) return message.channelId;
  return 'temporaryChannelId' in message ? message.temporaryChannelId : undefined;
}

/** The same hex with its lowest bit flipped: still well formed, never equal. */
export function flipped<T extends string>(hex: T): T {
  const last = Number.parseInt(hex.slice(-1), 16) ^ 1;
  return (hex.slice(0, -1) + last.toString(16)) as T;
}
