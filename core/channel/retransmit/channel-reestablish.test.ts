import { at } from '../../chain/chain.fixture.ts';
import { describe, expect, it } from 'vitest';
import type { SecretKey } from '../../crypto/bytes.ts';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import type { ChannelReestablish, Message } from '../../wire/messages/index.ts';
import { bytes32, complaint, Duo, kinds, P2WPKH_A, sent } from '../duo.fixture.ts';
import type { ChannelConfig, ChannelOutput } from '../model/channel-vocabulary.ts';
import { diagnose, reestablishMessage } from './channel-reestablish.ts';
import type { FundedState } from '../model/state.ts';
import { consequenceOf } from '../model/violation.ts';
import {
  add,
  events,
  expectFailed,
  expectQuiet,
  expectWarned,
  fail,
  fee,
  fulfill,
  kindsOf,
  messages,
  secretOf,
} from '../updates.fixture.ts';
import { ownPayment } from '../model/origin.ts';

const manual: Partial<ChannelConfig> = { commit: 'manual' };
const NO_SECRET = '00'.repeat(32) as SecretKey;
const SIDES = ['opener', 'accepter'] as const;

function commit(duo: Duo, side: Side): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'commit', channelId: duo.channelId });
}

function secret(duo: Duo, side: Side, number: bigint): SecretKey {
  return duo.commitmentSecret(side, number);
}

/** Numbers on both sides: the accepter's commitment at `theirs`, and the opener's, which we look from, at `ours`. */
function atNumbers(rounds: number): Duo {
  const duo = new Duo().open();
  for (let n = 1; n <= rounds; n++) {
    fee(duo, 2500 + n);
    duo.exchange();
  }
  return duo;
}

describe('channel_reestablish', () => {
  it('says what we expect next, and the last secret that we received', () => {
    const fresh = new Duo().open();
    expect(reestablishMessage(fresh.ends.opener.env, fresh.funded('opener'))).toEqual({
      type: 'channel_reestablish',
      channelId: fresh.channelId,
      nextCommitmentNumber: 1n,
      nextRevocationNumber: 0n,
      yourLastPerCommitmentSecret: NO_SECRET,
      myCurrentPerCommitmentPoint: fresh.ends.opener.env.signer.perCommitmentPoint(fresh.funded('opener').params.keysId, 0n),
    });
    const duo = atNumbers(3);
    for (const side of SIDES) {
      const { env } = duo.ends[side];
      expect(reestablishMessage(env, duo.funded(side))).toMatchObject({
        nextCommitmentNumber: 4n,
        nextRevocationNumber: 3n,
        yourLastPerCommitmentSecret: secret(duo, other(side), 2n),
        myCurrentPerCommitmentPoint: env.signer.perCommitmentPoint(duo.funded(side).params.keysId, 3n),
      });
    }
  });

  it('counts a signature that came and a revocation that did not separately', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    fee(duo, 2600);
    commit(duo, 'opener');
    duo.deliver('opener');
    duo.deliver('opener');
    const message = (side: Side): ChannelReestablish => reestablishMessage(duo.ends[side].env, duo.funded(side));
    expect(message('opener')).toMatchObject({ nextCommitmentNumber: 1n, nextRevocationNumber: 0n });
    expect(message('accepter')).toMatchObject({ nextCommitmentNumber: 2n, nextRevocationNumber: 0n });
    duo.deliver('accepter');
    expect(message('opener')).toMatchObject({ nextCommitmentNumber: 1n, nextRevocationNumber: 1n });
  });

  it('goes out when the connection is there, after unfinished stores; nothing else of the channel is taken before the peer’s', () => {
    const duo = atNumbers(1);
    const { version } = duo.funded('opener').durability;
    duo.input('opener', { kind: 'disconnected' });
    expect(duo.funded('opener').lifecycle.connection).toBe('disconnected');
    const effects = duo.input('opener', { kind: 'connected' });
    expect(duo.funded('opener').lifecycle.connection).toBe('reestablishing');
    expect(effects).toMatchObject([
      { kind: 'send', message: { type: 'channel_reestablish' }, after: [{ sink: { kind: 'state' }, version }, {}] },
    ]);
    const before = duo.ends.opener.state;
    const early: Message = { type: 'update_fee', channelId: duo.channelId, feeratePerKw: 2500 };
    const refused = duo.message('opener', early);
    expect(kinds(refused)).toEqual(['warning', 'disconnect']);
    expect(complaint(refused)).toBe('warning channel.before_reestablish: update_fee came before channel_reestablish');
    expect(duo.ends.opener.state).toBe(before);
  });

  it('comes once in a connection', () => {
    const duo = atNumbers(1);
    duo.reconnect();
    const message = duo.ends.accepter.outgoing[0] as ChannelReestablish;
    duo.exchange();
    const before = duo.ends.opener.state;
    const effects = duo.message('opener', message);
    expect(complaint(effects)).toBe('warning channel.reestablish_twice: came twice in one connection');
    expect(kinds(effects)).toEqual(['warning', 'disconnect']);
    expect(duo.ends.opener.state).toBe(before);
  });
});

describe('the host of a channel that is reestablished', () => {
  const usable = (effects: readonly ChannelOutput[]): number => events(effects).filter(({ kind }) => kind === 'usable').length;

  /** What each end has told of that, from the reconnection on. */
  function told(duo: Duo): readonly number[] {
    const from = SIDES.map((side) => duo.ends[side].log.length);
    duo.reconnect();
    duo.exchange();
    return SIDES.map((side, i) => usable(duo.ends[side].log.slice(from[i])));
  }

  it('hears once in each connection when HTLCs can be offered again', () => {
    const duo = new Duo().open();
    for (const side of SIDES) expect(usable(duo.ends[side].log)).toBe(0);
    add(duo, 'opener', 1);
    expect(told(duo)).toEqual([1, 1]);
    expect(told(duo)).toEqual([1, 1]);
    expectQuiet(duo);
    expect(usable(duo.input('opener', { kind: 'disconnected' }))).toBe(0);
    expect(usable(duo.input('opener', { kind: 'connected' }))).toBe(0);
  });

  it('hears nothing of one that is not ready, or closes', () => {
    const early = new Duo();
    early.fund();
    expect(told(early)).toEqual([0, 0]);
    const closing = new Duo().open();
    closing.command('opener', { kind: 'shutdown', channelId: closing.channelId, script: P2WPKH_A });
    closing.deliver('opener');
    expect(told(closing)).toEqual([0, 0]);
  });
});

/** The opener's view: its commitment and the accepter's at 3. With `next`, it has signed for the accepter's commitment 4. */
function view(next: boolean): Duo {
  const duo = atNumbers(3);
  if (next) {
    duo.ends.opener.env = { ...duo.ends.opener.env, config: { ...duo.ends.opener.env.config, commit: 'manual' } };
    fee(duo, 2600);
    commit(duo, 'opener');
  }
  return duo;
}

describe('diagnose', () => {
  const views = { without: view(false), with: view(true) };

  type Secret = 'right' | 'wrong' | 'zero';
  function outcome(next: keyof typeof views, commitment: bigint, revocation: bigint, kind: Secret): string {
    const duo = views[next];
    const right = revocation === 0n ? NO_SECRET : secret(duo, 'opener', revocation - 1n);
    const given = { right, wrong: bytes32<SecretKey>(0x5a), zero: NO_SECRET }[kind];
    const message: ChannelReestablish = {
      ...reestablishMessage(duo.ends.accepter.env, duo.funded('accepter')),
      nextCommitmentNumber: commitment,
      nextRevocationNumber: revocation,
      yourLastPerCommitmentSecret: given,
    };
    const diagnosis = diagnose(duo.ends.opener.env, duo.funded('opener'), message);
    if (diagnosis.kind === 'violation') {
      const { rule } = diagnosis.violation;
      // Who is behind is waited for.
      expect(consequenceOf(diagnosis.violation)).toBe(rule.endsWith('_behind') ? 'warn' : 'fail-channel');
      return rule;
    }
    if (diagnosis.kind === 'we-are-behind') return 'behind';
    return `resume${diagnosis.revoke ? ' revoke' : ''}${diagnosis.commit ? ' commit' : ''}`;
  }

  const SECRET = 'channel_reestablish.your_last_per_commitment_secret';
  const BEHIND = 'channel_reestablish.next_revocation_number_behind';
  const AHEAD = 'channel_reestablish.next_revocation_number_ahead';
  const COMMITMENT = 'channel_reestablish.next_commitment_number';
  const COMMITMENT_BEHIND = 'channel_reestablish.next_commitment_number_behind';
  const ZERO = 'channel_reestablish.next_commitment_number_zero';
  const FAR = 1000n;
  const PAST_ALL = 1n << 48n;

  // What the revocation number and its secret come to, before the commitment number is looked at.
  const byRevocation: readonly [bigint, Record<Secret, string>][] = [
    [0n, { right: BEHIND, wrong: SECRET, zero: BEHIND }],
    [1n, { right: BEHIND, wrong: SECRET, zero: SECRET }],
    [2n, { right: 'resume revoke', wrong: SECRET, zero: SECRET }],
    [3n, { right: 'resume', wrong: SECRET, zero: SECRET }],
    [4n, { right: 'behind', wrong: AHEAD, zero: AHEAD }],
    [FAR, { right: 'behind', wrong: AHEAD, zero: AHEAD }],
  ];
  const byCommitment: Record<keyof typeof views, readonly [bigint, string][]> = {
    without: [
      [0n, COMMITMENT_BEHIND],
      [1n, COMMITMENT_BEHIND],
      [3n, COMMITMENT_BEHIND],
      [4n, ''],
      [5n, COMMITMENT],
      [FAR, COMMITMENT],
      [PAST_ALL, COMMITMENT],
    ],
    with: [
      [0n, COMMITMENT_BEHIND],
      [3n, COMMITMENT_BEHIND],
      [4n, ' commit'],
      [5n, ''],
      [6n, COMMITMENT],
      [FAR, COMMITMENT],
      [PAST_ALL, COMMITMENT],
    ],
  };
  const table = (['without', 'with'] as const).flatMap((next) =>
    byRevocation.flatMap(([revocation, secrets]) =>
      (['right', 'wrong', 'zero'] as const).flatMap((kind) =>
        byCommitment[next].map(([commitment, commits]): [keyof typeof views, bigint, bigint, Secret, string] => {
          const first = secrets[kind];
          const ahead = revocation > 3n;
          // Zero is judged before the secret of a number that is not ahead; a proof of data loss comes before everything.
          if (!ahead && commitment === 0n) return [next, commitment, revocation, kind, ZERO];
          if (!first.startsWith('resume')) return [next, commitment, revocation, kind, first];
          return [next, commitment, revocation, kind, commits.startsWith(COMMITMENT) ? commits : first + commits];
        }),
      ),
    ),
  );

  it.each(table)(
    '%s an unrevoked signature: commitment %i, revocation %i, secret %s: %s',
    (next, commitment, revocation, kind, expected) => {
      expect(outcome(next, commitment, revocation, kind)).toBe(expected);
    },
  );

  it('believes no number beyond the 48 bits', () => {
    expect(diagnoseNumber(PAST_ALL + 1n)).toBe(AHEAD);
    expect(diagnoseNumber((1n << 64n) - 1n)).toBe(AHEAD);
    function diagnoseNumber(nextRevocationNumber: bigint): string {
      const duo = views.without;
      const message = { ...reestablishMessage(duo.ends.accepter.env, duo.funded('accepter')), nextRevocationNumber };
      const diagnosis = diagnose(duo.ends.opener.env, duo.funded('opener'), message);
      return diagnosis.kind === 'violation' ? diagnosis.violation.rule : diagnosis.kind;
    }
  });

  it('at commitment 0 expects nothing revoked, and no secret', () => {
    const duo = new Duo().open();
    const message = reestablishMessage(duo.ends.accepter.env, duo.funded('accepter'));
    const kind = (changes: Partial<ChannelReestablish>): string => {
      const diagnosis = diagnose(duo.ends.opener.env, duo.funded('opener'), { ...message, ...changes });
      return diagnosis.kind === 'resume' ? `${diagnosis.revoke} ${diagnosis.commit}` : diagnosis.kind;
    };
    expect(kind({})).toBe('false false');
    expect(kind({ yourLastPerCommitmentSecret: bytes32(1) })).toBe('violation');
    expect(kind({ nextRevocationNumber: 1n })).toBe('violation');
    expect(kind({ nextRevocationNumber: 1n, yourLastPerCommitmentSecret: secret(duo, 'opener', 0n) })).toBe('we-are-behind');
  });
});

describe('data loss', () => {
  it('that the peer proves makes us fail without broadcast, tell it, and say so again', () => {
    const duo = atNumbers(2);
    const old = duo.funded('opener');
    fee(duo, 2600);
    duo.exchange();
    duo.ends.opener.state = old;
    duo.reconnect();
    const effects = duo.message('opener', duo.ends.accepter.outgoing[0] as Message);
    expect(kinds(effects)).toEqual(['error', 'store', 'notify']);
    expect(complaint(effects)).toBe('error channel.data_loss: we have lost data: please fail the channel');
    const { state } = duo.ends.opener;
    expect(state).toMatchObject({ phase: 'failed', failure: { reason: 'we have lost data: please fail the channel' } });
    expect(state).toMatchObject({ phase: 'failed', failure: { commitmentToBroadcast: undefined } });
    expect(duo.ends.opener.log.some((effect) => effect.kind === 'broadcast' && effect.purpose === 'commitment')).toBe(false);
    duo.input('opener', { kind: 'disconnected' });
    expect(complaint(duo.input('opener', { kind: 'connected' }))).toBe(
      'error channel.data_loss: we have lost data: please fail the channel',
    );
  });

  it('that a secret does not prove fails the channel with broadcast', () => {
    const duo = atNumbers(3);
    duo.reconnect();
    const message = duo.ends.accepter.outgoing[0] as ChannelReestablish;
    const failed = expectFailed(
      duo,
      'opener',
      { ...message, yourLastPerCommitmentSecret: bytes32(1) },
      'channel_reestablish.your_last_per_commitment_secret',
    );
    expect(failed.failure.commitmentToBroadcast).toBeDefined();
    const zero = atNumbers(3);
    zero.reconnect();
    expect(
      expectFailed(zero, 'opener', { ...message, nextCommitmentNumber: 0n }, 'channel_reestablish.next_commitment_number_zero').failure
        .commitmentToBroadcast,
    ).toBeDefined();
  });
});

describe('a peer that is behind', () => {
  /** The accepter has come back with what it had at commitment 1; the opener knows better. */
  function restored() {
    const duo = atNumbers(1);
    const old = duo.funded('accepter');
    for (const feerate of [2600, 2700]) {
      fee(duo, feerate);
      duo.exchange();
    }
    const now = duo.funded('accepter');
    duo.ends.accepter.state = old;
    duo.reconnect();
    return { duo, now, greeting: duo.ends.accepter.outgoing[0] as ChannelReestablish };
  }

  it('is warned, shown our channel_reestablish, and waited for', () => {
    const { duo, greeting } = restored();
    const proof = duo.ends.opener.outgoing[0] as Message;
    expectWarned(duo, 'opener', greeting, 'channel_reestablish.next_revocation_number_behind');
    // The proof has come to it: the error that it sends is what fails the channel.
    expect(kinds(duo.message('accepter', proof))).toContain('error');
    expect(duo.ends.accepter.state).toMatchObject({ phase: 'failed', failure: { rule: 'channel.data_loss' } });
    duo.input('opener', { kind: 'peer_error', data: '' });
    expect(duo.ends.opener.state).toMatchObject({ phase: 'failed', failure: { commitmentToBroadcast: { version: 2 } } });
  });

  it('may come back with a newer state, and goes on', () => {
    const { duo, now, greeting } = restored();
    duo.message('opener', greeting);
    duo.ends.accepter.state = now;
    duo.reconnect();
    duo.exchange();
    fee(duo, 2800);
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base.feeratePerKw).toBe(2800);
  });

  it('by commitments of ours alone is waited for as well', () => {
    const duo = atNumbers(3);
    duo.reconnect();
    const message = duo.ends.accepter.outgoing[0] as ChannelReestablish;
    const rule = 'channel_reestablish.next_commitment_number_behind';
    expectWarned(duo, 'opener', { ...message, nextCommitmentNumber: 3n }, rule);
    // What it says later in this connection counts.
    expect(kinds(duo.message('opener', message))).not.toContain('warning');
    expect(duo.funded('opener').lifecycle.connection).toBe('connected');
  });
});

describe('on a lost connection', () => {
  it('what the peer has not signed for is forgotten, what we sent is kept', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    add(duo, 'opener', 1);
    commit(duo, 'opener');
    add(duo, 'opener', 2);
    fee(duo, 2600);
    add(duo, 'accepter', 3);
    duo.exchange();
    const before = duo.funded('accepter');
    expect(kindsOf(before.shared.logs.opener)).toEqual(['add 0', 'add 1', 'fee 2600']);
    duo.input('accepter', { kind: 'disconnected' });
    const after = duo.funded('accepter');
    expect(kindsOf(after.shared.logs.opener)).toEqual(['add 0']);
    expect(kindsOf(after.shared.logs.accepter)).toEqual(['add 0']);
    expect(after).toEqual({
      ...before,
      lifecycle: { ...before.lifecycle, connection: 'disconnected' },
      shared: { ...before.shared, logs: after.shared.logs },
    });
    duo.input('opener', { kind: 'disconnected' });
    expect(kindsOf(duo.funded('opener').shared.logs.opener)).toEqual(['add 0', 'add 1', 'fee 2600']);
    expect(kindsOf(duo.funded('opener').shared.logs.accepter)).toEqual([]);
  });
});

/** Both ends after a reconnection whose channel_reestablish have passed: what is sent again is on the wire. */
function reestablished(duo: Duo): Duo {
  duo.reconnect();
  for (const side of SIDES) expect(duo.deliver(side)?.type).toBe('channel_reestablish');
  return duo;
}

function wire(duo: Duo, side: Side): readonly string[] {
  return duo.ends[side].outgoing.map((message) => message.type);
}

describe('after channel_reestablish', () => {
  it('channel_ready is sent again only while both are at commitment 0', () => {
    const fresh = reestablished(new Duo().open());
    for (const side of SIDES) {
      expect(wire(fresh, side)).toEqual(['channel_ready']);
      expect(fresh.funded(side).lifecycle.connection).toBe('connected');
    }
    const unconfirmed = new Duo();
    unconfirmed.fund();
    reestablished(unconfirmed);
    for (const side of SIDES) expect(wire(unconfirmed, side)).toEqual([]);
    // The accepter has taken a signature: it expects commitment 2, the opener still 1.
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    fee(duo, 2600);
    commit(duo, 'opener');
    duo.deliver('opener');
    duo.deliver('opener');
    reestablished(duo);
    expect(wire(duo, 'opener')).toEqual([]);
    expect(wire(duo, 'accepter')).toEqual(['revoke_and_ack']);
  });

  it('a signature that was lost comes again with its updates, byte for byte, and then what was never signed', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    add(duo, 'opener', 1);
    fee(duo, 2600);
    commit(duo, 'opener');
    add(duo, 'opener', 2);
    const first = [...duo.ends.opener.outgoing];
    expect(first.map((m) => m.type)).toEqual(['update_add_htlc', 'update_fee', 'commitment_signed', 'update_add_htlc']);
    for (let again = 0; again < 2; again++) {
      reestablished(duo);
      expect(duo.ends.opener.outgoing[0]?.type).toBe('channel_ready');
      expect(duo.ends.opener.outgoing.slice(1)).toEqual(first);
    }
    duo.exchange();
    for (const side of ['accepter', 'opener', 'accepter', 'opener'] as const) {
      commit(duo, side);
      duo.exchange();
    }
    expectQuiet(duo);
    expect(duo.funded('opener').host.offered).toEqual([
      { id: 0n, origin: ownPayment('01'), preimage: undefined },
      { id: 1n, origin: ownPayment('02'), preimage: undefined },
    ]);
  });

  it.each(['revoke_and_ack', 'commitment_signed'] as const)('both come again in the order of the first time: %s last', (last) => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    for (const side of SIDES) {
      add(duo, side, 1);
      duo.exchange();
    }
    commit(duo, 'opener');
    if (last === 'revoke_and_ack') commit(duo, 'accepter');
    const held = duo.ends.accepter.outgoing.splice(0);
    duo.deliver('opener');
    duo.ends.accepter.outgoing.unshift(...held);
    if (last === 'commitment_signed') commit(duo, 'accepter');
    const first = [...duo.ends.accepter.outgoing];
    const order = last === 'revoke_and_ack' ? ['commitment_signed', 'revoke_and_ack'] : ['revoke_and_ack', 'commitment_signed'];
    expect(first.map((m) => m.type)).toEqual(order);
    expect(duo.funded('accepter').lastSent).toBe(last);
    for (let again = 0; again < 2; again++) {
      reestablished(duo);
      const resent = duo.ends.accepter.outgoing.filter((m) => m.type !== 'update_add_htlc');
      expect(resent).toEqual(first);
      // Its update stands before the signature that covers it.
      const types = wire(duo, 'accepter');
      expect(types.indexOf('commitment_signed') - types.indexOf('update_add_htlc')).toBe(1);
    }
    duo.exchange();
    for (const side of ['opener', 'accepter', 'opener'] as const) {
      commit(duo, side);
      duo.exchange();
    }
    expectQuiet(duo);
  });

  it('what arrived is not sent again', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    add(duo, 'opener', 1);
    commit(duo, 'opener');
    duo.exchange();
    expect(wire(reestablished(duo), 'opener')).toEqual([]);
    expect(wire(duo, 'accepter')).toEqual([]);
  });

  it('removals are sent again, signed or not', () => {
    const duo = new Duo().open();
    for (const n of [1, 2, 3]) add(duo, 'opener', n);
    duo.exchange();
    const { accepter } = duo.ends;
    accepter.env = { ...accepter.env, config: { ...accepter.env.config, commit: 'manual' } };
    fulfill(duo, 'accepter', 0n, 1);
    duo.command('accepter', { kind: 'fail_malformed', channelId: duo.channelId, id: 1n, sha256OfOnion: bytes32(7), failureCode: 0xc005 });
    commit(duo, 'accepter');
    fail(duo, 'accepter', 2n);
    const first = [...accepter.outgoing];
    reestablished(duo);
    expect(accepter.outgoing).toEqual(first);
    duo.exchange();
    commit(duo, 'accepter');
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('opener').shared.base.htlcs.opener).toEqual([]);
  });

  it('updates that were never signed for are judged anew: what the rules forbid by now has failed', () => {
    const duo = new Duo({ opener: manual }).open();
    add(duo, 'opener', 1);
    commit(duo, 'opener');
    for (const [n, cltvExpiry] of [
      [2, 110],
      [3, 300],
      [4, 110],
      [5, 300],
    ] as const) {
      add(duo, 'opener', n, { cltvExpiry, amountMsat: BigInt(n) * 1_000_000n });
    }
    fee(duo, 10_000);
    fee(duo, 2600);
    duo.ends.opener.env = { ...duo.ends.opener.env, tip: at(110), feeratePerKw: 900 };
    duo.reconnect();
    duo.deliver('opener');
    const start = duo.ends.opener.log.length;
    const { version } = duo.funded('opener').durability;
    duo.deliver('accepter');
    const effects = duo.ends.opener.log.slice(start);
    expect(messages(effects).map((m) => ('id' in m ? `${m.type} ${m.id}` : m.type))).toEqual([
      'channel_ready',
      'update_add_htlc 0',
      'commitment_signed',
      'update_add_htlc 1',
      'update_add_htlc 2',
      'update_fee',
    ]);
    expect(sent(effects, 'update_fee').feeratePerKw).toBe(2600);
    const state = duo.funded('opener');
    expect(state.host.offered).toEqual([
      { id: 0n, origin: ownPayment('01'), preimage: undefined },
      { id: 1n, origin: ownPayment('03'), preimage: undefined },
      { id: 2n, origin: ownPayment('05'), preimage: undefined },
    ]);
    expect(kindsOf(state.shared.logs.opener)).toEqual(['add 0', 'add 1', 'add 2', 'fee 2600']);
    // Their payments have failed, which is durable before it is told.
    const failed = (n: number) => ({ kind: 'payment_failed', origin: ownPayment(`0${n}`), paymentHash: secretOf(n).paymentHash });
    expect(events(effects)).toMatchObject([{ event: failed(2) }, { event: failed(4) }, { kind: 'usable' }]);
    expect(events(effects).every((e) => e.kind !== 'event' || !('failure' in e.event))).toBe(true);
    expect(kinds(effects).slice(-4)).toEqual(['store', 'htlc_resolved', 'htlc_resolved', 'notify']);
    expect(state.durability.version).toBe(version + 1);
    duo.exchange();
    commit(duo, 'opener');
    duo.exchange();
    commit(duo, 'opener');
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base.htlcs.opener.map((h) => [h.id, h.amountMsat])).toEqual([
      [0n, 50_000_000n],
      [1n, 3_000_000n],
      [2n, 5_000_000n],
    ]);
  });

  it('a store is made only where something is to be told', () => {
    const duo = new Duo({ opener: manual }).open();
    add(duo, 'opener', 1);
    const { version } = duo.funded('opener').durability;
    reestablished(duo);
    expect(duo.funded('opener').durability.version).toBe(version);
  });

  it('an add that crossed the peer’s shutdown and was lost has failed', () => {
    const duo = new Duo({ opener: manual }).open();
    add(duo, 'opener', 1);
    duo.command('accepter', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.deliver('accepter');
    expect(duo.funded('opener').closing.received).toBe(P2WPKH_A);
    reestablished(duo);
    expect(events(duo.ends.opener.log).at(-1)).toMatchObject({ event: { kind: 'payment_failed', origin: ownPayment('01') } });
    expect(duo.funded('opener').shared.logs.opener).toEqual([]);
  });
});

describe('a connection lost at any message', () => {
  /** Payments, a fee and removals in flight at once, with the connection lost after `cut` deliveries, and once more later. */
  function lossy(cut: number, gap: number): { readonly duo: Duo; readonly done: boolean } {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    add(duo, 'accepter', 2);
    duo.exchange();
    fulfill(duo, 'accepter', 0n, 1);
    add(duo, 'opener', 3);
    fee(duo, 2700);
    fail(duo, 'opener', 0n);
    add(duo, 'accepter', 4);
    let turn = 0;
    const deliver = (count: number): number => {
      let delivered = 0;
      for (let idle = 0; idle < 2 && delivered < count; turn++) {
        const message = duo.deliver(SIDES[turn % 2] as Side);
        idle = message === undefined ? idle + 1 : 0;
        if (message !== undefined) delivered++;
      }
      return delivered;
    };
    const first = deliver(cut);
    duo.reconnect();
    deliver(gap);
    duo.reconnect();
    duo.exchange();
    return { duo, done: first < cut };
  }

  it('leaves both sides equal, with every payment told once', () => {
    let runs = 0;
    for (const gap of [0, 1, 3, 6]) {
      for (let cut = 0; ; cut++, runs++) {
        const { duo, done } = lossy(cut, gap);
        expectQuiet(duo);
        const opener: FundedState = duo.funded('opener');
        expect(opener.shared.base).toMatchObject({
          balanceMsat: { opener: 600_000_000n, accepter: 300_000_000n },
          htlcs: { opener: [{ paymentHash: secretOf(3).paymentHash }], accepter: [{ paymentHash: secretOf(4).paymentHash }] },
          feeratePerKw: 2700,
        });
        for (const side of SIDES) {
          const told = events(duo.ends[side].log).flatMap((e) => (e.kind === 'event' ? [e.event.kind] : []));
          expect(told).toEqual(['channel_usable', side === 'opener' ? 'payment_sent' : 'payment_failed']);
        }
        if (done) break;
      }
    }
    expect(runs).toBeGreaterThan(50);
  });
});
