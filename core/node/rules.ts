import type { RuleTable } from '../rule.ts';

/** What a node decides before a channel is asked: BOLT 1, and which channel is meant. */
export const NODE_RULES = {
  'init.not_first': {
    requirements: ['B1-INIT-02-first', 'B1-INIT-11-wait'],
    words: 'MUST send `init` as the first Lightning message for any connection',
    consequence: 'disconnect',
  },
  'init.twice': {
    requirements: ['B1-INIT-02-first'],
    words: 'MUST send `init` as the first Lightning message for any connection',
    consequence: 'warn-and-disconnect',
  },
  'init.unknown_features': {
    requirements: ['B1-INIT-16-unknown-even'],
    words: 'upon receiving unknown _even_ feature bits that are non-zero: MUST close the connection',
    consequence: 'warn-and-disconnect',
  },
  'init.unsupported_features': {
    requirements: ['B1-INIT-13-respond-known', 'B1-FEAT-02-even-if-required'],
    words: 'MUST respond to known feature bits as specified in',
    consequence: 'warn-and-disconnect',
  },
  'init.feature_dependencies': {
    requirements: ['B1-INIT-18-dependencies', 'B1-FEAT-06-set-dependencies'],
    words: 'if the feature vector does not set all known, transitive dependencies: MUST close the connection',
    consequence: 'warn-and-disconnect',
  },
  'init.networks': {
    requirements: ['B1-INIT-17-networks-none'],
    words: 'upon receiving `networks` containing no common chains',
    consequence: 'warn-and-disconnect',
  },
  'node.unknown_channel': {
    requirements: ['B1-ERR-04-unknown-channel'],
    words: 'SHOULD send `error` with the unknown `channel_id` in reply to messages of type `32`-`255` related to unknown channels',
    consequence: 'fail-channel',
  },
  'node.channel_id_zero': {
    requirements: ['B1-ERR-06-error-all-zero'],
    words: 'unless `channel_id` is 0 (i.e. all bytes are 0), in which case it refers to all channels',
    consequence: 'warn',
  },
  'node.silent_peer': {
    requirements: [],
    why: 'a bound on how long a connected peer keeps us waiting for an answer: a new connection mostly heals it',
    consequence: 'warn-and-disconnect',
  },
  'node.no_such_channel': { requirements: [], why: 'a command for a channel that is not there', consequence: 'refuse' },
  'node.not_announced': {
    requirements: ['B7-NODE-S-01-timestamp', 'B7-NODE-S-02-signature'],
    words: 'MUST set `timestamp` to be greater than that of any previous `node_announcement` it has previously created',
    consequence: 'refuse',
  },
  'node.host_pays': { requirements: [], why: 'a command of hosts whose nodes deal with payments', consequence: 'refuse' },
  'node.not_connected': {
    requirements: ['B1-INIT-11-wait'],
    words: 'MUST wait to receive `init` before sending any other messages',
    consequence: 'refuse',
  },
  'open_channel.temporary_channel_id': {
    requirements: ['B2-OPEN-S-02-temp-unique', 'B2-ID-02-tuple'],
    words: 'MUST ensure `temporary_channel_id` is unique from any other channel ID with the same peer',
    // An error would fail what has the id already.
    consequence: 'warn',
  },
  'opening.keys_id': { requirements: [], why: 'keys are named by 32 bytes, of one spelling', consequence: 'refuse' },
  'opening.keys_in_use': {
    requirements: ['B3-SECRET-01-seed'],
    words: 'MUST select an unguessable 256-bit seed for each connection',
    consequence: 'refuse',
  },
  'open_channel.too_many': {
    requirements: [],
    why: 'a bound on what a peer can make us keep before anything is paid for',
    consequence: 'fail-channel',
  },
  'funding_created.funding_in_use': {
    requirements: ['B2-ID-01-derive'],
    words: 'derived from the funding transaction by combining the `funding_txid`',
    consequence: 'fail-channel',
  },
  'node.watcher_ahead': {
    requirements: ['B2-REEST-R-13-data-loss-no-broadcast'],
    words: 'MUST NOT broadcast its commitment transaction',
    consequence: 'fail-channel',
  },
} as const satisfies RuleTable;
