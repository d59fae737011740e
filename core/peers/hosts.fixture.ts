import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import type { TransportEnv } from '../transport/cipher.ts';
import { concat } from '../wire/fragments.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import type { OpenConnection } from './connection.ts';
import type { CloseReason, ConnectionId, PeersEffect, PeersEnv, PeersInput, PeersState } from './peers-vocabulary.ts';
import type { PeerLimits } from './limits.ts';
import { due } from './liveness.ts';
import { createPeers, createPeersEnv, peersStep } from './peers.ts';
import { nextDeadline } from '../time/deadlines.ts';

export const fakeTransport: TransportEnv = { crypto: createFakeCrypto(), cipher: nobleChaCha20Poly1305 };

export function secretOf(n: number): SecretKey {
  return n.toString(16).padStart(64, '0') as SecretKey;
}

export const INIT = encodeMessage({ type: 'init', globalfeatures: '', features: '' });
export const WARNING = encodeMessage({ type: 'warning', channelId: '00'.repeat(32) as never, data: 'abcd' });
export const ping = (numPongBytes: number): Uint8Array => encodeMessage({ type: 'ping', numPongBytes, ignored: '' });
export const pong = (byteslen: number): Uint8Array => encodeMessage({ type: 'pong', ignored: '00'.repeat(byteslen) });

/** A peer manager with a host that records, and a node that is done with every message at once unless `slow`. */
export class TestHost {
  readonly env: PeersEnv;
  state: PeersState = createPeers(0);
  readonly log: PeersEffect[] = [];
  /** Bytes offered and not taken, by connection. */
  readonly offers = new Map<ConnectionId, Uint8Array>();
  readonly stopped = new Set<ConnectionId>();
  slow = false;

  constructor(secret: number, limits: Partial<PeerLimits> = {}) {
    this.env = createPeersEnv(fakeTransport, secretOf(secret), limits);
  }

  get id(): PublicKey {
    return this.env.nodeId;
  }

  step(input: PeersInput): readonly PeersEffect[] {
    const { state, effects } = peersStep(this.env, this.state, input);
    this.state = state;
    const searched = [...state.connections.values()].flatMap((connection) => due(this.env.limits, connection)?.atMs ?? []);
    if (nextDeadline(state) !== (searched.length === 0 ? undefined : Math.min(...searched))) throw new Error('a deadline was not kept');
    this.log.push(...effects);
    for (const effect of effects) {
      if (effect.kind === 'write') this.offers.set(effect.connection, effect.bytes);
      if (effect.kind === 'stop_reading') this.stopped.add(effect.connection);
      if (effect.kind === 'resume_reading') this.stopped.delete(effect.connection);
      if (effect.kind === 'close') this.offers.delete(effect.connection);
    }
    if (this.slow) return effects;
    const answers = effects.flatMap((effect) =>
      effect.kind === 'received' ? this.step({ kind: 'handled', connection: effect.connection }) : [],
    );
    return [...effects, ...answers];
  }

  /** Takes a part of what is offered: the bytes that go on the wire. */
  take(connection: ConnectionId, atMost = Number.POSITIVE_INFINITY): Uint8Array {
    const bytes = this.offers.get(connection)?.slice(0, atMost) ?? new Uint8Array(0);
    if (this.offers.delete(connection)) this.step({ kind: 'room', connection, taken: bytes.length });
    return bytes;
  }

  /** Takes all that is there to take. */
  drain(connection: ConnectionId): Uint8Array {
    const parts: Uint8Array[] = [];
    while (this.offers.has(connection)) parts.push(this.take(connection));
    return concat(...parts);
  }

  open(connection: ConnectionId): OpenConnection {
    const found = this.state.connections.get(connection);
    if (found?.stage !== 'open') throw new Error(`connection ${connection} is ${found?.stage}`);
    return found;
  }

  of<K extends PeersEffect['kind']>(kind: K): Extract<PeersEffect, { kind: K }>[] {
    return this.log.filter((effect): effect is Extract<PeersEffect, { kind: K }> => effect.kind === kind);
  }

  received(): Uint8Array[] {
    return this.of('received').map((effect) => effect.bytes);
  }

  closed(connection: ConnectionId): CloseReason | undefined {
    return this.of('close').find((effect) => effect.connection === connection)?.reason;
  }
}

let secrets = 1000;

/** Connects `from` to `to`. Nothing has been exchanged yet. */
export function dial(from: TestHost, to: TestHost, connection: ConnectionId): void {
  from.step({ kind: 'dialled', connection, peer: to.id, ephemeralSecret: secretOf(secrets++) });
  to.step({ kind: 'accepted', connection, ephemeralSecret: secretOf(secrets++) });
}

/** Moves everything over one connection, both ways, until nothing moves. */
export function exchange(a: TestHost, b: TestHost, connection: ConnectionId): void {
  for (;;) {
    const fromA = a.drain(connection);
    const fromB = b.drain(connection);
    if (fromA.length + fromB.length === 0) return;
    if (fromA.length > 0) b.step({ kind: 'bytes', connection, bytes: fromA });
    if (fromB.length > 0) a.step({ kind: 'bytes', connection, bytes: fromB });
  }
}

/** Two hosts with one established connection (1), dialled by the first, after init on both sides. */
export function connected(
  limits: Partial<PeerLimits> = {},
  limitsOfB: Partial<PeerLimits> = limits,
): { readonly a: TestHost; readonly b: TestHost } {
  const a = new TestHost(1, limits);
  const b = new TestHost(2, limitsOfB);
  dial(a, b, 1);
  exchange(a, b, 1);
  a.step({ kind: 'send', peer: b.id, bytes: INIT });
  b.step({ kind: 'send', peer: a.id, bytes: INIT });
  exchange(a, b, 1);
  return { a, b };
}
