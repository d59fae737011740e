import type { Script } from '../../core/crypto/bytes.ts';
import { FAIL_OR_CLOSE, flipped, operating, replacing, WARN_AT_LEAST } from './tampering-table.ts';
import type { Scene } from './tampering-table.ts';

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
  ...replacing('shutdown', beforeShutdown, {
    'bad-script': [WARN_AT_LEAST, (m) => ({ ...m, scriptPubkey: OP_TRUE })],
    'no-script': [WARN_AT_LEAST, (m) => ({ ...m, scriptPubkey: '' as Script })],
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

/** BOLT 2, closing_signed, receiving node. */
export const closingSigned = replacing('closing_signed', operating, {
  'wrong-signature': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: flipped(m.signature) })],
  'fee-beyond-all': [FAIL_OR_CLOSE, (m) => ({ ...m, feeSat: FORTUNE_SAT })],
  'another-fee-than-signed': [FAIL_OR_CLOSE, (m) => ({ ...m, feeSat: m.feeSat + 1n })],
  'ranges-apart': [
    WARN_AT_LEAST,
    (m, { receiver }) =>
      receiver.closing.negotiation?.offered?.feeSat === m.feeSat
        ? undefined
        : { ...m, feeRange: { minFeeSat: FORTUNE_SAT, maxFeeSat: FORTUNE_SAT + 1n } },
  ],
});
