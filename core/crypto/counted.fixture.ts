import type { Crypto } from './types.ts';

/** A provider that counts in `counts`, by operation, how often it is asked. */
export function counted(crypto: Crypto, counts: Map<string, number>): Crypto {
  const operations = Object.entries(crypto).map(([name, value]): [string, unknown] => [
    name,
    typeof value !== 'function'
      ? value
      : (...args: readonly unknown[]): unknown => {
          counts.set(name, (counts.get(name) ?? 0) + 1);
          return (value as (...given: readonly unknown[]) => unknown)(...args);
        },
  ]);
  return Object.fromEntries(operations) as unknown as Crypto;
}
