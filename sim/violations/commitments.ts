import type { PublicKey, SecretKey, Signature } from '../../core/crypto/bytes.ts';
import { CURVE_ORDER } from '../../core/crypto/scalar.ts';
import { FAIL, FAIL_OR_CLOSE, flipped, operating, replacing } from './tampering-table.ts';

export const NO_POINT = `02${'ff'.repeat(32)}` as PublicKey;
const NO_SCALAR = 'ff'.repeat(32) as SecretKey;
export const NO_SIGNATURE = '00'.repeat(64) as Signature;

/** The other signature over the same digest, which relays refuse. */
function highS(signature: Signature): Signature {
  const s = CURVE_ORDER - BigInt(`0x${signature.slice(64)}`);
  return (signature.slice(0, 64) + s.toString(16).padStart(64, '0')) as Signature;
}

/** BOLT 2, commitment_signed, receiving node. */
export const commitmentSigned = replacing('commitment_signed', operating, {
  'wrong-signature': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: flipped(m.signature) })],
  'no-signature': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: NO_SIGNATURE })],
  'high-s': [FAIL_OR_CLOSE, (m) => ({ ...m, signature: highS(m.signature) })],
  'wrong-htlc-signature': [
    FAIL_OR_CLOSE,
    (m) => {
      const [first, ...others] = m.htlcSignatures;
      return first && { ...m, htlcSignatures: [flipped(first), ...others] };
    },
  ],
  'wrong-last-htlc-signature': [
    FAIL_OR_CLOSE,
    (m) => {
      const last = m.htlcSignatures.at(-1);
      return m.htlcSignatures.length < 2 || last === undefined
        ? undefined
        : { ...m, htlcSignatures: [...m.htlcSignatures.slice(0, -1), flipped(last)] };
    },
  ],
  'high-s-in-htlc-signature': [
    FAIL_OR_CLOSE,
    (m) => {
      const [first, ...others] = m.htlcSignatures;
      return first && { ...m, htlcSignatures: [highS(first), ...others] };
    },
  ],
  'htlc-signatures-in-another-order': [
    FAIL_OR_CLOSE,
    (m) => {
      const reversed = m.htlcSignatures.toReversed();
      return reversed[0] === m.htlcSignatures[0] ? undefined : { ...m, htlcSignatures: reversed };
    },
  ],
  'one-htlc-signature-too-few': [
    FAIL_OR_CLOSE,
    (m) => (m.htlcSignatures.length === 0 ? undefined : { ...m, htlcSignatures: m.htlcSignatures.slice(1) }),
  ],
  'one-htlc-signature-too-many': [FAIL_OR_CLOSE, (m) => ({ ...m, htlcSignatures: [...m.htlcSignatures, m.signature] })],
  repeated: [FAIL_OR_CLOSE, (m) => [m, m]],
});

/** BOLT 2, revoke_and_ack, receiving node. */
export const revokeAndAck = replacing('revoke_and_ack', operating, {
  'wrong-secret': [FAIL, (m) => ({ ...m, perCommitmentSecret: flipped(m.perCommitmentSecret) })],
  'secret-out-of-range': [FAIL, (m) => ({ ...m, perCommitmentSecret: NO_SCALAR })],
  'zero-secret': [FAIL, (m) => ({ ...m, perCommitmentSecret: '00'.repeat(32) as SecretKey })],
  'next-point-off-the-curve': [FAIL_OR_CLOSE, (m) => ({ ...m, nextPerCommitmentPoint: NO_POINT })],
  repeated: [FAIL_OR_CLOSE, (m) => [m, m]],
});
