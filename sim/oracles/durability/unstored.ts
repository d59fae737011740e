import type { StoredChannel } from '../../../core/channel/model/state.ts';
import type { Change } from '../../scenario/types.ts';
import { hasCommitments } from '../../world/channel-changes.ts';

/** What a step that changes it stores: whoever forgets it tells somebody something else than before, or loses money. */
const DURABLE: readonly (readonly [string, (state: StoredChannel) => unknown])[] = [
  ['phase', ({ phase }) => phase],
  ['the commitments', ({ shared }) => shared.commitments.opener],
  ['the commitments', ({ shared }) => shared.commitments.accepter],
  ['the secrets of the peer', ({ remote }) => remote.secrets],
  ['what the host has to hear', ({ host }) => host.nextEventId],
  ['the close that the host was told', ({ host }) => host.toldClose],
  ['what the chain has of it', ({ chain }) => chain.transactions],
  ['the wish to close', (state) => (state.phase === 'funded' ? state.closing.wanted : undefined)],
  ['shutdown sent', ({ closing }) => closing.sent],
  ['shutdown received', ({ closing }) => closing.received],
  ['the closing transaction', ({ closing }) => closing.tx],
  ['the failure', (state) => (state.phase === 'failed' ? state.failure : undefined)],
];

/** What a step changed and did not store, if anything. */
export function unstored({ before, after }: Change): string | undefined {
  if (!hasCommitments(before) || !hasCommitments(after) || before.durability.version !== after.durability.version) return undefined;
  return DURABLE.find(([, of]) => of(before) !== of(after))?.[0];
}
