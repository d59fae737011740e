import type { RuleTable } from '../rule.ts';

/** What a source does not take from a server. Bitcoin's rules stand in no BOLT. */
export const SOURCES_RULES = {
  'source.slow': {
    requirements: [],
    why: 'an answer that does not come in time would stop the clock of every deadline',
    consequence: 'disconnect',
  },
  'source.too_long': { requirements: [], why: 'nothing that a server sends may fill the memory', consequence: 'disconnect' },
  'source.unreadable': { requirements: [], why: 'an answer has the form that the protocol gives it', consequence: 'disconnect' },
  'source.failed': { requirements: [], why: 'the server says that it can’t answer', consequence: 'disconnect' },
  'source.other_network': { requirements: [], why: 'the server is of another Bitcoin network', consequence: 'disconnect' },
  'source.unlinked_headers': { requirements: [], why: 'each header builds on the one before it', consequence: 'disconnect' },
  'source.difficulty': {
    requirements: [],
    why: 'a header has the difficulty that the time of the blocks before it asks for',
    consequence: 'disconnect',
  },
  'source.proof_of_work': { requirements: [], why: 'the hash of a header is at most its target', consequence: 'disconnect' },
  'source.header_time': { requirements: [], why: 'a block is later than the median of the eleven before it', consequence: 'disconnect' },
  'source.other_chain': { requirements: [], why: 'a server’s chain begins with the block that we start from', consequence: 'disconnect' },
  'source.less_work': {
    requirements: [],
    why: 'another server has shown a chain with more work: this one is behind, or is kept behind',
    consequence: 'disconnect',
  },
  'source.stale': {
    requirements: [],
    why: 'no block for so long means a server that is cut off more often than bad luck',
    consequence: 'ignore',
  },
  'source.other_block': { requirements: [], why: 'a block is the one that was asked for', consequence: 'disconnect' },
  'source.block_bytes': { requirements: [], why: 'a block is its header and transactions, and nothing else', consequence: 'disconnect' },
  'source.block_merkle': { requirements: [], why: 'a header commits to its transactions', consequence: 'disconnect' },
  'source.block_witness': {
    requirements: [],
    why: 'a block commits to its witnesses, in which preimages stand (BIP 141)',
    consequence: 'disconnect',
  },
  'source.other_transaction': {
    requirements: [],
    why: 'a transaction is the one that was asked for, and none that passes for an inner node of a merkle tree',
    consequence: 'disconnect',
  },
  'source.merkle_proof': {
    requirements: [],
    why: 'a transaction is in the block that it is said to be in, time and again',
    consequence: 'disconnect',
  },
  'source.history': {
    requirements: [],
    why: 'a history is the one that its status is the hash of, time and again',
    consequence: 'disconnect',
  },
  'source.witness': {
    requirements: [],
    why: 'a spend of P2WSH shows its script: no proof covers a witness that a server has changed',
    consequence: 'disconnect',
  },
  'source.unwatchable': { requirements: [], why: 'who looks for scripts finds nothing without one', consequence: 'ignore' },
  'source.no_filters': { requirements: [], why: 'the peer offers no compact filters, or no whole blocks', consequence: 'disconnect' },
  'source.too_few_peers': { requirements: [], why: 'one peer alone could hide what is watched', consequence: 'ignore' },
  'source.filter_hash': { requirements: [], why: 'a filter is the one that the peer has given the hash of', consequence: 'disconnect' },
  'source.filter_bytes': { requirements: [], why: 'a filter has as many numbers as it says', consequence: 'disconnect' },
  'source.filter_headers': { requirements: [], why: 'a chain of filters goes on from where it was', consequence: 'disconnect' },
  'source.filter_hides': { requirements: [], why: 'a filter has every script that its block pays to', consequence: 'disconnect' },
} as const satisfies RuleTable;

export type SourceRule = keyof typeof SOURCES_RULES;
