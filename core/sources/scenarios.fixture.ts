import { p2wsh } from '../bitcoin/script.ts';
import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import type { Script, Txid } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { idOf, MinedChain, spendingTx } from './mined-chain.fixture.ts';

/** What happens to a chain before its sources are asked again. */
export interface Happening {
  /** Blocks that go before the new ones come. */
  readonly reorg: number;
  /** For each new block what its transactions spend, as places among all that is unspent. */
  readonly mined: readonly (readonly number[])[];
  /** Whether the transactions of the blocks that went are mined again. */
  readonly again: boolean;
  /** The node crashes, and starts from what it had stored before this. */
  readonly restart: boolean;
}

/** Spent by the transactions that are there before everything else. */
const FIRST = 'f1'.repeat(32) as Txid;

function witnessScript(n: number): Script {
  return n.toString(16).padStart(64, '0') as Script;
}

/** A chain, and transactions that spend of each other, of which some are a node's. */
export class Scenario {
  readonly chain = new MinedChain();
  /** The first outputs of all: nobody mined them. */
  readonly roots: readonly Tx[];
  #serial = 0;
  #waiting: Tx[] = [];
  readonly #ids = new Map<Tx, Txid>();
  /** By output, what spends of it must show. */
  readonly #shown = new Map<string, Script>();

  constructor(roots: number) {
    this.roots = Array.from({ length: roots }, (_, i) => this.#spend({ txid: FIRST, vout: i }));
    this.#waiting = [...this.roots, this.#spend({ txid: FIRST, vout: 99 })];
  }

  /** Two outputs, one to a script that others have, too; the witness shows the script that is spent. */
  #spend(spent: Outpoint): Tx {
    this.#serial++;
    const scripts = [this.#serial, this.#serial % 5].map((n) => p2wsh(noble, witnessScript(n)));
    const tx = spendingTx([spent], scripts, this.#serial, [this.#shown.get(`${spent.txid}:${spent.vout}`) ?? '00']);
    this.#shown.set(`${this.#idOf(tx)}:0`, witnessScript(this.#serial));
    this.#shown.set(`${this.#idOf(tx)}:1`, witnessScript(this.#serial % 5));
    return tx;
  }

  /** Those of this list that can be mined in this order, and then spends of what is unspent. */
  #fill(waiting: readonly Tx[], draws: readonly number[]): readonly Tx[] {
    const unspent = new Set([...this.roots.keys(), 99].map((vout) => `${FIRST}:${vout}`));
    const mined = this.chain.blocks.flatMap((block) => block.txs.slice(1));
    for (const tx of mined) this.#apply(unspent, tx);
    const txs = waiting.filter((tx) => this.#apply(unspent, tx));
    for (const draw of draws) {
      const keys = [...unspent].filter((known) => !known.startsWith(FIRST));
      const key = keys[draw % Math.max(1, keys.length)];
      if (key === undefined) continue;
      const tx = this.#spend({ txid: key.slice(0, 64) as Txid, vout: Number(key.slice(65)) });
      this.#apply(unspent, tx);
      txs.push(tx);
    }
    return txs;
  }

  /** Whether it spends what is unspent, or is there before everything else. */
  #apply(unspent: Set<string>, tx: Tx): boolean {
    const id = this.#idOf(tx);
    const { txid, vout } = tx.inputs[0] as Outpoint;
    if (!unspent.delete(`${txid}:${vout}`)) return false;
    for (const vout of tx.outputs.keys()) unspent.add(`${id}:${vout}`);
    return true;
  }

  #idOf(tx: Tx): Txid {
    const known = this.#ids.get(tx) ?? idOf(tx);
    this.#ids.set(tx, known);
    return known;
  }

  happens({ reorg, mined, again }: Happening): void {
    const gone = this.chain.drop(reorg);
    if (again) this.#waiting.push(...gone.flatMap(({ txs }) => txs.slice(1)));
    // What replaces blocks has more work.
    const blocks = [...mined, ...Array.from({ length: Math.max(0, gone.length + 1 - mined.length) }, () => [])];
    if (gone.length === 0 && mined.length === 0) return;
    for (const draws of blocks) this.chain.mine(this.#fill(this.#waiting.splice(0), draws));
  }
}
