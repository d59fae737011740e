import { describe, expect, it } from 'vitest';
import type { ChannelState } from '../../core/channel/model/state.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import { apply } from '../actions/apply.ts';
import { createLedger } from './ledger.ts';
import { hasCommitments, nameOf } from '../world/channel-changes.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';
import type { DriverEffect } from '../scenario/types.ts';

function run(tampering: Tampering | undefined, options: Partial<RunSpec> = {}, seeds = 5): readonly string[] {
  const planted = tampering === undefined ? {} : { driver: tampered({ nodes: ['A'], ...tampering }) };
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, oracles: [createLedger()], ...planted, ...options }).finding);
}

/** A shows other balances from its third commitment on. */
function balances(edit: (opener: bigint, accepter: bigint) => readonly [bigint, bigint]): Tampering {
  return {
    state: (state: ChannelState) => {
      if (!hasCommitments(state) || state.shared.commitments.opener.current.number < 2n) return state;
      const { base } = state.shared;
      const [opener, accepter] = edit(base.balanceMsat.opener, base.balanceMsat.accepter);
      return { ...state, shared: { ...state.shared, base: { ...base, balanceMsat: { opener, accepter } } } };
    },
  };
}

describe('ledger', () => {
  it('finds nothing between honest nodes, closings and failures included', () => {
    const operations = [...CALM, ...FAULTS, 'shutdown'];
    for (const format of ['anchors', 'static_remotekey'] as const) expect(run(undefined, { format, operations }, 6)).toEqual([]);
    const force = { operations: [...CALM, 'force_close'], licences: ['force-close'] };
    expect(run(undefined, force, 6)).toEqual([]);
  });

  it('counts every millisatoshi', () => {
    expect(run(balances((o, a) => [o + 1n, a]))).toEqual(['ledger/base/money-appeared']);
    expect(run(balances((o, a) => [o, a - 1n]))).toEqual(['ledger/base/money-disappeared']);
    expect(run(balances((o, a) => [-1n, o + a + 1n]))).toEqual(['ledger/base/negative-balance']);
  });

  it('compares balances with what users were told', () => {
    expect(run(balances((o, a) => [o + 1n, a - 1n]))).toEqual(['ledger/balance/too-much']);
    expect(run(balances((o, a) => [o - 1n, a + 1n]))).toEqual(['ledger/balance/too-little']);
  });

  it('refuses updates that cannot apply', () => {
    const state = (shown: ChannelState): ChannelState => {
      if (!hasCommitments(shown)) return shown;
      const logs = { ...shown.shared.logs, opener: shown.shared.logs.opener.filter((update) => update.kind !== 'add') };
      return { ...shown, shared: { ...shown.shared, logs } };
    };
    const found = run({ state });
    expect(found.length).toBeGreaterThan(0);
    for (const fingerprint of found)
      expect(fingerprint).toMatch(/^ledger\/commitment\/(cut-outside-log|money-disappeared|removal-of-unknown-htlc)$/);
  });

  it('holds what the sender is told against what the receiver decided', () => {
    const failed: Tampering['effect'] = (effect) => {
      if (effect.kind !== 'notify' || effect.event.kind !== 'event' || effect.event.event.kind !== 'payment_sent') return effect;
      const { origin, paymentHash } = effect.event.event;
      return { ...effect, event: { ...effect.event, event: { kind: 'payment_failed', origin, paymentHash } } };
    };
    expect(run({ effect: failed })).toEqual(['ledger/payment/failed-although-fulfilled']);
    const sent: Tampering['effect'] = (effect) => {
      if (effect.kind !== 'notify' || effect.event.kind !== 'event' || effect.event.event.kind !== 'payment_failed') return effect;
      const { origin, paymentHash } = effect.event.event;
      const event = { kind: 'payment_sent', origin, paymentHash, preimage: '00'.repeat(32) as never } as const;
      return { ...effect, event: { ...effect.event, event } };
    };
    const failing = { operations: ['pay', 'fail', 'fail_malformed'] };
    expect(run({ effect: sent }, failing)).toEqual(['ledger/payment/sent-without-being-fulfilled']);
    const twice: Tampering['effect'] = (effect, input) =>
      effect.kind === 'notify' && effect.event.kind === 'event' && effect.event.event.kind === 'payment_sent'
        ? [effect, failed(effect, input)].flat()
        : effect;
    expect(run({ effect: twice }, { operations: ['pay', 'fulfill'] })).toEqual(['ledger/payment/told-both-ways']);
  });

  it('lets no failure be told while a commitment may still pay the HTLC', () => {
    let waiting: DriverEffect | undefined;
    const hasty: Tampering = {
      effect(effect, input) {
        if (input?.kind === 'command' && input.command.kind === 'add' && effect.kind === 'send') {
          const { origin, paymentHash, channelId } = input.command;
          const event = { kind: 'payment_failed', origin, paymentHash } as const;
          waiting ??= { kind: 'notify', channelId, event: { kind: 'event', id: 99, event } };
        }
        if (waiting === undefined || input?.kind !== 'received' || nameOf(input.bytes) !== 'revoke_and_ack') return effect;
        const told = waiting;
        waiting = undefined;
        return [effect, told];
      },
    };
    expect(run({ ...hasty }, { operations: ['pay'] })).toEqual(['ledger/payment/failed-while-it-may-still-be-paid']);
  });

  it('follows the money through a mutual close', () => {
    const stolen =
      (index: number): Tampering['effect'] =>
      (effect) => {
        if (effect.kind !== 'broadcast' || effect.purpose !== 'closing') return effect;
        const outputs = effect.tx.outputs.map((output, i) => (i === index ? { ...output, amountSat: output.amountSat - 1n } : output));
        return { ...effect, tx: { ...effect.tx, outputs } };
      };
    const everyone = { nodes: ['A', 'B'], operations: ['pay', 'fulfill', 'shutdown'] };
    const close = (index: number): readonly string[] =>
      fingerprintsOf(5, (seed) => {
        const driver = tampered({ nodes: everyone.nodes, effect: stolen(index) as NonNullable<Tampering['effect']> });
        return runWorld({ seed, driver, operations: everyone.operations, oracles: [createLedger()] }).finding;
      });
    for (const fingerprint of [...close(0), ...close(1)])
      expect(fingerprint).toMatch(/^ledger\/closing-transaction\/output-of-the-(opener|accepter)$/);
    expect([...close(0), ...close(1)].length).toBeGreaterThan(0);
  });

  it('sees a commitment broadcast where both had signed a mutual close', () => {
    const between: RunSpec['between'] = (world, done) => {
      if (done === 2) apply(world, { do: 'shutdown', node: 'A', channel: 'c' });
      const state = world.channelState('B', 'c');
      if (state?.phase !== 'funded' || state.closing.tx === undefined) return;
      // BOLT 1: an error, which no honest peer sends then.
      const bytes = encodeMessage({ type: 'error', channelId: state.channelId, data: '' });
      world.stepMarked(
        world.host('B'),
        { kind: 'received', peer: world.nodeId('A'), bytes },
        { tampered: { name: 'error', asks: ['fail-channel'] } },
      );
    };
    const ending = { operations: ['feerate'], between, steps: 80 };
    expect(run({}, ending)).toEqual([]);
    const unilateral: Tampering['effect'] = (effect) =>
      effect.kind === 'broadcast' && effect.purpose === 'closing' ? { ...effect, purpose: 'commitment' } : effect;
    expect(run({ nodes: ['B'], effect: unilateral }, ending)).toEqual(['ledger/commitment-transaction/in-place-of-a-mutual-close']);
  });

  it('adds up the outputs of a commitment transaction', () => {
    const stolen: Tampering['effect'] = (effect) => {
      if (effect.kind !== 'broadcast' || effect.purpose !== 'commitment') return effect;
      const [first, ...rest] = effect.tx.outputs;
      return {
        ...effect,
        tx: { ...effect.tx, outputs: first === undefined ? [] : [{ ...first, amountSat: first.amountSat + 1n }, ...rest] },
      };
    };
    const force = { operations: [...CALM, 'force_close'], licences: ['force-close'] };
    expect(run({ nodes: ['A', 'B'], effect: stolen }, force)).toEqual(['ledger/commitment-transaction/output-amounts']);
  });
});
