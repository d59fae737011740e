import type { PublicKey } from '../../crypto/bytes.ts';
import type { Crypto } from '../../crypto/types.ts';
import { buildCommitment } from '../../transactions/commitment.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { CommitmentKeys, derivePublicKey } from '../../transactions/keys.ts';
import type { KeyDerivation } from '../../transactions/keys.ts';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import type { Contents } from '../model/contents.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type { ChannelParams, CommitmentSignatures, FundingOutput } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { badSignature, violation } from '../model/violation.ts';
import type { ViolableId } from '../../rules.ts';

/** What a commitment is built with: a node's own. */
type BuildEnv = Pick<ChannelEnv, 'crypto' | 'signer' | 'cache'>;

/** Our signer derives our own share of the keys, and the revocation key, from secrets. */
function derivationOf({ crypto, signer }: BuildEnv, params: ChannelParams, owner: Side, number: bigint, point: PublicKey): KeyDerivation {
  const { us, keysId, parties } = params;
  const peer = parties[other(us)];
  const ours = owner === us;
  return {
    revocationPubkey: () =>
      ours ? signer.ownRevocationPubkey(keysId, number, peer.revocationBasepoint) : signer.remoteRevocationPubkey(keysId, point),
    delayedPubkey: () => (ours ? signer.delayedPubkey(keysId, point) : derivePublicKey(crypto, peer.delayedPaymentBasepoint, point)),
    htlcPubkey: (side) => (side === us ? signer.htlcPubkey(keysId, point) : derivePublicKey(crypto, peer.htlcBasepoint, point)),
  };
}

/** `owner`'s commitment transaction, one a funding: the keys are those of the channel. */
export function buildCommitments(
  env: BuildEnv,
  params: ChannelParams,
  fundings: readonly FundingOutput[],
  owner: Side,
  number: bigint,
  point: PublicKey,
  contents: Contents,
): readonly BuiltCommitment[] {
  let keys: CommitmentKeys | undefined;
  return fundings.map((funding) => {
    const scripts = env.cache.scripts(params, funding);
    keys ??= new CommitmentKeys(env.crypto, scripts.params, owner, point, derivationOf(env, params, owner, number, point));
    return buildCommitment(scripts, keys, number, contents);
  });
}

/** What is wrong with the peer's signatures for our commitment, if anything; `rule` is that for the commitment's own (BOLT 2, commitment_signed, receiving node). */
export function checkSignatures(
  crypto: Crypto,
  params: ChannelParams,
  built: BuiltCommitment,
  signatures: CommitmentSignatures,
  rule: ViolableId,
): Violation | undefined {
  const peer = other(params.us);
  if (!crypto.verify(signatures.signature, built.sighash, built.channel.params.parties[peer].fundingPubkey)) {
    return badSignature(rule, `signature is not valid for commitment ${built.number}`, built.tx);
  }
  const transactions = built.htlcTransactions;
  if (transactions.length !== signatures.htlcSignatures.length) {
    return violation(
      'commitment_signed.num_htlcs',
      `num_htlcs is ${signatures.htlcSignatures.length}, the commitment has ${transactions.length} HTLC outputs`,
    );
  }
  for (const [i, tx] of transactions.entries()) {
    const signature = signatures.htlcSignatures[i] as CommitmentSignatures['signature'];
    if (!crypto.verify(signature, tx.sighash, built.keys.htlcPubkeys[peer])) {
      return badSignature('commitment_signed.htlc_signature', `htlc_signature ${i} is not valid`, tx.tx);
    }
  }
  return undefined;
}
