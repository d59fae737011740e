/// <reference types="node" />
import { createFilterSource, filterDeadline, filterStep } from '../../../core/sources/filter-source.ts';
import type { FilterEffect, FilterInput, FilterState, PeerName } from '../../../core/sources/filter-state.ts';
import type { SourceEnv, SourceStart } from '../../../core/sources/sources-vocabulary.ts';
import { after, openLine } from './lines.ts';
import type { Line, ServerAddress } from './lines.ts';
import { handle, Running } from './running.ts';
import type { RunningSource, SourceListener } from './running.ts';

const DEFAULT_CONNECTIONS = 3;

/**
 * Compact filters from peers of Bitcoin's network, so many at a time: the next of the list, in a circle, in the place of one that is lost or is hung
 * up on. Stops when it is told to. @throws RangeError where there are fewer than two peers, or the start contradicts itself.
 */
export function fromCompactFilters(
  env: SourceEnv,
  start: SourceStart,
  peers: readonly ServerAddress[],
  listener: SourceListener,
  connections = DEFAULT_CONNECTIONS,
): RunningSource {
  if (peers.length < 2) throw new RangeError('one peer alone could hide what is watched');
  const stopping = new AbortController();
  const lines = new Map<PeerName, Line>();
  const waiting = [...peers];
  const machine = {
    step: filterStep,
    deadline: filterDeadline,
    carryOut: (effect: Extract<FilterEffect, { kind: 'write' | 'hang_up' }>): void => {
      if (effect.kind === 'write') return lines.get(effect.peer)?.write(effect.bytes);
      lines.get(effect.peer)?.close();
      replace(effect.peer);
    },
  };
  const running = new Running<FilterState, FilterInput, FilterEffect>(env, createFilterSource(env, start), machine, listener);
  const addresses = new Map<PeerName, ServerAddress>();
  const dial = (): void => {
    const address = waiting.shift();
    if (address === undefined) return;
    const peer = `${address.hostname}:${address.port}`;
    addresses.set(peer, address);
    const line = openLine(address, {
      connected: () => running.input({ kind: 'connected', peer }),
      bytes: (bytes) => running.input({ kind: 'bytes', peer, bytes }),
      gone: () => {
        running.input({ kind: 'gone', peer });
        replace(peer);
      },
    });
    lines.set(peer, line);
  };
  /** It stands at the end of the list now. */
  const replace = (peer: PeerName): void => {
    lines.delete(peer);
    waiting.push(addresses.get(peer) as ServerAddress);
    after(env.limits.retryMs, stopping.signal, dial);
  };
  queueMicrotask(() => {
    for (let i = 0; i < Math.min(connections, peers.length); i++) dial();
  });
  return handle(running, () => {
    stopping.abort();
    for (const line of lines.values()) line.close();
  });
}
