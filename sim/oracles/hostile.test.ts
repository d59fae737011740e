import { describe, expect, it } from 'vitest';
import type { ChannelState } from '../../core/channel/model/state.ts';
import { apply } from '../actions/apply.ts';
import { possibleTamperings } from '../violations/tamper.ts';
import { forbiddenCommand, FORBIDDEN_REQUESTS } from '../actions/users/forbidden-requests.ts';
import { fingerprint } from '../world/finding.ts';
import { settle } from '../run/settle.ts';
import type { Action, DriverFactory } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { createHostile } from './hostile.ts';
import { createOracles } from './index.ts';
import { nameOf } from '../world/channel-changes.ts';
import { CALM, FAULTS, runWorld, tampered } from './run.fixture.ts';
import type { Tampering } from './run.fixture.ts';

/** Runs until this tampering is possible at node A, does it, and says what the oracle found. */
function tamperedOnce(message: string, name: string, deviation?: Tampering, more: readonly string[] = []): string | undefined {
  let done = false;
  const between = (world: World): void => {
    if (done) return;
    const action = possibleTamperings(world, 'A-B', 'A').find((possible) => possible.message === message && possible.with === name);
    if (action !== undefined) done = apply(world, action) === 'applied';
  };
  for (let seed = 0; seed < 20; seed++) {
    const { finding } = runWorld({
      seed: `hostile ${seed}`,
      oracles: [createHostile()],
      operations: [...CALM, ...more],
      licences: ['adversary'],
      steps: 200,
      between,
      ...(deviation === undefined ? {} : { driver: deviant(deviation) }),
    });
    if (done) return finding && fingerprint(finding);
  }
  throw new Error(`${message}, ${name} was never possible`);
}

function deviant(deviation: Tampering): DriverFactory {
  return tampered({ nodes: ['A'], ...deviation });
}

const COMPLAINTS = new Set(['error', 'warning']);
const silent: Tampering = {
  effect: (effect) =>
    effect.kind === 'disconnect' || (effect.kind === 'send' && COMPLAINTS.has(nameOf(effect.bytes) ?? '')) ? [] : effect,
};
const deaf: Tampering = { effect: (effect) => (effect.kind === 'disconnect' ? [] : effect) };

describe('hostile: peers', () => {
  it.each([
    ['revoke_and_ack', 'wrong-secret'],
    ['commitment_signed', 'wrong-signature'],
    ['update_add_htlc', 'too-many'],
    ['commitment_signed', 'removal-too-early'],
    ['update_fulfill_htlc', 'wrong-preimage'],
  ])('an honest node answers %s with %s as it should; one that keeps quiet is found', (message, name) => {
    expect(tamperedOnce(message, name)).toBeUndefined();
    expect(tamperedOnce(message, name, silent)).toBe(`hostile/${message}.${name}/swallowed-it`);
  });

  it('an error that waits for channel_reestablish comes, or is found missing', () => {
    const links = ['disconnect', 'connect'];
    expect(tamperedOnce('channel_reestablish', 'number-zero', undefined, links)).toBeUndefined();
    expect(tamperedOnce('channel_reestablish', 'number-zero', silent, links)).toBe('hostile/channel_reestablish.number-zero/swallowed-it');
  });

  it('a node that goes on with a connection that it must end is found', () => {
    expect(tamperedOnce('revoke_and_ack', 'unknown-even-type')).toBeUndefined();
    expect(tamperedOnce('revoke_and_ack', 'unknown-even-type', deaf)).toBe('hostile/other-channels/changed');
  });

  it('a node that answers what it must ignore is found', () => {
    expect(tamperedOnce('revoke_and_ack', 'unknown-odd-type')).toBeUndefined();
    const talkative: Tampering = {
      input: (input) => (input.kind === 'received' && input.bytes[0] === 0xfa ? { ...input, bytes: Uint8Array.of(0xfa, 0xce) } : input),
    };
    expect(tamperedOnce('revoke_and_ack', 'unknown-odd-type', talkative)).toBe('hostile/revoke_and_ack.unknown-odd-type/disconnected');
  });

  it('a node that tells a peer more than what is wrong is found', () => {
    let last: Uint8Array | undefined;
    const leaky: Tampering = {
      effect(effect) {
        if (effect.kind !== 'send') return effect;
        if (nameOf(effect.bytes) === 'channel_ready') last = effect.bytes;
        return nameOf(effect.bytes) === 'error' && last !== undefined ? [{ ...effect, bytes: last }, effect] : effect;
      },
    };
    expect(tamperedOnce('revoke_and_ack', 'wrong-secret', leaky)).toBe('hostile/leak.channel_ready/told-the-peer');
  });

  it('a node whose other state changes, or that cannot enforce its channel any more, is found', () => {
    const without = (state: ChannelState): ChannelState => {
      if (state.phase !== 'failed') return state;
      return { ...state, failure: { ...state.failure, commitmentToBroadcast: undefined } };
    };
    expect(tamperedOnce('revoke_and_ack', 'wrong-secret', { state: without })).toBe('hostile/broadcast/gave-up-its-commitment');
    const robbed = (state: ChannelState): ChannelState => {
      if (state.phase !== 'failed') return state;
      const { shared, params } = state;
      const { base } = shared;
      const balanceMsat = { ...base.balanceMsat, [params.us]: base.balanceMsat[params.us] - 1n };
      const { current, ...next } = shared.commitments[params.us];
      const commitments = { ...shared.commitments, [params.us]: { ...next, current: { ...current } } };
      return { ...state, shared: { ...shared, base: { ...base, balanceMsat }, commitments } };
    };
    expect(tamperedOnce('revoke_and_ack', 'wrong-secret', { state: robbed })).toBe('hostile/balance/lost-money');
  });

  it('a node that lets one channel pay for another is found', () => {
    const twoChannels = ['open'];
    const spread: Tampering = {
      effect: (effect) =>
        effect.kind === 'send' && nameOf(effect.bytes) === 'error'
          ? [
              effect,
              {
                kind: 'notify',
                channelId: 'ee'.repeat(32) as never,
                event: { kind: 'failed', rule: 'channel.force_closed', reason: 'too' },
              },
            ]
          : effect,
    };
    expect(tamperedOnce('revoke_and_ack', 'wrong-secret', spread, twoChannels)).toBe('hostile/other-channels/affected');
  });
});

/** Every invalid command that is possible at some moment, each in a copy of the world. */
function allInvalidCommands(driver?: DriverFactory): { readonly seen: ReadonlySet<string>; readonly found: ReadonlySet<string> } {
  const seen = new Set<string>();
  const found = new Set<string>();
  const between = (world: World, step: number): void => {
    if (step === 150) apply(world, { do: 'shutdown', node: 'B', channel: 'c' });
    if (step === 190) apply(world, { do: 'force_close', node: 'A', channel: 'c' });
    for (const node of world.nodeNames) {
      for (const request of FORBIDDEN_REQUESTS.keys()) {
        const action: Action = { do: 'invalid_command', node, channel: 'c', request };
        if (seen.has(request) || forbiddenCommand(world, action) === undefined) continue;
        const copy = world.fork();
        apply(copy, action);
        if (copy.finding === undefined && driver === undefined) settle(copy);
        if (copy.finding !== undefined) found.add(fingerprint(copy.finding));
        seen.add(request);
      }
    }
  };
  for (let seed = 0; seed < 8; seed++) {
    const oracles = createOracles().filter(({ name }) => driver === undefined || name === 'hostile');
    const operations = seed % 2 === 0 ? CALM : [...CALM, ...FAULTS];
    const few = { config: { maxAcceptedHtlcs: 2 } };
    runWorld({
      seed: `invalidCommand ${seed}`,
      nodes: seed % 4 < 2 ? [] : [few, few],
      oracles,
      operations,
      steps: 200,
      licences: ['force-close'],
      between,
      ...(driver && { driver }),
    });
  }
  return { seen, found };
}

describe('hostile: hosts', () => {
  it('an honest node refuses every forbidden request, and the world settles', () => {
    const { seen, found } = allInvalidCommands();
    // A channel that closes without HTLCs is soon closed.
    const rare = new Set(['pay-before-ready', 'shutdown-to-another-script', 'fee-after-shutdown']);
    expect([...FORBIDDEN_REQUESTS.keys()].filter((request) => !seen.has(request) && !rare.has(request))).toEqual([]);
    expect([...found]).toEqual([]);
  });

  it('a node that obeys is found, and one that refuses but does something', () => {
    const obedient: Tampering = { effect: (effect) => (effect.kind === 'refused' ? [] : effect) };
    expect([...allInvalidCommands(tampered(obedient)).found]).toContain('hostile/update_add_htlc.amount_msat/obeyed');
    const busy: Tampering = {
      effect: (effect) =>
        effect.kind === 'refused' ? [effect, { kind: 'disconnect', peer: `02${'ab'.repeat(32)}` as never, reason: 'annoyed' }] : effect,
    };
    const kinds = [...allInvalidCommands(tampered(busy)).found].map((text) => text.split('/')[2]);
    expect(new Set(kinds)).toEqual(new Set(['refused-yet-acted']));
  });
});
