import type { Step } from '../channel/model/channel-vocabulary.ts';
import type { NodeEnv, NodeState } from '../node/node-vocabulary.ts';
import { peersStep } from '../peers/peers.ts';
import type { PeersEffect, PeersEnv, PeersInput, PeersState } from '../peers/peers-vocabulary.ts';
import { nextDeadline } from '../time/deadlines.ts';
import { Host } from './host.ts';
import type { Observed } from './host.ts';
import type { Services, Sockets } from './services.ts';
import type { NodeEffect } from '../node/node-vocabulary.ts';

/** Whoever looks on: at each step of the node, and at each effect of the peer manager, before they are carried out. */
export interface Observer {
  readonly node: (step: Observed) => void;
  readonly peers: (effect: PeersEffect) => void;
}

/** Runs a node whose peers are at the other ends of connections that carry bytes: it joins `nodeStep` and `peersStep`. */
export class SocketHost {
  readonly node: Host;
  readonly #env: PeersEnv;
  readonly #sockets: Sockets;
  readonly #observer: Observer | undefined;
  readonly #inputs: PeersInput[] = [];
  #peers: PeersState;
  #running = false;

  constructor(
    env: NodeEnv,
    peersEnv: PeersEnv,
    services: Omit<Services, 'wire'> & { readonly sockets: Sockets },
    from: Step<NodeState, NodeEffect> & { readonly peers: PeersState },
    observer?: Observer,
  ) {
    const { storage, chain, user, sockets, claims } = services;
    const wire: Services['wire'] = {
      send: (peer, bytes) => this.input({ kind: 'send', peer, bytes }),
      disconnect: (peer) => this.input({ kind: 'disconnect', peer }),
    };
    this.node = new Host(env, { storage, wire, chain, user, ...(claims === undefined ? {} : { claims }) }, from, (step) => {
      observer?.node(step);
      if (changesChannels(step)) this.#tellChannels(step.after);
    });
    this.#env = peersEnv;
    this.#sockets = sockets;
    this.#observer = observer;
    this.#peers = from.peers;
    this.#tellChannels(from.state);
  }

  get peers(): PeersState {
    return this.#peers;
  }

  /** Something happened to a connection. The node's answers are carried out, too, before it returns; called by a service it waits its turn. */
  input(input: PeersInput): void {
    this.#inputs.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#running = false;
    }
    this.node.run();
  }

  /** Wall time. */
  time(nowMs: number): void {
    this.input({ kind: 'time', nowMs });
    this.node.input({ kind: 'time', nowMs });
  }

  /** When `time` is wanted next, of the whole. */
  nextDeadline(): number | undefined {
    return nextDeadline(this.#peers, this.node.state);
  }

  #tellChannels({ channels }: NodeState): void {
    const peers = new Set(Array.from(channels.values(), ({ state }) => state.params.peer));
    this.#peers = peersStep(this.#env, this.#peers, { kind: 'channels', peers }).state;
  }

  #step(input: PeersInput): void {
    const { state, effects } = peersStep(this.#env, this.#peers, input);
    this.#peers = state;
    for (const effect of effects) {
      this.#observer?.peers(effect);
      this.#perform(effect);
    }
  }

  #perform(effect: PeersEffect): void {
    const { connection } = effect;
    switch (effect.kind) {
      case 'write':
        return this.#sockets.write(connection, effect.bytes);
      case 'stop_reading':
        return this.#sockets.stopReading(connection);
      case 'resume_reading':
        return this.#sockets.resumeReading(connection);
      case 'close':
        return this.#sockets.close(connection, effect.reason);
      case 'connected':
        this.#sockets.proved(connection, effect.peer);
        return this.node.queue({ kind: 'connected', peer: effect.peer, ...(effect.from === undefined ? {} : { from: effect.from }) });
      case 'disconnected':
        return this.node.queue({ kind: 'disconnected', peer: effect.peer });
      case 'received': {
        const { peer, bytes } = effect;
        return this.node.queue({ kind: 'received', peer, bytes }, () => this.input({ kind: 'handled', connection }));
      }
    }
  }
}

/** Whether the node has a channel more or less than before. */
function changesChannels({ before, after, effects }: Observed): boolean {
  return before.channels.size !== after.channels.size || effects.some(({ kind }) => kind === 'forget');
}
