import { describe, expect, it } from 'vitest';
import type { ChannelId, Hex } from '../../core/crypto/bytes.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import { apply } from '../actions/apply.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { runToRest } from '../run/setup.ts';
import type { DriverEffect, DriverFactory } from '../scenario/types.ts';
import { messageOf } from '../world/channel-changes.ts';
import { fingerprint } from '../world/finding.ts';
import { createErrors } from './errors.ts';
import { startWorld, tampered } from './run.fixture.ts';

const ALL = '00'.repeat(32) as ChannelId;

/** Sends an error as well, wherever `names` says which channel it is to name. */
function says(names: (effect: Extract<DriverEffect, { kind: 'send' }>) => ChannelId | undefined): DriverFactory {
  return tampered({
    nodes: ['B'],
    effect(effect) {
      const channelId = effect.kind === 'send' ? names(effect) : undefined;
      if (effect.kind !== 'send' || channelId === undefined) return effect;
      return [effect, { kind: 'send', peer: effect.peer, bytes: encodeMessage({ type: 'error', channelId, data: '' as Hex }) }];
    },
  });
}

function found(driver: DriverFactory): string | undefined {
  const world = startWorld({ seed: 'errors', driver, oracles: [createErrors()] });
  apply(world, { do: 'pay', as: 'p', from: 'A', channel: 'c', amountMsat: '20000000', cltvDelta: 100 });
  runToRest(world);
  return world.finding && fingerprint(world.finding);
}

describe('errors', () => {
  it('are none between honest nodes', () => {
    expect(found(fulguriteDriver)).toBeUndefined();
  });

  it('are seen where the channel goes on that they name, or all channels do', () => {
    const one = says(({ bytes }) => {
      const message = messageOf(bytes);
      return message?.type === 'revoke_and_ack' ? message.channelId : undefined;
    });
    expect(found(one)).toBe('errors/error.fails-what-it-names/funded');
    expect(found(says(({ bytes }) => (messageOf(bytes)?.type === 'revoke_and_ack' ? ALL : undefined)))).toBe(
      'errors/error.fails-what-it-names/all-channels',
    );
  });

  it('are seen where an opening goes on', () => {
    const opening = says(({ bytes }) => {
      const message = messageOf(bytes);
      return message?.type === 'accept_channel' ? message.temporaryChannelId : undefined;
    });
    expect(found(opening)).toBe('errors/error.fails-what-it-names/opening');
  });
});
