import { describe, expect, it } from 'vitest';
import { bip143Sighash, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { txid } from '../bitcoin/tx.ts';
import type { Script } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { ChannelScripts } from './channel-scripts.ts';
import { buildClosing } from './closing.ts';
import type { ClosingTerms } from './closing.ts';
import { vectorParams } from './vectors.fixture.ts';

const params = vectorParams('anchors', 546n);
const channel = new ChannelScripts(noble, params);
const opener = ('0014' + '22'.repeat(20)) as Script;
const accepter = ('0020' + '11'.repeat(32)) as Script;
const terms: ClosingTerms = {
  balanceMsat: { opener: 7_000_000_999n, accepter: 3_000_000_001n },
  scripts: { opener, accepter },
  feeSat: 1000n,
  dustLimitSat: 546n,
};

function outputs(change: Partial<ClosingTerms>): readonly unknown[] {
  const result = buildClosing(channel, { ...terms, ...change });
  return result.ok ? result.closing.outputs.map((output) => [output.side, output.amountSat, output.script]) : [result.reason];
}

describe('BOLT 3, Legacy Closing Transaction', () => {
  it('spends the funding output for good, rounds down, and lets the opener pay', () => {
    const result = buildClosing(channel, terms);
    if (!result.ok) throw new Error(result.reason);
    const { tx, sighash } = result.closing;
    expect(tx).toEqual({
      version: 2,
      locktime: 0,
      inputs: [{ ...params.funding, sequence: 0xffffffff, scriptSig: '', witness: [] }],
      outputs: [
        { side: 'accepter', amountSat: 3_000_000n, script: accepter },
        { side: 'opener', amountSat: 6_999_000n, script: opener },
      ],
    });
    expect(result.closing.txid).toBe(txid(noble, tx));
    const script = channel.funding.witnessScript;
    expect(sighash).toBe(bip143Sighash(noble, tx, 0, script, params.fundingSat, SIGHASH_ALL));
  });

  it('leaves out what is below the dust limit, not what is at it', () => {
    const balances = (openerMsat: bigint, accepterMsat: bigint): Partial<ClosingTerms> => ({
      balanceMsat: { opener: openerMsat, accepter: accepterMsat },
    });
    expect(outputs(balances(1_546_000n, 546_000n))).toEqual([
      ['opener', 546n, opener],
      ['accepter', 546n, accepter],
    ]);
    expect(outputs(balances(1_545_999n, 546_000n))).toEqual([['accepter', 546n, accepter]]);
    expect(outputs(balances(1_546_000n, 545_999n))).toEqual([['opener', 546n, opener]]);
    expect(outputs(balances(1_545_000n, 545_000n))).toEqual(['no-outputs']);
  });

  it('lets a side eliminate its own output', () => {
    expect(outputs({ omit: 'opener' })).toEqual([['accepter', 3_000_000n, accepter]]);
    expect(outputs({ omit: 'accepter' })).toEqual([['opener', 6_999_000n, opener]]);
  });

  it('has no variant in which the fee exceeds what the opener has', () => {
    expect(outputs({ feeSat: 7_000_000n })).toEqual([['accepter', 3_000_000n, accepter]]);
    expect(outputs({ feeSat: 7_000_001n })).toEqual(['fee-exceeds-balance']);
  });

  it('sorts by amount, then by script', () => {
    const same = { balanceMsat: { opener: 2_001_000n, accepter: 1_001_000n } };
    expect(outputs({ ...same, scripts: { opener: accepter, accepter: opener } })).toEqual([
      ['accepter', 1001n, opener],
      ['opener', 1001n, accepter],
    ]);
    expect(outputs(same)).toEqual([
      ['opener', 1001n, opener],
      ['accepter', 1001n, accepter],
    ]);
  });
});
