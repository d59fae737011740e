import type { RuleTable } from '../rule.ts';

/** BOLT 4: onions, their payloads, and onion messages. What an HTLC's failure says stands in `answer.ts`. */
export const ONION_RULES = {
  'onion.size': {
    requirements: [],
    why: 'fewer bytes than version, key, HMAC and one byte of payloads: the codec of update_add_htlc lets none through, messages may be of any size',
    consequence: 'fail-htlc',
  },
  'onion.version': {
    requirements: ['B4-PEEL-01-version'],
    words: 'if `version` is not 0: MUST abort processing the packet and fail',
    consequence: 'fail-htlc',
  },
  'onion.public_key': {
    requirements: ['B4-PEEL-02-public-key'],
    words: 'if `public_key` is not a valid pubkey: MUST abort processing the packet and fail',
    consequence: 'fail-htlc',
  },
  'onion.path_key': {
    requirements: ['B4-PEEL-04-path-key'],
    words: 'Calculate the `blinding_ss` as ECDH(`path_key`, `node_privkey`)',
    consequence: 'fail-htlc',
  },
  'onion.hmac': {
    requirements: ['B4-PEEL-06-hmac-differs', 'B4-PEEL-05-constant-time'],
    words: 'If the computed HMAC and `hmac` differ: MUST abort processing the packet and fail',
    consequence: 'fail-htlc',
  },
  'onion.payload_length': {
    requirements: [
      'B4-PEEL-07-length-malformed',
      'B4-PEEL-08-length-reserved',
      'B4-PEEL-09-payload-beyond',
      'B4-PEEL-10-hmac-beyond',
      'B4-PEEL-11-frame-beyond',
    ],
    words: 'If the `payload_length` is less than two: MUST abort processing the packet and fail',
    consequence: 'fail-htlc',
  },
  'payload.unreadable': {
    requirements: ['B4-FAIL-05-invalid-payload'],
    words: 'if the per-hop payload in the onion is invalid (e.g. it is not a valid tlv stream)',
    consequence: 'fail-htlc',
  },
  'payload.path_key_without_data': {
    requirements: ['B4-PAY-R-21-path-key-without-data'],
    words: 'MUST return an error if `path_key` is set in the incoming `update_add_htlc` or `current_path_key` is present',
    consequence: 'fail-htlc',
  },
  'payload.amt_to_forward': {
    requirements: ['B4-PAY-R-22-amount-and-expiry'],
    words: 'MUST return an error if `amt_to_forward` or `outgoing_cltv_value` are not present',
    consequence: 'fail-htlc',
  },
  'payload.outgoing_cltv_value': {
    requirements: ['B4-PAY-R-22-amount-and-expiry'],
    words: 'MUST return an error if `amt_to_forward` or `outgoing_cltv_value` are not present',
    consequence: 'fail-htlc',
  },
  'payload.short_channel_id': {
    requirements: ['B4-PAY-R-23-scid'],
    words: '`short_channel_id` is not present',
    consequence: 'fail-htlc',
  },
  'payload.final_amount': {
    requirements: ['B4-PAY-R-28-final-amount', 'B4-FAIL-25-final-amount'],
    words: 'incoming `amount_msat` < `amt_to_forward`',
    consequence: 'fail-htlc',
  },
  'payload.final_cltv_expiry': {
    requirements: ['B4-PAY-R-29-final-expiry', 'B4-PAY-R-19-blinded-final-expiry', 'B4-FAIL-24-final-expiry'],
    words: 'incoming `cltv_expiry` < `outgoing_cltv_value`',
    consequence: 'fail-htlc',
  },
  'payload.two_path_keys': {
    requirements: ['B4-PAY-R-01-two-path-keys'],
    words: 'MUST return an error if `current_path_key` is present',
    consequence: 'fail-htlc',
  },
  'payload.current_path_key': {
    requirements: ['B4-PAY-R-03-no-path-key'],
    words: 'MUST return an error if `current_path_key` is not present',
    consequence: 'fail-htlc',
  },
  'payload.beside_blinded_data': {
    requirements: ['B4-PAY-R-12-forwarder-fields', 'B4-PAY-R-16-final-fields-only'],
    words: 'MUST return an error if the payload contains other tlv fields than `encrypted_recipient_data` and `current_path_key`',
    consequence: 'fail-htlc',
  },
  'payload.blinded_final_fields': {
    requirements: ['B4-PAY-R-17-final-fields'],
    words: 'MUST return an error if `amt_to_forward`, `outgoing_cltv_value` or `total_amount_msat` are not present',
    consequence: 'fail-htlc',
  },
  'blinded_data.unreadable': {
    requirements: ['B4-PAY-R-06-decrypt', 'B4-BLIND-R-03-unreadable'],
    words: 'field is missing, cannot be decrypted into an `encrypted_data_tlv` or contains unknown even fields: MUST return an error',
    consequence: 'fail-htlc',
  },
  'blinded_data.path_key': {
    requirements: ['B4-PAY-R-06-decrypt'],
    words: 'MUST return an error if `encrypted_recipient_data` does not decrypt using the `path_key`',
    consequence: 'fail-htlc',
  },
  'blinded_data.max_cltv_expiry': {
    requirements: ['B4-PAY-R-07-max-expiry'],
    words: 'the expiry is greater than `encrypted_recipient_data.payment_constraints.max_cltv_expiry`',
    consequence: 'fail-htlc',
  },
  'blinded_data.htlc_minimum_msat': {
    requirements: ['B4-PAY-R-08-minimum'],
    words: 'the amount is below `encrypted_recipient_data.payment_constraints.htlc_minimum_msat`',
    consequence: 'fail-htlc',
  },
  'blinded_data.allowed_features': {
    requirements: ['B4-PAY-R-09-features-missing', 'B4-PAY-R-10-unknown-feature'],
    words: '`encrypted_recipient_data.allowed_features.features` contains an unknown feature bit (even if it is odd)',
    consequence: 'fail-htlc',
  },
  'blinded_data.two_next_hops': {
    requirements: ['B4-PAY-R-11-two-next-hops'],
    words: '`encrypted_recipient_data` contains both `short_channel_id` and `next_node_id`',
    consequence: 'fail-htlc',
  },
  'blinded_data.next_hop': {
    requirements: ['B4-PAY-R-13-no-next-hop'],
    words: 'MUST return an error if `encrypted_recipient_data` does not contain either `short_channel_id` or `next_node_id`',
    consequence: 'fail-htlc',
  },
  'blinded_data.payment_relay': {
    requirements: ['B4-PAY-R-14-no-relay'],
    words: 'MUST return an error if `encrypted_recipient_data` does not contain `payment_relay`',
    consequence: 'fail-htlc',
  },
  'blinded_data.nothing_left': {
    requirements: ['B4-PAY-R-15-relay-values'],
    words: 'to calculate `amt_to_forward` and `outgoing_cltv_value` as follows',
    consequence: 'fail-htlc',
  },
  'onion_message.unreadable': {
    requirements: ['B4-OM-R-04-unreadable'],
    words: 'If decryption fails, the result is not a valid `onionmsg_tlv`, or it contains unknown even types: MUST ignore the message',
    consequence: 'ignore',
  },
  'onion_message.encrypted_recipient_data': {
    requirements: ['B4-BLIND-R-03-unreadable'],
    words: 'field is missing, cannot be decrypted into an `encrypted_data_tlv` or contains unknown even fields: MUST return an error',
    consequence: 'ignore',
  },
  'onion_message.allowed_features': {
    requirements: ['B4-OM-R-05-unknown-feature'],
    words: '`encrypted_data_tlv.allowed_features.features` contains an unknown feature bit (even if it is odd)',
    consequence: 'ignore',
  },
  'onion_message.beside_blinded_data': {
    requirements: ['B4-OM-R-07-forwarder-fields'],
    words: 'if the `onionmsg_tlv` contains other tlv fields than `encrypted_recipient_data`: MUST ignore the message',
    consequence: 'ignore',
  },
  'onion_message.path_id': {
    requirements: ['B4-OM-R-08-forwarder-path-id'],
    words: 'if the `encrypted_data_tlv` contains `path_id`: MUST ignore the message',
    consequence: 'ignore',
  },
  'onion_message.next_hop': {
    requirements: ['B4-OM-R-11-no-next-hop'],
    words: 'if `short_channel_id` is present and corresponds to an announced short_channel_id or a local alias for a channel',
    consequence: 'ignore',
  },
  'onion_message.two_payloads': {
    requirements: ['B4-OM-R-16-two-payloads'],
    words: 'if the `onionmsg_tlv` contains more than one payload field: MUST ignore the message',
    consequence: 'ignore',
  },
} as const satisfies RuleTable;

export type OnionRuleId = keyof typeof ONION_RULES;
