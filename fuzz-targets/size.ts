/** What a reference costs, and what an object or array costs beyond its items: a model, so that results don't depend on the engine. */
const REFERENCE = 8;
const HEADER = 16;

/** About how many bytes of memory a value holds. Values are trees of data; what is shared counts as often as it is reached. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return REFERENCE;
  if (value instanceof Uint8Array) return HEADER + value.byteLength;
  let size = HEADER;
  if (Array.isArray(value)) for (const item of value) size += REFERENCE + sizeOf(item);
  else if (value instanceof Map) for (const [key, item] of value) size += 2 * REFERENCE + sizeOf(key) + sizeOf(item);
  else for (const item of Object.values(value)) size += REFERENCE + sizeOf(item);
  return size;
}
