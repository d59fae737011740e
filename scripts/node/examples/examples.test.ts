import { describe, expect, it } from 'vitest';
import { overPipe } from './pipe.ts';
import { overTcp } from './tcp.ts';
import { watchedFromElsewhere } from './watched.ts';

describe.each([
  ['TCP on the loopback address', overTcp],
  ['a plain byte pipe', overPipe],
])('two nodes over %s', (_name, run) => {
  it('open a channel, pay both ways, and close', async () => {
    expect(await run()).toEqual([980_000_000n, 20_000_000n]);
  });
});

describe('a device with keys behind an untrusted host, and three watchers of which two must sign', () => {
  it('pays with one of them asleep and words that are changed on the way, and the sleeper catches up', async () => {
    const { balances, held, tampered, leaked, distrusted } = await watchedFromElsewhere();
    expect(balances).toEqual([980_000_000n, 20_000_000n]);
    expect(tampered).toBeGreaterThan(0);
    expect([leaked, distrusted]).toEqual([[], []]);
    expect(held.one).toBeGreaterThan(10);
    expect(held).toEqual({ one: held.one, two: held.one, three: held.one });
  });
});
