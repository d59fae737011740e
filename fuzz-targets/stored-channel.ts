import { statusOf } from '../core/channel/model/ending.ts';
import type { StoredChannel } from '../core/channel/model/state.ts';
import { channelCodec, decodeChannel, encodeChannel } from '../core/channel/model/stored-form.ts';
import type { Schema } from '../core/wire/codec.ts';
import { storedFormTarget } from './stored-form.ts';
import { varied } from './vary.ts';

type Union = Schema & { readonly kind: 'union' };

export const storedChannelTarget = storedFormTarget<StoredChannel>({
  name: 'stored-channel',
  about: 'the stored state of a channel',
  codec: channelCodec,
  decode: decodeChannel,
  encode: encodeChannel,
  plain: (state) => state,
  stateOf: (value) => value as StoredChannel,
  vary(value, int) {
    const { phase } = value as StoredChannel;
    const variant = (channelCodec.schema as Union).variants.find(({ name }) => name === phase);
    return variant?.schema.kind === 'struct' ? { ...varied(variant.schema, value, int), phase } : undefined;
  },
  reaches: (state) => [statusOf(state)],
});
