import { describe, expect, it } from 'vitest';
import { readHeader } from '../bitcoin/header.ts';
import type { BlockHeader } from '../bitcoin/header.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { contains, extend, headerChain, locator, tipHeight, tipOf } from './header-chain.ts';
import type { Extension, HeaderChain } from './header-chain.ts';
import { textOfHash } from './json.ts';
import { MinedChain } from './mined-chain.fixture.ts';
import { NETWORKS } from './networks.ts';
import { bitsOf, meetsTarget, requiredBits, retarget, RETARGET_BLOCKS, targetOf, workOf } from './proof-of-work.ts';
import type { WorkRules } from './proof-of-work.ts';

function genesisOf(network: { readonly genesis: string }): BlockHeader {
  return readHeader(noble, fromHex(network.genesis)) as BlockHeader;
}

describe('the first block', () => {
  it.each([
    [NETWORKS.bitcoin, '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'],
    [NETWORKS.testnet3, '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943'],
    [NETWORKS.testnet4, '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043'],
    [NETWORKS.signet, '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6'],
    [NETWORKS.regtest, '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'],
  ])('of $name has its hash and its work', (network, hash) => {
    const header = genesisOf(network);
    expect(textOfHash(header.hash)).toBe(hash);
    expect(meetsTarget(header)).toBe(true);
    expect(meetsTarget({ ...header, hash: 'ff'.repeat(32) as Hash32 })).toBe(false);
  });
});

describe('a target', () => {
  it.each([
    [0x1d00ffff, 0xffffn << 208n],
    [0x207fffff, 0x7fffffn << 232n],
    [0x03123456, 0x123456n],
    [0x02123456, 0x1234n],
    [0x01120000, 0x12n],
    [0x04923456, undefined],
    [0x01003456, undefined],
    [0x00123456, undefined],
    [0x23000001, undefined],
    [0x22000001, 1n << 248n],
    [0x21010000, undefined],
    [0xff123456, undefined],
  ])('of bits %i', (bits, target) => {
    expect(targetOf(bits)).toBe(target);
  });

  it('is written in bits that read as it, rounded down', () => {
    for (const bits of [0x1d00ffff, 0x207fffff, 0x1b0404cb, 0x05009234]) expect(bitsOf(targetOf(bits) as bigint)).toBe(bits);
    expect(bitsOf(0x80n)).toBe(0x02008000);
    expect(workOf(0x1d00ffff)).toBe(0x100010001n);
    expect(workOf(0)).toBe(0n);
  });

  // Facts of the main chain: blocks 32256, 2016, 68544 and 46368.
  it.each([
    [0x1d00ffff, 1261130161, 1262152739, 0x1d00d86a],
    [0x1d00ffff, 1231006505, 1233061996, 0x1d00ffff],
    [0x1c05a3f4, 1279008237, 1279297671, 0x1c0168fd],
    [0x1c387f6f, 1263163443, 1269211443, 0x1d00e1fd],
  ])('after bits %i between %i and %i', (bits, first, last, next) => {
    expect(retarget(0x1d00ffff, bits, first, last)).toBe(next);
  });
});

describe('required bits', () => {
  const at = (time: number, bits = 0x1c0fffff): BlockHeader => ({ ...genesisOf(NETWORKS.bitcoin), time, bits });
  const period = Array.from({ length: RETARGET_BLOCKS }, (_, i) => at(i * 300));
  const { bitcoin, testnet3, testnet4, regtest } = NETWORKS;

  it('are those of the block before, and new every 2016 blocks', () => {
    expect(requiredBits(bitcoin.work, period.slice(0, 5), 0)).toBe(0x1c0fffff);
    expect(requiredBits(bitcoin.work, period, 0)).toBe(retarget(0x1d00ffff, 0x1c0fffff, 0, 2015 * 300));
    expect(requiredBits(regtest.work, period, 0)).toBe(0x1c0fffff);
  });

  it('are the easiest for who is late, and after that those of the last who was not, on testnets', () => {
    const late = [...period.slice(0, 5), at(9000, 0x1d00ffff)];
    expect(requiredBits(testnet3.work, period.slice(0, 5), 4 * 300 + 1201)).toBe(0x1d00ffff);
    expect(requiredBits(testnet3.work, period.slice(0, 5), 4 * 300 + 1200)).toBe(0x1c0fffff);
    expect(requiredBits(testnet3.work, late, 9001)).toBe(0x1c0fffff);
    expect(requiredBits(bitcoin.work, late, 9001)).toBe(0x1d00ffff);
    const easyEnd = [...period.slice(0, -1), at(2015 * 300, 0x1d00ffff)];
    expect(requiredBits(testnet3.work, easyEnd, 0)).toBe(retarget(0x1d00ffff, 0x1d00ffff, 0, 2015 * 300));
    expect(requiredBits(testnet4.work, easyEnd, 0)).toBe(retarget(0x1d00ffff, 0x1c0fffff, 0, 2015 * 300));
  });
});

describe('a chain of headers', () => {
  const mined = new MinedChain();
  for (let i = 0; i < 30; i++) mined.mine();
  const long = mined.blocks.map(({ header }) => header);
  mined.drop(3);
  for (let i = 0; i < 4; i++) mined.mine();
  const other = mined.blocks.map(({ header }) => header);
  const { regtest } = NETWORKS;
  const empty = headerChain(regtest.work, 0, long[0] as BlockHeader);
  const full = (extend(empty, long.slice(1)) as Extract<Extension, { kind: 'extended' }>).chain;

  function extended(chain: HeaderChain, headers: readonly BlockHeader[]): Extract<Extension, { kind: 'extended' }> {
    const extension = extend(chain, headers);
    if (extension.kind !== 'extended') throw new Error(extension.kind);
    return extension;
  }

  function faultOf(chain: HeaderChain, header: BlockHeader): string {
    const extension = extend(chain, [header]);
    return extension.kind === 'broken' ? extension.rule : extension.kind;
  }

  it('grows, in whatever pieces it comes', () => {
    expect(tipOf(full)).toEqual({ height: 30, hash: long[30]?.hash });
    const inPieces = extended(extended(empty, long.slice(0, 12)).chain, long.slice(5)).chain;
    expect(inPieces).toEqual(full);
    expect(extended(empty, long.slice(1)).fork).toEqual({ height: 0, hash: long[0]?.hash });
    expect(extend(full, long.slice(20))).toEqual({ kind: 'known' });
    expect(extend(full, [])).toEqual({ kind: 'known' });
    expect(extend(empty, long.slice(2))).toEqual({ kind: 'gap' });
  });

  it('is the one with the most work', () => {
    expect(extend(full, other.slice(28, 31))).toEqual({ kind: 'weaker', fork: { height: 27, hash: long[27]?.hash } });
    const moved = extended(full, other.slice(20));
    expect(moved.fork).toEqual({ height: 27, hash: long[27]?.hash });
    expect(tipOf(moved.chain)).toEqual({ height: 31, hash: other[31]?.hash });
    expect(contains(moved.chain, { height: 30, hash: (long[30] as BlockHeader).hash })).toBe(false);
    expect(extend(moved.chain, long.slice(20))).toMatchObject({ kind: 'weaker' });
  });

  it('has no header that breaks a rule', () => {
    const tip = long[30] as BlockHeader;
    const next: BlockHeader = { ...tip, previous: tip.hash, hash: '00'.repeat(32) as Hash32, time: tip.time + 1 };
    expect(faultOf(full, next)).toBe('extended');
    expect(faultOf(full, { ...next, bits: 0x1d00ffff })).toBe('source.difficulty');
    expect(faultOf(full, { ...next, hash: 'ff'.repeat(32) as Hash32 })).toBe('source.proof_of_work');
    const median = (long[25] as BlockHeader).time;
    expect(faultOf(full, { ...next, time: median })).toBe('source.header_time');
    expect(faultOf(full, { ...next, time: median + 1 })).toBe('extended');
    expect(extend(full, [next, next])).toMatchObject({ kind: 'broken', rule: 'source.unlinked_headers' });
  });

  it('begins where the difficulty can be checked', () => {
    expect(() => headerChain(regtest.work, 1, long[0] as BlockHeader)).toThrow(RangeError);
    expect(headerChain(regtest.work, 4032, long[0] as BlockHeader).baseHeight).toBe(4032);
  });

  it('is told by few of its blocks', () => {
    const hashes = locator(full);
    expect(hashes[0]).toBe(long[30]?.hash);
    expect(hashes.at(-1)).toBe(long[0]?.hash);
    expect(hashes.length).toBeLessThan(20);
    expect(locator(empty)).toEqual([long[0]?.hash]);
  });

  it('does not set its clock back by a period (BIP 94)', () => {
    const work: WorkRules = { ...NETWORKS.testnet4.work, limitBits: 0x207fffff };
    const first = { ...(long[0] as BlockHeader), bits: 0x207fffff };
    const headers = Array.from({ length: RETARGET_BLOCKS - 1 }, (_, i) => ({
      ...first,
      previous: (i === 0 ? first.hash : hashFor(i - 1)) as Hash32,
      hash: hashFor(i) as Hash32,
      time: first.time + (i + 1) * 600,
    }));
    const chain = extended(headerChain(work, 0, first), headers).chain;
    expect(tipHeight(chain)).toBe(RETARGET_BLOCKS - 1);
    const last = headers.at(-1) as BlockHeader;
    const bits = requiredBits(work, chain.headers, 0);
    const next = { ...last, bits, previous: last.hash, hash: hashFor(9999) as Hash32 };
    expect(faultOf(chain, { ...next, time: last.time - 600 })).toBe('extended');
    expect(faultOf(chain, { ...next, time: last.time - 601 })).toBe('source.header_time');
  });

  function hashFor(n: number): string {
    return `${n.toString(16).padStart(8, '0')}${'00'.repeat(28)}`;
  }
});
