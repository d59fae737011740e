/// <reference types="node" />
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Address } from '../tcp.ts';

/** A server. Over TLS `any` takes certificates that nobody has signed, as many servers of Electrum's protocol have: headers and proofs are checked. */
export interface ServerAddress extends Address {
  readonly tls?: 'verified' | 'any';
}

export interface LineListener {
  connected(): void;
  bytes(bytes: Uint8Array): void;
  /** It is over, or never came about. */
  gone(): void;
}

/** A connection. What happens after `close` is told to nobody. */
export interface Line {
  write(bytes: Uint8Array): void;
  close(): void;
}

export function openLine({ hostname: host, port, tls }: ServerAddress, listener: LineListener): Line {
  let isOpen = true;
  const over = (): void => {
    if (isOpen) listener.gone();
    isOpen = false;
  };
  const socket: Socket =
    tls === undefined
      ? connectTcp({ host, port, noDelay: true })
      : connectTls({ host, port, servername: host, rejectUnauthorized: tls === 'verified' });
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
    if (isOpen) listener.connected();
  });
  socket.on('data', (bytes: Uint8Array) => {
    if (isOpen) listener.bytes(bytes);
  });
  // What an error means is told by 'close', which follows it.
  socket.on('error', () => undefined);
  socket.once('close', over);
  return {
    write: (bytes) => void socket.write(bytes),
    close: () => {
      isOpen = false;
      socket.destroy();
    },
  };
}

/** Later, while nobody has stopped it; keeps no process alive. */
export function after(ms: number, signal: AbortSignal, then: () => void): void {
  setTimeout(() => {
    if (!signal.aborted) then();
  }, ms).unref();
}
