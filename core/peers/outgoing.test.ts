import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_OUTGOING, enqueue, offer, take } from './outgoing.ts';

describe('outgoing bytes', () => {
  it('leave in order, whatever the host takes of each offer', () => {
    const moves = fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.nat(40)), { maxLength: 60 });
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 30 }), (script, maxBytes) => {
        let outgoing = EMPTY_OUTGOING;
        const queued: number[] = [];
        const left: number[] = [];
        for (const move of script) {
          if (typeof move !== 'number') {
            outgoing = enqueue(outgoing, move, 0);
            queued.push(...move);
            continue;
          }
          const offered = offer(outgoing, maxBytes);
          expect(offered === undefined).toBe(queued.length === left.length);
          if (offered === undefined) continue;
          expect(offered.bytes.length).toBe(Math.min(maxBytes, queued.length - left.length));
          expect(offer(offered.outgoing, maxBytes)).toBeUndefined();
          const taken = Math.min(move, offered.bytes.length);
          left.push(...offered.bytes.subarray(0, taken));
          outgoing = take(offered.outgoing, taken, 0);
          expect(outgoing.queue.length).toBe(queued.length - left.length);
        }
        expect(left).toEqual(queued.slice(0, left.length));
      }),
      { seed: 31, numRuns: 300 },
    );
  });

  it('are copied: the host may do with an offer as it likes', () => {
    const outgoing = enqueue(EMPTY_OUTGOING, Uint8Array.of(1, 2, 3), 0);
    offer(outgoing, 10)?.bytes.fill(9);
    expect(offer(outgoing, 10)?.bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('know when they last moved', () => {
    const first = enqueue(EMPTY_OUTGOING, Uint8Array.of(1, 2), 5);
    expect(enqueue(first, Uint8Array.of(3), 9).progressMs).toBe(5);
    const offered = offer(first, 1);
    if (offered === undefined) throw new Error('nothing offered');
    expect(take(offered.outgoing, 0, 7)).toEqual({ ...first, offered: 0 });
    expect(take(offered.outgoing, 1, 7).progressMs).toBe(7);
  });

  it('cannot be taken before they are offered', () => {
    const outgoing = enqueue(EMPTY_OUTGOING, Uint8Array.of(1, 2), 0);
    expect(() => take(outgoing, 1, 0)).toThrow(RangeError);
    const offered = offer(outgoing, 1);
    for (const taken of [2, -1, 0.5]) expect(() => take(offered?.outgoing ?? outgoing, taken, 0)).toThrow(RangeError);
  });
});
