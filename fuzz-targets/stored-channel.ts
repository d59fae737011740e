import { statusOf } from '../core/channel/model/ending.ts';
import { channelCodec, decodeChannel, encodeChannel } from '../core/channel/model/stored-form.ts';
import type { Schema } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { arbitraryOf } from './arbitraries.ts';
import { faithful, linearWork } from './codec-promises.ts';
import { dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { varied } from './vary.ts';

type Union = Schema & { readonly kind: 'union' };

/** The state behind its version. */
const VERSION_BYTES = 2;

function describe(bytes: Uint8Array): string {
  const decoded = decodeChannel(bytes);
  if (decoded.ok) return JSON.stringify(toJson(decoded.value));
  const { kind, field, detail } = decoded.error;
  return `refused at ${field === '' ? 'its end' : field}: ${kind}, ${detail}`;
}

export const storedChannelTarget: FuzzTarget = {
  name: 'stored-channel',
  about: 'the stored state of a channel',
  maxLength: 16_384,
  fuzz(bytes) {
    const buffer = bytes.slice();
    const decoded = decodeChannel(buffer);
    buffer.fill(0xa5);
    if (decoded.ok) {
      faithful(bytes, decoded.value, encodeChannel(decoded.value));
      JSON.stringify(toJson(decoded.value));
    } else {
      promise(decoded.error.detail.length <= 300, 'errors are short', () => decoded.error.detail.slice(0, 400));
    }
    linearWork(channelCodec, bytes.subarray(VERSION_BYTES));
  },
  dictionary: dictionaryOf(channelCodec.schema),
  structure: arbitraryOf(channelCodec).map(encodeChannel),
  vary(bytes, int) {
    const decoded = decodeChannel(bytes);
    if (!decoded.ok) return undefined;
    const variant = (channelCodec.schema as Union).variants.find(({ name }) => name === decoded.value.phase);
    if (variant?.schema.kind !== 'struct') return undefined;
    return encodeChannel({ ...varied(variant.schema, decoded.value, int), phase: decoded.value.phase } as typeof decoded.value);
  },
  describe,
  reaches(bytes) {
    const decoded = decodeChannel(bytes);
    return decoded.ok ? [statusOf(decoded.value)] : [];
  },
};
