import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import { append, contents, cutToSign, fold, isRemoval, logLength, nextHtlcId, sameCut, slice, truncate, SIDES } from './contents.ts';
import { bytes32 } from '../duo.fixture.ts';
import type { AddUpdate, Commitment, Cut, Removal, SharedState, Update } from './state.ts';
import { htlc, secretOf } from '../updates.fixture.ts';

const ZERO: Cut = { opener: 0, accepter: 0 };

function commitment(number: bigint, cut: Cut): Commitment {
  return { number, cut };
}

function fresh(opener = 600_000n, accepter = 400_000n): SharedState {
  return {
    base: {
      cut: ZERO,
      balanceMsat: { opener, accepter },
      htlcs: { opener: [], accepter: [] },
      feeratePerKw: 1000,
      nextHtlcId: { opener: 0n, accepter: 0n },
    },
    logs: { opener: [], accepter: [] },
    commitments: { opener: { current: commitment(0n, ZERO) }, accepter: { current: commitment(0n, ZERO) } },
  };
}

function remove(id: bigint, kind: 'fulfill' | 'fail' | 'fail_malformed'): Removal {
  if (kind === 'fulfill') return { kind, id, preimage: secretOf(1).preimage };
  if (kind === 'fail') return { kind, id, reason: '00' };
  return { kind, id, sha256OfOnion: bytes32(3), failureCode: 0x8001 };
}

function at(shared: SharedState, opener: number, accepter: number) {
  const { balanceMsat, htlcs, feeratePerKw } = contents(shared, { opener, accepter });
  return { ...balanceMsat, htlcs: htlcs.map((h) => `${h.offerer} ${h.id}`), feeratePerKw };
}

describe('contents', () => {
  it('applies adds, then removals by what they mean for the balances; the last fee of the opener wins', () => {
    let shared = fresh();
    for (const id of [0n, 1n, 2n]) shared = append(shared, 'opener', htlc('opener', id, 1000n * (id + 1n)));
    shared = append(shared, 'accepter', htlc('accepter', 0n, 500n));
    shared = append(shared, 'opener', { kind: 'fee', feeratePerKw: 2000 });
    shared = append(shared, 'opener', { kind: 'fee', feeratePerKw: 1500 });
    shared = append(shared, 'accepter', remove(0n, 'fulfill'));
    shared = append(shared, 'accepter', remove(1n, 'fail'));
    shared = append(shared, 'accepter', remove(2n, 'fail_malformed'));
    shared = append(shared, 'opener', remove(0n, 'fulfill'));
    expect(at(shared, 0, 0)).toEqual({ opener: 600_000n, accepter: 400_000n, htlcs: [], feeratePerKw: 1000 });
    expect(at(shared, 1, 0)).toEqual({ opener: 599_000n, accepter: 400_000n, htlcs: ['opener 0'], feeratePerKw: 1000 });
    expect(at(shared, 4, 1)).toEqual({
      opener: 594_000n,
      accepter: 399_500n,
      htlcs: ['opener 0', 'opener 1', 'opener 2', 'accepter 0'],
      feeratePerKw: 2000,
    });
    expect(at(shared, 5, 2)).toEqual({
      opener: 594_000n,
      accepter: 400_500n,
      htlcs: ['opener 1', 'opener 2', 'accepter 0'],
      feeratePerKw: 1500,
    });
    expect(at(shared, 5, 3)).toMatchObject({ opener: 596_000n, htlcs: ['opener 2', 'accepter 0'] });
    expect(at(shared, 5, 4)).toMatchObject({ opener: 599_000n, accepter: 400_500n, htlcs: ['accepter 0'] });
    expect(at(shared, 6, 4)).toEqual({ opener: 599_500n, accepter: 400_500n, htlcs: [], feeratePerKw: 1500 });
  });

  it('takes a fee only from the opener, and a removal only of what is in flight', () => {
    const fee = append(fresh(), 'accepter', { kind: 'fee', feeratePerKw: 9 });
    expect(contents(fee, { opener: 0, accepter: 1 }).feeratePerKw).toBe(1000);
    const orphan = append(fresh(), 'accepter', remove(7n, 'fail'));
    expect(() => contents(orphan, { opener: 0, accepter: 1 })).toThrow('removal of an HTLC that is not in flight: opener 7');
  });
});

describe('the logs', () => {
  const updates = [0n, 1n, 2n, 3n].map((id) => htlc('opener', id, 10n));
  const shared: SharedState = {
    ...updates.reduce((s, u) => append(s, 'opener', u), fresh()),
    base: { ...fresh().base, cut: { opener: 10, accepter: 0 }, nextHtlcId: { opener: 5n, accepter: 0n } },
  };

  it('count from the channel’s first update', () => {
    expect([logLength(shared, 'opener'), logLength(shared, 'accepter')]).toEqual([14, 0]);
    expect(slice(shared, 'opener', 11)).toEqual(updates.slice(1));
    expect(slice(shared, 'opener', 11, 13)).toEqual(updates.slice(1, 3));
    expect(slice(shared, 'opener', 2, 11)).toEqual(updates.slice(0, 1));
    expect(slice(shared, 'opener', 2, 9)).toEqual([]);
    expect([nextHtlcId(shared, 'opener'), nextHtlcId(shared, 'accepter')]).toEqual([9n, 0n]);
    expect(nextHtlcId(append(shared, 'opener', { kind: 'fee', feeratePerKw: 1 }), 'opener')).toBe(9n);
  });

  it('are cut back to a length, and left alone where they are no longer', () => {
    expect(truncate(shared, 'opener', 12).logs.opener).toEqual(updates.slice(0, 2));
    expect(nextHtlcId(truncate(shared, 'opener', 12), 'opener')).toBe(7n);
    expect(truncate(shared, 'opener', 10).logs.opener).toEqual([]);
    expect(truncate(shared, 'opener', 14)).toBe(shared);
    expect(truncate(shared, 'accepter', 0)).toBe(shared);
  });

  it('append to one side only, and share the rest', () => {
    const appended = append(shared, 'accepter', { kind: 'fee', feeratePerKw: 3 });
    expect(appended.logs).toEqual({ opener: updates, accepter: [{ kind: 'fee', feeratePerKw: 3 }] });
    expect(appended.logs.opener).toBe(shared.logs.opener);
    expect(shared.logs.accepter).toEqual([]);
  });

  it('tell removals from other updates', () => {
    expect((['fulfill', 'fail', 'fail_malformed'] as const).map((kind) => isRemoval(remove(0n, kind)))).toEqual([true, true, true]);
    expect([isRemoval(htlc('opener', 0n, 1n)), isRemoval({ kind: 'fee', feeratePerKw: 1 })]).toEqual([false, false]);
  });
});

describe('cutToSign', () => {
  it('has all of the signer’s log, and of the owner’s what the signer’s current commitment has', () => {
    let shared = fresh();
    for (const id of [0n, 1n, 2n]) shared = append(shared, 'opener', htlc('opener', id, 1n));
    for (const id of [0n, 1n]) shared = append(shared, 'accepter', htlc('accepter', id, 1n));
    const current = commitment(4n, { opener: 2, accepter: 1 });
    shared = {
      ...shared,
      commitments: {
        opener: { current, next: commitment(5n, { opener: 3, accepter: 2 }) },
        accepter: { current: commitment(0n, ZERO) },
      },
    };
    expect(cutToSign(shared, 'opener')).toEqual({ opener: 3, accepter: 1 });
    expect(cutToSign(shared, 'accepter')).toEqual({ opener: 0, accepter: 2 });
  });

  it('is compared side by side', () => {
    expect(sameCut({ opener: 1, accepter: 2 }, { opener: 1, accepter: 2 })).toBe(true);
    expect(sameCut({ opener: 1, accepter: 2 }, { opener: 2, accepter: 2 })).toBe(false);
    expect(sameCut({ opener: 1, accepter: 2 }, { opener: 1, accepter: 1 })).toBe(false);
  });
});

describe('fold', () => {
  it('takes into the base what both current commitments contain, and says what that was', () => {
    let shared = fresh();
    shared = append(shared, 'opener', htlc('opener', 0n, 1000n));
    shared = append(shared, 'opener', htlc('opener', 1n, 2000n));
    shared = append(shared, 'opener', { kind: 'fee', feeratePerKw: 1234 });
    shared = append(shared, 'accepter', htlc('accepter', 0n, 70n));
    const [first, second, fee] = shared.logs.opener;
    shared = {
      ...shared,
      commitments: {
        opener: { current: commitment(1n, { opener: 1, accepter: 1 }), next: commitment(2n, { opener: 3, accepter: 1 }) },
        accepter: { current: commitment(2n, { opener: 2, accepter: 0 }) },
      },
    };
    const { shared: folded, folded: updates } = fold(shared);
    expect(updates).toEqual({ opener: [first], accepter: [] });
    expect(folded.base).toEqual({
      cut: { opener: 1, accepter: 0 },
      balanceMsat: { opener: 599_000n, accepter: 400_000n },
      htlcs: { opener: [first], accepter: [] },
      feeratePerKw: 1000,
      nextHtlcId: { opener: 1n, accepter: 0n },
    });
    expect(folded.logs).toEqual({ opener: [second, fee], accepter: shared.logs.accepter });
    expect(folded.commitments).toBe(shared.commitments);
  });

  it('leaves the very same value when nothing is irrevocable', () => {
    const shared = append(fresh(), 'opener', htlc('opener', 0n, 1000n));
    expect(fold(shared)).toEqual({ shared, folded: { opener: [], accepter: [] } });
    expect(fold(shared).shared).toBe(shared);
  });
});

/** A channel's life without messages: `history` keeps every update for ever, `shared` folds what is irrevocable. */
class Life {
  shared = fresh();
  readonly history: Record<Side, Update[]> = { opener: [], accepter: [] };

  #append(side: Side, update: Update): void {
    this.shared = append(this.shared, side, update);
    this.history[side].push(update);
  }

  add(side: Side, amountMsat: bigint): void {
    this.#append(side, htlc(side, nextHtlcId(this.shared, side), amountMsat));
  }

  /** Only what is irrevocably committed may be removed, once. */
  remove(side: Side, pick: number, kind: 'fulfill' | 'fail' | 'fail_malformed'): void {
    const gone = new Set(this.shared.logs[side].flatMap((u) => (isRemoval(u) ? [u.id] : [])));
    const candidates = this.shared.base.htlcs[other(side)].filter((h) => !gone.has(h.id));
    const chosen = candidates[pick % Math.max(1, candidates.length)];
    if (chosen !== undefined) this.#append(side, remove(chosen.id, kind));
  }

  fee(feeratePerKw: number): void {
    this.#append('opener', { kind: 'fee', feeratePerKw });
  }

  sign(side: Side): void {
    const owner = other(side);
    const { current, next } = this.shared.commitments[owner];
    if (next !== undefined) return;
    this.#set(owner, current, commitment(current.number + 1n, cutToSign(this.shared, side)));
  }

  revoke(owner: Side): void {
    const { next } = this.shared.commitments[owner];
    if (next === undefined) return;
    this.#set(owner, next);
    this.shared = fold(this.shared).shared;
  }

  /** What either side has sent becomes irrevocable, unless another signature is on its way. */
  dance(first: Side): void {
    for (const signer of [first, other(first), first]) {
      this.sign(signer);
      this.revoke(other(signer));
    }
  }

  #set(owner: Side, current: Commitment, next?: Commitment): void {
    const both = next === undefined ? { current } : { current, next };
    this.shared = { ...this.shared, commitments: { ...this.shared.commitments, [owner]: both } };
  }

  /** What a cut says, straight from the whole history. */
  expected(cut: Cut) {
    const seen = { opener: this.history.opener.slice(0, cut.opener), accepter: this.history.accepter.slice(0, cut.accepter) };
    const balanceMsat = { opener: 600_000n, accepter: 400_000n };
    const htlcs: AddUpdate[] = [];
    for (const side of SIDES) {
      for (const added of seen[side]) {
        if (added.kind !== 'add') continue;
        const removal = seen[other(side)].find((u): u is Removal => isRemoval(u) && u.id === added.id);
        if (removal === undefined) htlcs.push(added);
        if (removal === undefined || removal.kind === 'fulfill') balanceMsat[side] -= added.amountMsat;
        if (removal?.kind === 'fulfill') balanceMsat[other(side)] += added.amountMsat;
      }
    }
    const fees = seen.opener.flatMap((u) => (u.kind === 'fee' ? [u.feeratePerKw] : []));
    return { balanceMsat, htlcs, feeratePerKw: fees.at(-1) ?? 1000 };
  }
}

const side = fc.constantFrom<Side>('opener', 'accepter');
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), side, amountMsat: fc.bigInt(1n, 9000n) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      side,
      pick: fc.nat(9),
      kind: fc.constantFrom('fulfill' as const, 'fail' as const, 'fail_malformed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fee' as const), feeratePerKw: fc.integer({ min: 253, max: 9999 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sign' as const), side }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('revoke' as const), side }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dance' as const), side }) },
);

describe('any interleaving of both logs', () => {
  it('conserves every millisatoshi, says what the whole history says, and loses nothing by folding', () => {
    let removed = 0;
    let folds = 0;
    fc.assert(
      fc.property(fc.array(operation, { minLength: 30, maxLength: 120 }), (operations) => {
        const life = new Life();
        for (const op of operations) {
          if (op.do === 'add') life.add(op.side, op.amountMsat);
          else if (op.do === 'remove') life.remove(op.side, op.pick, op.kind);
          else if (op.do === 'fee') life.fee(op.feeratePerKw);
          else if (op.do === 'sign') life.sign(op.side);
          else if (op.do === 'revoke') life.revoke(op.side);
          else life.dance(op.side);
        }
        const { shared } = life;
        const cuts = SIDES.flatMap((owner) => [shared.commitments[owner].current, shared.commitments[owner].next]).flatMap((c) =>
          c === undefined ? [] : [c.cut],
        );
        for (const cut of [...cuts, cutToSign(shared, 'opener'), cutToSign(shared, 'accepter')]) {
          const said = contents(shared, cut);
          expect(said).toEqual(life.expected(cut));
          const inFlight = said.htlcs.reduce((sum, h) => sum + h.amountMsat, 0n);
          expect(said.balanceMsat.opener + said.balanceMsat.accepter + inFlight).toBe(1_000_000n);
        }
        for (const s of SIDES) expect(nextHtlcId(shared, s)).toBe(BigInt(life.history[s].filter((u) => u.kind === 'add').length));
        if (shared.base.cut.opener > 0 && shared.base.cut.accepter > 0) folds++;
        removed += life.history.opener.concat(life.history.accepter).filter(isRemoval).length;
      }),
      { seed: 7, numRuns: 150 },
    );
    expect(removed).toBeGreaterThan(300);
    expect(folds).toBeGreaterThan(75);
  });
});
