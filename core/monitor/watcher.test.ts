import { describe, expect, it } from 'vitest';
import { serialiseTx, txid } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import { at, block, input as chainInput, read, txOf } from '../chain/chain.fixture.ts';
import { add } from '../channel/updates.fixture.ts';
import type { Signature } from '../crypto/bytes.ts';
import { createClaimSigner } from './claim-signer.ts';
import type { Knowledge } from './knowledge.ts';
import { createWatcher, watcherStep } from './watcher.ts';
import type { WatcherOutput } from './watcher-vocabulary.ts';
import { Watching } from './watching.fixture.ts';
import type { WatcherEnd } from './watching.fixture.ts';

type Sign = Extract<WatcherOutput, { kind: 'sign' }>;

function of<K extends WatcherOutput['kind']>(effects: readonly WatcherOutput[], kind: K): readonly Extract<WatcherOutput, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<WatcherOutput, { kind: K }> => effect.kind === kind);
}

describe('updates', () => {
  it('are taken in order, each once, and acknowledged when they are stored', () => {
    const w = new Watching('anchors');
    const { env } = w.ends.opener;
    const told = w.told('opener');
    let state = createWatcher(w.chain.at(103));
    expect(watcherStep(env, state, { kind: 'update', number: 2, update: told[1]! }).effects).toMatchObject([
      { kind: 'refused', rule: 'monitor.update_missing' },
    ]);
    expect(watcherStep(env, state, { kind: 'update', number: 1, update: told[1]! }).effects).toMatchObject([
      { kind: 'refused', rule: 'monitor.no_parameters' },
    ]);
    for (const [i, update] of told.entries()) {
      const step = watcherStep(env, state, { kind: 'update', number: i + 1, update });
      expect(step.effects[0]?.kind).toBe('store');
      expect(step.effects.at(-1)).toEqual({ kind: 'acknowledge', number: i + 1 });
      state = step.state;
      const again = watcherStep(env, state, { kind: 'update', number: 1, update: told[0]! });
      expect(again).toEqual({ state, effects: [{ kind: 'acknowledge', number: i + 1 }] });
      expect(again.state).toBe(state);
    }
    expect(state.knowledge).toEqual(w.ends.opener.state.knowledge);
  });

  it('tell what to watch, once, and again after a restart', () => {
    const w = new Watching('anchors');
    const { opener } = w.ends;
    expect(of(opener.log, 'watch').map(({ outpoint }) => outpoint)).toEqual([w.funding]);
    w.fail('opener');
    w.mine();
    const close = w.chain.tip.height;
    const watched = of(opener.log, 'watch').slice(1);
    expect(watched.map(({ outpoint, fromHeight }) => [outpoint.vout, fromHeight])).toEqual([0, 1, 2, 3].map((vout) => [vout, close]));
    expect(of(opener.input({ kind: 'started' }), 'watch')).toHaveLength(5);
  });
});

describe('the chain', () => {
  it('is refused where it does not fit, and nothing of it is taken', () => {
    const w = new Watching('anchors');
    const { env, state } = w.ends.opener;
    const step = watcherStep(env, state, read(chainInput(at(110), at(111), block(at(111), txOf(1)))));
    expect(step).toMatchObject({ effects: [{ kind: 'chain_refused', refusal: { misfit: 'hole' } }] });
    expect(step.state).toBe(state);
  });

  it('brings nothing that does not touch the channel', () => {
    const w = new Watching('anchors');
    const { env, state } = w.ends.opener;
    const step = watcherStep(env, state, read(chainInput(at(103), at(104), block(at(104), txOf(1)))));
    expect([step.effects, step.state.view.transactions]).toEqual([[], []]);
  });
});

/** A watcher whose signer answers later. */
function late(end: WatcherEnd): void {
  end.env = { ...end.env, signer: { signClaim: () => undefined } };
}

function answer(w: Watching, side: 'opener' | 'accepter', { claim, txid: id, request }: Sign): readonly WatcherOutput[] {
  const signer = createClaimSigner(w.crypto, (keysId) => w.duo.signers[side].claimSecrets(keysId));
  return w.ends[side].input({ kind: 'signed', claim, txid: id, signature: signer.signClaim(request) as Signature });
}

describe('signatures that come later', () => {
  it.each(['static_remotekey', 'anchors'] as const)(
    '%s: every claim waits for its own, and its newest version alone is signed',
    (format) => {
      const w = new Watching(format);
      const { opener } = w.ends;
      late(opener);
      w.pay('opener', 1);
      w.confirm('accepter');
      w.skipTo(300);
      const asked = of(opener.log, 'sign');
      expect(asked.length).toBeGreaterThanOrEqual(2);
      expect(of(opener.log, 'broadcast')).toEqual([]);
      const first = asked.findLast(({ request }) => request.tx.locktime === 300) as Sign;
      opener.env = { ...opener.env, feeratePerKw: 4000 };
      const second = of(opener.input({ kind: 'feerate' }), 'sign').find(({ claim }) => claim.vout === first.claim.vout) as Sign;
      expect(second.txid).not.toBe(first.txid);
      expect(answer(w, 'opener', first)).toEqual([]);
      const [effect] = of(answer(w, 'opener', second), 'broadcast');
      expect(effect === undefined ? undefined : txid(w.crypto, effect.txs[0]!)).toBe(second.txid);
      expect(answer(w, 'opener', second)).toEqual([]);
      w.mine();
      expect(opener.rejected).toEqual([]);
      expect(opener.wanted()).not.toContain('htlc_timeout');
    },
  );

  it('are asked for again after a restart', () => {
    const w = new Watching('anchors');
    const { opener } = w.ends;
    late(opener);
    w.confirm('accepter');
    const [asked] = of(opener.log, 'sign');
    expect(of(opener.input({ kind: 'started' }), 'sign')).toEqual([asked]);
  });
});

describe('coins', () => {
  /** A commitment of ours with an HTLC that has timed out: only coins can pay for its HTLC-timeout transaction. */
  function timedOut(): Watching {
    const w = new Watching('anchors');
    w.pay('opener', 1);
    w.fail('opener');
    w.mine();
    w.ends.opener.awake = false;
    w.skipTo(300);
    return w;
  }

  it('are asked for once, may come in part, and are the claim’s', () => {
    const w = timedOut();
    const { opener } = w.ends;
    const [ask] = of(opener.log, 'ask_coins');
    expect(of(opener.log, 'ask_coins')).toHaveLength(1);
    w.mine();
    const { claim, amountSat } = ask!;
    const part = opener.wallet.coin(amountSat / 2n);
    const more = of(opener.input({ kind: 'coins', claim, coins: [part] }), 'ask_coins');
    expect(more).toHaveLength(1);
    expect(more[0]!.amountSat).toBeLessThan(amountSat);
    expect(opener.input({ kind: 'coins', claim, coins: [part] })).toEqual([]);
    const rest = opener.wallet.coin(more[0]!.amountSat + 1000n);
    const [sent] = of(opener.input({ kind: 'coins', claim, coins: [rest] }), 'broadcast');
    expect(sent?.coins).toEqual([part, rest]);
    opener.awake = true;
    opener.input({ kind: 'started' });
    w.mine();
    expect(opener.rejected).toEqual([]);
    expect(opener.wanted()).toContain('second_stage');
    w.mineTo(w.chain.height + 6);
    expect(of(opener.log, 'release_coins')).toEqual([]);
  });

  it('that are gone are asked for again', () => {
    const w = timedOut();
    const { opener } = w.ends;
    const [ask] = of(opener.log, 'ask_coins');
    const { claim, amountSat } = ask!;
    const coin = opener.wallet.coin(amountSat);
    expect(of(opener.input({ kind: 'coins', claim, coins: [coin] }), 'broadcast')).toHaveLength(1);
    expect(of(opener.input({ kind: 'coin_lost', outpoint: coin.outpoint }), 'ask_coins')).toEqual([ask]);
    expect(of(opener.input({ kind: 'started' }), 'broadcast').filter(({ claim: kind }) => kind === 'htlc_timeout_tx')).toEqual([]);
  });

  it('go back to the host when somebody else has taken the output, and that is deep', () => {
    const w = timedOut();
    const { opener } = w.ends;
    const [ask] = of(opener.log, 'ask_coins');
    const coin = opener.wallet.coin(ask!.amountSat);
    opener.input({ kind: 'coins', claim: ask!.claim, coins: [coin] });
    w.learn('accepter', 0n, 1);
    w.mine();
    expect(opener.fateOf('opener', 0n)).toBe('fulfilled');
    expect(of(opener.log, 'release_coins')).toEqual([]);
    w.mineTo(w.chain.height + 5);
    expect(of(opener.log, 'release_coins')).toEqual([{ kind: 'release_coins', coins: [coin] }]);
  });

  it('that nobody asked for go back at once', () => {
    const w = timedOut();
    const { opener } = w.ends;
    const coin = opener.wallet.coin(5000n);
    const nobodys = { txid: w.funding.txid, vout: 77 };
    expect(opener.input({ kind: 'coins', claim: nobodys, coins: [coin] })).toEqual([{ kind: 'release_coins', coins: [coin] }]);
  });

  it('are asked for once a claim, and again when a restart may have lost the question', () => {
    const w = timedOut();
    const { opener } = w.ends;
    w.mine(20);
    w.mineTo(w.chain.height + 12);
    const asked = of(opener.log, 'ask_coins').length;
    expect(asked).toBeLessThan(6);
    expect(of(opener.input({ kind: 'started' }), 'ask_coins')).toHaveLength(1);
  });

  it('that a closing costs are at most a tenth of the channel, and an HTLC’s at most half of it', () => {
    const w = new Watching('anchors');
    const { opener } = w.ends;
    opener.awake = false;
    opener.env = { ...opener.env, feeratePerKw: 150_000 };
    w.pay('opener', 1);
    w.fail('opener');
    const coinCosts = 42_000n;
    const [ask] = of(opener.log, 'ask_coins');
    expect(ask?.claim).toEqual(w.funding);
    expect(ask?.amountSat).toBeGreaterThan(100_000n);
    expect(ask?.amountSat).toBeLessThan(100_000n + coinCosts);
    w.mineWith([(opener.state.knowledge as Knowledge).final?.tx as Tx]);
    w.mine(300 - w.chain.height);
    const last = of(opener.log, 'ask_coins').at(-1);
    expect(last?.claim).not.toEqual(ask?.claim);
    expect(last?.amountSat).toBeGreaterThan(25_000n);
    // The feerate that a near deadline asks for: a coin more costs more, too.
    expect(last?.amountSat).toBeLessThan(25_000n + 2n * coinCosts);
  });

  it('are not asked of a host that has none: its watcher claims what pays for itself', () => {
    const w = new Watching('anchors');
    const { opener } = w.ends;
    opener.env = { ...opener.env, hasCoins: false, feeratePerKw: 20_000 };
    w.pay('opener', 1);
    w.fail('opener');
    expect(w.chain.mempool.map(serialiseTx)).toEqual([serialiseTx(w.commitmentOf('opener'))]);
    w.mine();
    w.skipTo(310);
    expect(of(opener.log, 'ask_coins')).toEqual([]);
    expect(opener.wanted()).toEqual(['htlc_timeout_tx']);
  });
});

describe('fees', () => {
  it('rise with every block as the deadline of a claim comes near, each version replacing the one before', () => {
    const w = new Watching('static_remotekey');
    const { opener } = w.ends;
    w.pay('accepter', 1);
    w.mineWith([w.commitmentOf('accepter')]);
    // A mempool that hears of nothing: the claim is there, and does not confirm.
    w.learn('opener', 0n, 1);
    const seen: bigint[] = [];
    for (let height = w.chain.height; height < 300; height++) {
      w.tell(w.chain.mineWith([]));
      const fee = opener.state.acts.claims.find(({ version }) => version?.kind === 'htlc_preimage')?.version?.feeSat as bigint;
      if (fee !== seen.at(-1)) seen.push(fee);
    }
    expect(opener.rejected).toEqual([]);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.toSorted((a, b) => Number(a - b))).toEqual(seen);
    expect(seen.at(-1)! > 2n * seen[0]!).toBe(true);
    w.mine();
    expect(opener.wanted()).not.toContain('htlc_preimage');
  });

  it('a claim that nobody competes for waits where it is worth less than twice its fee', () => {
    const w = new Watching('static_remotekey');
    const { opener } = w.ends;
    add(w.duo, 'opener', 1, { amountMsat: 690_000_000n });
    w.duo.exchange();
    w.feed();
    opener.env = { ...opener.env, feeratePerKw: 1_000_000 };
    w.fail('opener');
    w.mine();
    w.skipTo(w.chain.height + 160);
    expect(opener.wanted()).toContain('to_local');
    opener.env = { ...opener.env, feeratePerKw: 500 };
    opener.input({ kind: 'feerate' });
    w.mine();
    expect(opener.wanted()).not.toContain('to_local');
    expect(opener.rejected).toEqual([]);
  });
});
