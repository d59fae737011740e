import { namesIn } from '../../core/wire/messages/index.ts';
import type { TamperingTable } from './tampering-table.ts';
import { commitmentSigned, revokeAndAck } from './commitments.ts';
import { betweenUpdates } from './between-updates.ts';
import { controlMessages, init } from './control-messages.ts';
import { closingSigned, shutdown } from './closing.ts';
import { acceptChannel, channelReady, fundingCreated, fundingSigned, openChannel } from './opening.ts';
import { channelReestablish } from './reestablish.ts';
import { malformedFailure, updateAddHtlc, updateFailHtlc, updateFee, updateFulfillHtlc } from './updates.ts';

/** Every way to break the protocol, by the BOLT name of the message that it starts from. */
const BY_MESSAGE: Readonly<Record<string, TamperingTable>> = {
  init,
  open_channel: openChannel,
  accept_channel: acceptChannel,
  funding_created: fundingCreated,
  funding_signed: fundingSigned,
  channel_ready: channelReady,
  channel_reestablish: channelReestablish,
  update_add_htlc: updateAddHtlc,
  update_fulfill_htlc: updateFulfillHtlc,
  update_fail_htlc: updateFailHtlc,
  update_fail_malformed_htlc: malformedFailure,
  update_fee: updateFee,
  commitment_signed: commitmentSigned,
  revoke_and_ack: revokeAndAck,
  shutdown,
  closing_signed: closingSigned,
};

/** Messages of a channel in use: anything that may come between them may come before each. */
const IN_USE: ReadonlySet<string> = new Set([...namesIn('operation'), 'shutdown']);

const TABLES: ReadonlyMap<string, TamperingTable> = new Map(
  [...new Set([...Object.keys(BY_MESSAGE), ...IN_USE])].map((message) => [
    message,
    { ...controlMessages, ...(IN_USE.has(message) ? betweenUpdates : {}), ...BY_MESSAGE[message] },
  ]),
);

/** By name: those of this message, and those that may come before or instead of any. */
export function tamperingsFor(message: string): TamperingTable {
  return TABLES.get(message) ?? controlMessages;
}

/** All of them: for tests that want to see each at least once. */
export const TAMPERINGS: readonly { readonly message: string; readonly name: string }[] = [
  ...Object.entries(BY_MESSAGE).flatMap(([message, table]) => Object.keys(table).map((name) => ({ message, name }))),
  ...Object.keys({ ...controlMessages, ...betweenUpdates }).map((name) => ({ message: 'any', name })),
];
