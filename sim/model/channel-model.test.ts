import { describe, expect, it } from 'vitest';
import type { Hash32, Preimage, PublicKey } from '../../core/crypto/bytes.ts';
import { ChannelModel } from './channel-model.ts';
import type { WireUpdate } from './channel-model.ts';

const HASH = '11'.repeat(32) as Hash32;
const POINT = `02${'22'.repeat(32)}` as PublicKey;

function add(id: bigint, amountMsat = 1000n): WireUpdate {
  return { kind: 'add', id, amountMsat, paymentHash: HASH, cltvExpiry: 500 };
}
function fulfill(id: bigint): WireUpdate {
  return { kind: 'fulfill', id, preimage: '33'.repeat(32) as Preimage };
}

function model(): ChannelModel {
  return new ChannelModel('opener', { opener: 10_000n, accepter: 5_000n }, 1000, new Map([[0n, POINT]]));
}

/** Our update, signed, revoked, signed back, revoked: through all five states. */
function commitOurs(m: ChannelModel, update: WireUpdate): void {
  expect(m.update('us', update)).toBeUndefined();
  expect(m.sentCommitmentSigned()).toBeUndefined();
  m.receivedRevokeAndAck(POINT);
  m.receivedCommitmentSigned();
  m.sentRevokeAndAck();
}

describe('the five states of an update (BOLT 2, Normal Operation)', () => {
  it('puts ours into the peer’s commitment when we sign, and into ours when the peer does', () => {
    const m = model();
    m.update('us', add(0n));
    expect(m.peerContents().htlcs).toEqual([]);
    m.sentCommitmentSigned();
    expect(m.peerContents().htlcs.length).toBe(1);
    expect(m.peerContents().balanceMsat).toEqual({ opener: 9_000n, accepter: 5_000n });
    expect(m.ourContents().htlcs).toEqual([]);
    m.receivedRevokeAndAck(POINT);
    expect(m.ourContents().htlcs).toEqual([]);
    m.receivedCommitmentSigned();
    expect(m.ourContents().htlcs.length).toBe(1);
  });

  it('signs for the peer’s updates only once we have revoked for them', () => {
    const m = model();
    m.update('peer', add(0n));
    m.receivedCommitmentSigned();
    expect(m.ourContents().htlcs.length).toBe(1);
    expect(m.sentCommitmentSigned()).toBe('before-its-revoke_and_ack');
    expect(m.peerContents().htlcs).toEqual([]);
    m.sentRevokeAndAck();
    expect(m.pendingOnPeer).toBe(true);
    expect(m.sentCommitmentSigned()).toBeUndefined();
    expect(m.peerContents().htlcs.length).toBe(1);
    expect(m.pendingOnPeer).toBe(false);
  });

  it('lets an HTLC be removed once, and only when both have irrevocably committed it', () => {
    const m = model();
    m.update('peer', add(0n));
    expect(m.update('us', fulfill(0n))).toBe('removal-before-irrevocable');
    m.receivedCommitmentSigned();
    m.sentRevokeAndAck();
    m.sentCommitmentSigned();
    expect(m.update('us', fulfill(0n))).toBe('removal-before-irrevocable');
    m.receivedRevokeAndAck(POINT);
    expect(m.update('us', fulfill(1n))).toBe('removal-of-an-unknown-htlc');
    expect(m.update('us', fulfill(0n))).toBeUndefined();
    expect(m.update('us', fulfill(0n))).toBe('htlc-removed-twice');
    m.sentCommitmentSigned();
    expect(m.peerContents()).toEqual({ balanceMsat: { opener: 11_000n, accepter: 4_000n }, htlcs: [], feeratePerKw: 1000 });
  });

  it('folds what is over and keeps counting', () => {
    const m = model();
    commitOurs(m, add(0n));
    m.update('peer', fulfill(0n));
    m.receivedCommitmentSigned();
    m.sentRevokeAndAck();
    m.sentCommitmentSigned();
    m.receivedRevokeAndAck(POINT);
    commitOurs(m, { kind: 'fee', feeratePerKw: 2000 });
    commitOurs(m, add(1n, 500n));
    const { balanceMsat, htlcs, feeratePerKw } = m.ourContents();
    expect([balanceMsat, htlcs.map(({ id }) => id), feeratePerKw]).toEqual([{ opener: 8_500n, accepter: 6_000n }, [1n], 2000]);
    expect(m.update('us', add(1n))).toBe('ids-increase-by-1');
    expect(m.update('peer', { kind: 'fee', feeratePerKw: 1 })).toBe('update_fee-of-the-accepter');
  });
});

describe('reestablishment', () => {
  it('takes back a commitment_signed that was lost, with its updates', () => {
    const m = model();
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    m.disconnected();
    expect(m.sentReestablish(1n, 0n)).toBeUndefined();
    expect(m.receivedReestablish(1n, 0n)).toBeUndefined();
    expect(m.peerNumber).toBe(0n);
    expect(m.update('us', add(0n))).toBeUndefined();
    expect(m.sentCommitmentSigned()).toBeUndefined();
    expect(m.peerContents().htlcs.length).toBe(1);
  });

  it('keeps one that arrived, and drops what nobody signed for', () => {
    const m = model();
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    m.update('us', add(1n));
    m.update('peer', add(0n));
    m.disconnected();
    expect(m.receivedReestablish(2n, 0n)).toBeUndefined();
    expect(m.peerContents().htlcs.map(({ id }) => id)).toEqual([0n]);
    expect(m.update('us', add(1n))).toBeUndefined();
    expect(m.update('peer', add(0n))).toBeUndefined();
  });

  it('knows that a signature before a lost revocation does not contain what the revocation acknowledged', () => {
    const m = model();
    m.update('peer', add(0n));
    m.receivedCommitmentSigned();
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    m.sentRevokeAndAck();
    m.disconnected();
    expect(m.receivedReestablish(1n, 0n)).toBeUndefined();
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    expect(m.peerContents().htlcs.map(({ offerer }) => offerer)).toEqual(['opener']);
    m.sentRevokeAndAck();
    expect(m.sentCommitmentSigned()).toBeUndefined();
    expect(m.peerContents().htlcs.length).toBe(2);
  });

  it('tells what a signature over nothing of ours came too early for', () => {
    const m = model();
    expect(m.sentCommitmentSigned()).toBe('without-any-update');
    m.update('peer', add(0n));
    expect([m.sentCommitmentSigned(), m.waiting(1)]).toEqual(['updates-not-yet-signed', 1]);
    m.receivedCommitmentSigned();
    expect([m.sentCommitmentSigned(), m.waiting(2)]).toEqual(['before-its-revoke_and_ack', 1]);
    const again = model();
    again.update('peer', add(0n));
    again.receivedCommitmentSigned();
    again.sentRevokeAndAck();
    again.sentCommitmentSigned();
    again.disconnected();
    expect(again.receivedReestablish(1n, 0n)).toBeUndefined();
    expect(again.sentCommitmentSigned()).toBe('again-before-its-revoke_and_ack');
  });

  it('takes back what a crash made this node forget', () => {
    const m = model();
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    m.receivedRevokeAndAck(POINT);
    m.update('peer', add(0n));
    m.receivedCommitmentSigned();
    m.disconnected();
    expect(m.sentReestablish(1n, 0n)).toBeUndefined();
    m.receivedRevokeAndAck(POINT);
    m.update('peer', add(0n));
    m.receivedCommitmentSigned();
    expect(m.ourContents().htlcs.length).toBe(2);
  });

  it('refuses numbers that no loss explains', () => {
    const m = model();
    expect(m.receivedReestablish(3n, 0n)).toBe('reestablish-numbers-of-signatures-sent');
    expect(m.sentReestablish(1n, 1n)).toBe('reestablish-numbers-of-revocations-received');
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    m.receivedRevokeAndAck(POINT);
    expect(m.receivedReestablish(1n, 0n)).toBe('reestablish-takes-back-signatures-sent');
  });

  it('lets an old add come again before the shutdown, and no new one ever', () => {
    const m = model();
    m.update('us', add(0n));
    m.shutdown = 'in this connection';
    expect(m.update('us', add(1n))).toBe('no-add-after-shutdown');
    m.disconnected();
    expect(m.update('us', add(0n))).toBeUndefined();
    const late = model();
    late.shutdown = 'before';
    expect(late.update('us', add(0n))).toBe('no-add-after-shutdown');
  });

  it('forks into an independent copy, moves included', () => {
    const m = model();
    m.update('us', add(0n));
    m.sentCommitmentSigned();
    const copy = m.fork();
    m.receivedRevokeAndAck(POINT);
    expect(copy.receivedReestablish(1n, 0n)).toBeUndefined();
    expect(copy.peerContents().htlcs).toEqual([]);
    expect(m.peerContents().htlcs.length).toBe(1);
  });
});
