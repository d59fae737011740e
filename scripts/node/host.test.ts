/// <reference types="node" />
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSigner } from '../../core/channel/commitments/key-signer.ts';
import type { Command } from '../../core/channel/model/channel-vocabulary.ts';
import type { ChannelId, Hash32, PublicKey, Script, Txid } from '../../core/crypto/bytes.ts';
import { DEFAULT_CONFIG } from '../../core/node/config.ts';
import { fakeTransport, ping, secretOf, TestHost } from '../../core/peers/hosts.fixture.ts';
import type { PeerLimits } from '../../core/peers/limits.ts';
import type { Session } from '../../core/transport/session.ts';
import { createPeersEnv } from '../../core/peers/peers.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import { DemoChain, DemoDisk, DemoNode } from './examples/demo-node.ts';
import { Host } from './host.ts';
import type { Services } from './services.ts';
import { createNodeEnv } from '../../core/node/node-vocabulary.ts';
import { connect, listen } from './tcp.ts';

const { crypto } = fakeTransport;
const INIT = encodeMessage({ type: 'init', globalfeatures: '', features: DEFAULT_CONFIG.features });
const LOOPBACK = { hostname: '127.0.0.1', port: 0 };

function quiet(over: Partial<Services> = {}): Services {
  const nothing = (): void => undefined;
  return {
    store: nothing,
    forget: nothing,
    monitor: nothing,
    broadcast: nothing,
    watchTx: nothing,
    watchSpend: nothing,
    notify: nothing,
    ask: nothing,
    chainRefused: nothing,
    added: nothing,
    refused: nothing,
    violated: nothing,
    heard: nothing,
    hungUp: nothing,
    failed: nothing,
    ...over,
  };
}

function fakeHost(secret: number, services: Partial<Services> = {}, limits: Partial<PeerLimits> = {}): Host {
  const env = createNodeEnv(crypto, createSigner(crypto, secretOf(secret) as string as Hash32, secretOf(secret)), DEFAULT_CONFIG);
  const durable = { channels: [], watcherIds: [], tip: { height: 100, hash: '64'.repeat(32) as Hash32 }, feeratePerKw: 2500 };
  return new Host(env, createPeersEnv(fakeTransport, secretOf(secret), limits), durable, quiet(services));
}

async function join(a: Host, b: Host): Promise<readonly [PassThrough, PassThrough]> {
  const [there, back] = [new PassThrough(), new PassThrough()];
  await Promise.all([a.attach(back, there, b.nodeId), b.attach(there, back)]);
  return [there, back];
}

/** A line whose other end the test holds, with a peer manager at it. */
class HeldLine extends Duplex {
  readonly peer = new TestHost(500);
  readonly #unwritten: { readonly bytes: Uint8Array; readonly done: () => void }[] = [];

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: string, done: () => void): void {
    this.#unwritten.push({ bytes: Uint8Array.from(bytes), done });
  }

  /** The peer reads one write of the host, if there is one, and all that it says arrives. */
  move(): boolean {
    const write = this.#unwritten.shift();
    if (write !== undefined) this.peer.step({ kind: 'bytes', connection: 1, bytes: write.bytes });
    write?.done();
    return this.speak() || write !== undefined;
  }

  speak(): boolean {
    const bytes = this.peer.drain(1);
    if (bytes.length > 0) this.push(bytes);
    return bytes.length > 0;
  }
}

async function moveAll(line: HeldLine): Promise<void> {
  for (let still = 0; still < 5; still++) {
    if (line.move()) still = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The peer has dialled, and sent its init. */
async function dialled(host: Host): Promise<HeldLine> {
  const line = new HeldLine();
  const attached = host.attach(line, line);
  line.peer.step({ kind: 'dialled', connection: 1, peer: host.nodeId, ephemeralSecret: secretOf(501) });
  await moveAll(line);
  line.peer.step({ kind: 'send', peer: host.nodeId, bytes: INIT });
  await moveAll(line);
  expect(await attached).toBe(line.peer.id);
  return line;
}

const TEMPORARY = '11'.repeat(32) as ChannelId;

function openCommand(peer: PublicKey): Command {
  const ids = { temporaryChannelId: TEMPORARY, keysId: '12'.repeat(32) as Hash32 };
  return { kind: 'open', peer, ...ids, fundingSat: 100_000n, pushMsat: 0n, feeratePerKw: 2500, format: 'anchors', announce: false };
}

function accepting(host: () => Host): Pick<Services, 'ask'> {
  const keysId = '13'.repeat(32) as Hash32;
  return { ask: ({ peer, channelId }) => host().command({ kind: 'accept', peer, channelId, keysId }) };
}

function funding(host: () => Host): Pick<Services, 'ask'> {
  const input = { txid: '99'.repeat(32) as Txid, vout: 0, sequence: 0xffffffff, scriptSig: '' as Script, witness: ['00'] };
  return {
    ask: ({ peer, channelId, question }) => {
      if (question.kind !== 'fund') return;
      const outputs = [{ amountSat: question.amountSat, script: question.script }];
      host().command({ kind: 'fund', peer, channelId, tx: { version: 2, locktime: 0, inputs: [input], outputs } });
    },
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a host', () => {
  it('starts again from its disk, and its channels go on', async () => {
    const chain = new DemoChain();
    const [disk, bob] = [new DemoDisk(), new DemoNode(chain)];
    const before = new DemoNode(chain, disk);
    const [end] = await join(before.host, bob.host);
    before.open(bob.host.nodeId, 500_000n);
    const channelId = await before.happens('opened');
    end.destroy();
    // What the node watches it must ask for again.
    const after = new DemoNode(chain, disk);
    expect(after.host.nodeId).toBe(before.host.nodeId);
    await join(after.host, bob.host);
    chain.mine(3);
    await Promise.all([after.happens('channel_usable'), bob.happens('channel_usable')]);
    after.pay(channelId, bob.invoice(), 20_000_000n);
    await after.happens('payment_sent');
    expect(after.balanceMsat(channelId)).toBe(480_000_000n);
  });

  it('lets no message leave before a store has finished, and says when one fails', async () => {
    const errors: unknown[] = [];
    const stores: ((error: unknown) => void)[] = [];
    const accepter = fakeHost(2, {
      store: async () => new Promise((_resolve, reject) => stores.push(reject)),
      failed: (error) => errors.push(error),
      ...accepting(() => accepter),
    });
    const opener = fakeHost(
      1,
      funding(() => opener),
    );
    await join(opener, accepter);
    opener.command(openCommand(accepter.nodeId));
    await vi.waitFor(() => expect(stores).toHaveLength(1));
    const broken = new Error('disk full');
    stores[0]?.(broken);
    await vi.waitFor(() => expect(errors).toEqual([broken]));
    const [slot] = accepter.state.channels.values();
    expect(slot?.storedVersion).toBe(0);
    expect(slot?.outbox.some((effect) => effect.kind === 'send')).toBe(true);
    expect(opener.state.channels.size).toBe(0);
  });

  it('takes a store that returns for one that has finished, and one that throws for one that has failed', async () => {
    const errors: unknown[] = [];
    const broken = new Error('disk full');
    const accepter = fakeHost(
      2,
      accepting(() => accepter),
    );
    const opener = fakeHost(1, {
      store: () => {
        throw broken;
      },
      failed: (error) => errors.push(error),
      ...funding(() => opener),
    });
    await join(opener, accepter);
    opener.command(openCommand(accepter.nodeId));
    await vi.waitFor(() => expect(errors).toEqual([broken]));
    expect([...accepter.state.channels.values()].map((slot) => slot.storedVersion)).toEqual([1]);
    expect([...opener.state.channels.values()].map((slot) => slot.storedVersion)).toEqual([0]);
  });

  it('stops reading when the peer does not read, and resumes', async () => {
    const host = fakeHost(1, {}, { maxQueuedBytes: 150_000, maxWriteBytes: 10_000, maxPongBytes: 2_000_000 });
    const line = await dialled(host);
    for (let i = 0; i < 20; i++) line.peer.step({ kind: 'send', peer: host.nodeId, bytes: ping(65531) });
    line.speak();
    await vi.waitFor(() => expect(line.isPaused()).toBe(true));
    expect(line.peer.received()).toHaveLength(1);
    await moveAll(line);
    expect(line.isPaused()).toBe(false);
    // The peer keeps pongs to itself: what it read is counted by its cipher, two uses a message.
    const session = line.peer.open(1).incoming.session as Session;
    expect(session.kind === 'open' && session.receiving.cipher.nonce).toBe(2 * (1 + 20));
  });

  it('keeps time for its peer manager', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const ended: string[] = [];
    const host = fakeHost(1, { hungUp: (reason, peer) => ended.push(`${reason} ${peer}`) }, { establishTimeoutMs: 1000 });
    const attached = host.attach(new PassThrough(), new PassThrough());
    vi.advanceTimersByTime(999);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['connection.handshake_timeout undefined']);
    await expect(attached).rejects.toThrow('connection.handshake_timeout');
  });

  it('hangs up on all at its stop, when what it said has left', async () => {
    const ended: string[] = [];
    const [a, b] = [fakeHost(1), fakeHost(2, { hungUp: (reason, peer) => ended.push(`${reason} ${peer}`) })];
    const [there, back] = await join(a, b);
    const stranger = new PassThrough();
    const refused = expect(a.attach(stranger, new PassThrough())).rejects.toThrow('GONE');
    a.stop();
    await refused;
    await vi.waitFor(() => expect(ended).toEqual([`GONE ${a.nodeId}`]));
    await vi.waitFor(() => expect([there.destroyed, back.destroyed, stranger.destroyed]).toEqual([true, true, true]));
    expect(a.state.peers.size + b.state.peers.size).toBe(0);
  });

  it('does not dial what is no node id', async () => {
    await expect(fakeHost(1).attach(new PassThrough(), new PassThrough(), `02${'ff'.repeat(32)}` as PublicKey)).rejects.toThrow(RangeError);
  });

  it('tells a peer whose init it can’t accept why, and hangs up, even if the peer reads late', async () => {
    const ended: string[] = [];
    const host = fakeHost(1, { hungUp: (reason, peer) => ended.push(`${reason} ${peer}`) });
    const [there, back] = [new PassThrough(), new PassThrough()];
    const refused = expect(host.attach(there, back)).rejects.toThrow('connection.disconnect');
    const peer = new TestHost(500);
    back.on('data', (bytes: Uint8Array) => {
      peer.step({ kind: 'bytes', connection: 1, bytes });
      there.write(peer.drain(1));
    });
    peer.step({ kind: 'dialled', connection: 1, peer: host.nodeId, ephemeralSecret: secretOf(501) });
    there.write(peer.drain(1));
    await vi.waitFor(() => expect(peer.received()).toHaveLength(1));
    back.pause();
    const unknownCompulsory = encodeMessage({ type: 'init', globalfeatures: '', features: `40${'00'.repeat(31)}` });
    peer.step({ kind: 'send', peer: host.nodeId, bytes: unknownCompulsory });
    there.write(peer.drain(1));
    await refused;
    expect(ended).toEqual([`connection.disconnect ${peer.id}`]);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    back.resume();
    await vi.waitFor(() => expect(peer.received().map((bytes) => bytes[1])).toEqual([16, 1]));
  });

  it('knows that a peer is gone when its bytes end, though it could still be written to', async () => {
    const ended: string[] = [];
    const host = fakeHost(1, { hungUp: (reason) => ended.push(reason) });
    const line = await dialled(host);
    line.push(null);
    await once(line, 'close');
    expect(ended).toEqual(['GONE']);
    expect(host.state.peers.size).toBe(0);
  });
});

describe('over TCP', () => {
  it('a stranger who talks nonsense is hung up on', async () => {
    const ended: string[] = [];
    const host = fakeHost(1, { hungUp: (reason, peer) => ended.push(`${reason} ${peer}`) });
    const { server, port } = await listen(host, LOOPBACK);
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: example.com\r\nAccept: text/html\r\n\r\n');
    await once(socket, 'close');
    expect(ended).toEqual(['transport.act1_bad_version undefined']);
    server.close();
  });

  it('a dial is refused when somebody else answers, and when nobody does', async () => {
    const [a, b] = [fakeHost(1), fakeHost(2)];
    const { server, port } = await listen(b, LOOPBACK);
    await expect(connect(a, fakeHost(3).nodeId, { ...LOOPBACK, port })).rejects.toThrow('GONE');
    await connect(a, b.nodeId, { ...LOOPBACK, port });
    a.stop();
    server.close();
    await once(server, 'close');
    await expect(connect(a, b.nodeId, { ...LOOPBACK, port })).rejects.toThrow('ECONNREFUSED');
  });
});
