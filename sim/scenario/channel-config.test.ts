import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../../core/node/config.ts';
import { policyOf } from './channel-config.ts';

describe("a node's policy", () => {
  it('is the default with what the spec overrides, amounts as decimal strings', () => {
    const policy = policyOf({ dustLimitSat: '546', minimumDepth: 1, commit: 'manual', feerateTolerancePercent: { min: 10 } }, ['w']);
    expect(policy).toEqual({
      ...DEFAULT_CONFIG,
      dustLimitSat: 546n,
      minimumDepth: 1,
      commit: 'manual',
      feerateTolerancePercent: { ...DEFAULT_CONFIG.feerateTolerancePercent, min: 10 },
      watchers: ['w'],
    });
    expect(policyOf({ dustLimitSat: 546n }, []).dustLimitSat).toBe(546n);
  });

  it.each([
    [{ dustLimit: '1' }, 'config.dustLimit: no such setting'],
    [{ watchers: ['w'] }, 'config.watchers: no such setting'],
    [{ dustLimitSat: 546 }, 'config.dustLimitSat: expected a decimal string'],
    [{ dustLimitSat: '-1' }, 'config.dustLimitSat: expected a decimal string'],
    [{ minimumDepth: '1' }, 'config.minimumDepth: expected a number'],
    [{ minimumDepth: -1 }, 'config.minimumDepth: expected a non-negative integer'],
    [{ minimumDepth: 0.5 }, 'config.minimumDepth: expected a non-negative integer'],
    [{ feerateTolerancePercent: 5 }, 'config.feerateTolerancePercent: expected an object'],
    [{ feerateTolerancePercent: { most: 5 } }, 'config.feerateTolerancePercent.most: no such setting'],
  ])('says what is wrong: %j', (overrides, message) => {
    expect(() => policyOf(overrides, [])).toThrow(new RangeError(message));
  });
});
