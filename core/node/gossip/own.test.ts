import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../../sim/deterministic/fake-crypto.ts';
import { shortChannelIdOfChannel } from '../../channel/model/place.ts';
import type { FundedState } from '../../channel/model/state.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import { makeFeatures } from '../../wire/features.ts';
import { encodeMessage } from '../../wire/messages/index.ts';
import type { ChannelUpdate } from '../../wire/messages/index.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { bytes32, Pair, TestNode } from '../pair.fixture.ts';

const crypto = createFakeCrypto();
const STRANGER = crypto.publicKey(bytes32(0x0c));

/** A channel that both have announced, and somebody else who is connected to a. */
function announced(late = false): { readonly pair: Pair; readonly channelId: ChannelId } {
  const nodes = [new TestNode(crypto, 0x0a, {}, { late }), new TestNode(crypto, 0x0b)] as const;
  const pair = new Pair({ nodes });
  pair.connect();
  const channelId = pair.open({ announce: true });
  meetStranger(pair.a);
  for (let i = 0; i < 3; i++) pair.block();
  return { pair, channelId };
}

function meetStranger(node: TestNode): void {
  node.input({ kind: 'connected', peer: STRANGER });
  const features = makeFeatures({ option_static_remotekey: 'compulsory', option_channel_type: 'compulsory' });
  node.hear(STRANGER, { type: 'init', globalfeatures: '', features, networks: [DEFAULT_CONFIG.chainHash] });
}

/** What it was told, by name. */
function toldTo(node: TestNode): readonly string[] {
  return node.log.flatMap((effect) => (effect.kind === 'send' && effect.peer === STRANGER ? [effect.message.type] : []));
}

describe('a channel that is announced', () => {
  it('is told to every peer when both have signed', () => {
    const { pair, channelId } = announced();
    expect(toldTo(pair.a)).toEqual(['init', 'channel_announcement', 'channel_update']);
    const { announcement } = pair.a.channel(channelId) as FundedState;
    expect(announcement.peers).toEqual({
      ...(pair.b.channel(channelId) as FundedState).announcement.own?.signatures,
      shortChannelId: shortChannelIdOfChannel(pair.a.channel(channelId)),
    });
  });

  it('is told to who comes later, and after a restart', () => {
    const { pair } = announced();
    pair.a.restart();
    pair.a.log.length = 0;
    meetStranger(pair.a);
    expect(toldTo(pair.a)).toEqual(['init', 'channel_announcement', 'channel_update']);
  });

  it('keeps what its peer asks for, whoever else says so', () => {
    const { pair, channelId } = announced();
    const { update } = (pair.b.channel(channelId) as FundedState).announcement;
    expect((pair.a.channel(channelId) as FundedState).announcement.peersUpdate).toEqual(update);
    const newer = { ...(update as ChannelUpdate), timestamp: 999 };
    pair.a.hear(STRANGER, newer);
    expect((pair.a.channel(channelId) as FundedState).announcement.peersUpdate).toEqual(update);
  });

  it('asks a signer that answers later again after a restart', () => {
    const { pair } = announced(true);
    expect(pair.a.duties.map(({ duty }) => duty.kind)).toEqual(['sign_announcement']);
    pair.a.restart();
    expect(pair.a.duties.map(({ duty }) => duty.kind)).toEqual(['sign_announcement']);
    pair.a.answer();
    pair.b.input({ kind: 'disconnected', peer: pair.a.id });
    pair.connect();
    expect(pair.a.duties.map(({ duty }) => duty.kind)).toEqual(['sign_update']);
    pair.a.restart();
    expect(pair.a.duties.map(({ duty }) => duty.kind)).toEqual(['sign_update']);
  });
});

it('announcement_signatures of a channel that is not there are no reason to fail one', () => {
  const { pair, channelId } = announced();
  const own = (pair.b.channel(channelId) as FundedState).announcement.own?.signatures;
  if (own === undefined) throw new Error('not signed');
  const message = { type: 'announcement_signatures', channelId: bytes32<ChannelId>(9), shortChannelId: 1n, ...own } as const;
  expect(pair.a.input({ kind: 'received', peer: pair.b.id, bytes: encodeMessage(message) })).toEqual([]);
});
