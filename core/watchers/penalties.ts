import type { Tx } from '../bitcoin/tx.ts';
import type { Hex, PublicKey, Script, Signature, Txid } from '../crypto/bytes.ts';
import { hash160Hex, ripemd160Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { draftClaim, isShort, signedTx } from '../monitor/claim-tx.ts';
import type { Draft, ToSign } from '../monitor/claim-tx.ts';
import type { ClaimKey, ClaimSigner } from '../monitor/claim-signer.ts';
import { paymentClaim, sweep, TRUE } from '../monitor/claims.ts';
import type { Claim } from '../monitor/claims.ts';
import { rebuildCommitment } from '../monitor/knowledge.ts';
import type { Knowledge } from '../monitor/knowledge.ts';
import type { BuiltCommitment } from '../transactions/commitment.ts';
import { FORMATS } from '../transactions/formats.ts';
import { delayedWitnessScript, offeredHtlcWitnessScript, receivedHtlcWitnessScript, witnessOutput } from '../transactions/scripts.ts';
import { secretAt, secretIndex } from '../transactions/secrets.ts';
import { other } from '../transactions/types.ts';
import type { CommitmentFormat } from '../transactions/types.ts';

/** What blind watchers are given for a revoked commitment. */
export interface BlindPolicy {
  /** Two or three, rising, in satoshis for 1000 weight units: penalties of to_local and to_remote are signed at each, those of HTLCs at the last. */
  readonly feeratesPerKw: readonly number[];
  /** HTLC outputs below it are not worth their bytes. */
  readonly leastHtlcSat: bigint;
}

/** An HTLC output of a revoked commitment, as far as its witness script says more than the rest. */
export interface PenalisedHtlc {
  readonly vout: number;
  readonly offeredByOwner: boolean;
  readonly paymentHash160: Hex;
  readonly cltvExpiry: number;
}

/**
 * What makes penalties of a revoked commitment that the chain has, and nothing else: all of it but what the commitment itself shows. Each output is
 * claimed by a transaction of its own, so that nothing which the cheater may still spend, or pin, stands beside another.
 */
export interface PenaltyBundle {
  readonly format: CommitmentFormat;
  readonly delay: number;
  readonly revocationPubkey: PublicKey;
  readonly delayedPubkey: PublicKey;
  /** Of the cheater, and ours. */
  readonly htlcPubkeys: readonly [PublicKey, PublicKey];
  readonly paymentBasepoint: PublicKey;
  readonly destination: Script;
  readonly feeratesPerKw: readonly number[];
  readonly htlcs: readonly PenalisedHtlc[];
  /** In the order of `draftsOf`. */
  readonly signatures: readonly Signature[];
}

/** All that is signed for. */
type Terms = Omit<PenaltyBundle, 'signatures'>;

/** A commitment that the chain has, or may have one day. */
interface Broadcast {
  readonly txid: Txid;
  readonly tx: Tx;
}

/** BOLT 5, Revoked Transaction Close Handling: the outputs that a bundle is for, of its commitment, confirmed at `height`. */
function claimsOf(crypto: Crypto, terms: Terms, { txid, tx }: Broadcast, height: number, revocation: ClaimKey): readonly Claim[] {
  const claims: Claim[] = [];
  const { revocationPubkey, delayedPubkey, delay, paymentBasepoint, format } = terms;
  const delayed = witnessOutput(crypto, delayedWitnessScript(revocationPubkey, delay, delayedPubkey));
  const toRemote = FORMATS[format].toRemote(crypto, paymentBasepoint);
  const htlcs = new Map(terms.htlcs.map((htlc) => [htlc.vout, htlc]));
  const within = { earliest: height, deadline: height + delay };
  for (const [vout, { amountSat, script }] of tx.outputs.entries()) {
    const output = { outpoint: { txid, vout }, amountSat, script };
    const htlc = htlcs.get(vout);
    if (script === delayed.script) claims.push(sweep('penalty_to_local', output, delayed.witnessScript, revocation, [TRUE], within));
    else if (script === toRemote.script) claims.push(paymentClaim(crypto, paymentBasepoint, toRemote.witnessScript, height, output));
    else if (htlc !== undefined)
      claims.push(sweep('penalty_htlc', output, htlcScript(crypto, terms, htlc), revocation, [revocationPubkey], within));
  }
  return claims;
}

function htlcScript(crypto: Crypto, { format, revocationPubkey, htlcPubkeys }: Terms, htlc: PenalisedHtlc): Script {
  const [localHtlcPubkey, remoteHtlcPubkey] = htlcPubkeys;
  const revocationPubkeyHash = hash160Hex(crypto, revocationPubkey);
  const keys = { revocationPubkeyHash, localHtlcPubkey, remoteHtlcPubkey, delay: FORMATS[format].htlcDelay };
  return htlc.offeredByOwner
    ? offeredHtlcWitnessScript(keys, htlc.paymentHash160)
    : receivedHtlcWitnessScript(keys, htlc.paymentHash160, htlc.cltvExpiry);
}

/** The transaction of a claim at one of the stated feerates. */
interface PenaltyDraft {
  readonly claim: Claim;
  readonly feeratePerKw: number;
  readonly draft: Draft;
}

/** Every transaction of a bundle, unsigned, in the order of its signatures: device and watcher build the same. */
function draftsOf(crypto: Crypto, terms: Terms, commitment: Broadcast, height: number, revocation: ClaimKey): readonly PenaltyDraft[] {
  const { destination, feeratesPerKw } = terms;
  const drafts: PenaltyDraft[] = [];
  for (const claim of claimsOf(crypto, terms, commitment, height, revocation)) {
    for (const feeratePerKw of claim.kind === 'penalty_htlc' ? feeratesPerKw.slice(-1) : feeratesPerKw) {
      const draft = draftClaim(claim, { destination, feeratePerKw, coins: [], floor: () => 0n });
      if (draft !== undefined && !isShort(draft)) drafts.push({ claim, feeratePerKw, draft });
    }
  }
  return drafts;
}

/** Who holds a bundle signs nothing: no key is named. */
const NO_KEY: ClaimKey = { kind: 'payment' };

/** What a blind watcher may broadcast for one output, from the least feerate to the highest. */
export interface Penalty {
  readonly claim: Claim;
  readonly versions: readonly { readonly feeratePerKw: number; readonly tx: Tx }[];
}

/** The penalties of a commitment that the chain has; undefined where the bundle was made for another. */
export function penaltiesOf(crypto: Crypto, bundle: PenaltyBundle, commitment: Broadcast, height: number): readonly Penalty[] | undefined {
  const drafts = draftsOf(crypto, bundle, commitment, height, NO_KEY);
  if (drafts.length !== bundle.signatures.length) return undefined;
  const penalties = new Map<Claim, Penalty['versions'][number][]>();
  for (const [at, { claim, feeratePerKw, draft }] of drafts.entries()) {
    const { tx, toSign } = draft;
    const versions = penalties.get(claim) ?? [];
    versions.push({ feeratePerKw, tx: signedTx(tx, toSign as ToSign, bundle.signatures[at] as Signature) });
    penalties.set(claim, versions);
  }
  return [...penalties].map(([claim, versions]) => ({ claim, versions }));
}

/** What makes bundles: the device, which has the knowledge of its own watcher and a signer that answers at once. */
export interface PenaltyMaker {
  readonly signer: ClaimSigner;
  readonly policy: BlindPolicy;
  readonly destination: Script;
}

/**
 * The bundles for a commitment of the peer that is revoked, one a funding, each with its commitment's txid: empty where the signer does not answer
 * within the call, or the secret is not known.
 */
export function bundlesFor(
  crypto: Crypto,
  { signer, policy, destination }: PenaltyMaker,
  known: Knowledge,
  number: bigint,
): readonly { readonly txid: Txid; readonly bundle: PenaltyBundle }[] {
  const { us, keysId } = known.parameters;
  const secret = secretAt(crypto, known.secrets, secretIndex(number));
  if (secret === undefined) return [];
  const bundles: { txid: Txid; bundle: PenaltyBundle }[] = [];
  for (const built of rebuildCommitment(crypto, known, other(us), number) ?? []) {
    const terms = termsOf(crypto, policy, destination, built);
    const signatures: Signature[] = [];
    for (const { draft } of draftsOf(crypto, terms, built, 0, { kind: 'revocation', secret })) {
      const { key, scriptCode, amountSat } = draft.toSign as ToSign;
      const signature = signer.signClaim({ keysId, tx: draft.tx, key, scriptCode, amountSat });
      if (signature === undefined) return [];
      signatures.push(signature);
    }
    bundles.push({ txid: built.txid, bundle: { ...terms, signatures } });
  }
  return bundles;
}

function termsOf(crypto: Crypto, { feeratesPerKw, leastHtlcSat }: BlindPolicy, destination: Script, built: BuiltCommitment): Terms {
  const { keys, channel, owner } = built;
  const { format, parties } = channel.params;
  const htlcs: PenalisedHtlc[] = [];
  for (const [vout, output] of built.outputs.entries()) {
    if (output.kind !== 'htlc' || output.amountSat < leastHtlcSat) continue;
    const { offerer, paymentHash, cltvExpiry } = output.htlc;
    htlcs.push({ vout, offeredByOwner: offerer === owner, paymentHash160: ripemd160Hex(crypto, paymentHash), cltvExpiry });
  }
  return {
    format,
    delay: parties[owner].delayOnOwnCommitment,
    revocationPubkey: keys.revocationPubkey,
    delayedPubkey: keys.delayedPubkey,
    htlcPubkeys: [keys.htlcPubkeys[owner], keys.htlcPubkeys[other(owner)]],
    paymentBasepoint: parties[other(owner)].paymentBasepoint,
    destination,
    feeratesPerKw,
    htlcs,
  };
}

/** Less than the dust limit of what a penalty pays to (BOLT 3, Dust Limits, P2WSH): nothing is left of such an output. */
const UNECONOMICAL_SAT = 330n;

/**
 * The most that a cheater keeps of this commitment against blind watchers alone, in satoshis. `leastFeeratePerKw`: what a transaction had to pay at
 * least, all through his delay, to confirm. HTLCs are his where he puts his HTLC transactions on top before the penalties confirm: with anchors at
 * once, and a blind watcher can't follow. Where fees stay above the highest stated feerate, everything is his but to_remote, which stays ours.
 */
export function keptByCheater({ feeratesPerKw }: BlindPolicy, built: BuiltCommitment, leastFeeratePerKw: number): bigint {
  const isOutpaid = leastFeeratePerKw > Math.max(...feeratesPerKw);
  let kept = 0n;
  for (const output of built.outputs) {
    if (output.kind === 'to_remote' || (output.kind === 'anchor' && output.side !== built.owner)) continue;
    if (output.kind !== 'to_local' || isOutpaid || output.amountSat < UNECONOMICAL_SAT) kept += output.amountSat;
  }
  return kept;
}
