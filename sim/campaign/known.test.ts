import { describe, expect, it } from 'vitest';
import { parseKnown, renamed } from './known.ts';

describe('findings that are set aside', () => {
  it('are read, and refused where they say nothing', () => {
    const findings = { 'agreement/commitment/feerate': 'known since May', 'acme/own/rule.x/too-high': 'ours' };
    expect(parseKnown({ version: 3, findings })).toEqual(findings);
    for (const wrong of [[], null, 7, { version: 3 }, { version: 3, findings: { 'a/b/c': '' } }, { version: 'x', findings: {} }])
      expect(() => parseKnown(wrong)).toThrow('write { "version": 3');
    expect(() => parseKnown({ version: 3, findings: { 'a b/c': 'why' } })).toThrow("'a b/c' is no fingerprint");
  });

  it('are refused in another version, with what each is called now', () => {
    const old = {
      'agreement/commitment/same contents, other transaction': 'x',
      'hostile/pay-nothing/obeyed': 'x',
      'hostile/pay-a-little-too-much/obeyed': 'x',
    };
    expect(() => parseKnown(old)).toThrow(
      [
        'these fingerprints are of version 1, this is version 3, which calls findings otherwise:',
        '  agreement/commitment/same contents, other transaction: now agreement/commitment/transaction',
        '  hostile/pay-nothing/obeyed: now hostile/update_add_htlc.amount_msat/obeyed',
        '  hostile/pay-a-little-too-much/obeyed: cannot be told, look at what a campaign finds',
      ].join('\n'),
    );
    expect(() => parseKnown({ version: 4, findings: { 'a/b/c': 'x' } })).toThrow('a/b/c: cannot be told');
    expect(() => parseKnown({ version: 2, findings: { 'liveness/htlc/stays': 'x', 'a/b/c': 'x' } })).toThrow(
      '  liveness/htlc/stays: now the same, or liveness/htlc/never-presented, or decision-never-committed\n  a/b/c: now a/b/c',
    );
  });

  it.each([
    ['ledger/payment outcome/told both ways', 'ledger/payment/told-both-ways'],
    ["ledger/closing transaction/the opener's output", 'ledger/closing-transaction/output-of-the-opener'],
    ['ledger/commitment transaction/output amounts', 'ledger/commitment-transaction/output-amounts'],
    ['limits/accepted by the receiver/htlc_minimum_msat', 'limits/update_add_htlc.htlc_minimum_msat/exceeded'],
    [
      'limits/max_dust_htlc_exposure_msat/HTLC called too much dust',
      'limits/update_add_htlc.max_dust_htlc_exposure_msat/called-too-much-dust',
    ],
    ['liveness/HTLC/stays', 'liveness/htlc/stays'],
    ['liveness/the world settles/does-not-settle', 'liveness/world.settles/does-not-settle'],
    ['deadlines/deadline/fulfilled and near its expiry', 'deadlines/htlc.fulfillment_deadline/fulfilled-and-near-its-expiry'],
    [
      'durability/told before it was durable/commitment_signed, store-unfinished',
      'durability/durable-first.commitment_signed/store-unfinished',
    ],
    [
      'durability/told before it was durable/broadcast of the closing, never-stored',
      'durability/durable-first.closing-transaction/never-stored',
    ],
    ['reference/signature/HTLC timeout', 'reference/signature/htlc-timeout'],
    ['agreement/shared state when quiet/base.balanceMsat', 'agreement/shared-state/balance'],
    ['hostile/told the peer/channel_ready', 'hostile/leak.channel_ready/told-the-peer'],
    ['hostile/revoke_and_ack, wrong-secret/swallowed it', 'hostile/revoke_and_ack.wrong-secret/swallowed-it'],
    ['no-unprovoked-close/channel.error/failed', 'no-unprovoked-close/channel.error/failed'],
    ['exception/no entry #/TypeError', undefined],
    ['acme/own/rule/kind', undefined],
  ])('%s', (old, now) => {
    expect(renamed(old)).toBe(now);
  });
});
