import type { RuleTable } from '../rule.ts';

/** Which message or command has its place in which phase of a channel: what the dispatcher itself decides. */
export const CHANNEL_RULES = {
  'channel.not_opening': {
    requirements: ['B1-ERR-03-send-on-violation'],
    words: 'SHOULD send `error` for protocol violations or internal errors that make channels unusable',
    consequence: 'fail-channel',
  },
  'channel.funded_already': {
    requirements: ['B1-ERR-03-send-on-violation'],
    words: 'SHOULD send `error` for protocol violations or internal errors that make channels unusable',
    // A message of the opening that comes again makes nothing unusable.
    consequence: 'warn',
  },
  'channel.before_reestablish': {
    requirements: ['B2-REEST-M-10-wait-reestablish'],
    words: "MUST wait to receive the other node's `channel_reestablish` message before sending any other messages for that channel",
    consequence: 'warn-and-disconnect',
  },
  'channel.reestablish_twice': {
    requirements: ['B2-REEST-M-09-send-reestablish'],
    words: 'MUST transmit `channel_reestablish` for each channel',
    consequence: 'warn-and-disconnect',
  },
  'channel.not_negotiated': {
    requirements: ['B1-MSG-02-even-unnegotiated'],
    words: 'MUST NOT send an evenly-typed message not listed here without prior negotiation',
    consequence: 'warn',
  },
  'channel.unsigned_updates': {
    requirements: [],
    why: 'a bound on what a peer can make us keep: more than all HTLCs added and removed again',
    consequence: 'warn-and-disconnect',
  },
  'channel.not_open_yet': { requirements: [], why: 'a command of a later phase', consequence: 'refuse' },
  'channel.over': { requirements: [], why: 'a command of an earlier phase', consequence: 'refuse' },
  'channel.connection_lost': {
    requirements: ['B2-REEST-M-02-funder-forget', 'B2-REEST-M-04-fundee-forget'],
    words: 'SHOULD NOT remember the channel for reconnection',
    consequence: 'forget',
  },
  'channel.error_while_opening': {
    requirements: ['B1-ERR-11-error-one-recv', 'B1-ERR-10-error-zero-recv'],
    words: 'MUST fail the channel referred to by `channel_id`, if that channel is with the sending node',
    consequence: 'forget',
  },
  'channel.error_received': {
    requirements: ['B1-ERR-11-error-one-recv', 'B1-ERR-10-error-zero-recv'],
    words: 'MUST fail the channel referred to by `channel_id`, if that channel is with the sending node',
    consequence: 'fail-channel',
  },
  'channel.opening_timeout': {
    requirements: ['B2-READY-16-timeout-error'],
    words: 'if it does not receive a required response from the other node after a reasonable timeout',
    consequence: 'fail-channel',
  },
  'channel.given_up': { requirements: [], why: 'its owner gave the opening up', consequence: 'fail-channel' },
  'channel.force_closed': { requirements: [], why: 'its owner asked for it', consequence: 'fail-channel' },
  'channel.funding_spent': {
    requirements: [],
    why: 'BOLT 5: a commitment transaction is in the chain, whoever broadcast it',
    consequence: 'fail-channel',
  },
  'channel.funding_double_spent': {
    requirements: [],
    why: 'the chain has what its funding excludes, so deep that it stays: there is no channel',
    consequence: 'fail-channel',
  },
  'channel.data_loss': {
    requirements: ['B2-REEST-R-13-data-loss-no-broadcast', 'B2-REEST-R-14-data-loss-error'],
    words: 'MUST NOT broadcast its commitment transaction. SHOULD send an `error` to request the peer to fail the channel',
    consequence: 'fail-channel',
  },
} as const satisfies RuleTable;
