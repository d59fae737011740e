import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { ChainPoint } from '../chain/update.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import {
  createNode,
  createNodeEnv,
  createSigner,
  decodeChannel,
  decodeMessage,
  DEFAULT_CONFIG,
  encodeChannel,
  Host,
  restoreNode,
} from '../index.ts';
import type { ChannelId, Hash32, Preimage, PublicKey, Script, SecretKey, Services, Tx, Txid } from '../index.ts';
import { ownPayment } from '../channel/model/origin.ts';

const crypto = createFakeCrypto();
const bytes32 = <T extends string>(n: number): T => n.toString(16).padStart(64, '0') as T;
const preimage: Preimage = bytes32(5);
const blockAt = (height: number): ChainPoint => ({ height, hash: bytes32(height) });
const none = (): void => {};

/** A user's first twenty lines: a disk, a way out to peers, a mempool, and an owner who agrees to everything. */
function firstNode(secret: number) {
  const env = createNodeEnv(crypto, createSigner(crypto, bytes32<Hash32>(secret), bytes32<SecretKey>(secret)), DEFAULT_CONFIG);
  const disk = new Map<ChannelId, Uint8Array>();
  const outgoing: Uint8Array[] = [];
  const mempool: Tx[] = [];
  const events: string[] = [];
  const services: Services = {
    storage: {
      store: ({ channelId, state }) => disk.set(channelId, encodeChannel(state)).has(channelId),
      forget: (channelId) => void disk.delete(channelId),
      monitor: () => true,
    },
    wire: { send: (_peer, bytes) => void outgoing.push(bytes), disconnect: none },
    chain: { broadcast: ({ tx }) => void mempool.push(tx), watchTx: none, watchSpend: none, refused: none },
    user: {
      ask: ({ peer, channelId, question }) => {
        if (question.kind === 'accept') host.command({ kind: 'accept', peer, channelId, keysId: bytes32(2) });
        else host.command({ kind: 'fund', peer, channelId, tx: paying(question.amountSat, question.script) });
      },
      notify: ({ channelId, event }) => {
        events.push(event.kind === 'event' ? event.event.kind : event.kind);
        if (event.kind === 'htlc_received') host.command({ kind: 'fulfill', channelId, id: event.add.id, preimage });
        if (event.kind === 'event') host.command({ kind: 'acknowledge', channelId, eventId: event.id });
      },
      added: ({ id }) => void events.push(`added ${id}`),
      refused: ({ rule }) => void events.push(`refused: ${rule}`),
      violated: ({ rule }) => void events.push(`violated: ${rule}`),
      heard: ({ message, text }) => void events.push(`${message}: ${text}`),
    },
  };
  const host = new Host(env, services, { state: createNode(blockAt(100), 2500, 0), effects: [] });
  return { id: crypto.publicKey(bytes32<SecretKey>(secret)), env, services, disk, outgoing, mempool, events, host };
}

type FirstNode = ReturnType<typeof firstNode>;

function paying(amountSat: bigint, script: Script): Tx {
  const input = { txid: bytes32<Txid>(9), vout: 0, sequence: 0xffffffff, scriptSig: '' as Script, witness: ['00'] };
  return { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat, script }] };
}

function nameOf(bytes: Uint8Array): string {
  const decoded = decodeMessage(bytes);
  return decoded.ok ? decoded.message.type : decoded.error.kind;
}

function exchange(a: FirstNode, b: FirstNode): void {
  while (a.outgoing.length + b.outgoing.length > 0) {
    for (const bytes of a.outgoing.splice(0)) b.host.input({ kind: 'received', peer: a.id, bytes });
    for (const bytes of b.outgoing.splice(0)) a.host.input({ kind: 'received', peer: b.id, bytes });
  }
}

function mine(a: FirstNode, b: FirstNode): void {
  const transactions = a.mempool.splice(0).map((tx, index) => ({ index, tx }));
  for (const { host } of [a, b]) {
    const { tip: fork } = host.state;
    const tip = blockAt(fork.height + 1);
    host.input({ kind: 'chain', fork, blocks: [{ ...tip, transactions }], tip });
  }
  exchange(a, b);
}

/** Two of them with a channel from the first. */
function channel(): { readonly a: FirstNode; readonly b: FirstNode; readonly channelId: ChannelId } {
  const a = firstNode(10);
  const b = firstNode(11);
  a.host.input({ kind: 'connected', peer: b.id });
  b.host.input({ kind: 'connected', peer: a.id });
  exchange(a, b);
  const amounts = { fundingSat: 1_000_000n, pushMsat: 0n, feeratePerKw: 2500 };
  const ids = { peer: b.id, temporaryChannelId: bytes32<ChannelId>(7), keysId: bytes32<Hash32>(1) };
  a.host.command({ kind: 'open', format: 'anchors', announce: false, ...ids, ...amounts });
  exchange(a, b);
  for (let depth = 0; depth < 3; depth++) mine(a, b);
  return { a, b, channelId: [...a.host.state.channels.keys()][0] as ChannelId };
}

function pay(a: FirstNode, channelId: ChannelId): void {
  const paymentHash = sha256Hex(crypto, preimage);
  const onion = new Uint8Array(1366);
  a.host.command({ kind: 'add', channelId, origin: ownPayment('01'), amountMsat: 20_000_000n, paymentHash, cltvExpiry: 200, onion });
}

describe('the host', () => {
  it('runs a user’s first node: opened, funded, paid and claimed by answers that come from inside its own services', () => {
    const { a, b, channelId } = channel();
    pay(a, channelId);
    exchange(a, b);
    expect(a.events).toEqual(['opened', 'channel_usable', 'added 0', 'payment_sent']);
    expect(b.events).toEqual(['opened', 'channel_usable', 'htlc_received']);
    expect(a.host.state.channels.get(channelId)?.state.host.events).toEqual([]);
  });

  it('takes up what its services say after the step under way: what leaves is not reordered', () => {
    const { a, channelId } = channel();
    const order: string[] = [];
    const services: Services = {
      storage: {
        store: () => {
          order.push('store');
          host.command({ kind: 'commit', channelId });
          return true;
        },
        forget: none,
        monitor: () => true,
      },
      wire: { send: (_peer, bytes) => void order.push(nameOf(bytes)), disconnect: none },
      chain: a.services.chain,
      user: a.services.user,
    };
    const host = new Host(a.env, services, { state: a.host.state, effects: [] }, ({ input }) => void order.push(`(${input.kind})`));
    pay({ ...a, host }, channelId);
    expect(order).toEqual(['(command)', 'store', 'update_add_htlc', '(command)', '(stored)', 'commitment_signed']);
  });

  it('is told of a store that was not durable at once, and what waited leaves', () => {
    const { a, channelId } = channel();
    const slow: Services = { ...a.services, storage: { ...a.services.storage, store: () => false } };
    const host = new Host(a.env, slow, { state: a.host.state, effects: [] });
    pay({ ...a, host }, channelId);
    expect(a.outgoing).toHaveLength(1);
    const version = host.state.channels.get(channelId)?.state.durability.version ?? 0;
    host.input({ kind: 'stored', sink: { kind: 'state' }, channelId, version });
    expect(a.outgoing).toHaveLength(2);
  });

  it('carries on from what was on disk, and does first what a restart asks for', () => {
    const { a, b, channelId } = channel();
    const channels = [...a.disk.values()].map((bytes) => {
      const decoded = decodeChannel(bytes);
      if (!decoded.ok) throw new Error(decoded.error.detail);
      return decoded.value;
    });
    a.events.length = 0;
    const { tip, feeratePerKw, nowMs } = a.host.state;
    const host = new Host(a.env, a.services, restoreNode(a.env, { channels, watcherIds: [], tip, feeratePerKw, nowMs }));
    expect(a.events).toEqual([]);
    host.input({ kind: 'connected', peer: b.id });
    expect(a.events).toContain('opened');
    expect(host.state.channels.get(channelId)?.state).toMatchObject({ phase: 'funded' });
  });

  it('does the rest when it is run again after a service has thrown', () => {
    const { a, b, channelId } = channel();
    const names: string[] = [];
    const send = (_peer: PublicKey, bytes: Uint8Array): void => {
      names.push(nameOf(bytes));
      if (names.length === 1) throw new Error('the cable is out');
    };
    pay(a, channelId);
    const host = new Host(b.env, { ...b.services, wire: { send, disconnect: none } }, { state: b.host.state, effects: [] });
    const [add, signed] = a.outgoing.splice(0) as [Uint8Array, Uint8Array];
    host.input({ kind: 'received', peer: a.id, bytes: add });
    expect(() => host.input({ kind: 'received', peer: a.id, bytes: signed })).toThrow('the cable is out');
    expect(names).toEqual(['revoke_and_ack']);
    host.run();
    expect(names).toEqual(['revoke_and_ack', 'commitment_signed']);
  });
});
