import { describe, expect, it } from 'vitest';
import type { Side } from '../../transactions/types.ts';
import { Duo } from '../duo.fixture.ts';
import type { ChannelConfig } from '../model/channel-vocabulary.ts';
import { add, events, expectQuiet, expectRefused, fail, fulfill, irrevocable, messages, secretOf } from '../updates.fixture.ts';

const manual: Partial<ChannelConfig> = { commit: 'manual' };
/** The accepter bears no more dust than this, by its own dust limit of 354 sat and the opener's. */
const LITTLE: Partial<ChannelConfig> = { maxDustHtlcExposureMsat: 500_000n };

function commit(duo: Duo, side: Side) {
  return duo.command(side, { kind: 'commit', channelId: duo.channelId });
}

function failedBy(duo: Duo, side: Side) {
  return events(duo.ends[side].log).filter((event) => event.kind === 'htlc_failed');
}

function sentFailures(duo: Duo, side: Side) {
  return messages(duo.ends[side].log).filter(({ type }) => type === 'update_fail_htlc');
}

function claim(duo: Duo, n: number, id = 0n) {
  return { kind: 'fulfill', channelId: duo.channelId, id, preimage: secretOf(n).preimage } as const;
}

describe('an incoming HTLC that is too much dust', () => {
  it('is failed once, as soon as both sides are bound to it, and its payer gets it back', () => {
    const duo = new Duo({ accepter: { ...manual, ...LITTLE } }).open();
    add(duo, 'opener', 1, { amountMsat: 300_000n });
    add(duo, 'opener', 2, { amountMsat: 300_000n });
    duo.exchange();
    expect(sentFailures(duo, 'accepter')).toEqual([]);
    commit(duo, 'accepter');
    duo.exchange();
    expect(irrevocable(duo.ends.accepter.log)).toMatchObject([{ add: { id: 0n } }]);
    expect(sentFailures(duo, 'accepter')).toMatchObject([{ id: 1n, reason: '00'.repeat(292) }]);
    expect(failedBy(duo, 'accepter')).toMatchObject([{ add: { id: 1n }, rule: 'update_fulfill_htlc.dust' }]);
    expectRefused(duo, 'accepter', claim(duo, 2, 1n), 'update_fulfill_htlc.dust');
    expect(duo.funded('accepter').host.received).toMatchObject([
      { id: 0n, answered: undefined },
      { id: 1n, answered: 'fail' },
    ]);
    fulfill(duo, 'accepter', 0n, 1);
    commit(duo, 'accepter');
    duo.exchange();
    commit(duo, 'accepter');
    duo.exchange();
    expectQuiet(duo);
    expect(failedBy(duo, 'accepter')).toHaveLength(1);
    expect(events(duo.ends.opener.log).filter(({ kind }) => kind === 'event')).toMatchObject([
      { event: { kind: 'channel_usable' } },
      { event: { kind: 'payment_sent' } },
      { event: { kind: 'payment_failed' } },
    ]);
  });

  it.each(['opener', 'accepter'] as const)('is so on the commitment of the %s alone, too', (owner) => {
    const dear = { dustLimitSat: 5_000n, maxDustLimitSat: 10_000n };
    const configs = { opener: owner === 'opener' ? dear : {}, accepter: { ...LITTLE, ...(owner === 'accepter' ? dear : {}) } };
    const duo = new Duo(configs).open();
    add(duo, 'opener', 1, { amountMsat: 4_000_000n });
    duo.exchange();
    expect(failedBy(duo, 'accepter')).toMatchObject([{ rule: 'update_fulfill_htlc.dust' }]);
    expect(irrevocable(duo.ends.accepter.log)).toEqual([]);
  });

  it('is stored with its answer: a restart brings back both', () => {
    const duo = new Duo({ accepter: { ...manual, ...LITTLE } }).open();
    for (const n of [1, 2]) add(duo, 'opener', n, { amountMsat: 300_000n });
    duo.exchange();
    commit(duo, 'accepter');
    duo.exchange();
    const stored = duo.ends.accepter.log.findLast(({ kind }) => kind === 'store');
    expect(stored).toMatchObject({ state: { shared: { logs: { accepter: [{ kind: 'fail', id: 1n }] } } } });
  });
});

describe('an incoming HTLC that comes too late', () => {
  it('is failed as soon as both sides are bound to it: 18 blocks before its expiry', () => {
    for (const [cltvExpiry, late] of [
      [118, true],
      [119, true],
      [121, false],
    ] as const) {
      const duo = new Duo().open();
      const { height } = duo.ends.accepter.env.tip;
      add(duo, 'opener', 1, { cltvExpiry: height + (cltvExpiry - 102) });
      duo.exchange();
      expect([cltvExpiry, failedBy(duo, 'accepter').length]).toEqual([cltvExpiry, late ? 1 : 0]);
      expect(irrevocable(duo.ends.accepter.log)).toHaveLength(late ? 0 : 1);
      if (late) expectQuiet(duo);
    }
  });

  it('is failed when its host lets the deadline pass, also while the peer is away', () => {
    for (const away of [false, true]) {
      const duo = new Duo({ accepter: manual }).open();
      add(duo, 'opener', 1);
      duo.exchange();
      commit(duo, 'accepter');
      duo.exchange();
      if (away) for (const side of ['opener', 'accepter'] as const) duo.input(side, { kind: 'disconnected' });
      expect(events(duo.see('accepter', 281))).toEqual([]);
      const effects = duo.see('accepter', 282);
      expect(events(effects)).toMatchObject([{ kind: 'htlc_failed', add: { id: 0n }, rule: 'update_fulfill_htlc.deadline' }]);
      expect(messages(effects)).toMatchObject(away ? [] : [{ type: 'update_fail_htlc', id: 0n }]);
      expect(effects.find(({ kind }) => kind === 'store')).toMatchObject({ state: { shared: { logs: { accepter: [{ kind: 'fail' }] } } } });
      expect(events(duo.see('accepter', 283))).toEqual([]);
      expectRefused(duo, 'accepter', claim(duo, 1), 'update_fulfill_htlc.deadline');
      if (away) duo.reconnect();
      duo.exchange();
      expect(sentFailures(duo, 'accepter')).toHaveLength(1);
    }
  });

  it('is no business of the channel once its host has answered', () => {
    const duo = new Duo({ accepter: manual }).open();
    add(duo, 'opener', 1);
    duo.exchange();
    commit(duo, 'accepter');
    duo.exchange();
    fail(duo, 'accepter', 0n);
    expect(duo.see('accepter', 282)).toEqual([]);
    expectRefused(duo, 'accepter', claim(duo, 1), 'remove_htlc.removed_already');
  });
});
