import { isClosed } from '../../core/channel/model/ending.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { ChannelId, PublicKey } from '../../core/crypto/bytes.ts';
import type { Oracle } from '../scenario/types.ts';
import { messageOf, nameOf, statesOf } from '../world/channel-changes.ts';
import { finding } from './difference.ts';

const ALL_CHANNELS = '00'.repeat(32);

/** BOLT 1, sending `error`: "MUST fail the channel(s) referred to by the error message", at that moment, by whichever id the peer takes it. */
export function createErrors(): Oracle {
  const oracle: Oracle = {
    name: 'errors',
    kinds: ['all-channels', 'opening', 'funded'],
    asks: ['channels'],
    step(world, { node, effects }) {
      for (const effect of effects) {
        if (effect.kind !== 'send' || nameOf(effect.bytes) !== 'error') continue;
        const message = messageOf(effect.bytes);
        if (message?.type !== 'error') continue;
        for (const state of statesOf(world, node).values()) {
          if (!lives(state) || !isNamed(state, effect.peer, message.channelId)) continue;
          return finding(world, {
            oracle: 'errors',
            rule: 'error.fails-what-it-names',
            kind: message.channelId === ALL_CHANNELS ? 'all-channels' : state.phase,
            node,
            message: `${node} sent an error that names a channel which goes on`,
            expected: 'failed, or forgotten',
            actual: state.phase,
          });
        }
      }
      return undefined;
    },
    fork: () => oracle,
  };
  return oracle;
}

function lives(state: ChannelState): boolean {
  return state.phase === 'opening' || (state.phase === 'funded' && !isClosed(state));
}

function isNamed(state: ChannelState, peer: PublicKey, id: ChannelId): boolean {
  if (state.phase === 'opening') {
    const finalId = 'channelId' in state.step ? state.step.channelId : undefined;
    return state.peer === peer && (id === ALL_CHANNELS || id === state.temporaryChannelId || id === finalId);
  }
  if (state.phase !== 'funded' || state.params.peer !== peer) return false;
  const opening = !state.lifecycle.readyReceived && id === state.params.temporaryChannelId;
  return id === ALL_CHANNELS || id === state.channelId || opening;
}
