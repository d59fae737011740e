import type { Side } from '../../core/transactions/types.ts';
import { grouped } from '../scenario/text.ts';
import type { ChannelInfo, PaymentRecord } from '../scenario/types.ts';

export const CAUSES = ['sent-but-not-paid', 'failed-but-paid', 'forgotten-payment'] as const;

export interface BalanceCause {
  readonly kind: (typeof CAUSES)[number];
  /** A sentence without its full stop. */
  readonly words: string;
}

/** The payments that explain why this side has so much more, or less, than it should. */
export function causeOf(
  payments: readonly PaymentRecord[],
  { opener, accepter }: ChannelInfo,
  side: Side,
  beyondMsat: bigint,
): BalanceCause | undefined {
  const owner = side === 'opener' ? opener : accepter;
  const gained = ({ from, amountMsat }: PaymentRecord): bigint => (from === owner ? amountMsat : -amountMsat);
  const explains = (some: readonly PaymentRecord[], sign: bigint): boolean =>
    some.length > 0 && some.reduce((sum, payment) => sum + sign * gained(payment), 0n) === beyondMsat;
  const named = (some: readonly PaymentRecord[]): string =>
    some.map(({ name, from, to, amountMsat }) => `${name} from ${from} to ${to}, ${grouped(amountMsat)} msat`).join('; ');
  const candidates = (outcome: PaymentRecord['outcome']): readonly (readonly PaymentRecord[])[] => {
    const all = payments.filter((payment) => payment.outcome === outcome);
    return [...all.map((payment) => [payment]), all];
  };
  const unpaid = candidates('sent').find((some) => explains(some, 1n));
  if (unpaid !== undefined)
    return { kind: 'sent-but-not-paid', words: `it is as if nothing had been paid by ${named(unpaid)}, which was told as sent` };
  const paid = candidates('failed').find((some) => explains(some, -1n));
  if (paid !== undefined)
    return { kind: 'failed-but-paid', words: `it is as if there had been paid, although it was told as failed, ${named(paid)}` };
  const forgotten = candidates(undefined).find((some) => explains(some, -1n));
  return forgotten && { kind: 'forgotten-payment', words: `its sender was never told what became of ${named(forgotten)}, which was paid` };
}
