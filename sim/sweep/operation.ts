import type { ChannelId, Hash32, Hex, Preimage, PublicKey, SecretKey, Signature, Txid } from '../../core/crypto/bytes.ts';
import type { FundedState } from '../../core/channel/model/state.ts';
import { fundingOf, newestFeerate, otherSide } from '../model/commitment-contents.ts';
import { NO_POINT, NO_SIGNATURE } from '../violations/commitments.ts';
import { FAIL, FAIL_OR_CLOSE, flipped, operating, STAND_BY, WARN, WARN_AT_LEAST } from '../violations/tampering-table.ts';
import type { Scene } from '../violations/tampering-table.ts';
import { extremes, U16, U32, U64 } from './cell.ts';
import type { Asks, EdgesOf } from './cell.ts';
import { feerateBounds, isRight, SCRIPTS, ZERO_ID } from './establishment.ts';

/** BOLT 2, Normal Operation, Channel Close and Message Retransmission: what each field may be, read off the specification. */

const NO_SECRET = '00'.repeat(32) as SecretKey;
const NO_HASH = '00'.repeat(32) as Hash32;
/** From here on a cltv_expiry would be a time. */
const FIRST_TIME = 500_000_000;
const BADONION = 0x8000;

/** An error that echoes id zero would fail every channel. */
const channelId = (): readonly (readonly [string, ChannelId, Asks])[] => [['zero', ZERO_ID, WARN]];

const badSignatures = (signature: Signature): readonly (readonly [string, Signature, Asks])[] => [
  ['zero', NO_SIGNATURE, FAIL_OR_CLOSE],
  ['one bit off', flipped(signature), FAIL_OR_CLOSE],
  ['all ones', 'ff'.repeat(64) as Signature, FAIL_OR_CLOSE],
];

const badPoints: readonly (readonly [string, PublicKey, Asks])[] = [['off the curve', NO_POINT, FAIL_OR_CLOSE]];

/** Any id but its own is one that never was, or was before, or is another HTLC, which the rest of the message may fit. */
function ids(most: Asks = FAIL_OR_CLOSE) {
  return ({ id }: { readonly id: bigint }): readonly (readonly [string, bigint, Asks])[] => [
    ['zero', 0n, id === 0n ? 'either' : most],
    ['one', 1n, id === 1n ? 'either' : most],
    ['the most', U64, FAIL_OR_CLOSE],
    ['2^63', 1n << 63n, FAIL_OR_CLOSE],
  ];
}

/** What the receiver accepts at all of this sender. */
function limitsOf(scene: Scene) {
  const fits = operating(scene);
  return fits?.receiver.params.parties[otherSide(fits.sender)];
}

export const updateAddHtlc: EdgesOf<'update_add_htlc'> = {
  channelId,
  id: (m) => [...ids()(m), ['one more', m.id + 1n, FAIL_OR_CLOSE], ['one less', m.id === 0n ? U64 : m.id - 1n, FAIL_OR_CLOSE]],
  amountMsat: (_, scene) => {
    const least = limitsOf(scene)?.htlcMinimumMsat ?? 0n;
    return [
      ...extremes(U64, { zero: FAIL_OR_CLOSE, one: least > 1n ? FAIL_OR_CLOSE : 'accept', most: FAIL_OR_CLOSE }),
      ...(least < 2n ? [] : ([['one less than is taken', least - 1n, FAIL_OR_CLOSE]] as const)),
      ['the least that is taken', least, least === 0n ? FAIL_OR_CLOSE : 'accept'],
    ];
  },
  paymentHash: () => [['zero', NO_HASH, 'accept']],
  cltvExpiry: () => [
    ...extremes(U32, { zero: 'accept', one: 'accept', most: FAIL_OR_CLOSE }),
    ['the last block', FIRST_TIME - 1, 'accept'],
    ['the first time', FIRST_TIME, FAIL_OR_CLOSE],
  ],
  onionRoutingPacket: () => [['zero', new Uint8Array(1366), 'accept']],
  // "MUST use path_key (if specified)": one that is no point can't be used.
  pathKey: (_, scene) => {
    const fits = operating(scene);
    return fits === undefined ? badPoints : [...badPoints, ['present', fits.receiver.remote.currentPoint, 'accept']];
  },
};

/** Nobody has negotiated option_attribution_data: an odd record like any other. */
const attributionData = () => [['absent', undefined, 'accept']] as const;

export const updateFulfillHtlc: EdgesOf<'update_fulfill_htlc'> = {
  channelId,
  id: ids(),
  paymentPreimage: (m) => [
    ['zero', NO_HASH as string as Preimage, FAIL_OR_CLOSE],
    ['one bit off', flipped(m.paymentPreimage), FAIL_OR_CLOSE],
  ],
  attributionData,
};

export const updateFailHtlc: EdgesOf<'update_fail_htlc'> = {
  channelId,
  id: ids('either'),
  reason: () => [
    ['empty', '' as Hex, 'accept'],
    ['long', 'ab'.repeat(60_000) as Hex, 'accept'],
  ],
  attributionData,
};

export const updateFailMalformedHtlc: EdgesOf<'update_fail_malformed_htlc'> = {
  channelId,
  id: ids('either'),
  sha256OfOnion: () => [['zero', NO_HASH, 'accept']],
  failureCode: () => [
    ...extremes(U16, { zero: FAIL_OR_CLOSE, one: FAIL_OR_CLOSE, most: 'accept' }),
    ['all but BADONION', BADONION - 1, FAIL_OR_CLOSE],
    ['BADONION alone', BADONION, 'accept'],
  ],
};

export const commitmentSigned: EdgesOf<'commitment_signed'> = {
  channelId,
  signature: (m) => badSignatures(m.signature),
  htlcSignatures: (m) => [
    ['empty', [], m.htlcSignatures.length === 0 ? 'either' : FAIL_OR_CLOSE],
    ['one more', [...m.htlcSignatures, m.signature], FAIL_OR_CLOSE],
  ],
  // Nobody has negotiated option_splice.
  fundingTxid: () => [
    ['absent', undefined, 'accept'],
    ['zero', NO_HASH as string as Txid, 'accept'],
  ],
};

export const revokeAndAck: EdgesOf<'revoke_and_ack'> = {
  channelId,
  perCommitmentSecret: (m) => [
    ['zero', NO_SECRET, FAIL],
    ['one bit off', flipped(m.perCommitmentSecret), FAIL],
    ['no scalar', 'ff'.repeat(32) as SecretKey, FAIL],
  ],
  nextPerCommitmentPoint: () => badPoints,
};

export const updateFee: EdgesOf<'update_fee'> = {
  channelId,
  feeratePerKw: (_, scene) => {
    const fits = operating(scene);
    if (fits === undefined) return [];
    const { least, most } = feerateBounds(fundingOf(fits.receiver).format === 'anchors', scene);
    const newest = newestFeerate(fits.receiver);
    return [
      ...extremes(U32, { zero: FAIL_OR_CLOSE, one: FAIL_OR_CLOSE, most: FAIL_OR_CLOSE }),
      ['the least that is taken', least, 'accept'],
      // What brings it nearer to what is right is no harm.
      ['one less', least - 1, newest < least ? 'either' : FAIL_OR_CLOSE],
      ['one more than is taken', most + 1, newest > most ? 'either' : FAIL_OR_CLOSE],
      ['what it is', newest, 'accept'],
    ];
  },
};

export const shutdown: EdgesOf<'shutdown'> = {
  channelId,
  scriptPubkey: (m, scene) => {
    const fits = operating(scene);
    if (fits === undefined) return [];
    const { closing, params } = fits.receiver;
    const upfront = params.parties[fits.sender].upfrontShutdownScript;
    const bound = upfront !== undefined && upfront !== '';
    const another = bound ? FAIL_OR_CLOSE : closing.received === undefined ? 'accept' : WARN_AT_LEAST;
    return [
      ['empty', '' as typeof m.scriptPubkey, bound ? FAIL_OR_CLOSE : WARN_AT_LEAST],
      ...SCRIPTS.map(([name, script, right]) => {
        const asks = isRight(script, right, scene.config) ? another : bound ? FAIL_OR_CLOSE : WARN_AT_LEAST;
        return [name, script, asks] as const;
      }),
    ];
  },
};

export const closingSigned: EdgesOf<'closing_signed'> = {
  channelId,
  // What is signed is another transaction then.
  feeSat: (m) => [
    ...extremes(U64, { zero: FAIL_OR_CLOSE, one: FAIL_OR_CLOSE, most: FAIL_OR_CLOSE }),
    ['one more', m.feeSat + 1n, FAIL_OR_CLOSE],
    ['one less', m.feeSat - 1n, FAIL_OR_CLOSE],
  ],
  signature: (m) => badSignatures(m.signature),
  feeRange: (m, scene) => {
    const offered = operating(scene)?.receiver.closing.negotiation?.offered;
    const own = offered?.range;
    const inOwn = own !== undefined && m.feeSat >= own.minFeeSat && m.feeSat <= own.maxFeeSat;
    return [
      ['absent', undefined, 'either'],
      ['anything', { minFeeSat: 0n, maxFeeSat: U64 }, 'accept'],
      ['this very fee', { minFeeSat: m.feeSat, maxFeeSat: m.feeSat }, 'accept'],
      ['apart', { minFeeSat: U64 - 1n, maxFeeSat: U64 }, inOwn || offered === undefined ? 'either' : STAND_BY],
      ['upside down', { minFeeSat: U64, maxFeeSat: 0n }, 'either'],
      ['nothing', { minFeeSat: 0n, maxFeeSat: 0n }, 'either'],
      ['one', { minFeeSat: 1n, maxFeeSat: 1n }, 'either'],
    ];
  },
};

function reestablishing({ receiver }: Scene): FundedState | undefined {
  return receiver?.phase === 'funded' && receiver.lifecycle.connection === 'reestablishing' ? receiver : undefined;
}

const SPLICE_RECORD = { retransmitFlags: 0 };

export const channelReestablish: EdgesOf<'channel_reestablish'> = {
  channelId,
  nextCommitmentNumber: (m, scene) =>
    reestablishing(scene) === undefined
      ? []
      : [
          ['zero', 0n, FAIL],
          ['one', 1n, m.nextCommitmentNumber < 3n ? 'either' : STAND_BY],
          ['one more', m.nextCommitmentNumber + 1n, 'either'],
          ['two more', m.nextCommitmentNumber + 2n, FAIL_OR_CLOSE],
          ['beyond 48 bits', 1n << 48n, FAIL_OR_CLOSE],
          ['the most', U64, FAIL_OR_CLOSE],
        ],
  nextRevocationNumber: (m, scene) =>
    reestablishing(scene) === undefined
      ? []
      : [
          ['zero', 0n, m.nextRevocationNumber === 0n ? 'either' : FAIL_OR_CLOSE],
          ['one', 1n, m.nextRevocationNumber < 2n ? 'either' : [...STAND_BY, ...FAIL_OR_CLOSE]],
          ['two more', m.nextRevocationNumber + 2n, FAIL_OR_CLOSE],
          ['beyond 48 bits', 1n << 48n, FAIL_OR_CLOSE],
          ['the most', U64, FAIL_OR_CLOSE],
        ],
  yourLastPerCommitmentSecret: (m, scene) =>
    reestablishing(scene) === undefined
      ? []
      : [
          ['zero', NO_SECRET, m.nextRevocationNumber === 0n ? 'either' : FAIL_OR_CLOSE],
          ['one bit off', flipped(m.yourLastPerCommitmentSecret), FAIL_OR_CLOSE],
        ],
  // With option_static_remotekey nobody needs it.
  myCurrentPerCommitmentPoint: () => badPoints.map(([name, point]) => [name, point, 'either'] as const),
  // Nobody has negotiated option_splice.
  nextFunding: () => [['present', { nextFundingTxid: NO_HASH as string as Txid, ...SPLICE_RECORD }, 'accept']],
  myCurrentFundingLocked: () => [['present', { myCurrentFundingLockedTxid: NO_HASH as string as Txid, ...SPLICE_RECORD }, 'accept']],
};
