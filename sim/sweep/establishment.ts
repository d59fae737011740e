import type { ChannelId, Hash32, Hex, PublicKey, Script, Txid } from '../../core/crypto/bytes.ts';
import { CHANNEL_TYPE_ANCHORS, CHANNEL_TYPE_STATIC_REMOTEKEY, hasFeature } from '../../core/wire/features.ts';
import type { OpenChannel } from '../../core/wire/messages/index.ts';
import { ANCHOR_OUTPUT_SAT } from '../model/commitment-contents.ts';
import { NO_POINT, NO_SIGNATURE } from '../violations/commitments.ts';
import { FAIL, FAIL_OR_CLOSE, flipped, WARN } from '../violations/tampering-table.ts';
import type { Scene } from '../violations/tampering-table.ts';
import { extremes, U16, U32, U64 } from './cell.ts';
import type { Asks, EdgesOf } from './cell.ts';

/** BOLT 2, Channel Establishment v1: what each field may be, read off the specification. */

const OP_TRUE = '51' as Script;
export const ZERO_ID = '00'.repeat(32) as ChannelId;
/** BOLT 1, Fundamental Types: all the bitcoins there are, in satoshi. */
const SUPPLY_SAT = 0x0007_75f0_5a07_4000n;
/** BOLT 2: from here on a channel is large. */
const LARGE_SAT = 1n << 24n;
const LEAST_DUST_LIMIT_SAT = 354n;
const MOST_HTLCS = 483;

/** A value, what it is called, and what must happen. */
type Value<V> = readonly [name: string, value: V, asks: Asks];

/** "not valid secp256k1 pubkeys in compressed format". */
const badPoint = (): readonly Value<PublicKey>[] => [['off the curve', NO_POINT, FAIL]];

const points = {
  fundingPubkey: badPoint,
  revocationBasepoint: badPoint,
  paymentBasepoint: badPoint,
  delayedPaymentBasepoint: badPoint,
  htlcBasepoint: badPoint,
  firstPerCommitmentPoint: badPoint,
};

/** A shutdown script that is right, and those that are not, for who has negotiated option_shutdown_anysegwit and not option_simple_close. */
export const SCRIPTS: readonly (readonly [string, Script, boolean])[] = [
  ['p2wpkh', `0014${'d7'.repeat(20)}` as Script, true],
  ['p2wsh', `0020${'d7'.repeat(32)}` as Script, true],
  ['version 1 of 32 bytes', `5120${'d7'.repeat(32)}` as Script, true],
  ['version 1 of 2 bytes', '5102d7d7' as Script, true],
  ['version 16 of 40 bytes', `6028${'d7'.repeat(40)}` as Script, true],
  ['version 1 of 1 byte', '5101d7' as Script, false],
  ['version 1 of 41 bytes', `5129${'d7'.repeat(41)}` as Script, false],
  ['version 0 of 21 bytes', `0015${'d7'.repeat(21)}` as Script, false],
  ['version 1 and one more byte', `5102d7d700` as Script, false],
  ['no version', `6114${'d7'.repeat(20)}` as Script, false],
  ['data', `6a06${'d7'.repeat(6)}` as Script, false],
  ['anybody’s', OP_TRUE, false],
];

const upfrontScripts = (_: unknown, { config }: Scene): readonly Value<Script | undefined>[] => [
  // "both nodes advertised": "MUST include upfront_shutdown_script".
  ['absent', undefined, hasFeature(config.features, 'option_upfront_shutdown_script') ? FAIL : 'accept'],
  ['empty', '' as Script, 'accept'],
  ...SCRIPTS.map(([name, script, right]) => [name, script, isRight(script, right, config) ? 'accept' : FAIL] as const),
];

/** "if (and only if) option_shutdown_anysegwit is negotiated". */
export function isRight(script: Script, right: boolean, { features }: Pick<Scene['config'], 'features'>): boolean {
  return right && (script.startsWith('00') || hasFeature(features, 'option_shutdown_anysegwit'));
}

const channelTypes = (own: Hex | undefined, others: Asks): readonly Value<Hex | undefined>[] => [
  ['absent', undefined, FAIL],
  ['empty', '' as Hex, FAIL],
  ['optional bits', '2000' as Hex, FAIL],
  ['nobody’s', `04${'00'.repeat(6)}` as Hex, FAIL],
  ['the other one', own === CHANNEL_TYPE_ANCHORS ? CHANNEL_TYPE_STATIC_REMOTEKEY : CHANNEL_TYPE_ANCHORS, others],
];

function hasAnchors({ channelType }: Pick<OpenChannel, 'channelType'>): boolean {
  return channelType === CHANNEL_TYPE_ANCHORS;
}

/** BOLT 3: what the opener pays for a commitment without HTLCs. */
function openingCostSat(open: Pick<OpenChannel, 'channelType' | 'feeratePerKw'>): bigint {
  const anchors = hasAnchors(open);
  return (BigInt(open.feeratePerKw) * (anchors ? 1124n : 724n)) / 1000n + (anchors ? 2n * ANCHOR_OUTPUT_SAT : 0n);
}

/** "too small for timely processing or unreasonably large": anchors make the fee good later, when the transaction is needed. */
export function feerateBounds(anchors: boolean, { config, feeratePerKw }: Scene): { readonly least: number; readonly most: number } {
  const { min, max } = config.feerateTolerancePercent;
  const timely = anchors ? 0 : Math.floor((feeratePerKw * min) / 100);
  return {
    least: Math.max(config.minFeeratePerKw, timely),
    most: Math.floor((Math.max(feeratePerKw, config.minFeeratePerKw) * max) / 100),
  };
}

// What open_channel and accept_channel have in common.

function delays(_: unknown, { config }: Scene): readonly Value<number>[] {
  return [
    ...extremes(U16, { zero: 'accept', one: 'accept', most: FAIL }),
    ['the most that is taken', config.maxToSelfDelay, 'accept'],
    ['one more', config.maxToSelfDelay + 1, FAIL],
  ];
}

function htlcCounts(): readonly Value<number>[] {
  return [...extremes(U16, { zero: FAIL, one: 'accept', most: FAIL }), ['483', MOST_HTLCS, 'accept'], ['484', MOST_HTLCS + 1, FAIL]];
}

function dustLimits(reserveSat: bigint): readonly Value<bigint>[] {
  return [
    ...extremes(U64, { zero: FAIL, one: FAIL, most: FAIL }),
    ['353', LEAST_DUST_LIMIT_SAT - 1n, FAIL],
    ['354', LEAST_DUST_LIMIT_SAT, 'accept'],
    ['the reserve', reserveSat, 'accept'],
    ['one more than the reserve', reserveSat + 1n, FAIL],
  ];
}

/** No HTLC could ever be offered, although its peer would bear any amount. */
function leastHtlcs(fundingSat: bigint) {
  const unlimited = { maxHtlcValueInFlightMsat: U64 };
  return [
    ...extremes(U64, { zero: 'accept', one: 'accept', most: FAIL }),
    ['all', fundingSat * 1000n, FAIL, unlimited],
    ['one less than all', fundingSat * 1000n - 1n, 'accept', unlimited],
  ] as const;
}

function inFlightLimits({ htlcMinimumMsat }: { readonly htlcMinimumMsat: bigint }): readonly Value<bigint>[] {
  return [
    ...extremes(U64, { zero: FAIL, one: htlcMinimumMsat > 1n ? FAIL : 'accept', most: 'accept' }),
    ['the least HTLC', htlcMinimumMsat, 'accept'],
    ['one less', htlcMinimumMsat - 1n, FAIL],
  ];
}

/** What our open_channel said, where the peer's answer is awaited. */
function openedWith({ receiver }: Scene): OpenChannel | undefined {
  return receiver?.phase === 'opening' && receiver.step.kind === 'awaiting_accept_channel' ? receiver.step.open : undefined;
}

export const openChannel: EdgesOf<'open_channel'> = {
  chainHash: (m) => [
    ['zero', '00'.repeat(32) as Hash32, FAIL],
    ['one bit off', flipped(m.chainHash), FAIL],
  ],
  temporaryChannelId: () => [['zero', ZERO_ID, WARN]],
  fundingSat: (_, { config }) => {
    const large = hasFeature(config.features, 'option_support_large_channel') ? 'accept' : FAIL;
    const least = { pushMsat: 0n, dustLimitSat: LEAST_DUST_LIMIT_SAT, channelReserveSat: LEAST_DUST_LIMIT_SAT };
    return [
      ...extremes(U64, { zero: FAIL, one: FAIL, most: FAIL }),
      ['one less than is taken', config.minFundingSat - 1n, FAIL, least],
      ['the least that is taken', config.minFundingSat, 'accept', least],
      ['nearly large', LARGE_SAT - 1n, 'accept'],
      ['large', LARGE_SAT, large],
      ['all there is', SUPPLY_SAT, large],
      ['more than there is', SUPPLY_SAT + 1n, FAIL],
    ];
  },
  pushMsat: (m) => {
    const allMsat = m.fundingSat * 1000n;
    const spareMsat = allMsat - openingCostSat(m) * 1000n;
    return [
      ...extremes(U64, { zero: 'accept', one: 'accept', most: FAIL }),
      ['all but what it costs', spareMsat, 'accept'],
      ['one more', spareMsat + 1n, FAIL],
      ['all', allMsat, FAIL],
      ['more than all', allMsat + 1n, FAIL],
    ];
  },
  dustLimitSat: (m, scene) => [
    ...dustLimits(m.channelReserveSat),
    ['the most that is taken', scene.config.maxDustLimitSat, 'accept', { channelReserveSat: scene.config.maxDustLimitSat }],
    ['one beyond', scene.config.maxDustLimitSat + 1n, FAIL, { channelReserveSat: scene.config.maxDustLimitSat + 1n }],
  ],
  maxHtlcValueInFlightMsat: inFlightLimits,
  channelReserveSat: (m, scene) => {
    // "both to_local and to_remote are less than or equal to channel_reserve_satoshis": where a fee takes nearly all, and nothing else is wrong.
    const poor = { fundingSat: 30_000n, pushMsat: 0n, feeratePerKw: feerateBounds(hasAnchors(m), scene).most };
    const leftSat = poor.fundingSat - openingCostSat({ ...m, ...poor });
    const costSat = openingCostSat(m);
    const [ours, theirs] = [m.fundingSat - m.pushMsat / 1000n - costSat, m.pushMsat / 1000n];
    return [
      ...extremes(U64, { zero: FAIL, one: FAIL, most: FAIL }),
      ['more than either has', (ours > theirs ? ours : theirs) + 1n, FAIL],
      ['all', m.fundingSat, FAIL],
      ['nearly all, of one that has all', (m.fundingSat * 9n) / 10n, FAIL, { pushMsat: 0n }],
      ['what is left to the opener', leftSat, FAIL, poor],
      ['one less than is left', leftSat - 1n, 'accept', poor],
    ];
  },
  htlcMinimumMsat: ({ fundingSat }) => leastHtlcs(fundingSat),
  feeratePerKw: (m, scene) => {
    const { least, most } = feerateBounds(hasAnchors(m), scene);
    return [
      ...extremes(U32, { zero: FAIL, one: FAIL, most: FAIL }),
      ['the least that is taken', least, 'accept'],
      ['one less', least - 1, FAIL],
      ['the most that is taken', most, 'accept'],
      ['one more', most + 1, FAIL],
    ];
  },
  toSelfDelay: delays,
  maxAcceptedHtlcs: htlcCounts,
  ...points,
  // "ignore undefined bits in `channel_flags`".
  channelFlags: () => [
    ['zero', 0, 'accept'],
    ['one', 1, 'accept'],
    ['undefined bits', 0xfe, 'accept'],
    ['the most', 0xff, 'accept'],
  ],
  upfrontShutdownScript: upfrontScripts,
  channelType: (m, { config }) => channelTypes(m.channelType, hasFeature(config.features, 'option_anchors') ? 'accept' : FAIL),
};

export const acceptChannel: EdgesOf<'accept_channel'> = {
  temporaryChannelId: () => [['zero', ZERO_ID, ['warn', 'ignore', 'answer']]],
  // "channel_reserve_satoshis from the open_channel message is less than dust_limit_satoshis".
  dustLimitSat: (m, scene) => {
    const reserveSat = openedWith(scene)?.channelReserveSat ?? 0n;
    const most = reserveSat < m.channelReserveSat ? reserveSat : m.channelReserveSat;
    return dustLimits(most);
  },
  maxHtlcValueInFlightMsat: inFlightLimits,
  channelReserveSat: (_, scene) => {
    const open = openedWith(scene);
    if (open === undefined) return [];
    return [
      ...extremes(U64, { zero: FAIL, one: FAIL, most: FAIL }),
      ['less than our dust limit', open.dustLimitSat - 1n, FAIL, { dustLimitSat: LEAST_DUST_LIMIT_SAT }],
      ['all', open.fundingSat, FAIL],
    ];
  },
  htlcMinimumMsat: (_, scene) => leastHtlcs(openedWith(scene)?.fundingSat ?? 0n),
  minimumDepth: (_, { config }) => [
    ...extremes(U32, { zero: 'accept', one: 'accept', most: FAIL }),
    ['the most that is taken', config.maxMinimumDepth, 'accept'],
    ['one more', config.maxMinimumDepth + 1, FAIL],
  ],
  toSelfDelay: delays,
  maxAcceptedHtlcs: htlcCounts,
  ...points,
  upfrontShutdownScript: upfrontScripts,
  channelType: (m) => channelTypes(m.channelType, FAIL),
};

export const fundingCreated: EdgesOf<'funding_created'> = {
  temporaryChannelId: () => [['zero', ZERO_ID, ['warn', 'ignore', 'answer']]],
  fundingTxid: (m) => [
    ['zero', '00'.repeat(32) as Txid, FAIL_OR_CLOSE],
    ['one bit off', flipped(m.fundingTxid), FAIL_OR_CLOSE],
  ],
  fundingOutputIndex: (m) => [
    ...extremes(U16, { zero: FAIL_OR_CLOSE, one: FAIL_OR_CLOSE, most: FAIL_OR_CLOSE }),
    ['another', m.fundingOutputIndex ^ 2, FAIL_OR_CLOSE],
  ],
  signature: (m) => [
    ['zero', NO_SIGNATURE, FAIL_OR_CLOSE],
    ['one bit off', flipped(m.signature), FAIL_OR_CLOSE],
  ],
};

export const fundingSigned: EdgesOf<'funding_signed'> = {
  channelId: () => [['zero', ZERO_ID, ['warn', 'ignore', 'answer']]],
  signature: (m) => [
    ['zero', NO_SIGNATURE, FAIL_OR_CLOSE],
    ['one bit off', flipped(m.signature), FAIL_OR_CLOSE],
  ],
};

export const channelReady: EdgesOf<'channel_ready'> = {
  channelId: () => [['zero', ZERO_ID, WARN]],
  secondPerCommitmentPoint: (_, { receiver }) => {
    const again = receiver?.phase === 'funded' && receiver.lifecycle.readyReceived;
    return [['off the curve', NO_POINT, again ? 'either' : FAIL_OR_CLOSE]];
  },
  // Nobody has negotiated option_scid_alias: an odd record like any other.
  alias: () => [['present', 1n, 'either']],
};
