import { channelId, hash32, record, restArray, restBytes, u16, varBytes } from '../codec.ts';
import { inGroup } from '../message.ts';
import type { MessageOf } from '../message.ts';

/** BOLT 1: setup, control and storage messages. */

const message = inGroup('control');
const storage = inGroup('storage', 'option_provide_storage');

export const init = message(
  16,
  'init',
  { globalfeatures: varBytes(), features: varBytes() },
  { networks: record(1, restArray(hash32)), remoteAddr: record(3, restBytes()) },
);
export const error = message(17, 'error', { channelId, data: varBytes() });
export const warning = message(1, 'warning', { channelId, data: varBytes() });
export const ping = message(18, 'ping', { numPongBytes: u16, ignored: varBytes() });
export const pong = message(19, 'pong', { ignored: varBytes() });
export const peerStorage = storage(7, 'peer_storage', { blob: varBytes() });
export const peerStorageRetrieval = storage(9, 'peer_storage_retrieval', { blob: varBytes() });

export type Init = MessageOf<typeof init>;
export type ErrorMessage = MessageOf<typeof error>;
export type Warning = MessageOf<typeof warning>;
export type Ping = MessageOf<typeof ping>;
export type Pong = MessageOf<typeof pong>;
export type PeerStorage = MessageOf<typeof peerStorage>;
export type PeerStorageRetrieval = MessageOf<typeof peerStorageRetrieval>;
