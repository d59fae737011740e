import type { Preimage, Signature } from '../crypto/bytes.ts';
import { FORMATS } from '../transactions/formats.ts';
import type { HtlcTransaction } from '../transactions/htlc.ts';
import type { HtlcSpec } from '../transactions/types.ts';
import { FALSE, sweep } from './claims.ts';
import type { Claim } from './claims.ts';
import type { CommitmentClose } from './close.ts';
import type { Knowledge } from './knowledge.ts';
import type { ClosedOutput, SecondStage } from './outputs.ts';
import type { ChainPolicy } from './policy.ts';

/** The preimage that may claim an incoming HTLC. */
export type Permitted = (htlc: HtlcSpec) => Preimage | undefined;

/** BOLT 5, Unilateral Close Handling: Local Commitment Transaction. What is spent already is nobody's to claim. */
export function ownClaims(
  policy: ChainPolicy,
  known: Knowledge,
  close: CommitmentClose,
  outputs: readonly ClosedOutput[],
  permitted: Permitted,
): readonly Claim[] {
  const { built, spend, funding } = close;
  const signatures = known.ours.find(({ number }) => number === built.number)?.signatures[funding]?.htlcSignatures ?? [];
  const htlcTxs = new Map(built.htlcTransactions.map((htlcTx, at) => [htlcTx.vout, { htlcTx, signature: signatures[at] }]));
  const claims: Claim[] = [];
  for (const closed of outputs) {
    const { output, outpoint, spent, second } = closed;
    if (second !== undefined) claims.push(...afterDelay(close, second, spent?.by.height ?? 0));
    if (spent !== undefined) continue;
    if (output.kind === 'to_local') {
      const { amountSat, script } = output;
      claims.push(delayed('to_local', close, { outpoint, amountSat, script }, spend.height));
    } else if (output.kind === 'htlc') {
      const { htlcTx, signature } = htlcTxs.get(outpoint.vout) as { htlcTx: HtlcTransaction; signature: Signature | undefined };
      if (signature !== undefined) claims.push(...throughHtlcTx(policy, close, closed, htlcTx, signature, permitted));
    }
  }
  return claims;
}

/** Our delayed output: the owner's branch of BOLT 3's to_local, after OP_CHECKSEQUENCEVERIFY. */
function delayed(
  kind: 'to_local' | 'second_stage',
  { built }: CommitmentClose,
  output: Pick<Claim, 'outpoint' | 'amountSat' | 'script'>,
  height: number,
): Claim {
  const { keys, channel, owner } = built;
  const delay = channel.params.parties[owner].delayOnOwnCommitment;
  const key = { kind: 'delayed', point: keys.perCommitmentPoint } as const;
  return sweep(kind, output, keys.delayed.witnessScript, key, [FALSE], { earliest: height + delay, sequence: delay });
}

/** BOLT 5: "MUST resolve the output of that HTLC-timeout transaction", and of HTLC-success alike. */
function afterDelay(close: CommitmentClose, second: SecondStage, height: number): readonly Claim[] {
  return second.spent === undefined ? [delayed('second_stage', close, second, height)] : [];
}

/** BOLT 5, HTLC Output Handling: Local Commitment. What we offered once it has timed out, what was offered to us with its preimage. */
function throughHtlcTx(
  { slack }: ChainPolicy,
  { built, spend }: CommitmentClose,
  { output, outpoint }: ClosedOutput,
  htlcTx: HtlcTransaction,
  peerSignature: Signature,
  permitted: Permitted,
): readonly Claim[] {
  const { htlc, kind } = htlcTx;
  const preimage = kind === 'success' ? permitted(htlc) : undefined;
  if (kind === 'success' && preimage === undefined) return [];
  const unlocked = spend.height + FORMATS[built.channel.params.format].htlcDelay;
  const key = { kind: 'htlc', point: built.keys.perCommitmentPoint } as const;
  const { amountSat, script } = output;
  const claimed = { outpoint, amountSat, script, spending: { how: 'htlc_tx', key, htlcTx, peerSignature, preimage } } as const;
  const expired = htlc.cltvExpiry + 1;
  return kind === 'success'
    ? [{ kind: 'htlc_success_tx', ...claimed, earliest: unlocked, deadline: expired }]
    : [{ kind: 'htlc_timeout_tx', ...claimed, earliest: Math.max(unlocked, expired), deadline: htlc.cltvExpiry + slack }];
}
