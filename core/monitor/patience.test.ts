import { describe, expect, it } from 'vitest';
import { actsFrom } from './patience.ts';

describe('a watcher elsewhere', () => {
  it('punishes at once, and gives a final commitment to the chain as soon as the node does', () => {
    for (const kind of ['commitment', 'penalty_to_local', 'penalty_htlc', 'penalty_second_stage'] as const)
      expect(actsFrom('elsewhere', { kind, earliest: 500, deadline: 700 })).toBe(499);
  });

  it('leaves the rest to the node until half of the blocks to the deadline have gone, or a day where there is none', () => {
    expect(actsFrom('elsewhere', { kind: 'htlc_preimage', earliest: 500, deadline: 541 })).toBe(519);
    expect(actsFrom('elsewhere', { kind: 'htlc_timeout', earliest: 500, deadline: 490 })).toBe(499);
    expect(actsFrom('elsewhere', { kind: 'to_local', earliest: 500, deadline: undefined })).toBe(643);
    expect(actsFrom('node', { kind: 'to_local', earliest: 500, deadline: undefined })).toBe(499);
    expect(actsFrom('node', { kind: 'htlc_preimage', earliest: 500, deadline: 541 })).toBe(499);
  });
});
