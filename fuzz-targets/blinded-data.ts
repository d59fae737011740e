import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import type { PublicKey } from '../core/crypto/bytes.ts';
import type { Crypto } from '../core/crypto/types.ts';
import { blindedDataCodec, NOTHING, NULL_NONCE, openBlindedData } from '../core/onion/blinded-data.ts';
import type { OpenedData } from '../core/onion/blinded-data.ts';
import { createBlindedPath } from '../core/onion/blinded-path.ts';
import type { Broken } from '../core/onion/env.ts';
import { deriveKey } from '../core/onion/keys.ts';
import { encode } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { arbitraryOf } from './arbitraries.ts';
import { keepsCodecPromises } from './codec-promises.ts';
import { dictionaryOf } from './dictionary.ts';
import { envOf, OURS, providerOf, SESSION, withProvider } from './onion-env.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { secretKey } from './transport-env.ts';
import { varied } from './vary.ts';

/** Input: flags, then bytes. RAW: they are encrypted_recipient_data as it came; else what its creator encrypted. */
const RAW = 1;

function opened(bytes: Uint8Array): { readonly crypto: Crypto; readonly pathKey: PublicKey; readonly result: OpenedData | Broken } {
  const flags = bytes[0] ?? 0;
  const crypto = providerOf(flags);
  const pathKey = crypto.publicKey(SESSION);
  const env = envOf(crypto);
  const rest = bytes.subarray(1);
  const key = deriveKey(crypto, 'rho', crypto.ecdh(pathKey, OURS));
  const encrypted = (flags & RAW) === 0 ? env.cipher.encrypt(key, NULL_NONCE, NOTHING, rest) : rest;
  return { crypto, pathKey, result: openBlindedData(env, pathKey, toHex(encrypted)) };
}

export const blindedDataTarget: FuzzTarget = {
  name: 'blinded-data',
  about: 'encrypted_recipient_data, from whoever made the path',
  maxLength: 2048,
  fuzz(bytes) {
    const { crypto, pathKey, result } = opened(bytes);
    if (((bytes[0] ?? 0) & RAW) !== 0) {
      promise(!result.ok, 'what was not encrypted for this node is refused', () => toHex(bytes));
      return;
    }
    const plain = bytes.subarray(1);
    const decoded = keepsCodecPromises(blindedDataCodec, plain);
    const points = decoded.ok ? [decoded.value.nextNodeId, decoded.value.nextPathKeyOverride] : [];
    const usable = decoded.ok && points.every((point) => point === undefined || crypto.isValidPublicKey(point));
    promise(result.ok === usable, 'data that can be read is opened, and other data isn’t', () => `${result.ok}: ${toHex(plain)}`);
    if (!result.ok) return;
    const { data, nextPathKey } = result;
    promise(crypto.isValidPublicKey(nextPathKey), 'the next path key is a point', () => nextPathKey);
    const expected = data.nextPathKeyOverride;
    promise(expected === undefined || nextPathKey === expected, 'an override overrides', () => nextPathKey);
    // Who makes the path reckons with secrets where nodes reckon with points.
    const nodes = [OURS, secretKey(0x44)].map((secret, i) => ({ nodeId: crypto.publicKey(secret), data: i === 0 ? data : {} }));
    const path = createBlindedPath(envOf(crypto), SESSION, nodes);
    promise(path.firstPathKey === pathKey, 'a path begins with its key', () => path.firstPathKey);
    const again = openBlindedData(envOf(crypto), pathKey, path.path[0]?.encryptedRecipientData ?? '');
    promise(again.ok && toHex(encode(blindedDataCodec, again.data)) === toHex(plain), 'what is sealed is what is opened', () =>
      toHex(plain),
    );
    if (expected !== undefined) return;
    const second = { ...envOf(crypto), ecdh: (point: PublicKey) => crypto.ecdh(point, secretKey(0x44)) };
    const next = openBlindedData(second, nextPathKey, path.path[1]?.encryptedRecipientData ?? '');
    promise(next.ok, 'the next node opens its part with the key that this one works out', () => nextPathKey);
  },
  dictionary: dictionaryOf(blindedDataCodec.schema),
  structure: fc
    .tuple(fc.nat(15), fc.nat(9), arbitraryOf(blindedDataCodec))
    .map(([draw, raw, data]) => Uint8Array.of(withProvider(raw === 0 ? RAW : 0, draw), ...encode(blindedDataCodec, data))),
  vary(bytes, int) {
    const decoded = keepsCodecPromises(blindedDataCodec, bytes.subarray(1));
    if (!decoded.ok) return undefined;
    const schema = blindedDataCodec.schema as Parameters<typeof varied>[0];
    return Uint8Array.of(bytes[0] ?? 0, ...encode(blindedDataCodec, varied(schema, decoded.value, int) as typeof decoded.value));
  },
  describe(bytes) {
    const { result } = opened(bytes);
    return result.ok ? JSON.stringify(toJson(result.data)) : `${result.rule}: ${result.detail}`;
  },
  reaches(bytes) {
    const { result } = opened(bytes);
    return result.ok ? ['opened', ...Object.keys(result.data)] : [result.rule];
  },
};
