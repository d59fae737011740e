import { Log } from '../core/monitor/log.ts';
import { decodeWatcher, encodeWatcher, watcherCodec } from '../core/monitor/stored-form.ts';
import type { WatcherState } from '../core/monitor/watcher-vocabulary.ts';
import type { Schema } from '../core/wire/codec.ts';
import { storedFormTarget } from './stored-form.ts';
import { varied } from './vary.ts';

type Struct = Schema & { readonly kind: 'struct' };
type Knowledge = NonNullable<WatcherState['knowledge']>;

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

export const storedWatcherTarget = storedFormTarget<WatcherState>({
  name: 'stored-watcher',
  about: 'the stored state of a watcher',
  codec: watcherCodec,
  decode: decodeWatcher,
  encode: encodeWatcher,
  plain,
  stateOf: withLogs,
  vary: (value, int) => varied(watcherCodec.schema as Struct, value, int),
  reaches: ({ knowledge, view, acts }) => [
    'decoded',
    ...(knowledge === undefined ? [] : ['knowledge']),
    ...(view.transactions.length > 0 ? ['transactions'] : []),
    ...(acts.claims.length > 0 ? ['claims'] : []),
    ...(acts.told.length > 0 ? ['facts'] : []),
  ],
});
