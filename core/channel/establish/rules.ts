import type { RuleTable } from '../../rule.ts';

/** BOLT 2, Channel Establishment v1. Rules named `opening` hold for open_channel and accept_channel alike. */
export const ESTABLISH_RULES = {
  'open_channel.chain_hash': {
    requirements: ['B2-OPEN-R-13-chain', 'B2-OPEN-S-01-chain'],
    words: 'the `chain_hash` value is set to a hash of a chain that is unknown to the receiver',
    consequence: 'fail-channel',
  },
  'open_channel.funding_beyond_supply': {
    requirements: ['B1-TYPES-03-sat-max', 'B1-TYPES-02-amounts-21m'],
    words: 'satoshi amounts MUST be at most `0x000775f05a074000`',
    consequence: 'fail-channel',
  },
  'open_channel.option_support_large_channel': {
    requirements: ['B2-OPEN-R-23-wumbo', 'B2-OPEN-S-04-large-otherwise'],
    words: '`funding_satoshis` is greater than or equal to 2^24 and the receiver does not support `option_support_large_channel`',
    consequence: 'fail-channel',
  },
  'open_channel.funding_too_small': {
    requirements: ['B2-OPEN-R-07-funding-small'],
    words: '`funding_satoshis` is too small',
    consequence: 'fail-channel',
  },
  'open_channel.push_msat': {
    requirements: ['B2-OPEN-R-14-push', 'B2-OPEN-S-05-push'],
    words: '`push_msat` is greater than `funding_satoshis` * 1000',
    consequence: 'fail-channel',
  },
  'open_channel.feerate_per_kw': {
    requirements: ['B2-OPEN-R-17-feerate', 'B2-OPEN-S-19-feerate'],
    words: 'it considers `feerate_per_kw` too small for timely processing or unreasonably large',
    consequence: 'fail-channel',
  },
  'open_channel.initial_fee': {
    requirements: ['B2-OPEN-R-21-funder-fee'],
    words: "the funder's amount for the initial commitment transaction is not sufficient for full",
    consequence: 'fail-channel',
  },
  'open_channel.channel_type_missing': {
    requirements: ['B2-OPEN-R-02-type-missing', 'B2-OPEN-S-13-type-set'],
    words: "if the message doesn't include a `channel_type`: fail the channel",
    consequence: 'fail-channel',
  },
  'open_channel.channel_type': {
    requirements: ['B2-OPEN-R-24-type-unsuitable', 'B2-OPEN-S-14-type-defined'],
    words: 'the `channel_type` is not suitable',
    consequence: 'fail-channel',
  },
  'open_channel.channel_type_not_negotiated': {
    requirements: ['B2-OPEN-S-16-type-negotiated', 'B2-OPEN-R-24-type-unsuitable'],
    words: 'SHOULD NOT set it to a type containing a feature which was not negotiated',
    consequence: 'fail-channel',
  },
  'open_channel.option_dual_fund': {
    requirements: ['B2-OPEN-R-05-dual-fund', 'B2-OPEN2-01-no-v1'],
    words: 'if `option_dual_fund` has been negotiated: fail the channel',
    consequence: 'fail-channel',
  },
  'accept_channel.channel_type_missing': {
    requirements: ['B2-ACCEPT-R-04-type-missing'],
    words: "if the message doesn't include a `channel_type`: MUST fail the channel",
    consequence: 'fail-channel',
  },
  'accept_channel.channel_type': {
    requirements: ['B2-ACCEPT-R-05-type-other', 'B2-ACCEPT-S-06-type-same'],
    words: 'if `channel_type` does not match the `channel_type` from `open_channel`: MUST fail the channel',
    consequence: 'fail-channel',
  },
  'accept_channel.minimum_depth': {
    requirements: ['B2-ACCEPT-R-01-depth-large'],
    words: 'if `minimum_depth` is unreasonably large: MAY fail the channel',
    consequence: 'fail-channel',
  },
  'opening.to_self_delay': {
    requirements: ['B2-OPEN-R-15-delay', 'B2-ACCEPT-R-06-others'],
    words: '`to_self_delay` is unreasonably large',
    consequence: 'fail-channel',
  },
  'opening.max_accepted_htlcs_too_large': {
    requirements: ['B2-OPEN-R-16-max-accepted', 'B2-ACCEPT-R-06-others'],
    words: '`max_accepted_htlcs` is greater than 483',
    consequence: 'fail-channel',
  },
  'opening.max_accepted_htlcs_zero': {
    requirements: ['B2-OPEN-R-11-accepted-small', 'B2-ACCEPT-R-06-others'],
    words: 'it considers `max_accepted_htlcs` too small',
    consequence: 'fail-channel',
  },
  'opening.htlc_minimum_msat': {
    requirements: ['B2-OPEN-R-08-htlc-min-large', 'B2-ACCEPT-R-06-others'],
    words: 'it considers `htlc_minimum_msat` too large',
    consequence: 'fail-channel',
  },
  'opening.max_htlc_value_in_flight_msat': {
    requirements: ['B2-OPEN-R-09-inflight-small', 'B2-ACCEPT-R-06-others'],
    words: 'it considers `max_htlc_value_in_flight_msat` too small',
    consequence: 'fail-channel',
  },
  'opening.dust_limit_too_small': {
    requirements: ['B2-OPEN-R-20-dust-354', 'B2-ACCEPT-R-06-others'],
    words: '`dust_limit_satoshis` is smaller than `354 satoshis`',
    consequence: 'fail-channel',
  },
  'opening.dust_limit_too_large': {
    requirements: ['B2-OPEN-R-12-dust-large', 'B2-ACCEPT-R-06-others'],
    words: 'it considers `dust_limit_satoshis` too large',
    consequence: 'fail-channel',
  },
  'opening.dust_limit_above_reserve': {
    requirements: ['B2-OPEN-R-19-dust-reserve', 'B2-OPEN-S-08-reserve-dust', 'B2-ACCEPT-R-02-reserve-dust', 'B2-ACCEPT-R-03-dust-reserve'],
    words: '`dust_limit_satoshis` is greater than `channel_reserve_satoshis`',
    consequence: 'fail-channel',
  },
  'opening.channel_reserve_too_large': {
    requirements: ['B2-OPEN-R-10-reserve-large', 'B2-ACCEPT-R-06-others'],
    words: 'it considers `channel_reserve_satoshis` too large',
    consequence: 'fail-channel',
  },
  'opening.balances_below_reserve': {
    requirements: ['B2-OPEN-R-22-both-below-reserve', 'B2-ACCEPT-R-06-others'],
    words:
      'both `to_local` and `to_remote` amounts for the initial commitment transaction are less than or equal to `channel_reserve_satoshis`',
    consequence: 'fail-channel',
  },
  'opening.invalid_point': {
    requirements: ['B2-OPEN-R-18-keys', 'B2-OPEN-S-06-keys', 'B2-ACCEPT-R-06-others'],
    words: 'are not valid secp256k1 pubkeys in compressed format',
    consequence: 'fail-channel',
  },
  'opening.upfront_shutdown_script_missing': {
    requirements: ['B2-OPEN-S-10-upfront-required', 'B2-ACCEPT-S-07-others'],
    words: 'MUST include `upfront_shutdown_script` with either a valid `shutdown_scriptpubkey`',
    consequence: 'fail-channel',
  },
  'opening.upfront_shutdown_script': {
    requirements: ['B2-OPEN-S-10-upfront-required', 'B2-ACCEPT-S-07-others'],
    words: 'a valid `shutdown_scriptpubkey` as required by `shutdown` `scriptpubkey`, or a zero-length `shutdown_scriptpubkey`',
    consequence: 'fail-channel',
  },
  'opening.unexpected_message': {
    requirements: ['B1-ERR-03-send-on-violation'],
    words: 'SHOULD send `error` for protocol violations or internal errors that make channels unusable',
    consequence: 'fail-channel',
  },
  'opening.signature': {
    requirements: ['B2-FC-08-sig-check', 'B2-FS-04-sig-check'],
    words: 'if `signature` is incorrect OR non-compliant with LOW-S-standard rule',
    consequence: 'fail-channel',
  },
  'channel_ready.funding_output': {
    requirements: ['B2-READY-01-output', 'B2-FC-04-vout'],
    words: 'pays exactly `funding_satoshis` to the scriptpubkey specified in',
    consequence: 'fail-channel',
  },
  'channel_ready.funding_timeout': {
    requirements: ['B2-READY-13-fundee-forget'],
    words: 'SHOULD forget the channel if it does not see the correct funding transaction after a timeout of 2016 blocks',
    consequence: 'forget',
  },
  'channel_ready.unanswered': {
    requirements: ['B2-READY-16-timeout-error'],
    words: 'if it does not receive a required response from the other node after a reasonable timeout',
    consequence: 'fail-channel',
  },
  'channel_ready.another_point': {
    requirements: ['B2-READY-03-second-point'],
    words: 'MUST set `second_per_commitment_point` to the per-commitment point to be used for commitment transaction #1',
    consequence: 'warn-and-disconnect',
  },
  'channel_ready.invalid_point': {
    requirements: ['B2-READY-17-point-valid'],
    words: '`point`: a 33-byte Elliptic Curve point (compressed encoding as per',
    consequence: 'warn-and-disconnect',
  },
  'fund.no_output': {
    requirements: ['B2-FC-04-vout'],
    words: '`funding_output_index` to the output number of that transaction that corresponds the funding transaction output',
    consequence: 'refuse',
  },
  'fund.malleable': {
    requirements: ['B2-FC-02-txid', 'B2-FC-06-segwit-inputs'],
    words: '`funding_txid` to the transaction ID of a non-malleable transaction',
    consequence: 'refuse',
  },
  'fund.not_asked': { requirements: [], why: 'a command that answers no question', consequence: 'refuse' },
  'accept.not_asked': { requirements: [], why: 'a command that answers no question', consequence: 'refuse' },
  'reject.not_asked': { requirements: [], why: 'a command that answers no question', consequence: 'refuse' },
  'reject.by_host': { requirements: [], why: 'nobody has to accept a channel', consequence: 'fail-channel' },
} as const satisfies RuleTable;
