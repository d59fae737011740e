import { channelCodec } from '../../../core/channel/model/stored-form.ts';
import type { Schema } from '../../../core/wire/schema.ts';
import type { Fault } from './runtime.ts';

/** Said once, never changed: what was stored first is what there is. */
const FIXED = /^(params|channelId|phase|failure|lifecycle\.createdHeight)(\.|$)/;

/** Every durable field of a channel, read back as it was first stored, and as it was one version ago; one that never changes, empty. */
export function fields(): readonly { readonly id: string; readonly fault: Fault }[] {
  const paths = new Map(pathsOf(channelCodec.schema, []).map((path) => [path.join('.'), path]));
  return [...paths].flatMap(([name, path]) =>
    (FIXED.test(name) ? (['reset'] as const) : (['first', 'before'] as const)).map((as) => ({
      id: `field/${name}/${as}`,
      fault: { kind: 'field' as const, path, as },
    })),
  );
}

function pathsOf(schema: Schema, path: readonly string[]): readonly (readonly string[])[] {
  switch (schema.kind) {
    case 'struct':
      return schema.fields.flatMap(({ name, schema: field }) => pathsOf(field, [...path, name]));
    case 'union':
      return schema.variants.flatMap(({ schema: variant }) => pathsOf(variant, path));
    case 'constant':
      return [];
    default:
      return [path];
  }
}
