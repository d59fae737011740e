import { connect, listen } from '../tcp.ts';
import { DemoChain, DemoNode } from './demo-node.ts';
import { openPayClose } from './open-pay-close.ts';

/** Two nodes open a channel, pay, and close over TCP on the loopback address. */
export async function overTcp(): Promise<readonly (bigint | undefined)[]> {
  const chain = new DemoChain();
  const [alice, bob] = [new DemoNode(chain), new DemoNode(chain)];
  const { server, port } = await listen(bob.host, { hostname: '127.0.0.1', port: 0 });
  await connect(alice.host, bob.host.nodeId, { hostname: '127.0.0.1', port });
  const balances = await openPayClose(chain, alice, bob);
  alice.host.stop();
  server.close();
  return balances;
}
