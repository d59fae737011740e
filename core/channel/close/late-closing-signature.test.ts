import { describe, expect, it } from 'vitest';
import type { Side } from '../../transactions/types.ts';
import { makeLate } from '../commitments/late-signer.fixture.ts';
import { brokenRule, Duo, kinds, P2WPKH_A, sent } from '../duo.fixture.ts';

/** Both shutdowns are exchanged, and one side's signer answers closing transactions later. */
function closing(side: Side, answerTimeoutBlocks?: number) {
  const config = answerTimeoutBlocks === undefined ? {} : { answerTimeoutBlocks };
  const duo = new Duo({ opener: config, accepter: config }).open();
  const late = makeLate(duo, side, 'sign_closing');
  duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
  const types = duo.exchange();
  return { duo, late, types };
}

describe('a signature of a closing transaction that comes later', () => {
  it('lets the opener’s first offer leave with the answer', () => {
    const { duo, late, types } = closing('opener');
    expect(types).not.toContain('opener closing_signed');
    expect(late.asked()).toMatchObject([{ kind: 'sign_closing', built: {} }]);
    expect(kinds(late.answer())).toEqual(['closing_signed', 'store']);
    duo.exchange();
    // It is asked again for what the peer has agreed to: a signer need not remember.
    expect(kinds(late.answer())).toEqual(['store', 'broadcast', 'watch_tx']);
    const { tx } = duo.funded('opener').closing;
    expect(tx).toBeDefined();
    expect(tx).toEqual(duo.funded('accepter').closing.tx);
  });

  it('completes the close and leaves as the accepter’s answer, once', () => {
    const { duo, late } = closing('accepter');
    expect(late.asked()).toHaveLength(1);
    expect(duo.funded('accepter').closing).toMatchObject({ tx: undefined, agreed: { feeSat: expect.any(BigInt) as bigint } });
    const answered = late.answer();
    expect(kinds(answered)).toEqual(['store', 'broadcast', 'watch_tx', 'closing_signed']);
    duo.exchange();
    expect(duo.funded('opener').closing.tx).toEqual(duo.funded('accepter').closing.tx);
    expect(duo.funded('accepter').closing.agreed).toBeUndefined();
  });

  it('is offered anew after a lost connection, and an answer to what was offered before is ignored', () => {
    const { duo, late } = closing('opener');
    duo.ends.opener.env = { ...duo.ends.opener.env, feeratePerKw: 3000 };
    duo.reconnect();
    duo.exchange();
    expect(late.asked()).toHaveLength(2);
    expect(late.answer()).toEqual([]);
    expect(kinds(late.answer())).toEqual(['closing_signed', 'store']);
  });

  it('completes the close without a connection where the peer has signed', () => {
    const { duo, late } = closing('accepter');
    duo.input('accepter', { kind: 'disconnected' });
    expect(kinds(late.answer())).toEqual(['store', 'broadcast', 'watch_tx']);
    expect(duo.funded('accepter').closing.tx).toBeDefined();
  });

  it('is not waited for by the peer that is not the funder', () => {
    const { duo, late } = closing('opener');
    const offer = { type: 'closing_signed' as const, channelId: duo.channelId, feeSat: 500n };
    const signature = duo.funded('opener').fundings[0]?.received.signature as never;
    expect(brokenRule(duo.message('opener', { ...offer, signature }))).toBe('closing_signed.funder_first');
    expect(kinds(late.answer())).toEqual(['closing_signed', 'store']);
  });

  it('counts the time to an answer from when it was sent', () => {
    const { duo, late } = closing('opener', 3);
    duo.block([], 3);
    const effects = late.answer();
    sent(effects, 'closing_signed');
    duo.ends.opener.outgoing.length = 0;
    duo.block([], 2);
    expect(duo.funded('opener').lifecycle.awaited).toMatchObject({ sinceHeight: duo.ends.opener.env.tip.height - 2 });
    duo.block();
    expect(duo.ends.opener.state.phase).toBe('failed');
  });

  it('is not an answer that the peer owes', () => {
    const { duo } = closing('accepter', 3);
    duo.ends.opener.env = { ...duo.ends.opener.env, config: { ...duo.ends.opener.env.config, answerTimeoutBlocks: 100 } };
    duo.block([], 5);
    expect(duo.funded('accepter').closing.agreed).toBeDefined();
  });
});
