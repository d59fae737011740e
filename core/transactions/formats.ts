import { p2wpkh } from '../bitcoin/script.ts';
import { SIGHASH_ALL, SIGHASH_SINGLE_ANYONECANPAY } from '../bitcoin/sighash.ts';
import type { Hex, PublicKey } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { CHANNEL_TYPE_ANCHORS, CHANNEL_TYPE_STATIC_REMOTEKEY } from '../wire/features.ts';
import type { FeatureName } from '../wire/features.ts';
import { toRemoteWitnessScript, witnessOutput } from './scripts.ts';
import type { OutputScript } from './scripts.ts';
import type { CommitmentFormat } from './types.ts';

export type HtlcTransactionKind = 'timeout' | 'success';

/** All in which one commitment format differs from another: rules read it here and compare no names. */
export interface FormatRules {
  /** BOLT 2, Defined Channel Types. */
  readonly channelType: Hex;
  /** What both peers must have negotiated for it, beyond what every peer is assumed to have. */
  readonly feature: FeatureName | undefined;
  /** BOLT 3, Fee Calculation: the expected weight of a commitment transaction without HTLCs. */
  readonly commitmentWeight: number;
  /** By which an HTLC transaction pays its fee: 0 where it pays none, and then no feerate trims an HTLC. */
  readonly htlcFeeWeight: Readonly<Record<HtlcTransactionKind, number>>;
  /** Of each anchor output; 0 where there are none. */
  readonly anchorSat: bigint;
  /** The output that pays the side that does not own the commitment. */
  readonly toRemote: (crypto: Crypto, key: PublicKey) => OutputScript;
  /** Blocks that HTLC outputs wait on every way out except revocation: in their scripts, and in the sequence of HTLC transactions. */
  readonly htlcDelay: 0 | 1;
  /** What the side that does not own the commitment signs HTLC transactions with. */
  readonly htlcSighashType: number;
}

export const FORMATS: Readonly<Record<CommitmentFormat, FormatRules>> = {
  static_remotekey: {
    channelType: CHANNEL_TYPE_STATIC_REMOTEKEY,
    feature: undefined,
    commitmentWeight: 724,
    htlcFeeWeight: { timeout: 663, success: 703 },
    anchorSat: 0n,
    toRemote: (crypto, key) => ({ script: p2wpkh(crypto, key) }),
    htlcDelay: 0,
    htlcSighashType: SIGHASH_ALL,
  },
  anchors: {
    channelType: CHANNEL_TYPE_ANCHORS,
    feature: 'option_anchors',
    commitmentWeight: 1124,
    htlcFeeWeight: { timeout: 0, success: 0 },
    // BOLT 3, anchors: fixed at the dust limit of P2WSH.
    anchorSat: 330n,
    toRemote: (crypto, key) => witnessOutput(crypto, toRemoteWitnessScript(key)),
    htlcDelay: 1,
    htlcSighashType: SIGHASH_SINGLE_ANYONECANPAY,
  },
};

/** The commitment format that a `channel_type` stands for, if we know it. */
export function formatOfType(channelType: Hex | undefined): CommitmentFormat | undefined {
  for (const [format, rules] of Object.entries(FORMATS)) if (rules.channelType === channelType) return format as CommitmentFormat;
  return undefined;
}
