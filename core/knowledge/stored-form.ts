import { storedTx } from '../chain/stored-form.ts';
import { storedBySide, storedSide } from '../transactions/stored-form.ts';
import * as codec from '../wire/codec.ts';
import type { Codec } from '../wire/codec.ts';
import { items } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type * as updates from './updates.ts';

/** How a monitor update stands in the stored form of what keeps it, which brings the version. */
const { hash32, point, preimage, script, secretKey, signature, struct, txid, u16, u32, u53, u64, union, variant } = codec;

type Fields<U extends { kind: string }, K extends U['kind']> = FieldsOf<Omit<Extract<U, { kind: K }>, 'kind'>>;
type UpdateFields<K extends updates.MonitorUpdate['kind']> = Fields<updates.MonitorUpdate, K>;
type EntryFields<K extends updates.Entry['kind']> = Fields<updates.Entry, K>;

const party = struct({
  revocationBasepoint: point,
  paymentBasepoint: point,
  delayedPaymentBasepoint: point,
  htlcBasepoint: point,
  dustLimitSat: u64,
  delayOnOwnCommitment: u16,
} satisfies FieldsOf<updates.WatchedParty>);
export const storedEntry: Codec<updates.Entry> = union('kind', {
  add: variant(1, { id: u64, amountMsat: u64, paymentHash: hash32, cltvExpiry: u32 } satisfies EntryFields<'add'>),
  fulfilled: variant(2, { id: u64 } satisfies EntryFields<'fulfilled'>),
  failed: variant(3, { id: u64 } satisfies EntryFields<'failed'>),
  fee: variant(4, { feeratePerKw: u32 } satisfies EntryFields<'fee'>),
});
const growth = { number: u64, news: storedBySide(items(storedEntry)), steps: storedBySide(u53), point } satisfies FieldsOf<updates.Growth>;
export const storedSignatures: Codec<updates.OurCommitmentUpdate['signatures'][number]> = struct({
  signature,
  htlcSignatures: items(signature),
});
export const storedHtlcName: Codec<updates.HtlcName> = struct({ offerer: storedSide, id: u64 } satisfies FieldsOf<updates.HtlcName>);

const parameters = {
  us: storedSide,
  keysId: hash32,
  parties: storedBySide(party),
  balanceMsat: storedBySide(u64),
  feeratePerKw: u32,
} satisfies UpdateFields<'parameters'>;
const funding = {
  txid,
  vout: u16,
  amountSat: u64,
  format: codec.oneOf('static_remotekey', 'anchors'),
  fundingPubkeys: storedBySide(point),
} satisfies UpdateFields<'funding'>;
const shutdownScripts = { scripts: storedBySide(script) } satisfies UpdateFields<'shutdown_scripts'>;
const final = { number: u64, tx: storedTx } satisfies UpdateFields<'final'>;

/** For who keeps other records among them: numbers from 16 on are free. */
export const monitorUpdates = {
  parameters: variant(1, parameters),
  funding: variant(2, funding),
  shutdown_scripts: variant(3, shutdownScripts),
  ours: variant(4, { ...growth, signatures: items(storedSignatures) } satisfies UpdateFields<'ours'>),
  theirs: variant(5, growth satisfies UpdateFields<'theirs'>),
  secret: variant(6, { number: u64, secret: secretKey } satisfies UpdateFields<'secret'>),
  preimage: variant(7, { preimage, settles: items(storedHtlcName) } satisfies UpdateFields<'preimage'>),
  final: variant(8, final),
};
export const storedMonitorUpdate: Codec<updates.MonitorUpdate> = union('kind', monitorUpdates);

// Those that a watcher keeps as they came.
export const storedParameters: Codec<updates.ParametersUpdate> = struct({ kind: codec.constant('parameters'), ...parameters });
export const storedFunding: Codec<updates.FundingUpdate> = struct({ kind: codec.constant('funding'), ...funding });
export const storedShutdownScripts: Codec<updates.ShutdownScriptsUpdate> = struct({
  kind: codec.constant('shutdown_scripts'),
  ...shutdownScripts,
});
export const storedFinal: Codec<updates.FinalUpdate> = struct({ kind: codec.constant('final'), ...final });
