import { ScriptNum } from '@scure/btc-signer/script.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Script } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import { compactSize, u64le, varBytes } from './encode.ts';
import { dustThresholdSat, isShutdownScript, pushNumber, scriptKind, witnessProgram } from './script.ts';

const p2pkh = ('76a914' + '11'.repeat(20) + '88ac') as Script;
const p2sh = ('a914' + '11'.repeat(20) + '87') as Script;
const p2wpkh = ('0014' + '11'.repeat(20)) as Script;
const p2wsh = ('0020' + '11'.repeat(32)) as Script;
const p2tr = ('5120' + '11'.repeat(32)) as Script;
const p2a = '51024e73' as Script;
const longest = ('6028' + '11'.repeat(40)) as Script;
const opReturn = (push: string, length: number): Script => ('6a' + push + '11'.repeat(length)) as Script;

describe('encodings', () => {
  it('write compact sizes at their borders', () => {
    expect([0, 0xfc, 0xfd, 0xffff, 0x10000].map(compactSize)).toEqual(['00', 'fc', 'fdfd00', 'fdffff', 'fe00000100']);
  });

  it('write amounts over all 64 bits', () => {
    expect([0n, 0xffffffffn, 0x100000000n, 0xffffffffffffffffn].map(u64le)).toEqual([
      '0000000000000000',
      'ffffffff00000000',
      '0000000001000000',
      'ffffffffffffffff',
    ]);
    expect(varBytes('aabb')).toBe('02aabb');
  });

  it('push numbers minimally', () => {
    expect([0, 1, 16].map(pushNumber)).toEqual(['00', '51', '60']);
    fc.assert(
      fc.property(fc.integer({ min: 17, max: 0xffffffff }), (n) => {
        const number = toHex(ScriptNum(5).encode(BigInt(n)));
        expect(pushNumber(n)).toBe('0' + number.length / 2 + number);
      }),
      { seed: 7, numRuns: 500, examples: [[127], [128], [255], [256], [0x7fff], [0x8000], [500], [0x7fffffff], [0x80000000]] },
    );
  });
});

describe('scripts', () => {
  it('are recognised', () => {
    const scripts = [p2pkh, p2sh, p2wpkh, p2wsh, p2tr, p2a, longest, opReturn('06', 6), '51' as Script, '' as Script];
    expect(scripts.map(scriptKind)).toEqual([
      'p2pkh',
      'p2sh',
      'p2wpkh',
      'p2wsh',
      'segwit',
      'segwit',
      'segwit',
      'op_return',
      'other',
      'other',
    ]);
    expect(scriptKind(('0015' + '11'.repeat(21)) as Script)).toBe('other');
  });

  it('are witness programs from 2 to 40 bytes, of version 0 to 16', () => {
    expect(witnessProgram(p2a)).toEqual({ version: 1, program: '4e73' });
    expect(witnessProgram(longest)?.version).toBe(16);
    expect(witnessProgram(p2wpkh)?.version).toBe(0);
    expect(witnessProgram('510111' as Script)).toBeUndefined();
    expect(witnessProgram(('5129' + '11'.repeat(41)) as Script)).toBeUndefined();
    expect(witnessProgram('61021111' as Script)).toBeUndefined();
    expect(witnessProgram('50021111' as Script)).toBeUndefined();
    expect(witnessProgram('51031111' as Script)).toBeUndefined();
  });

  it('have the dust thresholds of BOLT 3', () => {
    const scripts = [p2pkh, p2sh, p2wpkh, p2wsh, p2a, longest, opReturn('06', 6)];
    expect(scripts.map(dustThresholdSat)).toEqual([546n, 540n, 294n, 330n, 240n, 354n, 0n]);
  });
});

describe('BOLT 2: the scripts that shutdown may name', () => {
  const nothing = { anysegwit: false, simpleClose: false };
  const all = { anysegwit: true, simpleClose: true };

  it('are P2WPKH and P2WSH, always', () => {
    expect([p2wpkh, p2wsh].map((script) => isShutdownScript(script, nothing))).toEqual([true, true]);
  });

  it('are never P2PKH, P2SH or something unknown', () => {
    for (const script of [p2pkh, p2sh, '51' as Script, '' as Script, ('0015' + '11'.repeat(21)) as Script]) {
      expect(isShutdownScript(script, all)).toBe(false);
    }
  });

  it('are later witness versions where option_shutdown_anysegwit was negotiated', () => {
    for (const script of [p2tr, p2a, longest]) {
      expect(isShutdownScript(script, { anysegwit: true, simpleClose: false })).toBe(true);
      expect(isShutdownScript(script, { anysegwit: false, simpleClose: true })).toBe(false);
    }
  });

  it('are OP_RETURN with one push of 6 to 80 bytes where option_simple_close was negotiated', () => {
    const good = [opReturn('06', 6), opReturn('4b', 75), opReturn('4c4c', 76), opReturn('4c50', 80)];
    const bad = [opReturn('', 0), opReturn('05', 5), opReturn('06', 7), opReturn('06', 5), opReturn('4c4b', 75), opReturn('4c51', 81)];
    bad.push(opReturn('4c4c', 75), opReturn('4d4c', 76), ('6b06' + '11'.repeat(6)) as Script);
    expect(good.map((script) => isShutdownScript(script, { anysegwit: false, simpleClose: true }))).toEqual(good.map(() => true));
    expect(good.map((script) => isShutdownScript(script, { anysegwit: true, simpleClose: false }))).toEqual(good.map(() => false));
    expect(bad.map((script) => isShutdownScript(script, all))).toEqual(bad.map(() => false));
  });
});
