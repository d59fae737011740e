import type { ChannelOutput } from '../channel/model/channel-vocabulary.ts';
import type { Run } from './run.ts';

/**
 * Hears out what channels have said, in order, until nothing is left: what is heard may make another channel speak. Forwards and payments have
 * their place here; what they need not lose stands in the channels' states.
 */
export function drain(run: Run): void {
  if (run.draining) return;
  run.draining = true;
  for (let i = 0; i < run.work.length; i++) hear(run, run.work[i] as ChannelOutput);
  run.work.length = 0;
  run.draining = false;
}

function hear(run: Run, output: ChannelOutput): void {
  switch (output.kind) {
    case 'htlc_irrevocable': {
      const { channelId, add } = output;
      run.effects.push({ kind: 'notify', channelId, event: { kind: 'htlc_received', add } });
      return;
    }
    case 'htlc_resolved': {
      const { channelId, eventId: id, resolution: event } = output;
      run.effects.push({ kind: 'notify', channelId, event: { kind: 'event', id, event } });
      return;
    }
    case 'sign':
    case 'notify':
    case 'send':
    case 'disconnect':
    case 'store':
    case 'monitor':
    case 'broadcast':
    case 'watch_tx':
    case 'watch_spend':
    case 'ask':
    case 'added':
    case 'refused':
    case 'violated':
      run.effects.push(output);
      return;
  }
}
