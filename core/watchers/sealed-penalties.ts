import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Txid } from '../crypto/bytes.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import type { Knowledge } from '../monitor/knowledge.ts';
import * as codec from '../wire/codec.ts';
import type { Codec } from '../wire/codec.ts';
import { versioned } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type { WatcherKind } from './device-vocabulary.ts';
import { HINT_BYTES } from './messages.ts';
import type { Content, SealedPenalties } from './messages.ts';
import { bundlesFor } from './penalties.ts';
import type { PenalisedHtlc, PenaltyBundle, PenaltyMaker } from './penalties.ts';
import { open, seal, sealingKeys } from './seal.ts';
import type { SealEnv } from './seal.ts';

/** How penalties stand in bytes before they are sealed. Any change to it needs a new version. */
export const BUNDLE_VERSION = 1;

/** Of one commitment (BOLT 2, max_accepted_htlcs: 483 of each side). */
export const MAX_PENALISED_HTLCS = 966;
/** That a commitment's penalties are signed at. */
export const MAX_STATED_FEERATES = 8;
/** One an HTLC, and one for to_local and to_remote at each feerate. */
const MAX_PENALTY_SIGNATURES = MAX_PENALISED_HTLCS + 2 * MAX_STATED_FEERATES;

const { bool, list, point, script, signature, struct, u16, u32 } = codec;

const pair: Codec<PenaltyBundle['htlcPubkeys']> = codec.fixedArray(point, 2) as unknown as Codec<PenaltyBundle['htlcPubkeys']>;

export const bundleCodec: Codec<PenaltyBundle> = struct({
  format: codec.oneOf('static_remotekey', 'anchors'),
  delay: u16,
  revocationPubkey: point,
  delayedPubkey: point,
  htlcPubkeys: pair,
  paymentBasepoint: point,
  destination: script,
  feeratesPerKw: list(u32, MAX_STATED_FEERATES),
  htlcs: list(
    struct({
      vout: u16,
      offeredByOwner: bool,
      paymentHash160: codec.bytes(20),
      cltvExpiry: u32,
    } satisfies FieldsOf<PenalisedHtlc>),
    MAX_PENALISED_HTLCS,
  ),
  signatures: list(signature, MAX_PENALTY_SIGNATURES),
} satisfies FieldsOf<PenaltyBundle>);

const versionedBundle = versioned('a penalty', BUNDLE_VERSION, bundleCodec);

export function hintOf(txid: Txid): string {
  return txid.slice(0, 2 * HINT_BYTES);
}

/** What the txid opens, and who does not know it can't read. */
export function sealPenalties(env: SealEnv, txid: Txid, bundle: PenaltyBundle): SealedPenalties {
  const sealed = seal(env, sealingKeys(env, fromHex(txid), 'penalties'), codec.encode(versionedBundle, bundle));
  return { hint: hintOf(txid), sealed: toHex(sealed) };
}

/** Undefined where this transaction does not open it, or what it opens cannot be read. */
export function openPenalties(env: SealEnv, txid: Txid, { sealed }: SealedPenalties): PenaltyBundle | undefined {
  const plaintext = open(env, sealingKeys(env, fromHex(txid), 'penalties'), fromHex(sealed));
  const bundle = plaintext === undefined ? undefined : codec.decode(versionedBundle, plaintext);
  return bundle?.ok === true ? bundle.value : undefined;
}

/** What a watcher of this kind is told of an update. `known`: what the node's own watcher knows with it. */
export function contentFor(env: SealEnv, maker: PenaltyMaker, kind: WatcherKind, known: Knowledge, update: MonitorUpdate): Content {
  if (kind === 'full') return { kind: 'update', update };
  if (update.kind !== 'secret') return { kind: 'nothing' };
  const bundles = bundlesFor(env.crypto, maker, known, update.number).map(({ txid, bundle }) => sealPenalties(env, txid, bundle));
  return bundles.length === 0 ? { kind: 'nothing' } : { kind: 'penalties', bundles };
}
