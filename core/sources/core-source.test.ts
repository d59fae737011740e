import { describe, expect, it } from 'vitest';
import { ascii } from '../crypto/bytes.ts';
import type { HttpAnswer } from './core-server.fixture.ts';
import type { CoreDoor } from './core-protocol.ts';
import type { CoreEffect, CoreInput, CoreState } from './core-source.ts';
import { Driven, env } from './driven.fixture.ts';
import { Scenario } from './scenarios.fixture.ts';
import { CoreServing } from './servings.fixture.ts';
import { DEFAULT_SOURCE_LIMITS } from './sources-vocabulary.ts';

class DrivenCore extends Driven<CoreState, CoreInput, CoreEffect> {
  readonly serving: CoreServing;

  constructor(serving: CoreServing, scenario: Scenario) {
    super(scenario, serving);
    this.serving = serving;
  }
}

function driving(door: CoreDoor): DrivenCore {
  const scenario = new Scenario(1);
  return new DrivenCore(new CoreServing(door, scenario.chain), scenario);
}

describe('a server', () => {
  function failing(lie: CoreServing['lie'], limits = env.limits): string | undefined {
    const driven = driving('rest');
    driven.scenario.happens({ reorg: 0, mined: [[1], [2], [3]], again: false, restart: false });
    driven.limits = limits;
    driven.serving.lie = lie;
    driven.later();
    driven.later();
    const [trouble] = driven.troubles;
    driven.limits = env.limits;
    driven.serving.lie = (answer) => answer;
    // Whatever it was, the next honest answers make up for it.
    for (let i = 0; i < 4; i++) driven.later();
    expect(driven.node.view).toEqual(driven.rebuilt);
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
    const block = (lie: CoreServing['lie']) => (answer: HttpAnswer) =>
      answer.body.length % 80 === 0 || answer.body[0] === 0x7b ? answer : lie(answer);
    expect(failing(block(changedAt(-1, 90)))).toBe('source.block_merkle');
    expect(failing(block(changedAt(4, 90)))).toBe('source.other_block');
    expect(failing(block(({ status, body }) => ({ status, body: Uint8Array.of(...body, 0) })))).toBe('source.block_bytes');
  });
  it('with another first block is of no use', () => {
    const driven = driving('rest');
    driven.scenario.chain.mine();
    driven.serving.lie = (answer) => (answer.body[0] === 0x7b ? answer : { status: 200, body: new Uint8Array(0) });
    driven.later();
    expect(driven.troubles).toEqual(['source.other_chain']);
  });
  it('that has less work than was shown is behind', () => {
    const driven = driving('rpc');
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
    const driven = driving('rpc');
    driven.run();
    driven.limits = DEFAULT_SOURCE_LIMITS;
    driven.nowMs = driven.scenario.chain.mine().header.time * 1000 + DEFAULT_SOURCE_LIMITS.staleAfterMs;
    driven.later();
    driven.later();
    expect(driven.troubles).toEqual(['source.stale']);
  });
});

describe('a watch', () => {
  it('that comes late is served from its height on, before the chain goes on', () => {
    const driven = driving('rpc');
    driven.isDeaf = true;
    driven.restart(driven.node.view);
    driven.scenario.happens({ reorg: 0, mined: [[], [], []], again: false, restart: false });
    driven.run({ kind: 'time', nowMs: 2 });
    expect(driven.node.view).toMatchObject({ tip: { height: 3 }, transactions: [] });
    driven.isDeaf = false;
    driven.watch();
    expect(driven.node.view).toEqual(driven.rebuilt);
    expect(driven.node.view.transactions).toHaveLength(1);
  });

  it('that is refused by the node is told from further down', () => {
    const driven = driving('rest');
    driven.scenario.happens({ reorg: 0, mined: [[1], [2], [3]], again: false, restart: false });
    driven.later();
    const { view } = driven.node;
    driven.node.view = {
      tip: { height: 2, hash: driven.scenario.chain.blocks[2]?.hash ?? view.tip.hash },
      transactions: view.transactions.filter(({ height }) => height < 3),
    };
    driven.scenario.chain.mine();
    driven.later();
    expect(driven.node.view).toEqual(driven.rebuilt);
  });
});
