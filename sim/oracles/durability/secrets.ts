import type { Tx } from '../../../core/bitcoin/tx.ts';
import type { StoredChannel } from '../../../core/channel/model/state.ts';
import { fromHex, toHex } from '../../../core/crypto/bytes.ts';
import type { PublicKey } from '../../../core/crypto/bytes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import type { RevokeAndAck } from '../../../core/wire/messages/index.ts';

/** BOLT 3, Commitment Transaction: the number hidden in sequence and locktime. */
export function commitmentNumberOf(crypto: Crypto, state: StoredChannel, tx: Tx): bigint {
  const { opener, accepter } = state.params.parties;
  const hash = toHex(crypto.sha256(fromHex(opener.paymentBasepoint + accepter.paymentBasepoint)));
  const upper = BigInt((tx.inputs[0]?.sequence ?? 0) & 0xffffff);
  return ((upper << 24n) | BigInt(tx.locktime & 0xffffff)) ^ BigInt(`0x${hash.slice(-12)}`);
}

export const BROKEN_PROMISES = [
  'not-a-secret-key',
  'secret-of-another-point',
  'another-next-point',
  'revokes-what-was-broadcast',
  'broadcasts-revoked',
] as const;
type BrokenPromise = (typeof BROKEN_PROMISES)[number];

/** What one node has promised about its own commitments of one channel: the points it announced, and which it has revoked. */
export class Promises {
  private readonly points: Map<bigint, PublicKey> = new Map();
  /** Commitments below this number are revoked: the peer has been told their secrets. */
  revoked = 0n;
  /** Number of the commitment that was broadcast. */
  private broadcast: bigint | undefined;

  fork(): Promises {
    const copy = new Promises();
    for (const [number, point] of this.points) copy.points.set(number, point);
    copy.revoked = this.revoked;
    copy.broadcast = this.broadcast;
    return copy;
  }

  /** A point was announced. False when another one was announced for the same commitment before. */
  announce(number: bigint, point: PublicKey): boolean {
    const known = this.points.get(number);
    if (known === undefined) this.points.set(number, point);
    return known === undefined || known === point;
  }

  /** A revoke_and_ack for commitment `number` has left. */
  revoke(crypto: Crypto, number: bigint, message: RevokeAndAck): BrokenPromise | undefined {
    const point = this.points.get(number);
    if (!crypto.isValidSecretKey(message.perCommitmentSecret)) return 'not-a-secret-key';
    if (point !== undefined && crypto.publicKey(message.perCommitmentSecret) !== point) return 'secret-of-another-point';
    if (!this.announce(number + 2n, message.nextPerCommitmentPoint)) return 'another-next-point';
    if (this.broadcast !== undefined && number >= this.broadcast) return 'revokes-what-was-broadcast';
    if (number >= this.revoked) this.revoked = number + 1n;
    return undefined;
  }

  /** For a node that a drawn licence lets forget. */
  forgetBroadcast(): void {
    this.broadcast = undefined;
  }

  broadcasts(number: bigint): BrokenPromise | undefined {
    this.broadcast = number;
    return number < this.revoked ? 'broadcasts-revoked' : undefined;
  }
}
