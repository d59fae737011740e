/// <reference types="node" />
import { Duplex, PassThrough } from 'node:stream';
import { DemoChain, DemoNode } from './demo-node.ts';
import { openPayClose } from './open-pay-close.ts';

/** The same over a plain byte pipe, as a serial line is one: a stream of bytes each way, and nothing else. */
export async function overPipe(): Promise<readonly (bigint | undefined)[]> {
  const chain = new DemoChain();
  const [alice, bob] = [new DemoNode(chain), new DemoNode(chain)];
  const [there, back] = [new PassThrough(), new PassThrough()];
  const accepted = bob.host.attach(Duplex.from({ readable: there, writable: back }));
  await Promise.all([accepted, alice.host.attach(Duplex.from({ readable: back, writable: there }), bob.host.nodeId)]);
  const balances = await openPayClose(chain, alice, bob);
  alice.host.stop();
  return balances;
}
