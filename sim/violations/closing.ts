import type { FundedState } from '../../core/channel/model/state.ts';
import type { Hash32, Script } from '../../core/crypto/bytes.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { otherSide } from '../model/commitment-contents.ts';
import { FAIL_OR_CLOSE, flipped, operating, replacing, STAND_BY, WARN_AT_LEAST } from './tampering-table.ts';
import type { OperatingScene, Scene } from './tampering-table.ts';

const OP_TRUE = '51' as Script;
/** No two scripts of honest nodes: a segwit program of all equal bytes. */
const ELSEWHERE = `0014${'e7'.repeat(20)}` as Script;
/** More than there is. */
const FORTUNE_SAT = 3_000_000_000_000_000n;

/** The peer has not said shutdown yet. */
function beforeShutdown(scene: Scene): ReturnType<typeof operating> {
  const fits = operating(scene);
  return fits?.receiver.closing.received === undefined ? fits : undefined;
}

/** BOLT 2, shutdown, receiving node. */
export const shutdown = {
  ...replacing(
    'shutdown',
    beforeShutdown,
    {
      'bad-script': [WARN_AT_LEAST, (m) => ({ ...m, scriptPubkey: OP_TRUE })],
      'no-script': [WARN_AT_LEAST, (m) => ({ ...m, scriptPubkey: '' as Script })],
    },
    'before',
  ),
  ...replacing('shutdown', beforeShutdown, {
    'add-after-it': [FAIL_OR_CLOSE, (m, scene) => [m, addOf(scene)]],
    'another-script-after-it': [WARN_AT_LEAST, (m) => [m, { ...m, scriptPubkey: ELSEWHERE }]],
    'not-the-upfront-script': [
      FAIL_OR_CLOSE,
      (m, { receiver, sender }) =>
        receiver.params.parties[sender].upfrontShutdownScript === undefined ? undefined : { ...m, scriptPubkey: ELSEWHERE },
    ],
  }),
  ...replacing('shutdown', (scene) => (beforeShutdown(scene) === undefined ? operating(scene) : undefined), {
    'another-script-than-before': [WARN_AT_LEAST, (m) => ({ ...m, scriptPubkey: ELSEWHERE })],
  }),
};

/** "if fee_satoshis matches its previously sent fee_range: SHOULD use fee_satoshis", whatever else is said. */
function isAcceptable({ closing: { negotiation } }: FundedState, feeSat: bigint): boolean {
  const range = negotiation?.offered?.range;
  return range !== undefined && feeSat >= range.minFeeSat && feeSat <= range.maxFeeSat;
}

/** An HTLC that breaks no other rule. */
function addOf({ receiver, sender }: OperatingScene): Message {
  const { base, logs } = receiver.shared;
  return {
    type: 'update_add_htlc',
    channelId: receiver.channelId,
    id: base.nextHtlcId[sender] + BigInt(logs[sender].filter(({ kind }) => kind === 'add').length),
    amountMsat: receiver.params.parties[otherSide(sender)].htlcMinimumMsat + 1n,
    paymentHash: 'e7'.repeat(32) as Hash32,
    cltvExpiry: 1000,
    onionRoutingPacket: new Uint8Array(1366),
  };
}

/** BOLT 2, closing_signed, receiving node. */
export const closingSigned = {
  ...replacing('closing_signed', operating, {
    'wrong-signature': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: flipped(m.signature) })],
    'fee-beyond-all': [FAIL_OR_CLOSE, (m) => ({ ...m, feeSat: FORTUNE_SAT })],
    'another-fee-than-signed': [FAIL_OR_CLOSE, (m) => ({ ...m, feeSat: m.feeSat + 1n })],
  }),
  // "SHOULD send a warning. MUST fail the channel if it doesn't receive a satisfying fee_range after a reasonable amount of time."
  ...replacing(
    'closing_signed',
    operating,
    {
      'ranges-apart': [
        STAND_BY,
        (m, { receiver }) =>
          isAcceptable(receiver, m.feeSat) ? undefined : { ...m, feeRange: { minFeeSat: FORTUNE_SAT, maxFeeSat: FORTUNE_SAT + 1n } },
      ],
    },
    'before',
  ),
};
