import type { RuleTable } from '../rule.ts';

/** Why a connection ends, apart from what its encryption finds: BOLT 1, and limits of our own. */
export const PEERS_RULES = {
  'connection.disconnect': { requirements: [], why: 'the host asked for it', consequence: 'disconnect' },
  'connection.handshake_timeout': {
    requirements: [],
    why: 'a connection is not kept for who never proves who it is',
    consequence: 'disconnect',
  },
  'connection.init_timeout': {
    requirements: ['B1-INIT-02-first'],
    words: 'MUST send `init` as the first Lightning message for any connection',
    consequence: 'disconnect',
  },
  'connection.no_pong': {
    requirements: ['B1-PING-03-no-pong-close', 'B1-PING-04-no-pong-no-fail'],
    words: "if it doesn't receive a corresponding `pong`: MAY close the network connection",
    consequence: 'disconnect',
  },
  'connection.bad_pong': {
    requirements: ['B1-PING-09-pong-mismatch'],
    words: "if `byteslen` does not correspond to any `ping`'s `num_pong_bytes` value it has sent: MAY close the connection",
    consequence: 'disconnect',
  },
  'connection.write_timeout': {
    requirements: [],
    why: 'the peer has taken nothing of what we sent for too long',
    consequence: 'disconnect',
  },
  'connection.outgoing_full': { requirements: [], why: 'the peer takes less than it makes us send', consequence: 'disconnect' },
  'connection.incoming_full': { requirements: [], why: 'bytes were handed over in spite of `stop_reading`', consequence: 'disconnect' },
  'connection.too_many_handshakes': { requirements: [], why: 'a bound on what strangers can make us keep', consequence: 'disconnect' },
  'connection.too_many_peers': { requirements: [], why: 'a bound on what strangers can make us keep', consequence: 'disconnect' },
  'connection.duplicate': {
    requirements: ['B1-CONN-01-one-connection'],
    words: 'Implementations MUST use a single connection per peer',
    consequence: 'disconnect',
  },
  'connection.self': { requirements: [], why: 'a node has no channels with itself', consequence: 'disconnect' },
} as const satisfies RuleTable;
