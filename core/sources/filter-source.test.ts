import { describe, expect, it } from 'vitest';
import type { Hex, Script } from '../crypto/bytes.ts';
import { Driven } from './driven.fixture.ts';
import type { FilterEffect, FilterInput, FilterState } from './filter-state.ts';
import { P2pPeer } from './p2p-peer.fixture.ts';
import { Scenario } from './scenarios.fixture.ts';
import { FilterServing } from './servings.fixture.ts';

class DrivenFilters extends Driven<FilterState, FilterInput, FilterEffect> {
  readonly serving: FilterServing;

  constructor(scenario: Scenario, peers: Readonly<Record<string, P2pPeer>>) {
    const serving = new FilterServing(peers);
    super(scenario, serving);
    this.serving = serving;
  }
}

/** Three blocks with spends of what is watched, and two or three peers of which one is changed. */
function driving(change: (liar: P2pPeer) => void, honest: readonly string[] = ['honest']): DrivenFilters {
  const scenario = new Scenario(1);
  scenario.happens({ reorg: 0, mined: [[0], [0, 1], [2, 3]], again: false, restart: false });
  const liar = new P2pPeer(scenario.chain);
  change(liar);
  const peers = Object.fromEntries(honest.map((name) => [name, new P2pPeer(scenario.chain)]));
  const driven = new DrivenFilters(scenario, { liar, ...peers });
  driven.run();
  for (let i = 0; i < 6; i++) driven.later();
  return driven;
}

const without = (hides: (script: Script) => boolean) => (scripts: ReadonlySet<Script>) =>
  new Set([...scripts].filter((script) => !hides(script)));

describe('compact filters of two peers', () => {
  it('are believed where they agree, and blocks are asked for where they match', () => {
    const driven = driving(() => undefined);
    expect(driven.node.view).toEqual(driven.rebuilt);
    expect(driven.node.view.transactions.length).toBeGreaterThan(2);
    expect(driven.troubles).toEqual([]);
  });

  it('catch the one whose filter hides what a block pays to, or spends of the watched', () => {
    const all = driving((liar) => (liar.lie = without((script) => script.startsWith('0020'))));
    expect(all.troubles).toContain('source.filter_hides');
    expect(all.serving.left).toEqual(['liar']);
    // Nothing was told that rests on the lie, and with another peer it goes on.
    all.serving.peers.set('third', new P2pPeer(all.scenario.chain));
    all.run({ kind: 'connected', peer: 'third' });
    for (let i = 0; i < 3; i++) all.later();
    expect(all.node.view).toEqual(all.rebuilt);
  });

  it('look at the whole block where nobody can tell who lies', () => {
    const driven = driving((liar) => (liar.lie = (scripts) => new Set([...scripts, '0014ff' as Script])));
    expect(driven.troubles).toEqual([]);
    expect(driven.node.view).toEqual(driven.rebuilt);
  });

  it('hide what both hide: one honest peer is needed', () => {
    const scenario = new Scenario(1);
    scenario.happens({ reorg: 0, mined: [[0]], again: false, restart: false });
    const lying = new P2pPeer(scenario.chain);
    lying.lie = without((script) => script.startsWith('0020'));
    const driven = new DrivenFilters(scenario, { one: lying, other: lying });
    driven.run();
    expect(driven.node.view.transactions).toEqual([]);
  });

  it('of one peer alone are not asked for', () => {
    const driven = driving(() => undefined, []);
    expect(driven.troubles).toContain('source.too_few_peers');
    expect(driven.node.view.tip.height).toBe(0);
  });

  const saying =
    (command: string, change: (payload: Hex) => Hex | undefined) =>
    (liar: P2pPeer): void => {
      liar.say = (name, payload) => (name === command ? change(payload) : payload);
    };

  it.each<[string, (liar: P2pPeer) => void, string]>([
    ['does not answer', saying('cfheaders', () => undefined), 'source.slow'],
    ['never greets', saying('version', () => undefined), 'source.slow'],
    ['offers no filters', (liar) => (liar.services = 9), 'source.no_filters'],
    ['sends another block', saying('block', (block) => block.replace(/^.{8}/, 'ffffffff')), 'source.other_block'],
    ['sends half a block', saying('block', (block) => block.slice(0, -200)), 'source.block_bytes'],
    ['sends another filter than it has announced', saying('cfilter', (filter) => filter.replace(/.{2}$/, '00')), 'source.filter_hash'],
    ['announces too few', saying('cfheaders', (all) => all.slice(0, 130) + '00'), 'source.unreadable'],
    ['changes a header', saying('headers', (all) => all.replace(/ffff7f20/g, 'ffff7f1f')), 'source.difficulty'],
    ['has none of our blocks', saying('headers', (all) => (all === '00' ? all : `01${all.slice(-162)}`)), 'source.other_chain'],
  ])('and who %s is left', (_, change, rule) => {
    const driven = driving(change, ['honest', 'second']);
    expect(driven.troubles).toContain(rule);
    expect(driven.serving.left).toEqual(['liar']);
    expect(driven.node.view).toEqual(driven.rebuilt);
  });

  it('go on from where they were', () => {
    const driven = driving(() => undefined, ['honest', 'second']);
    driven.scenario.happens({ reorg: 0, mined: [[4]], again: false, restart: false });
    const liar = driven.serving.peers.get('liar') as P2pPeer;
    saying('cfheaders', (all) => `${all.slice(0, 66)}${'ab'.repeat(32)}${all.slice(130)}`)(liar);
    for (let i = 0; i < 3; i++) driven.later();
    expect(driven.troubles).toEqual(['source.filter_headers']);
    expect(driven.node.view).toEqual(driven.rebuilt);
  });

  it.each([
    ['of another network', 'f9beb4d9', 0],
    ['with a wrong checksum', '00', 40],
  ])('are not taken from a peer %s', (_, hex, at) => {
    const driven = driving(() => undefined);
    const frame = driven.serving.peers.get('liar')?.announce() as Uint8Array;
    frame.set(hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) as number[], at / 2);
    driven.run({ kind: 'bytes', peer: 'liar', bytes: frame });
    expect(driven.troubles).toEqual(['source.unreadable']);
  });
});
