import { describe, expect, it } from 'vitest';
import { serialiseTx } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import { add, secretOf } from '../channel/updates.fixture.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { P2WPKH_A, P2WPKH_B } from '../channel/duo.fixture.ts';
import { depth } from '../chain/view.ts';
import { WatcherEnd, Watching } from './watching.fixture.ts';
import type { WatcherOutput } from './watcher-vocabulary.ts';

/** Every transaction here is executed by the interpreter before a mempool or a block takes it. */
const FORMATS = ['static_remotekey', 'anchors'] as const;
const EXPIRY = 300;
const DELAY = 144;

type Broadcast = Extract<WatcherOutput, { kind: 'broadcast' }>;

function broadcasts({ log }: WatcherEnd, claim?: string): readonly Broadcast[] {
  return log.flatMap((effect) => (effect.kind === 'broadcast' && (claim === undefined || effect.claim === claim) ? [effect] : []));
}

function kinds(end: WatcherEnd): readonly string[] {
  return end.wanted().toSorted();
}

function expectEnd(w: Watching): void {
  for (const side of ['opener', 'accepter'] as const) {
    expect([side, ...w.ends[side].rejected]).toEqual([side]);
    expect([side, ...w.ends[side].wanted()]).toEqual([side]);
    expect(w.ends[side].facts().at(-1)).toEqual({ kind: 'resolved' });
  }
}

describe.each(FORMATS)('%s: BOLT 5, Failing a Channel', (format) => {
  it('MUST broadcast the last commitment transaction: when the channel has said that it is final, and not before', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.mineTo(110);
    expect(broadcasts(w.ends.opener)).toEqual([]);
    const tx = w.commitmentOf('opener');
    w.fail('opener');
    expect(broadcasts(w.ends.opener).map(({ claim, txs }) => [claim, ...txs.map(serialiseTx)])).toEqual([['commitment', serialiseTx(tx)]]);
    w.mine();
    expect(w.chain.isUnspent(w.funding)).toBe(false);
  });

  it('SHOULD use replace-by-fee or another mechanism where it proves insufficient; MUST spend any to_local_anchor output', () => {
    const w = new Watching(format);
    const { opener } = w.ends;
    opener.env = { ...opener.env, feeratePerKw: 10_000 };
    w.fail('opener');
    const [first, second] = broadcasts(opener);
    if (format === 'static_remotekey') {
      expect(w.chain.mempool).toHaveLength(1);
      return;
    }
    // Alone at first, then with the child that the coins have paid.
    expect([first?.txs.length, second?.txs.length]).toEqual([1, 2]);
    expect(w.chain.mempool).toHaveLength(2);
    opener.env = { ...opener.env, feeratePerKw: 20_000 };
    opener.input({ kind: 'feerate' });
    expect(w.chain.mempool).toHaveLength(2);
    const childs = broadcasts(opener).filter(({ txs }) => txs.length === 2);
    expect(childs).toHaveLength(2);
    w.mine();
    expect(opener.rejected).toEqual([]);
    w.settle();
    expectEnd(w);
  });

  it('is broadcast again every few blocks, and after a restart the same bytes', () => {
    const w = new Watching(format);
    w.ends.opener.awake = false;
    w.fail('opener');
    w.mineTo(w.chain.height + 12);
    const sent = broadcasts(w.ends.opener).map(({ txs }) => txs.map(serialiseTx).join());
    expect(sent.length).toBe(3);
    w.ends.opener.input({ kind: 'started' });
    sent.push(...broadcasts(w.ends.opener).map(({ txs }) => txs.map(serialiseTx).join()));
    expect(new Set(sent).size).toBe(1);
  });
});

describe.each(FORMATS)('%s: BOLT 5, Mutual Close Handling', (format) => {
  it('a node need not do anything else; it is told when it is deep, and watched until it is irrevocable', () => {
    const w = new Watching(format, noble);
    for (const [side, script] of [
      ['opener', P2WPKH_A],
      ['accepter', P2WPKH_B],
    ] as const)
      w.duo.command(side, { kind: 'shutdown', channelId: w.duo.channelId, script });
    w.duo.exchange();
    w.feed();
    w.mineWith([w.duo.funded('opener').closing.tx as Tx]);
    w.mineTo(w.chain.height + 4);
    expect(w.ends.opener.facts()).toEqual([]);
    w.mine();
    expect(w.ends.opener.facts()).toMatchObject([{ kind: 'closed', how: 'mutual' }]);
    w.skipTo(w.chain.height + 93);
    expect(w.ends.opener.facts()).toHaveLength(1);
    w.mine();
    expectEnd(w);
  });
});

describe.each(FORMATS)('%s: BOLT 5, Unilateral Close Handling: Local Commitment Transaction', (format) => {
  it('SHOULD spend the to_local output to a convenient address, MUST wait until the OP_CHECKSEQUENCEVERIFY delay has passed, MAY ignore to_remote', () => {
    const w = new Watching(format, noble);
    w.fail('opener');
    w.mine();
    const confirmed = w.chain.height;
    expect(w.ends.opener.wanted()).toEqual(['to_local']);
    w.skipTo(confirmed + DELAY - 2);
    expect(broadcasts(w.ends.opener, 'to_local')).toEqual([]);
    w.mine();
    expect(broadcasts(w.ends.opener, 'to_local')).toHaveLength(1);
    w.mine();
    expect(w.ends.opener.wanted()).toEqual([]);
    expect(w.chain.paidTo(w.ends.opener.wallet.script)).toBeGreaterThan(690_000n);
    w.settle();
    expectEnd(w);
  });

  it('HTLCs offered by itself: MUST resolve the output with the HTLC-timeout transaction, and the output of that after its delay', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.fail('opener');
    w.mine();
    w.skipTo(EXPIRY - 1);
    expect(broadcasts(w.ends.opener, 'htlc_timeout_tx')).toEqual([]);
    w.mine();
    expect(broadcasts(w.ends.opener, 'htlc_timeout_tx').length).toBeGreaterThan(0);
    w.mine();
    expect(kinds(w.ends.opener)).toContain('second_stage');
    w.mineTo(EXPIRY + 5);
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mine();
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
    w.skipTo(EXPIRY + 1 + DELAY);
    w.mine();
    expect(broadcasts(w.ends.opener, 'second_stage')).toHaveLength(1);
    // Two deep now: irrevocable at a hundred.
    w.skipTo(w.chain.height + 97);
    expect(w.ends.opener.facts()).not.toContainEqual({ kind: 'resolved' });
    w.mine();
    expectEnd(w);
  });

  it('HTLCs offered by itself: MUST extract the payment preimage from the transaction input witness', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.fail('opener');
    w.mine();
    w.learn('accepter', 0n, 1);
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mine();
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('fulfilled');
    expect(w.ends.opener.log).toContainEqual({ kind: 'preimage', preimage: secretOf(1).preimage });
    expect(kinds(w.ends.opener)).toEqual(['to_local']);
    w.settle();
    expectEnd(w);
  });

  it('a committed HTLC without an output, in no valid commitment: MAY fail the corresponding incoming HTLC sooner', () => {
    const w = new Watching(format);
    w.pay('opener', 1, { amountMsat: 200_000n });
    w.fail('opener');
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mine();
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
    expect(w.ends.accepter.fateOf('opener', 0n)).toBe('timed_out');
    w.settle();
    expectEnd(w);
  });

  it('a committed HTLC without an output, in another valid commitment: once the commitment has reached reasonable depth', () => {
    const w = new Watching(format);
    add(w.duo, 'opener', 1);
    // Only the accepter's next commitment has it: the opener has signed for it, and nobody has answered.
    w.duo.ends.opener.outgoing.length = 0;
    w.feed();
    w.fail('opener');
    w.mine();
    expect(kinds(w.ends.opener)).toEqual(['to_local']);
    w.mineTo(w.chain.height + 4);
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mine();
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
  });

  it('HTLCs offered by the remote node: MUST resolve the output with the HTLC-success transaction, and MUST resolve the output of that', () => {
    const w = new Watching(format, noble);
    w.pay('accepter', 1);
    w.fail('opener');
    w.mine();
    expect(kinds(w.ends.opener)).toEqual(['to_local']);
    w.learn('opener', 0n, 1);
    expect(kinds(w.ends.opener)).toEqual(['htlc_success_tx', 'to_local']);
    w.mine();
    w.mine();
    expect(kinds(w.ends.opener)).toEqual(['second_stage', 'to_local']);
    expect(w.ends.accepter.fateOf('accepter', 0n)).toBe('fulfilled');
    w.settle();
    expect(w.ends.opener.fateOf('accepter', 0n)).toBe('fulfilled');
    expectEnd(w);
  });

  it('HTLCs offered by the remote node, without its preimage: MUST NOT resolve the output; once it has expired it is irrevocably resolved', () => {
    const w = new Watching(format);
    w.ends.accepter.awake = false;
    w.pay('accepter', 1);
    w.fail('opener');
    w.settle();
    expect(broadcasts(w.ends.opener).some(({ claim }) => claim.startsWith('htlc'))).toBe(false);
    expect(w.ends.opener.fateOf('accepter', 0n)).toBe('timed_out');
    expect(w.ends.opener.facts().at(-1)).toEqual({ kind: 'resolved' });
  });
});

describe.each(FORMATS)('%s: BOLT 5, Unilateral Close Handling: Remote Commitment Transaction', (format) => {
  it('to_remote is spent, with anchors after one block; to_local is the remote node’s', () => {
    const w = new Watching(format, noble);
    w.confirm('accepter');
    expect(w.ends.opener.wanted()).toEqual(['to_remote']);
    expect(w.chain.mempool).toHaveLength(1);
    w.mine();
    expect(w.ends.opener.wanted()).toEqual([]);
    expect(w.ends.opener.rejected).toEqual([]);
  });

  it('HTLCs offered by itself, timed out: MUST resolve the output by spending it to a convenient address', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.confirm('accepter');
    w.skipTo(EXPIRY - 1);
    expect(broadcasts(w.ends.opener, 'htlc_timeout')).toEqual([]);
    w.mine();
    expect(broadcasts(w.ends.opener, 'htlc_timeout')).toHaveLength(1);
    w.mineTo(EXPIRY + 6);
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
    expect(w.ends.opener.rejected).toEqual([]);
  });

  it('HTLCs offered by itself: MUST extract the payment preimage from the HTLC-success transaction input witness', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.fail('accepter');
    w.learn('accepter', 0n, 1);
    w.mine();
    w.mine();
    w.mine();
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('fulfilled');
    expect(w.ends.opener.log).toContainEqual({ kind: 'preimage', preimage: secretOf(1).preimage });
    w.settle();
    expectEnd(w);
  });

  it('HTLCs offered by the remote node: MUST resolve the output by spending it to a convenient address', () => {
    const w = new Watching(format, noble);
    w.pay('accepter', 1);
    w.confirm('accepter');
    expect(kinds(w.ends.opener)).toEqual(['to_remote']);
    w.learn('opener', 0n, 1);
    expect(kinds(w.ends.opener)).toEqual(['htlc_preimage', 'to_remote']);
    w.mine();
    w.mine();
    expect(w.ends.opener.wanted()).toEqual([]);
    w.mineTo(w.chain.height + 6);
    expect(w.ends.opener.fateOf('accepter', 0n)).toBe('fulfilled');
    expect(w.ends.accepter.fateOf('accepter', 0n)).toBe('fulfilled');
  });

  it('a preimage is no permission: an HTLC with the same hash that it does not settle is not claimed', () => {
    const w = new Watching(format);
    w.pay('accepter', 1);
    const { paymentHash } = secretOf(1);
    w.pay('accepter', 2, { paymentHash });
    w.learn('opener', 1n, 1);
    w.confirm('accepter');
    const { wanted } = w.ends.opener.assess();
    expect(wanted.filter(({ kind }) => kind === 'htlc_preimage')).toHaveLength(1);
  });

  it('either of its valid commitments: the one that it has not acknowledged', () => {
    const w = new Watching(format);
    w.sign('opener', 1);
    // The accepter holds the next one, and its revocation of the one before has not come.
    w.confirm('accepter');
    expect(kinds(w.ends.opener)).toEqual(['htlc_timeout', 'to_remote']);
    expect(w.ends.opener.assess().outcome.close?.kind).toBe('theirs');
  });

  it('one that is newer than all that is known: MUST inform the user of potentially lost funds, and salvages to_remote', () => {
    const w = new Watching(format, noble);
    const old = w.ends.opener.state;
    w.pay('opener', 1);
    w.pay('accepter', 2);
    w.ends.opener.state = old;
    w.confirm('accepter');
    expect(w.ends.opener.assess().outcome.close?.kind).toBe('future');
    expect(w.ends.opener.facts()).toMatchObject([{ kind: 'closed', how: 'future' }]);
    expect(w.ends.opener.wanted()).toEqual(['to_remote']);
    w.mine();
    w.mine();
    expect(w.ends.opener.wanted()).toEqual([]);
    expect(w.ends.opener.rejected).toEqual([]);
  });
});

describe.each(FORMATS)('%s: BOLT 5, Revoked Transaction Close Handling', (format) => {
  it('MUST resolve the remote node’s main output and every HTLC output of either side with the revocation private key', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.pay('accepter', 2);
    const cheater = w.cheater('accepter');
    w.pay('opener', 3);
    w.cheat(cheater);
    expect(kinds(w.ends.opener)).toEqual(['penalty_htlc', 'penalty_htlc', 'penalty_to_local', 'to_remote']);
    w.mine();
    w.mine();
    expect(w.ends.opener.wanted()).toEqual([]);
    expect(w.ends.opener.rejected).toEqual([]);
    w.skipTo(620);
    // 660 sat are the anchors of both sides.
    expect(w.chain.paidTo(cheater.wallet.script)).toBe(0n);
  });

  it('MUST resolve the remote node’s HTLC-timeout and HTLC-success transactions; MUST handle its transactions being invalidated by them', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.pay('accepter', 2);
    w.learn('accepter', 0n, 1);
    const cheater = w.cheater('accepter');
    cheater.env = { ...cheater.env, feeratePerKw: 5000 };
    // The old state goes on: the opener's watcher sleeps while the cheater puts his HTLC transactions on top.
    w.duo.reconnect();
    w.duo.exchange();
    w.pay('opener', 3);
    w.ends.opener.awake = false;
    w.cheat(cheater);
    w.mine();
    w.mine();
    w.skipTo(EXPIRY);
    w.mine();
    w.ends.opener.awake = true;
    w.ends.opener.input({ kind: 'started' });
    w.mine();
    w.mine();
    expect(w.ends.opener.wanted()).toEqual([]);
    const taken = broadcasts(w.ends.opener, 'penalty_second_stage').length;
    expect(taken).toBeGreaterThan(0);
    w.settle();
    expect(w.ends.opener.wanted()).toEqual([]);
  });

  it('a secret that comes after its commitment is in the chain: penalties replace what has left for the same outputs', () => {
    const w = new Watching(format);
    w.pay('opener', 1);
    const cheater = w.cheater('accepter');
    const { opener } = w.ends;
    const { learned } = opener.state;
    // A watcher that is behind: it does not know yet that this is revoked.
    const behind = new WatcherEnd('opener', w.crypto, w.duo, w.chain, opener.state);
    w.pay('opener', 2);
    opener.awake = false;
    w.cheat(cheater);
    behind.chain(w.chain.history());
    behind.chain(w.chain.mine(2));
    behind.chain(w.chain.mine(EXPIRY - w.chain.height));
    expect(kinds(behind)).toEqual(['htlc_timeout']);
    const before = behind.state.acts.claims.find(({ version }) => version?.kind === 'htlc_timeout')?.version?.feeSat ?? 0n;
    for (const [i, update] of w.told('opener').entries()) if (i >= learned) behind.input({ kind: 'update', number: i + 1, update });
    expect(kinds(behind)).toEqual(['penalty_htlc', 'penalty_to_local']);
    const after = behind.state.acts.claims.find(({ version }) => version?.kind === 'penalty_htlc')?.version?.feeSat ?? 0n;
    expect(after).toBeGreaterThan(before);
    behind.chain(w.chain.mine());
    expect(behind.wanted()).toEqual([]);
    expect(behind.rejected).toEqual([]);
  });

  it('a secret that comes while a claim by preimage is in the mempool: the penalty pays for it, too', () => {
    const w = new Watching(format);
    w.pay('accepter', 1);
    w.learn('opener', 0n, 1);
    const cheater = w.cheater('accepter');
    const { learned } = w.ends.opener.state;
    const behind = new WatcherEnd('opener', w.crypto, w.duo, w.chain, w.ends.opener.state);
    w.duo.reconnect();
    w.duo.exchange();
    w.pay('opener', 2);
    w.ends.opener.awake = false;
    w.cheat(cheater);
    behind.chain(w.chain.history());
    expect(kinds(behind)).toEqual(['htlc_preimage', 'to_remote']);
    expect(broadcasts(behind, 'htlc_preimage')).toHaveLength(1);
    for (const [i, update] of w.told('opener').entries()) if (i >= learned) behind.input({ kind: 'update', number: i + 1, update });
    expect(broadcasts(behind, 'penalty_htlc')).toHaveLength(1);
    behind.chain(w.chain.mine());
    expect(behind.rejected).toEqual([]);
    expect(behind.wanted()).toEqual([]);
  });

  it('HTLCs of the newest state: the preimage that the cheater shows is told at once, all others fail at depth', () => {
    const w = new Watching(format);
    const cheater = w.cheater('accepter');
    w.pay('opener', 1);
    w.pay('opener', 2);
    w.cheat(cheater);
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mineTo(w.chain.height + 4);
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mine();
    expect([w.ends.opener.fateOf('opener', 0n), w.ends.opener.fateOf('opener', 1n)]).toEqual(['timed_out', 'timed_out']);
  });

  it('MUST NOT broadcast a commitment transaction for which it has exposed the per_commitment_secret: one that is there is told, and left', () => {
    const w = new Watching(format);
    w.pay('opener', 1);
    const cheater = w.cheater('accepter');
    w.pay('opener', 2);
    w.pay('opener', 3);
    w.cheat(cheater);
    expect(w.ends.accepter.assess().outcome.close?.kind).toBe('ours_old');
    expect(w.ends.accepter.wanted()).toEqual([]);
    expect(w.ends.accepter.facts()).toMatchObject([{ kind: 'closed', how: 'ours_old' }]);
  });
});

describe('anchors: BOLT 5, Revoked Transaction Close Handling', () => {
  it('one transaction of the cheater’s that is the second stage of several HTLCs: each of its outputs is resolved', () => {
    const w = new Watching('anchors', noble);
    w.pay('opener', 1);
    w.pay('opener', 2);
    w.learn('accepter', 0n, 1);
    w.learn('accepter', 1n, 2);
    const cheater = w.cheater('accepter');
    w.duo.reconnect();
    w.duo.exchange();
    w.pay('opener', 3);
    w.ends.opener.awake = false;
    cheater.hoards = true;
    w.cheat(cheater);
    w.mineWith([w.batch(cheater, ['htlc_success_tx'])]);
    const { opener } = w.ends;
    expect(opener.fateOf('opener', 0n)).toBeUndefined();
    expect(kinds(opener)).toEqual(['penalty_second_stage', 'penalty_second_stage', 'penalty_to_local', 'to_remote']);
    opener.awake = true;
    opener.input({ kind: 'started' });
    w.mine();
    expect(opener.rejected).toEqual([]);
    expect(opener.wanted()).toEqual([]);
    expect(w.chain.paidTo(opener.wallet.script)).toBeGreaterThan(990_000n - 10_000n);
  });
});

describe.each(FORMATS)('%s: BOLT 5, General Requirements', (format) => {
  it('a transaction that falls into none of the categories: MUST warn the user of potentially lost funds', () => {
    const w = new Watching(format, noble);
    const { signers } = w.duo;
    const tx = w.strange(signers);
    w.mineWith([tx]);
    expect(w.ends.opener.facts()).toMatchObject([{ kind: 'closed', how: 'unknown' }]);
    expect(w.ends.opener.wanted()).toEqual([]);
  });

  it('MAY monitor the mempool: a preimage is learned from a transaction that is not in the chain, and nothing else', () => {
    const w = new Watching(format);
    w.pay('opener', 1);
    w.fail('opener');
    w.mine();
    w.learn('accepter', 0n, 1);
    const tx = w.chain.mempool.at(-1);
    const before = w.ends.opener.assess().wanted.length;
    w.ends.opener.input({ kind: 'seen', tx: tx as Tx });
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('fulfilled');
    expect(w.ends.opener.assess().wanted).toHaveLength(before);
    expect(depth(w.ends.opener.state.view, w.funding.txid)).toBe(0);
    w.ends.opener.log.length = 0;
    w.ends.opener.input({ kind: 'seen', tx: tx as Tx });
    expect(w.ends.opener.log).toEqual([]);
  });
});

describe.each(FORMATS)('%s: BOLT 5, General Nomenclature', (format) => {
  it('MUST be prepared to resolve outputs multiple times, in case of blockchain reorganizations', () => {
    const w = new Watching(format, noble);
    w.pay('opener', 1);
    w.fail('opener');
    w.mine();
    w.skipTo(EXPIRY + 1);
    w.mine();
    expect(w.ends.opener.wanted()).not.toContain('htlc_timeout_tx');
    const rivals = w.commitmentOf('accepter');
    // The other commitment confirms instead, from below everything.
    w.tell(w.chain.reorg(w.chain.height - 103, [rivals]));
    expect(kinds(w.ends.opener)).toEqual(['htlc_timeout', 'to_remote']);
    w.settle();
    expect(w.ends.opener.wanted()).toEqual([]);
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
  });

  it('what was told rests on a depth: a deeper reorganisation that says otherwise is told as what it is', () => {
    const w = new Watching(format);
    w.pay('opener', 1, { amountMsat: 200_000n });
    w.fail('opener');
    w.mine();
    const rival = w.commitmentOf('accepter');
    expect(w.ends.opener.facts()).toMatchObject([{ kind: 'htlc', fate: 'timed_out' }]);
    w.mineTo(w.chain.height + 6);
    w.tell(w.chain.reorg(w.chain.height - 103, [rival]));
    w.mineTo(w.chain.height + 6);
    expect(w.ends.opener.facts().map(({ kind }) => kind)).toEqual(['htlc', 'closed', 'closed', 'contradicted']);
  });

  it('a fact is told until it is acknowledged', () => {
    const w = new Watching(format);
    w.fail('opener');
    w.mine();
    w.mineTo(w.chain.height + 6);
    const { opener } = w.ends;
    expect(opener.log.filter(({ kind }) => kind === 'tell')).toHaveLength(1);
    expect(opener.input({ kind: 'started' }).filter(({ kind }) => kind === 'tell')).toHaveLength(1);
    opener.input({ kind: 'acknowledged', id: 1 });
    expect(opener.input({ kind: 'started' }).filter(({ kind }) => kind === 'tell')).toEqual([]);
  });
});
