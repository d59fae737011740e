import type { ChannelConfig } from '../channel/model/channel-vocabulary.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { DEFAULT_GOSSIP_LIMITS } from '../gossip/gossip-vocabulary.ts';
import { makeFeatures } from '../wire/features.ts';

/** Genesis blocks in wire order (BOLT 0, chain_hash). */
export const CHAIN_HASHES = {
  bitcoin: '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000' as Hash32,
  regtest: '06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f' as Hash32,
} as const;

/** A policy to start from: `{ ...DEFAULT_CONFIG, chainHash: CHAIN_HASHES.bitcoin, watchers: ['monitor'] }`. */
export const DEFAULT_CONFIG: ChannelConfig = {
  chainHash: CHAIN_HASHES.regtest,
  features: makeFeatures({
    option_data_loss_protect: 'compulsory',
    option_upfront_shutdown_script: 'optional',
    var_onion_optin: 'compulsory',
    option_static_remotekey: 'compulsory',
    payment_secret: 'compulsory',
    basic_mpp: 'optional',
    option_support_large_channel: 'optional',
    option_anchors: 'optional',
    option_shutdown_anysegwit: 'optional',
    option_channel_type: 'compulsory',
  }),
  watchers: [],
  watcherQuorum: Number.MAX_SAFE_INTEGER,
  fromCopy: false,
  payments: 'host',
  gossip: 'own',
  gossipLimits: DEFAULT_GOSSIP_LIMITS,
  relay: {
    cltvExpiryDelta: 40,
    htlcMinimumMsat: 1n,
    htlcMaximumMsat: 1_000_000_000_000n,
    feeBaseMsat: 1000,
    feeProportionalMillionths: 100,
  },
  maxForwardWaitMs: 30_000,
  mppTimeoutMs: 120_000,
  acceptKeysend: true,
  minCltvAhead: 3,
  commit: 'auto',
  dustLimitSat: 354n,
  maxHtlcValueInFlightMsat: 1_000_000_000n,
  maxAcceptedHtlcs: 30,
  htlcMinimumMsat: 1n,
  toSelfDelay: 144,
  maxToSelfDelay: 2016,
  minimumDepth: 3,
  maxMinimumDepth: 144,
  minFundingSat: 20_000n,
  reservePpm: 10_000,
  maxDustLimitSat: 10_000n,
  feerateTolerancePercent: { min: 25, max: 1000 },
  minFeeratePerKw: 253,
  maxDustHtlcExposureMsat: 50_000_000n,
  feeSpikeMultiple: 2,
  htlcGraceBlocks: 2,
  fulfillDeadlineBlocks: 18,
  maxCltvAhead: 2016,
  openingTimeoutMs: 600_000,
  answerTimeoutMs: 60_000,
  answerTimeoutBlocks: 144,
  closingFeeRangePercent: { min: 50, max: 300 },
};
