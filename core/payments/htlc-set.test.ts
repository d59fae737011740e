import { describe, expect, it } from 'vitest';
import { bytes32, preimageOf } from '../node/pair.fixture.ts';
import type { AddUpdate } from '../channel/model/state.ts';
import type { Receive } from '../onion/instruction.ts';
import { faultOfKeysend, join, MAX_SET_PARTS } from './htlc-set.ts';
import type { HtlcSet } from './htlc-set.ts';

const { paymentHash, preimage } = preimageOf(1);
const instruction: Receive = {
  kind: 'receive',
  amountMsat: 1n,
  cltvExpiry: 100,
  totalMsat: 1_000n,
  paymentSecret: undefined,
  paymentMetadata: undefined,
  keysendPreimage: preimage,
  pathId: undefined,
  customRecords: [],
};

function add(id: bigint): AddUpdate {
  return { kind: 'add', offerer: 'opener', id, amountMsat: 1n, paymentHash, cltvExpiry: 100, onion: new Uint8Array(1366) };
}

describe('a set of HTLCs', () => {
  it('ties up so many HTLCs and no more', () => {
    let set: HtlcSet | undefined;
    for (let i = 0; i <= MAX_SET_PARTS; i++) {
      const joined = join(set, { channelId: bytes32(1), add: add(BigInt(i)), amountMsat: 1n }, instruction, 0);
      if ('set' in joined) set = joined.set;
      else expect(joined).toMatchObject({ refused: { rule: 'receive.too_many_parts' }, whole: true });
    }
    expect(set?.parts).toHaveLength(MAX_SET_PARTS);
  });
});

describe('a payment that nobody has asked for', () => {
  it.each([
    ['receive.keysend_parts', instruction, 0],
    ['receive.final_expiry', { ...instruction, totalMsat: 1n }, 90],
    [undefined, { ...instruction, totalMsat: 1n }, 80],
  ] as const)('is one HTLC that leaves time to claim it (%s)', (rule, asked, height) => {
    expect(faultOfKeysend(undefined, add(0n), asked, 20, { nowMs: 0, height })?.rule).toBe(rule);
  });
});
