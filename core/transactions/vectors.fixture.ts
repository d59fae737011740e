import type { Hash32, Preimage, PublicKey, SecretKey, Txid } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import anchors from '../../corpus/vectors/bolt03-commitments-anchors.json' with { type: 'json' };
import commitments from '../../corpus/vectors/bolt03-commitments.json' with { type: 'json' };
import { CommitmentKeys } from './keys.ts';
import type { ChannelParams, CommitmentFormat, HtlcSpec } from './types.ts';

/** The common parameters of BOLT 3's Appendices C and F: "local" is the opener and owns the commitment. */

interface CommitmentVector {
  readonly name: string;
  readonly to_local_msat: string;
  readonly to_remote_msat: string;
  readonly local_feerate_per_kw: number;
  readonly base_fee?: number;
  readonly actual_fee?: number;
  readonly to_local?: { readonly amount: number; readonly wscript: string };
  readonly to_remote?: { readonly amount: number; readonly key: string };
  readonly htlcScripts: Readonly<Record<string, { readonly direction: string; readonly amount: number; readonly wscript: string }>>;
  readonly remote_signature: string;
  readonly local_signature: string;
  readonly commit_tx: string;
  readonly num_htlcs: number;
  readonly htlcTransactions: readonly {
    readonly output: number;
    readonly kind: string;
    readonly htlc: number;
    readonly remote_signature: string;
    readonly local_signature: string;
    readonly tx: string;
  }[];
}

export const commitmentVectors = commitments as { readonly cases: readonly CommitmentVector[] };
export const anchorVectors = anchors;

const { common } = commitments;
/** Private keys stand there with the trailing 01 that Bitcoin gives those of compressed points. */
const secret = (value: string): SecretKey => value.slice(0, 64) as SecretKey;
const point = (value: string): PublicKey => value as PublicKey;

export function vectorParams(format: CommitmentFormat, dustLimitSat: bigint): ChannelParams {
  const party = { dustLimitSat, delayOnOwnCommitment: Number(common.local_delay) };
  return {
    format,
    funding: { txid: toHex<Txid>(fromHex(common.funding_tx_id).reverse()), vout: Number(common.funding_output_index) },
    fundingSat: BigInt(common.funding_amount_satoshi),
    parties: {
      opener: {
        ...party,
        fundingPubkey: point(common.local_funding_pubkey),
        revocationBasepoint: point(common.local_payment_basepoint),
        paymentBasepoint: point(common.local_payment_basepoint),
        delayedPaymentBasepoint: point(common.local_delayed_payment_basepoint),
        htlcBasepoint: point(common.local_htlc_basepoint),
      },
      accepter: {
        ...party,
        fundingPubkey: point(common.remote_funding_pubkey),
        revocationBasepoint: point(common.remote_revocation_basepoint),
        paymentBasepoint: point(common.remote_payment_basepoint),
        delayedPaymentBasepoint: point(common.remote_payment_basepoint),
        htlcBasepoint: point(common.remote_htlc_basepoint),
      },
    },
  };
}

export const vectorSecrets = {
  localFunding: secret(common.local_funding_privkey),
  remoteFunding: secret(common.remote_funding_privkey),
  localHtlc: secret(common.local_privkey),
  remoteHtlc: secret(common.remote_privkey),
  preimage: (htlc: HtlcSpec): Preimage => commitments.htlcs[Number(htlc.id)]?.payment_preimage as Preimage,
};

const HTLCS: readonly HtlcSpec[] = commitments.htlcs.map((htlc) => ({
  offerer: htlc.direction === 'local->remote' ? 'opener' : 'accepter',
  id: BigInt(htlc.id),
  amountMsat: BigInt(htlc.amount_msat),
  paymentHash: sha256Hex<Hash32>(noble, htlc.payment_preimage),
  cltvExpiry: Number(htlc.expiry),
}));

/** HTLCs 1, 5 and 6 in the "same amount and preimage" case, none in the simple ones, else 0 to 4. */
export function testHtlcs(name: string): readonly HtlcSpec[] {
  if (name.startsWith('simple')) return [];
  const wanted = name.includes('same amount') ? [1n, 5n, 6n] : [0n, 1n, 2n, 3n, 4n];
  return HTLCS.filter((htlc) => wanted.includes(htlc.id));
}

const perCommitmentPoint = point(common.local_per_commitment_point);
let lastKeys: CommitmentKeys | undefined;

export const vectorKeys = {
  perCommitmentPoint,
  expected: {
    revocationPubkey: common.local_revocation_pubkey,
    delayedPubkey: common.local_delayedpubkey,
    htlcPubkeys: { opener: common.local_htlcpubkey, accepter: common.remote_htlcpubkey },
  },
  expectedFundingScript: common.funding_wscript,
  expectedObscuringFactor: BigInt(common.obscuring_factor),
  /** All the vectors have the same keys. */
  cached: (params: ChannelParams): CommitmentKeys => (lastKeys ??= new CommitmentKeys(noble, params, 'opener', perCommitmentPoint)),
};
