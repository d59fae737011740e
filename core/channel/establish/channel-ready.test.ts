import { describe, expect, it } from 'vitest';
import { txid } from '../../bitcoin/tx.ts';
import type { PublicKey } from '../../crypto/bytes.ts';
import { complaint, Duo, kinds, sent } from '../duo.fixture.ts';
import { at } from '../../chain/chain.fixture.ts';
import { fundingDepth } from '../model/ending.ts';
import { FUNDING_TIMEOUT_BLOCKS } from '../model/ending.ts';
import { onlyFunding } from '../model/fundings.ts';

const BAD_POINT = ('02' + '00'.repeat(32)) as PublicKey;

describe('the confirmation of the funding', () => {
  it('counts to minimum_depth, the block with the funding being the first', () => {
    const duo = new Duo({ accepter: { minimumDepth: 3 } });
    const tx = duo.fund();
    duo.block();
    duo.block([tx]);
    expect(fundingDepth(duo.funded('accepter'))).toBe(1);
    duo.block();
    expect(duo.exchange()).toEqual([]);
    duo.block();
    expect(duo.exchange()).toEqual(['opener channel_ready', 'accepter channel_ready']);
    duo.block();
    expect(duo.exchange()).toEqual([]);
  });

  it('counts blocks by height, not by how many were reported', () => {
    const duo = new Duo({ accepter: { minimumDepth: 3 } });
    duo.block([duo.fund()]);
    duo.block([], 2);
    expect(duo.exchange()).toEqual(['opener channel_ready', 'accepter channel_ready']);
  });

  it('is waited for even where the accepter asks for no depth', () => {
    const duo = new Duo({ accepter: { minimumDepth: 0 } });
    const tx = duo.fund();
    duo.block();
    expect(duo.exchange()).toEqual([]);
    duo.block([tx]);
    expect(duo.exchange()).toEqual(['opener channel_ready', 'accepter channel_ready']);
  });

  it('is stored, as far as the funding’s block', () => {
    const duo = new Duo();
    const tx = duo.fund();
    duo.block([tx]);
    const store = duo.ends.opener.log.findLast((effect) => effect.kind === 'store');
    expect(store).toMatchObject({ version: 2, state: { chain: { tip: at(101), transactions: [{ height: 101, tx }] } } });
    duo.block();
    expect(duo.ends.opener.log.findLast((effect) => effect.kind === 'store')).toBe(store);
  });

  it.each([{ amountSat: 999_999n }, { amountSat: 1_000_001n }, { script: '0020' + '11'.repeat(32) }])(
    'fails the channel when its output does not pay exactly the funding: %o',
    (change) => {
      const duo = new Duo();
      const tx = duo.fund();
      const [output] = tx.outputs as [(typeof tx.outputs)[number]];
      const other = { ...tx, outputs: [{ ...output, ...change }] as typeof tx.outputs };
      // An accepter knows only the txid that funding_created named: the peer may have named any transaction's.
      const funded = duo.funded('accepter');
      const [funding] = funded.fundings as [(typeof funded.fundings)[number]];
      duo.ends.accepter.state = {
        ...funded,
        fundings: [{ ...funding, output: { ...funding.output, txid: txid(duo.ends.accepter.env.crypto, other) } }],
      };
      const effects = duo.see('accepter', 101, [other]);
      expect(complaint(effects)).toMatch(/^error channel_ready\.funding_output: output 0 does not pay 1000000 sat/);
      expect(duo.ends.accepter.state.phase).toBe('failed');
    },
  );
});

describe('the accepter', () => {
  it(`forgets a channel whose funding is not seen for ${FUNDING_TIMEOUT_BLOCKS} blocks, the opener never`, () => {
    const duo = new Duo();
    duo.fund();
    duo.block([], FUNDING_TIMEOUT_BLOCKS - 1);
    expect(duo.ends.accepter.state.phase).toBe('funded');
    duo.block();
    expect(duo.ends.accepter.state.phase).toBe('forgotten');
    expect(duo.ends.accepter.log.at(-1)).toMatchObject({ kind: 'notify', event: { kind: 'forgotten' } });
    expect(duo.ends.opener.state.phase).toBe('funded');
  });

  it('keeps one whose funding confirms in the last block, and one that was confirmed long ago', () => {
    const duo = new Duo();
    const tx = duo.fund();
    duo.block([tx], FUNDING_TIMEOUT_BLOCKS);
    expect(duo.ends.accepter.state.phase).toBe('funded');
    duo.block([], FUNDING_TIMEOUT_BLOCKS);
    expect(duo.ends.accepter.state.phase).toBe('funded');
  });
});

describe('channel_ready', () => {
  it('carries the point of commitment 1, and makes the channel usable when both have passed', () => {
    const duo = new Duo();
    duo.block([duo.fund()]);
    duo.block([], 2);
    const message = sent(duo.ends.accepter.log, 'channel_ready');
    expect(duo.ends.opener.log.some((effect) => effect.kind === 'notify' && effect.event.kind === 'event')).toBe(false);
    duo.exchange();
    expect(duo.funded('opener').remote.nextPoint).toBe(message.secondPerCommitmentPoint);
    const { keysId } = duo.funded('accepter').params;
    expect(message.secondPerCommitmentPoint).toBe(duo.ends.accepter.env.signer.perCommitmentPoint(keysId, 1n));
    for (const side of ['opener', 'accepter'] as const) {
      expect(duo.funded(side).host.events).toEqual([{ id: 1, event: { kind: 'channel_usable' } }]);
      const usable = duo.ends[side].log.filter((effect) => effect.kind === 'notify' && effect.event.kind === 'event');
      expect(usable).toMatchObject([
        { after: [{ sink: { kind: 'state' }, version: duo.funded(side).durability.version }, { of: ['monitor'] }] },
      ]);
    }
  });

  it('may come before our own depth is reached: then ours makes the channel usable', () => {
    const duo = new Duo({ accepter: { minimumDepth: 1 } });
    const tx = duo.fund();
    duo.see('opener', 101, [tx]);
    duo.exchange();
    expect(duo.funded('accepter')).toMatchObject({ lifecycle: { readySent: false, readyReceived: true }, host: { events: [] } });
    duo.see('accepter', 101, [tx]);
    expect(duo.funded('accepter').host.events).toMatchObject([{ event: { kind: 'channel_usable' } }]);
    expect(duo.ends.accepter.log.at(-1)).toMatchObject({ kind: 'notify', event: { id: 1, event: { kind: 'channel_usable' } } });
  });

  it('is ignored when it comes again', () => {
    const duo = new Duo().open();
    const before = duo.ends.opener.state;
    expect(duo.message('opener', sent(duo.ends.accepter.log, 'channel_ready'))).toEqual([]);
    expect(duo.ends.opener.state).toBe(before);
  });

  it.each([0n, 1n])('ends the connection when it comes again with another point, commitment %s being current', (number) => {
    const duo = new Duo().open();
    if (number === 1n) {
      duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw: 3000 });
      duo.exchange();
    }
    expect(duo.funded('opener').shared.commitments.accepter.current.number).toBe(number);
    const message = sent(duo.ends.accepter.log, 'channel_ready');
    expect(duo.message('opener', message)).toEqual([]);
    const { opener: fundingPubkey } = onlyFunding(duo.funded('opener')).output.fundingPubkeys;
    expect(complaint(duo.message('opener', { ...message, secondPerCommitmentPoint: fundingPubkey }))).toMatch(
      /^warning channel_ready\.another_point: differs/,
    );
    expect(duo.ends.opener.log.at(-1)?.kind).toBe('disconnect');
    expect(duo.ends.opener.state.phase).toBe('funded');
  });

  it('is ignored whatever its point, once that is forgotten', () => {
    const duo = new Duo().open();
    for (const feeratePerKw of [3000, 3500]) {
      duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw });
      duo.exchange();
    }
    const message = sent(duo.ends.accepter.log, 'channel_ready');
    expect(duo.message('opener', { ...message, secondPerCommitmentPoint: BAD_POINT })).toEqual([]);
  });

  it('ends the connection when its point is none', () => {
    const duo = new Duo();
    duo.fund();
    const { channelId } = duo;
    const effects = duo.message('opener', { type: 'channel_ready', channelId, secondPerCommitmentPoint: BAD_POINT });
    expect(complaint(effects)).toBe('warning channel_ready.invalid_point: not a point of the curve');
  });

  it('waits for the connection, and is sent again until a commitment followed', () => {
    const duo = new Duo();
    const tx = duo.fund();
    for (const side of ['opener', 'accepter'] as const) duo.input(side, { kind: 'disconnected' });
    duo.block([tx], 1);
    duo.block([], 2);
    expect(duo.funded('opener').lifecycle.readySent).toBe(true);
    expect(kinds(duo.ends.opener.log)).not.toContain('channel_ready');
    for (const side of ['opener', 'accepter'] as const) duo.input(side, { kind: 'connected' });
    const both = ['opener channel_reestablish', 'accepter channel_reestablish', 'opener channel_ready', 'accepter channel_ready'];
    expect(duo.exchange().toSorted()).toEqual(both.toSorted());
    duo.reconnect();
    expect(duo.exchange().toSorted()).toEqual(both.toSorted());
    duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw: 3000 });
    duo.exchange();
    duo.reconnect();
    expect(duo.exchange()).toEqual(['opener channel_reestablish', 'accepter channel_reestablish']);
  });
});

describe('a block that says nothing new', () => {
  it('changes nothing', () => {
    const duo = new Duo().open();
    const before = duo.funded('opener');
    expect(duo.see('opener', before.chain.tip.height)).toEqual([]);
    expect(duo.ends.opener.state).toBe(before);
  });
});
