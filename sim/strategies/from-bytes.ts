import { pendingEvents } from '../world/pending-events.ts';
import { ByteChoices } from '../deterministic/random.ts';
import { drawOperation } from './weighted.ts';
import type { WeightedOperation } from './weighted.ts';
import type { Strategy } from './strategy.ts';

/** Bytes that choose one action, whatever it is: to leave a decision out is to leave them out, and nothing else moves. */
export const BYTES_PER_DECISION = 4;
/** Of the 256 values of a decision's first byte, those that let something pending happen. */
const EVENTS_OF_256 = 176;

/** Every decision is read from a few bytes of its own, so that a fuzzer can cut, copy and swap them. */
export function bytesStrategy(bytes: Uint8Array, operations: readonly WeightedOperation[]): Strategy {
  let at = 0;
  return {
    name: 'bytes',
    next(world) {
      while (at < bytes.length) {
        const choices = new ByteChoices(bytes.subarray(at, at + BYTES_PER_DECISION));
        at += BYTES_PER_DECISION;
        const events = pendingEvents(world);
        if (choices.int(256) < EVENTS_OF_256 && events.length > 0) return events[choices.int(events.length)]?.action;
        const action = drawOperation(world, choices, operations);
        if (action !== undefined) return action;
      }
      return undefined;
    },
  };
}
