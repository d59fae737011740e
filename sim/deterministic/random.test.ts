import { describe, expect, it } from 'vitest';
import { between, ByteChoices, chance, pick, pickWeighted, Random, shuffle, stream } from './random.ts';

function draw(random: { int(n: number): number }, count = 20): number[] {
  return Array.from({ length: count }, () => random.int(1_000_000));
}

describe('streams', () => {
  it('are equal for equal seeds and labels, and different otherwise', () => {
    expect(draw(stream('s', 'a'))).toEqual(draw(stream('s', 'a')));
    expect(draw(stream('s', 'a'))).not.toEqual(draw(stream('s', 'b')));
    expect(draw(stream('s', 'a'))).not.toEqual(draw(stream('t', 'a')));
    // The border between seed and label counts.
    expect(draw(stream('ab', 'c'))).not.toEqual(draw(stream('a', 'bc')));
  });

  it('stay what they are: seed tokens that people have stored depend on it', () => {
    expect(draw(stream('f1', 'schedule'), 5)).toEqual([627290, 92650, 38262, 755718, 817748]);
  });

  it('save and restore their state', () => {
    const random = stream('s', 'a');
    draw(random);
    const state = random.state();
    const next = draw(random);
    expect(draw(new Random(state))).toEqual(next);
  });

  it('fork into independent copies', () => {
    const random = stream('s', 'a');
    const fork = random.fork();
    const first = draw(random);
    expect(draw(fork)).toEqual(first);
  });

  it('draw every value of a range about equally often', () => {
    const random = stream('s', 'uniform');
    const counts = Array.from({ length: 7 }, () => 0);
    for (let i = 0; i < 70_000; i++) {
      const drawn = random.int(7);
      counts[drawn] = (counts[drawn] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('choices', () => {
  it('stay within bounds, both included', () => {
    const random = stream('s', 'bounds');
    const seen = new Set(Array.from({ length: 1000 }, () => between(random, 3, 6)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });

  it('are true as often as asked', () => {
    const random = stream('s', 'chance');
    const hits = Array.from({ length: 10_000 }, () => chance(random, 1, 4)).filter(Boolean).length;
    expect(Math.abs(hits - 2500)).toBeLessThan(200);
    expect(chance(random, 0, 4)).toBe(false);
    expect(chance(random, 4, 4)).toBe(true);
  });

  it('follow weights, and know when there is nothing to choose', () => {
    const random = stream('s', 'weights');
    const counts = [0, 0, 0];
    for (let i = 0; i < 4000; i++) {
      const at = pickWeighted(random, [1, 0, 3]) as number;
      counts[at] = (counts[at] as number) + 1;
    }
    expect(counts[1]).toBe(0);
    expect(Math.abs((counts[2] as number) - 3000)).toBeLessThan(200);
    expect(pickWeighted(random, [0, 0])).toBeUndefined();
  });

  it('shuffle without losing anything, into every order', () => {
    const random = stream('s', 'shuffle');
    const orders = new Set(Array.from({ length: 500 }, () => shuffle(random, [1, 2, 3]).join('')));
    expect([...orders].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
    expect(new Set(Array.from({ length: 100 }, () => pick(random, ['a', 'b'])))).toEqual(new Set(['a', 'b']));
  });
});

describe('choices from bytes', () => {
  it('take one byte for a small choice and two for a large one', () => {
    const choices = new ByteChoices(Uint8Array.of(7, 0x34, 0x12, 9));
    expect(choices.int(5)).toBe(2);
    expect(choices.int(65_536)).toBe(0x1234);
    expect(choices.int(1)).toBe(0);
    expect(choices.exhausted).toBe(false);
    expect(choices.int(10)).toBe(9);
    expect(choices.exhausted).toBe(true);
    expect(choices.int(10)).toBe(0);
  });
});
