import { describe, expect, it } from 'vitest';
import type { Side } from '../../transactions/types.ts';
import { Duo, P2WPKH_A } from '../duo.fixture.ts';
import { add, addCommand, expectRefused, refusalOf } from '../updates.fixture.ts';
import { sendable } from './sendable.ts';
import type { Sendable } from './sendable.ts';

function rangeOf(duo: Duo, side: Side): Sendable | undefined {
  return sendable(duo.ends[side].env, duo.funded(side));
}

/** Both ends of the range are taken, and nothing just beyond them. */
function expectRange(make: () => Duo, side: Side, minMsat: bigint, maxMsat: bigint): void {
  expect(rangeOf(make(), side)).toEqual({ minMsat, maxMsat });
  for (const amountMsat of [minMsat, maxMsat]) expect(refusalOf(add(make(), side, 1, { amountMsat }))).toBeUndefined();
  const duo = make();
  for (const amountMsat of [minMsat - 1n, maxMsat + 1n]) {
    const before = duo.ends[side].state;
    expect(refusalOf(add(duo, side, 1, { amountMsat }))).toBeDefined();
    expect(duo.ends[side].state).toBe(before);
  }
}

describe('sendable', () => {
  it('leaves the opener its reserve, anchors, and the fee of two HTLCs at twice the feerate', () => {
    // 10,000 + 660 + (1124 + 2 * 172) * 5000 / 1000 = 18,000 sat of 700,000.
    expectRange(() => new Duo().open(), 'opener', 1n, 682_000_000n);
  });

  it('leaves the accepter its reserve', () => {
    expectRange(() => new Duo().open(), 'accepter', 1n, 290_000_000n);
  });

  it('is nothing to the accepter where the opener cannot pay for one more HTLC', () => {
    // 10,000 + 660 + (1124 + 172) * 2500 / 1000 = 13,900 sat.
    const pays = (openerMsat: bigint): Duo => new Duo({ command: { pushMsat: 1_000_000_000n - openerMsat } }).open();
    expectRange(() => pays(13_900_000n), 'accepter', 1n, 976_100_000n);
    expect(rangeOf(pays(13_899_999n), 'accepter')).toBeUndefined();
  });

  it('keeps to what the receiver takes', () => {
    const limited = { htlcMinimumMsat: 5_000_000n, maxHtlcValueInFlightMsat: 90_000_000n };
    const make = (): Duo => new Duo({ accepter: limited }).open();
    expectRange(make, 'opener', 5_000_000n, 90_000_000n);
    const used = (): Duo => {
      const duo = make();
      add(duo, 'opener', 9, { amountMsat: 50_000_000n });
      return duo;
    };
    expectRange(used, 'opener', 5_000_000n, 40_000_000n);
    const few = new Duo({ accepter: { maxAcceptedHtlcs: 2 } }).open();
    add(few, 'opener', 1);
    expect(rangeOf(few, 'opener')).toBeDefined();
    add(few, 'opener', 2);
    expect(rangeOf(few, 'opener')).toBeUndefined();
    expectRefused(few, 'opener', addCommand(few, 3), 'update_add_htlc.max_accepted_htlcs');
  });

  it('leaves out what would be too much dust: the small ones, or all above the room that is left', () => {
    const dusty = (maxDustHtlcExposureMsat: bigint): Duo =>
      new Duo({ opener: { maxDustHtlcExposureMsat }, accepter: { dustLimitSat: 1000n } }).open();
    expectRange(() => dusty(999_998n), 'opener', 1_000_000n, 682_000_000n);
    expectRange(() => dusty(999_999n), 'opener', 1n, 682_000_000n);
    // The opener has 500 sat above all that it must keep: less than what is no dust.
    const poor = (maxDustHtlcExposureMsat: bigint): Duo =>
      new Duo({
        opener: { maxDustHtlcExposureMsat },
        accepter: { dustLimitSat: 1000n },
        command: { pushMsat: 1_000_000_000n - 18_500_000n },
      }).open();
    expectRange(() => poor(400_000n), 'opener', 1n, 400_000n);
    expect(rangeOf(poor(0n), 'opener')).toBeUndefined();
  });

  it('is nothing without connection, before channel_ready, and while the channel closes', () => {
    const early = new Duo();
    early.fund();
    expect(rangeOf(early, 'opener')).toBeUndefined();
    const lost = new Duo().open();
    lost.input('opener', { kind: 'disconnected' });
    expect(rangeOf(lost, 'opener')).toBeUndefined();
    lost.input('opener', { kind: 'connected' });
    expect(rangeOf(lost, 'opener')).toBeUndefined();
    const closing = new Duo().open();
    closing.command('opener', { kind: 'shutdown', channelId: closing.channelId, script: P2WPKH_A });
    expect(rangeOf(closing, 'opener')).toBeUndefined();
  });
});
