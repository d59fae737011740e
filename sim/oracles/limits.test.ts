import { describe, expect, it } from 'vitest';
import type { ChannelState, Party, FundingOutput } from '../../core/channel/model/state.ts';
import { createLimits } from './limits.ts';
import { hasCommitments } from '../world/channel-changes.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';

function run(tampering: Tampering | undefined, options: Partial<RunSpec> = {}, seeds = 4): readonly string[] {
  const planted = tampering === undefined ? {} : { driver: tampered(tampering) };
  const oracles = [createLimits({ trySendable: true })];
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, oracles, ...planted, ...options }).finding);
}

/** Both show that they had announced something else than what their core works with. */
function announced({ channelReserveSat, ...edit }: Partial<Party> & { readonly channelReserveSat?: bigint }): Tampering {
  return {
    state: (state: ChannelState) => {
      if (!hasCommitments(state)) return state;
      const { opener, accepter } = state.params.parties;
      const reserved = (output: FundingOutput): FundingOutput =>
        channelReserveSat === undefined ? output : { ...output, reserveSat: { opener: channelReserveSat, accepter: channelReserveSat } };
      const fundings = state.fundings.map((funding) => ({ ...funding, output: reserved(funding.output) }));
      return {
        ...state,
        fundings,
        params: { ...state.params, parties: { opener: { ...opener, ...edit }, accepter: { ...accepter, ...edit } } },
      };
    },
  };
}

describe('limits', () => {
  it('finds nothing between honest nodes, small limits included', () => {
    expect(run(undefined, { operations: [...CALM, ...FAULTS, 'shutdown'] }, 5)).toEqual([]);
    const small = {
      config: { maxAcceptedHtlcs: 2, maxHtlcValueInFlightMsat: '20000000', htlcMinimumMsat: '5000', maxDustHtlcExposureMsat: '3000000' },
    };
    for (const format of ['anchors', 'static_remotekey'] as const) {
      expect(run(undefined, { nodes: [small, small], operations: ['pay', 'fulfill', 'fee'], format }, 5)).toEqual([]);
    }
  });

  it('knows every limit of BOLT 2', () => {
    const only = (edit: Parameters<typeof announced>[0]): readonly string[] =>
      run(announced(edit), { operations: ['pay', 'fulfill', 'fee'] });
    expect(only({ maxAcceptedHtlcs: 0 })).toEqual(['limits/update_add_htlc.max_accepted_htlcs/exceeded']);
    expect(only({ maxHtlcValueInFlightMsat: 0n })).toEqual(['limits/update_add_htlc.max_htlc_value_in_flight_msat/exceeded']);
    expect(only({ htlcMinimumMsat: 10n ** 12n })).toEqual(['limits/update_add_htlc.htlc_minimum_msat/exceeded']);
    expect(only({ channelReserveSat: 990_000n })).toEqual(['limits/update_add_htlc.channel_reserve_satoshis/exceeded']);
    expect(only({ dustLimitSat: 10n ** 9n })).toContain('limits/update_add_htlc.max_dust_htlc_exposure_msat/exceeded');
  });

  it('judges which HTLCs a node fails for their dust', () => {
    const little = { config: { dustLimitSat: '5000', maxDustHtlcExposureMsat: '300000' } };
    // The payer would offer more.
    const options = { nodes: [{}, little], operations: ['pay', 'fulfill', 'fail', 'disconnect', 'connect', 'crash', 'restart'] };
    const flags = new Set<boolean>();
    const onStep: RunSpec['onStep'] = ({ effects }) => {
      for (const effect of effects)
        if (effect.kind === 'notify' && effect.event.kind.startsWith('htlc')) flags.add(effect.event.kind === 'htlc_failed');
    };
    expect(run(undefined, { ...options, onStep }, 30)).toEqual([]);
    expect(flags).toEqual(new Set([true, false]));
    const claim = (isDust: boolean): NonNullable<Tampering['effect']> => {
      return (effect) => {
        if (effect.kind !== 'notify' || (effect.event.kind !== 'htlc_received' && effect.event.kind !== 'htlc_failed')) return effect;
        const { add } = effect.event;
        const failed = { kind: 'htlc_failed', add, rule: 'update_fulfill_htlc.dust', reason: '' } as const;
        return { ...effect, event: isDust ? failed : { kind: 'htlc_received', add } };
      };
    };
    const rule = 'limits/update_add_htlc.max_dust_htlc_exposure_msat';
    expect(run({ effect: claim(true) }, options, 30)).toEqual([`${rule}/failed-for-dust-that-fits`]);
    expect(run({ effect: claim(false) }, options, 30)).toEqual([`${rule}/presented-too-much-dust`]);
  });

  it('asks a node to send what it calls sendable', () => {
    const more = run({ sendable: ({ minMsat, maxMsat }) => ({ minMsat, maxMsat: maxMsat + 1_000_000n }) }, { operations: CALM });
    expect(more.length).toBeGreaterThan(0);
    for (const fingerprint of more) expect(fingerprint).toMatch(/^limits\/update_add_htlc\.\w+\/refused-the-most$/);
    const less = run({ sendable: ({ maxMsat }) => ({ minMsat: 0n, maxMsat }) }, { operations: CALM });
    expect(less).toEqual(['limits/update_add_htlc.amount_msat/refused-the-least']);
  });
});
