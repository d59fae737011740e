import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { chance, pick, shuffle, stream } from '../../sim/deterministic/random.ts';
import type { Random } from '../../sim/deterministic/random.ts';
import { isChainRefusal, readChainInput } from '../chain/update.ts';
import { applyUpdate, emptyView } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import { secretOf } from '../channel/updates.fixture.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Crypto } from '../crypto/types.ts';
import type { CommitmentFormat } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import { drive } from './driven.fixture.ts';
import type { Held } from './driven.fixture.ts';
import type { Knowledge } from './knowledge.ts';
import type { TestChain } from './test-chain.fixture.ts';
import { touching } from './touching.ts';
import { assess } from './watcher.ts';
import { runToEnd, SIDES, storable, WatcherEnd, Watching } from './watching.fixture.ts';

const FORMATS = ['static_remotekey', 'anchors'] as const;

/** Less than a penalty costs: what a cheater may keep. */
const UNECONOMICAL_SAT = 1000n;

function isRevoked(w: Watching, { side, number }: Held): boolean {
  const known = w.ends[other(side)].state.knowledge as Knowledge;
  return !known.points.some((unrevoked) => unrevoked.number === number) && number < BigInt(known.cuts[side].length);
}

/** The cheater's host: what he may have learned by now of the HTLCs that were offered to him. */
function learnsPreimages(random: Random, cheater: WatcherEnd): void {
  for (let n = 1; n < 40; n++) {
    if (!chance(random, 1, 2)) continue;
    const { preimage, paymentHash } = secretOf(n);
    const known = cheater.state.knowledge as Knowledge;
    const offered = known.logs[other(cheater.side)];
    const settles = offered
      .first(offered.length)
      .flatMap((entry) =>
        entry.kind === 'add' && entry.paymentHash === paymentHash ? [{ offerer: other(cheater.side), id: entry.id }] : [],
      );
    if (settles.length === 0) continue;
    cheater.input({ kind: 'update', number: cheater.state.learned + 1, update: { kind: 'preimage', preimage, settles } });
  }
}

/** Gives a revoked commitment to a chain, whose victim sleeps a while. */
function cheat(w: Watching, random: Random, held: Held): void {
  const chain = w.newChain();
  const { crypto, duo } = w;
  const victim = new WatcherEnd(other(held.side), crypto, duo, chain, w.ends[other(held.side)].state);
  const cheater = new WatcherEnd(held.side, crypto, duo, chain, held.end.state);
  cheater.env = { ...cheater.env, feeratePerKw: pick(random, [500, 2000, 8000]) };
  learnsPreimages(random, cheater);
  cheater.input({ kind: 'started' });
  cheater.chain(chain.mine());
  const until = chain.height + random.int(140);
  while (chain.height < until) cheater.chain(chain.mine(chain.mempool.length > 0 ? 1 : Math.min(until - chain.height, 1 + random.int(30))));
  victim.chain(chain.history());
  expect(victim.assess().outcome.close?.kind).toBe('revoked');
  runToEnd(chain, [victim, cheater]);
  const what = `${held.side} ${held.number}`;
  expect(victim.rejected.filter((why) => !why.includes('insufficient fee to replace'))).toEqual([]);
  const left = victim.assess().wanted;
  expect(left.filter(({ amountSat }) => amountSat >= UNECONOMICAL_SAT).map(({ kind, amountSat }) => [what, kind, amountSat])).toEqual([]);
  const kept = chain.paidTo(cheater.wallet.script) - cheater.wallet.givenSat;
  expect(kept, what).toBeLessThanOrEqual(left.reduce((sum, { amountSat }) => sum + amountSat, 0n));
}

describe('every revoked commitment of a channel that went its random way', () => {
  const runs: readonly (readonly [string, CommitmentFormat, Crypto, number])[] = [
    ...Array.from({ length: 2 }, (_, i) => ['fake', FORMATS[i % 2] as CommitmentFormat, createFakeCrypto(), i] as const),
    ['noble', 'static_remotekey', noble, 100],
    ['noble', 'anchors', noble, 101],
  ];
  it.each(runs)('with %s, %s: is punished so that the cheater keeps nothing but what no penalty is worth', (name, format, crypto, seed) => {
    const random = stream('punished', `${seed}`);
    const w = new Watching(format, crypto);
    const held = drive(w, random, name === 'noble' ? 12 : 24).filter((one) => isRevoked(w, one));
    expect(held.length).toBeGreaterThan(3);
    for (const one of shuffle(random, held).slice(0, name === 'noble' ? 2 : 5)) cheat(w, random, one);
  });
});

/** The view of who hears of the chain for the first time. */
function rebuilt(crypto: Crypto, known: Knowledge, chain: TestChain): View {
  const update = readChainInput(crypto, chain.history());
  if (isChainRefusal(update)) throw new Error(update.detail);
  const empty = emptyView(update.fork);
  const view = applyUpdate(empty, update, touching(known, empty, update));
  if (isChainRefusal(view)) throw new Error(view.detail);
  return view;
}

function expectFolded({ env, state }: WatcherEnd, chain: TestChain): void {
  const known = state.knowledge as Knowledge;
  const view = rebuilt(env.crypto, known, chain);
  expect(state.view).toEqual(view);
  expect(assess(env, known, state.view)).toEqual(assess(env, known, view));
}

/** A channel that ends on a chain whose blocks come and go. */
function endWithReorgs(w: Watching, random: Random, each: () => void): void {
  const rivals = SIDES.map((side) => w.commitmentOf(side));
  w.fail(pick(random, SIDES));
  for (let step = 0; step < 25; step++) {
    switch (random.int(4)) {
      case 0:
        w.mine(1 + random.int(3));
        break;
      case 1:
        w.mine(pick(random, [20, 60, 150]));
        break;
      case 2: {
        const depth = Math.min(1 + random.int(6), w.chain.height - w.chain.first);
        if (depth > 0) w.tell(w.chain.reorg(depth, pick(random, [undefined, [], [...rivals, ...w.chain.mempool]])));
        break;
      }
      case 3:
        for (const side of SIDES) if (chance(random, 1, 4)) w.ends[side].input({ kind: 'started' });
        break;
    }
    each();
  }
}

describe('a channel that ends on a chain whose blocks come and go', () => {
  it.each([0, 1].map((i) => [FORMATS[i % 2] as CommitmentFormat, i] as const))(
    '%s, %i: what is folded equals what is rebuilt from the surviving chain, after every step',
    (format, seed) => {
      const random = stream('folded', `${seed}`);
      const w = new Watching(format);
      drive(w, random, 15);
      endWithReorgs(w, random, () => {
        for (const side of SIDES) expectFolded(w.ends[side], w.chain);
      });
      expect([...w.ends.opener.rejected, ...w.ends.accepter.rejected].filter((why) => !isOfReorg(why))).toEqual([]);
    },
  );

  it.each([0, 1].map((i) => [FORMATS[i % 2] as CommitmentFormat, i] as const))(
    '%s, %i: two watchers agree on what is wanted, one fed from the start, one that has a copy from on the way and slept',
    (format, seed) => {
      const random = stream('two', `${seed}`);
      const w = new Watching(format);
      drive(w, random, 8);
      const copies = SIDES.map((side) => {
        const copy = new WatcherEnd(side, w.crypto, w.duo, w.chain, storable(w.ends[side].state));
        copy.awake = false;
        return copy;
      });
      drive(w, random, 8);
      endWithReorgs(w, random, () => {
        for (const copy of copies) {
          if (chance(random, 1, 2)) continue;
          const { state } = w.ends[copy.side];
          for (const [at, update] of w.told(copy.side).entries()) copy.input({ kind: 'update', number: at + 1, update });
          copy.chain(w.chain.history());
          expect(copy.state.view).toEqual(state.view);
          expect(copy.assess().wanted).toEqual(w.ends[copy.side].assess().wanted);
        }
      });
    },
  );
});

/** A transaction may lose what it spends, or meet another, where blocks come and go. */
function isOfReorg(why: string): boolean {
  return why.includes('missing or spent input') || why.includes('insufficient fee to replace');
}
