import { describe, expect, it } from 'vitest';
import { txid as txidOf } from '../../bitcoin/tx.ts';
import type { Message } from '../../wire/messages/index.ts';
import { Duo, kinds, P2WPKH_A, P2WPKH_B, sent } from '../duo.fixture.ts';
import { add, expectHungUp, expectQuiet, expectRefused, fail, irrevocable } from '../updates.fixture.ts';
import { makeLate } from './late-signer.fixture.ts';

/** The accepter has an HTLC of the opener's on its next commitment, and waits for its signer. */
function waiting() {
  const duo = new Duo().open();
  const late = makeLate(duo, 'accepter', 'reveal');
  add(duo, 'opener', 1);
  duo.deliver('opener');
  const message = duo.ends.opener.outgoing.shift() as Message;
  const effects = duo.message('accepter', message);
  return { duo, late, message, effects };
}

describe('a secret that comes later', () => {
  it('is asked for with the new commitment and the peer’s signatures, when that is durable', () => {
    const { duo, late, effects } = waiting();
    expect(kinds(effects)).toEqual(['store', 'monitor', 'sign']);
    const { durability, fundings, shared } = duo.funded('accepter');
    expect(effects.at(-1)).toMatchObject({ after: [{ version: durability.version }, { number: durability.pendingMonitor.at(-1)?.id }] });
    expect(late.asked()).toMatchObject([{ kind: 'reveal', number: 0n, signatures: fundings[0]?.receivedNext, successor: { number: 1n } }]);
    expect(shared.commitments.accepter).toMatchObject({ current: { number: 0n }, next: { number: 1n } });
  });

  it('revokes the old commitment with the answer: nothing that depends on it has left before', () => {
    const { duo, late } = waiting();
    const answered = late.answer();
    expect(kinds(answered)).toEqual(['store', 'revoke_and_ack', 'monitor', 'commitment_signed']);
    expect(sent(answered, 'revoke_and_ack').perCommitmentSecret).toBe(duo.commitmentSecret('accepter', 0n));
    expect(duo.funded('accepter').shared.commitments.accepter.next).toBeUndefined();
    duo.exchange();
    expect(irrevocable(duo.ends.accepter.log)).toHaveLength(1);
    expectQuiet(duo);
  });

  it('comes before we sign: what we offer meanwhile is signed with it', () => {
    const { duo, late } = waiting();
    expect(kinds(add(duo, 'accepter', 2))).toEqual(['update_add_htlc', 'added']);
    expectRefused(duo, 'accepter', { kind: 'commit', channelId: duo.channelId }, 'commit.signature_owed');
    expect(kinds(late.answer())).toEqual(['store', 'revoke_and_ack', 'monitor', 'commitment_signed']);
    duo.exchange();
    late.answer();
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('opener').shared.base.htlcs).toMatchObject({ opener: [{ id: 0n }], accepter: [{ id: 0n }] });
  });

  it('is kept when it comes without a connection: the old commitment is revoked, and revoke_and_ack retransmitted', () => {
    const { duo, late } = waiting();
    duo.input('accepter', { kind: 'disconnected' });
    expect(kinds(late.answer())).toEqual(['store']);
    expect(duo.funded('accepter').shared.commitments.accepter).toEqual({ current: { number: 1n, cut: { opener: 1, accepter: 0 } } });
    duo.reconnect();
    expect(duo.exchange().filter((type) => type === 'accepter revoke_and_ack')).toHaveLength(1);
    expectQuiet(duo);
  });

  it('stands over a reconnection: the peer sends nothing again, and has it with the answer', () => {
    const { duo, late } = waiting();
    duo.reconnect();
    const types = duo.exchange();
    expect(types).not.toContain('opener commitment_signed');
    expect(types).not.toContain('accepter revoke_and_ack');
    expect(duo.funded('accepter').shared.logs.opener).toHaveLength(1);
    expect(kinds(late.answer())).toEqual(['store', 'revoke_and_ack', 'monitor', 'commitment_signed']);
    duo.exchange();
    expectQuiet(duo);
    expect(irrevocable(duo.ends.accepter.log)).toHaveLength(1);
  });

  it('is not waited for by a peer that signs again', () => {
    const { duo, message } = waiting();
    expectHungUp(duo, 'accepter', message, 'commitment_signed.before_revocation');
  });

  it('changes nothing when it is answered twice, or of another commitment', () => {
    const { duo, late } = waiting();
    const secret = duo.commitmentSecret('accepter', 0n);
    const before = duo.ends.accepter.state;
    expect(duo.input('accepter', { kind: 'signed', answer: { kind: 'reveal', number: 1n, secret } })).toEqual([]);
    expect(duo.ends.accepter.state).toEqual(before);
    late.answer();
    const after = duo.ends.accepter.state;
    expect(duo.input('accepter', { kind: 'signed', answer: { kind: 'reveal', number: 0n, secret } })).toEqual([]);
    expect(duo.ends.accepter.state).toEqual(after);
  });

  it('is waited for before a channel is settled', () => {
    const { duo, late } = waiting();
    late.answer();
    duo.exchange();
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.command('accepter', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_B });
    duo.exchange();
    fail(duo, 'accepter', 0n);
    const types = duo.exchange();
    expect(types.at(-1)).toBe('opener commitment_signed');
    expect(kinds(late.answer())).toEqual(['store', 'revoke_and_ack']);
    duo.exchange();
    expect(duo.funded('accepter').closing.tx).toBeDefined();
  });

  it('leaves the old commitment to be broadcast while it has not come', () => {
    const { duo } = waiting();
    const txid = duo.funded('accepter').fundings[0]?.txids.accepter.current;
    const effects = duo.command('accepter', { kind: 'force_close', channelId: duo.channelId });
    const broadcast = effects.find((effect) => effect.kind === 'broadcast');
    if (broadcast?.kind !== 'broadcast') throw new Error('nothing was broadcast');
    expect(txidOf(duo.ends.accepter.env.crypto, broadcast.tx)).toBe(txid);
  });
});
