import { channelId, record, script, signature, struct, u32, u64 } from '../codec.ts';
import { inGroup } from '../message.ts';
import type { MessageOf } from '../message.ts';

/** BOLT 2: channel close, by negotiation of a fee and by the simple protocol. */

const message = inGroup('closing');
const simpleClosing = inGroup('simple_closing', 'option_simple_close');

export const shutdown = message(38, 'shutdown', { channelId, scriptPubkey: script });
export const closingSigned = message(
  39,
  'closing_signed',
  { channelId, feeSat: u64, signature },
  { feeRange: record(1, struct({ minFeeSat: u64, maxFeeSat: u64 })) },
);

const simpleCloseFields = { channelId, closerScriptPubkey: script, closeeScriptPubkey: script, feeSat: u64, locktime: u32 };
const simpleCloseRecords = {
  closerOutputOnly: record(1, signature),
  closeeOutputOnly: record(2, signature),
  closerAndCloseeOutputs: record(3, signature),
};
export const closingComplete = simpleClosing(40, 'closing_complete', simpleCloseFields, simpleCloseRecords);
export const closingSig = simpleClosing(41, 'closing_sig', simpleCloseFields, simpleCloseRecords);

export type Shutdown = MessageOf<typeof shutdown>;
export type ClosingSigned = MessageOf<typeof closingSigned>;
export type ClosingComplete = MessageOf<typeof closingComplete>;
export type ClosingSig = MessageOf<typeof closingSig>;
