import { describe, expect, it } from 'vitest';
import type { Tx } from '../../core/bitcoin/tx.ts';
import { noble } from '../../core/crypto/noble.fixture.ts';
import type { ChannelState, Funding } from '../../core/channel/model/state.ts';
import { CALM, fingerprintsOf, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';
import { hasCommitments } from '../world/channel-changes.ts';
import { createValidity } from './validity.ts';

function run(everyCommitment: boolean, tampering: Tampering | undefined, options: Partial<RunSpec> = {}, seeds = 3): readonly string[] {
  const planted = tampering === undefined ? {} : { driver: tampered(tampering) };
  return fingerprintsOf(
    seeds,
    (seed) => runWorld({ seed, oracles: [createValidity({ everyCommitment })], ...planted, ...options }).finding,
  );
}

function broadcasts(purpose: string, edit: (tx: Tx) => Tx): Tampering {
  return { effect: (effect) => (effect.kind === 'broadcast' && effect.purpose === purpose ? { ...effect, tx: edit(effect.tx) } : effect) };
}

const CLOSE = { operations: [...CALM, 'shutdown'] };

function unsigned(tx: Tx): Tx {
  return { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: ['', '', '', input.witness[3] ?? ''] })) };
}

describe('validity', () => {
  it('finds nothing between honest nodes, every commitment with its HTLCs included', () => {
    for (const format of ['anchors', 'static_remotekey'] as const) {
      expect(run(true, undefined, { format, ...CLOSE }, 3)).toEqual([]);
      expect(run(false, undefined, { format, ...CLOSE }, 3)).toEqual([]);
    }
    const force = { operations: [...CALM, 'force_close'], licences: ['force-close'] };
    expect(run(true, undefined, force, 4)).toEqual([]);
  });

  it('executes scripts with real signatures too', () => {
    expect(run(false, undefined, { crypto: noble, steps: 15, ...CLOSE }, 1)).toEqual([]);
  });

  it('judges by structure alone what is only asked for after settling, if it is told to, and executes some of what is broadcast', () => {
    const oracles = () => [createValidity({ everyCommitment: false, scripts: 'some' })];
    const found = (effect: NonNullable<Tampering['effect']>, operations: readonly string[], seeds = 3) =>
      fingerprintsOf(seeds, (seed) => runWorld({ seed, oracles: oracles(), operations, driver: tampered({ effect }) }).finding);
    const purpose = (name: string, edit: (tx: Tx) => Tx) => broadcasts(name, edit).effect as NonNullable<Tampering['effect']>;
    expect(found(purpose('commitment', unsigned), CALM)).toEqual([]);
    const other = purpose('commitment', (tx) => ({ ...tx, locktime: tx.locktime ^ 1 }));
    expect(found(other, CALM)).toEqual(['validity/force_close/another-commitment']);
    expect(found(purpose('closing', unsigned), CLOSE.operations, 40).length).toBe(1);
    const spends = purpose('closing', (tx) => ({ ...tx, outputs: tx.outputs.map((o) => ({ ...o, amountSat: o.amountSat + 10n ** 6n })) }));
    expect(found(spends, CLOSE.operations)[0]).toMatch(/^validity\/broadcast.closing\/amounts$/);
  });

  it('refuses what is not signed, not paid for or not standard', () => {
    for (const fingerprint of run(false, broadcasts('closing', unsigned), CLOSE))
      expect(fingerprint).toMatch(/^validity\/broadcast.closing\//);
    expect(run(false, broadcasts('closing', unsigned), CLOSE).length).toBe(1);
    const generous = broadcasts('closing', (tx) => ({
      ...tx,
      outputs: tx.outputs.map((o) => ({ ...o, amountSat: o.amountSat + 10n ** 6n })),
    }));
    expect(run(false, generous, CLOSE)[0]).toMatch(/^validity\/broadcast.closing\/amounts$/);
    const homeless = broadcasts('closing', (tx) => ({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, vout: 7 })) }));
    expect(run(false, homeless, CLOSE)).toEqual(['validity/broadcast.closing/unknown-output']);
  });

  it('refuses a commitment that could not be enforced after settling', () => {
    const found = run(false, broadcasts('commitment', unsigned), { operations: CALM });
    expect(found.length).toBe(1);
    expect(found[0]).toMatch(/^validity\/broadcast.commitment\//);
    const other = broadcasts('commitment', (tx) => ({ ...tx, locktime: tx.locktime ^ 1 }));
    expect(run(false, other, { operations: CALM })).toEqual(['validity/force_close/another-commitment']);
    const mute: Tampering = { effect: (effect) => (effect.kind === 'broadcast' && effect.purpose === 'commitment' ? [] : effect) };
    expect(run(false, mute, { operations: CALM })).toEqual(['validity/force_close/broadcasts-nothing']);
  });

  it("refuses HTLC signatures of the peer's that are for something else", () => {
    const bent = (edit: (signatures: readonly string[]) => readonly string[]): Tampering => ({
      state: (state: ChannelState) => {
        if (!hasCommitments(state)) return state;
        const [funding] = state.fundings as [Funding];
        const { signature, htlcSignatures } = funding.received;
        return {
          ...state,
          fundings: [{ ...funding, received: { signature, htlcSignatures: edit(htlcSignatures) as typeof htlcSignatures } }],
        };
      },
    });
    const wrong = run(
      true,
      bent((signatures) => signatures.map((s) => 'e'.repeat(64) + s.slice(64))),
      {},
      8,
    );
    expect(wrong.length).toBeGreaterThan(0);
    for (const fingerprint of wrong) expect(fingerprint).toMatch(/^validity\/htlc-(timeout|success)\/htlc-signature$/);
    expect(
      run(
        true,
        bent((signatures) => signatures.slice(1)),
      ),
    ).toEqual(['validity/htlc-signatures/number-of-signatures']);
  });
});
