import type { RuleTable } from '../rule.ts';

/** BOLT 7: announcements that can't be believed. What somebody else signed wrongly is not the fault of the peer that relays it. */
export const GOSSIP_RULES = {
  'channel_announcement.chain_hash': {
    requirements: ['B7-CHAN-R-04-chain-hash'],
    words: 'if the specified `chain_hash` is unknown to the receiver: MUST ignore the message',
    consequence: 'ignore',
  },
  'channel_announcement.order': {
    requirements: ['B7-CHAN-S-02-order'],
    words: 'such that `node_id_1` is the lexicographically-lesser of the two compressed keys sorted in ascending lexicographic order',
    consequence: 'ignore',
  },
  'channel_announcement.key': {
    requirements: ['B7-CHAN-R-01-verify'],
    words: 'MUST verify the integrity AND authenticity of the message by verifying the signatures',
    consequence: 'ignore',
  },
  'channel_announcement.signature': {
    requirements: ['B7-CHAN-R-06-signatures'],
    words: '`node_signature_2` are invalid OR NOT correct: SHOULD send a `warning`. MAY close the connection. MUST ignore the message',
    consequence: 'ignore',
  },
  'node_announcement.node_id': {
    requirements: ['B7-NODE-R-01-node-id'],
    words: 'if `node_id` is NOT a valid compressed public key',
    consequence: 'ignore',
  },
  'node_announcement.signature': {
    requirements: ['B7-NODE-R-02-signature'],
    words: 'double-SHA256 of the entire message following the `signature` field, including any future fields appended to the end)',
    consequence: 'ignore',
  },
  'node_announcement.addresses': {
    requirements: ['B7-NODE-R-05-addrlen'],
    words: 'if `addrlen` is insufficient to hold the address descriptors of the known types',
    consequence: 'ignore',
  },
  'channel_update.chain_hash': {
    requirements: ['B7-UPD-R-05-chain-hash'],
    words: "unknown (meaning it isn't active on the specified chain): MUST ignore the channel update",
    consequence: 'ignore',
  },
  'channel_update.signature': {
    requirements: ['B7-UPD-R-04-signature'],
    words:
      'unknown fields following `fee_proportional_millionths`): SHOULD send a `warning` and close the connection. MUST NOT process the message further',
    consequence: 'ignore',
  },
  'channel_announcement.confirmations': {
    requirements: ['B7-CHAN-R-05-six'],
    words: "if the `short_channel_id`'s output does NOT have at least 6 confirmations",
    consequence: 'ignore',
  },
  'channel_announcement.output': {
    requirements: ['B7-CHAN-R-03-output'],
    words: "if the `short_channel_id`'s output does NOT correspond to a P2WSH (using",
    consequence: 'ignore',
  },
  'channel_update.unknown': {
    requirements: ['B7-UPD-R-01-unknown'],
    words: 'MUST ignore `channel_update`s that do NOT correspond to one of its own',
    consequence: 'ignore',
  },
  'channel_update.spent': {
    requirements: ['B7-UPD-R-02-spent'],
    words: 'MUST ignore `channel_update`s, unless they have the `disable` bit set to 1',
    consequence: 'ignore',
  },
  'channel_update.dont_forward': {
    requirements: ['B7-UPD-S-05-dont-forward'],
    words: 'MUST NOT forward such a `channel_update` to other peers',
    consequence: 'ignore',
  },
  'node_announcement.unknown': {
    requirements: ['B7-NODE-R-09-unknown'],
    words: 'if `node_id` is NOT previously known from a `channel_announcement` message',
    consequence: 'ignore',
  },
  'gossip.timestamp': {
    requirements: ['B7-UPD-R-08-future'],
    words: 'if the `timestamp` is unreasonably far in the future',
    consequence: 'ignore',
  },
  'gossip.verifications': {
    requirements: [],
    why: 'a bound on what the signatures that one peer brings may cost in a second; nothing else of the peer is dropped',
    consequence: 'ignore',
  },
  'gossip.checks': { requirements: [], why: 'a bound on the questions to the chain that are open at once', consequence: 'ignore' },
  'query.twice': {
    requirements: ['B7-QIDS-R-03-open', 'B7-QRANGE-R-01-open'],
    words: 'to a previously received `query_short_channel_ids` from this sender: MAY send a `warning`',
    consequence: 'warn',
  },
  'query_short_channel_ids.encoding': {
    requirements: ['B7-QIDS-R-01-encoding'],
    words: 'if the first byte of `encoded_short_ids` is not a known encoding type: MAY send a `warning`',
    consequence: 'warn',
  },
  'query_short_channel_ids.whole': {
    requirements: ['B7-QIDS-R-02-whole'],
    words: 'if `encoded_short_ids` does not decode into a whole number of `short_channel_id`: MAY send a `warning`',
    consequence: 'warn',
  },
  'query_short_channel_ids.flags': {
    requirements: ['B7-QIDS-R-04-flags'],
    words: 'if `encoded_query_flags` does not decode to exactly one flag per `short_channel_id`: MAY send a `warning`',
    consequence: 'warn',
  },
  'reply_channel_range.encoding': {
    requirements: ['B7-QRANGE-S-02-encoding'],
    words: 'this encoding MUST NOT be used',
    consequence: 'ignore',
  },
  'reply.unasked': { requirements: [], why: 'an answer to nothing that was asked', consequence: 'ignore' },
} as const satisfies RuleTable;

export type GossipRuleId = keyof typeof GOSSIP_RULES;

/** Why an announcement is not believed. */
export interface Unbelievable {
  readonly rule: GossipRuleId;
  readonly detail: string;
}
