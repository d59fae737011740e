import { describe, expect, it } from 'vitest';
import { noble } from '../crypto/noble.fixture.ts';
import type { RawTx, Txid } from '../crypto/bytes.ts';
import { parseTx } from './parse.ts';
import { txid } from './tx.ts';
import type { Tx } from './tx.ts';
import { txidFromText, txidToText } from './txid-text.ts';

/** The coinbase transaction of Bitcoin's genesis block, and its id as everybody knows it. */
const GENESIS =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000' as RawTx;
const TEXT = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';

describe('a txid', () => {
  it('is written by explorers the other way round than it stands on the wire', () => {
    const id = txid(noble, parseTx(GENESIS) as Tx);
    expect(id.startsWith('3ba3edfd')).toBe(true);
    expect(txidToText(id)).toBe(TEXT);
    expect(txidFromText(TEXT)).toBe(id);
    expect(txidFromText(TEXT.toUpperCase())).toBe(id);
  });

  it.each(['', TEXT.slice(1), `${TEXT}00`, TEXT.replace('4', 'g')])('is not %s', (text) => {
    expect(txidFromText(text)).toBeUndefined();
  });

  it('comes back from its text', () => {
    const id = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' as Txid;
    expect(txidFromText(txidToText(id))).toBe(id);
  });
});
