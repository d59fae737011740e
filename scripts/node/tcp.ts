/// <reference types="node" />
import { connect as connectTcp, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';
import type { PublicKey } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { RemoteAddress } from '../../core/peers/peers-vocabulary.ts';
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
    host.attach(socket, socket, undefined, remoteOf(socket)).catch(() => undefined);
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

function remoteOf({ remoteAddress, remotePort }: Socket): RemoteAddress | undefined {
  return remoteAddress === undefined || remotePort === undefined ? undefined : { ip: toHex(ipBytes(remoteAddress)), port: remotePort };
}

/** Of an address as Node.js tells it: 4 bytes, or 16. */
export function ipBytes(text: string): Uint8Array {
  const [address = ''] = text.split('%');
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = address.split('::');
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 16 - before.length - after.length;
  return Uint8Array.from([...before, ...Array.from({ length: zeros }, () => 0), ...after]);
}

/** The bytes of groups between colons, of which the last may be an IPv4 address. */
function groups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
