import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Txid } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { ElectrumServer } from './electrum-server.fixture.ts';
import { createElectrumSource, electrumDeadline, electrumStep } from './electrum-source.ts';
import type { ElectrumInput, ElectrumState } from './electrum-state.ts';
import { FoldingNode } from './folding-node.fixture.ts';
import { NETWORKS } from './networks.ts';
import { Scenario } from './scenarios.fixture.ts';
import type { Happening } from './scenarios.fixture.ts';
import { DEFAULT_SOURCE_LIMITS } from './sources-vocabulary.ts';
import type { SourceEnv } from './sources-vocabulary.ts';

const env: SourceEnv = { crypto: noble, network: NETWORKS.regtest, limits: { ...DEFAULT_SOURCE_LIMITS, staleAfterMs: 1e15 } };
const base = { height: 0, header: NETWORKS.regtest.genesis };

interface Told extends Happening {
  /** The server says that there is a block before it can say what is in it. */
  readonly lags: boolean;
  /** Bytes of an answer come in pieces of this length. */
  readonly piece: number;
}

const anyTold: fc.Arbitrary<Told> = fc.record({
  reorg: fc.nat(6),
  mined: fc.array(fc.array(fc.nat(1000), { maxLength: 4 }), { maxLength: 5 }),
  again: fc.boolean(),
  restart: fc.boolean(),
  lags: fc.boolean(),
  piece: fc.constantFrom(17, 1000, 100_000),
});

class Driven {
  readonly scenario: Scenario;
  readonly node: FoldingNode;
  server: ElectrumServer;
  state: ElectrumState;
  limits = env.limits;
  nowMs = 1;
  piece = 100_000;
  readonly troubles: string[] = [];
  readonly heights: number[] = [];
  readonly #inputs: ElectrumInput[] = [];

  constructor(scenario: Scenario, lie?: ElectrumServer['lie']) {
    this.scenario = scenario;
    this.server = new ElectrumServer(scenario.chain);
    if (lie !== undefined) this.server.lie = lie;
    const { height, hash } = scenario.chain.tip;
    this.node = new FoldingNode({ height, hash }, scenario.roots);
    this.state = this.#start();
  }

  #start(): ElectrumState {
    this.#inputs.length = 0;
    this.#inputs.push(...this.node.watches().map((watch) => ({ kind: 'watch', watch }) as const), { kind: 'connected' });
    return createElectrumSource(env, { told: this.node.view.tip, base, nowMs: this.nowMs });
  }

  restart(view: FoldingNode['view']): void {
    this.node.restart(view);
    this.state = this.#start();
  }

  says(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.piece) this.#inputs.push({ kind: 'bytes', bytes: bytes.subarray(at, at + this.piece) });
  }

  run(...inputs: readonly ElectrumInput[]): void {
    this.#inputs.push(...inputs);
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      const step = electrumStep({ ...env, limits: this.limits }, this.state, input);
      this.state = step.state;
      for (const effect of step.effects)
        switch (effect.kind) {
          case 'write':
            this.says(this.server.answer(effect.bytes));
            break;
          case 'chain': {
            const refusal = this.node.take(effect.input);
            if (refusal === undefined) this.heights.push(effect.input.tip.height);
            const watches = this.node.watches().map((watch) => ({ kind: 'watch', watch }) as const);
            this.#inputs.unshift(...watches, refusal === undefined ? { kind: 'told' } : { kind: 'chain_refused', refusal });
            break;
          }
          case 'trouble':
            this.troubles.push(effect.rule);
            break;
          case 'hang_up':
            this.#inputs.length = 0;
        }
    }
  }

  later(): void {
    const next = electrumDeadline(env, this.state);
    this.nowMs = Math.max(this.nowMs + 1, next === Infinity ? 0 : next);
    this.run({ kind: 'time', nowMs: this.nowMs });
  }

  get rebuilt(): FoldingNode['view'] {
    return FoldingNode.rebuilt(this.scenario.chain, this.scenario.roots);
  }
}

describe('a server that speaks Electrum’s protocol', () => {
  it('tells what equals the view of the whole chain, whatever happens to it', () => {
    fc.assert(
      fc.property(fc.array(anyTold, { minLength: 1, maxLength: 6 }), (happenings) => {
        const driven = new Driven(new Scenario(2));
        driven.run();
        for (const happening of happenings) {
          const before = driven.node.view;
          driven.scenario.happens(happening);
          driven.piece = happening.piece;
          if (happening.restart) driven.restart(before);
          const { server } = driven;
          if (!happening.lags) driven.says(server.index());
          driven.says(server.announce());
          driven.run();
          driven.says(server.index());
          // Doubts that a reorganisation has left are settled when it is asked again.
          for (let i = 0; i < 3; i++) driven.later();
          expect(driven.node.view).toEqual(driven.rebuilt);
        }
        expect(driven.troubles).toEqual([]);
        expect(driven.heights).toEqual(driven.heights.toSorted((a, b) => a - b));
      }),
      { seed: 18, numRuns: 15 },
    );
  });

  function troubled(lie: ElectrumServer['lie'], limits = env.limits): string | undefined {
    const scenario = new Scenario(1);
    scenario.happens({ reorg: 0, mined: [[1], [2], [3]], again: false, restart: false });
    const driven = new Driven(scenario, lie);
    driven.node.restart(FoldingNode.rebuilt(new Scenario(1).chain, scenario.roots));
    driven.restart(driven.node.view);
    driven.limits = limits;
    driven.run();
    for (let i = 0; i < 10; i++) driven.later();
    const [trouble] = driven.troubles;
    driven.limits = env.limits;
    driven.server = new ElectrumServer(scenario.chain);
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
    const driven = new Driven(new Scenario(1));
    for (let i = 0; i < 4; i++) driven.scenario.chain.mine();
    driven.run();
    expect(driven.node.view.tip.height).toBe(4);
    driven.scenario.chain.drop(2);
    driven.later();
    expect(driven.troubles).toEqual(['source.less_work']);
    expect(driven.state.isUp).toBe(false);
  });

  it('can’t be asked about what has no script', () => {
    const driven = new Driven(new Scenario(1));
    driven.run({ kind: 'watch', watch: { kind: 'tx', txid: '11'.repeat(32) as Txid, script: undefined, fromHeight: 0 } });
    expect(driven.troubles).toEqual(['source.unwatchable']);
  });

  it('does not fill the memory with what it says unasked', () => {
    const driven = new Driven(new Scenario(1));
    driven.run();
    const before = JSON.stringify(driven.state, (_, value: unknown) => (value instanceof Map ? [...value] : value)).length;
    for (let i = 0; i < 20; i++) driven.says(driven.server.announce());
    driven.run();
    const after = JSON.stringify(driven.state, (_, value: unknown) => (value instanceof Map ? [...value] : value)).length;
    expect(after).toBeLessThan(before + 100);
  });
});
