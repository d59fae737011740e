import { describe, expect, it } from 'vitest';
import type { PublicKey, Script } from '../../crypto/bytes.ts';
import { DEFAULT_CONFIG } from '../../node/config.ts';
import { CHANNEL_TYPE_ANCHORS, CHANNEL_TYPE_STATIC_REMOTEKEY, featuresFromBits, makeFeatures } from '../../wire/features.ts';
import type { AcceptChannel, OpenChannel } from '../../wire/messages/index.ts';
import { bytes32, Duo, envOf, openCommand, P2WPKH_A, sent } from '../duo.fixture.ts';
import type { ChannelConfig, ChannelEnv } from '../model/channel-vocabulary.ts';
import { startOpen } from './opener.ts';
import { paramsOf } from './opening.ts';
import { offeredAccept, offeredOpen, receivedAccept, receivedOpen } from './opening-rules.ts';
import { isRefusal } from '../model/violation.ts';
import type { Violation } from '../model/violation.ts';
import { RULES } from '../../rules.ts';

function messages(): { readonly open: OpenChannel; readonly accept: AcceptChannel } {
  const duo = new Duo();
  duo.negotiate();
  return { open: sent(duo.ends.opener.log, 'open_channel'), accept: sent(duo.ends.accepter.log, 'accept_channel') };
}

const { open, accept } = messages();
const features = makeFeatures({ option_static_remotekey: 'compulsory', option_channel_type: 'compulsory' });
const withUpfront = makeFeatures({ option_upfront_shutdown_script: 'optional', option_anchors: 'optional' });
const dual = makeFeatures({ option_dual_fund: 'optional', option_anchors: 'optional' });
const BAD_POINT = ('02' + '00'.repeat(32)) as PublicKey;
const P2PKH = ('76a914' + 'cc'.repeat(20) + '88ac') as Script;
const P2TR = ('5120' + 'dd'.repeat(32)) as Script;

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _gone, ...rest } = value;
  return rest;
}

interface Case<M> {
  readonly rule: string | undefined;
  readonly what: string;
  readonly change?: Partial<M>;
  readonly drop?: keyof M;
  readonly config?: Partial<ChannelConfig>;
  readonly env?: Partial<ChannelEnv>;
}

/** What is wrong with the message in this case: the name of the rule. */
function judge<M extends object>(
  rules: (env: ChannelEnv, message: M) => Violation | undefined,
  message: M,
  { change, drop, config, env }: Case<M>,
): string | undefined {
  const changed = { ...message, ...change };
  const broken = rules(envOf('accepter', config, env), (drop === undefined ? changed : without(changed, drop)) as M);
  if (broken !== undefined) expect(RULES[broken.rule].consequence).toBe('fail-channel');
  return broken?.rule;
}

/** The opener keeps exactly this much of 1,000,000 sat after 660 sat of anchors and 1124 * 2500 / 1000 of fee. */
const MOST_PUSH = (1_000_000n - 660n - 2810n) * 1000n;

/** Rules for open_channel that bind whoever sends it. */
const openCases: readonly Case<OpenChannel>[] = [
  { rule: undefined, what: 'the usual' },
  { rule: 'open_channel.chain_hash', what: 'another chain', change: { chainHash: bytes32(5) } },
  { rule: undefined, what: 'all that there is', change: { fundingSat: 2_100_000_000_000_000n } },
  { rule: 'open_channel.funding_beyond_supply', what: 'more than there is', change: { fundingSat: 2_100_000_000_000_001n } },
  { rule: undefined, what: 'a large channel', change: { fundingSat: 1n << 24n } },
  {
    rule: 'open_channel.option_support_large_channel',
    what: 'a large channel without the feature',
    change: { fundingSat: 1n << 24n },
    config: { features: withUpfront },
  },
  { rule: undefined, what: 'not quite a large channel', change: { fundingSat: (1n << 24n) - 1n }, config: { features: withUpfront } },
  { rule: 'open_channel.push_msat', what: 'a push of more than there is', change: { pushMsat: 1_000_000_001n } },
  { rule: 'open_channel.initial_fee', what: 'a push of all', change: { pushMsat: 1_000_000_000n } },
  { rule: undefined, what: 'a push that leaves the fee', change: { pushMsat: MOST_PUSH } },
  { rule: 'open_channel.initial_fee', what: 'a push that eats into the fee', change: { pushMsat: MOST_PUSH + 1n } },
  {
    rule: undefined,
    what: 'the same without anchors',
    change: { pushMsat: (1_000_000n - 1810n) * 1000n, channelType: CHANNEL_TYPE_STATIC_REMOTEKEY },
  },
  {
    rule: 'open_channel.initial_fee',
    what: 'one more without anchors',
    change: { pushMsat: (1_000_000n - 1810n) * 1000n + 1n, channelType: CHANNEL_TYPE_STATIC_REMOTEKEY },
  },
  { rule: undefined, what: '483 HTLCs', change: { maxAcceptedHtlcs: 483 } },
  { rule: 'opening.max_accepted_htlcs_too_large', what: '484 HTLCs', change: { maxAcceptedHtlcs: 484 } },
  { rule: 'opening.max_accepted_htlcs_zero', what: 'no HTLC', change: { maxAcceptedHtlcs: 0 } },
  { rule: undefined, what: 'a dust limit of 354', change: { dustLimitSat: 354n } },
  { rule: 'opening.dust_limit_too_small', what: 'a dust limit of 353', change: { dustLimitSat: 353n } },
  { rule: undefined, what: 'the highest dust limit', change: { dustLimitSat: 10_000n } },
  { rule: 'opening.dust_limit_too_large', what: 'too high a dust limit', change: { dustLimitSat: 10_001n, channelReserveSat: 20_000n } },
  { rule: undefined, what: 'a reserve at the dust limit', change: { dustLimitSat: 600n, channelReserveSat: 600n } },
  {
    rule: 'opening.dust_limit_above_reserve',
    what: 'a reserve below the dust limit',
    change: { dustLimitSat: 600n, channelReserveSat: 599n },
  },
  { rule: undefined, what: 'a reserve of half', change: { channelReserveSat: 500_000n } },
  { rule: 'opening.channel_reserve_too_large', what: 'a reserve of more than half', change: { channelReserveSat: 500_001n } },
  { rule: 'opening.htlc_minimum_msat', what: 'a minimum of everything', change: { htlcMinimumMsat: 1_000_000_000n } },
  { rule: undefined, what: 'a minimum equal to the maximum', change: { htlcMinimumMsat: 5000n, maxHtlcValueInFlightMsat: 5000n } },
  {
    rule: 'opening.max_htlc_value_in_flight_msat',
    what: 'a maximum below the minimum',
    change: { htlcMinimumMsat: 5000n, maxHtlcValueInFlightMsat: 4999n },
  },
  ...(
    [
      'fundingPubkey',
      'revocationBasepoint',
      'paymentBasepoint',
      'delayedPaymentBasepoint',
      'htlcBasepoint',
      'firstPerCommitmentPoint',
    ] as const
  ).map((key) => ({ rule: 'opening.invalid_point', what: `${key} is no point`, change: { [key]: BAD_POINT } })),
  { rule: undefined, what: 'the lowest feerate', change: { feeratePerKw: 253 } },
  { rule: 'open_channel.feerate_per_kw', what: 'too low a feerate', change: { feeratePerKw: 252 } },
  { rule: undefined, what: 'the highest feerate', change: { feeratePerKw: 25_000 } },
  { rule: 'open_channel.feerate_per_kw', what: 'too high a feerate', change: { feeratePerKw: 25_001 } },
  { rule: undefined, what: 'static_remotekey', change: { channelType: CHANNEL_TYPE_STATIC_REMOTEKEY } },
  { rule: 'open_channel.channel_type_missing', what: 'no type', drop: 'channelType' },
  { rule: 'open_channel.channel_type', what: 'a type with scid_alias', change: { channelType: featuresFromBits([12, 22, 46]) } },
  { rule: 'open_channel.channel_type', what: 'a zeroconf type', change: { channelType: featuresFromBits([12, 50]) } },
  { rule: 'open_channel.channel_type', what: 'a type that is not minimal', change: { channelType: `00${CHANNEL_TYPE_ANCHORS}` } },
  { rule: 'open_channel.channel_type_not_negotiated', what: 'anchors, which the peer does not have', env: { peerFeatures: features } },
  { rule: 'open_channel.channel_type_not_negotiated', what: 'anchors, which we do not have', config: { features } },
  { rule: 'open_channel.option_dual_fund', what: 'dual funding negotiated', config: { features: dual }, env: { peerFeatures: dual } },
  { rule: undefined, what: 'dual funding on one side', config: { features: dual } },
  // pushed and kept amounts around a reserve of 10,000
  {
    rule: undefined,
    what: 'the opener above the reserve',
    change: { fundingSat: 23_471n, pushMsat: 10_000_000n, channelReserveSat: 10_000n },
  },
  {
    rule: 'opening.balances_below_reserve',
    what: 'both at the reserve but for fractions of a satoshi',
    change: { fundingSat: 23_471n, pushMsat: 10_000_001n, channelReserveSat: 10_000n },
  },
  {
    rule: 'opening.balances_below_reserve',
    what: 'both at the reserve',
    change: { fundingSat: 23_470n, pushMsat: 10_000_000n, channelReserveSat: 10_000n },
  },
  {
    rule: undefined,
    what: 'the accepter above the reserve',
    change: { fundingSat: 23_470n, pushMsat: 10_001_000n, channelReserveSat: 10_000n },
  },
  { rule: 'opening.upfront_shutdown_script_missing', what: 'no upfront script although negotiated', drop: 'upfrontShutdownScript' },
  {
    rule: undefined,
    what: 'no upfront script, not negotiated',
    drop: 'upfrontShutdownScript',
    env: { peerFeatures: makeFeatures({ option_anchors: 'optional' }) },
  },
  { rule: undefined, what: 'an upfront script', change: { upfrontShutdownScript: P2WPKH_A } },
  { rule: undefined, what: 'a taproot upfront script', change: { upfrontShutdownScript: P2TR } },
  {
    rule: 'opening.upfront_shutdown_script',
    what: 'taproot without anysegwit',
    change: { upfrontShutdownScript: P2TR },
    env: { peerFeatures: withUpfront },
  },
  { rule: 'opening.upfront_shutdown_script', what: 'a script of no form', change: { upfrontShutdownScript: '51' as Script } },
];

describe('open_channel, received', () => {
  const only: readonly Case<OpenChannel>[] = [
    { rule: undefined, what: 'a p2pkh upfront script of an old node', change: { upfrontShutdownScript: P2PKH } },
    { rule: 'opening.to_self_delay', what: 'too long a delay', change: { toSelfDelay: 2017 } },
    { rule: undefined, what: 'the longest delay', change: { toSelfDelay: 2016 } },
    { rule: 'open_channel.funding_too_small', what: 'too small', change: { fundingSat: 19_999n, pushMsat: 0n, channelReserveSat: 354n } },
    { rule: undefined, what: 'the smallest', change: { fundingSat: 20_000n, pushMsat: 0n, channelReserveSat: 354n } },
    {
      rule: undefined,
      what: 'a large channel that only we advertise',
      change: { fundingSat: 1n << 24n },
      env: { peerFeatures: withUpfront },
    },
  ];
  it.each([...openCases, ...only])('$what: $rule', (test) => {
    expect(judge(receivedOpen, open, test)).toBe(test.rule);
  });
});

describe('open_channel, offered', () => {
  const only: readonly Case<OpenChannel>[] = [
    { rule: 'opening.upfront_shutdown_script', what: 'a p2pkh upfront script', change: { upfrontShutdownScript: P2PKH } },
    { rule: undefined, what: 'our own long delay', change: { toSelfDelay: 5000 } },
    {
      rule: 'open_channel.option_support_large_channel',
      what: 'a large channel that only we advertise',
      change: { fundingSat: 1n << 24n },
      env: { peerFeatures: withUpfront },
    },
  ];
  it.each([...openCases, ...only])('$what: $rule', (test) => {
    expect(judge(offeredOpen, open, test)).toBe(test.rule);
  });

  it('refuses the command that would break a rule', () => {
    const refused = startOpen(envOf('opener'), openCommand({ pushMsat: 1_000_000_001n }));
    expect(isRefusal(refused) && refused.rule).toBe('open_channel.push_msat');
  });
});

/** Rules for accept_channel that bind whoever sends it. */
const acceptCases: readonly Case<AcceptChannel>[] = [
  { rule: undefined, what: 'the usual' },
  { rule: 'accept_channel.channel_type_missing', what: 'no type', drop: 'channelType' },
  { rule: 'accept_channel.channel_type', what: 'another type', change: { channelType: CHANNEL_TYPE_STATIC_REMOTEKEY } },
  { rule: 'opening.max_accepted_htlcs_too_large', what: '484 HTLCs', change: { maxAcceptedHtlcs: 484 } },
  { rule: 'opening.dust_limit_too_small', what: 'a dust limit of 353', change: { dustLimitSat: 353n } },
  {
    rule: 'opening.dust_limit_above_reserve',
    what: 'a reserve below its own dust limit',
    change: { dustLimitSat: 600n, channelReserveSat: 599n },
  },
  { rule: 'opening.channel_reserve_too_large', what: 'a reserve of more than half', change: { channelReserveSat: 500_001n } },
  { rule: 'opening.htlc_minimum_msat', what: 'a minimum of everything', change: { htlcMinimumMsat: 1_000_000_000n } },
  { rule: 'opening.invalid_point', what: 'no point', change: { htlcBasepoint: BAD_POINT } },
  { rule: 'opening.upfront_shutdown_script_missing', what: 'no upfront script although negotiated', drop: 'upfrontShutdownScript' },
];

describe('what we announce', () => {
  it('is no amount beyond 21 million bitcoin, whatever our policy says', () => {
    for (const [limit, said] of [
      [1n << 64n, 2_100_000_000_000_000_000n],
      [2_100_000_000_000_000_001n, 2_100_000_000_000_000_000n],
      [2_099_999_999_999_999_999n, 2_099_999_999_999_999_999n],
    ] as const) {
      const policy = { maxHtlcValueInFlightMsat: limit };
      const duo = new Duo({ opener: policy, accepter: policy });
      duo.negotiate();
      expect(sent(duo.ends.opener.log, 'open_channel').maxHtlcValueInFlightMsat).toBe(said);
      expect(sent(duo.ends.accepter.log, 'accept_channel').maxHtlcValueInFlightMsat).toBe(said);
    }
  });

  it('refuses a feerate that no message can carry', () => {
    for (const feeratePerKw of [NaN, Infinity, 2500.5, -1, 2 ** 32])
      expect(startOpen(envOf('opener'), openCommand({ feeratePerKw }))).toMatchObject({ rule: 'open_channel.feerate_per_kw' });
  });

  it('gives nothing less than nothing', () => {
    const opened = startOpen(envOf('opener'), openCommand({ pushMsat: -1n }));
    expect('rule' in opened && opened.rule).toBe('open_channel.push_msat');
  });
});

describe('accept_channel, received', () => {
  const only: readonly Case<AcceptChannel>[] = [
    { rule: 'accept_channel.minimum_depth', what: 'too deep', change: { minimumDepth: DEFAULT_CONFIG.maxMinimumDepth + 1 } },
    { rule: undefined, what: 'as deep as we wait', change: { minimumDepth: DEFAULT_CONFIG.maxMinimumDepth } },
    { rule: 'opening.to_self_delay', what: 'too long a delay', change: { toSelfDelay: 2017 } },
  ];
  it.each([...acceptCases, ...only])('$what: $rule', (test) => {
    expect(judge((env, message: AcceptChannel) => receivedAccept(env, open, message), accept, test)).toBe(test.rule);
  });

  it('reserves are no dust to the other side, both ways', () => {
    const env = envOf('opener');
    const broken = (o: Partial<OpenChannel>, a: Partial<AcceptChannel>): string | undefined =>
      receivedAccept(env, { ...open, ...o }, { ...accept, ...a })?.rule;
    expect(broken({ dustLimitSat: 1000n }, { channelReserveSat: 1000n })).toBeUndefined();
    expect(broken({ dustLimitSat: 1000n }, { channelReserveSat: 999n })).toBe('opening.dust_limit_above_reserve');
    expect(broken({ channelReserveSat: 1000n }, { dustLimitSat: 1000n })).toBeUndefined();
    expect(broken({ channelReserveSat: 1000n }, { dustLimitSat: 1001n })).toBe('opening.dust_limit_above_reserve');
  });

  it('one initial balance is over the reserve that the accepter demands', () => {
    const low = { ...open, fundingSat: 23_471n, pushMsat: 10_000_000n, channelReserveSat: 1000n };
    const env = envOf('opener');
    expect(receivedAccept(env, low, { ...accept, channelReserveSat: 10_000n })).toBeUndefined();
    expect(receivedAccept(env, low, { ...accept, channelReserveSat: 10_001n })?.rule).toBe('opening.balances_below_reserve');
  });
});

describe('accept_channel, offered', () => {
  const only: readonly Case<AcceptChannel>[] = [
    { rule: 'opening.upfront_shutdown_script', what: 'a p2pkh upfront script', change: { upfrontShutdownScript: P2PKH } },
    { rule: undefined, what: 'whatever depth we choose', change: { minimumDepth: 1000 } },
  ];
  it.each([...acceptCases, ...only])('$what: $rule', (test) => {
    expect(judge((env, message: AcceptChannel) => offeredAccept(env, open, message), accept, test)).toBe(test.rule);
  });
});

describe('channel_flags', () => {
  it('announce by their lowest bit; those that nobody has defined say nothing', () => {
    const us = { us: 'accepter', peer: BAD_POINT, keysId: bytes32(1) } as const;
    const announced = (channelFlags: number): boolean => paramsOf(envOf('accepter'), us, { ...open, channelFlags }, accept).announce;
    expect([0, 1, 0xfe, 0xff].map(announced)).toEqual([false, true, false, true]);
  });
});
