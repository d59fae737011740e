import { Log } from '../core/monitor/log.ts';
import type { WatcherState } from '../core/monitor/watcher-vocabulary.ts';
import type { BlindChannel } from '../core/watchers/blind.ts';
import type { SealedPenalties } from '../core/watchers/messages.ts';
import { PenaltyLog } from '../core/watchers/penalty-log.ts';
import {
  blindChannelCodec,
  decodeBlindChannel,
  decodeFullChannel,
  encodeBlindChannel,
  encodeFullChannel,
  fullChannelCodec,
} from '../core/watchers/stored-form.ts';
import type { FullChannel } from '../core/watchers/watchers-vocabulary.ts';
import type { Schema } from '../core/wire/codec.ts';
import { storedFormTarget } from './stored-form.ts';
import { plainWatcher, watcherOf } from './stored-watcher.ts';
import { varied } from './vary.ts';

type Struct = Schema & { readonly kind: 'struct' };

export const storedFullChannelTarget = storedFormTarget<FullChannel>({
  name: 'stored-full-channel',
  about: 'what a full watcher elsewhere keeps of a channel',
  codec: fullChannelCodec,
  decode: decodeFullChannel,
  encode: encodeFullChannel,
  plain: ({ mandate, prefix, watcher }) => ({ mandate, prefix, watcher: plainWatcher(watcher) }),
  stateOf: (value) => {
    const { mandate, prefix, watcher } = value as FullChannel;
    return { mandate, prefix, watcher: watcherOf(watcher satisfies WatcherState) };
  },
  vary: (value, int) => varied(fullChannelCodec.schema as Struct, value, int),
  reaches: ({ mandate, watcher }) => [
    'decoded',
    ...(mandate.secrets === undefined ? [] : ['secrets']),
    ...(watcher.knowledge === undefined ? [] : ['knowledge']),
  ],
});

export const storedBlindChannelTarget = storedFormTarget<BlindChannel>({
  name: 'stored-blind-channel',
  about: 'what a blind watcher elsewhere keeps of a channel',
  codec: blindChannelCodec,
  decode: decodeBlindChannel,
  encode: encodeBlindChannel,
  plain: ({ prefix, penalties: { log }, view }) => ({ prefix, penalties: log.first(log.length), view }),
  stateOf: (value) => {
    const { prefix, penalties, view } = value as Omit<BlindChannel, 'penalties'> & { readonly penalties: readonly SealedPenalties[] };
    return { prefix, penalties: new PenaltyLog(new Log([...penalties])), view };
  },
  vary: (value, int) => varied(blindChannelCodec.schema as Struct, value, int),
  reaches: ({ penalties, view }) => [
    'decoded',
    ...(penalties.log.length > 0 ? ['penalties'] : []),
    ...(view.transactions.length > 0 ? ['transactions'] : []),
  ],
});
