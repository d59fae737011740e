import type { ChannelId, Hash32 } from '../../core/crypto/bytes.ts';
import type { RecordSink } from '../../core/payments/records.ts';
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

/** A record of the node's own, which the scenario names in place of a channel (`nameOfSink`). */
export const RECORD = 'record';

export function recordSinkNamed(name: string): RecordSink {
  const [kind, id = ''] = name.split(' ');
  switch (kind) {
    case 'payment':
      return { kind, id };
    case 'invoice':
      return { kind, id: id as Hash32 };
    default:
      return { kind: 'replays', id: Number(id) };
  }
}
