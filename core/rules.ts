import { ANNOUNCE_RULES } from './channel/announce/rules.ts';
import { CLOSE_RULES } from './channel/close/rules.ts';
import { COMMITMENT_RULES } from './channel/commitments/rules.ts';
import { ESTABLISH_RULES } from './channel/establish/rules.ts';
import { FAIL_RULES } from './channel/fail/rules.ts';
import { OPERATE_RULES } from './channel/operate/rules.ts';
import { RETRANSMIT_RULES } from './channel/retransmit/rules.ts';
import { CHANNEL_RULES } from './channel/rules.ts';
import { GOSSIP_RULES } from './gossip/rules.ts';
import { INVOICE_RULES } from './invoice/rules.ts';
import { MONITOR_RULES } from './monitor/rules.ts';
import { NODE_RULES } from './node/rules.ts';
import { ONION_RULES } from './onion/rules.ts';
import { FORWARDING_RULES, PAY_RULES, RECEIVE_RULES, REPLAY_RULES } from './payments/rules.ts';
import { PEERS_RULES } from './peers/rules.ts';
import { SOURCES_RULES } from './sources/rules.ts';
import { TRANSPORT_RULES } from './transport/rules.ts';
import { WATCHERS_RULES } from './watchers/rules.ts';
import { WIRE_RULES } from './wire/rules.ts';

export type { Consequence, Rule } from './rule.ts';

type Rules = typeof WIRE_RULES &
  typeof TRANSPORT_RULES &
  typeof ONION_RULES &
  typeof INVOICE_RULES &
  typeof GOSSIP_RULES &
  typeof ANNOUNCE_RULES &
  typeof ESTABLISH_RULES &
  typeof OPERATE_RULES &
  typeof COMMITMENT_RULES &
  typeof RETRANSMIT_RULES &
  typeof CLOSE_RULES &
  typeof FAIL_RULES &
  typeof CHANNEL_RULES &
  typeof MONITOR_RULES &
  typeof FORWARDING_RULES &
  typeof SOURCES_RULES &
  typeof PAY_RULES &
  typeof RECEIVE_RULES &
  typeof REPLAY_RULES &
  typeof PEERS_RULES &
  typeof WATCHERS_RULES &
  typeof NODE_RULES;

/** Every rule that a peer can break or that refuses a command, by its id. Each folder has its own table; this is all of them. */
export const RULES: Rules = {
  ...WIRE_RULES,
  ...TRANSPORT_RULES,
  ...ONION_RULES,
  ...INVOICE_RULES,
  ...GOSSIP_RULES,
  ...ANNOUNCE_RULES,
  ...ESTABLISH_RULES,
  ...OPERATE_RULES,
  ...COMMITMENT_RULES,
  ...RETRANSMIT_RULES,
  ...CLOSE_RULES,
  ...FAIL_RULES,
  ...CHANNEL_RULES,
  ...MONITOR_RULES,
  ...FORWARDING_RULES,
  ...SOURCES_RULES,
  ...PAY_RULES,
  ...RECEIVE_RULES,
  ...REPLAY_RULES,
  ...PEERS_RULES,
  ...WATCHERS_RULES,
  ...NODE_RULES,
};

export type RuleId = keyof typeof RULES;

/** Rules that somebody else than our own host can break. */
export type ViolableId = { [Id in RuleId]: (typeof RULES)[Id]['consequence'] extends 'refuse' ? never : Id }[RuleId];
