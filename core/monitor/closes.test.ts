import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { secretOf } from '../channel/updates.fixture.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { other } from '../transactions/types.ts';
import type { Side } from '../transactions/types.ts';
import { runToEnd, SIDES, Watching } from './watching.fixture.ts';
import type { WatcherEnd } from './watching.fixture.ts';

/** What each side has, the HTLC aside, which the opener or the accepter offers. */
const BALANCE_SAT: Readonly<Record<Side, bigint>> = { opener: 700_000n, accepter: 300_000n };
const HTLC_SAT = 50_000n;
/** What closing may cost a side: its commitment's fee with anchors, and what each claim pays. */
const COSTS_SAT = 12_000n;

/** `revoked`: the peer's, from before another payment. */
const CLOSES = ['ours', 'theirs', 'theirs, unacknowledged', 'revoked'] as const;
const KNOWS = ['nobody', 'the recipient', 'the recipient, late'] as const;

type Close = (typeof CLOSES)[number];

const rows = CLOSES.flatMap((close) =>
  (['static_remotekey', 'anchors'] as const).flatMap((format) =>
    SIDES.flatMap((offerer) => KNOWS.map((knows, at) => ({ close, format, offerer, knows, real: at === 1 }))),
  ),
).filter(({ close, offerer, knows }) => close !== 'theirs, unacknowledged' || (offerer === 'opener' && knows === 'nobody'));

/** The channel ends, as the opener sees it, with one HTLC in it. */
function end(w: Watching, close: Close, offerer: Side): WatcherEnd | undefined {
  if (close === 'theirs, unacknowledged') {
    w.sign(offerer, 1);
    w.fail('accepter');
    w.mine();
    return undefined;
  }
  w.pay(offerer, 1);
  if (close === 'revoked') {
    const cheater = w.cheater('accepter');
    w.pay(other(offerer), 2, { amountMsat: 1_000_000n });
    w.cheat(cheater);
    return cheater;
  }
  w.fail(close === 'ours' ? 'opener' : 'accepter');
  w.mine();
  return undefined;
}

/** The recipient's host: it has the preimage, whether the channel still goes on or not. */
function reveal(w: Watching, offerer: Side, cheater: WatcherEnd | undefined): void {
  const { preimage } = secretOf(1);
  const recipient = other(offerer);
  if (cheater?.side !== recipient) return w.learn(recipient, 0n, 1);
  cheater.input({
    kind: 'update',
    number: cheater.state.learned + 1,
    update: { kind: 'preimage', preimage, settles: [{ offerer, id: 0n }] },
  });
}

describe('a channel with one HTLC ends, and everybody gets their due', () => {
  const named = rows.map((row) => ({
    row,
    name: `${row.close}, ${row.format}: offered by the ${row.offerer}, ${row.knows} knows the preimage`,
  }));
  it.each(named.map(({ name, row }) => [name, row] as const))('%s', (_name, { close, format, offerer, knows, real }) => {
    const w = new Watching(format, real ? noble : createFakeCrypto());
    const cheater = end(w, close, offerer);
    if (knows === 'the recipient') reveal(w, offerer, cheater);
    // Ten blocks before it expires is late, and in time.
    if (knows === 'the recipient, late') {
      w.mine(290 - w.chain.height);
      reveal(w, offerer, cheater);
    }
    runToEnd(w.chain, [...SIDES.map((side) => w.ends[side]), ...w.others]);
    w.mine(6);
    const honest = cheater === undefined ? SIDES : ([other(cheater.side)] as const);
    for (const side of honest) {
      expect([side, ...w.ends[side].rejected.filter((why) => !why.includes('insufficient fee to replace'))]).toEqual([side]);
      expect(w.ends[side].wanted()).toEqual([]);
    }
    const got = (of: WatcherEnd): bigint => w.chain.paidTo(of.wallet.script) - of.wallet.givenSat;
    if (cheater !== undefined) {
      expect(w.chain.paidTo(cheater.wallet.script) - cheater.wallet.givenSat - w.ends.accepter.wallet.givenSat).toBeLessThanOrEqual(0n);
      expect(got(w.ends.opener)).toBeGreaterThan(1_000_000n - 2n * COSTS_SAT);
      return;
    }
    const winner = knows === 'nobody' ? offerer : other(offerer);
    for (const side of SIDES) {
      const due = BALANCE_SAT[side] + (side === winner ? HTLC_SAT : 0n) - (side === offerer ? HTLC_SAT : 0n);
      expect(got(w.ends[side]), side).toBeLessThanOrEqual(due);
      expect(got(w.ends[side]), side).toBeGreaterThan(due - COSTS_SAT);
      expect(w.ends[side].fateOf(offerer, 0n), side).toBe(knows === 'nobody' ? 'timed_out' : 'fulfilled');
    }
  });
});
