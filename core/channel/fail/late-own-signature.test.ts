import { describe, expect, it } from 'vitest';
import { scriptSignature } from '../../bitcoin/der.ts';
import { SIGHASH_ALL } from '../../bitcoin/sighash.ts';
import { txid as txidOf } from '../../bitcoin/tx.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { Signature } from '../../crypto/bytes.ts';
import { makeLate } from '../commitments/late-signer.fixture.ts';
import { Duo, kinds, P2WPKH_A } from '../duo.fixture.ts';
import type { FailedState } from '../model/state.ts';
import type { ChannelOutput } from '../model/channel-vocabulary.ts';
import { add } from '../updates.fixture.ts';

function failedOf(duo: Duo): FailedState {
  const { state } = duo.ends.accepter;
  if (state.phase !== 'failed') throw new Error(`the channel is ${state.phase}`);
  return state;
}

function forceClose(duo: Duo): readonly ChannelOutput[] {
  return duo.command('accepter', { kind: 'force_close', channelId: duo.channelId });
}

function broadcastOf(effects: readonly ChannelOutput[]): Tx | undefined {
  const broadcast = effects.find((effect) => effect.kind === 'broadcast');
  return broadcast?.kind === 'broadcast' ? broadcast.tx : undefined;
}

/** The tx that a channel fails with where the signer answers at once. */
function prompt(): Tx | undefined {
  return broadcastOf(forceClose(new Duo().open()));
}

describe('a signature of our commitment that comes later', () => {
  it('is asked for when the failed state is durable, whatever watchers owe; the commitment is broadcast with the answer', () => {
    const duo = new Duo().open();
    const late = makeLate(duo, 'accepter', 'sign_own');
    const effects = forceClose(duo);
    expect(kinds(effects)).toEqual(['error', 'store', 'sign', 'notify']);
    const { version } = failedOf(duo).durability;
    expect(effects[2]).toMatchObject({ duty: { kind: 'sign_own', number: 0n }, after: [{ sink: { kind: 'state' }, version }] });
    const answered = late.answer();
    expect(kinds(answered)).toEqual(['store', 'monitor', 'broadcast']);
    expect(broadcastOf(answered)).toEqual(prompt());
    expect(failedOf(duo).failure).toMatchObject({ stale: false, commitmentToBroadcast: prompt() });
  });

  it('changes nothing when it is answered twice, or of another commitment', () => {
    const duo = new Duo().open();
    const late = makeLate(duo, 'accepter', 'sign_own');
    forceClose(duo);
    const signature = failedOf(duo).fundings[0]?.received.signature as never;
    const before = duo.ends.accepter.state;
    expect(duo.input('accepter', { kind: 'signed', answer: { kind: 'sign_own', number: 1n, signature } })).toEqual([]);
    expect(duo.ends.accepter.state).toEqual(before);
    late.answer();
    const after = duo.ends.accepter.state;
    expect(duo.input('accepter', { kind: 'signed', answer: { kind: 'sign_own', number: 0n, signature } })).toEqual([]);
    expect(duo.ends.accepter.state).toEqual(after);
  });

  it('is of no use where the peer proves that our state is old', () => {
    const duo = new Duo().open();
    const late = makeLate(duo, 'accepter', 'sign_own');
    forceClose(duo);
    duo.input('accepter', { kind: 'disconnected' });
    duo.input('accepter', { kind: 'connected' });
    duo.message('accepter', {
      type: 'channel_reestablish',
      channelId: failedOf(duo).channelId,
      nextCommitmentNumber: 9n,
      nextRevocationNumber: 8n,
      yourLastPerCommitmentSecret: duo.commitmentSecret('accepter', 7n),
      myCurrentPerCommitmentPoint: failedOf(duo).remote.currentPoint,
    });
    expect(failedOf(duo).failure).toMatchObject({ stale: true, commitmentToBroadcast: undefined });
    expect(late.answer()).toEqual([]);
    expect(failedOf(duo).failure).toMatchObject({ stale: true, commitmentToBroadcast: undefined });
  });

  it('is not asked for where our state is old', () => {
    const duo = new Duo().open();
    const late = makeLate(duo, 'accepter', 'sign_own');
    duo.reconnect();
    duo.message('accepter', {
      type: 'channel_reestablish',
      channelId: duo.channelId,
      nextCommitmentNumber: 9n,
      nextRevocationNumber: 8n,
      yourLastPerCommitmentSecret: duo.commitmentSecret('accepter', 7n),
      myCurrentPerCommitmentPoint: duo.funded('accepter').remote.currentPoint,
    });
    expect(failedOf(duo).failure.stale).toBe(true);
    expect(late.asked()).toEqual([]);
  });

  it('waits while a mutual close is preferred, until its owner wants the commitment', () => {
    const duo = new Duo().open();
    const late = makeLate(duo, 'accepter', 'sign_own');
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.exchange();
    duo.input('accepter', { kind: 'peer_error', data: '' as never });
    expect(failedOf(duo).closing.tx).toBeDefined();
    const { channelId } = failedOf(duo);
    expect(kinds(duo.command('accepter', { kind: 'force_close', channelId }))).toEqual(['store']);
    expect(kinds(late.answer())).toEqual(['store', 'monitor', 'broadcast']);
  });

  describe('where the secret was asked for before', () => {
    /** The accepter's signer has been asked to revoke commitment 0 for commitment 1. */
    function revoking() {
      const duo = new Duo().open();
      const late = makeLate(duo, 'accepter');
      add(duo, 'opener', 1);
      duo.exchange();
      expect(late.asked()).toMatchObject([{ kind: 'reveal', number: 0n }]);
      const { txids } = duo.funded('accepter').fundings[0] as NonNullable<FailedState['fundings'][0]>;
      forceClose(duo);
      expect(late.asked()).toMatchObject([{ kind: 'reveal' }, { kind: 'sign_own', number: 0n }]);
      return { duo, late, txids: txids.accepter };
    }

    it('and is revealed, the next commitment is ours for the chain: the secret leaves for nobody', () => {
      const { duo, late, txids } = revoking();
      expect(kinds(late.answer())).toEqual(['store', 'sign']);
      // What it says to the first question comes too late.
      expect(late.answer()).toEqual([]);
      const answered = late.answer();
      expect(kinds(answered)).toEqual(['store', 'monitor', 'broadcast']);
      const tx = broadcastOf(answered) as Tx;
      const { crypto } = duo.ends.accepter.env;
      expect(txidOf(crypto, tx)).toBe(txids.next);
      const theirs = scriptSignature(failedOf(duo).fundings[0]?.received.signature as Signature, SIGHASH_ALL);
      expect(tx.inputs[0]?.witness).toContain(theirs);
      expect(failedOf(duo).fundings[0]?.received.htlcSignatures).toHaveLength(1);
    });

    it('and is not revealed, the current commitment is signed, and a later secret changes nothing', () => {
      const { duo, late, txids } = revoking();
      late.skip();
      const tx = broadcastOf(late.answer()) as Tx;
      expect(txidOf(duo.ends.accepter.env.crypto, tx)).toBe(txids.current);
      const before = duo.ends.accepter.state;
      expect(
        duo.input('accepter', { kind: 'signed', answer: { kind: 'reveal', number: 0n, secret: duo.commitmentSecret('accepter', 0n) } }),
      ).toEqual([]);
      expect(duo.ends.accepter.state).toEqual(before);
    });
  });
});
