import { describe, expect, it } from 'vitest';
import type { ChannelId, Hash32, PublicKey } from '../crypto/bytes.ts';
import { featuresFromBits, makeFeatures } from '../wire/features.ts';
import type { Init, Message } from '../wire/messages/index.ts';
import { CHAIN_HASHES, DEFAULT_CONFIG } from './config.ts';
import { ALL_CHANNELS, badInit, channelOf, hangUp, initMessage, pongFor } from './peer.ts';

const peer = '02' as PublicKey;
const id = 'ab'.repeat(32) as ChannelId;

describe('init', () => {
  const theirs: Init = { type: 'init', globalfeatures: '', features: DEFAULT_CONFIG.features, networks: [DEFAULT_CONFIG.chainHash] };

  it('says our features and our chain', () => {
    expect(initMessage(DEFAULT_CONFIG)).toEqual(theirs);
  });

  it('gives the features of both fields', () => {
    expect(badInit(DEFAULT_CONFIG, theirs)).toEqual({ features: DEFAULT_CONFIG.features });
    expect(badInit(DEFAULT_CONFIG, { ...theirs, globalfeatures: '02', features: '0100' })).toEqual({ features: '0102' });
  });

  it('must ask for nothing that we don’t know or have', () => {
    const judge = (features: string) => badInit(DEFAULT_CONFIG, { ...theirs, features });
    expect(judge(featuresFromBits([200, 202]))).toBe('init: unknown compulsory features 200, 202');
    expect(judge(featuresFromBits([201]))).toEqual({ features: featuresFromBits([201]) });
    expect(judge(makeFeatures({ option_dual_fund: 'compulsory' }))).toBe("init: we don't have option_dual_fund");
    expect(judge(makeFeatures({ option_dual_fund: 'optional' }))).toEqual({ features: makeFeatures({ option_dual_fund: 'optional' }) });
    expect(judge(makeFeatures({ option_zeroconf: 'optional' }))).toBe('init: option_zeroconf needs option_scid_alias');
  });

  it('must have a chain in common, if it says any', () => {
    const judge = (networks: readonly Hash32[]) => badInit(DEFAULT_CONFIG, { ...theirs, networks });
    expect(judge([CHAIN_HASHES.bitcoin])).toBe('init: no network in common');
    expect(judge([CHAIN_HASHES.bitcoin, CHAIN_HASHES.regtest])).toHaveProperty('features');
    expect(judge([])).toHaveProperty('features');
    const { networks: _unsaid, ...silent } = theirs;
    expect(badInit(DEFAULT_CONFIG, silent)).toHaveProperty('features');
  });
});

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
    expect(hangUp(peer, 'no!')).toEqual([
      { kind: 'send', peer, message: { type: 'warning', channelId: ALL_CHANNELS, data: '6e6f21' } },
      { kind: 'disconnect', peer, reason: 'no!' },
    ]);
    expect(ALL_CHANNELS).toBe('0'.repeat(64));
  });
});

describe('channelOf', () => {
  it('is the temporary or the final id of a message for a channel, and none of others', () => {
    const of = (message: unknown) => channelOf(message as Message);
    expect(of({ type: 'accept_channel', temporaryChannelId: id })).toBe(id);
    expect(of({ type: 'shutdown', channelId: id })).toBe(id);
    expect(of({ type: 'stfu', channelId: id })).toBe(id);
    expect(of({ type: 'pong', ignored: '' })).toBeUndefined();
    for (const type of ['warning', 'announcement_signatures', 'start_batch']) expect(of({ type, channelId: id })).toBeUndefined();
  });
});
