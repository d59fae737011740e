import type { RuleTable } from '../rule.ts';
import type { SessionError } from './session.ts';

/** BOLT 8: why a connection ends before, or instead of, its next message. */
export const TRANSPORT_RULES = {
  'transport.act1_read_failed': {
    requirements: ['B8-ACT1-01-length'],
    words: 'Read _exactly_ 50 bytes from the network buffer',
    consequence: 'disconnect',
  },
  'transport.act1_bad_version': {
    requirements: ['B8-ACT1-02-version', 'B8-OVER-02-version'],
    words: 'is an unrecognized handshake version, then the responder MUST abort the connection attempt',
    consequence: 'disconnect',
  },
  'transport.act1_bad_pubkey': {
    requirements: [],
    why: 'BOLT 8 has no words for a key that is no point: nothing can be agreed on with it',
    consequence: 'disconnect',
  },
  'transport.act1_bad_tag': {
    requirements: ['B8-ACT1-03-mac'],
    words: 'responder MUST terminate the connection without any further messages',
    consequence: 'disconnect',
  },
  'transport.act2_read_failed': {
    requirements: ['B8-ACT2-01-length'],
    words: 'Read _exactly_ 50 bytes from the network buffer',
    consequence: 'disconnect',
  },
  'transport.act2_bad_version': {
    requirements: ['B8-ACT2-02-version', 'B8-OVER-02-version'],
    words: 'is an unrecognized handshake version, then the responder MUST abort the connection attempt',
    consequence: 'disconnect',
  },
  'transport.act2_bad_pubkey': {
    requirements: [],
    why: 'BOLT 8 has no words for a key that is no point: nothing can be agreed on with it',
    consequence: 'disconnect',
  },
  'transport.act2_bad_tag': {
    requirements: ['B8-ACT2-03-mac'],
    words: 'initiator MUST terminate the connection without any further messages',
    consequence: 'disconnect',
  },
  'transport.act3_read_failed': {
    requirements: ['B8-ACT3-01-length'],
    words: 'Read _exactly_ 66 bytes from the network buffer',
    consequence: 'disconnect',
  },
  'transport.act3_bad_version': {
    requirements: ['B8-ACT3-02-version', 'B8-OVER-02-version'],
    words: 'is an unrecognized handshake version, then the responder MUST abort the connection attempt',
    consequence: 'disconnect',
  },
  'transport.act3_bad_pubkey': {
    requirements: [],
    why: 'BOLT 8 has no words for a key that is no point: nothing can be agreed on with it',
    consequence: 'disconnect',
  },
  'transport.act3_bad_tag': {
    requirements: ['B8-ACT3-04-final-mac'],
    words: 'responder MUST terminate the connection without any further messages',
    consequence: 'disconnect',
  },
  'transport.act3_bad_ciphertext': {
    requirements: ['B8-ACT3-03-static-mac'],
    words: 'If the MAC check in this operation fails, then the responder MUST terminate the connection without any further messages',
    consequence: 'disconnect',
  },
  'transport.bad_length_tag': {
    requirements: ['B8-OVER-03-rfc8439'],
    words: 'to obtain the size of the encrypted packet',
    consequence: 'disconnect',
  },
  'transport.bad_message_tag': {
    requirements: ['B8-OVER-03-rfc8439'],
    words: 'to obtain decrypted plaintext packet',
    consequence: 'disconnect',
  },
} as const satisfies RuleTable & Readonly<Record<TransportRuleId, unknown>>;

type TransportRuleId = `transport.${Lowercase<SessionError>}`;

/** The rule that an error of a session stands for. */
export function sessionRule(error: SessionError): TransportRuleId {
  return `transport.${error.toLowerCase() as Lowercase<SessionError>}`;
}
