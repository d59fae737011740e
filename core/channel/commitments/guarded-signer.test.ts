import { describe, expect, it } from 'vitest';
import type { Hash32 } from '../../crypto/bytes.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { Duo, kinds, sent } from '../duo.fixture.ts';
import { add } from '../updates.fixture.ts';
import { contents } from '../model/contents.ts';
import type { CommitmentSignatures, FailedState, Funding, StoredChannel } from '../model/state.ts';
import { decodeChannel, encodeChannel } from '../model/stored-form.ts';
import { buildCommitments } from './build.ts';
import { guardedSigner } from './guarded-signer.ts';
import type { GuardMemory, GuardRecord } from './guarded-signer.ts';

class Memory implements GuardMemory {
  readonly records = new Map<Hash32, GuardRecord>();
  recall(keysId: Hash32): GuardRecord | undefined {
    return this.records.get(keysId);
  }
  record(keysId: Hash32, record: GuardRecord): void {
    this.records.set(keysId, record);
  }
}

/** An open channel whose accepter's signer is guarded: its device, and the bytes that its host has stored. */
function guarded() {
  const duo = new Duo();
  const end = duo.ends.accepter;
  const memory = new Memory();
  const plain = end.env.signer;
  end.env = { ...end.env, signer: guardedSigner(plain, memory) };
  duo.open();
  const { keysId } = duo.funded('accepter').params;
  return {
    duo,
    memory,
    keysId,
    backup: (): Uint8Array => encodeChannel(end.state as StoredChannel),
    /** The host starts with an older state, the device with what it remembers. */
    restart(backup: Uint8Array): void {
      const decoded = decodeChannel(backup);
      if (!decoded.ok) throw new Error('not stored');
      end.state = decoded.value;
      end.env = { ...end.env, signer: guardedSigner(plain, memory) };
      end.outgoing.length = 0;
      duo.input('accepter', { kind: 'disconnected' });
    },
    forceClose: () => duo.command('accepter', { kind: 'force_close', channelId: duo.channelId }),
  };
}

/** A commitment of the accepter's with the opener's signatures. */
function successorOf({ ends: { accepter } }: Duo): readonly [BuiltCommitment, CommitmentSignatures] {
  const { env } = accepter;
  const { params, shared, fundings } = accepter.state as StoredChannel;
  const { number, cut } = shared.commitments.accepter.current;
  const point = env.signer.perCommitmentPoint(params.keysId, number);
  const [{ output, received }] = fundings as readonly [Funding];
  const [built] = buildCommitments(env, params, [output], 'accepter', number, point, contents(shared, cut));
  return [built as BuiltCommitment, received];
}

describe('a guarded signer', () => {
  it('changes nothing for a host that forgets nothing', () => {
    const { duo, memory, keysId, forceClose } = guarded();
    add(duo, 'opener', 1);
    duo.exchange();
    expect(memory.recall(keysId)).toEqual({ revealed: 0n, signed: undefined });
    expect(kinds(forceClose())).toContain('broadcast');
    expect(memory.recall(keysId)).toEqual({ revealed: 0n, signed: 1n });
  });

  it('signs no revoked commitment for the chain, whatever its host was restored from', () => {
    const { duo, memory, keysId, backup, restart, forceClose } = guarded();
    const old = backup();
    add(duo, 'opener', 1);
    duo.exchange();
    restart(old);
    expect(kinds(forceClose())).not.toContain('broadcast');
    expect((duo.ends.accepter.state as FailedState).failure.commitmentToBroadcast).toBeUndefined();
    expect(memory.recall(keysId)).toEqual({ revealed: 0n, signed: undefined });
  });

  it('reveals no secret of a commitment that it signed for the chain, nor a later one', () => {
    const { duo, keysId, backup, restart, forceClose } = guarded();
    const before = backup();
    forceClose();
    restart(before);
    duo.reconnect();
    duo.exchange();
    add(duo, 'opener', 1);
    duo.deliver('opener');
    const commitment = duo.ends.opener.outgoing[0];
    if (commitment?.type !== 'commitment_signed') throw new Error('nothing was signed');
    expect(kinds(duo.message('accepter', commitment))).toEqual(['store', 'monitor', 'sign']);
    // It goes on with what it has, and acknowledges nothing.
    expect(duo.funded('accepter').shared.commitments.accepter).toMatchObject({ current: { number: 0n }, next: { number: 1n } });
    expect(kinds(add(duo, 'accepter', 2))).toEqual(['update_add_htlc', 'added']);
    duo.reconnect();
    expect(duo.exchange()).not.toContain('accepter revoke_and_ack');
    const { signer } = duo.ends.accepter.env;
    const [successor, signatures] = successorOf(duo);
    const revealed = [0n, 1n, 5n].map((number) => signer.revealSecret(keysId, number, successor, signatures));
    expect(revealed).toEqual([undefined, undefined, undefined]);
  });

  it('still reveals what is older than what it signed, and tells a secret that it is shown', () => {
    const { duo, keysId, forceClose } = guarded();
    add(duo, 'opener', 1);
    duo.deliver('opener');
    const commitment = duo.ends.opener.outgoing.shift();
    if (commitment === undefined) throw new Error('nothing was signed');
    const { perCommitmentSecret } = sent(duo.message('accepter', commitment), 'revoke_and_ack');
    forceClose();
    const { signer } = duo.ends.accepter.env;
    expect(signer.revealSecret(keysId, 0n, ...successorOf(duo))).toBe(perCommitmentSecret);
    expect(signer.isSecret(keysId, 0n, perCommitmentSecret)).toBe(true);
    expect(signer.isSecret(keysId, 1n, perCommitmentSecret)).toBe(false);
  });

  it('goes by the point of a commitment, not by the number that a host gives it', () => {
    const { duo, keysId } = guarded();
    const { params, shared, fundings } = duo.funded('accepter');
    const { env } = duo.ends.accepter;
    const point = env.signer.perCommitmentPoint(keysId, 0n);
    const all = contents(shared, shared.commitments.accepter.current.cut);
    const outputs = fundings.map(({ output }) => output);
    const [mislabelled] = buildCommitments(env, params, outputs, 'accepter', 7n, point, all);
    expect(env.signer.signOwnCommitment(keysId, mislabelled as NonNullable<typeof mislabelled>)).toBeUndefined();
  });
});
