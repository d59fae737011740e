import { FORMATS } from '../transactions/formats.ts';
import type { HtlcSpec } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import { FALSE, sweep, toRemoteClaim } from './claims.ts';
import type { Claim } from './claims.ts';
import type { CommitmentClose } from './close.ts';
import type { ClosedOutput } from './outputs.ts';
import type { Permitted } from './own-claims.ts';
import type { ChainPolicy } from './policy.ts';
import type { Script } from '../crypto/bytes.ts';

/** BOLT 5, Unilateral Close Handling: Remote Commitment Transaction. */
export function peerClaims(
  policy: ChainPolicy,
  close: CommitmentClose,
  outputs: readonly ClosedOutput[],
  permitted: Permitted,
): readonly Claim[] {
  const claims: Claim[] = [];
  for (const closed of outputs) {
    const { output, outpoint, spent } = closed;
    if (spent !== undefined) continue;
    const { amountSat, script } = output;
    if (output.kind === 'to_remote')
      claims.push(toRemoteClaim(close.built.channel, output.side, close.spend.height, { outpoint, amountSat, script }));
    if (output.kind === 'htlc') claims.push(...direct(policy, close, closed, output.htlc, output.witnessScript, permitted));
  }
  return claims;
}

/** BOLT 5, HTLC Output Handling: Remote Commitment. Spent directly, with our htlcpubkey. */
function direct(
  { slack }: ChainPolicy,
  { built, spend }: CommitmentClose,
  { output: { amountSat, script }, outpoint }: ClosedOutput,
  htlc: HtlcSpec,
  witnessScript: Script,
  permitted: Permitted,
): readonly Claim[] {
  const output = { outpoint, amountSat, script };
  const key = { kind: 'htlc', point: built.keys.perCommitmentPoint } as const;
  const sequence = FORMATS[built.channel.params.format].htlcDelay;
  const unlocked = spend.height + sequence;
  const expired = htlc.cltvExpiry + 1;
  if (htlc.offerer === other(built.owner)) {
    const terms = { earliest: Math.max(unlocked, expired), deadline: htlc.cltvExpiry + slack, sequence, locktime: htlc.cltvExpiry };
    return [sweep('htlc_timeout', output, witnessScript, key, [FALSE], terms)];
  }
  const preimage = permitted(htlc);
  if (preimage === undefined) return [];
  return [sweep('htlc_preimage', output, witnessScript, key, [preimage], { earliest: unlocked, deadline: expired, sequence })];
}
