import { ByteCursor } from '../bitcoin/byte-cursor.ts';
import { compactSize, u32le } from '../bitcoin/encode.ts';
import { ascii, fromHex, toHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, Script } from '../crypto/bytes.ts';
import { hash256 } from '../crypto/hashes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { filterHash, filterHeader, isFiltered, writeFilter } from './compact-filter.ts';
import { idOf } from './mined-chain.fixture.ts';
import type { MinedBlock, MinedChain } from './mined-chain.fixture.ts';
import { NETWORKS } from './networks.ts';

/** A peer of Bitcoin's network with an index of filters. */
export class P2pPeer {
  readonly #chain: MinedChain;
  readonly #filters = new Map<Hash32, Hex>();
  readonly #headersOf = new Map<Hash32, Hash32>();
  readonly #scripts = new Map<string, Script>();
  #unread: Hex = '';
  services = 1 | 8 | 64;
  /** The scripts of which it makes the filter of a block. */
  lie: (scripts: ReadonlySet<Script>, block: MinedBlock) => ReadonlySet<Script> = (scripts) => scripts;
  /** Changes a message, or swallows it. */
  say: (command: string, payload: Hex) => Hex | undefined = (_, payload) => payload;

  constructor(chain: MinedChain) {
    this.#chain = chain;
  }

  /** It has a new block. */
  announce(): Uint8Array {
    return this.#frame('inv', compactSize(1) + u32le(2) + this.#chain.tip.hash);
  }

  answer(bytes: Uint8Array): Uint8Array {
    this.#unread += toHex(bytes);
    let out = '';
    for (;;) {
      const all = fromHex(this.#unread);
      if (all.length < 24) break;
      const length = new ByteCursor(all, 16).u32();
      if (all.length < 24 + length) break;
      const command = String.fromCharCode(...all.subarray(4, 16)).replace(/\0+$/, '');
      out += this.#reply(command, all.subarray(24, 24 + length));
      this.#unread = this.#unread.slice(2 * (24 + length));
    }
    return fromHex(out);
  }

  #frame(command: string, payload: Hex): Uint8Array {
    const said = this.say(command, payload);
    if (said === undefined) return new Uint8Array(0);
    const checksum = toHex(hash256(noble, fromHex(said)).subarray(0, 4));
    return fromHex(NETWORKS.regtest.magic + toHex(ascii(command)).padEnd(24, '0') + u32le(said.length / 2) + checksum + said);
  }

  #reply(command: string, payload: Uint8Array): Hex {
    const say = (name: string, content: Hex): Hex => toHex(this.#frame(name, content));
    const cursor = new ByteCursor(payload);
    switch (command) {
      case 'version':
        return (
          say('version', `${u32le(70016)}${u32le(this.services)}${'00'.repeat(76)}`) +
          say('verack', '') +
          say('sendheaders', '') +
          say('ping', '0102030405060708')
        );
      case 'getheaders':
        return say('headers', this.#headers(cursor));
      case 'getcfheaders':
        return say('cfheaders', this.#filterHashes(cursor));
      case 'getcfilters':
        return this.#range(cursor)
          .blocks.map((block) => {
            const filter = this.#filter(block);
            return say('cfilter', `00${block.hash}${compactSize(filter.length / 2)}${filter}`);
          })
          .join('');
      case 'getdata': {
        cursor.skip(5);
        const block = this.#chain.all.get(toHex<Hash32>(cursor.take(32)));
        return block === undefined ? say('notfound', '') : say('block', block.bytes);
      }
      default:
        return '';
    }
  }

  #headers(cursor: ByteCursor): Hex {
    cursor.skip(4);
    const hashes = Array.from({ length: cursor.compactSize() }, () => toHex<Hash32>(cursor.take(32)));
    const known = hashes.map((hash) => this.#chain.blocks.find((block) => block.hash === hash)).find((block) => block !== undefined);
    const headers = this.#chain.blocks.slice((known?.height ?? 0) + 1).slice(0, 2000);
    return compactSize(headers.length) + headers.map(({ headerHex }) => `${headerHex}00`).join('');
  }

  #range(cursor: ByteCursor): { readonly blocks: readonly MinedBlock[]; readonly stop: Hash32 } {
    cursor.skip(1);
    const from = cursor.u32();
    const stop = toHex<Hash32>(cursor.take(32));
    const blocks: MinedBlock[] = [];
    for (let block = this.#chain.all.get(stop); block !== undefined && block.height >= from; block = this.#parent(block))
      blocks.unshift(block);
    return { blocks, stop };
  }

  #parent({ header }: MinedBlock): MinedBlock | undefined {
    return this.#chain.all.get(header.previous);
  }

  #filterHashes(cursor: ByteCursor): Hex {
    const { blocks, stop } = this.#range(cursor);
    const [first] = blocks;
    const previous = first === undefined ? '00'.repeat(32) : this.#header(this.#parent(first));
    return `00${stop}${previous}${compactSize(blocks.length)}${blocks.map((block) => this.#hash(block)).join('')}`;
  }

  #header(block: MinedBlock | undefined): Hash32 {
    if (block === undefined) return '00'.repeat(32) as Hash32;
    const known = this.#headersOf.get(block.hash) ?? filterHeader(noble, this.#hash(block), this.#header(this.#parent(block)));
    this.#headersOf.set(block.hash, known);
    return known;
  }

  #hash(block: MinedBlock): Hash32 {
    return filterHash(noble, fromHex(this.#filter(block)));
  }

  #filter(block: MinedBlock): Hex {
    const known = this.#filters.get(block.hash);
    if (known !== undefined) return known;
    const filter = writeFilter(block.hash, this.lie(this.#scriptsOf(block), block));
    this.#filters.set(block.hash, filter);
    return filter;
  }

  #scriptsOf(block: MinedBlock): ReadonlySet<Script> {
    if (this.#scripts.size === 0 || !this.#scripts.has(block.hash))
      for (const { hash, txs } of this.#chain.all.values()) {
        if (this.#scripts.has(hash)) continue;
        this.#scripts.set(hash, '' as Script);
        for (const tx of txs) for (const [vout, { script }] of tx.outputs.entries()) this.#scripts.set(`${idOf(tx)}:${vout}`, script);
      }
    const spent = block.txs.flatMap((tx) => tx.inputs.flatMap(({ txid, vout }) => this.#scripts.get(`${txid}:${vout}`) ?? []));
    return new Set([...block.txs.flatMap((tx) => tx.outputs.map(({ script }) => script)), ...spent].filter(isFiltered));
  }
}
