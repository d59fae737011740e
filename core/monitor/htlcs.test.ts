import { describe, expect, it } from 'vitest';
import { add, secretOf } from '../channel/updates.fixture.ts';
import { Watching } from './watching.fixture.ts';

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
