import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import bigSizeVectors from '../../corpus/vectors/bolt01-bigsize.json' with { type: 'json' };
import signedVectors from '../../corpus/vectors/bolt01-signed.json' with { type: 'json' };
import tlvVectors from '../../corpus/vectors/bolt01-tlv.json' with { type: 'json' };
import { arbitraryOf } from '../../fuzz-targets/arbitraries.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import * as c from './codec.ts';
import type { Codec, WireErrorKind } from './codec.ts';

const hexEncode = <T>(codec: Codec<T>, value: T): string => toHex(c.encode(codec, value));
/** Spaces may stand between the parts. */
const hexDecode = <T>(codec: Codec<T>, hex: string): c.Result<T> => c.decode(codec, fromHex(hex.replaceAll(' ', '')));

function refusal<T>(codec: Codec<T>, hex: string): { kind: WireErrorKind; field: string } | undefined {
  const result = hexDecode(codec, hex);
  return result.ok ? undefined : { kind: result.error.kind, field: result.error.field };
}

describe('BOLT 1 Appendix A: BigSize', () => {
  it.each(bigSizeVectors.decode)('decodes: $name', ({ value, bytes, ...rest }) => {
    if ('exp_error' in rest) {
      expect(refusal(c.bigSize, bytes)?.kind).toBe(rest.exp_error === 'decoded bigsize is not canonical' ? 'non-minimal' : 'truncated');
    } else {
      expect(hexDecode(c.bigSize, bytes)).toEqual({ ok: true, value: BigInt(value) });
    }
  });

  it.each(bigSizeVectors.encode)('encodes: $name', ({ value, bytes }) => {
    expect(hexEncode(c.bigSize, BigInt(value))).toBe(bytes);
  });
});

describe('BOLT 1 Appendix D: signed integers', () => {
  it.each(signedVectors.integers)('$value', ({ value, bytes }) => {
    if (bytes.length === 16) {
      expect(hexDecode(c.s64, bytes)).toEqual({ ok: true, value: BigInt(value) });
      expect(hexEncode(c.s64, BigInt(value))).toBe(bytes);
    } else {
      const codec = bytes.length === 2 ? c.s8 : bytes.length === 4 ? c.s16 : c.s32;
      expect(hexDecode(codec, bytes)).toEqual({ ok: true, value: Number(value) });
      expect(hexEncode(codec, Number(value))).toBe(bytes);
    }
  });
});

describe('BOLT 1 Appendix B: TLV streams', () => {
  const n1 = c.tlvStream({
    tlv1: c.record(1, c.tu64),
    tlv2: c.record(2, c.shortChannelId),
    tlv3: c.record(3, c.struct({ nodeId: c.point, amountMsat1: c.u64, amountMsat2: c.u64 })),
    tlv4: c.record(254, c.u16),
  });
  const n2 = c.tlvStream({ tlv1: c.record(0, c.tu64), tlv2: c.record(11, c.tu32) });
  const namespaces: Readonly<Record<string, Codec<object>>> = { n1, n2 };

  const kinds: readonly (readonly [string, WireErrorKind])[] = [
    ['not minimal', 'non-minimal'],
    ['greater than encoding length', 'trailing'],
    ['not a valid point', 'bad-value'],
    ['unknown even', 'unknown-even-tlv'],
    ['invalid ordering', 'tlv-order'],
    ['duplicate', 'tlv-order'],
    ['', 'truncated'],
  ];
  const values: Readonly<Record<string, object>> = {
    '02080000000000000226': { tlv2: 0x226n },
    '0331023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb00000000000000010000000000000002': {
      tlv3: { nodeId: '023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb', amountMsat1: 1n, amountMsat2: 2n },
    },
    fd00fe020226: { tlv4: 550 },
  };

  const runs = tlvVectors.cases.flatMap((entry) => entry.namespaces.map((namespace) => ({ ...entry, namespace })));

  it.each(runs.filter((run) => !run.valid))('$namespace refuses $stream', ({ namespace, stream, ...rest }) => {
    const reason = 'reason' in rest ? String(rest.reason) : '';
    const expected = kinds.find(([text]) => reason.includes(text))?.[1];
    expect(refusal(namespaces[namespace] as Codec<object>, stream)?.kind).toBe(expected);
  });

  it.each(runs.filter((run) => run.valid))('$namespace accepts $stream', ({ namespace, stream, ...rest }) => {
    const codec = namespaces[namespace] as Codec<object>;
    const result = hexDecode(codec, stream);
    if (!result.ok) expect.fail(result.error.detail);
    expect(hexEncode(codec, result.value)).toBe(stream);
    if (!('values' in rest)) {
      // Nothing known in it: ignored, yet kept.
      expect(Object.keys(result.value)).toEqual(stream === '' ? [] : ['unknownTlvs']);
    } else if (String(rest.values).startsWith('`tlv1`')) {
      expect(result.value).toEqual({ tlv1: BigInt(String(rest.values).split('=')[1] as string) });
    } else {
      expect(result.value).toEqual(values[stream]);
    }
  });

  it('appending an invalid stream to a valid one is invalid, appending a valid one is valid when its types are higher', () => {
    for (const valid of runs.filter((run) => run.valid)) {
      const codec = namespaces[valid.namespace] as Codec<object>;
      for (const other of runs.filter((run) => run.namespace === valid.namespace)) {
        const result = hexDecode(codec, valid.stream + other.stream);
        if (!other.valid) expect(result.ok).toBe(false);
        else expect(result.ok).toBe(valid.stream === '' || other.stream === '' || firstType(valid.stream) < firstType(other.stream));
      }
    }
  });

  function firstType(stream: string): bigint {
    const width = { fd: 6, fe: 10, ff: 18 }[stream.slice(0, 2)] ?? 2;
    const result = hexDecode(c.bigSize, stream.slice(0, width));
    return result.ok ? result.value : -1n;
  }
});

describe('truncated integers', () => {
  it.each([
    [0, ''],
    [1, '01'],
    [255, 'ff'],
    [256, '0100'],
    [65535, 'ffff'],
  ])('tu16 %d', (value, bytes) => {
    expect(hexEncode(c.tu16, value)).toBe(bytes);
    expect(hexDecode(c.tu16, bytes)).toEqual({ ok: true, value });
  });

  it('refuse what is longer than the type or has leading zeros', () => {
    expect(refusal(c.tu16, '010000')?.kind).toBe('trailing');
    expect(refusal(c.tu32, '0100000000')?.kind).toBe('trailing');
    expect(refusal(c.tu64, '010000000000000000')?.kind).toBe('trailing');
    expect(refusal(c.tu16, '00')?.kind).toBe('non-minimal');
    expect(() => c.encode(c.tu16, 65536)).toThrow(RangeError);
    expect(() => c.encode(c.tu32, -1)).toThrow(RangeError);
  });
});

describe('integers', () => {
  it('hold exactly their range', () => {
    const cases: readonly (readonly [Codec<number>, number, number])[] = [
      [c.u8, 0, 0xff],
      [c.u16, 0, 0xffff],
      [c.u32, 0, 0xffffffff],
      [c.s8, -0x80, 0x7f],
      [c.s16, -0x8000, 0x7fff],
      [c.s32, -0x80000000, 0x7fffffff],
    ];
    for (const [codec, least, most] of cases) {
      for (const value of [least, most]) expect(c.decode(codec, c.encode(codec, value))).toEqual({ ok: true, value });
      for (const value of [least - 1, most + 1, 0.5, NaN]) expect(() => c.encode(codec, value)).toThrow(RangeError);
    }
    for (const value of [-1n, 2n ** 64n]) {
      expect(() => c.encode(c.u64, value)).toThrow(RangeError);
      expect(() => c.encode(c.bigSize, value)).toThrow(RangeError);
    }
    for (const value of [-(2n ** 63n) - 1n, 2n ** 63n]) expect(() => c.encode(c.s64, value)).toThrow(RangeError);
  });

  it('u64 is big-endian and exact around every width', () => {
    for (const bits of [0n, 31n, 32n, 52n, 53n, 54n, 63n, 64n]) {
      for (const value of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n].filter((v) => v < 2n ** 64n)) {
        const bytes = value.toString(16).padStart(16, '0');
        expect(hexEncode(c.u64, value)).toBe(bytes);
        expect(hexDecode(c.u64, bytes)).toEqual({ ok: true, value });
      }
    }
  });
});

const stored = c.struct({
  version: c.u8,
  flag: c.bool,
  side: c.oneOf('opener', 'accepter'),
  label: c.utf8(20),
  deltaSat: c.s64,
  note: c.option(c.longBytes(100)),
  htlcs: c.list(c.struct({ id: c.u64, expiry: c.option(c.u32) }), 4),
  phase: c.union('kind', {
    open: c.variant(0, { point: c.point, alias: c.option(c.shortChannelId) }),
    failed: c.variant(3, { why: c.utf8(40), raw: c.blob(3), pair: c.fixedArray(c.u16, 2) }),
  }),
  rest: c.restArray(c.hash32),
});
type Stored = c.TypeOf<typeof stored>;

const example: Stored = {
  version: 1,
  flag: true,
  side: 'accepter',
  label: 'zß水🍌',
  deltaSat: -2n,
  htlcs: [{ id: 1n }, { id: 2n, expiry: 9 }],
  phase: { kind: 'failed', why: '', raw: Uint8Array.of(1, 2, 3), pair: [7, 8] },
  rest: [],
};
const exampleHex =
  '010101000a7ac39fe6b0b4f09f8d8cfffffffffffffffe00000000020000000000000001000000000000000002010000000903000001020300070008';

describe('stored state', () => {
  it('has one fixed encoding', () => {
    expect(hexEncode(stored, example)).toBe(exampleHex);
    const result = hexDecode(stored, exampleHex);
    expect(result).toStrictEqual({ ok: true, value: example });
    expect(result.ok && 'note' in result.value).toBe(false);
  });

  it('decode(encode(value)) is the value, and other bytes that decode re-encode to themselves', () => {
    fc.assert(
      fc.property(arbitraryOf(stored), (value) => {
        expect(c.decode(stored, c.encode(stored, value))).toStrictEqual({ ok: true, value });
      }),
      { seed: 1, numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.nat(fromHex(exampleHex).length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = fromHex(exampleHex);
        bytes[at] = byte;
        const result = c.decode(stored, bytes);
        if (result.ok) expect(c.encode(stored, result.value)).toEqual(bytes);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('every prefix is refused as truncated, and anything appended too', () => {
    const bytes = fromHex(exampleHex);
    for (let end = 0; end < bytes.length; end++) {
      const result = c.decode(stored, bytes.subarray(0, end));
      expect(result.ok || result.error.kind).toBe('truncated');
    }
    expect(refusal(stored, `${exampleHex}00`)).toEqual({ kind: 'truncated', field: 'rest.0' });
    expect(refusal(c.u8, '0102')).toEqual({ kind: 'trailing', field: '' });
  });

  it('a refusal names the field from the outside in', () => {
    const nested = c.struct({ outer: c.list(c.union('kind', { a: c.variant(1, { flag: c.bool }) }), 2) });
    expect(refusal(nested, '00000002 0100 0102')).toEqual({ kind: 'bad-value', field: 'outer.1.a.flag' });
    expect(refusal(nested, '00000001 0200')).toEqual({ kind: 'bad-value', field: 'outer.0.kind' });
    expect(refusal(nested, '00000003 010001000100')).toEqual({ kind: 'too-long', field: 'outer' });
  });

  it('only the canonical forms are read', () => {
    expect(refusal(c.bool, '02')?.kind).toBe('bad-value');
    expect(refusal(c.option(c.u8), '0200')?.kind).toBe('bad-value');
    expect(refusal(c.oneOf('a', 'b'), '02')?.kind).toBe('bad-value');
    expect(refusal(c.longBytes(2), '00000003000000')?.kind).toBe('too-long');
    expect(refusal(c.varBytes(2), '0003000000')?.kind).toBe('too-long');
    expect(refusal(c.utf8(2), '0003616161')?.kind).toBe('too-long');
    expect(refusal(c.array(c.u8, 1), '00020101')?.kind).toBe('too-long');
  });

  it('a value that does not fit is the caller’s bug', () => {
    const bad: readonly (() => unknown)[] = [
      () => c.encode(stored, { ...example, htlcs: Array.from({ length: 5 }, () => ({ id: 1n })) }),
      () => c.encode(stored, { ...example, label: 'a'.repeat(21) }),
      () => c.encode(stored, { ...example, label: '\ud800' }),
      () => c.encode(stored, { ...example, side: 'nobody' as 'opener' }),
      () => c.encode(stored, { ...example, phase: { kind: 'gone' } as never }),
      () => c.encode(stored, { ...example, phase: { kind: 'failed', why: '', raw: new Uint8Array(2), pair: [1, 2] } }),
      () => c.encode(stored, { ...example, phase: { kind: 'failed', why: '', raw: new Uint8Array(3), pair: [1] } }),
      () => c.encode(c.varBytes(1), 'abcd'),
      () => c.encode(c.varBytes(), 'a'),
      () => c.encode(c.varBytes(), 'xy'),
      () => c.encode(c.bytes(2), 'ab'),
      () => c.encode(c.point, `04${'00'.repeat(32)}` as never),
      () => c.encode(c.constant('x'), 'y' as 'x'),
      () => c.encode(c.array(c.u8, 1), [1, 2]),
    ];
    for (const attempt of bad) expect(attempt).toThrow(RangeError);
  });

  it('an encoding that failed leaves nothing behind for the next', () => {
    expect(() => c.encode(c.struct({ a: c.u32, b: c.u8 }), { a: 1, b: 256 })).toThrow(RangeError);
    expect(hexEncode(c.u8, 7)).toBe('07');
  });

  it('grows far beyond the buffer that is kept', () => {
    const big = c.longBytes(1_000_000);
    const value = 'ab'.repeat(200_000);
    const result = c.decode(big, c.encode(big, value));
    expect(result.ok && result.value === value).toBe(true);
  });
});

describe('UTF-8', () => {
  it('is read only when well-formed', () => {
    const malformed = [
      '80',
      'c080',
      'c1bf',
      'e08080',
      'e09fbf',
      'eda080',
      'edbfbf',
      'f0808080',
      'f08fbfbf',
      'f4908080',
      'f5808080',
      'c3',
      'e282',
      'f09f8d',
      'c328',
      'ff',
    ];
    for (const bytes of malformed) {
      expect(refusal(c.utf8(9), prefixed(bytes))?.kind).toBe('bad-value');
    }
    for (const text of ['', 'a', '\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff', '\u{10000}\u{10ffff}', '\ufeffx']) {
      expect(c.decode(c.utf8(40), c.encode(c.utf8(40), text))).toEqual({ ok: true, value: text });
    }
  });

  function prefixed(bytes: string): string {
    return (bytes.length / 2).toString(16).padStart(4, '0') + bytes;
  }
});

describe('bounds', () => {
  it('a claimed count or length allocates nothing', () => {
    expect(refusal(c.list(c.u8, 0xffffffff), 'ffffffff00')?.kind).toBe('truncated');
    expect(refusal(c.longBytes(0xffffffff), 'ffffffff00')?.kind).toBe('truncated');
    expect(refusal(c.tlvStream({}), '01ffffffffffffffffff00')?.kind).toBe('truncated');
  });

  it('an array of items that may be empty can’t be declared, nor can two of one tag or record type', () => {
    expect(() => c.array(c.constant(1))).toThrow(RangeError);
    expect(() => c.union('kind', { a: c.variant(1, {}), b: c.variant(1, {}) })).toThrow(RangeError);
    expect(() => c.tlvStream({ a: c.record(1, c.u8), b: c.record(1, c.u8) })).toThrow(RangeError);
  });

  it('what is decoded shares nothing with the input', () => {
    const input = Uint8Array.of(1, 2, 3);
    const result = c.decode(c.blob(3), input);
    input[0] = 9;
    expect(result).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3) });
  });

  it('a view into a larger buffer is read within its bounds', () => {
    const buffer = Uint8Array.of(9, 1, 2, 3, 9);
    expect(c.decode(c.u16, buffer.subarray(1, 3))).toEqual({ ok: true, value: 0x0102 });
    expect(c.decode(c.u32, buffer.subarray(1, 4)).ok).toBe(false);
  });
});

describe('records nobody understands', () => {
  const stream = c.tlvStream({ known: c.record(4, c.u8) });

  it('stand where their type says, before, between and after the known ones', () => {
    const value = {
      known: 5,
      unknownTlvs: [
        { type: 1n, value: '' },
        { type: 3n, value: 'aa' },
        { type: 2n ** 64n - 1n, value: 'bb'.repeat(300) },
      ],
    };
    const bytes = c.encode(stream, value);
    expect(toHex(bytes.subarray(0, 8))).toBe('01000301aa040105');
    expect(c.decode(stream, bytes)).toStrictEqual({ ok: true, value });
  });

  it('are ordered whatever the order of declaration', () => {
    const unordered = c.tlvStream({ b: c.record(3, c.u8), a: c.record(1, c.u8) });
    expect(hexEncode(unordered, { b: 2, a: 1, unknownTlvs: [{ type: 2n ** 32n + 1n, value: '' }] })).toBe(
      '010101030102ff000000010000000100',
    );
    expect(() => c.encode(unordered, { unknownTlvs: [{ type: 3n, value: '02' }] })).toThrow(RangeError);
  });

  it('a known record ends where its length says, even when more bytes follow', () => {
    const short = c.tlvStream({ a: c.record(1, c.u16), b: c.record(3, c.restBytes()) });
    expect(refusal(short, '010107 0300')).toEqual({ kind: 'truncated', field: 'a' });
    expect(hexDecode(short, '01020708 030109')).toEqual({ ok: true, value: { a: 0x0708, b: '09' } });
  });

  it('can’t be written when a receiver would refuse them', () => {
    for (const types of [[2n], [3n, 3n], [5n, 3n], [4n], [2n ** 64n + 1n]]) {
      const unknownTlvs = types.map((type) => ({ type, value: '' }));
      expect(() => c.encode(stream, { unknownTlvs }), String(types)).toThrow(RangeError);
      expect(() => c.encode(stream, { known: 1, unknownTlvs }), String(types)).toThrow(RangeError);
    }
  });

  it('have lengths of every width', () => {
    for (const length of [0, 0xfc, 0xfd, 0xffff, 0x10000]) {
      const value = 'ab'.repeat(length);
      const result = c.decode(stream, c.encode(stream, { unknownTlvs: [{ type: 1n, value }] }));
      expect(result.ok && result.value.unknownTlvs?.[0]?.value === value).toBe(true);
    }
  });
});
