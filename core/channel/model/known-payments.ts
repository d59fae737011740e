import type { Hex } from '../../crypto/bytes.ts';
import type { StoredChannel } from './state.ts';

/**
 * The host's references of all payments that this state knows: in flight, or ended by an event that is not acknowledged. After a restart a
 * payment that an `add` was accepted for, that has not ended and that is not among them was never durable: nothing of it that binds has left,
 * so it has failed, and may be made again. Not where the state came from an old backup: what was lost with it may have bound us.
 */
export function knownPayments({ host: { references, events } }: StoredChannel): ReadonlySet<Hex> {
  const inFlight = references.map(({ reference }) => reference);
  const ended = events.flatMap(({ event }) => ('reference' in event ? [event.reference] : []));
  return new Set([...inFlight, ...ended]);
}
