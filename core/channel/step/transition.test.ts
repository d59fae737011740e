import { describe, expect, it } from 'vitest';
import { bytes32, Duo } from '../duo.fixture.ts';
import { addEvent, announceEvents, become, dependencies, monitor, monitorReplay, notify, persist, send, start } from './transition.ts';
import type { ChannelEvent, FundedState, MonitorUpdate, PendingMonitorUpdate } from '../model/state.ts';

const duo = new Duo().open();
const quiet: FundedState = { ...duo.funded('opener'), version: 7, nextMonitorId: 20, pendingMonitor: [], nextEventId: 3, events: [] };
const { channelId } = quiet;
const { env } = duo.ends.opener;
const update: MonitorUpdate = { kind: 'closed' };

function pending(id: number, ...waiting: readonly string[]): PendingMonitorUpdate {
  return { id, update, waiting };
}

function event(reference: string): ChannelEvent {
  return { kind: 'payment_failed', reference, paymentHash: bytes32(1) };
}

describe('dependencies', () => {
  it('are the newest store, and for each watcher the newest update that it has not acknowledged', () => {
    expect(dependencies(quiet)).toEqual([{ sink: 'state', channelId, version: 7 }]);
    const state = { ...quiet, pendingMonitor: [pending(11, 'near', 'far'), pending(12, 'near'), pending(15, 'near'), pending(16, 'far')] };
    expect(dependencies(state)).toEqual([
      { sink: 'state', channelId, version: 7 },
      { sink: 'far', channelId, version: 16 },
      { sink: 'near', channelId, version: 15 },
    ]);
  });
});

describe('persist', () => {
  it('stores the state under the next version, which later effects wait for', () => {
    const out = start(env, quiet);
    persist(out);
    expect(out.state).toEqual({ ...quiet, version: 8 });
    expect(out.effects).toEqual([{ kind: 'store', channelId, version: 8, state: out.state }]);
    send(out, { type: 'update_fee', channelId, feeratePerKw: 300 });
    notify(out, { kind: 'forgotten', reason: 'x' });
    const after = [{ sink: 'state', channelId, version: 8 }];
    expect(out.effects.slice(1)).toEqual([
      { kind: 'send', peer: quiet.params.peer, message: { type: 'update_fee', channelId, feeratePerKw: 300 }, channelId, after },
      { kind: 'notify', channelId, event: { kind: 'forgotten', reason: 'x' }, after },
    ]);
  });

  it('is done once a step: a newer state takes the place of the older, and what was sent in between waits for what follows', () => {
    const out = start({ ...env, config: { ...env.config, watchers: ['near'] } }, quiet);
    const message = { type: 'update_fee', channelId, feeratePerKw: 300 } as const;
    send(out, message);
    persist(out);
    send(out, message);
    monitor(out, update);
    addEvent(out, event('aa'));
    persist(out);
    send(out, message);
    expect(out.effects.map(({ kind }) => kind)).toEqual(['send', 'send', 'monitor', 'store', 'send']);
    expect(out.effects[3]).toMatchObject({ version: 8, state: { version: 8, events: [{ id: 3 }] } });
    const after = [
      { sink: 'state', channelId, version: 8 },
      { sink: 'near', channelId, version: 20 },
    ];
    expect(out.effects.filter(({ kind }) => kind === 'send')).toMatchObject([{ after: [{ version: 7 }] }, { after }, { after }]);
  });
});

describe('monitor', () => {
  it('tells every watcher under one id, and remembers until each has it', () => {
    const out = start({ ...env, config: { ...env.config, watchers: ['near', 'far'] } }, quiet);
    monitor(out, update);
    monitor(out, { kind: 'preimage', paymentHash: bytes32(1), preimage: bytes32(2) });
    expect(out.state.nextMonitorId).toBe(22);
    expect(out.state.pendingMonitor.map(({ id, waiting }) => [id, waiting])).toEqual([
      [20, ['near', 'far']],
      [21, ['near', 'far']],
    ]);
    expect(out.effects.slice(0, 2)).toEqual([
      { kind: 'monitor', watcher: 'near', channelId, id: 20, update },
      { kind: 'monitor', watcher: 'far', channelId, id: 20, update },
    ]);
    expect(out.effects).toHaveLength(4);
  });

  it('does nothing where nobody watches', () => {
    const out = start({ ...env, config: { ...env.config, watchers: [] } }, quiet);
    monitor(out, update);
    expect(out.state).toEqual({ ...quiet, nextMonitorId: quiet.nextMonitorId + 1 });
    expect(out.effects).toEqual([]);
  });

  it('is repeated to those who have not acknowledged it', () => {
    const out = start(env, { ...quiet, pendingMonitor: [pending(11, 'far'), pending(12, 'near', 'far')] });
    monitorReplay(out);
    expect(out.effects).toEqual(
      [
        ['far', 11],
        ['near', 12],
        ['far', 12],
      ].map(([watcher, id]) => ({ kind: 'monitor', watcher, channelId, id, update })),
    );
  });
});

describe('events', () => {
  it('count up, are kept, and are told from an id on', () => {
    const out = start(env, quiet);
    for (const reference of ['0a', '0b', '0c']) addEvent(out, event(reference));
    expect(out.state.nextEventId).toBe(6);
    expect(out.state.events).toEqual([3, 4, 5].map((id, i) => ({ id, event: event(['0a', '0b', '0c'][i] as string) })));
    expect(out.effects).toEqual([]);
    announceEvents(out, 4);
    const after = [{ sink: 'state', channelId, version: 7 }];
    expect(out.effects).toEqual([
      { kind: 'notify', channelId, event: { kind: 'event', id: 4, event: event('0b') }, after },
      { kind: 'notify', channelId, event: { kind: 'event', id: 5, event: event('0c') }, after },
    ]);
  });
});

describe('become', () => {
  it('goes on with the same effects in another phase', () => {
    const out = start(env, quiet);
    persist(out);
    const forgotten = become(out, { phase: 'forgotten', reason: 'gone' });
    expect(forgotten.state).toEqual({ phase: 'forgotten', reason: 'gone' });
    expect(forgotten.effects).toBe(out.effects);
  });
});
