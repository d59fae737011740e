import type { PublicKey } from '../../crypto/bytes.ts';
import type { WatchedParty } from '../../knowledge/updates.ts';
import type { ChannelParty } from '../../transactions/types.ts';
import type { Party } from '../model/state.ts';

/** What transactions depend on of one side. */
export function txParty(fundingPubkey: PublicKey, own: Party, peer: Party): ChannelParty {
  return { fundingPubkey, ...watchedParty(own, peer) };
}

/** What transactions depend on of one side, beside the funding. */
export function watchedParty(own: Party, peer: Party): WatchedParty {
  const { revocationBasepoint, paymentBasepoint, delayedPaymentBasepoint, htlcBasepoint, dustLimitSat } = own;
  return {
    revocationBasepoint,
    paymentBasepoint,
    delayedPaymentBasepoint,
    htlcBasepoint,
    dustLimitSat,
    delayOnOwnCommitment: peer.toSelfDelay,
  };
}
