import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import blinded from '../../corpus/vectors/bolt04-blinded-payment-onion.json' with { type: 'json' };
import vector from '../../corpus/vectors/bolt04-onion.json' with { type: 'json' };
import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { buildOnion, frameSize } from './build.ts';
import type { OnionHop } from './build.ts';
import { ASSOCIATED, fake, fakeNode, key, nodeEnv } from './onion.fixture.ts';
import { peelOnion } from './peel.ts';
import type { Peeled, Unpeelable } from './peel.ts';

/** Payloads of the vectors have their lengths in front. */
function withoutLength(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  return bytes.subarray(bytes[0] === 0xfd ? 3 : 1);
}

const plan = (generate: { readonly session_key: string; readonly associated_data: string }, hops: readonly OnionHop[]) => ({
  sessionKey: generate.session_key as SecretKey,
  hops,
  associatedData: fromHex(generate.associated_data),
});

function peeled(result: Peeled | Unpeelable): Peeled {
  if (!result.ok) throw new Error(`${result.rule}: ${result.detail}`);
  return result;
}

describe('onion-test.json', () => {
  const { generate, onion, decode } = vector;
  const hops = generate.hops.map(({ pubkey, payload }) => ({ nodeId: pubkey as PublicKey, payload: withoutLength(payload) }));

  it('is built', () => expect(toHex(buildOnion(noble, plan(generate, hops))?.packet as Uint8Array)).toBe(onion));

  it('is peeled by every hop, down to the last', () => {
    let packet: Uint8Array | undefined = fromHex(onion);
    const built = buildOnion(noble, plan(generate, hops));
    for (const [i, secret] of decode.entries()) {
      const step = peeled(peelOnion(nodeEnv(secret), packet as Uint8Array, fromHex(generate.associated_data)));
      expect(toHex(step.payload)).toBe(toHex((hops[i] as OnionHop).payload));
      expect(step.sharedSecret).toBe(built?.sharedSecrets[i]);
      packet = step.next;
    }
    expect(packet).toBeUndefined();
  });
});

describe('blinded-payment-onion-test.json', () => {
  const { generate, decrypt } = blinded;
  const hops = generate.full_route.hops.map(({ pubkey, payload }) => ({ nodeId: pubkey as PublicKey, payload: withoutLength(payload) }));

  it('is built', () => expect(toHex(buildOnion(noble, plan(generate, hops))?.packet as Uint8Array)).toBe(generate.onion));

  it('is peeled by every hop, each with the path key beside it', () => {
    let pathKey: PublicKey | undefined;
    for (const [i, { onion, node_privkey: secret, next_path_key: nextPathKey }] of decrypt.hops.entries()) {
      const step = peeled(peelOnion(nodeEnv(secret), fromHex(onion), fromHex(generate.associated_data), pathKey));
      expect(toHex(step.payload)).toBe(toHex((hops[i] as OnionHop).payload));
      const next = decrypt.hops[i + 1];
      expect(step.next && toHex(step.next)).toBe(next?.onion);
      pathKey = nextPathKey as PublicKey | undefined;
    }
  });
});

const anyHops = fc.array(fc.record({ node: fc.integer({ min: 1, max: 60 }), payload: fc.uint8Array({ minLength: 2, maxLength: 300 }) }), {
  minLength: 1,
  maxLength: 27,
});

describe('an onion', () => {
  it('of any size gives each hop its payload and keeps its length', () => {
    fc.assert(
      fc.property(anyHops, fc.nat(100), fc.uint8Array({ maxLength: 40 }), (chosen, spare, associatedData) => {
        const hops = chosen.map(({ node, payload }) => ({ nodeId: fakeNode(node).id, payload }));
        const size = hops.reduce((sum, { payload }) => sum + frameSize(payload), 0) + spare;
        const built = buildOnion(fake, { sessionKey: key('07'), hops, associatedData, size });
        let packet = built?.packet;
        for (const [i, { node, payload }] of chosen.entries()) {
          expect(packet?.length).toBe(66 + size);
          const step = peeled(peelOnion(fakeNode(node).env, packet as Uint8Array, associatedData));
          expect(toHex(step.payload)).toBe(toHex(payload));
          expect(step.sharedSecret).toBe(built?.sharedSecrets[i]);
          packet = step.next;
        }
        expect(packet).toBeUndefined();
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('is refused where its payloads are one byte longer than it, and by a mistaken caller', () => {
    const hop = (length: number): OnionHop => ({ nodeId: fakeNode(1).id, payload: new Uint8Array(length) });
    const build = (hops: readonly OnionHop[]) => buildOnion(fake, { sessionKey: key('07'), hops, associatedData: ASSOCIATED });
    expect(build([hop(1265)])).toBeDefined();
    expect(build([hop(1266)])).toBeUndefined();
    expect(() => build([])).toThrow(RangeError);
    expect(() => build([hop(1)])).toThrow(RangeError);
  });

  it('altered in any bit, or bound to something else, is refused by its next hop', () => {
    const built = buildOnion(fake, {
      sessionKey: key('07'),
      hops: [1, 2, 3].map((n) => ({ nodeId: fakeNode(n).id, payload: new Uint8Array(40).fill(n) })),
      associatedData: ASSOCIATED,
    });
    const packet = built?.packet as Uint8Array;
    const { env } = fakeNode(1);
    fc.assert(
      fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
        const altered = packet.slice();
        altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7));
        const result = peelOnion(env, altered, ASSOCIATED);
        expect(result.ok).toBe(false);
        if (bit < 8) expect(result).toMatchObject({ rule: 'onion.version', sharedSecret: undefined });
        else if (bit >= 34 * 8) expect(result).toMatchObject({ rule: 'onion.hmac', sharedSecret: undefined });
      }),
      { seed: 5, numRuns: 200 },
    );
    expect(peelOnion(env, packet, new Uint8Array(0))).toMatchObject({ rule: 'onion.hmac' });
    expect(peelOnion(env, packet, ASSOCIATED, fakeNode(9).id)).toMatchObject({ rule: 'onion.hmac' });
    expect(peelOnion(env, packet, ASSOCIATED, `02${'00'.repeat(32)}` as PublicKey)).toMatchObject({ rule: 'onion.path_key' });
    expect(peelOnion(env, packet.subarray(0, 66), ASSOCIATED)).toMatchObject({ rule: 'onion.size' });
    expect(peelOnion(env, packet.subarray(0, 67), ASSOCIATED)).toMatchObject({ rule: 'onion.hmac' });
    const noPoint = packet.slice();
    noPoint[1] = 4;
    expect(peelOnion(env, noPoint, ASSOCIATED)).toMatchObject({ rule: 'onion.public_key' });
  });
});
