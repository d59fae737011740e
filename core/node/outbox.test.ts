import { describe, expect, it } from 'vitest';
import { at, block, input, taken } from '../chain/chain.fixture.ts';
import { emptyView } from '../chain/view.ts';
import { EMPTY_SCRIPT } from '../bitcoin/tx.ts';
import { STATE_SINK } from '../channel/model/channel-vocabulary.ts';
import type { Dependency, ChannelOutput, SendEffect } from '../channel/model/channel-vocabulary.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { FailedState, PendingMonitorUpdate, StoredChannel, Failure } from '../channel/model/state.ts';
import type { ChannelId, PublicKey, Txid } from '../crypto/bytes.ts';
import type { ChannelSlot } from './node-vocabulary.ts';
import { dropHeldSends, dropUnwantedBroadcasts, enqueue, release } from './outbox.ts';

const TOLD = { kind: 'preimage', preimage: '00' as never, settles: [] } as const;

const A = 'aa'.repeat(32) as ChannelId;
const B = 'bb'.repeat(32) as ChannelId;
const peer = '02' as PublicKey;

function state(version: number, channelId: ChannelId = A): Dependency {
  return { sink: STATE_SINK, channelId, version };
}

function watcher(name: string, number: number, channelId: ChannelId = A): Dependency {
  return { quorum: 1, of: [name], channelId, number };
}

/** A message that can be told from others by its number. */
function send(n: number, ...after: readonly Dependency[]): SendEffect {
  return { kind: 'send', peer, channelId: A, message: { type: 'update_fee', channelId: A, feeratePerKw: n }, after };
}

function tell(...after: readonly Dependency[]): ChannelOutput {
  return { kind: 'notify', channelId: A, event: { kind: 'failed', rule: 'channel.force_closed', reason: 'x' }, after };
}

const error: ChannelOutput = { kind: 'send', peer, message: { type: 'error', channelId: A, data: '' } };
const watch: ChannelOutput = { kind: 'watch_tx', txid: A as string as Txid, channelId: A };

function pending(id: number, ...waiting: readonly string[]): PendingMonitorUpdate {
  return { id, update: TOLD, waiting };
}

function slot(
  storedVersion: number,
  outbox: readonly ChannelOutput[] = [],
  pendingMonitor: readonly PendingMonitorUpdate[] = [],
): ChannelSlot {
  return {
    state: { durability: { pendingMonitor } } as unknown as StoredChannel,
    outbox,
    storedVersion,
    current: true,
    watching: undefined,
  };
}

/** What of `effects` leaves channel A, and what stays, given its slot and others. */
function passing(own: ChannelSlot, others: readonly (readonly [ChannelId, ChannelSlot])[] = []) {
  const leaving: ChannelOutput[] = [];
  const after = release(new Map([[A, own], ...others]), own, leaving);
  return { leaving, staying: after.outbox, after };
}

describe('enqueue', () => {
  it('lets go at once of what waits for nothing, in order, and queues the rest behind what is there', () => {
    const leaving: ChannelOutput[] = [watch];
    const before = slot(1, [send(1, state(1))]);
    const after = enqueue(before, [watch, send(2, state(2)), error, tell(state(2))], leaving);
    expect(leaving).toEqual([watch, watch, error]);
    expect(after).toEqual({ ...before, outbox: [send(1, state(1)), send(2, state(2)), tell(state(2))] });
  });

  it('leaves the slot as it is when nothing waits', () => {
    const before = slot(1);
    expect(enqueue(before, [error, watch], [])).toBe(before);
    expect(enqueue(before, [], [])).toBe(before);
  });

  it('takes an effect with an empty list as one that queues', () => {
    expect(enqueue(slot(1), [send(1)], []).outbox).toEqual([send(1)]);
  });

  const tx = { version: 2, locktime: 0, inputs: [], outputs: [] };
  const broadcast = (purpose: 'commitment' | 'closing', of: Tx = tx): ChannelOutput => ({
    kind: 'broadcast',
    tx: of,
    channelId: A,
    purpose,
    after: [state(2)],
  });
  type Wants = Partial<Failure> & { readonly closingTx?: Tx; readonly spent?: boolean };
  const output = { txid: A as string as Txid, vout: 0 };
  const spend: Tx = { ...tx, inputs: [{ ...output, sequence: 0, scriptSig: EMPTY_SCRIPT, witness: [] }] };
  const seen = taken(emptyView(at(1)), input(at(1), at(2), block(at(2), spend)));
  const inState = (own: ChannelSlot, { closingTx, spent, ...failure }: Wants): ChannelSlot => ({
    ...own,
    state: {
      ...own.state,
      phase: 'failed',
      failure,
      closing: { tx: closingTx },
      fundings: [{ output }],
      chain: spent === true ? seen : emptyView(at(1)),
    } as unknown as FailedState,
  });
  const held = send(1, watcher('far', 1));

  it('puts what a failed channel broadcasts ahead of what waits for watchers', () => {
    const failed = inState(slot(1, [held]), { closingTx: tx });
    expect(enqueue(failed, [broadcast('closing')], []).outbox).toEqual([broadcast('closing'), held]);
    expect(enqueue(slot(1, [held]), [broadcast('closing')], []).outbox).toEqual([held, broadcast('closing')]);
  });

  it('holds nothing twice that may be asked for again and again', () => {
    const late: ChannelOutput = { ...error, after: [state(2)] };
    const own = slot(1, [held, broadcast('closing'), late]);
    expect(enqueue(own, [broadcast('closing'), late, late], [])).toEqual(own);
    expect(enqueue(own, [broadcast('closing', { ...tx })], []).outbox).toHaveLength(4);
  });

  it('drops broadcasts of a failed channel that it does not want any more', () => {
    const own = slot(1, [broadcast('commitment'), held]);
    const wants = (more: Wants): number => dropUnwantedBroadcasts(inState(own, more)).outbox.length;
    expect(wants({ commitmentToBroadcast: tx })).toBe(2);
    expect(wants({ commitmentToBroadcast: undefined })).toBe(1);
    expect(wants({ commitmentToBroadcast: tx, closingTx: { ...tx } })).toBe(1);
    expect(wants({ commitmentToBroadcast: tx, spent: true })).toBe(1);
    expect(dropUnwantedBroadcasts(own)).toBe(own);
  });
});

describe('release', () => {
  it('lets a watcher be told as soon as its store is durable, past what waits for watchers, in order, and nothing else', () => {
    const update = (id: number, version: number): ChannelOutput => ({
      kind: 'monitor',
      watcher: 'near',
      channelId: A,
      id,
      update: TOLD,
      after: [state(version)],
    });
    const held = send(1, state(1), watcher('far', 1));
    const queue = [held, update(2, 1), tell(state(1)), update(3, 1), update(4, 2)];
    const { leaving, staying } = passing(slot(1, queue, [pending(1, 'far')]));
    expect(leaving).toEqual([update(2, 1), update(3, 1)]);
    expect(staying).toEqual([held, tell(state(1)), update(4, 2)]);
  });

  it('lets go of what is durable, from the head of the queue', () => {
    const outbox = [send(1, state(2)), send(2, state(3)), send(3, state(2))];
    expect(passing(slot(1, outbox)).leaving).toEqual([]);
    expect(passing(slot(2, outbox))).toMatchObject({ leaving: outbox.slice(0, 1), staying: outbox.slice(1) });
    expect(passing(slot(3, outbox))).toMatchObject({ leaving: outbox, staying: [] });
    expect(passing(slot(9, outbox)).staying).toEqual([]);
    const paused = slot(1, outbox);
    expect(passing(paused).after).toBe(paused);
  });

  it('holds notifications and broadcasts like messages', () => {
    const tx = { version: 2, locktime: 0, inputs: [], outputs: [] };
    const broadcast: ChannelOutput = { kind: 'broadcast', tx, channelId: A, purpose: 'funding', after: [state(2)] };
    const outbox = [tell(state(2)), broadcast];
    expect(passing(slot(1, outbox)).leaving).toEqual([]);
    expect(passing(slot(2, outbox)).leaving).toEqual(outbox);
  });

  it('counts a watcher’s acknowledgements by contiguous prefix', () => {
    const held = [send(1, state(1), watcher('far', 7))];
    const open = (...updates: readonly PendingMonitorUpdate[]) => passing(slot(1, held, updates)).leaving.length === 0;
    expect(open(pending(7, 'far'))).toBe(true);
    // 7 is acknowledged, an earlier one is not.
    expect(open(pending(6, 'far'))).toBe(true);
    expect(open(pending(6, 'near'), pending(7, 'near'), pending(8, 'far'))).toBe(false);
    expect(open(pending(6, 'near', 'far'))).toBe(true);
    expect(open()).toBe(false);
  });

  it('waits for as many watchers as the dependency asks for, and for none of the others', () => {
    const held = [send(1, state(1), { quorum: 2, of: ['a', 'b', 'c'], channelId: A, number: 7 })];
    const open = (...updates: readonly PendingMonitorUpdate[]) => passing(slot(1, held, updates)).leaving.length > 0;
    expect(open(pending(7, 'a', 'b', 'c'))).toBe(false);
    expect(open(pending(7, 'b', 'c'))).toBe(false);
    expect(open(pending(7, 'c'))).toBe(true);
    // Two hold update 7, but one of them not what came before.
    expect(open(pending(6, 'b'), pending(7, 'c'))).toBe(false);
    expect(open(pending(6, 'c'), pending(7, 'c'), pending(8, 'a', 'b', 'c'))).toBe(true);
  });

  it('waits for every dependency', () => {
    const both = [send(1, state(2), watcher('near', 4), watcher('far', 3))];
    expect(passing(slot(2, both, [pending(4, 'near')])).leaving).toEqual([]);
    expect(passing(slot(2, both, [pending(3, 'far')])).leaving).toEqual([]);
    expect(passing(slot(1, both)).leaving).toEqual([]);
    expect(passing(slot(2, both, [pending(4, 'far')])).leaving).toEqual(both);
  });

  it('waits for another channel’s store and watchers, and not for one that is gone', () => {
    const held = [send(1, state(1), state(5, B), watcher('far', 2, B))];
    const own = slot(1, held);
    expect(passing(own, [[B, slot(4)]]).leaving).toEqual([]);
    expect(passing(own, [[B, slot(5, [], [pending(2, 'far')])]]).leaving).toEqual([]);
    expect(passing(own, [[B, slot(5)]]).leaving).toEqual(held);
    expect(passing(own).leaving).toEqual(held);
    // The same numbers of our own channel say nothing of the other.
    expect(passing(slot(5, held), [[B, slot(4)]]).leaving).toEqual([]);
  });
});

describe('dropHeldSends', () => {
  it('forgets held messages and keeps all else', () => {
    const outbox = [send(1, state(1)), tell(state(1)), send(2, state(2))];
    expect(dropHeldSends(slot(0, outbox))).toEqual(slot(0, [tell(state(1))]));
    const none = slot(0, [tell(state(1))]);
    expect(dropHeldSends(none)).toBe(none);
  });
});
