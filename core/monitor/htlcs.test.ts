import { describe, expect, it } from 'vitest';
import { add, secretOf } from '../channel/updates.fixture.ts';
import { WatcherEnd, Watching } from './watching.fixture.ts';

const TRIMMED = { amountMsat: 200_000n };

describe.each(['static_remotekey', 'anchors'] as const)('%s: an HTLC without an output', (format) => {
  it.each(['opener', 'accepter'] as const)('on the commitment of the %s, whose preimage is known: is fulfilled at once', (closer) => {
    const w = new Watching(format);
    w.pay('opener', 1, TRIMMED);
    w.fail(closer);
    const { preimage } = secretOf(1);
    const number = w.ends.opener.state.learned + 1;
    w.ends.opener.input({ kind: 'update', number, update: { kind: 'preimage', preimage, settles: [] } });
    w.mine();
    const [fact] = w.ends.opener.facts();
    expect(fact).toEqual({ kind: 'htlc', offerer: 'opener', id: 0n, fate: 'fulfilled', preimage, block: undefined });
  });

  it('of the peer’s commitment, which another valid one has: fails when the commitment is reasonably deep', () => {
    const w = new Watching(format);
    const old = w.commitmentOf('accepter');
    add(w.duo, 'opener', 1);
    w.duo.ends.opener.outgoing.length = 0;
    w.feed();
    w.mineWith([old]);
    w.mine(4);
    expect(w.ends.opener.fateOf('opener', 0n)).toBeUndefined();
    w.mine();
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
  });

  it('that was offered to us, and that we could have claimed, is lost', () => {
    const w = new Watching(format);
    w.pay('accepter', 1, TRIMMED);
    w.learn('opener', 0n, 1);
    w.confirm('accepter');
    expect(w.ends.opener.fateOf('accepter', 0n)).toBe('lost');
  });

  it('was settled off chain before a revoked commitment that still has it: nothing is told of it again', () => {
    const w = new Watching(format);
    w.pay('opener', 1);
    const cheater = w.cheater('accepter');
    w.duo.command('accepter', { kind: 'fail', channelId: w.channelId, id: 0n, reason: 'beef' });
    w.duo.exchange();
    w.feed();
    w.cheat(cheater);
    w.mine(6);
    expect(w.ends.opener.assess().outcome.close?.kind).toBe('revoked');
    expect(w.ends.opener.facts().map(({ kind }) => kind)).toEqual(['closed']);
  });
});

describe.each(['static_remotekey', 'anchors'] as const)('%s: an HTLC that is in one valid commitment alone', (format) => {
  it('of the peer, whose next one has it no more: is claimed, and told, where the older one confirms', () => {
    const w = new Watching(format);
    w.pay('opener', 1);
    w.duo.command('accepter', { kind: 'fail', channelId: w.channelId, id: 0n, reason: 'beef' });
    w.duo.deliver('accepter');
    w.duo.deliver('accepter');
    w.feed();
    const known = w.ends.opener.state.knowledge;
    expect(known?.points).toHaveLength(2);
    w.confirm('accepter');
    expect(w.ends.opener.wanted()).toContain('htlc_timeout');
    w.skipTo(301);
    w.mine(6);
    expect(w.ends.opener.fateOf('opener', 0n)).toBe('timed_out');
    expect(w.ends.opener.rejected).toEqual([]);
  });

  it('of ours, before the one that a signer has not accepted yet: is claimed with the signatures of its own, where that is final', () => {
    const w = new Watching(format);
    w.pay('opener', 1);
    const tx = w.commitmentOf('opener');
    const { number } = w.duo.funded('opener').shared.commitments.opener.current;
    w.duo.command('accepter', { kind: 'fail', channelId: w.channelId, id: 0n, reason: 'beef' });
    w.duo.exchange();
    w.feed();
    const chain = w.newChain();
    const opener = new WatcherEnd('opener', w.crypto, w.duo, chain, w.ends.opener.state);
    expect(opener.state.knowledge?.ours.map((own) => own.number)).toEqual([number, number + 1n]);
    opener.input({ kind: 'update', number: opener.state.learned + 1, update: { kind: 'final', number, tx } });
    opener.chain(chain.mine());
    expect(opener.wanted().toSorted()).toEqual(['htlc_timeout_tx', 'to_local']);
    opener.chain(chain.mine(300 - chain.height));
    for (let i = 0; i < 7; i++) opener.chain(chain.mine());
    expect(opener.rejected).toEqual([]);
    expect(opener.wanted()).toContain('second_stage');
    expect(opener.fateOf('opener', 0n)).toBe('timed_out');
  });
});

describe('equal HTLCs', () => {
  it('are told apart by who offered them and their ids', () => {
    const w = new Watching('static_remotekey');
    const { paymentHash } = secretOf(1);
    w.pay('opener', 1, { paymentHash });
    w.pay('opener', 2, { paymentHash });
    w.fail('opener');
    w.mine();
    const { wanted } = w.ends.opener.assess();
    const outpoints = wanted.filter(({ kind }) => kind === 'htlc_timeout_tx').map(({ outpoint }) => outpoint.vout);
    expect(new Set(outpoints).size).toBe(2);
    w.skipTo(302);
    w.mine(6);
    expect([w.ends.opener.fateOf('opener', 0n), w.ends.opener.fateOf('opener', 1n)]).toEqual(['timed_out', 'timed_out']);
  });
});
