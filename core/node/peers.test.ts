import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../crypto/bytes.ts';
import { errorData } from '../channel/fail/fail-channel.ts';
import { ALL_CHANNELS } from './ids.ts';
import { hangUp, pongFor } from './peers.ts';

const peer = '02' as PublicKey;

describe('pongFor', () => {
  it('answers with as many zero bytes as asked for, below 65532', () => {
    const pong = (numPongBytes: number) => pongFor({ type: 'ping', numPongBytes, ignored: 'ff' });
    expect(pong(0)).toEqual({ type: 'pong', ignored: '' });
    expect(pong(3)).toEqual({ type: 'pong', ignored: '000000' });
    expect(pong(65531)?.ignored).toHaveLength(2 * 65531);
    expect(pong(65532)).toBeUndefined();
    expect(pong(65535)).toBeUndefined();
  });
});

describe('hangUp', () => {
  it('warns of everything, then disconnects', () => {
    const reason = 'init.twice: no!';
    expect(hangUp(peer, 'init.twice', 'no!')).toEqual([
      { kind: 'violated', peer, channelId: undefined, rule: 'init.twice', detail: 'no!' },
      { kind: 'send', peer, message: { type: 'warning', channelId: ALL_CHANNELS, data: errorData(reason) } },
      { kind: 'disconnect', peer, reason },
    ]);
    expect(ALL_CHANNELS).toBe('0'.repeat(64));
  });
});
