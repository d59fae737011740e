import { describe, expect, it } from 'vitest';
import type { MonitorUpdate } from '../../core/knowledge/updates.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec } from './run.fixture.ts';
import { createWatchers } from './watchers.ts';

const SLOW = { name: 'w', latency: { kind: 'uniform', minMs: 1, maxMs: 300 } } as const;
const WATCHED: Partial<RunSpec> = { nodes: [{ watchers: [SLOW] }, { watchers: [SLOW, { ...SLOW, name: 'v' }] }] };

function run(options: Partial<RunSpec>, seeds = 6): readonly string[] {
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, oracles: [createWatchers()], ...WATCHED, ...options }).finding);
}

/** What the watchers of B are told is `edit`ed on the way; `again`: only what they are told anew after a restart. */
function told(edit: (update: MonitorUpdate) => MonitorUpdate, options: Partial<RunSpec> = {}, again = false): readonly string[] {
  const driver = tampered({
    nodes: ['B'],
    effect: (effect, input) =>
      effect.kind === 'monitor' && (!again || input === undefined) ? { ...effect, update: edit(effect.update) } : effect,
  });
  return run({ driver, ...options });
}

/** The same for one kind of update. */
function toldOf<K extends MonitorUpdate['kind']>(
  kind: K,
  edit: (update: Extract<MonitorUpdate, { kind: K }>) => MonitorUpdate,
): (update: MonitorUpdate) => MonitorUpdate {
  return (update) => (update.kind === kind ? edit(update as Extract<MonitorUpdate, { kind: K }>) : update);
}

describe('watchers', () => {
  it('finds nothing between honest nodes, over restarts and closings', () => {
    expect(run({ driver: fulguriteDriver, operations: [...CALM, ...FAULTS, 'shutdown', 'force_close'] }, 10)).toEqual([]);
  });

  it('finds a removal that was left out of what a commitment adds', () => {
    const edit = (update: MonitorUpdate): MonitorUpdate => {
      if (update.kind !== 'ours' && update.kind !== 'theirs') return update;
      const { opener, accepter } = update.news;
      return { ...update, news: { opener, accepter: accepter.filter(({ kind }) => kind !== 'failed') } };
    };
    expect(told(edit, { operations: ['pay', 'fail', 'commit', 'mine'] })).toContain('watchers/theirs/does-not-fit');
  });

  it('finds a feerate, an amount, a delay and a signature that no commitment has', () => {
    const dearer = toldOf('parameters', (update) => ({ ...update, feeratePerKw: update.feeratePerKw + 1 }));
    expect(told(dearer)).toEqual(['watchers/theirs/other-transaction']);
    const poorer = toldOf('funding', (update) => ({ ...update, amountSat: update.amountSat - 1n }));
    expect(told(poorer)).toEqual(['watchers/ours/not-signed']);
    const later = toldOf('parameters', (update) => {
      const { opener, accepter } = update.parties;
      return { ...update, parties: { opener: { ...opener, delayOnOwnCommitment: opener.delayOnOwnCommitment + 1 }, accepter } };
    });
    expect(told(later)).toEqual(['watchers/theirs/other-transaction']);
    const unsigned = toldOf('ours', (update) => ({
      ...update,
      signatures: update.signatures.map((one) => ({ ...one, htlcSignatures: [] })),
    }));
    expect(told(unsigned)).toEqual(['watchers/ours/not-signed']);
  });

  it('finds a secret that is not the one of its commitment', () => {
    const wrong = toldOf('secret', ({ kind, number, secret }) => ({ kind, number: number + 1n, secret }));
    expect(told(wrong)).not.toEqual([]);
  });

  it('finds a fulfilled HTLC that nobody may claim, and a preimage that is another', () => {
    const claimless = toldOf('preimage', (update) => ({ ...update, settles: [] }));
    expect(told(claimless)).toEqual(['watchers/update_fulfill_htlc/without-claim']);
    const other = toldOf('preimage', (update) => ({ ...update, preimage: '00'.repeat(32) as never }));
    expect(told(other)).toContain('watchers/update_fulfill_htlc/without-preimage');
  });

  it('finds a mutual close that is signed before watchers know where it pays', () => {
    const swapped = toldOf('shutdown_scripts', ({ kind, scripts: { opener, accepter } }) => ({
      kind,
      scripts: { opener: accepter, accepter: opener },
    }));
    expect(told(swapped, { operations: [...CALM, 'shutdown'] })).toEqual(['watchers/closing_signed/without-scripts']);
  });

  it('finds another final commitment than the one that was broadcast', () => {
    const licences = ['force-close'];
    const operations = [...CALM, 'force_close'];
    const other = toldOf('final', (update) => ({ ...update, tx: { ...update.tx, locktime: 0 } }));
    expect(told(other, { licences, operations })).toEqual(['watchers/final/other-transaction']);
    const none = tampered({
      nodes: ['B'],
      effect: (effect) => (effect.kind === 'monitor' && effect.update.kind === 'final' ? [] : effect),
    });
    expect(run({ driver: none, licences, operations })).toEqual(['watchers/final/not-told']);
  });

  it('finds a number that comes again with other content', () => {
    const other = toldOf('theirs', (update) => ({ ...update, point: `03${update.point.slice(2)}` as never }));
    expect(told(other, {}, true)).toContain('watchers/theirs/other-content');
  });

  it('goes on in a copy of the world from what was known when it was made', () => {
    const oracle = createWatchers();
    const { finding, world } = runWorld({ seed: 'copy', oracles: [oracle], ...WATCHED });
    expect(finding).toBeUndefined();
    expect(oracle.fork().settled?.(world)).toBeUndefined();
  });
});
