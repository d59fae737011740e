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
} as const satisfies RuleTable;

export type GossipRuleId = keyof typeof GOSSIP_RULES;

/** Why an announcement is not believed. */
export interface Unbelievable {
  readonly rule: GossipRuleId;
  readonly detail: string;
}
