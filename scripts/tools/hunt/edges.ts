import { namesIn, messageRegistry } from '../../../core/wire/messages/index.ts';
import type { Schema } from '../../../core/wire/schema.ts';
import type { EdgeValue, Fault } from './runtime.ts';

/** Messages that an operating channel, its opening, its closing and its reestablishment consist of, and those of the connection. */
const GROUPS = ['control', 'establishment', 'operation', 'retransmission', 'closing'] as const;

/** Every field of these messages at the edges of what its type can hold. */
export function edges(): readonly { readonly id: string; readonly fault: Fault }[] {
  const names: ReadonlySet<string> = new Set(namesIn(...GROUPS));
  return messageRegistry
    .filter(({ name }) => names.has(name))
    .flatMap(({ name, codec }) =>
      leaves(codec.schema, []).map(({ path, value }) => ({
        id: `edge/${name}.${path.join('.')}=${typeof value === 'string' ? value : value.number}`,
        fault: { kind: 'edge' as const, message: name, path, value },
      })),
    );
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: EdgeValue;
}

function leaves(schema: Schema, path: readonly string[]): readonly Leaf[] {
  const at = (...values: readonly EdgeValue[]): readonly Leaf[] => values.map((value) => ({ path, value }));
  const numbers = (...values: readonly (number | bigint)[]): readonly Leaf[] => at(...values.map((value) => ({ number: String(value) })));
  switch (schema.kind) {
    case 'unsigned':
    case 'truncated':
      return numbers(0, 1, (1n << BigInt(schema.bits)) - 1n);
    case 'signed':
      return numbers(0, -1, 1, (1n << BigInt(schema.bits - 1)) - 1n);
    case 'bigSize':
      return numbers(0, 1, (1n << 64n) - 1n);
    case 'bool':
      return at({ number: 'true' }, { number: 'false' });
    case 'bytes':
    case 'blob':
      return at('zeroes');
    case 'prefixedBytes':
    case 'rest':
    case 'utf8':
    case 'array':
      return at('empty');
    case 'oneOf':
      return at(...schema.values.map((number) => ({ number })));
    case 'option':
      return [...at('absent', 'present'), ...leaves(schema.item, path)];
    case 'struct':
      return [
        ...schema.fields.flatMap(({ name, schema: field }) => leaves(field, [...path, name])),
        ...(schema.records ?? []).flatMap(({ name, schema: record }) => [
          { path: [...path, name], value: 'absent' as const },
          { path: [...path, name], value: 'present' as const },
          ...leaves(record, [...path, name]),
        ]),
      ];
    case 'constant':
    case 'point':
    case 'union':
      return [];
  }
}
