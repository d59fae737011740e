import { at } from '../../chain/chain.fixture.ts';
import { describe, expect, it } from 'vitest';
import type { Preimage } from '../../crypto/bytes.ts';
import { encodeMessage } from '../../wire/messages/index.ts';
import type { Message, UpdateAddHtlc } from '../../wire/messages/index.ts';
import { bytes32, Duo, kinds, NODE_ID } from '../duo.fixture.ts';
import type { MonitorUpdate } from '../../knowledge/updates.ts';
import type { AddUpdate, StoredChannel } from '../model/state.ts';
import { contents } from '../model/contents.ts';
import type { ChannelCommand, ChannelConfig, ChannelOutput } from '../model/channel-vocabulary.ts';
import { removalMessage } from './remove-htlc.ts';
import { add, events, expectHungUp, expectQuiet, expectRefused, fail, fulfill, messages, refusalOf, secretOf } from '../updates.fixture.ts';
import { ownPayment } from '../model/origin.ts';

const manual: Partial<ChannelConfig> = { commit: 'manual' };

/** Payment 1 of the opener is irrevocably committed, and waits for the accepter. */
function paid(config: Partial<ChannelConfig> = {}): Duo {
  const duo = new Duo().open();
  add(duo, 'opener', 1);
  duo.exchange();
  expectQuiet(duo);
  const { accepter } = duo.ends;
  accepter.env = { ...accepter.env, config: { ...accepter.env.config, ...config } };
  return duo;
}

function command(
  duo: Duo,
  kind: 'fulfill' | 'fail' | 'fail_malformed',
  changes: { id?: bigint; failureCode?: number; reason?: string } = {},
): ChannelCommand {
  const { channelId } = duo;
  const { id = 0n, failureCode = 0xc005, reason = 'beef' } = changes;
  if (kind === 'fulfill') return { kind, channelId, id, preimage: secretOf(1).preimage };
  if (kind === 'fail') return { kind, channelId, id, reason };
  return { kind, channelId, id, sha256OfOnion: bytes32(7), failureCode };
}

const ALL = ['fulfill', 'fail', 'fail_malformed'] as const;
const { preimage } = secretOf(1);

function toldOf(effects: readonly ChannelOutput[]): readonly MonitorUpdate[] {
  return effects.flatMap((effect) => (effect.kind === 'monitor' ? [effect.update] : []));
}

describe('a command that resolves an HTLC', () => {
  it('fulfills it: the watchers know the preimage before the peer', () => {
    const duo = paid(manual);
    const effects = fulfill(duo, 'accepter', 0n, 1);
    expect(kinds(effects)).toEqual(['store', 'monitor', 'update_fulfill_htlc']);
    const { preimage } = secretOf(1);
    expect(effects[1]).toMatchObject({ update: { kind: 'preimage', preimage, settles: [{ offerer: 'opener', id: 0n }] } });
    const id = effects[1]?.kind === 'monitor' ? effects[1].id : -1;
    expect(effects[2]).toMatchObject({
      message: { type: 'update_fulfill_htlc', channelId: duo.channelId, id: 0n, paymentPreimage: preimage },
      after: [{ sink: { kind: 'state' } }, { of: ['monitor'], number: id }],
    });
    expect(duo.funded('accepter').shared.logs.accepter).toEqual([{ kind: 'fulfill', id: 0n, preimage }]);
  });

  it('fails it, malformed or not', () => {
    const failed = paid(manual);
    expect(kinds(fail(failed, 'accepter', 0n))).toEqual(['update_fail_htlc']);
    expect(failed.ends.accepter.outgoing).toEqual([{ type: 'update_fail_htlc', channelId: failed.channelId, id: 0n, reason: 'beef' }]);
    expect(failed.funded('accepter').shared.logs.accepter).toEqual([{ kind: 'fail', id: 0n, reason: 'beef' }]);
    const malformed = paid(manual);
    expect(messages(malformed.command('accepter', command(malformed, 'fail_malformed')))).toEqual([
      { type: 'update_fail_malformed_htlc', channelId: malformed.channelId, id: 0n, sha256OfOnion: bytes32(7), failureCode: 0xc005 },
    ]);
    expect(malformed.funded('accepter').shared.logs.accepter).toEqual([
      { kind: 'fail_malformed', id: 0n, sha256OfOnion: bytes32(7), failureCode: 0xc005 },
    ]);
  });

  it.each(ALL)('%s: not twice, not of an unknown id, not of our own, not before it is irrevocably committed', (kind) => {
    const duo = paid(manual);
    expectRefused(duo, 'accepter', command(duo, kind, { id: 1n }), 'remove_htlc.unknown_id');
    expectRefused(duo, 'opener', command(duo, kind), 'remove_htlc.unknown_id');
    expect(refusalOf(duo.command('accepter', command(duo, kind)))).toBeUndefined();
    for (const again of ALL) expectRefused(duo, 'accepter', command(duo, again), 'remove_htlc.removed_already');
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    expectQuiet(duo);
    expectRefused(duo, 'accepter', command(duo, kind), 'remove_htlc.unknown_id');

    const early = new Duo().open();
    add(early, 'opener', 1);
    // update_add_htlc and commitment_signed; then the accepter waits for the opener's revoke_and_ack of its own signature.
    for (let i = 0; i < 2; i++) {
      early.deliver('opener');
      expectRefused(early, 'accepter', command(early, kind), 'remove_htlc.unknown_id');
    }
    early.deliver('accepter');
    early.deliver('accepter');
    expectRefused(early, 'accepter', command(early, kind), 'remove_htlc.unknown_id');
    early.deliver('opener');
    expect(refusalOf(early.command('accepter', command(early, kind)))).toBeUndefined();
  });

  it('fails with a reason that a message can carry', () => {
    const duo = paid(manual);
    const most = 65535 - 2 - 32 - 8 - 2;
    expectRefused(duo, 'accepter', command(duo, 'fail', { reason: '00'.repeat(most + 1) }), 'update_fail_htlc.reason');
    const [sent] = messages(duo.command('accepter', command(duo, 'fail', { reason: '00'.repeat(most) })));
    expect(encodeMessage(sent as Message)).toHaveLength(65535);
  });

  it('within a blinded route fails by invalid_onion_blinding alone, the channel itself too', () => {
    for (const late of [false, true]) {
      const duo = new Duo().open();
      add(duo, 'opener', 1, { cltvExpiry: late ? duo.ends.opener.env.tip.height + 18 : 300 });
      const [message] = duo.ends.opener.outgoing.splice(0, 1) as [UpdateAddHtlc];
      // Both ends take it to have come so: the opener, which relays nothing yet, by its log.
      const pathKey = NODE_ID.opener;
      const { shared } = duo.funded('opener');
      const added = { ...(shared.logs.opener[0] as AddUpdate), pathKey };
      duo.ends.opener.state = { ...duo.funded('opener'), shared: { ...shared, logs: { ...shared.logs, opener: [added] } } };
      duo.message('accepter', { ...message, pathKey });
      duo.exchange();
      if (!late) {
        expectRefused(duo, 'accepter', command(duo, 'fail'), 'update_fail_htlc.path_key');
        expectRefused(duo, 'accepter', command(duo, 'fail_malformed', { failureCode: 0xc005 }), 'update_fail_htlc.path_key');
        duo.command('accepter', command(duo, 'fail_malformed', { failureCode: 0xc018 }));
      }
      const failed = messages(duo.ends.accepter.log).filter(({ type }) => type.startsWith('update_fail'));
      expect(failed).toMatchObject([{ type: 'update_fail_malformed_htlc', failureCode: 0xc018 }]);
      if (late) expectRefused(duo, 'accepter', command(duo, 'fulfill'), 'remove_htlc.unknown_id');
    }
  });

  it('needs the preimage of the payment hash', () => {
    const duo = paid();
    expectRefused(
      duo,
      'accepter',
      { ...command(duo, 'fulfill'), preimage: bytes32<Preimage>(2) } as ChannelCommand,
      'update_fulfill_htlc.payment_preimage',
    );
  });

  it('takes a preimage from 18 blocks before the expiry at 300 on to the chain, and not to the peer', () => {
    const duo = paid();
    duo.ends.accepter.env = { ...duo.ends.accepter.env, tip: at(282) };
    const effects = duo.command('accepter', command(duo, 'fulfill'));
    expect(kinds(effects)).toEqual(['store', 'monitor', 'error', 'monitor', 'broadcast', 'notify']);
    expect(toldOf(effects)).toMatchObject([{ kind: 'preimage', preimage, settles: [{ offerer: 'opener', id: 0n }] }, { kind: 'final' }]);
    expect(duo.ends.accepter.state).toMatchObject({ phase: 'failed', failure: { rule: 'htlc.fulfillment_deadline' } });
  });

  it('sends a preimage up to 19 blocks before the expiry, and a failure at any height', () => {
    const duo = paid();
    duo.ends.accepter.env = { ...duo.ends.accepter.env, tip: at(281) };
    expect(refusalOf(fulfill(duo, 'accepter', 0n, 1))).toBeUndefined();
    const late = paid();
    late.ends.accepter.env = { ...late.ends.accepter.env, tip: at(282) };
    expect(refusalOf(fail(late, 'accepter', 0n))).toBeUndefined();
  });

  it('takes a preimage of a failed channel, once, and only of an HTLC that both sides are bound to', () => {
    const duo = paid();
    duo.command('accepter', { kind: 'force_close', channelId: duo.channelId });
    const version = (duo.ends.accepter.state as StoredChannel).durability.version + 1;
    expectRefused(duo, 'accepter', command(duo, 'fulfill', { id: 1n }), 'remove_htlc.unknown_id');
    const wrong = { ...command(duo, 'fulfill'), preimage: bytes32<Preimage>(2) } as ChannelCommand;
    expectRefused(duo, 'accepter', wrong, 'update_fulfill_htlc.payment_preimage');
    expectRefused(duo, 'accepter', command(duo, 'fail'), 'channel.over');
    const effects = duo.command('accepter', command(duo, 'fulfill'));
    expect(kinds(effects)).toEqual(['store', 'monitor']);
    expect(effects.at(-1)).toMatchObject({ after: [{ sink: { kind: 'state' }, version }] });
    expect(toldOf(effects)).toEqual([{ kind: 'preimage', preimage, settles: [{ offerer: 'opener', id: 0n }] }]);
    expect(duo.ends.accepter.state).toMatchObject({ host: { received: [{ id: 0n, answered: 'fulfill' }] } });
    expect(duo.command('accepter', command(duo, 'fulfill'))).toEqual([]);
  });

  it('tells the watchers of a preimage once: in the open channel, or in the failed one', () => {
    const duo = paid(manual);
    fulfill(duo, 'accepter', 0n, 1);
    duo.command('accepter', { kind: 'force_close', channelId: duo.channelId });
    expect(duo.command('accepter', command(duo, 'fulfill'))).toEqual([]);
  });

  it('says that an onion is malformed only with BADONION set', () => {
    const duo = paid();
    for (const failureCode of [0x4005, 0x1_8000])
      expectRefused(duo, 'accepter', command(duo, 'fail_malformed', { failureCode }), 'update_fail_malformed_htlc.failure_code');
    expect(refusalOf(duo.command('accepter', command(duo, 'fail_malformed', { failureCode: 0x8000 })))).toBeUndefined();
    const largest = paid();
    expect(refusalOf(largest.command('accepter', command(largest, 'fail_malformed', { failureCode: 0xffff })))).toBeUndefined();
  });

  it.each(ALL)('%s is taken while the peer is away, and sent once it is back', (kind) => {
    const duo = paid();
    duo.input('accepter', { kind: 'disconnected' });
    duo.input('opener', { kind: 'disconnected' });
    expect(kinds(duo.command('accepter', command(duo, kind)))).toEqual(kind === 'fulfill' ? ['store', 'monitor'] : []);
    expectRefused(duo, 'accepter', command(duo, kind), 'remove_htlc.removed_already');
    for (const side of ['opener', 'accepter'] as const) duo.input(side, { kind: 'connected' });
    const types = duo.exchange();
    expect(types.filter((type) => type === `accepter update_${kind}_htlc`)).toHaveLength(1);
    expectQuiet(duo);
    expect(duo.funded('opener').shared.base.balanceMsat.accepter).toBe(kind === 'fulfill' ? 350_000_000n : 300_000_000n);
  });
});

describe('a message that resolves an HTLC', () => {
  function messageOf(duo: Duo, kind: (typeof ALL)[number], changes: Parameters<typeof command>[2] = {}) {
    const c = command(duo, kind, changes);
    if (c.kind === 'fulfill') return removalMessage(duo.funded('opener'), { kind: c.kind, id: c.id, preimage: c.preimage });
    if (c.kind === 'fail') return removalMessage(duo.funded('opener'), { kind: c.kind, id: c.id, reason: c.reason });
    if (c.kind !== 'fail_malformed') throw new Error(c.kind);
    return removalMessage(duo.funded('opener'), { kind: c.kind, id: c.id, sha256OfOnion: c.sha256OfOnion, failureCode: c.failureCode });
  }

  it.each(ALL)('%s is taken into the peer’s log once', (kind) => {
    const duo = paid();
    duo.message('opener', messageOf(duo, kind));
    const { shared } = duo.funded('opener');
    expect(shared.logs.accepter).toMatchObject([{ kind, id: 0n }]);
    expect(contents(shared, { opener: 1, accepter: 1 })).toMatchObject({
      balanceMsat: { opener: kind === 'fulfill' ? 650_000_000n : 700_000_000n, accepter: kind === 'fulfill' ? 350_000_000n : 300_000_000n },
      htlcs: [],
    });
    expectHungUp(duo, 'opener', messageOf(duo, kind), 'remove_htlc.removed_already');
  });

  it('keeps what a failure says', () => {
    const failed = paid();
    failed.message('opener', messageOf(failed, 'fail'));
    expect(failed.funded('opener').shared.logs.accepter).toEqual([{ kind: 'fail', id: 0n, reason: 'beef' }]);
    const malformed = paid();
    malformed.message('opener', messageOf(malformed, 'fail_malformed'));
    expect(malformed.funded('opener').shared.logs.accepter).toEqual([
      { kind: 'fail_malformed', id: 0n, sha256OfOnion: bytes32(7), failureCode: 0xc005 },
    ]);
  });

  it.each(ALL)('%s must be of an HTLC of ours that is irrevocably committed', (kind) => {
    const unknown = paid();
    expectHungUp(unknown, 'opener', messageOf(unknown, kind, { id: 1n }), 'remove_htlc.unknown_id');
    const own = paid();
    expectHungUp(own, 'accepter', messageOf(own, kind), 'remove_htlc.unknown_id');
    const early = new Duo().open();
    const message = messageOf(early, kind);
    add(early, 'opener', 1);
    early.deliver('opener');
    early.deliver('opener');
    early.deliver('accepter');
    // The peer has revoked, but not signed our commitment with it.
    expectHungUp(early, 'opener', message, 'remove_htlc.unknown_id');
  });

  it('must bring the preimage, and BADONION', () => {
    const wrong = paid();
    const message = { ...messageOf(wrong, 'fulfill'), paymentPreimage: bytes32<Preimage>(2) } as ReturnType<typeof messageOf>;
    expectHungUp(wrong, 'opener', message, 'update_fulfill_htlc.payment_preimage');
    const plain = paid();
    expectHungUp(plain, 'opener', messageOf(plain, 'fail_malformed', { failureCode: 0x4005 }), 'update_fail_malformed_htlc.failure_code');
    const bad = paid();
    bad.message('opener', messageOf(bad, 'fail_malformed', { failureCode: 0x8000 }));
    expect(bad.funded('opener').shared.logs.accepter).toMatchObject([{ failureCode: 0x8000 }]);
  });
});

describe('a preimage that the peer reveals', () => {
  it('is durable at once, for good, and told once', () => {
    const duo = paid();
    fulfill(duo, 'accepter', 0n, 1);
    const before = duo.funded('opener');
    const message = duo.ends.accepter.outgoing[0];
    if (message === undefined) throw new Error('nothing was sent');
    const effects = duo.message('opener', message);
    const { preimage, paymentHash } = secretOf(1);
    expect(kinds(effects)).toEqual(['store', 'monitor', 'htlc_resolved']);
    expect(effects[1]).toMatchObject({ update: { kind: 'preimage', preimage, settles: [] } });
    expect(effects[0]).toMatchObject({
      version: before.durability.version + 1,
      state: { host: { offered: [{ id: 0n, preimage }], events: [{}, {}] } },
    });
    const sentEvent = { kind: 'payment_sent', origin: ownPayment('01'), paymentHash, preimage };
    expect(effects[2]).toMatchObject({
      eventId: before.host.nextEventId,
      resolution: sentEvent,
      after: [{ sink: { kind: 'state' }, version: before.durability.version + 1 }, { of: ['monitor'] }],
    });

    // The signature for it never came: the message is forgotten, the preimage is not, and the same again changes nothing.
    duo.reconnect();
    expect(duo.funded('opener').shared.logs.accepter).toEqual([]);
    expect(duo.funded('opener').host.offered).toEqual([{ id: 0n, origin: ownPayment('01'), preimage }]);
    const logged = duo.ends.opener.log.length;
    duo.exchange();
    expectQuiet(duo);
    expect(events(duo.ends.opener.log.slice(logged))).toEqual([{ kind: 'usable' }]);
    expect(duo.funded('opener')).toMatchObject({ host: { offered: [] } });
  });

  it('is worth more than a failure that comes later', () => {
    const duo = paid(manual);
    fulfill(duo, 'accepter', 0n, 1);
    duo.exchange();
    duo.input('opener', { kind: 'disconnected' });
    duo.input('opener', { kind: 'connected' });
    // A peer that fails the same HTLC after all: we know the preimage, so the payment was made.
    const liar = paid();
    fail(liar, 'accepter', 0n);
    const failing = liar.ends.accepter.outgoing.splice(0);
    duo.message('opener', { ...reestablishOf(duo), type: 'channel_reestablish' });
    for (const message of failing) duo.message('opener', message);
    duo.message('opener', revocationOf(duo));
    const { shared, host } = duo.funded('opener');
    const { offered } = host;
    expect(shared.base.htlcs.opener).toEqual([]);
    expect(offered).toEqual([]);
    const told = events(duo.ends.opener.log).flatMap((event) => (event.kind === 'event' ? [event.event.kind] : []));
    expect(told).toEqual(['channel_usable', 'payment_sent']);
  });
});

function reestablishOf(duo: Duo) {
  const { env } = duo.ends.accepter;
  const { keysId } = duo.funded('accepter').params;
  return {
    channelId: duo.channelId,
    nextCommitmentNumber: 2n,
    nextRevocationNumber: 1n,
    yourLastPerCommitmentSecret: duo.commitmentSecret('opener', 0n),
    myCurrentPerCommitmentPoint: env.signer.perCommitmentPoint(keysId, 1n),
  };
}

/** The accepter's revocation of its commitment 1. */
function revocationOf(duo: Duo) {
  const { signer } = duo.ends.accepter.env;
  const { keysId } = duo.funded('accepter').params;
  return {
    type: 'revoke_and_ack',
    channelId: duo.channelId,
    perCommitmentSecret: duo.commitmentSecret('accepter', 1n),
    nextPerCommitmentPoint: signer.perCommitmentPoint(keysId, 3n),
  } as const;
}
