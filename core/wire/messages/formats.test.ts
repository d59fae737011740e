import { describe, expect, it } from 'vitest';
import formats from '../../../corpus/vectors/bolt01-formats.json' with { type: 'json' };
import type { Schema } from '../codec.ts';
import { messageRegistry } from './index.ts';

/**
 * The declarations against the field lists of the BOLTs: what round trips can't see, such as two fields of one size in the wrong order.
 * Both sides are brought to one notation of layouts.
 */

type BoltField = { readonly name: string; readonly type: string; readonly count?: string };

const BOLT_TYPES: Readonly<Record<string, string>> = {
  byte: 'u8',
  chain_hash: 'bytes32',
  channel_id: 'bytes32',
  sha256: 'bytes32',
  signature: 'bytes64',
  short_channel_id: 'u64',
  'sha256[..4]': 'bytes4',
};
const subtypes: Readonly<Record<string, readonly BoltField[]>> = formats.subtypes;

function boltType(type: string): string {
  const subtype = subtypes[type];
  return subtype === undefined ? (BOLT_TYPES[type] ?? type) : boltFields(subtype);
}

function boltLayout({ type, count }: BoltField): string {
  const item = boltType(type);
  if (count === undefined) return item;
  const fixed = /^\d+$/.test(count);
  if (fixed && type === 'byte') return `bytes${count}`;
  // BOLT 4: the truncated HMACs are kept together.
  if (fixed && item === 'bytes4') return `bytes${4 * Number(count)}`;
  return type === 'byte' ? `bytes<${count}>` : `[${item}]<${count}>`;
}

function boltFields(fields: readonly BoltField[]): string {
  const [only] = fields;
  if (fields.length === 1 && only !== undefined) return boltLayout(only);
  return `{${fields.map((field) => `${fieldName(field.name)}: ${boltLayout(field)}`).join(', ')}}`;
}

/** Our own names differ from camel case only in that units are said in full and plurals are plural. */
const RENAMED: Readonly<Record<string, string>> = { sats: 'amountSat', feerate: 'feeratePerKw', htlcSignature: 'htlcSignatures' };

function fieldName(name: string): string {
  const camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const unit = camel
    .replace(/Satoshis$/, 'Sat')
    .replace(/Perkw$/, 'PerKw')
    .replace(/criptpubkey$/, 'criptPubkey');
  return RENAMED[unit] ?? unit;
}

function layout(schema: Schema): string {
  switch (schema.kind) {
    case 'unsigned':
      return `u${schema.bits}`;
    case 'signed':
      return `s${schema.bits}`;
    case 'truncated':
      return `tu${schema.bits}`;
    case 'bigSize':
      return 'bigsize';
    case 'bytes':
    case 'blob':
      return `bytes${schema.length}`;
    case 'prefixedBytes':
      return `bytes<u${schema.prefixBits}>`;
    case 'rest':
      return 'bytes<...>';
    case 'array': {
      const { count } = schema;
      const text = count.kind === 'prefix' ? `u${count.bits}` : count.kind === 'rest' ? '...' : String(count.length);
      return `[${layout(schema.item)}]<${text}>`;
    }
    case 'struct':
      return `{${schema.fields.map(({ name, schema: field }) => `${name}: ${layout(field)}`).join(', ')}}`;
    case 'constant':
      return '{}';
    default:
      return schema.kind;
  }
}

describe('declarations are the BOLTs’', () => {
  it('no message is missing or too many', () => {
    expect(messageRegistry.map(({ type, name }) => ({ type, name }))).toEqual(formats.messages.map(({ type, name }) => ({ type, name })));
  });

  it.each(formats.messages)('$name', ({ name, fields, records }) => {
    const declaration = messageRegistry.find((entry) => entry.name === name);
    const schema = declaration?.codec.schema;
    if (schema?.kind !== 'struct') expect.fail('no struct');
    expect(schema.fields.map((field) => `${field.name}: ${layout(field.schema)}`)).toEqual(
      fields.map((field: BoltField) => `${fieldName(field.name)}: ${boltLayout(field)}`),
    );
    expect((schema.records ?? []).map((entry) => `${entry.type}: ${layout(entry.schema)}`)).toEqual(
      records.map((entry) => `${entry.type}: ${boltFields(entry.fields)}`),
    );
  });
});
