/// <reference types="node" />
import type { CoreDoor, HttpRequest } from '../../../core/sources/core-protocol.ts';
import { coreDeadline, coreStep, createCoreSource } from '../../../core/sources/core-source.ts';
import type { CoreEffect, CoreInput, CoreState } from '../../../core/sources/core-source.ts';
import type { SourceEnv, SourceStart } from '../../../core/sources/sources-vocabulary.ts';
import { handle, Running } from './running.ts';
import type { RunningSource, SourceListener } from './running.ts';

/** A Bitcoin Core: `http://127.0.0.1:8332`, and what `rpcauth` or the cookie file says where RPC is asked. */
export interface CoreServer {
  readonly url: string;
  readonly door: CoreDoor;
  readonly login?: { readonly user: string; readonly password: string };
}

/** Whole blocks over HTTP. Stops when it is told to. @throws RangeError where the start contradicts itself. */
export function fromBitcoinCore(env: SourceEnv, start: SourceStart, server: CoreServer, listener: SourceListener): RunningSource {
  const aborting = new AbortController();
  const carryOut = ({ id, request, maxAnswerBytes }: Extract<CoreEffect, { kind: 'request' }>): void => {
    exchange(server, request, maxAnswerBytes, env.limits.answerTimeoutMs, aborting.signal).then(
      (answer) => running.input({ kind: 'answer', id, ...answer }),
      (error: unknown) => running.input({ kind: 'unanswered', id, why: reasonOf(error) }),
    );
  };
  const machine = { step: coreStep, deadline: coreDeadline, carryOut };
  const running = new Running<CoreState, CoreInput, CoreEffect>(env, createCoreSource(env, server.door, start), machine, listener);
  queueMicrotask(() => running.input());
  return handle(running, () => aborting.abort());
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The body is cut behind the first byte that is too much. */
async function exchange(
  { url, login }: CoreServer,
  { method, path, body }: HttpRequest,
  most: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (login !== undefined) headers['authorization'] = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  const response = await fetch(new URL(path, url), {
    method,
    headers,
    ...(method === 'POST' ? { body } : {}),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array);
    length += (part as Uint8Array).length;
    // Leaving the loop ends the transfer.
    if (length > most) break;
  }
  return { status: response.status, body: Buffer.concat(parts) };
}
