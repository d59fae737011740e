import { describe, expect, it } from 'vitest';
import { at } from '../../chain/chain.fixture.ts';
import { makeLate } from '../commitments/late-signer.fixture.ts';
import { brokenRule, Duo, kinds, P2WPKH_A, sent } from '../duo.fixture.ts';
import type { ChannelOutput } from '../model/channel-vocabulary.ts';
import { shortChannelIdOfChannel } from '../model/place.ts';
import { checkChannelAnnouncement } from '../../gossip/channel-announcement.ts';
import { checkChannelUpdate, isForPeerOnly, policyOf } from '../../gossip/channel-update.ts';
import type { Side } from '../../transactions/types.ts';
import type { AnnouncementSignatures, ChannelAnnouncement, ChannelUpdate } from '../../wire/messages/index.ts';
import { FRESH_SECONDS, OLD_POLICY_MS, acceptedPolicies } from './channel-update.ts';
import { DEFAULT_CONFIG } from '../../node/config.ts';

/** A channel whose funding has as many confirmations as a test asks for. */
function opened(confirmations: number, announce = true): Duo {
  const duo = new Duo({ command: { announce } });
  duo.block([duo.fund()]);
  for (let depth = 2; depth <= confirmations; depth++) {
    duo.block();
    duo.exchange();
  }
  return duo;
}

function gossipOf(duo: Duo, side: Side): readonly (ChannelAnnouncement | ChannelUpdate)[] {
  return duo.ends[side].log.flatMap((effect) => (effect.kind === 'gossip' ? [effect.message] : []));
}

function signaturesOf(duo: Duo, side: Side): AnnouncementSignatures {
  return sent(duo.ends[side].log, 'announcement_signatures');
}

const isSignatures = (type: string): boolean => type.endsWith('announcement_signatures');

describe('announcement_signatures', () => {
  it('leave with the sixth confirmation, and make an announcement that everybody can check', () => {
    const duo = opened(5);
    expect(gossipOf(duo, 'opener')).toEqual([]);
    duo.block();
    expect(duo.exchange().filter(isSignatures)).toEqual(['opener announcement_signatures', 'accepter announcement_signatures']);
    const { crypto } = duo.ends.opener.env;
    const [announcement, update] = gossipOf(duo, 'opener') as [ChannelAnnouncement, ChannelUpdate];
    const [same, theirs] = gossipOf(duo, 'accepter') as [ChannelAnnouncement, ChannelUpdate];
    expect(same).toEqual(announcement);
    expect(announcement.shortChannelId).toBe(shortChannelIdOfChannel(duo.funded('opener')));
    expect(checkChannelAnnouncement(crypto, announcement, DEFAULT_CONFIG.chainHash)).toBeUndefined();
    for (const each of [update, theirs]) {
      expect(checkChannelUpdate(crypto, each, announcement, DEFAULT_CONFIG.chainHash)).toBeUndefined();
      expect(isForPeerOnly(each)).toBe(false);
    }
    expect(update.channelFlags).not.toBe(theirs.channelFlags);
  });

  it('leave for no private channel, and an odd peer that sends some is told nothing', () => {
    const duo = opened(8, false);
    expect(duo.ends.opener.log.some((effect) => effect.kind === 'send' && effect.message.type === 'announcement_signatures')).toBe(false);
    const like = signaturesOf(opened(6), 'opener');
    expect(kinds(duo.message('accepter', like))).toEqual([]);
    expect(brokenRule(duo.message('accepter', like))).toBe('announcement_signatures.private');
  });

  it('are sent again in a new connection as long as the peer’s have not come, and then only as an answer', () => {
    const duo = opened(5);
    duo.block();
    duo.reconnect();
    expect(duo.exchange().filter(isSignatures)).toHaveLength(2);
    duo.reconnect();
    expect(duo.exchange().filter(isSignatures)).toEqual([]);
    const again = signaturesOf(opened(6), 'opener');
    expect(kinds(duo.message('accepter', again))).toEqual(['announcement_signatures']);
    expect(kinds(duo.message('accepter', again))).toEqual([]);
  });

  it('do not leave behind a shutdown of ours', () => {
    const duo = opened(5);
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.block();
    expect(duo.ends.opener.outgoing.map(({ type }) => type)).not.toContain('announcement_signatures');
    expect(duo.ends.accepter.outgoing.map(({ type }) => type)).toContain('announcement_signatures');
  });

  it.each([
    ['another place', { shortChannelId: 7n }, 'announcement_signatures.short_channel_id'],
    ['another node signature', { nodeSignature: '01'.repeat(64) }, 'announcement_signatures.signature'],
    ['another funding signature', { bitcoinSignature: '01'.repeat(64) }, 'announcement_signatures.signature'],
  ] as const)('with %s are warned of, and the channel goes on', (_what, change, rule) => {
    const duo = opened(5);
    duo.block();
    const wrong = { ...signaturesOf(duo, 'opener'), ...change } as AnnouncementSignatures;
    const effects = duo.message('accepter', wrong);
    expect(brokenRule(effects)).toBe(rule);
    expect(kinds(effects)).toEqual(['warning']);
    expect(duo.funded('accepter').announcement.peers).toBeUndefined();
    duo.exchange();
    expect(gossipOf(duo, 'accepter')).toHaveLength(2);
  });

  it('that come before our sixth confirmation are kept', () => {
    const duo = opened(5);
    duo.see('opener', duo.ends.opener.env.tip.height + 1);
    expect(duo.exchange().filter(isSignatures)).toEqual(['opener announcement_signatures']);
    expect(gossipOf(duo, 'accepter')).toEqual([]);
    duo.see('accepter', duo.ends.accepter.env.tip.height + 1);
    expect(duo.exchange().filter(isSignatures)).toEqual(['accepter announcement_signatures']);
    for (const side of ['opener', 'accepter'] as const) expect(gossipOf(duo, side)).toHaveLength(2);
  });

  it('are for one place: the funding that a reorganisation moves is signed for anew, and what is wrong for there is found', () => {
    const duo = opened(6);
    const [funding] = duo.funded('opener').fundings;
    if (funding?.tx === undefined) throw new Error('no funding transaction');
    const before = shortChannelIdOfChannel(duo.funded('opener'));
    for (const side of ['opener', 'accepter'] as const) {
      const { height } = duo.ends[side].env.tip;
      duo.see(side, height + 1, [], 1, at(100));
      expect(shortChannelIdOfChannel(duo.funded(side))).toBeUndefined();
      duo.see(side, height + 2, [funding.tx], 1);
    }
    const after = shortChannelIdOfChannel(duo.funded('opener'));
    expect(after).not.toBe(before);
    for (let i = 0; i < 5; i++) {
      duo.exchange();
      duo.block();
    }
    expect(duo.exchange().filter(isSignatures)).toHaveLength(2);
    expect(gossipOf(duo, 'opener').map(({ shortChannelId }) => shortChannelId)).toEqual([before, before, after, after]);
  });

  it('wait for a signer that answers later, once a place', () => {
    const duo = opened(5);
    const late = makeLate(duo, 'opener');
    duo.block();
    expect(duo.exchange().filter(isSignatures)).toEqual(['accepter announcement_signatures']);
    expect(late.asked()).toMatchObject([{ kind: 'sign_announcement' }]);
    expect(kinds(late.answer())).toEqual(['store', 'announcement_signatures', 'sign']);
    expect(late.asked()).toMatchObject([{ kind: 'sign_update' }]);
    expect(kinds(late.answer())).toEqual(['store', 'gossip', 'gossip']);
    duo.exchange();
    expect(gossipOf(duo, 'accepter')).toHaveLength(2);
  });
});

describe('channel_update', () => {
  const policy = { ...DEFAULT_CONFIG.relay, feeBaseMsat: 7, htlcMinimumMsat: 5n };
  const ask = (duo: Duo, side: Side, change = {}): readonly ChannelOutput[] =>
    duo.command(side, { kind: 'policy', channelId: duo.channelId, policy: { ...policy, ...change } });

  it('says what the channel can carry and the peer takes', () => {
    const duo = opened(6);
    const [, update] = gossipOf(duo, 'opener') as [ChannelAnnouncement, ChannelUpdate];
    const { maxHtlcValueInFlightMsat } = duo.funded('opener').params.parties.accepter;
    const { feeBaseMsat, feeProportionalMillionths, cltvExpiryDelta } = DEFAULT_CONFIG.relay;
    expect(policyOf(update)).toEqual({
      feeBaseMsat,
      feeProportionalMillionths,
      cltvExpiryDelta,
      htlcMinimumMsat: 1n,
      htlcMaximumMsat: maxHtlcValueInFlightMsat < 1_000_000_000n ? maxHtlcValueInFlightMsat : 1_000_000_000n,
      disabled: false,
    });
  });

  it('is made anew when the host asks for something else, and who pays by the old one is served for ten minutes', () => {
    const duo = opened(6);
    const first = gossipOf(duo, 'opener').at(-1) as ChannelUpdate;
    expect(kinds(ask(duo, 'opener'))).toEqual(['store', 'gossip', 'gossip']);
    const second = gossipOf(duo, 'opener').at(-1) as ChannelUpdate;
    expect(second.feeBaseMsat).toBe(7);
    expect(second.timestamp).toBeGreaterThan(first.timestamp);
    const { config } = duo.ends.opener.env;
    const fees = (nowMs: number) => acceptedPolicies(config, duo.funded('opener'), nowMs).map(({ feeBaseMsat }) => feeBaseMsat);
    expect(fees(OLD_POLICY_MS)).toEqual([7, DEFAULT_CONFIG.relay.feeBaseMsat]);
    expect(fees(OLD_POLICY_MS + 1)).toEqual([7]);
  });

  it('of a private channel is for the peer alone, in each connection, and the peer keeps the newest', () => {
    const duo = opened(3, false);
    const effects = ask(duo, 'opener');
    const update = sent(effects, 'channel_update');
    expect(isForPeerOnly(update)).toBe(true);
    expect(gossipOf(duo, 'opener')).toEqual([]);
    duo.ends.opener.outgoing.length = 0;
    duo.input('accepter', { kind: 'peers_update', update });
    expect(duo.funded('accepter').announcement.peersUpdate).toEqual(update);
    const stale = { ...update, timestamp: update.timestamp - 1 };
    expect(brokenRule(duo.input('accepter', { kind: 'peers_update', update: stale }))).toBe('channel_update.signature');
    // Our own that comes back is not the peer's.
    expect(duo.input('opener', { kind: 'peers_update', update })).toEqual([]);
    expect(duo.funded('opener').announcement.peersUpdate).toBeUndefined();
    duo.reconnect();
    for (const side of ['opener', 'accepter'] as const) for (let i = 0; i < 1; i++) duo.deliver(side);
    expect(duo.ends.opener.outgoing.map(({ type }) => type)).toContain('channel_update');
  });

  it('from a clock a day ahead of ours is not taken', () => {
    const duo = opened(3, false);
    duo.ends.opener.env = { ...duo.ends.opener.env, nowMs: 90_000_000 };
    const update = sent(ask(duo, 'opener'), 'channel_update');
    expect(brokenRule(duo.input('accepter', { kind: 'peers_update', update }))).toBe('channel_update.timestamp');
  });

  it('is kept fresh, and says that a channel at its end is disabled', () => {
    const duo = opened(6);
    const count = gossipOf(duo, 'opener').length;
    const week = FRESH_SECONDS * 1000;
    for (const [nowMs, more] of [
      [week, 0],
      [week + 1000, 2],
      [week + 2000, 0],
    ] as const) {
      const known = gossipOf(duo, 'opener').length;
      duo.ends.opener.env = { ...duo.ends.opener.env, nowMs };
      duo.block();
      expect(gossipOf(duo, 'opener').length - known).toBe(more);
    }
    expect(gossipOf(duo, 'opener').length).toBe(count + 2);
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    expect(policyOf(gossipOf(duo, 'opener').at(-1) as ChannelUpdate).disabled).toBe(true);
  });

  it.each([
    ['channel_update.htlc_minimum_msat', { htlcMinimumMsat: 10n, htlcMaximumMsat: 9n }],
    ['channel_update.unwritable', { feeBaseMsat: 2 ** 32 }],
    ['channel_update.unwritable', { cltvExpiryDelta: 0.5 }],
    ['channel_update.unwritable', { htlcMaximumMsat: 2n ** 64n }],
  ] as const)('that breaks %s is refused', (rule, change) => {
    const duo = opened(3, false);
    const { state } = duo.ends.opener;
    expect(ask(duo, 'opener', change)).toMatchObject([{ kind: 'refused', command: 'policy', rule }]);
    expect(duo.ends.opener.state).toBe(state);
  });
});
