import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryOf } from '../../../fuzz-targets/arbitraries.ts';
import { toHex } from '../../crypto/bytes.ts';
import { noble } from '../../crypto/noble.fixture.ts';
import { Pair } from '../../node/pair.fixture.ts';
import { channelCodec, decodeChannel, encodeChannel } from './stored-form.ts';
import type { StoredChannel } from './state.ts';
import { ownPayment } from './origin.ts';

const anyChannel = arbitraryOf(channelCodec);

function decoded(bytes: Uint8Array): StoredChannel {
  const result = decodeChannel(bytes);
  if (!result.ok) throw new Error(`${result.error.field}: ${result.error.detail}`);
  return result.value;
}

describe('encodeChannel and decodeChannel', () => {
  it('are inverse over generated states, both ways', () => {
    fc.assert(
      fc.property(anyChannel, (state) => {
        const bytes = encodeChannel(state);
        const again = decoded(bytes);
        expect(again).toEqual(state);
        expect(encodeChannel(again)).toEqual(bytes);
      }),
      { seed: 3, numRuns: 25 },
    );
  });

  it('are inverse over every state that two nodes store: opened, paying, failed, closed', () => {
    const pair = new Pair({ a: { watchers: ['monitor'] } });
    pair.connect();
    const channelId = pair.open();
    const paymentHash = 'ab'.repeat(32) as never;
    const onion = new Uint8Array(1366).fill(7);
    pair.a.command({ kind: 'add', channelId, origin: ownPayment('01'), amountMsat: 5_000_000n, paymentHash, cltvExpiry: 300, onion });
    pair.exchange();
    pair.b.command({ kind: 'fail', channelId, id: 0n, reason: 'beef' });
    pair.exchange();
    pair.b.command({ kind: 'force_close', channelId });
    pair.exchange();
    const states = [pair.a, pair.b].flatMap(({ log }) => log.flatMap((effect) => (effect.kind === 'store' ? [effect.state] : [])));
    expect(new Set(states.map((state) => state.phase))).toEqual(new Set(['funded', 'failed']));
    for (const state of states) expect(decoded(encodeChannel(state))).toEqual(state);
  });

  it('never throw on bytes cut short or flipped, and accept only what encodes to the same bytes', () => {
    let refused = 0;
    fc.assert(
      fc.property(anyChannel, fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(7), (state, at, bit) => {
        const bytes = encodeChannel(state);
        const position = Math.floor(at * bytes.length);
        expect(decodeChannel(bytes.subarray(0, position)).ok).toBe(false);
        const flipped = bytes.slice();
        flipped[position] = (flipped[position] as number) ^ (1 << bit);
        const result = decodeChannel(flipped);
        if (result.ok) expect(encodeChannel(result.value)).toEqual(flipped);
        else refused++;
      }),
      { seed: 4, numRuns: 100 },
    );
    expect(refused).toBeGreaterThan(10);
  });

  it('keep their form: states that hosts have stored are to be read', () => {
    const bytes = fc.sample(anyChannel, { seed: 6, numRuns: 20 }).flatMap((state) => [...encodeChannel(state)]);
    // When this changes, the version must change too.
    expect(toHex(noble.sha256(Uint8Array.from(bytes)))).toMatchInlineSnapshot(
      `"6aa715d69bb7847da7139983756d787acac26acff5a6ce6c0f23a0ff3865111e"`,
    );
  });

  it('refuse another version and bytes that are left over', () => {
    const [state] = fc.sample(anyChannel, { seed: 5, numRuns: 1 }) as [StoredChannel];
    const bytes = encodeChannel(state);
    expect([bytes[0], bytes[1]]).toEqual([0, 11]);
    const later = bytes.slice();
    later[1] = 12;
    expect(decodeChannel(later)).toMatchObject({ ok: false, error: { kind: 'bad-value', field: 'version' } });
    expect(decodeChannel(Uint8Array.of(...bytes, 0))).toMatchObject({ ok: false, error: { kind: 'trailing' } });
  });
});
