import type { CoreDoor } from './core-protocol.ts';
import { coreServer } from './core-server.fixture.ts';
import type { HttpAnswer } from './core-server.fixture.ts';
import { coreDeadline, coreStep, createCoreSource } from './core-source.ts';
import type { CoreEffect, CoreInput, CoreState } from './core-source.ts';
import type { Serving } from './driven.fixture.ts';
import type { ElectrumServer } from './electrum-server.fixture.ts';
import { createElectrumSource, electrumDeadline, electrumStep } from './electrum-source.ts';
import type { ElectrumEffect, ElectrumInput, ElectrumState } from './electrum-state.ts';
import { createFilterSource, filterDeadline, filterStep } from './filter-source.ts';
import type { FilterEffect, FilterInput, FilterState } from './filter-state.ts';
import type { MinedChain } from './mined-chain.fixture.ts';
import type { P2pPeer } from './p2p-peer.fixture.ts';

/** Bitcoin Core with a chain; `lie` changes an answer, or swallows it. */
export class CoreServing implements Serving<CoreState, CoreInput, CoreEffect> {
  readonly step = coreStep;
  readonly deadline = coreDeadline;
  readonly #door: CoreDoor;
  readonly #chain: MinedChain;
  lie: (answer: HttpAnswer) => HttpAnswer | undefined = (answer) => answer;

  constructor(door: CoreDoor, chain: MinedChain) {
    this.#door = door;
    this.#chain = chain;
  }

  create(...[env, start]: Parameters<Serving<CoreState, CoreInput, CoreEffect>['create']>): CoreState {
    return createCoreSource(env, this.#door, start);
  }

  connect(): readonly CoreInput[] {
    return [];
  }

  carryOut({ id, request }: Extract<CoreEffect, { kind: 'request' }>): readonly CoreInput[] {
    const answer = this.lie(coreServer(this.#chain, request));
    return answer === undefined ? [] : [{ kind: 'answer', id, ...answer }];
  }
}

/** Bytes in pieces of this length. */
function pieces(bytes: Uint8Array, length: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

export class ElectrumServing implements Serving<ElectrumState, ElectrumInput, ElectrumEffect> {
  readonly create = createElectrumSource;
  readonly step = electrumStep;
  readonly deadline = electrumDeadline;
  server: ElectrumServer;
  piece = 100_000;

  constructor(server: ElectrumServer) {
    this.server = server;
  }

  connect(): readonly ElectrumInput[] {
    return [{ kind: 'connected' }];
  }

  says(bytes: Uint8Array): readonly ElectrumInput[] {
    return pieces(bytes, this.piece).map((part) => ({ kind: 'bytes', bytes: part }));
  }

  carryOut(effect: Extract<ElectrumEffect, { kind: 'write' | 'hang_up' }>): readonly ElectrumInput[] {
    return effect.kind === 'write' ? this.says(this.server.answer(effect.bytes)) : [];
  }
}

export class FilterServing implements Serving<FilterState, FilterInput, FilterEffect> {
  readonly create = createFilterSource;
  readonly step = filterStep;
  readonly deadline = filterDeadline;
  readonly peers: Map<string, P2pPeer>;
  /** Peers that were hung up on. */
  readonly left: string[] = [];
  piece = 100_000;

  constructor(peers: Readonly<Record<string, P2pPeer>>) {
    this.peers = new Map(Object.entries(peers));
  }

  connect(): readonly FilterInput[] {
    return [...this.peers.keys()].map((peer) => ({ kind: 'connected', peer }));
  }

  says(peer: string, bytes: Uint8Array): readonly FilterInput[] {
    return pieces(bytes, this.piece).map((part) => ({ kind: 'bytes', peer, bytes: part }));
  }

  carryOut(effect: Extract<FilterEffect, { kind: 'write' | 'hang_up' }>): readonly FilterInput[] {
    if (effect.kind === 'write') return this.says(effect.peer, this.peers.get(effect.peer)?.answer(effect.bytes) ?? new Uint8Array(0));
    this.left.push(effect.peer);
    this.peers.delete(effect.peer);
    return [];
  }
}
