/// <reference types="node" />
import { createElectrumSource, electrumDeadline, electrumStep } from '../../../core/sources/electrum-source.ts';
import type { ElectrumEffect, ElectrumInput, ElectrumState } from '../../../core/sources/electrum-state.ts';
import type { SourceEnv, SourceStart } from '../../../core/sources/sources-vocabulary.ts';
import { after, openLine } from './lines.ts';
import type { Line, ServerAddress } from './lines.ts';
import { handle, Running } from './running.ts';
import type { RunningSource, SourceListener } from './running.ts';

/**
 * Electrum's protocol over TCP or TLS, one server at a time: the next of the list, in a circle, when one is lost or is hung up on. Stops when it
 * is told to. @throws RangeError where there is no server, or the start contradicts itself.
 */
export function fromElectrum(
  env: SourceEnv,
  start: SourceStart,
  servers: readonly ServerAddress[],
  listener: SourceListener,
): RunningSource {
  if (servers.length === 0) throw new RangeError('no server');
  const stopping = new AbortController();
  let line: Line | undefined;
  let next = 0;
  const machine = {
    step: electrumStep,
    deadline: electrumDeadline,
    carryOut: (effect: Extract<ElectrumEffect, { kind: 'write' | 'hang_up' }>): void => {
      if (effect.kind === 'write') return line?.write(effect.bytes);
      line?.close();
      after(env.limits.retryMs, stopping.signal, dial);
    },
  };
  const running = new Running<ElectrumState, ElectrumInput, ElectrumEffect>(env, createElectrumSource(env, start), machine, listener);
  const dial = (): void => {
    line = openLine(servers[next++ % servers.length] as ServerAddress, {
      connected: () => running.input({ kind: 'connected' }),
      bytes: (bytes) => running.input({ kind: 'bytes', bytes }),
      gone: () => {
        running.input({ kind: 'gone' });
        after(env.limits.retryMs, stopping.signal, dial);
      },
    });
  };
  queueMicrotask(dial);
  return handle(running, () => {
    stopping.abort();
    line?.close();
  });
}
