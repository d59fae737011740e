import type { SecretKey } from '../crypto/bytes.ts';
import { FORMATS } from '../transactions/formats.ts';
import { sweep, toRemoteClaim, TRUE } from './claims.ts';
import type { Claim } from './claims.ts';
import type { CommitmentClose } from './close.ts';
import type { ClosedOutput } from './outputs.ts';

/**
 * BOLT 5, Revoked Transaction Close Handling: every output of a revoked commitment, and of every HTLC transaction that the cheater has put on
 * top. Each alone in its transaction: with anchors a cheater can pin HTLC outputs, and what stands beside them.
 */
export function penalties(close: CommitmentClose, outputs: readonly ClosedOutput[], secret: SecretKey): readonly Claim[] {
  const { built, spend } = close;
  const { keys, channel, owner } = built;
  const key = { kind: 'revocation', secret } as const;
  const delay = channel.params.parties[owner].delayOnOwnCommitment;
  const claims: Claim[] = [];
  for (const { output, outpoint, spent, second } of outputs) {
    if (second !== undefined && second.spent === undefined) {
      const from = spent?.by.height ?? spend.height;
      const terms = { earliest: from, deadline: from + delay };
      claims.push(sweep('penalty_second_stage', second, keys.delayed.witnessScript, key, [TRUE], terms));
    }
    if (spent !== undefined) continue;
    const { amountSat, script } = output;
    const taken = { outpoint, amountSat, script };
    const earliest = spend.height;
    if (output.kind === 'to_remote') claims.push(toRemoteClaim(channel, output.side, spend.height, taken));
    if (output.kind === 'to_local')
      claims.push(sweep('penalty_to_local', taken, output.witnessScript, key, [TRUE], { earliest, deadline: spend.height + delay }));
    if (output.kind === 'htlc') {
      // He can put his HTLC transaction on top: a success from the next block on, a timeout once it is mature. Then its delay runs.
      const { cltvExpiry, offerer } = output.htlc;
      const second = Math.max(spend.height + FORMATS[channel.params.format].htlcDelay, offerer === owner ? cltvExpiry + 1 : 0);
      const terms = { earliest, deadline: second + delay };
      claims.push(sweep('penalty_htlc', taken, output.witnessScript, key, [keys.revocationPubkey], terms));
    }
  }
  return claims;
}
