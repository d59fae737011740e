import type { ChannelId, Hash32, Hex } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { REPLAY_RULES } from './rules.ts';

/**
 * BOLT 4, Onion Decryption: which onions have been accepted, so that none is accepted twice. A value: adding one copies a few hundred pointers, however many
 * there are. It lives on when the channels of its HTLCs are gone.
 */
export interface ReplayLog {
  /** Of the newest increment. */
  readonly version: number;
  readonly count: number;
  /** Not above the lowest height of any entry. */
  readonly lowest: number;
  /** By the first and the second byte of their keys. */
  readonly entries: Branch<Branch<readonly ReplayEntry[]>>;
}
type Branch<T> = readonly (T | undefined)[];

export interface ReplayEntry {
  /** 16 bytes. */
  readonly key: Hex;
  /** Its HTLC expires then: from there on nobody takes it again. */
  readonly expiryHeight: number;
  /** Who brought it: the same HTLC, presented again, is no replay. */
  readonly channelId: ChannelId;
  readonly htlcId: bigint;
}

/** What is stored of the log at a time. One whose entries are all below a newer one's `cutHeight` may be deleted. */
export interface ReplayIncrement {
  readonly version: number;
  readonly added: readonly ReplayEntry[];
  /** Everything that expires below has gone. */
  readonly cutHeight: number;
}

/** When it is full new HTLCs are failed, and nothing old is dropped: about 100 MB. */
export const MAX_REPLAY_ENTRIES = 500_000;
/** Blocks for which an entry outlives its HTLC: as far as a reorganisation may take the chain back. */
const KEPT_BLOCKS = 144;
const KEY_DIGITS = 32;

export const NO_REPLAYS: ReplayLog = { version: 0, count: 0, lowest: Infinity, entries: [] };

/** A hash under a secret of the node's, so that nobody else can make two of them meet. */
export function replayKey({ hmacSha256 }: Crypto, secret: Hash32, sharedSecret: Hash32, paymentHash: Hash32): Hex {
  return toHex(hmacSha256(fromHex(secret), fromHex(sharedSecret + paymentHash))).slice(0, KEY_DIGITS);
}

function byteAt(key: Hex, index: number): number {
  return Number.parseInt(key.slice(2 * index, 2 * index + 2), 16);
}

export function entryOf({ entries }: ReplayLog, key: Hex): ReplayEntry | undefined {
  return entries[byteAt(key, 0)]?.[byteAt(key, 1)]?.find((entry) => entry.key === key);
}

export interface Replayed {
  readonly rule: keyof typeof REPLAY_RULES;
  readonly detail: string;
}

/** Why an onion that is not in the log for this very HTLC is not accepted. */
export function replayFault({ count }: ReplayLog, known: ReplayEntry | undefined): Replayed | undefined {
  if (known !== undefined) return { rule: 'replay.seen', detail: `HTLC ${known.htlcId} of channel ${known.channelId} brought it` };
  return count < MAX_REPLAY_ENTRIES ? undefined : { rule: 'replay.log_full', detail: `${count} onions are remembered` };
}

export function withEntry({ version, count, lowest, entries }: ReplayLog, entry: ReplayEntry): ReplayLog {
  const [first, second] = [byteAt(entry.key, 0), byteAt(entry.key, 1)];
  const branch = entries[first] ?? [];
  const leaf = [...(branch[second] ?? []), entry];
  const next = replaced(entries, first, replaced(branch, second, leaf));
  return { version, count: count + 1, lowest: Math.min(lowest, entry.expiryHeight), entries: next };
}

function replaced<T>(branch: Branch<T>, at: number, item: T): Branch<T> {
  const copy: (T | undefined)[] = branch.slice();
  while (copy.length < at) copy.push(undefined);
  copy[at] = item;
  return copy;
}

export function cutHeightAt(height: number): number {
  return Math.max(0, height - KEPT_BLOCKS);
}

/** Without what expires below that height: looked for only where there is something. */
export function cut(log: ReplayLog, cutHeight: number): ReplayLog {
  if (log.lowest >= cutHeight) return log;
  let left: ReplayLog = { ...NO_REPLAYS, version: log.version };
  for (const branch of log.entries)
    for (const leaf of branch ?? []) for (const entry of leaf ?? []) if (entry.expiryHeight >= cutHeight) left = withEntry(left, entry);
  return left;
}

/** The log as its increments say, in any order. */
export function foldReplays(increments: readonly ReplayIncrement[]): ReplayLog {
  const cutHeight = Math.max(0, ...increments.map((increment) => increment.cutHeight));
  let log: ReplayLog = { ...NO_REPLAYS, version: Math.max(0, ...increments.map(({ version }) => version)) };
  for (const { added } of increments) for (const entry of added) if (entry.expiryHeight >= cutHeight) log = withEntry(log, entry);
  return log;
}
