import type { RuleTable } from '../../rule.ts';

/** BOLT 2, Normal Operation: HTLCs and fees. Rules named `remove_htlc` hold for the three messages that remove one. */
export const OPERATE_RULES = {
  'channel.before_ready': {
    requirements: ['B2-READY-12-no-alias-depth'],
    words: 'Once both nodes have exchanged `channel_ready`',
    consequence: 'warn-and-disconnect',
  },
  'channel.not_connected': { requirements: [], why: 'nobody is there to be told', consequence: 'refuse' },
  'channel.reestablishing': {
    requirements: ['B2-REEST-M-10-wait-reestablish'],
    words: "MUST wait to receive the other node's `channel_reestablish` message before sending any other messages for that channel",
    consequence: 'refuse',
  },
  'channel.funding_unconfirmed': {
    requirements: ['B2-READY-02-fundee-depth'],
    words: 'SHOULD wait until the funding transaction has reached `minimum_depth`',
    consequence: 'refuse',
  },
  'update_add_htlc.id': {
    requirements: ['B2-ADD-R-07-other-id', 'B2-ADD-S-11-id-increment'],
    words: 'if other `id` violations occur: MAY send a `warning` and close the connection, or send an `error` and fail the channel',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.after_shutdown': {
    requirements: ['B2-SHUT-S-06-no-add'],
    words: 'MUST NOT send an `update_add_htlc` after a `shutdown`',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.amount_msat': {
    requirements: ['B2-ADD-S-05-positive'],
    words: 'MUST offer `amount_msat` greater than 0',
    consequence: 'refuse',
  },
  'update_add_htlc.htlc_minimum_msat': {
    requirements: ['B2-ADD-R-01-amount', 'B2-ADD-S-06-htlc-minimum'],
    words: 'receiving an `amount_msat` equal to 0, OR less than its own `htlc_minimum_msat`',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.cltv_expiry': {
    requirements: ['B2-ADD-R-04-cltv-500m', 'B2-ADD-S-07-cltv-500m'],
    words: 'if sending node sets `cltv_expiry` to greater or equal to 500000000',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.expiry_reached': {
    requirements: ['B2-CLTV-01-offer-deadline'],
    words: 'MUST estimate a timeout deadline for each HTLC it offers',
    consequence: 'refuse',
  },
  'update_add_htlc.expiry_too_far': {
    requirements: ['B2-FWD-04-fail-far'],
    words: "if an incoming HTLC's `cltv_expiry` is unreasonably far in the future",
    consequence: 'refuse',
  },
  'update_add_htlc.max_accepted_htlcs': {
    requirements: ['B2-ADD-R-03-max-accepted', 'B2-ADD-S-08-max-accepted'],
    words: 'if a sending node adds more than receiver `max_accepted_htlcs` HTLCs to its local commitment transaction',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.max_htlc_value_in_flight_msat': {
    requirements: ['B2-ADD-R-03-max-accepted', 'B2-ADD-S-09-max-in-flight'],
    words: 'adds more than receiver `max_htlc_value_in_flight_msat` worth of offered HTLCs to its local commitment transaction',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.channel_reserve_satoshis': {
    requirements: [
      'B2-ADD-R-02-affords',
      'B2-ADD-S-01-funder-affords',
      'B2-ADD-S-02-funder-anchors',
      'B2-ADD-S-03-fee-spike',
      'B2-ADD-S-04-fundee-affords',
    ],
    words: 'receiving an `amount_msat` that the sending node cannot afford at the current `feerate_per_kw`',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.max_dust_htlc_exposure_msat': {
    requirements: ['B2-DUST-05-offer-remote', 'B2-DUST-07-offer-local'],
    words: 'SHOULD NOT send this HTLC',
    consequence: 'refuse',
  },
  'update_add_htlc.path_key': {
    requirements: ['B2-ADD-R-09-onion-path-key'],
    words: 'MUST use `path_key` (if specified)',
    consequence: 'warn-and-disconnect',
  },
  'update_add_htlc.onion_routing_packet': { requirements: [], why: 'no message carries one of another length', consequence: 'refuse' },
  'update_add_htlc.payment_id': { requirements: [], why: 'a bound on what the host makes us keep', consequence: 'refuse' },
  'remove_htlc.unknown_id': {
    requirements: ['B2-REM-R-01-unknown-id', 'B2-REM-S-03-irrevocable'],
    words: 'if the `id` does not correspond to an HTLC in its current commitment transaction',
    consequence: 'warn-and-disconnect',
  },
  'remove_htlc.removed_already': {
    requirements: ['B2-REM-R-01-unknown-id', 'B2-REM-S-03-irrevocable'],
    words: 'if the `id` does not correspond to an HTLC in its current commitment transaction',
    consequence: 'warn-and-disconnect',
  },
  'update_fulfill_htlc.payment_preimage': {
    requirements: ['B2-REM-R-02-preimage'],
    words: "if the `payment_preimage` value in `update_fulfill_htlc` doesn't SHA256 hash to the corresponding HTLC `payment_hash`",
    consequence: 'warn-and-disconnect',
  },
  'update_fulfill_htlc.deadline': {
    requirements: ['B2-CLTV-06-fulfill-late'],
    words: 'MUST fail (and not forward) an HTLC whose fulfillment deadline is already past',
    consequence: 'refuse',
  },
  'update_fulfill_htlc.dust': {
    requirements: [
      'B2-DUST-02-recv-remote-preimage',
      'B2-DUST-04-recv-local-preimage',
      'B2-DUST-01-recv-remote-fail',
      'B2-DUST-03-recv-local-fail',
    ],
    words: 'SHOULD NOT reveal a preimage for this HTLC',
    consequence: 'refuse',
  },
  'update_fail_htlc.path_key': {
    requirements: ['B2-REM-S-08-blinded-add-malformed'],
    words: 'if `path_key` was provided in the incoming `update_add_htlc`',
    consequence: 'refuse',
  },
  'update_fail_htlc.reason': {
    requirements: ['B1-MSG-17-max-size'],
    words: 'the maximum possible size is 65535 bytes',
    consequence: 'refuse',
  },
  'update_fail_malformed_htlc.failure_code': {
    requirements: ['B2-REM-R-03-badonion', 'B2-REM-S-12-badonion-send'],
    words: 'if the `BADONION` bit in `failure_code` is not set for `update_fail_malformed_htlc`',
    consequence: 'warn-and-disconnect',
  },
  'update_fee.not_opener': {
    requirements: ['B2-FEE-R-02-only-funder', 'B2-FEE-S-02-only-funder'],
    words: 'if the sender is not responsible for paying the Bitcoin fee',
    consequence: 'warn-and-disconnect',
  },
  'update_fee.feerate_per_kw': {
    requirements: ['B2-FEE-R-01-bounds', 'B2-FEE-S-01-sufficient'],
    words: 'if the `update_fee` is too low for timely processing, OR is unreasonably large',
    consequence: 'warn-and-disconnect',
  },
  'update_fee.affordable': {
    requirements: ['B2-FEE-R-03-affords', 'B2-FEE-R-04-affords-delay'],
    words: "if the sender cannot afford the new fee rate on the receiving node's",
    consequence: 'warn-and-disconnect',
  },
  'update_fee.max_dust_htlc_exposure_msat': {
    requirements: ['B2-FEE-S-03-dust-remote', 'B2-FEE-S-05-dust-local'],
    words: 'MAY NOT send `update_fee`',
    consequence: 'refuse',
  },
  'update_fee.channel_at_its_end': {
    requirements: ['B2-SHUT-S-07-no-update-at-end'],
    words: 'MUST NOT send any `update` message after that point',
    consequence: 'warn-and-disconnect',
  },
  'htlc.timeout_deadline': {
    requirements: ['B2-CLTV-03-offer-error', 'B2-CLTV-04-offer-fail'],
    words: "if an HTLC which it offered is in either node's current commitment transaction, AND is past this timeout deadline",
    consequence: 'fail-channel',
  },
  'htlc.fulfillment_deadline': {
    requirements: ['B2-CLTV-07-fulfilled-error', 'B2-CLTV-08-fulfilled-fail'],
    words: "if an HTLC it has fulfilled is in either node's current commitment transaction, AND is past this fulfillment deadline",
    consequence: 'fail-channel',
  },
} as const satisfies RuleTable;
