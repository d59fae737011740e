import { describe, expect, it } from 'vitest';
import { Duo, kinds, P2WPKH_A, sent } from '../duo.fixture.ts';
import { add, addCommand, expectFailed, expectHungUp, expectQuiet, expectRefused, fail, fee } from '../updates.fixture.ts';
import { makeLate } from './late-signer.fixture.ts';

function duoWithLate(command: 'commit' | 'add' = 'add') {
  const duo = new Duo().open();
  const late = makeLate(duo, 'opener', 'sign_remote');
  if (command === 'add') add(duo, 'opener', 1);
  return { duo, late };
}

describe('a signature of the peer’s commitment that comes later', () => {
  it('is asked for after the store, and commitment_signed leaves with the answer', () => {
    const { duo, late } = duoWithLate('commit');
    const effects = add(duo, 'opener', 1);
    expect(kinds(effects)).toEqual(['update_add_htlc', 'added', 'store', 'monitor', 'sign']);
    const { durability } = duo.funded('opener');
    expect(effects.at(-1)).toMatchObject({ after: [{ version: durability.version }, { number: durability.pendingMonitor.at(-1)?.id }] });
    expect(late.asked()).toMatchObject([{ kind: 'sign_remote', number: 1n }]);
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed']);
    duo.exchange();
    expect(duo.funded('accepter').shared.base.htlcs.opener).toHaveLength(1);
    expectQuiet(duo);
  });

  it('covers what stood when it was asked for: later updates follow it', () => {
    const { duo, late } = duoWithLate();
    expect(kinds(add(duo, 'opener', 2))).toEqual(['added']);
    expect(kinds(fee(duo, 3000))).toEqual([]);
    expectRefused(duo, 'opener', { kind: 'commit', channelId: duo.channelId }, 'commit.signature_owed');
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed', 'update_add_htlc', 'update_fee']);
    duo.exchange();
    expect(late.asked()).toMatchObject([{ kind: 'sign_remote', number: 2n }]);
    late.answer();
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base).toMatchObject({ feeratePerKw: 3000, htlcs: { opener: [{ id: 0n }, { id: 1n }] } });
  });

  it('holds a removal back, too', () => {
    const { duo, late } = duoWithLate();
    late.answer();
    duo.exchange();
    add(duo, 'accepter', 2);
    duo.exchange();
    late.answer();
    duo.exchange();
    fee(duo, 3000);
    expect(kinds(fail(duo, 'opener', 0n))).toEqual([]);
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed', 'update_fail_htlc']);
    duo.exchange();
    late.answer();
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('opener').shared.base.htlcs.accepter).toEqual([]);
  });

  it('holds a shutdown back', () => {
    const { duo, late } = duoWithLate();
    expect(kinds(duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A }))).toEqual(['store']);
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed', 'shutdown']);
    duo.exchange();
    expect(duo.funded('accepter').closing.received).toBe(P2WPKH_A);
  });

  it('is kept when it comes without a connection, and retransmitted', () => {
    const { duo, late } = duoWithLate();
    duo.input('opener', { kind: 'disconnected' });
    expect(kinds(late.answer())).toEqual(['store']);
    duo.reconnect();
    expect(duo.exchange()).toContain('opener commitment_signed');
    expect(late.asked()).toEqual([]);
    expectQuiet(duo);
  });

  it('stands over a reconnection: updates and shutdown keep their order', () => {
    const { duo, late } = duoWithLate();
    add(duo, 'opener', 2);
    duo.reconnect();
    expect(duo.exchange().slice(2)).toEqual(['opener channel_ready', 'accepter channel_ready', 'opener update_add_htlc']);
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed', 'update_add_htlc']);
    duo.exchange();
    late.answer();
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base.htlcs.opener).toHaveLength(2);
  });

  it('comes before a shutdown that is retransmitted', () => {
    const { duo, late } = duoWithLate();
    late.answer();
    duo.exchange();
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.exchange();
    fee(duo, 3000);
    duo.reconnect();
    expect(duo.exchange()).not.toContain('opener shutdown');
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed', 'shutdown']);
    duo.exchange();
    expectQuiet(duo);
  });

  it('changes nothing when it is answered twice, or of another commitment', () => {
    const { duo, late } = duoWithLate();
    const [duty] = late.asked();
    if (duty === undefined) throw new Error('nothing was asked');
    const before = duo.ends.opener.state;
    expect(duo.input('opener', { kind: 'signed', answer: { kind: 'sign_remote', number: 2n, signatures: [] } })).toEqual([]);
    expect(duo.ends.opener.state).toEqual(before);
    late.answer();
    const after = duo.ends.opener.state;
    const signatures = duo.funded('opener').fundings.flatMap(({ sent: mine }) => mine ?? []);
    expect(duo.input('opener', { kind: 'signed', answer: { kind: 'sign_remote', number: 1n, signatures } })).toEqual([]);
    expect(duo.ends.opener.state).toEqual(after);
  });

  it('is nothing that the peer can have answered', () => {
    const { duo } = duoWithLate();
    const perCommitmentSecret = duo.commitmentSecret('accepter', 0n);
    const nextPerCommitmentPoint = duo.funded('opener').remote.currentPoint;
    const message = { type: 'revoke_and_ack' as const, channelId: duo.channelId, perCommitmentSecret, nextPerCommitmentPoint };
    expectHungUp(duo, 'opener', message, 'revoke_and_ack.unexpected');
  });

  it('is nothing that the peer can have heard', () => {
    const { duo } = duoWithLate();
    duo.input('opener', { kind: 'disconnected' });
    duo.input('opener', { kind: 'connected' });
    const message = sent(
      duo.input('accepter', { kind: 'disconnected' }) && duo.input('accepter', { kind: 'connected' }),
      'channel_reestablish',
    );
    expectFailed(duo, 'opener', { ...message, nextCommitmentNumber: 2n }, 'channel_reestablish.next_commitment_number');
  });

  it('is of no use to a channel that has failed', () => {
    const { duo, late } = duoWithLate();
    duo.command('opener', { kind: 'force_close', channelId: duo.channelId });
    const before = duo.ends.opener.state;
    expect(late.answer()).toEqual([]);
    expect(duo.ends.opener.state).toEqual(before);
  });

  it('is not in the way of what the peer does', () => {
    const { duo, late } = duoWithLate();
    duo.command('accepter', addCommand(duo, 2));
    duo.exchange();
    expect(duo.funded('opener').shared.commitments.opener).toMatchObject({ current: { number: 0n }, next: { number: 1n } });
    expect(kinds(late.answer())).toEqual(['store', 'commitment_signed', 'revoke_and_ack']);
    duo.exchange();
    late.answer();
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('opener').shared.base.htlcs).toMatchObject({ opener: [{ id: 0n }], accepter: [{ id: 0n }] });
  });
});
