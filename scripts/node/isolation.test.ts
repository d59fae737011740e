import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { ownPayment } from '../../core/channel/model/origin.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import { counted } from '../../core/crypto/counted.fixture.ts';
import { createNobleCrypto } from '../../core/crypto/noble.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';

type Core = typeof import('../../core/node/pair.fixture.ts');

/** The whole core once more, with whatever its modules keep. */
async function load(prepare: () => void = () => undefined): Promise<Core> {
  vi.resetModules();
  prepare();
  return import('../../core/node/pair.fixture.ts');
}

/** Two nodes open a channel, pay both ways, restart, pay again and close: every byte that each sent, and all that it asked of its provider. */
function session(coreA: Core, coreB: Core, createCrypto: () => Crypto): readonly unknown[] {
  const counts = [new Map<string, number>(), new Map<string, number>()] as const;
  const providers = counts.map((each) => counted(createCrypto(), each)) as [Crypto, Crypto];
  const nodes = [new coreA.TestNode(providers[0], 0x0a), new coreB.TestNode(providers[1], 0x0b)] as const;
  const pair = new coreA.Pair({ nodes });
  pair.connect();
  const channelId = pair.open();
  const pay = (from: 0 | 1, n: number): void => {
    const { preimage, paymentHash } = coreA.preimageOf(n);
    const onion = new Uint8Array(1366);
    nodes[from].command({
      kind: 'add',
      channelId,
      origin: ownPayment(coreA.bytes32(n)),
      amountMsat: 5_000_000n,
      paymentHash,
      cltvExpiry: 500,
      onion,
    });
    pair.exchange();
    nodes[1 - from]?.command({ kind: 'fulfill', channelId, id: BigInt(from === 0 ? (n - 1) >> 1 : (n - 2) >> 1), preimage });
    pair.exchange();
  };
  for (let n = 1; n <= 4; n++) pay(n % 2 === 1 ? 0 : 1, n);
  pair.disconnect();
  for (const node of nodes) node.restart();
  pair.connect();
  for (let n = 5; n <= 8; n++) pay(n % 2 === 1 ? 0 : 1, n);
  nodes[0].command({ kind: 'force_close', channelId });
  pair.exchange();
  return nodes.map((node, i) => ({
    sent: node.log.flatMap((effect) => (effect.kind === 'send' ? [toHex(encodeMessage(effect.message))] : [])),
    broadcast: node.log.flatMap((effect) => (effect.kind === 'broadcast' ? [effect.tx] : [])),
    paid: paymentsOf(node).size,
    asked: Object.fromEntries(counts[i as 0 | 1]),
  }));
}

/** Told at least once each: after a restart again. */
function paymentsOf(node: InstanceType<Core['TestNode']>): ReadonlySet<string> {
  const events = node.notifications().flatMap((told) => (told.kind === 'event' ? [told.event] : []));
  return new Set(events.flatMap((event) => (event.kind === 'payment_sent' ? [event.paymentHash] : [])));
}

/** One ring of everybody's scripts, by content: what this project once had. */
function plantSharedRing(): void {
  vi.doMock('../../core/channel/commitments/cache.ts', async (original) => {
    const { ChannelCache } = await original<typeof import('../../core/channel/commitments/cache.ts')>();
    const ring = new Map<string, ReturnType<InstanceType<typeof ChannelCache>['scripts']>>();
    return {
      ChannelCache: class extends ChannelCache {
        override scripts(...[params, funding]: Parameters<InstanceType<typeof ChannelCache>['scripts']>) {
          const known = ring.get(funding.txid) ?? super.scripts(params, funding);
          ring.set(funding.txid, known);
          return known;
        }
      },
    };
  });
}

afterEach(() => {
  vi.doUnmock('../../core/channel/commitments/cache.ts');
  vi.resetModules();
});

describe.each([
  ['fake', createFakeCrypto],
  ['noble', createNobleCrypto],
] as const)('two nodes of one process, %s', (_, createCrypto) => {
  it('send the same bytes and do the same work as each with a core of its own', async () => {
    const [one, other] = [await load(), await load()];
    expect(other.TestNode).not.toBe(one.TestNode);
    const apart = session(one, other, createCrypto);
    const together = session(one, one, createCrypto);
    expect(together).toEqual(apart);
    expect(apart).toMatchObject([{ paid: 4 }, { paid: 4 }]);
    // What came before makes nothing cheaper either.
    expect(session(one, one, createCrypto)).toEqual(apart);
  });
});

describe('one ring that nodes share', () => {
  it('shows as work that the second node did not do', async () => {
    const [one, other] = [await load(plantSharedRing), await load(plantSharedRing)];
    const apart = session(one, other, createFakeCrypto);
    const together = session(one, one, createFakeCrypto);
    expect(together).not.toEqual(apart);
    const sent = (result: readonly unknown[]): unknown => result.map((node) => (node as { readonly sent: unknown }).sent);
    expect(sent(together)).toEqual(sent(apart));
  });
});
