import { describe, expect, it } from 'vitest';
import { nameOf } from '../world/channel-changes.ts';
import { createAnswers } from './answers.ts';
import { CALM, FAULTS, fingerprintsOf, runWorld, tampered } from './run.fixture.ts';

describe('a channel_reestablish', () => {
  const operations = [...CALM, ...FAULTS, 'shutdown'];

  it('is answered between honest nodes, whatever has become of the channel', () => {
    expect(fingerprintsOf(10, (seed) => runWorld({ seed, oracles: [createAnswers()], operations }).finding)).toEqual([]);
  });

  it('that a node leaves without an answer is found when all has settled', () => {
    const driver = tampered({
      nodes: ['A'],
      effect: (effect) => (effect.kind === 'send' && nameOf(effect.bytes) === 'channel_reestablish' ? [] : effect),
    });
    const found = fingerprintsOf(5, (seed) => runWorld({ seed, oracles: [createAnswers()], operations, driver }).finding);
    expect(found).toEqual(['answers/channel_reestablish.answer/channel_reestablish-unanswered']);
  });
});
