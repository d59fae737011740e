/// <reference types="node" />
import { connect as connectTcp, createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import type { PublicKey } from '../../core/crypto/bytes.ts';
import type { Host } from './host.ts';

/** Where a node listens; port 0 lets the system choose one. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** Takes connections for a node. Resolves when it listens; close the server to stop taking more. Rejects when the address can't be had. */
export async function listen(host: Host, { hostname, port }: Address): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ noDelay: true }, (socket) => {
    // A stranger who comes to nothing is nobody's failure; `hungUp` tells of it.
    host.attach(socket, socket).catch(() => undefined);
  });
  server.listen(port, hostname);
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : port };
}

/** Connects to a node. Resolves when its init has come; rejects when there is no connection, or it comes to nothing. */
export async function connect(host: Host, nodeId: PublicKey, { hostname, port }: Address): Promise<void> {
  const socket = connectTcp({ host: hostname, port, noDelay: true });
  await once(socket, 'connect');
  await host.attach(socket, socket, nodeId);
}
