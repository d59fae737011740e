import { describe, expect, it } from 'vitest';
import { ownPayment } from '../../../core/channel/model/origin.ts';
import type { Hash32 } from '../../../core/crypto/bytes.ts';
import { policyOf } from '../../scenario/channel-config.ts';
import type { Driver } from '../../scenario/types.ts';
import { startWorld } from '../run.fixture.ts';
import { overspending } from './overspending.ts';

const ALLOWED_MSAT = 100_000_000n;
const world = startWorld({ seed: 'overspending', oracles: [] });
const channelId = world.idOf('c');

/** A copy of A that takes whatever is not more than this. */
function taking(mostMsat: bigint): Driver {
  const { driver } = world.host('A');
  const channels = (): ReturnType<NonNullable<Driver['channels']>> => driver.channels?.() ?? new Map();
  const node: Driver = {
    nodeId: driver.nodeId,
    channels,
    step: (input) => {
      const refused = input.kind !== 'command' || input.command.kind !== 'add' || input.command.amountMsat > mostMsat;
      return refused ? [{ kind: 'refused', command: 'add', channelId, rule: 'update_add_htlc.channel_reserve_satoshis', detail: '' }] : [];
    },
    fork: () => node,
  };
  return node;
}

function kindOf(beyondMsat: bigint): string | undefined {
  if (channelId === undefined) throw new Error('there is no channel');
  const add = {
    kind: 'add',
    channelId,
    origin: ownPayment(''),
    amountMsat: ALLOWED_MSAT + 1n,
    paymentHash: 'cd'.repeat(32) as Hash32,
    cltvExpiry: 500,
    onion: new Uint8Array(1366),
  } as const;
  const found = overspending(world, 'A', taking(ALLOWED_MSAT + beyondMsat), add);
  expect([found?.allowedMsat, found?.offeredMsat]).toEqual([ALLOWED_MSAT, ALLOWED_MSAT + beyondMsat]);
  return found?.kind;
}

/** BOLT 3: the fee of a commitment with anchors, in msat. */
function feeMsat(multiple: number, htlcs: number): bigint {
  return ((2500n * BigInt(multiple) * (1124n + 172n * BigInt(htlcs))) / 1000n) * 1000n;
}

describe('how far a node goes beyond what it may offer', () => {
  const { feeSpikeMultiple } = policyOf({}, []);
  const buffered = feeMsat(feeSpikeMultiple, 2);
  it.each([
    ['obeyed-without-anchors', 660_000n],
    ['obeyed-without-fee', buffered],
    ['obeyed-without-fee', buffered + 660_000n],
    ['obeyed-without-htlc-fee', buffered - feeMsat(feeSpikeMultiple, 1)],
    ['obeyed-without-htlc-fee', buffered - feeMsat(feeSpikeMultiple, 0)],
    ['obeyed-without-fee-spike-buffer', buffered - feeMsat(1, 2)],
    ['obeyed-without-fee-spike-buffer', buffered - feeMsat(1, 0)],
    ['obeyed-without-reserve', 10_000_000n],
    ['obeyed-without-reserve', 9_990_000n],
    ['obeyed', 1n],
  ])('%s', (kind, beyond) => {
    expect(kindOf(beyond)).toBe(kind);
  });
});
