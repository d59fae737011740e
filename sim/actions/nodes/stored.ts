import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import type { ChannelId } from '../../../core/crypto/bytes.ts';
import { RECORD, recordSinkNamed, sinkNamed, STATE, WHOLE_NODE } from '../../scenario/sinks.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { runningHost } from '../subjects.ts';

/** An unfinished store of `sink` ('state' or a watcher) for `channel` is done; `which` counts from the oldest unfinished one, 0-based. */
const fields = { node: field.node, channel: field.channel, sink: field.sink, which: field.count };
type Stored = ActionFrom<'stored', typeof fields>;

export const stored: ActionKind<Stored> = {
  name: 'stored',
  fields,
  apply(world, action) {
    const host = runningHost(world, action.node);
    const channelId = isNoChannel(action) ? (action.channel as ChannelId) : world.idOf(action.channel);
    if (host === undefined || channelId === undefined) return false;
    const write = host.disk.finish(action.sink, channelId, action.which);
    if (write === undefined) return false;
    world.clock.advanceTo(write.dueMs);
    if (action.sink === RECORD) world.step(host, { kind: 'record_stored', sink: recordSinkNamed(action.channel), version: write.version });
    else world.step(host, { kind: 'stored', sink: sinkNamed(action.sink), channelId, version: write.version });
    return true;
  },
  describe: ({ node, channel, sink, which }) => {
    if (sink === RECORD) return `${node} finishes the ${ordinal(which)} unfinished store of its ${channel}`;
    return `${node} finishes the ${ordinal(which)} unfinished ${sink === STATE ? 'state store' : `update of watcher ${sink}`} of ${channel}`;
  },
  simpler: (action) => simplerFields(action, { which: numbers(action.which, [0]) }),
};

/** What a store is of that is of no single channel. */
function isNoChannel({ channel, sink }: Stored): boolean {
  return sink === RECORD || channel === WHOLE_NODE;
}

function ordinal(index: number): string {
  return index === 0 ? 'oldest' : index === 1 ? 'second oldest' : index === 2 ? 'third oldest' : `${index + 1}th oldest`;
}
