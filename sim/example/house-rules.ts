import type { Oracle, OracleFactory } from '../index.ts';

/** A house rule of this project: no channel of ours ever has a feerate above this, in satoshi per 1000 weight. */
export const MAX_FEERATE_PER_KW = 50_000;

/** An oracle of your own is a function that makes one: each run gets a fresh one. */
export const houseRules: OracleFactory = () => {
  const oracle: Oracle = {
    name: 'acme/house-rules',
    kinds: ['too-high'],
    step(world, { node }) {
      for (const { name } of world.channels) {
        const state = world.channelState(node, name);
        if (state?.phase !== 'funded' || state.shared.base.feeratePerKw <= MAX_FEERATE_PER_KW) continue;
        return {
          oracle: 'acme/house-rules',
          rule: 'feerate',
          kind: 'too-high',
          node,
          channel: name,
          message: `the feerate of ${name} is above what we agreed on`,
          expected: `at most ${MAX_FEERATE_PER_KW}`,
          actual: String(state.shared.base.feeratePerKw),
          at: world.at,
        };
      }
      return undefined;
    },
    fork: () => oracle,
  };
  return oracle;
};
