import type { Tx } from '../bitcoin/tx.ts';
import { serialiseTx } from '../bitcoin/tx.ts';
import { merkleParent } from '../bitcoin/merkle.ts';
import { ascii } from '../crypto/bytes.ts';
import type { Hash32, Hex, Script, Txid } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { scriptHash, statusOf } from './electrum-protocol.ts';
import type { HistoryEntry } from './electrum-protocol.ts';
import { textOfHash } from './json.ts';
import { idOf } from './mined-chain.fixture.ts';
import type { MinedBlock, MinedChain } from './mined-chain.fixture.ts';

const text = (hash: string): string => textOfHash(hash as Hash32);

/** A server that speaks Electrum's protocol. It may announce blocks before its index has them, as some do. */
export class ElectrumServer {
  readonly #chain: MinedChain;
  #indexed: readonly MinedBlock[] = [];
  #histories = new Map<string, readonly HistoryEntry[]>();
  readonly #ids = new Map<Tx, Txid>();
  readonly #subscribed = new Map<string, Hex | undefined>();
  /** Changes an answer; undefined for none. */
  lie: (method: string, result: unknown) => unknown = (_, result) => result;

  constructor(chain: MinedChain) {
    this.#chain = chain;
    this.index();
  }

  /** The chain has changed. What it says of its own accord. */
  announce(): Uint8Array {
    return message({ method: 'blockchain.headers.subscribe', params: [this.#tip()] });
  }

  /** Its index has the chain as it is now. */
  index(): Uint8Array {
    this.#indexed = [...this.#chain.blocks];
    this.#histories = this.#fold();
    let out = '';
    for (const [hash, before] of this.#subscribed) {
      const status = statusOf(noble, this.#histories.get(hash) ?? []);
      if (status === before) continue;
      this.#subscribed.set(hash, status);
      out += line({ method: 'blockchain.scripthash.subscribe', params: [hash, status ?? null] });
    }
    return ascii(out);
  }

  answer(bytes: Uint8Array): Uint8Array {
    let out = '';
    for (const asked of String.fromCharCode(...bytes).split('\n')) {
      if (asked === '') continue;
      const { id, method, params } = JSON.parse(asked) as { id: number; method: string; params: readonly unknown[] };
      const result = this.lie(method, this.#result(method, params));
      if (result instanceof Error) out += line({ id, error: { code: 1, message: result.message } });
      else if (result !== undefined) out += line({ id, result });
    }
    return ascii(out);
  }

  #tip(): object {
    const { height, headerHex } = this.#chain.tip;
    return { height, hex: headerHex };
  }

  #result(method: string, [first, second]: readonly unknown[]): unknown {
    switch (method) {
      case 'server.version':
        return ['fake', '1.4'];
      case 'blockchain.headers.subscribe':
        return this.#tip();
      case 'blockchain.block.headers': {
        const headers = this.#chain.blocks.slice(first as number, (first as number) + (second as number));
        return { count: headers.length, hex: headers.map(({ headerHex }) => headerHex).join(''), max: 2016 };
      }
      case 'blockchain.scripthash.subscribe': {
        const status = statusOf(noble, this.#histories.get(first as string) ?? []);
        this.#subscribed.set(first as string, status);
        return status ?? null;
      }
      case 'blockchain.scripthash.get_history':
        return (this.#histories.get(first as string) ?? []).map(({ txid, height }) => ({ tx_hash: text(txid), height }));
      case 'blockchain.transaction.get':
        return this.#transaction(first as string) ?? new Error('no such transaction');
      case 'blockchain.transaction.get_merkle':
        return this.#proof(first as string, second as number) ?? new Error('not in block');
      default:
        return new Error(`unknown method ${method}`);
    }
  }

  #idOf(tx: Tx): Txid {
    const id = this.#ids.get(tx) ?? idOf(tx);
    this.#ids.set(tx, id);
    return id;
  }

  #fold(): Map<string, readonly HistoryEntry[]> {
    const histories = new Map<string, HistoryEntry[]>();
    const scripts = new Map<string, Script>();
    for (const { height, txs } of this.#indexed)
      for (const tx of txs.slice(1)) {
        const txid = this.#idOf(tx);
        for (const [vout, { script }] of tx.outputs.entries()) scripts.set(`${txid}:${vout}`, script);
        const touched = [
          ...tx.outputs.map(({ script }) => script),
          ...tx.inputs.map((spent) => scripts.get(`${spent.txid}:${spent.vout}`)),
        ];
        for (const script of new Set(touched)) {
          const hash = script === undefined ? '' : text(scriptHash(noble, script));
          histories.set(hash, [...(histories.get(hash) ?? []), { txid, height }]);
        }
      }
    return histories;
  }

  #transaction(asked: string): string | undefined {
    for (const { txs } of this.#chain.all.values()) for (const tx of txs) if (text(this.#idOf(tx)) === asked) return serialiseTx(tx);
    return undefined;
  }

  #proof(asked: string, height: number): object | undefined {
    const txids = this.#chain.at(height)?.txs.map((tx) => this.#idOf(tx)) ?? [];
    const pos = txids.findIndex((id) => text(id) === asked);
    if (pos < 0) return undefined;
    const merkle: string[] = [];
    let row: readonly Hex[] = txids;
    for (let at = pos; row.length > 1; at >>= 1) {
      merkle.push(text(row[at ^ 1] ?? (row[at] as Hex)));
      const above: Hex[] = [];
      for (let i = 0; i < row.length; i += 2) above.push(merkleParent(noble, row[i] as Hex, row[i + 1] ?? (row[i] as Hex)));
      row = above;
    }
    return { block_height: height, merkle, pos };
  }
}

function line(value: object): string {
  return `${JSON.stringify({ jsonrpc: '2.0', ...value })}\n`;
}

function message(value: object): Uint8Array {
  return ascii(line(value));
}
