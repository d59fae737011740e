import { messageRegistry } from '../../core/wire/messages/index.ts';

const byType: ReadonlyMap<number, string> = new Map(messageRegistry.map(({ type, name }) => [type, name]));

/** The BOLT's name of a message, by its first two bytes; `type_N` for one that no BOLT names. */
export function messageName(bytes: Uint8Array): string {
  const type = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  return byType.get(type) ?? `type_${type}`;
}
