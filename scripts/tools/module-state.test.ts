import { describe, expect, it } from 'vitest';
import { findModuleState, judge, moduleState } from './module-state.ts';

describe('state at module level', () => {
  it.each([
    ['let last: number | undefined;', 'last'],
    ['const memo = new WeakMap<object, string>();', 'memo'],
    ['export const known = new Map<string, number>();', 'known'],
    ['const seen: Set<string> = new Set();', 'seen'],
    ['const ring = new LastFew<string>(16);', 'ring'],
    ['const buffer = new Uint8Array(32);', 'buffer'],
    ['const table = new Uint8Array(128).fill(1);', 'table'],
    ['const caches = { keys: new Map<string, string>() };', 'caches'],
    ['const list: string[] = [];', 'list'],
    ['const byName: Record<string, number> = {};', 'byName'],
    ['const crypto = createFakeCrypto();', 'crypto'],
    ['class Keys { static readonly #memo = new Map<string, string>(); }', 'Keys.#memo'],
    ['class Keys { static last = 0; }', 'Keys.last'],
  ])('is seen in %s', (source, name) => expect(moduleState(source)).toEqual([name]));

  it.each([
    'const NAMES: ReadonlySet<string> = new Set(["a"]);',
    'const BY_TYPE: ReadonlyMap<number, string> = new Map([[1, "a"]]);',
    'const NONE: readonly string[] = [];',
    'const NOTHING = new Uint8Array(0);',
    'const HEX = new RegExp("[0-9a-f]");',
    'const make = () => new Map<string, number>();',
    'export function f(): number { let n = 0; const m = new Map([[1, n++]]); return m.size; }',
    'class Keys { readonly #memo = new Map<string, string>(); static of(): Keys { return new Keys(); } }',
    'const LIMITS = { max: 483, names: ["a", "b"] } as const;',
  ])('is not seen in %s', (source) => expect(moduleState(source)).toEqual([]));

  it('is nowhere in core and sim without a reason, and no reason is left over', () => {
    expect(judge(findModuleState())).toEqual([]);
    expect(judge(['core/a.ts: memo'], {})).toEqual([
      'core/a.ts: memo is state at module level: it belongs to a node, a world or a provider',
    ]);
    expect(judge([], { 'core/a.ts: memo': 'none' })).toHaveLength(1);
  });
});
