import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Sink } from '../../core/channel/model/channel-vocabulary.ts';

/** In a scenario a sink is a word: this one for the channels' own stores, else a watcher's name. */
export const STATE = 'state';

export function sinkNamed(word: string): Sink {
  return word === STATE ? { kind: 'state' } : { kind: 'watcher', name: word };
}

export function wordFor(sink: Sink): string {
  return sink.kind === 'state' ? STATE : sink.name;
}

/** What a store is of whose driver keeps all channels of a node in one. In a scenario it is written in place of a channel. */
export const WHOLE_NODE = 'node' as ChannelId;
