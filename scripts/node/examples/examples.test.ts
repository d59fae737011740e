import { describe, expect, it } from 'vitest';
import { overPipe } from './pipe.ts';
import { overTcp } from './tcp.ts';

describe.each([
  ['TCP on the loopback address', overTcp],
  ['a plain byte pipe', overPipe],
])('two nodes over %s', (_name, run) => {
  it('open a channel, pay both ways, and close', async () => {
    expect(await run()).toEqual([980_000_000n, 20_000_000n]);
  });
});
