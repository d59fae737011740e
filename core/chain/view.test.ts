import { describe, expect, it } from 'vitest';
import { at, block, idOf, input, read, taken as fold, txOf } from './chain.fixture.ts';
import type { ChainInput } from './update.ts';
import { applyUpdate, confirmation, depth, emptyView, spendOf } from './view.ts';
import type { View } from './view.ts';

const funding = txOf(1);
const outpoint = { txid: idOf(funding), vout: 0 };
const spend = txOf(2, outpoint);
const conflict = txOf(3, outpoint);
const stranger = txOf(4);
const start = emptyView(at(10));

function touches({ txid }: { readonly txid: string }): boolean {
  return txid !== idOf(stranger);
}

function taken(view: View, ...inputs: readonly ChainInput[]): View {
  return fold(view, inputs, touches);
}

function refused(view: View, given: ChainInput): unknown {
  const { misfit, resumeAt } = applyUpdate(view, read(given), touches) as Extract<ReturnType<typeof applyUpdate>, { misfit: string }>;
  return { misfit, resumeAt };
}

const confirmed = taken(start, input(at(10), at(12), block(at(11), funding)));
const spent = taken(confirmed, input(at(12), at(15), block(at(14), spend)));

describe('a view', () => {
  it('knows where a transaction is, how deep, and what spends an output', () => {
    expect(confirmation(spent, idOf(funding))).toMatchObject({ height: 11, blockHash: at(11).hash, index: 1, tx: funding });
    expect(spendOf(spent, outpoint)).toMatchObject({ height: 14, txid: idOf(spend) });
    expect(depth(spent, idOf(funding))).toBe(5);
    expect(confirmation(start, idOf(funding))).toBeUndefined();
    expect(spendOf(spent, { txid: idOf(funding), vout: 1 })).toBeUndefined();
    expect(spendOf(spent, { txid: idOf(spend), vout: 0 })).toBeUndefined();
  });

  it('counts the block of a transaction as one', () => {
    expect(depth(start, idOf(funding))).toBe(0);
    expect(depth(taken(start, input(at(10), at(11), block(at(11), funding))), idOf(funding))).toBe(1);
    expect(depth(confirmed, idOf(funding))).toBe(2);
  });

  it('has what touches the channel, and no more', () => {
    expect(taken(start, input(at(10), at(11), block(at(11), stranger)))).toEqual(emptyView(at(11)));
  });

  it('is the same value where nothing changes', () => {
    expect(taken(confirmed, input(at(12), at(12)))).toBe(confirmed);
    expect(taken(confirmed, input(at(12), at(12), block(at(11), funding)))).toBe(confirmed);
    expect(taken(confirmed, input(at(10), at(12), block(at(11), funding)))).toBe(confirmed);
  });

  it('keeps the transactions where only the height changes', () => {
    expect(taken(confirmed, input(at(12), at(13))).transactions).toBe(confirmed.transactions);
  });

  it('forgets what is above the fork', () => {
    expect(taken(spent, input(at(13), at(13)))).toEqual({ ...confirmed, tip: at(13) });
    expect(taken(spent, input(at(10), at(16, 1)))).toEqual(emptyView(at(16, 1)));
    const moved = taken(spent, input(at(12), at(13, 1), block(at(13, 1), conflict)));
    expect(spendOf(moved, outpoint)).toMatchObject({ height: 13, txid: idOf(conflict) });
    expect(depth(moved, idOf(spend))).toBe(0);
  });

  it('has a transaction that comes again in another block there, and only there', () => {
    const moved = taken(confirmed, input(at(10), at(13, 1), block(at(12, 1), funding)));
    expect(moved.transactions.map(({ height, blockHash }) => [height, blockHash])).toEqual([[12, at(12, 1).hash]]);
    expect(depth(moved, idOf(funding))).toBe(2);
  });

  it('lets transactions join a block that was seen, in the order of the block', () => {
    const later = taken(
      start,
      input(at(10), at(15)),
      input(at(15), at(15), block(at(14), spend)),
      input(at(15), at(15), block(at(11), funding)),
    );
    expect(later).toEqual(spent);
    const sameBlock = taken(start, input(at(10), at(11), block(at(11), spend)), input(at(11), at(11), block(at(11), funding)));
    expect(sameBlock.transactions.map(({ txid }) => txid)).toEqual([idOf(funding), idOf(spend)]);
  });
});

describe('what does not fit', () => {
  it('is an update that begins above what was seen', () => {
    expect(refused(confirmed, input(at(13), at(14)))).toEqual({ misfit: 'hole', resumeAt: at(12) });
  });

  it('is one that builds on another block than the one that was seen', () => {
    expect(refused(confirmed, input(at(12, 1), at(13, 1)))).toEqual({
      misfit: 'unknown-fork',
      resumeAt: { height: 11, hash: at(11).hash },
    });
    expect(refused(confirmed, input(at(11, 1), at(13, 1)))).toEqual({ misfit: 'unknown-fork', resumeAt: undefined });
    expect(refused(spent, input(at(14, 1), at(16, 1)))).toEqual({ misfit: 'unknown-fork', resumeAt: at(11) });
  });

  it('is one whose blocks below the fork are others', () => {
    expect(refused(confirmed, input(at(12), at(12), block(at(11, 1), spend)))).toEqual({ misfit: 'unknown-fork', resumeAt: undefined });
  });

  it('is one that leaves in the chain what its transactions contradict', () => {
    const elsewhere = input(at(12), at(13), block(at(13), funding));
    expect(refused(confirmed, elsewhere)).toEqual({ misfit: 'unknown-fork', resumeAt: undefined });
    expect(refused(spent, input(at(14), at(16), block(at(16), conflict)))).toEqual({ misfit: 'unknown-fork', resumeAt: at(11) });
  });

  it('fits where it begins at what the refusal names', () => {
    expect(taken(confirmed, input(at(12), at(14)))).toMatchObject({ tip: at(14) });
    expect(taken(spent, input(at(11), at(16, 1), block(at(12, 1), conflict)))).toMatchObject({ tip: at(16, 1) });
    expect(taken(confirmed, input(at(9), at(13, 1), block(at(13, 1), funding)))).toMatchObject({ tip: at(13, 1) });
  });
});
