import { describe, expect, it } from 'vitest';
import { bytes32, Duo } from '../duo.fixture.ts';
import { addEvent, notifyEvents, after, become, finish, monitor, monitorReplay, notify, persist, send, start } from './transition.ts';
import type { MonitorUpdate } from '../../knowledge/updates.ts';
import { STATE_SINK } from '../model/channel-vocabulary.ts';
import type { ChannelEvent, FundedState, PendingMonitorUpdate } from '../model/state.ts';
import { ownPayment } from '../model/origin.ts';

const duo = new Duo().open();
const quiet: FundedState = {
  ...duo.funded('opener'),
  durability: { version: 7, nextMonitorId: 20, pendingMonitor: [] },
  host: { offered: [], received: [], nextEventId: 3, events: [], toldClose: undefined },
};
const waitingFor = (...pendingMonitor: readonly PendingMonitorUpdate[]): FundedState => ({
  ...quiet,
  durability: { ...quiet.durability, pendingMonitor },
});
const { channelId } = quiet;
const { env } = duo.ends.opener;
const update: MonitorUpdate = { kind: 'preimage', preimage: bytes32(3), settles: [] };

function pending(id: number, ...waiting: readonly string[]): PendingMonitorUpdate {
  return { id, update, waiting };
}

function event(paymentId: string): ChannelEvent {
  return { kind: 'payment_failed', origin: ownPayment(paymentId), paymentHash: bytes32(1) };
}

describe('what an effect waits for', () => {
  it('are the newest store, and the newest update at as many watchers as the configuration asks for', () => {
    const watched = (watcherQuorum: number) => ({ ...env, config: { ...env.config, watchers: ['near', 'far'], watcherQuorum } });
    expect(after(start(env, quiet))).toEqual([{ sink: { kind: 'state' }, channelId, version: 7 }]);
    const state = waitingFor(pending(11, 'near', 'far'), pending(12, 'near'), pending(15, 'near'), pending(16, 'far'));
    for (const [asked, quorum] of [
      [1, 1],
      [2, 2],
      [99, 2],
    ] as const) {
      expect(after(start(watched(asked), state))).toEqual([
        { sink: { kind: 'state' }, channelId, version: 7 },
        { quorum, of: ['near', 'far'], channelId, number: 16 },
      ]);
    }
  });
});

describe('persist', () => {
  it('stores the state under the next version, which later effects wait for', () => {
    const out = start(env, quiet);
    persist(out);
    expect(out.state).toEqual({ ...quiet, durability: { ...quiet.durability, version: 8 } });
    send(out, { type: 'update_fee', channelId, feeratePerKw: 300 });
    notify(out, { kind: 'failed', rule: 'channel.given_up', reason: 'x' });
    const wait = [{ sink: { kind: 'state' }, channelId, version: 8 }];
    const { state, effects } = finish(out);
    expect(effects).toEqual([
      { kind: 'store', channelId, version: 8, state, records: [] },
      { kind: 'send', peer: quiet.params.peer, message: { type: 'update_fee', channelId, feeratePerKw: 300 }, channelId, after: wait },
      { kind: 'notify', channelId, event: { kind: 'failed', rule: 'channel.given_up', reason: 'x' }, after: wait },
    ]);
  });

  it('is done once a step: the state as it is at the end is stored first, and everything since waits for all of it', () => {
    const out = start({ ...env, config: { ...env.config, watchers: ['near'] } }, quiet);
    const message = { type: 'update_fee', channelId, feeratePerKw: 300 } as const;
    send(out, message);
    persist(out);
    send(out, message);
    monitor(out, update);
    addEvent(out, event('aa'));
    persist(out);
    send(out, message);
    const { effects } = finish(out);
    expect(effects.map(({ kind }) => kind)).toEqual(['send', 'store', 'send', 'monitor', 'send']);
    expect(effects[1]).toMatchObject({ version: 8, state: { durability: { version: 8 }, host: { events: [{ id: 3 }] } } });
    const wait = [
      { sink: { kind: 'state' }, channelId, version: 8 },
      { quorum: 1, of: ['near'], channelId, number: 20 },
    ];
    expect(effects.filter(({ kind }) => kind === 'send')).toMatchObject([{ after: [{ version: 7 }] }, { after: wait }, { after: wait }]);
  });
});

describe('monitor', () => {
  it('tells every watcher under one id, and remembers until each has it', () => {
    const out = start({ ...env, config: { ...env.config, watchers: ['near', 'far'] } }, quiet);
    monitor(out, update);
    monitor(out, { kind: 'preimage', preimage: bytes32(2), settles: [] });
    expect(out.state.durability.nextMonitorId).toBe(22);
    expect(out.state.durability.pendingMonitor.map(({ id, waiting }) => [id, waiting])).toEqual([
      [20, ['near', 'far']],
      [21, ['near', 'far']],
    ]);
    const stored = [{ sink: STATE_SINK, channelId, version: 8 }];
    expect(out.effects.slice(0, 2)).toEqual([
      { kind: 'monitor', watcher: 'near', channelId, id: 20, update, after: stored },
      { kind: 'monitor', watcher: 'far', channelId, id: 20, update, after: stored },
    ]);
    expect(out.effects).toHaveLength(4);
  });

  it('stands in the store alone where nobody else watches', () => {
    const out = start({ ...env, config: { ...env.config, watchers: [] } }, quiet);
    monitor(out, update);
    const { state, effects } = finish(out);
    expect(state).toEqual({ ...quiet, durability: { ...quiet.durability, version: 8, nextMonitorId: 21 } });
    expect(effects).toEqual([{ kind: 'store', channelId, version: 8, state, records: [update] }]);
  });

  it('is repeated to those who have not acknowledged it', () => {
    const out = start(env, waitingFor(pending(11, 'far'), pending(12, 'near', 'far')));
    monitorReplay(out);
    expect(out.effects).toEqual(
      [
        ['far', 11],
        ['near', 12],
        ['far', 12],
      ].map(([watcher, id]) => ({ kind: 'monitor', watcher, channelId, id, update, after: [{ sink: STATE_SINK, channelId, version: 7 }] })),
    );
  });
});

describe('events', () => {
  it('count up, are kept, and are told from an id on', () => {
    const out = start(env, quiet);
    for (const paymentId of ['0a', '0b', '0c']) addEvent(out, event(paymentId));
    expect(out.state.host.nextEventId).toBe(6);
    expect(out.state.host.events).toEqual([3, 4, 5].map((id, i) => ({ id, event: event(['0a', '0b', '0c'][i] as string) })));
    expect(out.effects).toEqual([]);
    notifyEvents(out, 4);
    const wait = [{ sink: { kind: 'state' }, channelId, version: 7 }];
    expect(out.effects).toEqual([
      { kind: 'htlc_resolved', channelId, eventId: 4, resolution: event('0b'), after: wait },
      { kind: 'htlc_resolved', channelId, eventId: 5, resolution: event('0c'), after: wait },
    ]);
  });
});

describe('become', () => {
  it('goes on with the same effects in another phase', () => {
    const out = start(env, quiet);
    persist(out);
    const forgotten = become(out, { phase: 'forgotten', rule: 'channel.given_up', reason: 'gone' });
    expect(forgotten.state).toEqual({ phase: 'forgotten', rule: 'channel.given_up', reason: 'gone' });
    expect(forgotten.effects).toBe(out.effects);
  });
});
