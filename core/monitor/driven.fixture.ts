import { pick } from '../../sim/deterministic/random.ts';
import type { Random } from '../../sim/deterministic/random.ts';
import { add, secretOf } from '../channel/updates.fixture.ts';
import type { ChannelOutput } from '../channel/model/channel-vocabulary.ts';
import type { FundedState } from '../channel/model/state.ts';
import type { Side } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import type { Watching, WatcherEnd } from './watching.fixture.ts';
import { SIDES } from './watching.fixture.ts';

interface Pending {
  readonly offerer: Side;
  readonly id: bigint;
  readonly n: number;
}

/** A commitment that a side held, and its watcher of that time, which would give it to the chain. */
export interface Held {
  readonly side: Side;
  readonly number: bigint;
  readonly end: WatcherEnd;
}

/** From trimmed over uneconomical to large. */
const AMOUNTS_MSAT = [200_000n, 400_000n, 3_000_000n, 20_000_000n, 45_000_000n];
const FEERATES = [1500, 2500, 4000];

/** A channel that goes its random way. What each side held on it, by its commitment's number. */
export function drive(w: Watching, random: Random, steps: number): readonly Held[] {
  const held = new Map<string, Held>();
  const inFlight: Pending[] = [];
  let payments = 0;
  const look = (): void => {
    w.feed();
    for (const side of SIDES) {
      const { number } = (w.duo.ends[side].state as FundedState).shared.commitments[side].current;
      const key = `${side} ${number}`;
      if (!held.has(key)) held.set(key, { side, number, end: w.cheater(side) });
    }
  };
  const deliverAll = (): void => {
    for (;;) {
      const moved = SIDES.map((side) => {
        const message = w.duo.deliver(side);
        look();
        return message;
      });
      if (moved.every((message) => message === undefined)) return;
    }
  };
  for (let step = 0; step < steps; step++) {
    const side = pick(random, SIDES);
    switch (random.int(5)) {
      case 0:
      case 1: {
        const n = ++payments;
        const cltvExpiry = 300 + random.int(4);
        const id = idOf(add(w.duo, side, n, { amountMsat: pick(random, AMOUNTS_MSAT), cltvExpiry }));
        if (id !== undefined) inFlight.push({ offerer: side, id, n });
        break;
      }
      case 2:
        deliverAll();
        break;
      case 3: {
        deliverAll();
        const [htlc] = inFlight.splice(random.int(inFlight.length || 1), 1);
        if (htlc !== undefined) settle(w, htlc, random.int(4) > 0);
        break;
      }
      case 4:
        w.duo.command('opener', { kind: 'fee', channelId: w.channelId, feeratePerKw: pick(random, FEERATES) });
        break;
    }
    look();
  }
  if (random.int(3) > 0) deliverAll();
  look();
  return [...held.values()];
}

function idOf(effects: readonly ChannelOutput[]): bigint | undefined {
  const added = effects.find((effect) => effect.kind === 'added');
  return added?.kind === 'added' ? added.id : undefined;
}

function settle({ duo, channelId }: Watching, { offerer, id, n }: Pending, fulfilled: boolean): void {
  const command = fulfilled
    ? ({ kind: 'fulfill', channelId, id, preimage: secretOf(n).preimage } as const)
    : ({ kind: 'fail', channelId, id, reason: 'beef' } as const);
  duo.command(other(offerer), command);
}
