import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii } from '../crypto/bytes.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { CoreDoor } from './core-protocol.ts';
import { coreServer } from './core-server.fixture.ts';
import type { HttpAnswer } from './core-server.fixture.ts';
import { coreDeadline, coreStep, createCoreSource } from './core-source.ts';
import type { CoreEffect, CoreInput, CoreState } from './core-source.ts';
import { FoldingNode } from './folding-node.fixture.ts';
import { NETWORKS } from './networks.ts';
import { Scenario } from './scenarios.fixture.ts';
import type { Happening } from './scenarios.fixture.ts';
import { DEFAULT_SOURCE_LIMITS } from './sources-vocabulary.ts';
import type { SourceEnv } from './sources-vocabulary.ts';

const env: SourceEnv = { crypto: noble, network: NETWORKS.regtest, limits: { ...DEFAULT_SOURCE_LIMITS, staleAfterMs: 1e15 } };
const base = { height: 0, header: NETWORKS.regtest.genesis };

const anyHappening: fc.Arbitrary<Happening> = fc.record({
  reorg: fc.nat(6),
  mined: fc.array(fc.array(fc.nat(1000), { maxLength: 4 }), { maxLength: 5 }),
  again: fc.boolean(),
  restart: fc.boolean(),
});

/** Joins a node, a source and a server, until nobody has anything to say. */
class Driven {
  readonly scenario: Scenario;
  readonly node: FoldingNode;
  readonly door: CoreDoor;
  state: CoreState;
  nowMs = 0;
  limits = env.limits;
  /** Asks for nothing. */
  isDeaf = false;
  readonly troubles: string[] = [];
  readonly heights: number[] = [];
  /** What comes in the place of the server's answer. */
  lie: (answer: HttpAnswer) => HttpAnswer | undefined = (answer) => answer;

  constructor(door: CoreDoor, scenario: Scenario) {
    this.door = door;
    this.scenario = scenario;
    const { height, hash } = scenario.chain.tip;
    this.node = new FoldingNode({ height, hash }, scenario.roots);
    this.state = createCoreSource(env, door, { told: { height, hash }, base, nowMs: 0 });
    this.watch();
  }

  restart(view: FoldingNode['view']): void {
    this.node.restart(view);
    this.state = createCoreSource(env, this.door, { told: view.tip, base, nowMs: this.nowMs });
    this.watch();
  }

  watch(): void {
    for (const watch of this.isDeaf ? [] : this.node.watches()) this.input({ kind: 'watch', watch });
  }

  input(input: CoreInput): void {
    const step = coreStep({ ...env, limits: this.limits }, this.state, input);
    this.state = step.state;
    for (const effect of step.effects) this.carryOut(effect);
  }

  carryOut(effect: CoreEffect): void {
    switch (effect.kind) {
      case 'request': {
        const answer = this.lie(coreServer(this.scenario.chain, effect.request));
        if (answer !== undefined) this.input({ kind: 'answer', id: effect.id, ...answer });
        return;
      }
      case 'chain': {
        const refusal = this.node.take(effect.input);
        if (refusal !== undefined) return this.input({ kind: 'chain_refused', refusal });
        this.heights.push(effect.input.tip.height);
        this.watch();
        return this.input({ kind: 'told' });
      }
      case 'trouble':
        this.troubles.push(effect.rule);
    }
  }

  later(): void {
    this.nowMs = Math.max(this.nowMs + 1, coreDeadline(env, this.state));
    this.input({ kind: 'time', nowMs: this.nowMs });
  }
}

describe.each(['rpc', 'rest'] as const)('Bitcoin Core over %s', (door) => {
  it('tells what equals the view of the whole chain, whatever happens to it', () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { minLength: 1, maxLength: 6 }), (happenings) => {
        const scenario = new Scenario(2);
        const driven = new Driven(door, scenario);
        driven.later();
        for (const happening of happenings) {
          const before = driven.node.view;
          scenario.happens(happening);
          if (happening.restart) driven.restart(before);
          driven.later();
          expect(driven.node.view).toEqual(FoldingNode.rebuilt(scenario.chain, scenario.roots));
        }
        expect(driven.troubles).toEqual([]);
        expect(driven.heights).toEqual(driven.heights.toSorted((a, b) => a - b));
      }),
      { seed: 17, numRuns: 8 },
    );
  });
});

describe('a server', () => {
  function failing(lie: Driven['lie'], limits = env.limits): string | undefined {
    const driven = new Driven('rest', new Scenario(1));
    driven.scenario.happens({ reorg: 0, mined: [[1], [2], [3]], again: false, restart: false });
    driven.limits = limits;
    driven.lie = lie;
    driven.later();
    driven.later();
    const [trouble] = driven.troubles;
    driven.limits = env.limits;
    driven.lie = (answer) => answer;
    // Whatever it was, the next honest answers make up for it.
    for (let i = 0; i < 4; i++) driven.later();
    expect(driven.node.view).toEqual(FoldingNode.rebuilt(driven.scenario.chain, driven.scenario.roots));
    return trouble;
  }

  const changedAt = (at: number, least: number) => (answer: HttpAnswer) => {
    if (answer.body.length < least) return answer;
    const body = answer.body.slice();
    body[at < 0 ? body.length + at : at] = (body.at(at) as number) ^ 1;
    return { status: answer.status, body };
  };

  it('that does not answer is slow', () => {
    expect(failing(() => undefined)).toBe('source.slow');
  });
  it('that answers with nonsense is unreadable', () => {
    expect(failing(({ status }) => ({ status, body: Uint8Array.of(0xff, 0x7b) }))).toBe('source.unreadable');
  });
  it('that says so has failed', () => {
    expect(failing(({ body }) => ({ status: 503, body }))).toBe('source.failed');
  });
  it('that sends too much is cut off', () => {
    expect(failing((answer) => answer, { ...env.limits, maxAnswerBytes: 100 })).toBe('source.too_long');
  });
  it('of another network is left', () => {
    const main = (answer: HttpAnswer): HttpAnswer => {
      const text = String.fromCharCode(...answer.body);
      return text.includes('regtest') ? { status: 200, body: ascii(text.replace('regtest', 'main')) } : answer;
    };
    expect(failing(main)).toBe('source.other_network');
  });
  it('that lies about a header is caught', () => {
    expect(['source.proof_of_work', 'source.unlinked_headers']).toContain(failing(changedAt(90, 160)));
  });
  it('that changes a transaction, or a witness, of a block is caught', () => {
    const block = (lie: Driven['lie']) => (answer: HttpAnswer) =>
      answer.body.length % 80 === 0 || answer.body[0] === 0x7b ? answer : lie(answer);
    expect(failing(block(changedAt(-1, 90)))).toBe('source.block_merkle');
    expect(failing(block(changedAt(4, 90)))).toBe('source.other_block');
    expect(failing(block(({ status, body }) => ({ status, body: Uint8Array.of(...body, 0) })))).toBe('source.block_bytes');
  });
  it('with another first block is of no use', () => {
    const driven = new Driven('rest', new Scenario(1));
    driven.scenario.chain.mine();
    driven.lie = (answer) => (answer.body[0] === 0x7b ? answer : { status: 200, body: new Uint8Array(0) });
    driven.later();
    expect(driven.troubles).toEqual(['source.other_chain']);
  });
  it('that has less work than was shown is behind', () => {
    const driven = new Driven('rpc', new Scenario(1));
    for (let i = 0; i < 5; i++) driven.scenario.chain.mine();
    driven.later();
    driven.scenario.chain.drop(2);
    driven.later();
    driven.scenario.chain.mine();
    driven.later();
    expect(driven.troubles).toEqual(['source.less_work', 'source.less_work']);
    expect(driven.node.view.tip.height).toBe(5);
  });
  it('whose newest block is hours old is told of, once', () => {
    const driven = new Driven('rpc', new Scenario(1));
    driven.limits = DEFAULT_SOURCE_LIMITS;
    driven.nowMs = driven.scenario.chain.mine().header.time * 1000 + DEFAULT_SOURCE_LIMITS.staleAfterMs;
    driven.later();
    driven.later();
    expect(driven.troubles).toEqual(['source.stale']);
  });
});

describe('a watch', () => {
  it('that comes late is served from its height on, before the chain goes on', () => {
    const scenario = new Scenario(1);
    const driven = new Driven('rpc', scenario);
    driven.nowMs = 1;
    scenario.happens({ reorg: 0, mined: [[], [], []], again: false, restart: false });
    const stranger = new FoldingNode({ height: 0, hash: scenario.chain.blocks[0]?.hash as Hash32 }, []);
    driven.node.restart(stranger.view);
    driven.state = createCoreSource(env, 'rpc', { told: stranger.view.tip, base, nowMs: 0 });
    driven.isDeaf = true;
    driven.input({ kind: 'time', nowMs: 1 });
    expect(driven.node.view).toMatchObject({ tip: { height: 3 }, transactions: [] });
    driven.isDeaf = false;
    driven.watch();
    expect(driven.node.view).toEqual(FoldingNode.rebuilt(scenario.chain, scenario.roots));
  });
});
