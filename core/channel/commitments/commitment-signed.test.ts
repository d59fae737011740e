import type { RuleId } from '../../rules.ts';
import { describe, expect, it } from 'vitest';
import { channelStep } from '../channel.ts';
import type { Hash32, PublicKey, SecretKey, Signature, Txid } from '../../crypto/bytes.ts';
import { sha256Hex } from '../../crypto/hashes.ts';
import { CURVE_ORDER } from '../../crypto/scalar.ts';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import type { CommitmentSigned, Message, RevokeAndAck } from '../../wire/messages/index.ts';
import { commitObstacle } from './commitment-signed.ts';
import { brokenRule, bytes32, Duo, kinds, sent } from '../duo.fixture.ts';
import type { ChannelConfig, ChannelOutput } from '../model/channel-vocabulary.ts';
import { secretAt, secretIndex } from '../../transactions/secrets.ts';
import {
  add,
  events,
  expectFailed,
  expectHungUp,
  expectQuiet,
  expectRefused,
  fail,
  fee,
  fulfill,
  irrevocable,
  refusalOf,
  secretOf,
} from '../updates.fixture.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { FundedState } from '../model/state.ts';
import { ownPayment } from '../model/origin.ts';

const manual: Partial<ChannelConfig> = { commit: 'manual' };

function commit(duo: Duo, side: Side): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'commit', channelId: duo.channelId });
}

function commitCommand(duo: Duo) {
  return { kind: 'commit', channelId: duo.channelId } as const;
}

/** The next message of `from`, which must be of this type, taken off the wire. */
function take<T extends Message['type']>(duo: Duo, from: Side, type: T): Extract<Message, { type: T }> {
  const message = duo.ends[from].outgoing.shift();
  if (message?.type !== type) throw new Error(`${message?.type} instead of ${type}`);
  return message as Extract<Message, { type: T }>;
}

function pass(duo: Duo, from: Side, ...types: readonly Message['type'][]): readonly ChannelOutput[] {
  let effects: readonly ChannelOutput[] = [];
  for (const type of types) effects = duo.message(other(from), take(duo, from, type));
  return effects;
}

/** The opener's payments are on the wire with the opener's signature. */
function signed(
  payments = 1,
  options: ConstructorParameters<typeof Duo>[0] = {},
): { readonly duo: Duo; readonly message: CommitmentSigned } {
  const duo = new Duo({ ...options, opener: { ...manual, ...options.opener } }).open();
  for (let n = 1; n <= payments; n++) add(duo, 'opener', n, { amountMsat: 20_000_000n });
  commit(duo, 'opener');
  for (let n = 1; n <= payments; n++) pass(duo, 'opener', 'update_add_htlc');
  return { duo, message: take(duo, 'opener', 'commitment_signed') };
}

function flipped(signature: Signature): Signature {
  const last = signature.endsWith('0') ? '1' : '0';
  return (signature.slice(0, -1) + last) as Signature;
}

describe('the command commit', () => {
  it('signs all updates so far: watchers and store first, then one message', () => {
    const duo = new Duo({ opener: manual }).open();
    add(duo, 'opener', 1);
    fee(duo, 3000);
    const before = duo.funded('opener');
    const effects = commit(duo, 'opener');
    expect(kinds(effects)).toEqual(['store', 'monitor', 'commitment_signed']);
    const state = duo.funded('opener');
    const next = state.shared.commitments.accepter.next;
    expect(next).toMatchObject({ number: 1n, cut: { opener: 2, accepter: 0 } });
    expect(state.shared.commitments.accepter.current).toBe(before.shared.commitments.accepter.current);
    expect(state.lastSent).toBe('commitment_signed');
    const message = sent(effects, 'commitment_signed');
    expect(message).toMatchObject({ channelId: duo.channelId, fundingTxid: state.fundings[0]?.output.txid });
    expect(message.htlcSignatures).toHaveLength(1);
    expect(onlyFunding(state).sent).toEqual({ signature: message.signature, htlcSignatures: message.htlcSignatures });
    expect(effects[1]).toMatchObject({
      id: before.durability.nextMonitorId,
      update: {
        kind: 'theirs',
        number: 1n,
        news: {
          opener: [
            { kind: 'add', id: 0n },
            { kind: 'fee', feeratePerKw: 3000 },
          ],
          accepter: [],
        },
        steps: { opener: 2, accepter: 0 },
        point: before.remote.nextPoint,
      },
      after: [{ sink: { kind: 'state' }, version: before.durability.version + 1 }],
    });
    expect(effects[0]).toMatchObject({ version: before.durability.version + 1 });
    expect(effects[0]?.kind === 'store' ? effects[0].state : undefined).toBe(state);
    expect(effects[2]).toMatchObject({
      after: [
        { sink: { kind: 'state' }, channelId: duo.channelId, version: before.durability.version + 1 },
        { quorum: 1, of: ['monitor'], channelId: duo.channelId, number: before.durability.nextMonitorId },
      ],
    });
  });

  it('is refused where there is nothing to sign, a revocation is owed, the peer is away or not ready', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    expect(commitObstacle(duo.funded('opener'))).toBe('commit.no_updates');
    expectRefused(duo, 'opener', commitCommand(duo), 'commit.no_updates');
    // What the peer has not signed for yet does not count.
    add(duo, 'accepter', 1);
    pass(duo, 'accepter', 'update_add_htlc');
    expectRefused(duo, 'opener', commitCommand(duo), 'commit.no_updates');
    add(duo, 'opener', 2);
    commit(duo, 'opener');
    add(duo, 'opener', 3);
    expect(commitObstacle(duo.funded('opener'))).toBe('commit.revocation_owed');
    expectRefused(duo, 'opener', commitCommand(duo), 'commit.revocation_owed');
    duo.input('opener', { kind: 'disconnected' });
    expect(commitObstacle(duo.funded('opener'))).toBe('commit.not_connected');
    expectRefused(duo, 'opener', commitCommand(duo), 'commit.not_connected');
    duo.input('opener', { kind: 'connected' });
    expectRefused(duo, 'opener', commitCommand(duo), 'commit.reestablishing');
    const early = new Duo({ opener: manual });
    early.fund();
    expect(commitObstacle(early.funded('opener'))).toBe('commit.not_ready');
  });

  it('signs once more for what the peer has only now acknowledged, and then never without updates', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    expect(duo.exchange()).toEqual([
      'opener update_add_htlc',
      'opener commitment_signed',
      'accepter revoke_and_ack',
      'accepter commitment_signed',
      'opener revoke_and_ack',
    ]);
    expectQuiet(duo);
    for (const side of ['opener', 'accepter'] as const) expectRefused(duo, side, commitCommand(duo), 'commit.no_updates');
  });

  it('may change nothing but the number: a fee set to what it was', () => {
    const duo = new Duo().open();
    fee(duo, 2500);
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.commitments.accepter.current).toMatchObject({ number: 1n, cut: { opener: 1, accepter: 0 } });
  });
});

describe('commitment_signed', () => {
  it('makes the new commitment current and revokes the old one, after watchers and store', () => {
    const { duo, message } = signed(2, { accepter: manual });
    const before = duo.funded('accepter');
    const effects = duo.message('accepter', message);
    expect(kinds(effects)).toEqual(['store', 'monitor', 'revoke_and_ack']);
    const state = duo.funded('accepter');
    const signatures = [{ signature: message.signature, htlcSignatures: message.htlcSignatures }];
    expect(onlyFunding(state).received).toEqual(signatures[0]);
    expect(state.lastSent).toBe('revoke_and_ack');
    const { current, next } = state.shared.commitments.accepter;
    expect(next).toBeUndefined();
    expect(current).toMatchObject({ number: 1n, cut: { opener: 2, accepter: 0 } });
    expect(onlyFunding(state).txids.accepter.current).toEqual(onlyFunding(duo.funded('opener')).txids.accepter.next);
    expect(effects[1]).toMatchObject({ update: { kind: 'ours', number: 1n, steps: { opener: 2, accepter: 0 }, signatures } });
    expect(effects[0]).toMatchObject({ version: before.durability.version + 1, state: { fundings: [{ received: signatures[0] }] } });
    const { signer } = duo.ends.accepter.env;
    const { keysId } = state.params;
    expect(sent(effects, 'revoke_and_ack')).toEqual({
      type: 'revoke_and_ack',
      channelId: duo.channelId,
      perCommitmentSecret: duo.commitmentSecret('accepter', 0n),
      nextPerCommitmentPoint: signer.perCommitmentPoint(keysId, 2n),
    });
    expect(effects[2]).toMatchObject({ after: [{ version: before.durability.version + 1 }, { number: before.durability.nextMonitorId }] });
  });

  it('may come without updates: only its sender must not do that', () => {
    const { duo, message } = signed(1, { accepter: manual });
    duo.message('accepter', message);
    pass(duo, 'accepter', 'revoke_and_ack');
    const { env, state } = duo.ends.opener;
    if (state.phase !== 'funded') throw new Error(state.phase);
    // The opener's own rules would not let it: it signs through a state that has forgotten its last cut.
    const { accepter } = state.shared.commitments;
    const stale = {
      ...state,
      shared: {
        ...state.shared,
        commitments: {
          ...state.shared.commitments,
          accepter: { current: { ...accepter.current, cut: { opener: 0, accepter: 0 } } },
        },
      },
    };
    duo.ends.opener.state = stale;
    const empty = sent(commit(duo, 'opener'), 'commitment_signed');
    expect(env.config.commit).toBe('manual');
    expect(kinds(duo.message('accepter', empty))).toEqual(['store', 'monitor', 'revoke_and_ack']);
    expect(duo.funded('accepter').shared.commitments.accepter.current.number).toBe(2n);
  });

  it.each([
    ['a wrong signature', (m: CommitmentSigned) => ({ ...m, signature: flipped(m.signature) }), 'commitment_signed.signature'],
    ['no HTLC signatures', (m: CommitmentSigned) => ({ ...m, htlcSignatures: [] }), 'commitment_signed.num_htlcs'],
    [
      'one HTLC signature too few',
      (m: CommitmentSigned) => ({ ...m, htlcSignatures: m.htlcSignatures.slice(1) }),
      'commitment_signed.num_htlcs',
    ],
    [
      'one too many',
      (m: CommitmentSigned) => ({ ...m, htlcSignatures: [...m.htlcSignatures, m.signature] }),
      'commitment_signed.num_htlcs',
    ],
    [
      'HTLC signatures in another order',
      (m: CommitmentSigned) => ({ ...m, htlcSignatures: [...m.htlcSignatures].reverse() }),
      'commitment_signed.htlc_signature',
    ],
    [
      'a wrong last HTLC signature',
      (m: CommitmentSigned) => ({ ...m, htlcSignatures: [m.htlcSignatures[0] as Signature, flipped(m.htlcSignatures[1] as Signature)] }),
      'commitment_signed.htlc_signature',
    ],
  ] as const)('with %s ends the connection', (_, change, rule) => {
    const { duo, message } = signed(2);
    expectHungUp(duo, 'accepter', change(message), rule);
    expect(kinds(duo.ends.accepter.log)).not.toContain('revoke_and_ack');
    // A fault of the moment is mended by the next connection.
    duo.reconnect();
    duo.exchange();
    expectQuiet(duo);
  });

  it('for another funding is told to the peer, which waits for an answer; without a txid it is for ours', () => {
    const { duo, message } = signed();
    expect(kinds(duo.message('accepter', { ...message, fundingTxid: bytes32<Txid>(0x55) }))).toEqual(['warning', 'disconnect']);
    const { fundingTxid: _absent, ...plain } = message;
    expect(kinds(duo.message('accepter', plain))).toContain('revoke_and_ack');
  });

  it('comes after channel_ready of both', () => {
    const { message } = signed();
    const duo = new Duo();
    duo.fund();
    expectHungUp(duo, 'accepter', message, 'channel.before_ready');
  });

  it('must not leave the opener unable to pay for its anchors', () => {
    // Against every rule for adds, the opener gives itself less than the one anchor that there is: its own goes with its output (BOLT 3).
    const left = (openerMsat: bigint): Duo => {
      const duo = new Duo({ opener: manual }).open();
      const state = duo.funded('accepter');
      const base = { ...state.shared.base, balanceMsat: { opener: openerMsat, accepter: 1_000_000_000n - openerMsat } };
      duo.ends.accepter.state = { ...state, shared: { ...state.shared, base } };
      return duo;
    };
    const message = { ...signed().message, signature: bytes32<Signature>(1) };
    const failed = expectFailed(left(329_000n), 'accepter', message, 'commitment_signed.anchors');
    expect(failed.failure.reason).toBe('the opener cannot pay for its anchors');
    // Then nothing is left for the fee.
    expectHungUp(left(330_000n), 'accepter', message, 'commitment_signed.signature');
  });

  it('must not leave a balance negative', () => {
    const duo = new Duo({ opener: manual }).open();
    const state = duo.funded('accepter');
    for (const balanceMsat of [
      { opener: -1n, accepter: 1n },
      { opener: 1n, accepter: -1n },
    ]) {
      const short: FundedState = { ...state, shared: { ...state.shared, base: { ...state.shared.base, balanceMsat } } };
      const { state: after, effects } = channelStep(duo.ends.accepter.env, short, { kind: 'message', message: signed().message });
      expect(after).toBe(short);
      expect(brokenRule(effects)).toBe('commitment_signed.negative_balance');
    }
  });

  it('verifies HTLC signatures in the order of the outputs, with equal HTLCs too', () => {
    const duo = new Duo({ opener: manual }).open();
    for (const [n, cltvExpiry] of [
      [1, 300],
      [1, 300],
      [1, 290],
      [2, 300],
    ] as const) {
      add(duo, 'opener', n, { amountMsat: 20_000_000n, cltvExpiry });
    }
    commit(duo, 'opener');
    duo.exchange();
    commit(duo, 'opener');
    duo.exchange();
    expect(duo.funded('accepter').shared.base.htlcs.opener).toHaveLength(4);
    expectQuiet(duo);
  });
});

describe('revoke_and_ack', () => {
  function revoking(): { readonly duo: Duo; readonly message: RevokeAndAck } {
    const { duo, message } = signed(1, { accepter: manual });
    duo.message('accepter', message);
    return { duo, message: take(duo, 'accepter', 'revoke_and_ack') };
  }

  it('makes the peer’s next commitment its current one, and keeps the secret', () => {
    const { duo, message } = revoking();
    const before = duo.funded('opener');
    const { next } = before.shared.commitments.accepter;
    const effects = duo.message('opener', message);
    expect(kinds(effects)).toEqual(['store', 'monitor']);
    const state = duo.funded('opener');
    expect(state.shared.commitments.accepter.current).toBe(next);
    expect(state.shared.commitments.accepter.next).toBeUndefined();
    expect(onlyFunding(state).sent).toBeUndefined();
    expect(state.remote).toMatchObject({ currentPoint: before.remote.nextPoint, nextPoint: message.nextPerCommitmentPoint });
    expect(secretAt(duo.ends.opener.env.crypto, state.remote.secrets, secretIndex(0n))).toBe(message.perCommitmentSecret);
    expect(effects[1]).toMatchObject({ update: { kind: 'secret', number: 0n, secret: message.perCommitmentSecret } });
    expect(effects[0]).toMatchObject({ version: before.durability.version + 1 });
    expect(effects[0]?.kind === 'store' ? effects[0].state : undefined).toBe(state);
  });

  it('comes once, and where something was signed', () => {
    const { duo, message } = revoking();
    duo.message('opener', message);
    expectHungUp(duo, 'opener', message, 'revoke_and_ack.unexpected');
    const idle = new Duo().open();
    expectHungUp(idle, 'opener', message, 'revoke_and_ack.unexpected');
  });

  it.each<[string, (m: RevokeAndAck) => Partial<RevokeAndAck>, RuleId]>([
    ['another secret', () => ({ perCommitmentSecret: bytes32<SecretKey>(1) }), 'revoke_and_ack.per_commitment_secret'],
    ['a zero secret', () => ({ perCommitmentSecret: '00'.repeat(32) as SecretKey }), 'revoke_and_ack.per_commitment_secret'],
    [
      'a secret out of range',
      () => ({ perCommitmentSecret: CURVE_ORDER.toString(16) as SecretKey }),
      'revoke_and_ack.per_commitment_secret',
    ],
  ])('with %s fails the channel', (_, change, rule) => {
    const { duo, message } = revoking();
    const before = duo.funded('opener');
    const failed = expectFailed(duo, 'opener', { ...message, ...change(message) }, rule);
    expect(failed.remote).toBe(before.remote);
    expect(failed.fundings).toBe(before.fundings);
  });

  it('with no point for the next commitment ends the connection', () => {
    const { duo, message } = revoking();
    const nextPerCommitmentPoint = '00'.repeat(33) as PublicKey;
    expectHungUp(duo, 'opener', { ...message, nextPerCommitmentPoint }, 'revoke_and_ack.next_per_commitment_point');
  });

  it('with the secret of the commitment that is still valid fails the channel', () => {
    const { duo, message } = revoking();
    const perCommitmentSecret = duo.commitmentSecret('accepter', 1n);
    expectFailed(duo, 'opener', { ...message, perCommitmentSecret }, 'revoke_and_ack.per_commitment_secret');
  });

  it('with a secret that does not come from the seed of the earlier ones ends the connection', () => {
    const { duo, message } = revoking();
    // The second secret must yield the first. A peer that makes up its points one by one passes the first test, not this one.
    const made = bytes32<SecretKey>(0x42);
    duo.message('opener', { ...message, nextPerCommitmentPoint: duo.ends.opener.env.crypto.publicKey(bytes32<SecretKey>(0x43)) });
    const { remote } = duo.funded('opener');
    const state = duo.funded('opener');
    duo.ends.opener.state = { ...state, remote: { ...remote, currentPoint: duo.ends.opener.env.crypto.publicKey(made) } };
    add(duo, 'opener', 7);
    commit(duo, 'opener');
    const second = { ...message, perCommitmentSecret: made };
    expectHungUp(duo, 'opener', second, 'revoke_and_ack.secret_sequence');
  });
});

describe('what both sides are bound to', () => {
  it('is presented to the receiver after the store that makes it durable, once', () => {
    const duo = new Duo({ accepter: manual }).open();
    add(duo, 'opener', 1);
    pass(duo, 'opener', 'update_add_htlc');
    expect(events(pass(duo, 'opener', 'commitment_signed'))).toEqual([]);
    pass(duo, 'accepter', 'revoke_and_ack');
    commit(duo, 'accepter');
    expect(events(pass(duo, 'accepter', 'commitment_signed'))).toEqual([]);
    const effects = pass(duo, 'opener', 'revoke_and_ack');
    expect(kinds(effects)).toEqual(['store', 'monitor', 'htlc_irrevocable']);
    const { version, nextMonitorId } = duo.funded('accepter').durability;
    const [added] = duo.funded('accepter').shared.base.htlcs.opener;
    expect(effects[2]).toMatchObject({
      kind: 'htlc_irrevocable',
      after: [{ version }, { number: nextMonitorId - 1 }],
    });
    expect(irrevocable(effects)).toMatchObject([{ add: added }]);
    duo.exchange();
    expect(irrevocable(duo.ends.accepter.log)).toHaveLength(1);
    expect(irrevocable(duo.ends.opener.log)).toHaveLength(0);
  });

  it('may be so on commitment_signed, when the revocation came first', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    add(duo, 'opener', 1);
    add(duo, 'accepter', 2);
    commit(duo, 'accepter');
    pass(duo, 'accepter', 'update_add_htlc', 'commitment_signed');
    commit(duo, 'opener');
    pass(duo, 'opener', 'update_add_htlc', 'revoke_and_ack');
    const effects = pass(duo, 'opener', 'commitment_signed');
    // The accepter's own add is irrevocable for the accepter; nothing is presented for it.
    expect(kinds(effects)).toEqual(['store', 'monitor', 'revoke_and_ack']);
    expect(duo.funded('accepter').shared.base.htlcs.accepter).toHaveLength(1);
    const atOpener = pass(duo, 'accepter', 'revoke_and_ack');
    expect(irrevocable(atOpener)).toMatchObject([{ add: { offerer: 'accepter', id: 0n } }]);
  });

  it('is failed by the channel where the dust of a commitment is over our limit, and presented to nobody', () => {
    const duo = new Duo({ accepter: { maxDustHtlcExposureMsat: 500_000n } }).open();
    for (const [n, amountMsat] of [300_000n, 200_000n, 1n, 354_000n].entries()) {
      add(duo, 'opener', n, { amountMsat });
      duo.exchange();
    }
    expect(irrevocable(duo.ends.accepter.log).map(({ add: { id } }) => id)).toEqual([0n, 1n, 3n]);
    const failed = events(duo.ends.accepter.log).filter(({ kind }) => kind === 'htlc_failed');
    expect(failed).toMatchObject([{ add: { id: 2n }, rule: 'update_fulfill_htlc.dust' }]);
  });

  it('judges each dust HTLC of a batch on top of those before it, and fails none of them with the channel', () => {
    const duo = new Duo({ opener: manual, accepter: { maxDustHtlcExposureMsat: 500_000n } }).open();
    for (const [n, amountMsat] of [300_000n, 200_000n, 1n, 354_000n].entries()) add(duo, 'opener', n, { amountMsat });
    commit(duo, 'opener');
    duo.exchange();
    commit(duo, 'opener');
    duo.exchange();
    expect(irrevocable(duo.ends.accepter.log).map(({ add: { id } }) => id)).toEqual([0n, 1n, 3n]);
    const failed = events(duo.ends.accepter.log).filter(({ kind }) => kind === 'htlc_failed');
    expect(failed).toMatchObject([{ add: { id: 2n }, rule: 'update_fulfill_htlc.dust' }]);
    for (const id of [0n, 1n, 3n]) fail(duo, 'accepter', id);
    duo.exchange();
    commit(duo, 'opener');
    duo.exchange();
    expect(duo.funded('accepter').shared.base.htlcs.opener).toEqual([]);
  });

  it('offers of a batch only what keeps the sum of its dust within our own limit', () => {
    const duo = new Duo({ opener: { ...manual, maxDustHtlcExposureMsat: 500_000n } }).open();
    for (const amountMsat of [300_000n, 200_000n]) expect(refusalOf(add(duo, 'opener', 1, { amountMsat }))).toBeUndefined();
    expect(refusalOf(add(duo, 'opener', 1, { amountMsat: 1n }))).toBe('update_add_htlc.max_dust_htlc_exposure_msat');
    expect(refusalOf(add(duo, 'opener', 1, { amountMsat: 354_000n }))).toBeUndefined();
  });

  it('tells the payer of failures with what they say, and of preimages no second time', () => {
    const duo = new Duo().open();
    for (const n of [1, 2, 3]) add(duo, 'opener', n);
    duo.exchange();
    const start = duo.ends.opener.log.length;
    fulfill(duo, 'accepter', 0n, 1);
    fail(duo, 'accepter', 1n);
    duo.command('accepter', { kind: 'fail_malformed', channelId: duo.channelId, id: 2n, sha256OfOnion: bytes32(7), failureCode: 0xc005 });
    duo.exchange();
    expectQuiet(duo);
    expect(events(duo.ends.opener.log.slice(start)).map((event) => (event.kind === 'event' ? event.event : event.kind))).toEqual([
      { kind: 'payment_sent', origin: ownPayment('01'), ...secretOf(1) },
      {
        kind: 'payment_failed',
        origin: ownPayment('02'),
        paymentHash: secretOf(2).paymentHash,
        failure: { kind: 'fail', id: 1n, reason: 'beef' },
      },
      {
        kind: 'payment_failed',
        origin: ownPayment('03'),
        paymentHash: secretOf(3).paymentHash,
        failure: { kind: 'fail_malformed', id: 2n, sha256OfOnion: bytes32<Hash32>(7), failureCode: 0xc005 },
      },
    ]);
    const state = duo.funded('opener');
    expect(state.host.offered).toEqual([]);
    // Repeated until acknowledged: durable with the step that made them true.
    expect(state.host.events.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    const stored = duo.ends.opener.log.findLast((effect) => effect.kind === 'store');
    expect(stored?.kind === 'store' && stored.state.host.events).toEqual(state.host.events);
    expect(sha256Hex(duo.ends.opener.env.crypto, secretOf(1).preimage)).toBe(secretOf(1).paymentHash);
  });

  it('keeps the origins of HTLCs that remain', () => {
    const duo = new Duo().open();
    for (const n of [1, 2]) add(duo, 'opener', n);
    duo.exchange();
    fulfill(duo, 'accepter', 0n, 1);
    duo.exchange();
    expect(duo.funded('opener').host.offered).toEqual([{ id: 1n, origin: ownPayment('02'), preimage: undefined }]);
  });
});

describe('many payments each way', () => {
  it('at one signature for many, leave both sides equal', () => {
    const duo = new Duo({ opener: manual, accepter: manual }).open();
    let id = 0n;
    for (let round = 0; round < 3; round++) {
      for (let n = 1; n <= 25; n++) for (const side of ['opener', 'accepter'] as const) add(duo, side, n, { amountMsat: 400_000n });
      for (const side of ['opener', 'accepter', 'opener', 'accepter'] as const) {
        commit(duo, side);
        duo.exchange();
      }
      for (let n = 1; n <= 25; n++, id++) for (const side of ['opener', 'accepter'] as const) fulfill(duo, side, id, n);
      for (const side of ['opener', 'accepter', 'opener', 'accepter'] as const) {
        commit(duo, side);
        duo.exchange();
      }
    }
    expectQuiet(duo);
    expect(duo.funded('opener').shared.base).toMatchObject({
      balanceMsat: { opener: 700_000_000n, accepter: 300_000_000n },
      nextHtlcId: { opener: 75n, accepter: 75n },
    });
  });
});
