import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../wire/codec.ts';
import { at, block, idOf, input, taken, txOf } from './chain.fixture.ts';
import { storedView } from './stored-form.ts';
import type { ChainBlock, ChainInput, ChainPoint } from './update.ts';
import { confirmation, depth, emptyView } from './view.ts';
import type { View } from './view.ts';
import type { Tx } from '../bitcoin/tx.ts';

/** All orders in which real sources tell of one chain fold to the same view, and that equals the one rebuilt from the chain. */

const ORIGIN = at(100);
const MAX_DEPTH = 6;

/** How a source tells of blocks that have come above what it told of before. */
type Manner =
  /** One input a block. */
  | 'block-by-block'
  /** One input, without blocks that are empty. */
  | 'at-once'
  /** Heights, and then the transactions, each alone and the last first. */
  | 'heights-first'
  /** Each transaction with its block as the tip, as soon as it comes; the heights afterwards. */
  | 'transactions-first'
  /** From further down than needed: what was told already comes again. */
  | 'overlapping';
const MANNERS: readonly Manner[] = ['block-by-block', 'at-once', 'heights-first', 'transactions-first', 'overlapping'];

interface Event {
  /** Blocks that go before the new ones come. */
  readonly reorg: number;
  /** How many transactions each new block has. */
  readonly mined: readonly number[];
  readonly manner: Manner;
  /** Told twice. */
  readonly again: boolean;
  /** The view is read back from an older stored form, and the source goes on from there. */
  readonly restart: boolean;
}

const anyEvent: fc.Arbitrary<Event> = fc.record({
  reorg: fc.nat(MAX_DEPTH),
  mined: fc.array(fc.nat(3), { maxLength: 5 }),
  manner: fc.constantFrom(...MANNERS),
  again: fc.boolean(),
  restart: fc.boolean(),
});

/** The best chain, and the transactions that wait for a block. */
class Source {
  readonly chain: ChainBlock[] = [];
  private waiting: Tx[] = [];
  private branch = 0;
  private serial = 0;

  tip(): ChainPoint {
    return pointOf(this.chain.at(-1) ?? { ...ORIGIN, transactions: [] });
  }

  happens({ reorg, mined }: Event): void {
    const gone = this.chain.splice(Math.max(0, this.chain.length - reorg));
    if (gone.length > 0) this.branch++;
    this.waiting.push(...gone.flatMap(({ transactions }) => transactions.map(({ tx }) => tx)));
    for (const count of mined) {
      for (let i = 0; i < count; i++) this.waiting.push(txOf(++this.serial));
      // What was in a block that is gone comes again in another place, or later.
      this.chain.push(block(at(this.tip().height + 1, this.branch), ...this.waiting.splice(0, count)));
    }
  }

  /** The newest block that is still in the chain, of all that was. */
  forkOf(told: readonly ChainPoint[]): ChainPoint {
    const still = told.findLast(({ height, hash }) => this.chain.some((known) => known.height === height && known.hash === hash));
    return still ?? ORIGIN;
  }

  above({ height }: ChainPoint): readonly ChainBlock[] {
    return this.chain.filter((known) => known.height > height);
  }

  tell(fork: ChainPoint, manner: Manner): readonly ChainInput[] {
    const blocks = this.above(fork);
    const tip = this.tip();
    const watched = blocks.filter(({ transactions }) => transactions.length > 0);
    switch (manner) {
      case 'at-once':
        return [input(fork, tip, ...watched)];
      case 'overlapping': {
        const lower = this.chain.findLast(({ height }) => height <= fork.height - 2);
        const from = lower === undefined ? ORIGIN : pointOf(lower);
        return [input(from, tip, ...this.above(from))];
      }
      case 'block-by-block':
        return blocks.length === 0
          ? [input(fork, fork)]
          : blocks.map((one, i) => input(i === 0 ? fork : pointOf(blocks[i - 1] as ChainBlock), pointOf(one), one));
      case 'heights-first':
        return [
          input(fork, tip),
          ...watched
            .flatMap(singly)
            .toReversed()
            .map((one) => input(tip, tip, one)),
        ];
      case 'transactions-first': {
        const firsts = watched
          .flatMap(singly)
          .map((one, i, all) => input(i === 0 ? fork : pointOf(all[i - 1] as ChainBlock), pointOf(one), one));
        const last = watched.at(-1);
        return [...firsts, input(last === undefined ? fork : pointOf(last), tip)];
      }
    }
  }
}

function pointOf({ height, hash }: ChainPoint): ChainPoint {
  return { height, hash };
}

function singly({ height, hash, transactions }: ChainBlock): readonly ChainBlock[] {
  return transactions.map((one) => ({ height, hash, transactions: [one] }));
}

/** Every third transaction is no concern of this channel's. */
function touches({ tx }: { readonly tx: Tx }): boolean {
  return tx.locktime % 3 !== 0;
}

function fold(view: View, inputs: readonly ChainInput[]): View {
  return taken(view, inputs, touches);
}

function stored(view: View): View {
  const read = decode(storedView, encode(storedView, view));
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
}

describe('all orders that real sources produce', () => {
  it('fold to the view that is rebuilt from the chain', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 8 }), (events) => {
        const source = new Source();
        let view = emptyView(ORIGIN);
        let told: ChainPoint[] = [ORIGIN];
        let older = { view, told };
        for (const event of events) {
          source.happens(event);
          if (event.restart) ({ view, told } = { view: stored(older.view), told: older.told });
          else older = { view, told: [...told] };
          const fork = source.forkOf(told);
          const inputs = source.tell(fork, event.manner);
          view = fold(view, inputs);
          if (event.again) expect(fold(view, inputs.slice(-1))).toBe(view);
          told = [...told, ...source.above(fork).map(pointOf)];
          const rebuilt = fold(emptyView(ORIGIN), [input(ORIGIN, source.tip(), ...source.chain)]);
          expect(view).toEqual(rebuilt);
        }
        expect(stored(view)).toEqual(view);
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it('say of each transaction where the chain has it', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 8 }), (events) => {
        const source = new Source();
        let view = emptyView(ORIGIN);
        for (const event of events) {
          const before = source.chain.map(pointOf);
          source.happens(event);
          view = fold(view, source.tell(source.forkOf([ORIGIN, ...before]), event.manner));
        }
        for (let n = 1; n <= 40; n++) {
          const tx = txOf(n);
          const home = touches({ tx })
            ? source.chain.find(({ transactions }) => transactions.some((one) => one.tx.locktime === n))
            : undefined;
          expect(confirmation(view, idOf(tx))?.blockHash).toBe(home?.hash);
          expect(depth(view, idOf(tx))).toBe(home === undefined ? 0 : source.tip().height - home.height + 1);
        }
      }),
      { seed: 12, numRuns: 150 },
    );
  });
});
