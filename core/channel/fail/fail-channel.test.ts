import { wantedOf } from './broadcast.ts';
import { describe, expect, it } from 'vitest';
import { serialiseTx, txid } from '../../bitcoin/tx.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import { fromHex } from '../../crypto/bytes.ts';
import type { Script, Txid } from '../../crypto/bytes.ts';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import { encodeMessage } from '../../wire/messages/index.ts';
import { bytes32, complaint, Duo, kinds, NODE_ID, sent } from '../duo.fixture.ts';
import { errorData } from './fail-channel.ts';
import type { ChannelInput, ChannelOutput } from '../model/channel-vocabulary.ts';
import type { FailedState } from '../model/state.ts';
import { add, events, expectRefused, fail, refusalOf } from '../updates.fixture.ts';
import { onlyFunding } from '../model/fundings.ts';

function forceClose(duo: Duo, side: Side): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'force_close', channelId: duo.channelId });
}

function failed(duo: Duo, side: Side): FailedState {
  const { state } = duo.ends[side];
  if (state.phase !== 'failed') throw new Error(state.phase);
  return state;
}

describe('errorData', () => {
  it('is printable ASCII', () => {
    expect(errorData('a Z~ ')).toBe('61205a7e20');
    expect(errorData('\u001f\u007fé€\n')).toBe('3f3f3f3f3f');
  });

  it('has the transaction that an invalid signature was for, where a message has room for it', () => {
    const input = { txid: bytes32<Txid>(9), vout: 1, sequence: 2, scriptSig: '' as Script, witness: [] };
    const tx = (outputs: number): Tx => ({
      version: 2,
      locktime: 0,
      inputs: [input],
      outputs: Array.from({ length: outputs }, () => ({ amountSat: 1n, script: '51' as Script })),
    });
    const text = (data: string): string => String.fromCharCode(...fromHex(data));
    expect(text(errorData('signature', tx(1)))).toBe(`signature: ${serialiseTx(tx(1))}`);
    // 10 bytes an output, two characters each.
    expect(text(errorData('signature', tx(3200)))).toBe(`signature: ${serialiseTx(tx(3200))}`);
    expect(text(errorData('signature', tx(3300)))).toBe('signature');
    const largest = errorData('signature', tx(3268));
    expect(largest.length).toBeGreaterThan(2 * 65_400);
    expect(encodeMessage({ type: 'error', channelId: bytes32(1), data: largest }).length).toBeLessThanOrEqual(65_535);
  });

  it('is as long as a message can carry, and no longer', () => {
    const input = { txid: bytes32<Txid>(9), vout: 1, sequence: 2, scriptSig: '' as Script, witness: [] };
    const outputs = Array.from({ length: 3240 }, () => ({ amountSat: 1n, script: '51' as Script }));
    const tx: Tx = { version: 2, locktime: 0, inputs: [input], outputs };
    const left = 65_535 - 2 - 32 - 2 - ': '.length - serialiseTx(tx).length;
    expect(errorData('x'.repeat(left), tx).length).toBe(2 * 65_499);
    expect(errorData('x'.repeat(left + 1), tx).length).toBe(2 * (left + 1));
  });

  it('is short, whatever a peer had us quote', () => {
    expect(errorData('x'.repeat(1000))).toBe('78'.repeat(1000));
    expect(errorData('x'.repeat(100_000))).toHaveLength(2000);
  });
});

describe('a channel that fails', () => {
  it('tells the peer, held by no store, and broadcasts once it is durable that the channel has failed', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    const before = duo.funded('opener');
    const effects = forceClose(duo, 'opener');
    expect(kinds(effects)).toEqual(['error', 'store', 'monitor', 'broadcast', 'notify']);
    const [error, store, final, broadcast, notified] = effects;
    expect(error).toEqual({
      kind: 'send',
      peer: NODE_ID.accepter,
      message: { type: 'error', channelId: before.channelId, data: errorData('channel.force_closed: closed by its owner') },
    });
    const state = failed(duo, 'opener');
    expect(final).toMatchObject({
      update: { kind: 'final', number: 1n, tx: state.failure.commitmentToBroadcast },
      after: [{ sink: { kind: 'state' }, version: before.durability.version + 1 }],
    });
    expect(broadcast).toEqual({
      kind: 'broadcast',
      tx: state.failure.commitmentToBroadcast,
      channelId: before.channelId,
      purpose: 'commitment',
      after: [{ sink: { kind: 'state' }, channelId: before.channelId, version: before.durability.version + 1 }],
    });
    expect(store).toMatchObject({ version: before.durability.version + 1 });
    expect(store?.kind === 'store' ? store.state : undefined).toBe(state);
    expect(notified).toMatchObject({
      event: { kind: 'failed', reason: 'closed by its owner' },
      after: [{ sink: { kind: 'state' }, version: before.durability.version + 1 }, {}],
    });
    expect(state).toMatchObject({
      phase: 'failed',
      failure: { reason: 'closed by its owner', error: errorData('channel.force_closed: closed by its owner') },
    });
    // Everything that enforcing it needs is kept.
    const { durability, ...kept } = state;
    const { version, nextMonitorId: id, pendingMonitor } = before.durability;
    const told = { id, update: expect.objectContaining({ kind: 'final' }) as unknown, waiting: ['monitor'] };
    expect(durability).toEqual({ version: version + 1, nextMonitorId: id + 1, pendingMonitor: [...pendingMonitor, told] });
    const { durability: _w, lifecycle: _l, phase: _p, announcement: _a, closing, ...fields } = before;
    expect(kept).toMatchObject({ ...fields, closing: { sent: closing.sent, received: closing.received } });
  });

  it.each(['opener', 'accepter'] as const)('broadcasts the %s’s current commitment with both signatures', (side) => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    fail(duo, 'accepter', 0n);
    for (let i = 0; i < 2; i++) duo.deliver('accepter');
    // The opener has taken a signature that the accepter does not yet know to be taken.
    const { output, txids, received } = onlyFunding(duo.funded(side));
    forceClose(duo, side);
    const tx = failed(duo, side).failure.commitmentToBroadcast;
    if (tx === undefined) throw new Error('nothing to broadcast');
    const { crypto } = duo.ends[side].env;
    expect(txid(crypto, tx)).toBe(txids[side].current);
    const [empty, first, second, script] = tx.inputs[0]?.witness ?? [];
    expect(empty).toBe('');
    expect(script).toMatch(/^5221/);
    // DER signatures hold r and s of the peer's compact one; which comes first is the order of the keys in the script.
    const peerFirst = output.fundingPubkeys[other(side)] < output.fundingPubkeys[side];
    const peers = received.signature;
    const s = peers.slice(64).replace(/^(00)+/, '');
    expect(peerFirst ? first : second).toContain(s);
    expect(peerFirst ? second : first).not.toContain(s);
    expect(script?.slice(4, 70)).toBe(peerFirst ? output.fundingPubkeys[other(side)] : output.fundingPubkeys[side]);
  });

  it('says nothing to a peer that is away, until it is back', () => {
    const duo = new Duo().open();
    duo.input('opener', { kind: 'disconnected' });
    expect(kinds(forceClose(duo, 'opener'))).toEqual(['store', 'monitor', 'broadcast', 'notify']);
    const effects = duo.input('opener', { kind: 'connected' });
    // BOLT 2 allows it: a peer that has lost data sees the proof before it acts on the error.
    expect(kinds(effects)).toEqual(['channel_reestablish', 'error']);
    expect(complaint(effects)).toBe('error channel.force_closed: closed by its owner');
    const [first, second] = effects;
    expect(first).toMatchObject({ after: [{ sink: { kind: 'state' }, version: failed(duo, 'opener').durability.version }, {}] });
    expect(second).toMatchObject({ after: (first as { after: unknown }).after });
  });

  it('lets no error overtake its channel_reestablish', () => {
    const duo = new Duo().open();
    duo.input('opener', { kind: 'disconnected' });
    duo.input('opener', { kind: 'connected' });
    const effects = forceClose(duo, 'opener');
    expect(kinds(effects)).toEqual(['error', 'store', 'monitor', 'broadcast', 'notify']);
    expect(effects[0]).toHaveProperty('after');
  });

  it('broadcasts nothing again once the peer has proved that its state is old', () => {
    const duo = new Duo().open();
    const old = duo.ends.opener.state;
    add(duo, 'opener', 1);
    duo.exchange();
    const { opener } = duo.ends;
    opener.state = old;
    duo.reconnect();
    const proof = sent(duo.ends.accepter.log.slice(-1), 'channel_reestablish');
    opener.state = old;
    duo.input('opener', { kind: 'connected' });
    duo.input('opener', { kind: 'peer_error', data: '' });
    expect(failed(duo, 'opener').failure.commitmentToBroadcast).toBeDefined();
    const effects = duo.message('opener', proof);
    expect(kinds(effects)).toEqual(['store', 'error']);
    expect(failed(duo, 'opener').failure.commitmentToBroadcast).toBeUndefined();
    expect(kinds(duo.message('opener', proof))).toEqual(['error']);
  });

  it('repeats its error at every reconnection and to each channel_reestablish, and ignores all else', () => {
    const duo = new Duo().open();
    const other = new Duo().open();
    forceClose(duo, 'opener');
    const state = failed(duo, 'opener');
    for (let i = 0; i < 2; i++) {
      duo.input('opener', { kind: 'disconnected' });
      expect(complaint(duo.input('opener', { kind: 'connected' }))).toBe('error channel.force_closed: closed by its owner');
    }
    other.reconnect();
    const reestablish = other.ends.accepter.outgoing[0];
    if (reestablish?.type !== 'channel_reestablish') throw new Error('nothing was sent');
    expect(duo.message('opener', reestablish)).toMatchObject([
      { kind: 'send', peer: NODE_ID.accepter, message: { type: 'error', channelId: state.channelId, data: state.failure.error } },
    ]);
    const ignored: readonly ChannelInput[] = [
      { kind: 'message', message: { type: 'update_fee', channelId: state.channelId, feeratePerKw: 2500 } },
      { kind: 'peer_error', data: '' },
      { kind: 'disconnected' },
    ];
    for (const input of ignored) expect(duo.input('opener', input)).toEqual([]);
    expect(failed(duo, 'opener')).toBe(state);
    for (const [kind, rule] of [
      ['commit', 'channel.over'],
      ['force_close', 'force_close.failed_already'],
    ] as const) {
      expectRefused(duo, 'opener', { kind, channelId: state.channelId }, rule);
    }
  });

  it('by the peer’s error owes it none, except to a peer that goes on', () => {
    const duo = new Duo().open();
    const { channelId } = duo;
    const effects = duo.input('opener', { kind: 'peer_error', data: '00' });
    expect(kinds(effects)).toEqual(['store', 'monitor', 'broadcast', 'notify']);
    expect(events(effects)).toEqual([{ kind: 'failed', rule: 'channel.error_received', reason: 'the peer sent an error' }]);
    expect(failed(duo, 'opener').failure.error).toBeUndefined();
    expect(kinds(duo.input('opener', { kind: 'connected' }))).toEqual(['channel_reestablish']);
    const message = {
      type: 'channel_reestablish',
      channelId,
      nextCommitmentNumber: 1n,
      nextRevocationNumber: 0n,
      yourLastPerCommitmentSecret: bytes32(0),
      myCurrentPerCommitmentPoint: NODE_ID.opener,
    } as const;
    expect(complaint(duo.message('opener', message as never))).toBe('error channel.error_received: the peer sent an error');
  });

  it('goes on with what outlives it: events and watchers', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    forceClose(duo, 'opener');
    const state = failed(duo, 'opener');
    const [pending] = state.durability.pendingMonitor;
    if (pending === undefined) throw new Error('the watcher has everything');
    duo.input('opener', { kind: 'monitor_stored', watcher: 'monitor', id: pending.id });
    expect(failed(duo, 'opener').durability.pendingMonitor).toEqual(state.durability.pendingMonitor.slice(1));
    expect(state.host.events.map(({ id }) => id)).toEqual([1]);
    expect(refusalOf(duo.command('opener', { kind: 'acknowledge', channelId: state.channelId, eventId: 1 }))).toBeUndefined();
    expect(failed(duo, 'opener').host.events).toEqual([]);
  });
});

describe('a commitment in the chain', () => {
  it('fails the channel without an error and without a broadcast of ours, whoever broadcast it', () => {
    const duo = new Duo().open();
    forceClose(duo, 'opener');
    const tx = failed(duo, 'opener').failure.commitmentToBroadcast;
    if (tx === undefined) throw new Error('nothing to broadcast');
    const effects = duo.see('accepter', 110, [tx]);
    expect(kinds(effects)).toEqual(['store', 'monitor', 'notify']);
    const state = failed(duo, 'accepter');
    expect(state.failure.error).toBeUndefined();
    // Ours is wanted again when the chain takes that one back.
    expect(state.failure.commitmentToBroadcast).toBeDefined();
    expect(wantedOf(state)).toBeUndefined();
  });

  it('that we don’t know shows that we have lost data: ours is never broadcast', () => {
    const duo = new Duo().open();
    forceClose(duo, 'opener');
    const tx = failed(duo, 'opener').failure.commitmentToBroadcast as Tx;
    const other = { ...tx, outputs: tx.outputs.slice(1) };
    expect(kinds(duo.see('accepter', 110, [other]))).toEqual(['store', 'notify']);
    expect(failed(duo, 'accepter').failure.commitmentToBroadcast).toBeUndefined();
  });
});
