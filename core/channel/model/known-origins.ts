import type { Origin } from './origin.ts';
import type { StoredChannel } from './state.ts';

/**
 * The origins of all HTLCs of ours that this state knows: in flight, or ended by an event that is not acknowledged. After a restart an HTLC
 * that an `add` was accepted for, that has not ended and that is not among them was never durable: nothing of it that binds has left, so it
 * has failed, and may be made again. Not where the state came from an old backup: what was lost with it may have bound us.
 */
export function knownOrigins({ host: { offered, events } }: StoredChannel): readonly Origin[] {
  const inFlight = offered.map(({ origin }) => origin);
  const ended = events.flatMap(({ event }) => ('origin' in event ? [event.origin] : []));
  return [...inFlight, ...ended];
}
