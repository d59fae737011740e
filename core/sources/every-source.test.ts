import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { View } from '../chain/view.ts';
import { Driven } from './driven.fixture.ts';
import { ElectrumServer } from './electrum-server.fixture.ts';
import { P2pPeer } from './p2p-peer.fixture.ts';
import { Scenario } from './scenarios.fixture.ts';
import type { Happening } from './scenarios.fixture.ts';
import { CoreServing, ElectrumServing, FilterServing } from './servings.fixture.ts';

/** One chain that is told by every source, with reorganisations, crashes and servers that lag: each comes to the same view. */

interface Told extends Happening {
  /** The server says that there is a block before it can say what is in it. */
  readonly lags: boolean;
  /** Bytes of an answer come in pieces of this length. */
  readonly piece: number;
}

const anyTold: fc.Arbitrary<Told> = fc.record({
  reorg: fc.nat(6),
  mined: fc.array(fc.array(fc.nat(1000), { maxLength: 3 }), { maxLength: 4 }),
  again: fc.boolean(),
  restart: fc.boolean(),
  lags: fc.boolean(),
  piece: fc.constantFrom(61, 1000, 100_000),
});

interface Telling {
  readonly driven: Pick<
    Driven<unknown, unknown, { readonly kind: string }>,
    'node' | 'restart' | 'troubles' | 'heights' | 'rebuilt' | 'later' | 'run'
  >;
  readonly hears: (told: Told) => void;
}

function core(door: 'rpc' | 'rest', scenario: Scenario): Telling {
  const driven = new Driven(scenario, new CoreServing(door, scenario.chain));
  return { driven, hears: () => driven.run({ kind: 'hint' }) } as Telling;
}

function electrum(scenario: Scenario): Telling {
  const server = new ElectrumServer(scenario.chain);
  const serving = new ElectrumServing(server);
  const driven = new Driven(scenario, serving);
  const hears = ({ lags, piece }: Told): void => {
    serving.piece = piece;
    if (!lags) driven.run(...serving.says(server.index()));
    driven.run(...serving.says(server.announce()));
    driven.run(...serving.says(server.index()));
  };
  return { driven, hears } as Telling;
}

function filters(scenario: Scenario): Telling {
  const serving = new FilterServing({ one: new P2pPeer(scenario.chain), other: new P2pPeer(scenario.chain) });
  const driven = new Driven(scenario, serving);
  const hears = ({ piece }: Told): void => {
    serving.piece = piece;
    for (const [name, peer] of serving.peers) driven.run(...serving.says(name, peer.announce()));
  };
  return { driven, hears } as Telling;
}

describe('every source', () => {
  it('tells what equals the view of the whole chain, whatever happens to it', () => {
    fc.assert(
      fc.property(fc.array(anyTold, { minLength: 1, maxLength: 5 }), (happenings) => {
        const scenario = new Scenario(2);
        const sources = [core('rpc', scenario), core('rest', scenario), electrum(scenario), filters(scenario)];
        for (const { driven } of sources) driven.run();
        for (const told of happenings) {
          const before: View[] = sources.map(({ driven }) => driven.node.view);
          scenario.happens(told);
          for (const [i, { driven, hears }] of sources.entries()) {
            if (told.restart) driven.restart(before[i] as View);
            hears(told);
            // Doubts that a reorganisation has left are settled when it is asked again.
            for (let again = 0; again < 3; again++) driven.later();
            expect(driven.node.view).toEqual(driven.rebuilt);
          }
        }
        for (const { driven } of sources) {
          expect(driven.troubles).toEqual([]);
          // A height that was told is not left again.
          expect(driven.heights).toEqual(driven.heights.toSorted((a, b) => a - b));
        }
      }),
      { seed: 19, numRuns: 4 },
    );
  });
});
