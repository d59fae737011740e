import { describe, expect, it } from 'vitest';
import { compactSize, u32le } from '../bitcoin/encode.ts';
import { merkleParent } from '../bitcoin/merkle.ts';
import { readMerkleBlock } from '../bitcoin/merkle-block.ts';
import { serialiseTx } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { Driven } from './driven.fixture.ts';
import { idOf } from './mined-chain.fixture.ts';
import type { MinedBlock } from './mined-chain.fixture.ts';
import { createProofSource, proofStep } from './proof-source.ts';
import type { ProofInput, ProofState } from './proof-source.ts';
import { Scenario } from './scenarios.fixture.ts';
import type { SourceEffect } from './sources-vocabulary.ts';

/** A proof that these places of a block hold its transactions there. */
function merkleBlock({ headerHex, txs }: Pick<MinedBlock, 'headerHex' | 'txs'>, places: readonly number[]): Hex {
  const rows: (readonly Hex[])[] = [txs.map(idOf)];
  for (let row = rows[0] as readonly Hex[]; row.length > 1; rows.push(row)) {
    const below = row;
    row = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
      merkleParent(noble, below[2 * i] as Hex, below[2 * i + 1] ?? (below[2 * i] as Hex)),
    );
  }
  const nodes: Hex[] = [];
  const flags: number[] = [];
  const walk = (height: number, place: number): void => {
    if (place >= (rows[height] as readonly Hex[]).length) return;
    const isOnTheWay = places.some((at) => at >> height === place);
    flags.push(isOnTheWay ? 1 : 0);
    if (height === 0 || !isOnTheWay) nodes.push((rows[height] as readonly Hex[])[place] as Hex);
    else for (const child of [2 * place, 2 * place + 1]) walk(height - 1, child);
  };
  walk(rows.length - 1, 0);
  const bytes = Array.from({ length: Math.ceil(flags.length / 8) }, (_, i) =>
    flags.slice(8 * i, 8 * i + 8).reduce((sum, flag, at) => sum + (flag << at), 0),
  );
  return (
    headerHex + u32le(txs.length) + compactSize(nodes.length) + nodes.join('') + compactSize(bytes.length) + toHex(Uint8Array.from(bytes))
  );
}

function proofOf(block: MinedBlock): ProofInput {
  const transactions = block.txs.slice(1).map((tx: Tx) => fromHex(serialiseTx(tx)));
  return { kind: 'proof', merkleBlock: fromHex(merkleBlock(block, [...block.txs.keys()].slice(1))), transactions };
}

const serving = {
  create: createProofSource,
  step: proofStep,
  deadline: () => Infinity,
  connect: () => [],
  carryOut: () => [],
};

function driving(): Driven<ProofState, ProofInput, SourceEffect> {
  const driven = new Driven<ProofState, ProofInput, SourceEffect>(new Scenario(1), serving);
  driven.run();
  return driven;
}

function headersOf(driven: ReturnType<typeof driving>): ProofInput {
  return { kind: 'headers', bytes: fromHex(driven.scenario.chain.blocks.map(({ headerHex }) => headerHex).join('')) };
}

describe('a partial merkle tree', () => {
  const scenario = new Scenario(1);
  scenario.happens({ reorg: 0, mined: [[0, 0, 1, 2, 3]], again: false, restart: false });
  const block = scenario.chain.tip;

  it('proves each set of places', () => {
    for (let set = 0; set < 2 ** block.txs.length; set++) {
      const places = [...block.txs.keys()].filter((place) => (set >> place) % 2 === 1);
      const proof = readMerkleBlock(noble, fromHex(merkleBlock(block, places)));
      expect(proof?.matches).toEqual(places.map((index) => ({ index, txid: idOf(block.txs[index] as Tx) })));
      expect(proof?.header).toEqual(block.header);
    }
  });

  it('proves nothing with a byte changed, missing or too much', () => {
    const bytes = fromHex(merkleBlock(block, [2]));
    for (let at = 84; at < bytes.length - 1; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(readMerkleBlock(noble, changed)).toBeUndefined();
    }
    expect(readMerkleBlock(noble, bytes.subarray(0, -1))).toBeUndefined();
    expect(readMerkleBlock(noble, Uint8Array.of(...bytes, 0))).toBeUndefined();
  });
});

describe('headers and proofs', () => {
  it('tell what equals the view of the whole chain, also of blocks that were replaced', () => {
    const driven = driving();
    for (const reorg of [0, 2, 1]) {
      driven.scenario.happens({ reorg, mined: [[0, 1], [2], [3, 4]], again: true, restart: false });
      const { blocks } = driven.scenario.chain;
      driven.run(headersOf(driven), ...blocks.slice(1).map(proofOf), { kind: 'complete', height: blocks.length - 1 });
      expect(driven.node.view).toEqual(driven.rebuilt);
    }
    expect(driven.troubles).toEqual([]);
  });

  it('wait for the word that nothing is missing, and take what comes after it', () => {
    const driven = driving();
    driven.scenario.happens({ reorg: 0, mined: [[0], [1]], again: false, restart: false });
    driven.run(headersOf(driven));
    expect(driven.node.view.tip.height).toBe(0);
    driven.run({ kind: 'complete', height: 2 });
    expect(driven.node.view).toMatchObject({ tip: { height: 2 }, transactions: [] });
    driven.run(...driven.scenario.chain.blocks.slice(1).map(proofOf));
    expect(driven.node.view).toEqual(driven.rebuilt);
  });

  it('that prove nothing are refused', () => {
    const driven = driving();
    driven.scenario.happens({ reorg: 0, mined: [[0], [1]], again: false, restart: false });
    const { tip } = driven.scenario.chain;
    const proof = proofOf(tip) as Extract<ProofInput, { kind: 'proof' }>;
    driven.run(
      proof,
      headersOf(driven),
      { ...proof, merkleBlock: proof.merkleBlock.subarray(1) },
      { ...proof, transactions: [Uint8Array.of(1)] },
    );
    driven.run(
      { kind: 'headers', bytes: Uint8Array.of(1) },
      { kind: 'headers', bytes: fromHex(tip.headerHex.replace(/^.{10}/, '0000002011')) },
    );
    expect(driven.troubles).toEqual([
      'source.other_block',
      'source.merkle_proof',
      'source.other_transaction',
      'source.unreadable',
      'source.other_chain',
    ]);
  });
});
