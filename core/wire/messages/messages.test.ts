import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import extensionVectors from '../../../corpus/vectors/bolt01-extension.json' with { type: 'json' };
import messageVectors from '../../../corpus/vectors/bolt01-messages.json' with { type: 'json' };
import { anyMessage, arbitraryMessage } from '../../../fuzz-targets/arbitraries.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import { fromHex, toHex } from '../../crypto/bytes.ts';
import type { Schema } from '../codec.ts';
import { printableText, printMessage, toJson } from '../print.ts';
import { channelIdOf, decodeMessage, encodeMessage, messageRegistry, namesIn } from './index.ts';
import type { ChannelMessage, Message, MessageGroup } from './index.ts';

const encodeHex = (message: Message): string => toHex(encodeMessage(message));
const decodeHex = (hex: string): ReturnType<typeof decodeMessage> => decodeMessage(fromHex(hex));

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('BOLT 1 Appendix C: message extension', () => {
  it.each(extensionVectors.cases)('$message: $explanation', ({ message, valid }) => {
    const result = decodeHex(message);
    expect(result.ok).toBe(valid);
    if (result.ok) expect(toHex(encodeMessage(result.message))).toBe(message);
  });
});

describe('messages that other implementations encode', () => {
  it.each(messageVectors.messages)('$decoded.type $message', ({ message, decoded }) => {
    const result = decodeHex(message);
    if (!result.ok) expect.fail(`${result.error.field}: ${result.error.detail}`);
    expect(toJson(result.message)).toStrictEqual(decoded);
    expect(toHex(encodeMessage(result.message))).toBe(message);
  });
});

/** Where the fixed fields end, so that a record appended there is the extension's first. */
function withoutRecords(message: Message, schema: Schema): Message {
  const records = schema.kind === 'struct' ? (schema.records ?? []) : [];
  const dropped = new Set([...records.map((entry) => entry.name), 'unknownTlvs']);
  return Object.fromEntries(Object.entries(message).filter(([name]) => !dropped.has(name))) as unknown as Message;
}

function isFixedSize(schema: Schema): boolean {
  if (schema.kind === 'struct') return schema.fields.every((field) => isFixedSize(field.schema));
  if (schema.kind === 'array') return schema.count.kind === 'fixed' && isFixedSize(schema.item);
  return ['unsigned', 'signed', 'point', 'bytes', 'constant'].includes(schema.kind);
}

describe.each(messageRegistry.map((declaration, index) => ({ declaration, index, name: declaration.name })))(
  '$name',
  ({ declaration, index }) => {
    const arbitrary = arbitraryMessage(declaration);
    const records = declaration.codec.schema.kind === 'struct' ? (declaration.codec.schema.records ?? []) : [];

    it('decode(encode(message)) is the message, and encoding again gives the same bytes', () => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const bytes = encodeMessage(message);
          expect(bytes[0] === declaration.type >> 8 && bytes[1] === (declaration.type & 0xff)).toBe(true);
          const result = decodeMessage(bytes);
          expect(result).toStrictEqual({ ok: true, group: declaration.group, message });
          if (result.ok) expect(encodeHex(result.message)).toBe(toHex(bytes));
        }),
        { seed: 100 + index, numRuns: 60 },
      );
    });

    it('truncated anywhere it is refused, or ends before a record', () => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const bytes = encodeMessage(message);
          for (let end = 0; end < bytes.length; end++) {
            const result = decodeMessage(bytes.subarray(0, end));
            if (result.ok) expect(encodeHex(result.message)).toBe(toHex(bytes.subarray(0, end)));
            else expect(result.error.kind).toBe('truncated');
          }
          const fixed = encodeMessage(withoutRecords(message, declaration.codec.schema));
          const result = decodeMessage(fixed.subarray(0, fixed.length - 1));
          expect(result.ok || result.error.kind).toBe('truncated');
        }),
        { seed: 200 + index, numRuns: 2 },
      );
    });

    it('keeps an unknown odd record and refuses an unknown even one', () => {
      fc.assert(
        fc.property(arbitrary, fc.bigInt({ min: 300n, max: 60000n }), fc.boolean(), (message, number, odd) => {
          const type = (number & ~1n) + (odd ? 1n : 0n);
          const base = withoutRecords(message, declaration.codec.schema);
          const bytes = concat(encodeMessage(base), Uint8Array.of(0xfd, Number(type >> 8n), Number(type & 0xffn), 1, 0x2a));
          const result = decodeMessage(bytes);
          if (odd) {
            expect(result).toStrictEqual({
              ok: true,
              group: declaration.group,
              message: { ...base, unknownTlvs: [{ type, value: '2a' }] },
            });
            expect(encodeHex({ ...base, unknownTlvs: [{ type, value: '2a' }] })).toBe(toHex(bytes));
          } else {
            expect(result.ok || result.error).toMatchObject({ kind: 'unknown-even-tlv', messageName: declaration.name });
          }
        }),
        { seed: 300 + index, numRuns: 20 },
      );
    });

    if (records.length > 0)
      it('refuses a known record twice, and one byte too many or too few in one of fixed size', () => {
        fc.assert(
          fc.property(arbitrary, (message) => {
            const base = withoutRecords(message, declaration.codec.schema);
            for (const { name, schema } of records) {
              const value = (message as unknown as Record<string, unknown>)[name];
              if (value === undefined) continue;
              const bytes = encodeMessage({ ...base, [name]: value } as Message);
              const fixed = encodeMessage(base);
              const record = bytes.slice(fixed.length);
              const twice = decodeMessage(concat(bytes, record));
              expect(twice.ok || twice.error.kind).toBe('tlv-order');
              if (!isFixedSize(schema) || record.length > 0xfc) continue;
              const size = record[1] as number;
              record[1] = size + 1;
              const longer = decodeMessage(concat(fixed, record, Uint8Array.of(0)));
              expect(longer.ok || longer.error).toMatchObject({ kind: 'trailing', field: name });
              if (size === 0) continue;
              record[1] = size - 1;
              const shorter = decodeMessage(concat(fixed, record.subarray(0, record.length - 1)));
              expect(shorter.ok || shorter.error).toMatchObject({ kind: 'truncated', field: expect.stringContaining(name) });
            }
          }),
          { seed: 400 + index, numRuns: 20 },
        );
      });

    it('is printed on one line that begins with its name, and as JSON', () => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const line = printMessage(message);
          expect(line).toMatch(/^[^\n]*$/);
          expect(line.split(' ')[0]).toBe(declaration.name);
          expect(JSON.parse(JSON.stringify(toJson(message)))).toEqual(toJson(message));
        }),
        { seed: 500 + index, numRuns: 20 },
      );
    });
  },
);

describe('any bytes', () => {
  it('are decoded or refused, never thrown at, and what is decoded re-encodes to the same bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...messageRegistry), fc.uint8Array({ maxLength: 400 }), ({ type }, payload) => {
        const bytes = concat(Uint8Array.of(type >> 8, type & 0xff), payload);
        const result = decodeMessage(bytes);
        if (result.ok) expect(encodeHex(result.message)).toBe(toHex(bytes));
      }),
      { seed: 7, numRuns: 5000 },
    );
  });

  it('flipped anywhere in a message still decode to what re-encodes exactly, or are refused', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, where, flip) => {
        const bytes = encodeMessage(message);
        const at = where % bytes.length;
        bytes[at] = (bytes[at] as number) ^ flip;
        const result = decodeMessage(bytes);
        if (result.ok) expect(encodeHex(result.message)).toBe(toHex(bytes));
      }),
      { seed: 8, numRuns: 3000 },
    );
  });

  it('of unknown type say whether they may be ignored', () => {
    expect(decodeHex('8001')).toMatchObject({ ok: false, error: { kind: 'unknown-odd-type', messageType: 0x8001 } });
    expect(decodeHex('80021234')).toMatchObject({ ok: false, error: { kind: 'unknown-even-type', messageType: 0x8002 } });
    expect(decodeHex('80')).toMatchObject({ ok: false, error: { kind: 'truncated', field: 'type' } });
    expect(decodeHex('')).toMatchObject({ ok: false, error: { kind: 'truncated', field: 'type' } });
  });

  it('a refusal names the message and the field', () => {
    expect(decodeHex('00260000')).toStrictEqual({
      ok: false,
      error: { kind: 'truncated', messageType: 38, messageName: 'shutdown', field: 'channelId', detail: '32 bytes expected, 2 left' },
    });
    const feeRange = `0027${'00'.repeat(32 + 8 + 64)}010f${'00'.repeat(15)}`;
    expect(decodeHex(feeRange)).toMatchObject({ error: { kind: 'truncated', field: 'feeRange.maxFeeSat' } });
    expect(decodeHex(`0027${'00'.repeat(32 + 8 + 64)}0110`)).toMatchObject({ error: { kind: 'truncated', field: 'feeRange' } });
  });
});

describe('the transport’s limit', () => {
  const pong = (size: number): Message => ({ type: 'pong', ignored: '00'.repeat(size) });

  it('is 65535 bytes with the type', () => {
    const bytes = encodeMessage(pong(65531));
    expect(bytes.length).toBe(65535);
    expect(decodeMessage(bytes).ok).toBe(true);
    expect(() => encodeMessage(pong(65532))).toThrow(RangeError);
    expect(decodeMessage(concat(Uint8Array.of(0, 19, 0xff, 0xfc), new Uint8Array(65532)))).toMatchObject({ error: { kind: 'too-long' } });
  });

  it('bounds what thousands of records decode to', () => {
    const records: number[] = [];
    for (let type = 0xfd; records.length < 60000; type += 2) records.push(0xfd, type >> 8, type & 0xff, 0);
    const result = decodeMessage(concat(Uint8Array.of(0, 19, 0, 0), Uint8Array.from(records)));
    expect(result.ok && result.message.unknownTlvs?.length).toBe(15000);
  });
});

describe('printing', () => {
  it('is short and says the units through the names', () => {
    const hex = (byte: string, length: number): never => byte.repeat(length) as never;
    const add: Message = {
      type: 'update_add_htlc',
      channelId: hex('ab', 32),
      id: 7n,
      amountMsat: 123_456_789n,
      paymentHash: hex('cd', 32),
      cltvExpiry: 600_000,
      onionRoutingPacket: new Uint8Array(1366),
      unknownTlvs: [{ type: 7n, value: '2a' }],
    };
    expect(printMessage(add)).toBe(
      'update_add_htlc channelId=0xabababab…(32) id=7 amountMsat=123456789 paymentHash=0xcdcdcdcd…(32) cltvExpiry=600000 onionRoutingPacket=<1366 bytes> tlv7=0x2a',
    );
    expect(
      printMessage({
        type: 'channel_ready',
        channelId: hex('ab', 32),
        secondPerCommitmentPoint: hex('02', 33),
        alias: (700_001n << 40n) | (2n << 16n) | 3n,
      }),
    ).toBe('channel_ready channelId=0xabababab…(32) secondPerCommitmentPoint=0x02020202…(33) alias=700001x2x3');
    expect(printMessage({ type: 'error', channelId: hex('00', 32), data: '6f6f7073' })).toBe(
      'error channelId=0x00000000…(32) data=0x6f6f7073 "oops"',
    );
    expect(printMessage({ type: 'error', channelId: hex('00', 32), data: '0a' })).toBe('error channelId=0x00000000…(32) data=0x0a');
    expect(['1f', '20', '7e', '7f'].map(printableText)).toEqual([undefined, ' ', '~', undefined]);
    expect(
      printMessage({
        type: 'closing_signed',
        channelId: hex('00', 32),
        feeSat: 5n,
        signature: hex('00', 64),
        feeRange: { minFeeSat: 1n, maxFeeSat: 9n },
      }),
    ).toContain('feeRange={minFeeSat=1 maxFeeSat=9}');
  });
});

describe('groups', () => {
  it('a message speaks of its channel by the temporary or the final id', () => {
    const id = 'ab'.repeat(32) as ChannelId;
    const of = (message: unknown) => channelIdOf(message as ChannelMessage);
    expect(of({ type: 'accept_channel', temporaryChannelId: id })).toBe(id);
    expect(of({ type: 'shutdown', channelId: id })).toBe(id);
    expect(of({ type: 'stfu', channelId: id })).toBe(id);
  });

  it('every message of a channel has its id, and every message a group', () => {
    const channels = new Set<MessageGroup>([
      'establishment',
      'operation',
      'retransmission',
      'closing',
      'announcement',
      'simple_closing',
      'interactive',
      'splicing',
    ]);
    for (const { codec, name, group } of messageRegistry) {
      const fields = codec.schema.kind === 'struct' ? codec.schema.fields.map((field) => field.name) : [];
      const named = fields.includes('channelId') || fields.includes('temporaryChannelId');
      if (channels.has(group)) expect(named, name).toBe(true);
      else expect(named, name).toBe(['error', 'warning'].includes(name));
    }
    expect(namesIn('closing', 'retransmission')).toEqual(['shutdown', 'closing_signed', 'channel_reestablish']);
    const groups = [...new Set(messageRegistry.map(({ group }) => group))];
    expect(groups.flatMap((group) => namesIn(group)).toSorted()).toEqual(messageRegistry.map(({ name }) => name).toSorted());
  });
});
