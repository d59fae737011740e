import { Log } from '../core/monitor/log.ts';
import { decodeWatcher, encodeWatcher, watcherCodec } from '../core/monitor/stored-form.ts';
import type { WatcherState } from '../core/monitor/watcher-vocabulary.ts';
import type { Schema } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { arbitraryOf } from './arbitraries.ts';
import { faithful, linearWork } from './codec-promises.ts';
import { dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { varied } from './vary.ts';

type Struct = Schema & { readonly kind: 'struct' };
type Knowledge = NonNullable<WatcherState['knowledge']>;

/** The state behind its version. */
const VERSION_BYTES = 2;

/** As its schema says it: with a list where the state has a log. */
function plain(state: WatcherState): object {
  const { knowledge, learned, view, acts } = state;
  if (knowledge === undefined) return { knowledge, learned, view, acts };
  const { logs, cuts, preimages } = knowledge;
  const listed = <T>(log: Log<T>): readonly T[] => log.first(log.length);
  return {
    knowledge: {
      ...knowledge,
      logs: { opener: listed(logs.opener), accepter: listed(logs.accepter) },
      cuts: { opener: listed(cuts.opener), accepter: listed(cuts.accepter) },
      preimages: listed(preimages),
    },
    learned,
    view,
    acts,
  };
}

/** The reverse of `plain`. */
function withLogs(value: object): WatcherState {
  const state = value as WatcherState;
  if (state.knowledge === undefined) return state;
  const { logs, cuts, preimages } = state.knowledge;
  const logged = <T>(list: unknown): Log<T> => new Log([...(list as readonly T[])]);
  const knowledge: Knowledge = {
    ...state.knowledge,
    logs: { opener: logged(logs.opener), accepter: logged(logs.accepter) },
    cuts: { opener: logged(cuts.opener), accepter: logged(cuts.accepter) },
    preimages: logged(preimages),
  };
  return { ...state, knowledge };
}

function describe(bytes: Uint8Array): string {
  const decoded = decodeWatcher(bytes);
  if (decoded.ok) return JSON.stringify(toJson(plain(decoded.value)));
  const { kind, field, detail } = decoded.error;
  return `refused at ${field === '' ? 'its end' : field}: ${kind}, ${detail}`;
}

export const storedWatcherTarget: FuzzTarget = {
  name: 'stored-watcher',
  about: 'the stored state of a watcher',
  maxLength: 16_384,
  fuzz(bytes) {
    const buffer = bytes.slice();
    const decoded = decodeWatcher(buffer);
    buffer.fill(0xa5);
    if (decoded.ok) {
      faithful(bytes, plain(decoded.value), encodeWatcher(decoded.value));
      JSON.stringify(toJson(plain(decoded.value)));
    } else {
      promise(decoded.error.detail.length <= 300, 'errors are short', () => decoded.error.detail.slice(0, 400));
    }
    linearWork(watcherCodec, bytes.subarray(VERSION_BYTES));
  },
  dictionary: dictionaryOf(watcherCodec.schema),
  structure: arbitraryOf(watcherCodec).map((value) => encodeWatcher(withLogs(value))),
  vary(bytes, int) {
    const decoded = decodeWatcher(bytes);
    return decoded.ok ? encodeWatcher(withLogs(varied(watcherCodec.schema as Struct, plain(decoded.value), int))) : undefined;
  },
  describe,
  reaches(bytes) {
    const decoded = decodeWatcher(bytes);
    if (!decoded.ok) return [];
    const { knowledge, view, acts } = decoded.value;
    return [
      'decoded',
      ...(knowledge === undefined ? [] : ['knowledge']),
      ...(view.transactions.length > 0 ? ['transactions'] : []),
      ...(acts.claims.length > 0 ? ['claims'] : []),
      ...(acts.told.length > 0 ? ['facts'] : []),
    ];
  },
};
