import { describe, expect, it } from 'vitest';
import type { Txid } from '../crypto/bytes.ts';
import { Driven, env } from './driven.fixture.ts';
import { ElectrumServer } from './electrum-server.fixture.ts';
import type { ElectrumEffect, ElectrumInput, ElectrumState } from './electrum-state.ts';
import { Scenario } from './scenarios.fixture.ts';
import { ElectrumServing } from './servings.fixture.ts';

class DrivenElectrum extends Driven<ElectrumState, ElectrumInput, ElectrumEffect> {
  readonly serving: ElectrumServing;

  constructor(scenario: Scenario) {
    const serving = new ElectrumServing(new ElectrumServer(scenario.chain));
    super(scenario, serving);
    this.serving = serving;
  }
}

describe('a server that speaks Electrum’s protocol', () => {
  function troubled(lie: ElectrumServer['lie'], limits = env.limits): string | undefined {
    const scenario = new Scenario(1);
    scenario.happens({ reorg: 0, mined: [[1], [2], [3]], again: false, restart: false });
    const driven = new DrivenElectrum(scenario);
    driven.serving.server.lie = lie;
    driven.limits = limits;
    driven.run();
    for (let i = 0; i < 10; i++) driven.later();
    const [trouble] = driven.troubles;
    driven.limits = env.limits;
    driven.serving.server = new ElectrumServer(scenario.chain);
    driven.run({ kind: 'connected' });
    expect(driven.node.view).toEqual(driven.rebuilt);
    return trouble;
  }

  const of =
    (method: string, change: (result: never) => unknown): ElectrumServer['lie'] =>
    (asked, result) =>
      asked.endsWith(method) ? change(result as never) : result;

  it.each<[string, ElectrumServer['lie'], string]>([
    ['does not answer', of('get_history', () => undefined), 'source.slow'],
    ['answers what was not asked', of('get_history', () => ({})), 'source.unreadable'],
    ['can’t answer, time and again', of('transaction.get', () => new Error('busy')), 'source.failed'],
    ['shows another history than it has said', of('get_history', (all: readonly object[]) => all.slice(1)), 'source.history'],
    ['gives another transaction', of('transaction.get', (hex: string) => hex.replace(/^02/, '03')), 'source.other_transaction'],
    ['changes a witness', of('transaction.get', (hex: string) => hex.replace(/.{10}$/, (end) => `ff${end.slice(2)}`)), 'source.witness'],
    ['proves another place', of('get_merkle', (proof: { pos: number }) => ({ ...proof, pos: proof.pos ^ 1 })), 'source.merkle_proof'],
    [
      'changes a header',
      of('block.headers', (all: { hex: string }) => ({ hex: all.hex.replace(/ffff7f20(?=.{8}$)/, 'ffff7f1f') })),
      'source.difficulty',
    ],
    ['has another first block', of('block.headers', (all: { hex: string }) => ({ hex: all.hex.slice(320) })), 'source.other_chain'],
  ])('and %s is caught', (_, lie, rule) => {
    expect(troubled(lie)).toBe(rule);
  });

  it('and never ends a line is cut off', () => {
    expect(troubled((_, result) => result, { ...env.limits, maxAnswerBytes: 60 })).toBe('source.too_long');
  });

  it('and is behind what was shown is left', () => {
    const driven = new DrivenElectrum(new Scenario(1));
    for (let i = 0; i < 4; i++) driven.scenario.chain.mine();
    driven.run();
    expect(driven.node.view.tip.height).toBe(4);
    driven.scenario.chain.drop(2);
    driven.later();
    expect(driven.troubles).toEqual(['source.less_work']);
    expect(driven.state.isUp).toBe(false);
  });

  it('can’t be asked about what has no script', () => {
    const driven = new DrivenElectrum(new Scenario(1));
    driven.run({ kind: 'watch', watch: { kind: 'tx', txid: '11'.repeat(32) as Txid, script: undefined, fromHeight: 0 } });
    expect(driven.troubles).toEqual(['source.unwatchable']);
  });

  it('finds with one watch what another had no script for', () => {
    const scenario = new Scenario(1);
    scenario.happens({ reorg: 0, mined: [[], []], again: false, restart: false });
    const driven = new DrivenElectrum(scenario);
    driven.isDeaf = true;
    driven.restart(driven.node.view);
    driven.run();
    const { txid, tx } = driven.rebuilt.transactions[0] as (typeof driven.rebuilt.transactions)[number];
    driven.run({ kind: 'watch', watch: { kind: 'tx', txid, script: undefined, fromHeight: 0 } });
    expect(driven.node.view.transactions).toEqual([]);
    const script = tx.outputs[0]?.script;
    driven.run({ kind: 'watch', watch: { kind: 'spend', outpoint: { txid, vout: 0 }, script, fromHeight: 0 } });
    expect(driven.node.view).toEqual(driven.rebuilt);
  });

  it('does not fill the memory with what it says unasked', () => {
    const driven = new DrivenElectrum(new Scenario(1));
    driven.run();
    const before = JSON.stringify(driven.state, (_, value: unknown) => (value instanceof Map ? [...value] : value)).length;
    for (let i = 0; i < 20; i++) driven.run(...driven.serving.says(driven.serving.server.announce()));
    const after = JSON.stringify(driven.state, (_, value: unknown) => (value instanceof Map ? [...value] : value)).length;
    expect(after).toBeLessThan(before + 100);
  });
});
