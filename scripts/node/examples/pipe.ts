/// <reference types="node" />
import { PassThrough } from 'node:stream';
import { DemoChain, DemoNode } from './demo-node.ts';
import { openPayClose } from './open-pay-close.ts';

/** The same over a plain byte pipe, as a serial line is one: a stream of bytes each way, and nothing else. */
export async function overPipe(): Promise<readonly (bigint | undefined)[]> {
  const chain = new DemoChain();
  const [alice, bob] = [new DemoNode(chain), new DemoNode(chain)];
  const [there, back] = [new PassThrough(), new PassThrough()];
  await Promise.all([bob.host.attach(there, back), alice.host.attach(back, there, bob.host.nodeId)]);
  const balances = await openPayClose(chain, alice, bob);
  alice.host.stop();
  return balances;
}
