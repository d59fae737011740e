import type { RuleId } from '../../../core/rules.ts';

interface Prohibition {
  /** What a node that refuses would name, unless another one forbids it too. */
  readonly rule: RuleId;
  /** What the host asks of its node: `A's host asks it to …`. */
  readonly words: string;
}

/** The rule that forbids each invalid request. */
export const FORBIDDEN_BY: Readonly<Record<string, Prohibition>> = {
  'fail-with-an-endless-reason': { rule: 'update_fail_htlc.reason', words: 'fail an HTLC for a reason that no message can carry' },
  'fulfill-twice': { rule: 'remove_htlc.removed_already', words: 'fulfil an HTLC that it has fulfilled already' },
  'fail-after-fulfill': { rule: 'remove_htlc.removed_already', words: 'fail an HTLC that it has fulfilled already' },
  'fail-twice': { rule: 'remove_htlc.removed_already', words: 'fail an HTLC that it has failed already' },
  'fulfill-after-fail': { rule: 'remove_htlc.removed_already', words: 'fulfil an HTLC that it has failed already' },
  'fulfill-before-presented': { rule: 'remove_htlc.unknown_id', words: 'fulfil an HTLC that is not irrevocably committed on both sides' },
  'fail-before-presented': { rule: 'remove_htlc.unknown_id', words: 'fail an HTLC that is not irrevocably committed on both sides' },
  'wrong-preimage': {
    rule: 'update_fulfill_htlc.payment_preimage',
    words: 'fulfil an HTLC with a preimage that does not hash to its payment_hash',
  },
  'malformed-without-badonion': {
    rule: 'update_fail_malformed_htlc.failure_code',
    words: 'call an HTLC malformed with a failure_code that lacks BADONION',
  },
  'fail-unknown-htlc': { rule: 'remove_htlc.unknown_id', words: 'fail an HTLC that was never offered' },
  'fulfill-unknown-htlc': { rule: 'remove_htlc.unknown_id', words: 'fulfil an HTLC that was never offered' },
  'pay-nothing': { rule: 'update_add_htlc.amount_msat', words: 'offer an HTLC of 0 msat' },
  'pay-less-than-minimum': { rule: 'update_add_htlc.htlc_minimum_msat', words: "offer an HTLC below its peer's htlc_minimum_msat" },
  'pay-more-than-there-is': { rule: 'update_add_htlc.channel_reserve_satoshis', words: 'offer all of the channel in one HTLC' },
  'pay-all': { rule: 'update_add_htlc.channel_reserve_satoshis', words: 'offer 1 msat more than it will ever have' },
  'pay-a-little-too-much': { rule: 'update_add_htlc.channel_reserve_satoshis', words: 'offer 1 msat more than it can afford' },
  'pay-too-much-at-once': {
    rule: 'update_add_htlc.max_htlc_value_in_flight_msat',
    words: "offer 1 msat more than its peer's max_htlc_value_in_flight_msat",
  },
  'pay-one-too-many': { rule: 'update_add_htlc.max_accepted_htlcs', words: "offer one HTLC more than its peer's max_accepted_htlcs" },
  'pay-with-expiry-reached': { rule: 'update_add_htlc.expiry_reached', words: 'offer an HTLC that has expired' },
  'pay-with-expiry-too-far': { rule: 'update_add_htlc.expiry_too_far', words: 'offer an HTLC that expires in 1,000,000 blocks' },
  'pay-with-time-as-expiry': { rule: 'update_add_htlc.cltv_expiry', words: 'offer an HTLC with a time as its cltv_expiry' },
  'pay-with-long-id': { rule: 'update_add_htlc.payment_id', words: 'offer an HTLC under an id of 33 bytes' },
  'pay-after-shutdown': { rule: 'update_add_htlc.after_shutdown', words: 'offer an HTLC after shutdown' },
  'pay-while-away': { rule: 'channel.not_connected', words: 'offer an HTLC while it is not connected' },
  'pay-before-ready': { rule: 'channel.before_ready', words: 'offer an HTLC before channel_ready' },
  'fee-as-accepter': { rule: 'update_fee.not_opener', words: 'send update_fee although it has not opened the channel' },
  'fee-too-low': { rule: 'update_fee.feerate_per_kw', words: 'set a feerate of 1 sat/kw' },
  'fee-too-high': { rule: 'update_fee.feerate_per_kw', words: 'set a feerate of 100,000,000 sat/kw' },
  'fee-while-away': { rule: 'channel.not_connected', words: 'send update_fee while it is not connected' },
  'fee-after-shutdown': { rule: 'update_fee.channel_at_its_end', words: 'send update_fee after its shutdown, with no HTLC left' },
  'commit-while-away': { rule: 'commit.not_connected', words: 'sign a commitment while it is not connected' },
  'commit-twice': { rule: 'commit.revocation_owed', words: 'sign another commitment before the last one was revoked' },
  'shutdown-twice': { rule: 'shutdown.already_sent', words: 'shut down a channel that it is shutting down already' },
  'shutdown-to-a-bad-script': { rule: 'shutdown.scriptpubkey', words: 'shut down to a script that no wallet is paid by' },
  'shutdown-to-another-script': { rule: 'shutdown.upfront_shutdown_script', words: 'shut down to another script than it named at opening' },
  'accept-twice': { rule: 'channel.funded_already', words: 'accept a channel that is funded already' },
  'reject-too-late': { rule: 'channel.funded_already', words: 'reject a channel that is funded already' },
  'pay-in-a-closed-channel': { rule: 'channel.over', words: 'offer an HTLC in a channel that is over' },
  'close-what-is-closed': { rule: 'channel.over', words: 'shut down a channel that is over' },
  'pay-in-an-unknown-channel': { rule: 'node.no_such_channel', words: 'offer an HTLC in a channel that is not there' },
  'fulfill-in-an-unknown-channel': { rule: 'node.no_such_channel', words: 'fulfil an HTLC in a channel that is not there' },
  'close-an-unknown-channel': { rule: 'node.no_such_channel', words: 'close a channel that is not there' },
  'open-too-small': { rule: 'opening.channel_reserve_too_large', words: 'open a channel of 100 sat' },
  'open-giving-all-away': { rule: 'open_channel.push_msat', words: 'open a channel that gives away more than it holds' },
  'open-with-the-keys-of-another': { rule: 'opening.keys_in_use', words: 'open a channel with the keys of another one' },
  'open-at-no-fee': { rule: 'open_channel.feerate_per_kw', words: 'open a channel at 0 sat/kw' },
};
