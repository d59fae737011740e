import type { PaymentRecord } from './scenario/types.ts';
import type { World } from './world/world.ts';

/** What its payer has been told. Amounts in millisatoshis. */
export type PaymentOutcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'paid'; readonly feeMsat: bigint }
  | { readonly kind: 'failed' }
  /** Its payer's node crashed before it was durable, and has forgotten it. */
  | { readonly kind: 'lost' };

/** A payment of a simulation. Wherever a payment is asked for, its name does as well. */
export class Payment {
  readonly name: string;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  get record(): PaymentRecord {
    return this.#world.ledger.get(this.name) as PaymentRecord;
  }

  get outcome(): PaymentOutcome {
    const { outcome, route } = this.record;
    if (outcome === undefined) return { kind: 'pending' };
    switch (outcome) {
      case 'sent':
        return { kind: 'paid', feeMsat: (route[0]?.amountMsat ?? 0n) - (route.at(-1)?.amountMsat ?? 0n) };
      case 'failed':
      case 'lost':
        return { kind: outcome };
    }
  }

  toString(): string {
    return this.name;
  }
}
