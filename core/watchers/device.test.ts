import { describe, expect, it } from 'vitest';
import { Watching } from '../monitor/watching.fixture.ts';
import { Device, RemoteEnd, threeWatchers } from './watched.fixture.ts';

/** A channel with three watchers of which two must hold an update; what was told so far is held by all. */
function guarded(): { readonly w: Watching; readonly device: Device; readonly remotes: readonly [RemoteEnd, RemoteEnd, RemoteEnd] } {
  const w = new Watching('anchors');
  const remotes = threeWatchers(w);
  const device = new Device(w, remotes, 2);
  device.carry();
  device.tell();
  device.carry();
  return { w, device, remotes };
}

describe('a quorum of two of three', () => {
  it('holds what two have each acknowledged, with all before it', () => {
    const { w, device, remotes } = guarded();
    const before = device.updates.length;
    expect([device.held, device.effects('distrusted')]).toEqual([before, []]);
    remotes[1].awake = false;
    w.pay('opener', 1);
    device.tell();
    device.carry();
    expect(device.held).toBe(device.updates.length);
    expect(device.heldBy('two')).toBe(before);
    remotes[2].awake = false;
    w.pay('opener', 2);
    const held = device.held;
    device.tell();
    device.carry();
    expect(device.held).toBe(held);
    remotes[1].awake = true;
    device.carry();
    expect(device.held).toBe(device.updates.length);
    remotes[2].awake = true;
    device.carry();
    for (const remote of remotes) expect(remote.state.channels.get(w.channelId)?.watcher.knowledge).toEqual(w.ends.opener.state.knowledge);
    expect(device.state.channels.get(w.channelId)?.full.pending).toEqual([]);
  });

  it('is told of each update once, however often a watcher says it and whatever comes twice', () => {
    const { w, device, remotes } = guarded();
    w.pay('opener', 1);
    device.tell();
    for (const [name, waiting] of device.there)
      device.there.set(
        name,
        waiting.flatMap((bytes) => [bytes, bytes]),
      );
    device.carry();
    const { length } = device.updates;
    for (const remote of remotes) {
      const ids = device.log.flatMap((effect) => (effect.kind === 'stored' && effect.watcher === remote.name ? [effect.id] : []));
      expect(ids).toEqual(Array.from({ length }, (_, i) => i + 1));
    }
  });

  it('does not count one that lies about what it holds, nor one that signs with another key', () => {
    const { w, device, remotes } = guarded();
    const [one, two, three] = remotes;
    three.awake = false;
    const liar = new RemoteEnd(w, 'two', 0x62);
    const forged = { ...one.env, link: two.env.link };
    w.pay('opener', 1);
    device.tell();
    const held = device.held;
    // It acknowledges in the name of two what two has not signed.
    for (const bytes of device.there.get('two') ?? []) {
      const before = two.state;
      Object.assign(two, { env: forged });
      for (const answer of two.input({ kind: 'received', bytes })) device.input({ kind: 'received', watcher: 'two', bytes: answer });
      Object.assign(two, { env: liar.env });
      expect(before).not.toBe(two.state);
    }
    device.there.set('two', []);
    device.carry();
    expect(device.held).toBe(held);
    expect(new Set(device.effects('distrusted').map(({ watcher, rule }) => `${watcher} ${rule}`))).toEqual(
      new Set(['two watchers.unsigned']),
    );
    three.awake = true;
    device.carry();
    expect(device.held).toBe(device.updates.length);
  });

  it('does not count one that holds other updates under the same numbers', () => {
    const { w, device, remotes } = guarded();
    const [, two, three] = remotes;
    three.awake = false;
    const { channels } = two.state;
    const channel = channels.get(w.channelId);
    const chain = '99'.repeat(32);
    two.state = { ...two.state, channels: new Map([[w.channelId, { ...channel, prefix: { ...channel?.prefix, chain } } as never]]) };
    const held = device.held;
    w.pay('opener', 1);
    device.tell();
    device.carry();
    expect(device.held).toBe(held);
    expect(device.effects('distrusted').at(-1)).toMatchObject({ watcher: 'two', rule: 'watchers.forked' });
  });

  it('goes on with a laggard that comes back: what it lacks is sent again, as long as it is there', () => {
    const { w, device, remotes } = guarded();
    const [, , three] = remotes;
    w.pay('opener', 1);
    device.tell();
    // Lost on the way.
    device.there.set('three', []);
    device.carry();
    w.pay('opener', 2);
    device.tell();
    device.carry();
    expect(three.log.filter((effect) => effect.kind === 'ignored').map(({ rule }) => rule)).toContain('watchers.lacking');
    expect(device.heldBy('three')).toBe(device.updates.length);
    expect(device.effects('copy_wanted')).toEqual([]);
  });

  it('a watcher that lost its disk says so, and goes on from a copy of what the node’s own knows', () => {
    const { w, device, remotes } = guarded();
    const [, , three] = remotes;
    w.pay('opener', 1);
    device.tell();
    device.carry();
    three.restart({ epoch: three.disk.epoch, channels: new Map() });
    w.pay('opener', 2);
    device.tell();
    device.carry();
    const wanted = { watcher: 'three', channelId: w.channelId };
    expect(device.effects('copy_wanted')[0]).toEqual({ kind: 'copy_wanted', ...wanted });
    const number = device.updates.length - 1;
    device.input({ kind: 'copy', ...wanted, number, knowledge: device.knowledge(number) });
    device.carry();
    expect(device.heldBy('three')).toBe(device.updates.length);
    expect(three.state.channels.get(w.channelId)?.watcher.knowledge).toEqual(w.ends.opener.state.knowledge);
    expect(three.log.filter(({ kind }) => kind === 'watch').length).toBeGreaterThan(1);
  });

  it('takes no copy of a time that it knows nothing of', () => {
    const { w, device } = guarded();
    const number = device.updates.length + 1;
    const effects = device.input({ kind: 'copy', watcher: 'one', channelId: w.channelId, number, knowledge: device.knowledge() });
    expect(effects).toMatchObject([{ kind: 'refused', rule: 'watchers.lacking' }]);
  });
});

describe('an update that one watcher has acknowledged before the node tells the next', () => {
  it('is not held by those that have not heard of it', () => {
    const { w, device, remotes } = guarded();
    const before = device.updates.length;
    remotes[1].awake = remotes[2].awake = false;
    w.pay('opener', 1);
    for (const name of ['one', 'two', 'three'])
      for (let id = before + 1; id <= device.updates.length; id++) {
        device.tellOne(id, [name]);
        device.carry();
      }
    expect(['one', 'two', 'three'].map((name) => device.heldBy(name))).toEqual([device.updates.length, before, before]);
    expect(device.held).toBe(before);
    expect(device.kept.get(w.channelId)?.base.full.number).toBe(before);
  });
});

describe('watchers that come and go', () => {
  it('a new one joins a living channel, and one that was removed counts for nothing', () => {
    const { w, device, remotes } = guarded();
    const [one, two] = remotes;
    const four = new RemoteEnd(w, 'four', 0x64);
    const after = new Device(w, [one, two, four], 2, 'b2'.repeat(16), [...device.kept.values()]);
    after.carry();
    expect(after.effects('copy_wanted').map(({ watcher }) => watcher)).toEqual(['four']);
    const number = device.updates.length;
    after.input({ kind: 'copy', watcher: 'four', channelId: w.channelId, number, knowledge: device.knowledge() });
    two.awake = false;
    w.pay('opener', 1);
    for (let id = number + 1; id <= device.updates.length; id++) after.tellOne(id);
    after.carry();
    expect(after.held).toBe(device.updates.length);
    expect(four.state.channels.get(w.channelId)?.watcher.knowledge).toEqual(w.ends.opener.state.knowledge);
  });

  it('a channel that is over is forgotten everywhere', () => {
    const { w, device, remotes } = guarded();
    device.input({ kind: 'leave', channelId: w.channelId });
    device.carry();
    expect(remotes.map(({ state, disk }) => [state.channels.size, disk.channels.size])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(device.state.channels.size).toBe(0);
  });

  it('one that restarts holds what it has signed for', () => {
    const { w, device, remotes } = guarded();
    w.pay('opener', 1);
    device.tell();
    device.carry();
    for (const remote of remotes) {
      const before = remote.state.channels;
      remote.restart();
      expect(remote.state.channels).toEqual(before);
      device.input({ kind: 'connected', watcher: remote.name });
    }
    device.carry();
    w.pay('opener', 2);
    device.tell();
    device.carry();
    expect(device.held).toBe(device.updates.length);
    expect(device.effects('copy_wanted')).toEqual([]);
  });
});

describe('a device that starts', () => {
  it('runs when two of three have heard of it, learns what they hold, and leaves no quorum to the start before it', () => {
    const { w, device, remotes } = guarded();
    remotes[2].awake = false;
    const second = new Device(w, remotes, 2, 'b2'.repeat(16), [...device.kept.values()]);
    expect(second.effects('ready')).toEqual([]);
    second.carry();
    const id = device.updates.length;
    const [ready] = second.effects('ready');
    expect(ready?.watcherIds).toEqual(['one', 'two'].map((watcher) => ({ channelId: w.channelId, watcher, id })));
    expect(second.state.epoch.number).toBeGreaterThan(device.state.epoch.number);
    // The first one goes on as if nothing were: one watcher still listens to it, and that is no quorum.
    remotes[2].awake = true;
    const held = device.held;
    w.pay('opener', 1);
    device.tell();
    device.carry();
    expect(device.held).toBe(held);
    expect(device.effects('superseded').length).toBeGreaterThan(0);
  });

  it('is not stopped by one watcher that says that a newer one has spoken', () => {
    const { w, device, remotes } = guarded();
    const [, , three] = remotes;
    three.state = { ...three.state, epoch: { number: 2 ** 52, session: 'ee'.repeat(16) } };
    w.pay('opener', 1);
    device.tell();
    device.carry();
    expect([device.held, device.effects('superseded')]).toEqual([device.updates.length, []]);
    const second = new Device(w, remotes, 2, 'b2'.repeat(16), [...device.kept.values()]);
    second.carry();
    expect(second.effects('ready')).toHaveLength(1);
    expect(second.state.epoch.number).toBeLessThan(10);
  });

  it('with a state that is older than what watchers hold is told so', () => {
    const { w, device, remotes } = guarded();
    const kept = [...device.kept.values()];
    w.pay('opener', 1);
    device.tell();
    device.carry();
    const old = new Device(w, remotes, 2, 'b2'.repeat(16), kept);
    old.carry();
    const ids = old.effects('ready')[0]?.watcherIds.map(({ id }) => id) ?? [];
    expect(Math.max(...ids)).toBe(device.updates.length);
    expect(old.effects('distrusted')).toEqual([]);
  });

  it('is told late of a watcher that was asleep and holds more', () => {
    const { w, device, remotes } = guarded();
    const kept = [...device.kept.values()];
    remotes[0].awake = remotes[1].awake = false;
    w.pay('opener', 1);
    device.tell();
    device.carry();
    remotes[0].awake = remotes[1].awake = true;
    remotes[2].awake = false;
    for (const { name } of remotes) device.there.set(name, []);
    const old = new Device(w, remotes, 2, 'b2'.repeat(16), kept);
    old.carry();
    expect(old.effects('ready')).toHaveLength(1);
    remotes[2].awake = true;
    old.carry();
    expect(old.effects('ahead')).toEqual([{ kind: 'ahead', channelId: w.channelId, watcher: 'three', id: device.updates.length }]);
  });

  it('tells again what was told, and nothing is held twice', () => {
    const { w, device, remotes } = guarded();
    remotes[2].awake = false;
    w.pay('opener', 1);
    device.tell();
    device.carry();
    const kept = [...device.kept.values()];
    const second = new Device(w, remotes, 2, 'b2'.repeat(16), kept);
    second.carry();
    const from = (kept[0]?.base.full.number ?? 0) + 1;
    expect(from).toBeLessThan(device.updates.length);
    for (let id = from; id < device.updates.length; id++) second.tellOne(id, ['three']);
    expect(second.held).toBe(0);
    second.tellOne(device.updates.length, ['three']);
    expect([second.held, second.heldBy('three')]).toEqual([device.updates.length, 0]);
    remotes[2].awake = true;
    second.carry();
    expect(second.heldBy('three')).toBe(device.updates.length);
  });

  it('without watchers runs at once', () => {
    const w = new Watching('anchors');
    expect(new Device(w, [], 2).effects('ready')).toHaveLength(1);
  });
});
