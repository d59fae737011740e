import { describe, expect, it } from 'vitest';
import type { Signature } from '../../crypto/bytes.ts';
import { complaint, Duo, P2WPKH_A } from '../duo.fixture.ts';
import type { CommitmentFormat } from '../../transactions/types.ts';
import { feerateOutOfBounds } from './update-fee.ts';
import type { ChannelConfig } from '../model/channel-vocabulary.ts';
import { add, addCommand, expectHungUp, expectQuiet, expectRefused, fail, fee, messages, refusalOf } from '../updates.fixture.ts';

const manual: Partial<ChannelConfig> = { commit: 'manual' };

function feeMessage(duo: Duo, feeratePerKw: number) {
  return { type: 'update_fee', channelId: duo.channelId, feeratePerKw } as const;
}

function feeCommand(duo: Duo, feeratePerKw: number) {
  return { kind: 'fee', channelId: duo.channelId, feeratePerKw } as const;
}

describe('feerateOutOfBounds', () => {
  const { env } = new Duo().ends.opener;
  const bounds = (estimate: number, format: CommitmentFormat = 'static_remotekey', before?: number) => {
    const judged = { ...env, feeratePerKw: estimate };
    return (feeratePerKw: number) => feerateOutOfBounds(judged, format, feeratePerKw, before);
  };

  it('is a share of our own estimate, and at least the minimum', () => {
    const around = bounds(2500);
    expect([around(625), around(25_000)]).toEqual([undefined, undefined]);
    expect(around(624)).toBe('624 is below 625');
    expect(around(25_001)).toBe('25001 is above 25000');
    const low = bounds(300);
    expect([low(253), low(3000)]).toEqual([undefined, undefined]);
    expect(low(252)).toBe('252 is below 253');
    expect(low(3001)).toBe('3001 is above 3000');
    // An estimate below the minimum still leaves room above it.
    expect(bounds(100)(2530)).toBeUndefined();
    expect(bounds(100)(2531)).toBe('2531 is above 2530');
  });

  it('with anchors is bounded from below by what a mempool takes alone, at any estimate', () => {
    for (const estimate of [300, 2500, 200_000]) {
      expect(bounds(estimate, 'anchors')(253)).toBeUndefined();
      expect(bounds(estimate, 'anchors')(252)).toBe('252 is below 253');
    }
  });

  it('is asked of what makes things worse: a step towards the bounds is taken from wherever it comes', () => {
    const [low, high] = [bounds(20_000, 'static_remotekey', 2500), bounds(253, 'static_remotekey', 9000)];
    expect([low(4000), low(2501)]).toEqual([undefined, undefined]);
    expect([low(2500), low(2499)]).toEqual(['2500 is below 5000', '2499 is below 5000']);
    expect([high(8999), high(2531)]).toEqual([undefined, undefined]);
    expect([high(9000), high(9001)]).toEqual(['9000 is above 2530', '9001 is above 2530']);
    // No message carries them, however high the estimate.
    for (const feerate of [2 ** 32, 2500.5, NaN]) expect(bounds(2 ** 31)(feerate)).toBe(`${feerate} is no u32`);
    expect(bounds(2 ** 31)(2 ** 32 - 1)).toBeUndefined();
    // Past the other bound it makes things worse again.
    expect(low(200_001)).toBe('200001 is above 200000');
    expect(high(252)).toBe('252 is below 253');
  });
});

describe('the command fee', () => {
  it('appends to our log and sends the same', () => {
    const duo = new Duo({ opener: manual }).open();
    expect(messages(fee(duo, 3000))).toEqual([feeMessage(duo, 3000)]);
    expect(duo.funded('opener').shared.logs).toEqual({ opener: [{ kind: 'fee', feeratePerKw: 3000 }], accepter: [] });
    duo.command('opener', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base.feeratePerKw).toBe(3000);
  });

  it('is refused to the accepter, out of bounds, and without connection', () => {
    const duo = new Duo().open();
    expectRefused(duo, 'accepter', feeCommand(duo, 3000), 'update_fee.not_opener');
    expectRefused(duo, 'opener', feeCommand(duo, 252), 'update_fee.feerate_per_kw');
    expectRefused(duo, 'opener', feeCommand(duo, 25_001), 'update_fee.feerate_per_kw');
    expect(refusalOf(fee(duo, 25_000))).toBeUndefined();
    duo.input('opener', { kind: 'disconnected' });
    expectRefused(duo, 'opener', feeCommand(duo, 3000), 'channel.not_connected');
    duo.input('opener', { kind: 'connected' });
    expectRefused(duo, 'opener', feeCommand(duo, 3000), 'channel.reestablishing');
  });

  it('must leave the reserve, with one more HTLC on the dearer commitment', () => {
    // At 5000 per kw: 5620 sat, 860 for an HTLC, 660 for anchors, and a reserve of 10,000.
    const exact = new Duo({ command: { pushMsat: 982_860_000n } }).open();
    expect(refusalOf(fee(exact, 5000))).toBeUndefined();
    exact.exchange();
    expectQuiet(exact);
    const short = new Duo({ command: { pushMsat: 982_860_001n } }).open();
    expectRefused(short, 'opener', feeCommand(short, 5000), 'update_fee.affordable');
  });

  it('is refused once shutdown is complete and no HTLC is left, not before', () => {
    const duo = new Duo().open();
    add(duo, 'accepter', 1);
    duo.exchange();
    duo.command('accepter', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    expect(refusalOf(fee(duo, 2600))).toBeUndefined();
    duo.exchange();
    expect(refusalOf(fee(duo, 2700))).toBeUndefined();
    duo.exchange();
    fail(duo, 'opener', 0n);
    // The HTLC is still in the commitment that the accepter has not revoked.
    expect(refusalOf(fee(duo, 2800))).toBeUndefined();
    duo.exchange();
    expectRefused(duo, 'opener', feeCommand(duo, 2900), 'update_fee.channel_at_its_end');
  });

  it('is refused after our own shutdown where no HTLC is left, although the peer has not answered it', () => {
    const duo = new Duo().open();
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    expect(duo.funded('opener').closing).toMatchObject({ sent: P2WPKH_A, received: undefined });
    expectRefused(duo, 'opener', feeCommand(duo, 2600), 'update_fee.channel_at_its_end');
    // The peer's alone forbids us nothing, as long as ours has not gone.
    const waiting = new Duo({ opener: { commit: 'manual' } }).open();
    fee(waiting, 2600);
    waiting.message('opener', { type: 'shutdown', channelId: waiting.channelId, scriptPubkey: P2WPKH_A });
    expect(waiting.funded('opener').closing).toMatchObject({ sent: undefined, received: P2WPKH_A });
    expect(refusalOf(fee(waiting, 2700))).toBeUndefined();
  });

  it('without anchors must not trim more than max_dust_htlc_exposure_msat when it rises', () => {
    const trims = (format: 'anchors' | 'static_remotekey', maxDustHtlcExposureMsat: bigint): Duo => {
      const duo = new Duo({ opener: { maxDustHtlcExposureMsat }, command: { format } }).open();
      // Untrimmed at 2500 per kw, where HTLC-success costs 1757 sat; at 3000 it costs 2109 sat.
      add(duo, 'opener', 1, { amountMsat: 2_200_000n });
      duo.exchange();
      return duo;
    };
    const over = trims('static_remotekey', 2_199_999n);
    expectRefused(over, 'opener', feeCommand(over, 3000), 'update_fee.max_dust_htlc_exposure_msat');
    expect(refusalOf(fee(over, 2500))).toBeUndefined();
    expect(refusalOf(fee(over, 2400))).toBeUndefined();
    expect(refusalOf(fee(trims('static_remotekey', 2_200_000n), 3000))).toBeUndefined();
    expect(refusalOf(fee(trims('anchors', 0n), 3000))).toBeUndefined();
    // Where the peer's HTLCs are too much dust already, and not yet to be failed, what does not raise the feerate makes nothing worse.
    const opener = { maxDustHtlcExposureMsat: 0n, commit: 'manual' } as const;
    const dusty = new Duo({ opener, command: { format: 'static_remotekey' } }).open();
    add(dusty, 'accepter', 1, { amountMsat: 300_000n });
    dusty.exchange();
    expectRefused(dusty, 'opener', feeCommand(dusty, 2501), 'update_fee.max_dust_htlc_exposure_msat');
    expect(refusalOf(fee(dusty, 2500))).toBeUndefined();
    expect(refusalOf(fee(dusty, 2499))).toBeUndefined();
  });
});

describe('update_fee', () => {
  it('is taken into the opener’s log', () => {
    const duo = new Duo().open();
    expect(duo.message('accepter', feeMessage(duo, 3000))).toEqual([]);
    expect(duo.funded('accepter').shared.logs).toEqual({ opener: [{ kind: 'fee', feeratePerKw: 3000 }], accepter: [] });
  });

  it('comes from the opener, and within bounds', () => {
    const wrongWay = new Duo().open();
    expectHungUp(wrongWay, 'opener', feeMessage(wrongWay, 3000), 'update_fee.not_opener');
    for (const feeratePerKw of [0, 252, 25_001, 0xffffffff]) {
      const duo = new Duo().open();
      expectHungUp(duo, 'accepter', feeMessage(duo, feeratePerKw), 'update_fee.feerate_per_kw');
    }
    const duo = new Duo().open();
    duo.message('accepter', feeMessage(duo, 253));
    duo.message('accepter', feeMessage(duo, 25_000));
    expect(duo.funded('accepter').shared.logs.opener).toHaveLength(2);
  });

  it('may come nearer to our estimate in steps, each judged by the one before', () => {
    const duo = new Duo({ command: { format: 'static_remotekey' } }).open();
    duo.ends.accepter.env = { ...duo.ends.accepter.env, feeratePerKw: 20_000 };
    for (const step of [4000, 4500]) expect(duo.message('accepter', feeMessage(duo, step))).toEqual([]);
    expectHungUp(duo, 'accepter', feeMessage(duo, 4400), 'update_fee.feerate_per_kw');
  });

  it('fails no channel for the dust that it exposes', () => {
    const duo = new Duo({ accepter: { maxDustHtlcExposureMsat: 0n }, command: { format: 'static_remotekey' } }).open();
    add(duo, 'opener', 1, { amountMsat: 2_200_000n });
    duo.exchange();
    expect(duo.message('accepter', feeMessage(duo, 3000))).toEqual([]);
  });

  it('may cross our last revoke_and_ack after shutdown, but not follow the opener’s closing_signed', () => {
    const duo = new Duo({ opener: { feerateTolerancePercent: { min: 25, max: 1000 } } }).open();
    add(duo, 'opener', 1);
    duo.exchange();
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.exchange();
    fail(duo, 'accepter', 0n);
    // Removal and signature; the opener revokes and signs; the accepter's revocation is on its way.
    duo.deliver('accepter');
    duo.deliver('accepter');
    expect(refusalOf(fee(duo, 3000))).toBeUndefined();
    expect(duo.ends.opener.outgoing.map((m) => m.type)).toEqual(['revoke_and_ack', 'commitment_signed', 'update_fee']);
    for (let i = 0; i < 3; i++) duo.deliver('opener');
    expect(duo.funded('accepter').shared.logs.opener).toEqual([{ kind: 'fee', feeratePerKw: 3000 }]);
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base.feeratePerKw).toBe(3000);
    expect(duo.funded('accepter').closing.tx).toEqual(duo.funded('opener').closing.tx);
    expect(complaint(duo.message('accepter', feeMessage(duo, 3500)))).toMatch(
      /^warning update_fee\.channel_at_its_end: the opener has begun to negotiate/,
    );
  });
});

describe('a fee and an HTLC that cross and leave the opener short', () => {
  /** The opener has 23,620 sat: a reserve of 10,000, 660 for anchors, and 12,960 for fees. */
  function crossing(): Duo {
    const duo = new Duo({ opener: manual, command: { pushMsat: 1_000_000_000n - 23_620_000n } }).open();
    expect(refusalOf(fee(duo, 10_000))).toBeUndefined();
    for (let n = 1; n <= 23; n++) expect(refusalOf(add(duo, 'accepter', n, { amountMsat: 1_000_000n }))).toBeUndefined();
    expectRefused(duo, 'accepter', addCommand(duo, 24, { amountMsat: 1_000_000n }), 'update_add_htlc.channel_reserve_satoshis');
    return duo;
  }

  it('are nobody’s fault, and the fee is what the opener has', () => {
    const duo = crossing();
    duo.exchange();
    duo.command('opener', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    duo.command('opener', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    expectQuiet(duo);
    const { channelId, shared } = duo.funded('accepter');
    expect(shared.base.htlcs.accepter).toHaveLength(23);
    expect(shared.base.balanceMsat.opener).toBe(23_620_000n);
    // 11,240 sat and 1720 for each HTLC would be 50,800.
    expect(shared.base.feeratePerKw).toBe(10_000);
    for (const side of ['opener', 'accepter'] as const) {
      duo.command(side, { kind: 'force_close', channelId });
      const { state } = duo.ends[side];
      if (state.phase !== 'failed') throw new Error(state.phase);
      const paid = 1_000_000n - (state.failure.commitmentToBroadcast?.outputs ?? []).reduce((sum, o) => sum + o.amountSat, 0n);
      expect(paid).toBe(23_620n - 660n);
    }
  });
});

describe('a fee that the opener could not afford when it sent it', () => {
  it('ends the connection when it is committed', () => {
    // The opener has 13,900 sat. 11,780 per kw cost 13,240 sat and 660 for anchors, 11,781 cost 13,241.
    for (const [feeratePerKw, rule] of [
      [11_780, 'commitment_signed.signature'],
      [11_781, 'update_fee.affordable'],
    ] as const) {
      const duo = new Duo({ command: { pushMsat: 986_100_000n } }).open();
      expect(duo.message('accepter', feeMessage(duo, feeratePerKw))).toEqual([]);
      const signature = '00'.repeat(64) as Signature;
      expectHungUp(duo, 'accepter', { type: 'commitment_signed', channelId: duo.channelId, signature, htlcSignatures: [] }, rule);
    }
  });
});
