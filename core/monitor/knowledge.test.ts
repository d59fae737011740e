import { describe, expect, it } from 'vitest';
import { Duo } from '../channel/duo.fixture.ts';
import { addCommand, fulfill } from '../channel/updates.fixture.ts';
import { onlyFunding } from '../channel/model/fundings.ts';
import { other } from '../transactions/types.ts';
import type { Side } from '../transactions/types.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import { learn, rebuildCommitment } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';

/** What one end's watcher was told, in order. */
function told(duo: Duo, side: Side): readonly MonitorUpdate[] {
  return duo.ends[side].log.flatMap((effect) => (effect.kind === 'monitor' ? [effect.update] : []));
}

function knowledgeOf(duo: Duo, side: Side): Knowledge {
  const { crypto } = duo.ends[side].env;
  const known = told(duo, side).reduce<Knowledge | undefined>((sofar, update) => learn(crypto, sofar, update), undefined);
  return known as Knowledge;
}

describe('knowledge', () => {
  it('rebuilds every commitment of both sides, revoked or not: of our own revoked ones with the point that our seed gives', () => {
    const duo = new Duo().open();
    const seen = { opener: new Map<bigint, string>(), accepter: new Map<bigint, string>() };
    const look = (): void => {
      for (const owner of ['opener', 'accepter'] as const) {
        const { shared } = duo.funded(other(owner));
        const { current, next } = onlyFunding(duo.funded(other(owner))).txids[owner];
        seen[owner].set(shared.commitments[owner].current.number, current);
        if (next !== undefined) seen[owner].set(shared.commitments[owner].next?.number as bigint, next);
      }
    };
    look();
    for (const n of [1, 2, 3]) {
      duo.command('opener', addCommand(duo, n));
      look();
      duo.exchange();
      look();
    }
    fulfill(duo, 'accepter', 1n, 2);
    duo.exchange();
    look();
    for (const side of ['opener', 'accepter'] as const) {
      const known = knowledgeOf(duo, side);
      const { crypto } = duo.ends[side].env;
      const { keysId } = duo.funded(side).params;
      const newest = duo.funded(side).shared.commitments[side].current.number;
      expect(rebuildCommitment(crypto, known, side, newest)?.map(({ txid }) => txid)).toEqual([seen[side].get(newest)]);
      expect(rebuildCommitment(crypto, known, side, newest - 2n)).toBeUndefined();
      for (const [ours, txid] of seen[side]) {
        const point = duo.ends[side].env.signer.perCommitmentPoint(keysId, ours);
        expect(rebuildCommitment(crypto, known, side, ours, point)?.map((built) => built.txid)).toEqual([txid]);
      }
      expect(seen[other(side)].size).toBeGreaterThan(4);
      for (const [theirs, txid] of seen[other(side)]) {
        expect(rebuildCommitment(crypto, known, other(side), theirs)?.map((built) => built.txid)).toEqual([txid]);
      }
    }
  });
});
