import type { SecretKey } from '../crypto/bytes.ts';
import { FORMATS } from '../transactions/formats.ts';
import type { BuiltCommitment } from '../transactions/commitment.ts';
import { secretAt, secretIndex } from '../transactions/secrets.ts';
import type { HtlcSpec } from '../transactions/types.ts';
import { toRemoteClaim } from './claims.ts';
import type { AnchorOutput, Claim } from './claims.ts';
import { permittedPreimage, preimagesOf } from './htlcs.ts';
import type { CommitmentCache } from './commitment-cache.ts';
import type { Knowledge } from './knowledge.ts';
import type { Outcome } from './outcome.ts';
import { ownClaims } from './own-claims.ts';
import type { Permitted } from './own-claims.ts';
import { peerClaims } from './peer-claims.ts';
import { penalties } from './penalties.ts';
import type { ChainPolicy } from './policy.ts';

/** Every output that is ours to spend, now or once it is mature, and is not spent in the present chain. */
export function wantedOf(
  cache: CommitmentCache,
  policy: ChainPolicy,
  known: Knowledge,
  { close, outputs, salvage }: Outcome,
): readonly Claim[] {
  if (close === undefined) return finalCommitment(cache, policy, known);
  switch (close.kind) {
    case 'ours':
      return ownClaims(policy, known, close, outputs, permittedFor(known, close.built.contents.htlcs));
    case 'theirs':
      return peerClaims(policy, close, outputs, permittedFor(known, close.built.contents.htlcs));
    case 'revoked':
      return penalties(close, outputs, secretAt(cache.crypto, known.secrets, secretIndex(close.built.number)) as SecretKey);
    case 'future':
      return salvage
        .filter(({ spent }) => spent === undefined)
        .map((output) => toRemoteClaim(close.scripts, known.parameters.us, close.spend.height, output));
    case 'mutual':
    case 'ours_old':
    case 'unknown':
      return [];
  }
}

/** Looks once for the preimages of these HTLCs. BOLT 5: "MUST NOT resolve the output" of one that the peer is not irrevocably committed to. */
function permittedFor(known: Knowledge, htlcs: readonly HtlcSpec[]): Permitted {
  const preimages = preimagesOf(known, new Set(htlcs.map(({ paymentHash }) => paymentHash)));
  return (htlc) => permittedPreimage(preimages.get(htlc.paymentHash), htlc);
}

/** BOLT 5, Failing a Channel: "MUST broadcast the *last commitment transaction*". Only the channel gives it to the chain, by `final`. */
function finalCommitment(cache: CommitmentCache, { slack }: ChainPolicy, known: Knowledge): readonly Claim[] {
  const { final, fundings, parameters } = known;
  const [input] = final?.tx.inputs ?? [];
  const at = fundings.findIndex(({ txid, vout }) => txid === input?.txid && vout === input.vout);
  const funding = fundings[at];
  if (final === undefined || funding === undefined) return [];
  const built = cache.commitment(known, parameters.us, final.number)?.[at];
  if (built === undefined) return [];
  const permitted = permittedFor(known, built.contents.htlcs);
  let deadline: number | undefined;
  for (const htlc of built.contents.htlcs) {
    const isOurs = htlc.offerer === parameters.us;
    if (!isOurs && permitted(htlc) === undefined) continue;
    const until = isOurs ? htlc.cltvExpiry + slack : htlc.cltvExpiry - slack;
    if (deadline === undefined || until < deadline) deadline = until;
  }
  const { txid, vout, amountSat } = funding;
  const spending = { how: 'commitment', tx: final.tx, anchor: anchorOf(built) } as const;
  return [
    { kind: 'commitment', outpoint: { txid, vout }, amountSat, script: built.channel.funding.script, earliest: 0, deadline, spending },
  ];
}

/** Our anchor of our commitment, where the format has one. */
function anchorOf(built: BuiltCommitment): AnchorOutput | undefined {
  if (FORMATS[built.channel.params.format].anchorSat === 0n) return undefined;
  for (const [vout, output] of built.outputs.entries())
    if (output.kind === 'anchor' && output.side === built.owner)
      return {
        outpoint: { txid: built.txid, vout },
        amountSat: output.amountSat,
        witnessScript: output.witnessScript,
        parentFeeSat: built.feeSat,
      };
  return undefined;
}
