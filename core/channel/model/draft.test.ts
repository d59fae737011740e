import { describe, expect, it } from 'vitest';
import { draft } from './draft.ts';
import { Duo } from '../duo.fixture.ts';
import { persist, start } from '../step/transition.ts';
import { failChannel } from '../fail/fail-channel.ts';
import type { FundedState } from './state.ts';

const duo = new Duo().open();
const { env } = duo.ends.opener;
const funded = duo.funded('opener');

describe('draft', () => {
  it('has every field of the state, and the same values', () => {
    const out = start(env, funded);
    expect(draft(out)).toBe(out.state);
    expect(out.state).not.toBe(funded);
    expect(out.state).toStrictEqual(funded);
    const failed = failChannel(start<FundedState>(env, funded), 'why', { unilateral: true });
    const before = failed.state;
    expect(draft(failed)).not.toBe(before);
    expect(failed.state).toStrictEqual(before);
  });

  it('changes nothing that was seen before', () => {
    const out = start(env, funded);
    persist(out);
    const [stored] = out.effects;
    draft(out).createdHeight = funded.createdHeight + 1;
    expect(stored?.kind === 'store' && stored.state).toMatchObject({ createdHeight: funded.createdHeight });
    expect(out.state.createdHeight).toBe(funded.createdHeight + 1);
    expect(duo.funded('opener')).toBe(funded);
  });
});
