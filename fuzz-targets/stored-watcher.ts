import type { Cut } from '../core/monitor/contents.ts';
import { Log } from '../core/monitor/log.ts';
import { cutsOf, stepsOf } from '../core/monitor/stored-knowledge.ts';
import type { Step } from '../core/monitor/stored-knowledge.ts';
import { decodeWatcher, encodeWatcher, watcherCodec } from '../core/monitor/stored-form.ts';
import type { WatcherState } from '../core/monitor/watcher-vocabulary.ts';
import type { Schema } from '../core/wire/codec.ts';
import { storedFormTarget } from './stored-form.ts';
import { varied } from './vary.ts';

type Struct = Schema & { readonly kind: 'struct' };
type Knowledge = NonNullable<WatcherState['knowledge']>;

/** Of one log that a commitment has more than the one before it: above all that logs hold, below what a double can't count. */
const MOST_STEPS = 2_000_000n;

/** As its schema says it: with a list where the state has a log, and without what follows from the rest. */
export function plainWatcher(state: WatcherState): object {
  const { knowledge, learned, view, acts } = state;
  return { knowledge: knowledge && plainKnowledge(knowledge), learned, view, acts };
}

function plainKnowledge(knowledge: Knowledge): object {
  const { checkpoints: _derived, logs, cuts, preimages, ...rest } = knowledge;
  const listed = <T>(log: Log<T>): readonly T[] => log.first(log.length);
  return {
    ...rest,
    logs: { opener: listed(logs.opener), accepter: listed(logs.accepter) },
    cuts: { opener: stepsOf(listed(cuts.opener)), accepter: stepsOf(listed(cuts.accepter)) },
    preimages: listed(preimages).map(({ preimage, settles }) => ({ preimage, settles })),
  };
}

/** The reverse of `plainWatcher`. What follows from the rest is not stored, and need not be there. */
export function watcherOf(value: object): WatcherState {
  const state = value as WatcherState;
  if (state.knowledge === undefined) return state;
  const { logs, cuts, preimages } = state.knowledge;
  const logged = <T>(list: unknown): Log<T> => new Log([...(list as readonly T[])]);
  const stepped = (list: unknown): Log<Cut> =>
    new Log(
      cutsOf((list as readonly Step[]).map(({ opener, accepter }) => ({ opener: opener % MOST_STEPS, accepter: accepter % MOST_STEPS }))),
    );
  const knowledge: Knowledge = {
    ...state.knowledge,
    logs: { opener: logged(logs.opener), accepter: logged(logs.accepter) },
    cuts: { opener: stepped(cuts.opener), accepter: stepped(cuts.accepter) },
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
  plain: plainWatcher,
  stateOf: watcherOf,
  vary: (value, int) => varied(watcherCodec.schema as Struct, value, int),
  reaches: ({ knowledge, view, acts }) => [
    'decoded',
    ...(knowledge === undefined ? [] : ['knowledge']),
    ...(view.transactions.length > 0 ? ['transactions'] : []),
    ...(acts.claims.length > 0 ? ['claims'] : []),
    ...(acts.told.length > 0 ? ['facts'] : []),
  ],
});
