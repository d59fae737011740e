import { describe, expect, it } from 'vitest';
import type { ChannelState, Funding } from '../../core/channel/model/state.ts';
import type { Signature, Txid } from '../../core/crypto/bytes.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import type { StepRecord } from '../scenario/types.ts';
import { hasCommitments, messageOf, nameOf } from '../world/channel-changes.ts';
import { createReference } from './reference.ts';
import { CALM, FAULTS, fingerprintsOf, rewrite, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';

const FLIPPED = 'f'.repeat(64);

function flipped(signature: Signature): Signature {
  return (FLIPPED + signature.slice(64)) as Signature;
}

function run(tampering: Tampering, options: Partial<RunSpec> = {}, seeds = 4): readonly string[] {
  const driver = tampered({ nodes: ['B'], ...tampering });
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, driver, oracles: [createReference()], ...options }).finding);
}

describe('reference', () => {
  it('follows honest nodes through disconnections, crashes and closings, in both formats', () => {
    const operations = [...CALM, ...FAULTS, 'shutdown'];
    for (const format of ['anchors', 'static_remotekey'] as const) {
      expect(fingerprintsOf(8, (seed) => runWorld({ seed, format, operations, oracles: [createReference()] }).finding)).toEqual([]);
    }
  });

  it('follows nodes whose hosts batch, and whose watchers are slow', () => {
    const slow = { name: 'w', latency: { kind: 'uniform', minMs: 1, maxMs: 300 } } as const;
    const nodes = [{ config: { commit: 'manual' } }, { watchers: [slow] }];
    expect(fingerprintsOf(6, (seed) => runWorld({ seed, nodes, oracles: [createReference()] }).finding)).toEqual([]);
  });

  it('verifies every signature of commitment_signed', () => {
    const commitment = rewrite('commitment_signed', (m) => ({ ...m, signature: flipped(m.signature) }));
    expect(run({ effect: commitment })).toEqual(['reference/signature/commitment']);
    const htlc = rewrite('commitment_signed', (m) => ({ ...m, htlcSignatures: m.htlcSignatures.map(flipped) }));
    const found = run({ effect: htlc }, {}, 10);
    expect(found.length).toBeGreaterThan(0);
    for (const fingerprint of found) expect(fingerprint).toMatch(/^reference\/signature\/htlc-(timeout|success)$/);
    const turned = rewrite('commitment_signed', (m) => ({ ...m, htlcSignatures: m.htlcSignatures.toReversed() }));
    expect(run({ effect: turned }, {}, 10)).toEqual(['reference/signature/htlc-order']);
    const fewer = rewrite('commitment_signed', (m) => ({ ...m, htlcSignatures: m.htlcSignatures.slice(1) }));
    expect(run({ effect: fewer })).toEqual(['reference/signature/num_htlcs']);
  });

  it('verifies the signatures of the opening and of the closing', () => {
    expect(run({ effect: rewrite('funding_signed', (m) => ({ ...m, signature: flipped(m.signature) })) })).toEqual([
      'reference/signature/commitment',
    ]);
    const closing = rewrite('closing_signed', (m) => ({ ...m, feeSat: m.feeSat + 1n }));
    expect(run({ effect: closing }, { operations: ['shutdown'] })).toEqual(['reference/signature/closing']);
  });

  it("compares the signer's own transaction", () => {
    const state = (shown: ChannelState): ChannelState => {
      if (!hasCommitments(shown)) return shown;
      const [funding] = shown.fundings as [Funding];
      const { opener, accepter } = funding.txids;
      if (opener.next === undefined) return shown;
      const next = '00'.repeat(32) as Txid;
      return { ...shown, fundings: [{ ...funding, txids: { opener: { ...opener, next }, accepter } }] };
    };
    expect(run({ state })).toEqual(['reference/commitment/transaction']);
    const dearer = (shown: ChannelState): ChannelState => {
      const bent = state(shown);
      return bent === shown || !hasCommitments(bent)
        ? shown
        : { ...bent, shared: { ...bent.shared, base: { ...bent.shared.base, feeratePerKw: 1 } } };
    };
    expect(run({ state: dearer })).toContain('reference/commitment/feerate');
  });

  it('judges what each message may say', () => {
    const id = rewrite('update_add_htlc', (m) => ({ ...m, id: m.id + 1n }));
    expect(run({ effect: id })).toEqual(['reference/update_add_htlc/ids-increase-by-1']);
    const numbers = rewrite('channel_reestablish', (m) => ({ ...m, nextCommitmentNumber: m.nextCommitmentNumber + 3n }));
    expect(run({ effect: numbers })).toEqual(['reference/channel_reestablish/reestablish-numbers-of-signatures-received']);
    const unknown = rewrite('update_fulfill_htlc', (m) => ({ ...m, id: m.id + 100n }));
    expect(run({ effect: unknown })).toEqual(['reference/update_fulfill_htlc/removal-of-an-unknown-htlc']);
    const funding = rewrite('commitment_signed', (m) => ({ ...m, fundingTxid: '00'.repeat(32) as Txid }));
    expect(run({ effect: funding })).toEqual(['reference/commitment_signed/for-another-funding']);
    const shutdowns: Tampering['effect'] = (effect) =>
      effect.kind === 'send' && nameOf(effect.bytes) === 'shutdown' ? [effect, effect] : effect;
    expect(run({ effect: shutdowns }, { operations: ['shutdown'] })).toEqual(['reference/shutdown/sent-twice']);
  });

  it('refuses a commitment_signed without updates, a fee from the accepter and an early removal', () => {
    const records: StepRecord[] = [];
    const { world } = runWorld({ seed: 'records', operations: ['pay', 'fulfill'], oracles: [], onStep: (record) => records.push(record) });
    const sends = (record: StepRecord, name: string): Uint8Array | undefined =>
      record.effects.flatMap((e) => (e.kind === 'send' && nameOf(e.bytes) === name ? [e.bytes] : []))[0];
    const replay = (edit: (record: StepRecord, at: number) => StepRecord): string | undefined => {
      const oracle = createReference();
      for (const [at, record] of records.entries()) {
        const found = oracle.step?.(world, edit(record, at));
        if (found !== undefined) return `${found.rule}/${found.kind}`;
      }
      return undefined;
    };
    // The world has gone on since: nodes' own records of what they signed are of its end, all else is in the messages.
    expect(replay((record) => record)).toBeUndefined();
    const first = records.findIndex((record) => sends(record, 'commitment_signed') !== undefined);
    const repeated = (record: StepRecord): StepRecord => ({
      ...record,
      effects: record.effects.flatMap((e) => (e.kind === 'send' && nameOf(e.bytes) === 'commitment_signed' ? [e, e] : e)),
    });
    const twice = replay((record, at) => (at === first ? repeated(record) : record));
    expect(twice).toBe('commitment_signed/without-any-update');

    const peer = world.nodeId('A');
    const channelId = world.channels[0]?.channelId as NonNullable<(typeof world.channels)[number]['channelId']>;
    const said = (message: Parameters<typeof encodeMessage>[0]): string | undefined =>
      replay((record, at) =>
        at === first + 1
          ? { ...record, node: 'B', effects: [{ kind: 'send', peer, bytes: encodeMessage(message), channelId }, ...record.effects] }
          : record,
      );
    expect(said({ type: 'update_fee', channelId, feeratePerKw: 3000 })).toBe('update_fee/update_fee-of-the-accepter');
    const received = records.findIndex(
      (record) => record.node === 'B' && record.input.kind === 'received' && nameOf(record.input.bytes) === 'update_add_htlc',
    );
    const { input } = records[received] as StepRecord;
    const add = input.kind === 'received' ? messageOf(input.bytes) : undefined;
    expect(add?.type).toBe('update_add_htlc');
    const early = replay((record, at) =>
      at === received
        ? {
            ...record,
            effects: [
              { kind: 'send', peer, channelId, bytes: encodeMessage({ type: 'update_fail_htlc', channelId, id: 0n, reason: '' }) },
              ...record.effects,
            ],
          }
        : record,
    );
    expect(early).toBe('update_fail_htlc/removal-before-irrevocable');
  });
});
