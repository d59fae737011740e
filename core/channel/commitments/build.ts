import type { PublicKey, SecretKey } from '../../crypto/bytes.ts';
import type { Crypto } from '../../crypto/types.ts';
import { buildCommitment } from '../../transactions/commitment.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { CommitmentKeys } from '../../transactions/keys.ts';
import { htlcTransactions } from '../../transactions/htlc.ts';
import type { ChannelParams as TxParams, ChannelParty, Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import type { Contents } from '../model/contents.ts';
import { LastFew } from './last-few.ts';
import type { Signer } from './signer.ts';
import type { ChannelParams, CommitmentSignatures, FundingOutput, Party } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { badSignature, violation } from '../model/violation.ts';

const memo = new WeakMap<FundingOutput, { readonly of: ChannelParams; readonly tx: TxParams }>();
/** Who makes what was made a moment ago gets it again: a node that restarts or fails its channel, the other end in one process. */
const recentParams = new LastFew<TxParams>(16);
const recentCommitments = new LastFew<BuiltCommitment>(16);
const recentKeys = new LastFew<CommitmentKeys>(64);

function txParty(fundingPubkey: PublicKey, own: Party, peer: Party): ChannelParty {
  const { revocationBasepoint, paymentBasepoint, delayedPaymentBasepoint, htlcBasepoint, dustLimitSat } = own;
  return {
    fundingPubkey,
    revocationBasepoint,
    paymentBasepoint,
    delayedPaymentBasepoint,
    htlcBasepoint,
    dustLimitSat,
    delayOnOwnCommitment: peer.toSelfDelay,
  };
}

/** The same object for the same channel and funding, so that scripts and hashes of the channel are made once. */
export function txParams(params: ChannelParams, funding: FundingOutput): TxParams {
  const known = memo.get(funding);
  if (known?.of === params) return known.tx;
  const { opener, accepter } = params.parties;
  const made: TxParams = {
    format: funding.format,
    funding: { txid: funding.txid, vout: funding.vout },
    fundingSat: funding.amountSat,
    parties: {
      opener: txParty(funding.fundingPubkeys.opener, opener, accepter),
      accepter: txParty(funding.fundingPubkeys.accepter, accepter, opener),
    },
  };
  const tx = recentParams.find((recent) => sameParams(recent, made)) ?? recentParams.add(made);
  memo.set(funding, { of: params, tx });
  return tx;
}

function sameParty(a: ChannelParty, b: ChannelParty): boolean {
  return (
    a.fundingPubkey === b.fundingPubkey &&
    a.revocationBasepoint === b.revocationBasepoint &&
    a.paymentBasepoint === b.paymentBasepoint &&
    a.delayedPaymentBasepoint === b.delayedPaymentBasepoint &&
    a.htlcBasepoint === b.htlcBasepoint &&
    a.dustLimitSat === b.dustLimitSat &&
    a.delayOnOwnCommitment === b.delayOnOwnCommitment
  );
}

function sameParams(a: TxParams, b: TxParams): boolean {
  return (
    a.funding.txid === b.funding.txid &&
    a.funding.vout === b.funding.vout &&
    a.format === b.format &&
    a.fundingSat === b.fundingSat &&
    sameParty(a.parties.opener, b.parties.opener) &&
    sameParty(a.parties.accepter, b.parties.accepter)
  );
}

/** `owner`'s commitment transaction, one a funding. For our own, the secret of its number makes it cheaper. */
export function buildCommitments(
  crypto: Crypto,
  params: ChannelParams,
  fundings: readonly FundingOutput[],
  owner: Side,
  number: bigint,
  point: PublicKey,
  contents: Contents,
  perCommitmentSecret?: SecretKey,
): readonly BuiltCommitment[] {
  return fundings.map((funding) => {
    const tx = txParams(params, funding);
    const known = recentCommitments.find((recent) => recent.is(crypto, tx, owner, number, point, contents));
    if (known !== undefined) return known;
    const keys =
      recentKeys.find((recent) => recent.areOf(crypto, tx, owner, point)) ??
      recentKeys.add(new CommitmentKeys(crypto, tx, owner, point, perCommitmentSecret));
    return recentCommitments.add(buildCommitment(crypto, tx, owner, number, point, contents, keys));
  });
}

/** BOLT 2, commitment_signed: our signatures for the peer's commitment, HTLCs in the order of its outputs. */
export function signCommitment(
  crypto: Crypto,
  signer: Signer,
  params: ChannelParams,
  point: PublicKey,
  built: BuiltCommitment,
): CommitmentSignatures {
  const sighashes = htlcTransactions(crypto, built).map((tx) => tx.sighash);
  return {
    signature: signer.signFunding(params.keysId, built.sighash),
    htlcSignatures: sighashes.length === 0 ? [] : signer.signHtlcs(params.keysId, point, sighashes),
  };
}

/** What is wrong with the peer's signatures for our commitment, if anything: broken is `rule` (BOLT 2, commitment_signed, receiving node). */
export function checkSignatures(
  crypto: Crypto,
  params: ChannelParams,
  built: BuiltCommitment,
  signatures: CommitmentSignatures,
  rule: string,
): Violation | undefined {
  const peer = other(params.us);
  if (!crypto.verify(signatures.signature, built.sighash, built.params.parties[peer].fundingPubkey)) {
    return badSignature(rule, `signature is not valid for commitment ${built.number}`, built.tx);
  }
  const transactions = htlcTransactions(crypto, built);
  if (transactions.length !== signatures.htlcSignatures.length) {
    return violation(rule, `num_htlcs is ${signatures.htlcSignatures.length}, the commitment has ${transactions.length} HTLC outputs`);
  }
  for (const [i, tx] of transactions.entries()) {
    const signature = signatures.htlcSignatures[i] as CommitmentSignatures['signature'];
    if (!crypto.verify(signature, tx.sighash, built.keys.htlcPubkeys[peer])) {
      return badSignature(rule, `htlc_signature ${i} is not valid`, tx.tx);
    }
  }
  return undefined;
}
