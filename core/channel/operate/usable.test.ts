import { describe, expect, it } from 'vitest';
import type { Tx } from '../../bitcoin/tx.ts';
import { at } from '../../chain/chain.fixture.ts';
import { preimageOf } from '../../node/pair.fixture.ts';
import { Duo, P2WPKH_A } from '../duo.fixture.ts';
import type { ChannelOutput } from '../model/channel-vocabulary.ts';
import { ownPayment } from '../model/origin.ts';
import { events, refusalOf } from '../updates.fixture.ts';
import { sendable } from './sendable.ts';

const ready = (): Duo => new Duo().open();

function unready(): Duo {
  const duo = new Duo();
  duo.block([duo.fund()]);
  return duo;
}

function disconnected(): Duo {
  const duo = ready();
  duo.input('opener', { kind: 'disconnected' });
  return duo;
}

/** Connected again, with a channel_reestablish that has not come. */
function reestablishing(): Duo {
  const duo = ready();
  duo.reconnect();
  return duo;
}

/** The blocks with the funding are gone from the opener's chain, as far as it was ever seen. */
function takenBack(duo = ready()): Duo {
  duo.see('opener', duo.ends.opener.env.tip.height, [], 1, at(100));
  return duo;
}

const fundingOf = (duo: Duo): Tx => duo.funded('opener').fundings[0]?.tx as Tx;

function closing(): Duo {
  const duo = ready();
  duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
  return duo;
}

function tells(effects: readonly ChannelOutput[]): readonly string[] {
  return events(effects).flatMap(({ kind }) => (kind === 'usable' || kind === 'event' ? [kind] : []));
}

const add = (duo: Duo): string | undefined => {
  const { paymentHash } = preimageOf(1);
  const origin = ownPayment('01');
  const terms = { origin, amountMsat: 10_000_000n, paymentHash, cltvExpiry: 300, onion: new Uint8Array(1366) };
  return refusalOf(duo.command('opener', { kind: 'add', channelId: duo.channelId, ...terms }));
};

describe('a channel in which no HTLC can be offered', () => {
  it.each([
    ['nothing is in the way', ready, undefined],
    ['channel_ready is not exchanged', unready, 'channel.before_ready'],
    ['the peer is not there', disconnected, 'channel.not_connected'],
    ['channel_reestablish has not come', reestablishing, 'channel.reestablishing'],
    ['the chain has taken the funding back', takenBack, 'channel.funding_unconfirmed'],
    ['it is closing', closing, 'update_add_htlc.after_shutdown'],
  ] as const)('says so alike to who asks and to who tries: %s', (_, setUp, rule) => {
    const duo = setUp();
    expect(sendable(duo.ends.opener.env, duo.funded('opener')) === undefined).toBe(rule !== undefined);
    expect(add(duo)).toBe(rule);
  });
});

describe('the host of a channel whose funding the chain has taken back', () => {
  it('does not hear that it is usable in a new connection, but when the funding is there again', () => {
    const duo = takenBack();
    const tx = fundingOf(duo);
    const from = duo.ends.opener.log.length;
    duo.reconnect();
    duo.exchange();
    expect(tells(duo.ends.opener.log.slice(from))).toEqual([]);
    expect(add(duo)).toBe('channel.funding_unconfirmed');
    const { height } = duo.ends.opener.env.tip;
    const least = duo.funded('opener').params.minimumDepth;
    expect(tells(duo.see('opener', height + 1, [tx]))).toEqual(least === 1 ? ['usable'] : []);
    if (least > 1) expect(tells(duo.see('opener', height + least))).toEqual(['usable']);
    expect(add(duo)).toBeUndefined();
    expect(tells(duo.see('opener', height + least + 1))).toEqual([]);
  });

  it('hears it in the next connection, where there was none', () => {
    const duo = takenBack();
    const tx = fundingOf(duo);
    duo.input('opener', { kind: 'disconnected' });
    const { height } = duo.ends.opener.env.tip;
    duo.see('opener', height + 1, [tx]);
    expect(tells(duo.see('opener', height + 10))).toEqual([]);
    const from = duo.ends.opener.log.length;
    duo.reconnect();
    duo.exchange();
    expect(tells(duo.ends.opener.log.slice(from))).toEqual(['usable']);
  });

  it('hears of its first use by the event alone', () => {
    const duo = new Duo();
    duo.block([duo.fund()]);
    duo.block([], 2);
    duo.exchange();
    for (const side of ['opener', 'accepter'] as const) expect(tells(duo.ends[side].log)).toEqual(['event']);
  });
});
