import { storedPoint, storedTx, storedView } from '../chain/stored-form.ts';
import { monitorUpdates } from '../knowledge/stored-form.ts';
import { storedSide } from '../transactions/stored-form.ts';
import * as codec from '../wire/codec.ts';
import type { Codec, Result } from '../wire/codec.ts';
import { items, versioned } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type { Outpoint } from '../bitcoin/tx.ts';
import type * as acts from './acts.ts';
import type { Coin } from './claim-tx.ts';
import type { Fact, ToldFact } from './facts.ts';
import { storedKnowledge } from './stored-knowledge.ts';
import type { WatcherRecord } from './records.ts';
import type { WatcherState } from './watcher-vocabulary.ts';

/** How a watcher's state stands in bytes: canonical, strict, with a version in front. Any change to it needs a new version. */
export const WATCHER_VERSION = 2;

const { bool, maybe, oneOf, preimage, struct, txid, u32, u53, u64, union, variant } = codec;

const outpoint: Codec<Outpoint> = struct({ txid, vout: u32 } satisfies FieldsOf<Outpoint>);
const coin: Codec<Coin> = struct({ outpoint, amountSat: u64 } satisfies FieldsOf<Coin>);
const kind = oneOf(
  'commitment',
  'to_local',
  'to_remote',
  'htlc_timeout_tx',
  'htlc_success_tx',
  'second_stage',
  'htlc_timeout',
  'htlc_preimage',
  'penalty_to_local',
  'penalty_htlc',
  'penalty_second_stage',
);
const version: Codec<acts.Version> = struct({ kind, tx: storedTx, feeSat: u64, signed: bool } satisfies FieldsOf<acts.Version>);
const claim: Codec<acts.ClaimActs> = struct({
  outpoint,
  version: maybe(version),
  coins: items(coin),
  askedSat: u64,
} satisfies FieldsOf<acts.ClaimActs>);

type FactFields<K extends Fact['kind']> = FieldsOf<Omit<Extract<Fact, { kind: K }>, 'kind'>>;
const fact: Codec<Fact> = union('kind', {
  htlc: variant(1, {
    offerer: storedSide,
    id: u64,
    fate: oneOf('fulfilled', 'timed_out', 'lost'),
    preimage: maybe(preimage),
    block: maybe(storedPoint),
  } satisfies FactFields<'htlc'>),
  closed: variant(2, {
    how: oneOf('ours', 'theirs', 'revoked', 'mutual', 'future', 'ours_old', 'unknown'),
    txid,
    block: storedPoint,
  } satisfies FactFields<'closed'>),
  resolved: variant(3, {} satisfies FactFields<'resolved'>),
  contradicted: variant(4, { id: u53 } satisfies FactFields<'contradicted'>),
});
const told: Codec<ToldFact> = struct({ id: u53, fact, acknowledged: bool } satisfies FieldsOf<ToldFact>);

const storedActs: Codec<acts.Acts> = struct({ claims: items(claim), told: items(told) } satisfies FieldsOf<acts.Acts>);

type RecordFields<K extends WatcherRecord['kind']> = FieldsOf<Omit<Extract<WatcherRecord, { kind: K }>, 'kind'>>;

/** The state itself, behind the version. */
export const watcherCodec: Codec<WatcherState> = struct({
  knowledge: maybe(storedKnowledge),
  learned: u53,
  view: storedView,
  acts: storedActs,
} satisfies FieldsOf<WatcherState>);

const versionedWatcher = versioned('a watcher', WATCHER_VERSION, watcherCodec);

/** The state for storage, whole. `decodeWatcher` gives an equal one. */
export function encodeWatcher(state: WatcherState): Uint8Array {
  return codec.encode(versionedWatcher, state);
}

/** The state that `encodeWatcher` wrote. Bytes that it would not have written are an error; nothing throws. */
export function decodeWatcher(bytes: Uint8Array): Result<WatcherState> {
  return codec.decode(versionedWatcher, bytes);
}

/** How what a node keeps of its own watcher stands in bytes, each record by itself. */
export const RECORD_VERSION = 1;

const storedRecord: Codec<WatcherRecord> = union('kind', {
  ...monitorUpdates,
  view: variant(16, { view: storedView } satisfies RecordFields<'view'>),
  acts: variant(17, { acts: storedActs } satisfies RecordFields<'acts'>),
});

const versionedRecord = versioned('a watcher', RECORD_VERSION, storedRecord);

/** One record for storage, to be appended behind those before it. `decodeWatcherRecord` gives an equal one. */
export function encodeWatcherRecord(record: WatcherRecord): Uint8Array {
  return codec.encode(versionedRecord, record);
}

/** The record that `encodeWatcherRecord` wrote. Bytes that it would not have written are an error; nothing throws. */
export function decodeWatcherRecord(bytes: Uint8Array): Result<WatcherRecord> {
  return codec.decode(versionedRecord, bytes);
}
