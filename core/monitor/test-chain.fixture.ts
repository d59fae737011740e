import { verifySpend } from '../../sim/interpreter/bitcore.ts';
import { serialiseTx, txid, txWeight } from '../bitcoin/tx.ts';
import type { Outpoint, Tx, TxOutput } from '../bitcoin/tx.ts';
import { hashOf } from '../chain/chain.fixture.ts';
import type { ChainBlock, ChainInput, ChainPoint } from '../chain/update.ts';
import type { Txid } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { outpointKey } from './outputs.ts';

interface Unspent {
  readonly output: TxOutput;
  readonly height: number;
}

/** A chain with a mempool for tests: every transaction is executed by the interpreter, and final, or it is not taken. */
export class TestChain {
  readonly #crypto: Crypto;
  /** What there is before the first block. */
  readonly #given = new Map<string, Unspent>();
  #blocks: (ChainPoint & { readonly txs: readonly Tx[] })[] = [];
  readonly first: number;
  #branch = 0;
  #unspent = new Map<string, Unspent>();
  mempool: Tx[] = [];

  constructor(crypto: Crypto, height: number) {
    this.#crypto = crypto;
    this.first = height;
  }

  get height(): number {
    return this.first + this.#blocks.length;
  }

  get tip(): ChainPoint {
    return this.at(this.height);
  }

  at(height: number): ChainPoint {
    const block = this.#blocks[height - this.first - 1];
    return block === undefined ? { height, hash: hashOf(height) } : { height, hash: block.hash };
  }

  /** Outputs that need no history. */
  give(id: Txid, outputs: readonly TxOutput[]): void {
    for (const [vout, output] of outputs.entries()) {
      this.#given.set(outpointKey({ txid: id, vout }), { output, height: this.first });
      this.#unspent.set(outpointKey({ txid: id, vout }), { output, height: this.first });
    }
  }

  isUnspent(outpoint: Outpoint): boolean {
    return this.#unspent.has(outpointKey(outpoint));
  }

  /** Every output that pays this script. */
  paidTo(script: string): bigint {
    let sum = 0n;
    for (const { output } of this.#unspent.values()) if (output.script === script) sum += output.amountSat;
    return sum;
  }

  /** Takes a package into the mempool, or says why not. The same again is fine. */
  submit(txs: readonly Tx[]): string | undefined {
    const ids = new Set(this.mempool.map((tx) => txid(this.#crypto, tx)));
    const news = txs.filter((tx) => !ids.has(txid(this.#crypto, tx)) && !this.#isMined(tx));
    if (news.length === 0) return undefined;
    const spends = new Set(news.flatMap((tx) => tx.inputs.map(outpointKey)));
    const conflicts = this.#withDescendants(this.mempool.filter((tx) => tx.inputs.some((input) => spends.has(outpointKey(input)))));
    const rest = this.mempool.filter((tx) => !conflicts.includes(tx));
    const view = this.#viewOf(rest);
    let fees = 0n;
    let weight = 0;
    for (const tx of news) {
      const fee = this.#check(tx, view);
      if (typeof fee === 'string') return fee;
      fees += fee;
      weight += txWeight(tx);
    }
    const relay = BigInt(Math.ceil(weight / 4));
    if (fees < relay) return `min relay fee not met: ${fees} < ${relay}`;
    const replaced = this.#feesOf(conflicts, rest);
    if (conflicts.length > 0 && fees < replaced + relay) return `insufficient fee to replace: ${fees} < ${replaced} + ${relay}`;
    this.mempool = [...rest, ...news];
    return undefined;
  }

  /** Mines the mempool into the first of these blocks. What its watchers are told. */
  mine(count = 1): ChainInput {
    return this.mineWith(this.mempool, count);
  }

  /** Mines these, wherever they come from, and leaves in the mempool what can still be mined. */
  mineWith(txs: readonly Tx[], count = 1): ChainInput {
    const fork = this.tip;
    const view = this.#viewOf([]);
    for (const tx of txs) {
      const fee = this.#check(tx, view);
      if (typeof fee === 'string') throw new Error(`not minable: ${fee}`);
    }
    for (let i = 0; i < count; i++) {
      const height = this.height + 1;
      this.#blocks.push({ height, hash: hashOf(height, this.#branch), txs: i === 0 ? txs : [] });
    }
    this.#recount();
    return this.#told(fork);
  }

  /** Takes back blocks, and mines one more in their place: with these transactions, or with what was in them. */
  reorg(depth: number, txs?: readonly Tx[]): ChainInput {
    const gone = this.#blocks.splice(this.#blocks.length - depth, depth).flatMap((block) => block.txs);
    const fork = this.tip;
    this.#branch++;
    this.#recount();
    const kept = txs ?? gone;
    const pool = [...gone, ...this.mempool];
    this.mempool = [];
    const view = this.#viewOf([]);
    const taken = kept.filter((tx) => typeof this.#check(tx, view) !== 'string');
    for (let i = 0; i <= depth; i++) {
      const height = this.height + 1;
      this.#blocks.push({ height, hash: hashOf(height, this.#branch), txs: i === 0 ? taken : [] });
    }
    this.#recount();
    for (const tx of pool) this.submit([tx]);
    return this.#told(fork);
  }

  /** Everything from a block on, as a source tells it to who asks again. */
  history(): ChainInput {
    return this.#told({ height: this.first, hash: hashOf(this.first) });
  }

  #told(fork: ChainPoint): ChainInput {
    const blocks: ChainBlock[] = [];
    for (const { height, hash, txs } of this.#blocks)
      if (height > fork.height && txs.length > 0) blocks.push({ height, hash, transactions: txs.map((tx, index) => ({ index, tx })) });
    return { kind: 'chain', fork, blocks, tip: this.tip };
  }

  #isMined(tx: Tx): boolean {
    const id = txid(this.#crypto, tx);
    return this.#blocks.some(({ txs }) => txs.some((mined) => txid(this.#crypto, mined) === id));
  }

  #withDescendants(txs: readonly Tx[]): readonly Tx[] {
    const gone = [...txs];
    for (let i = 0; i < gone.length; i++) {
      const id = txid(this.#crypto, gone[i] as Tx);
      for (const tx of this.mempool) if (!gone.includes(tx) && tx.inputs.some((input) => input.txid === id)) gone.push(tx);
    }
    return gone;
  }

  #feesOf(txs: readonly Tx[], before: readonly Tx[]): bigint {
    const view = this.#viewOf(before);
    let fees = 0n;
    for (const tx of txs) {
      const fee = this.#check(tx, view);
      fees += typeof fee === 'string' ? 0n : fee;
    }
    return fees;
  }

  #recount(): void {
    this.#unspent = new Map(this.#given);
    for (const { height, txs } of this.#blocks) for (const tx of txs) spend(this.#crypto, this.#unspent, tx, height);
    this.mempool = this.mempool.filter((tx) => !this.#isMined(tx));
    const view = this.#viewOf([]);
    this.mempool = this.mempool.filter((tx) => typeof this.#check(tx, view) !== 'string');
  }

  #viewOf(mempool: readonly Tx[]): Map<string, Unspent> {
    const view = new Map(this.#unspent);
    for (const tx of mempool) spend(this.#crypto, view, tx, this.height + 1);
    return view;
  }

  /** The fee of a transaction on top of these outputs, which it then spends; or why the next block can't have it. */
  #check(tx: Tx, view: Map<string, Unspent>): bigint | string {
    const prevouts: TxOutput[] = [];
    const next = this.height + 1;
    if (tx.locktime < 500_000_000 && tx.locktime >= next && tx.inputs.some(({ sequence }) => sequence !== 0xffffffff))
      return `not final: locktime ${tx.locktime} at ${next}`;
    for (const input of tx.inputs) {
      const spent = view.get(outpointKey(input));
      if (spent === undefined) return 'missing or spent input';
      const relative = tx.version >= 2 && input.sequence < 0x80000000 ? input.sequence & 0xffff : 0;
      if (next < spent.height + relative) return `not final: ${relative} blocks after ${spent.height} at ${next}`;
      prevouts.push(spent.output);
    }
    const verdict = verifySpend(this.#crypto, serialiseTx(tx), prevouts);
    if (!verdict.ok) return verdict.reason;
    spend(this.#crypto, view, tx, next);
    return sum(prevouts) - sum(tx.outputs);
  }
}

function spend(crypto: Crypto, unspent: Map<string, Unspent>, tx: Tx, height: number): void {
  for (const input of tx.inputs) unspent.delete(outpointKey(input));
  const id = txid(crypto, tx);
  for (const [vout, output] of tx.outputs.entries()) unspent.set(outpointKey({ txid: id, vout }), { output, height });
}

function sum(outputs: readonly TxOutput[]): bigint {
  return outputs.reduce((total, { amountSat }) => total + amountSat, 0n);
}
