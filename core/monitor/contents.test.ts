import { describe, expect, it } from 'vitest';
import type { Hash32 } from '../crypto/bytes.ts';
import type { Entry } from '../knowledge/updates.ts';
import type { CommitmentContents } from '../transactions/types.ts';
import { CHECKPOINT_EVERY, contentsOf, contentsSince, NOTHING_CUT, withCheckpoints } from './contents.ts';
import type { Course, Cut } from './contents.ts';
import { Log } from './log.ts';

const START: CommitmentContents = { balanceMsat: { opener: 9_000_000n, accepter: 1_000_000n }, htlcs: [], feeratePerKw: 253 };

function add(id: bigint, amountMsat = 1000n): Entry {
  return { kind: 'add', id, amountMsat, paymentHash: id.toString(16).padStart(64, '0') as Hash32, cltvExpiry: 500 };
}

/** A channel whose every third HTLC stays: what commitment n says grows, and its cuts move one side at a time. */
function course(commitments: number): Course {
  const opener: Entry[] = [];
  const accepter: Entry[] = [];
  const cuts: Cut[] = [NOTHING_CUT];
  for (let n = 1; n < commitments; n++) {
    if (n % 2 === 1) opener.push(n % 7 === 0 ? { kind: 'fee', feeratePerKw: 253 + n } : add(BigInt(n)));
    else if ((n - 1) % 7 === 0) accepter.push(add(BigInt(n)));
    else if (n % 3 !== 0) accepter.push({ kind: n % 4 === 0 ? 'fulfilled' : 'failed', id: BigInt(n - 1) });
    cuts.push({ opener: opener.length, accepter: accepter.length });
  }
  const bare = { logs: { opener: new Log(opener), accepter: new Log(accepter) }, cuts: new Log(cuts), checkpoints: new Log<never>() };
  return withCheckpoints(bare, START) as Course;
}

describe('what a commitment says', () => {
  it('is the same from the last checkpoint as from the first entry on', () => {
    const c = course(3 * CHECKPOINT_EVERY + 5);
    expect(c.checkpoints.length).toBe(4);
    for (let n = 0; n < c.cuts.length; n += 5) {
      const whole = contentsSince(c.logs, START, NOTHING_CUT, c.cuts.at(n) as Cut);
      expect(contentsOf(c, START, n)).toEqual(whole);
    }
    expect(contentsOf(c, START, c.cuts.length - 1)?.htlcs.length).toBeGreaterThan(100);
    expect(contentsOf(c, START, c.cuts.length)).toBeUndefined();
  });

  it('is folded on the last checkpoint, and on no entry before it', () => {
    const { logs, cuts, checkpoints } = course(2 * CHECKPOINT_EVERY);
    const marked = { ...(checkpoints.at(1) as CommitmentContents), feeratePerKw: 77 };
    const changed = { logs, cuts, checkpoints: new Log([checkpoints.at(0) as CommitmentContents, marked]) };
    expect(contentsOf(changed, START, CHECKPOINT_EVERY)?.feeratePerKw).toBe(77);
    expect(contentsOf(changed, START, CHECKPOINT_EVERY - 1)).toEqual(contentsOf({ logs, cuts, checkpoints }, START, CHECKPOINT_EVERY - 1));
  });

  it('is nothing where a commitment removes what is not in flight, or has what the logs have not', () => {
    const logs = { opener: new Log<Entry>([add(0n)]), accepter: new Log<Entry>([{ kind: 'failed', id: 0n }]) };
    expect(contentsSince(logs, START, NOTHING_CUT, { opener: 1, accepter: 1 })).toEqual(START);
    expect(contentsSince(logs, START, NOTHING_CUT, { opener: 0, accepter: 1 })).toBeUndefined();
    expect(contentsSince(logs, START, NOTHING_CUT, { opener: 2, accepter: 0 })).toBeUndefined();
    const cuts = new Log<Cut>([{ opener: 0, accepter: 1 }]);
    expect(withCheckpoints({ logs, cuts, checkpoints: new Log() }, START)).toBeUndefined();
  });
});
