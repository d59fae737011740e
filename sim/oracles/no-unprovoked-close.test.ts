import { describe, expect, it } from 'vitest';
import { toHex } from '../../core/crypto/bytes.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import { licensedOutcomes } from './index.ts';
import { nameOf } from '../world/channel-changes.ts';
import { createNoUnprovokedClose } from './no-unprovoked-close.ts';
import { CALM, FAULTS, fingerprintsOf, rewrite, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';

function run(tampering: Tampering | undefined, options: Partial<RunSpec> = {}, seeds = 5): readonly string[] {
  const planted = tampering === undefined ? {} : { driver: tampered({ nodes: ['A'], ...tampering }) };
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, oracles: [createNoUnprovokedClose()], ...planted, ...options }).finding);
}

function licensed(
  licences: readonly string[],
  operations: readonly string[],
  seeds = 12,
): { readonly found: readonly string[]; readonly count: number } {
  let count = 0;
  const found = fingerprintsOf(seeds, (seed) => {
    const oracle = createNoUnprovokedClose();
    const { finding } = runWorld({ seed, oracles: [oracle], operations, licences });
    for (const times of licensedOutcomes([oracle]).values()) count += times;
    return finding;
  });
  return { found, count };
}

const DATA = toHex(Uint8Array.from('spurious 12 of deadbeef00', (c) => c.charCodeAt(0)));

/** Says this as well whenever a commitment_signed leaves. */
function alsoSays(type: 'error' | 'warning'): Tampering['effect'] {
  return (effect) => {
    if (effect.kind !== 'send' || nameOf(effect.bytes) !== 'commitment_signed') return effect;
    const channelId = effect.channelId as ChannelId;
    return [effect, { kind: 'send', peer: effect.peer, bytes: encodeMessage({ type, channelId, data: DATA }) }];
  };
}

describe('no-unprovoked-close', () => {
  it('finds nothing between honest nodes', () => {
    expect(run(undefined, { operations: [...CALM, ...FAULTS, 'shutdown'] }, 8)).toEqual([]);
  });

  it('asks for a reason for every error, warning and disconnection, without numbers in its fingerprint', () => {
    const error = alsoSays('error') as NonNullable<Tampering['effect']>;
    const warning = alsoSays('warning') as NonNullable<Tampering['effect']>;
    expect(run({ effect: error })).toEqual(['no-unprovoked-close/untold/error']);
    expect(run({ effect: warning })).toEqual(['no-unprovoked-close/untold/warning']);
    const hangUp: Tampering['effect'] = (effect) =>
      effect.kind === 'send' && nameOf(effect.bytes) === 'commitment_signed'
        ? [effect, { kind: 'disconnect', peer: effect.peer, reason: 'bored 7' }]
        : effect;
    expect(run({ effect: hangUp })).toEqual(['no-unprovoked-close/untold/disconnect']);
  });

  it('tells of a channel that fails and of one that is forgotten', () => {
    const wrong = rewrite('revoke_and_ack', (m) => ({ ...m, perCommitmentSecret: '11'.repeat(32) as never }));
    expect(run({ effect: wrong })).toEqual(['no-unprovoked-close/revoke_and_ack.per_commitment_secret/failed']);
    const refused = rewrite('accept_channel', (m) => ({ ...m, minimumDepth: 10_000 }));
    expect(run({ nodes: ['B'], effect: refused })).toEqual(['no-unprovoked-close/accept_channel.minimum_depth/error']);
  });

  it('tells of a shutdown that nobody asked for', () => {
    let first = true;
    const input: Tampering['input'] = (given) => {
      if (given.kind !== 'feerate' || !first) return given;
      first = false;
      return { kind: 'command', command: { kind: 'shutdown', channelId: id as ChannelId, script: `0014${'22'.repeat(20)}` as never } };
    };
    let id: string | undefined;
    const found = fingerprintsOf(4, (seed) => {
      first = true;
      const between: RunSpec['between'] = (world) => void (id = world.idOf('c'));
      return runWorld({ seed, between, driver: tampered({ nodes: ['A'], input }), operations: CALM, oracles: [createNoUnprovokedClose()] })
        .finding;
    });
    expect(found).toEqual(['no-unprovoked-close/untold/shutdown']);
  });

  it('accepts what a drawn licence mandates, counts it, and nothing without the licence', () => {
    const operations = [...CALM, 'force_close'];
    const { found, count } = licensed(['force-close'], operations);
    expect(found).toEqual([]);
    expect(count).toBeGreaterThan(0);
    const unlicensed = licensed([], operations);
    expect(unlicensed.count).toBe(0);
    expect(unlicensed.found.length).toBeGreaterThan(0);
    for (const fingerprint of unlicensed.found) expect(fingerprint).toMatch(/^no-unprovoked-close\/[a-z_.]+\/failed$/);
  });

  it('does not take one licence for another', () => {
    const { found, count } = licensed(['dust-exposure', 'stale-backup', 'opening-refused'], [...CALM, 'force_close']);
    expect(found.length).toBeGreaterThan(0);
    expect(count).toBe(0);
  });

  it('recomputes expired HTLCs and restored backups', () => {
    const expired = licensed(['expired-htlc'], ['pay', 'expiry', 'mine', 'disconnect', 'connect']);
    expect(expired.found).toEqual([]);
    expect(expired.count).toBeGreaterThan(0);
    const stale = licensed(['stale-backup'], [...CALM, ...FAULTS, 'stale-backup']);
    expect(stale.found).toEqual([]);
    expect(stale.count).toBeGreaterThan(0);
  });

  it('keeps counting in a fork without touching the original', () => {
    const oracle = createNoUnprovokedClose();
    runWorld({ seed: 'seed 3', oracles: [oracle], operations: [...CALM, 'force_close'], licences: ['force-close'] });
    const before = [...oracle.licensed];
    const fork = oracle.fork();
    expect([...licensedOutcomes([fork])]).toEqual(before);
  });
});
