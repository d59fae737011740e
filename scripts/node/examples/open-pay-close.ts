import type { DemoChain, DemoNode } from './demo-node.ts';

/** What two connected nodes are there for. Returns what each had at the end, in millisatoshi, before the fee of closing. */
export async function openPayClose(chain: DemoChain, alice: DemoNode, bob: DemoNode): Promise<readonly (bigint | undefined)[]> {
  alice.open(bob.host.nodeId, 1_000_000n);
  const channelId = await alice.happens('opened');
  await bob.happens('opened');
  chain.mine(3);
  await Promise.all([alice.happens('channel_usable'), bob.happens('channel_usable')]);

  alice.pay(channelId, bob.invoice(), 25_000_000n);
  await alice.happens('payment_sent');
  bob.pay(channelId, alice.invoice(), 5_000_000n);
  await bob.happens('payment_sent');

  alice.close(channelId);
  await Promise.all([alice.happens('broadcast closing'), bob.happens('broadcast closing')]);
  const balances = [alice.balanceMsat(channelId), bob.balanceMsat(channelId)];
  chain.mine(1);
  await Promise.all([alice.happens('channel_closed'), bob.happens('channel_closed')]);
  return balances;
}
