import { describe, expect, it } from 'vitest';
import { Duo } from '../duo.fixture.ts';
import { failChannel } from '../fail/fail-channel.ts';
import type { FailedState, FundedState } from '../model/state.ts';
import { draft, draftAnnouncement, draftClosing, draftDurability, draftFailure, draftHost, draftLifecycle } from './draft.ts';
import { start } from './transition.ts';

const duo = new Duo().open();
const { env } = duo.ends.opener;
const funded = duo.funded('opener');
const failed = failChannel(start<FundedState>(env, funded), 'channel.force_closed', 'why', { unilateral: true }).state;

describe('a draft', () => {
  it.each([
    ['funded', funded],
    ['failed', failed],
  ])('of a %s channel has every field of the state, and the same values', (_, state) => {
    const t = start(env, state);
    expect(draft(t)).toBe(t.state);
    expect(t.state).not.toBe(state);
    expect(t.state).toStrictEqual(state);
  });

  it('is made once a step, and so is that of each group', () => {
    const t = start<FundedState>(env, funded);
    for (const group of [draft, draftLifecycle, draftClosing, draftAnnouncement, draftHost, draftDurability])
      expect(group(t)).toBe(group(t));
    expect(t.state).toStrictEqual(funded);
    expect(draftFailure(start<FailedState>(env, failed))).toStrictEqual(failed.failure);
  });

  it('changes nothing that was seen before', () => {
    const before = structuredClone(funded.lifecycle);
    const t = start<FundedState>(env, funded);
    draftLifecycle(t).createdHeight++;
    draftHost(t).nextEventId++;
    expect(funded.lifecycle).toEqual(before);
    expect(t.state.lifecycle.createdHeight).toBe(before.createdHeight + 1);
    expect(t.state.host.nextEventId).toBe(funded.host.nextEventId + 1);
    expect(t.state.closing).toBe(funded.closing);
  });
});
