import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Script } from '../crypto/bytes.ts';
import type { Side } from '../transactions/types.ts';
import type { ChannelMessage, Message } from '../wire/messages/index.ts';
import { channelStep, MAX_UNSIGNED_UPDATES } from './channel.ts';
import { at, input as blockInput, read } from '../chain/chain.fixture.ts';
import { bytes32, complaint, Duo, kinds, NODE_ID, P2WPKH_A, TEMPORARY_ID } from './duo.fixture.ts';
import type { ChannelCommand, ChannelInput } from './model/channel-vocabulary.ts';
import type { ChannelState } from './model/state.ts';
import { add, expectHungUp, expectQuiet, fail, fee, fulfill, ONION, refusalOf, secretOf } from './updates.fixture.ts';
import { ownPayment } from './model/origin.ts';

const keysId = bytes32(2);

function every(): readonly ChannelCommand[] {
  const channelId = TEMPORARY_ID;
  const tx = { version: 2, locktime: 0, inputs: [], outputs: [] };
  return [
    { kind: 'accept', peer: NODE_ID.opener, channelId, keysId },
    { kind: 'reject', peer: NODE_ID.opener, channelId, reason: 'no' },
    { kind: 'fund', peer: NODE_ID.opener, channelId, tx },
    { kind: 'add', channelId, origin: ownPayment('01'), amountMsat: 1n, paymentHash: bytes32(1), cltvExpiry: 1, onion: ONION },
    { kind: 'fulfill', channelId, id: 9n, preimage: secretOf(1).preimage },
    { kind: 'fail', channelId, id: 9n, reason: '' },
    { kind: 'fail_malformed', channelId, id: 9n, sha256OfOnion: bytes32(1), failureCode: 0x8000 },
    { kind: 'fee', channelId, feeratePerKw: 1 },
    { kind: 'commit', channelId },
    { kind: 'shutdown', channelId, script: '' as Script },
  ];
}

describe('a refused command', () => {
  it('leaves the very same state in every phase, and says which command and why', () => {
    const opening = new Duo();
    opening.deliver('opener');
    const funded = new Duo().open();
    const failed = new Duo().open();
    failed.command('opener', { kind: 'force_close', channelId: failed.channelId });
    const refusing: readonly [string, Duo, Side, readonly string[]][] = [
      ['opening', opening, 'opener', ['accept', 'reject', 'fund']],
      ['opening', opening, 'accepter', ['fund']],
      ['funded', funded, 'opener', ['accept', 'reject', 'fund']],
      ['failed', failed, 'opener', ['accept', 'reject', 'fund']],
    ];
    for (const [phase, duo, side, always] of refusing) {
      const before = duo.ends[side].state;
      expect(before.phase).toBe(phase);
      for (const command of every()) {
        const early = command.kind === 'accept' || command.kind === 'reject' || command.kind === 'fund';
        if (early && !always.includes(command.kind)) continue;
        const effects = duo.command(side, command);
        expect(effects).toMatchObject([{ kind: 'refused', command: command.kind }]);
        expect(duo.ends[side].state).toBe(before);
      }
    }
  });

  it('says why an opening, a funded and a failed channel take none', () => {
    const duo = new Duo();
    const refused = (command: ChannelCommand) => duo.command('opener', command)[0];
    const channelId = TEMPORARY_ID;
    expect(refused({ kind: 'commit', channelId })).toMatchObject({ rule: 'channel.not_open_yet', detail: 'the channel is not open yet' });
    duo.open();
    expect(refused({ kind: 'reject', peer: NODE_ID.opener, channelId, reason: '' })).toMatchObject({
      rule: 'channel.funded_already',
      detail: 'the channel is funded already',
    });
    expect(refused({ kind: 'force_close', channelId })).toMatchObject({ kind: 'send' });
    expect(refused({ kind: 'commit', channelId })).toMatchObject({ rule: 'channel.over', detail: 'the channel is closed' });
  });
});

describe('what follows a step', () => {
  it('is a signature, unless the host wants to say when', () => {
    const auto = new Duo().open();
    expect(kinds(add(auto, 'opener', 1))).toEqual(['update_add_htlc', 'added', 'store', 'monitor', 'commitment_signed']);
    // While a revocation is owed updates gather, and are signed together when it comes.
    expect(kinds(add(auto, 'opener', 2))).toEqual(['update_add_htlc', 'added']);
    expect(kinds(add(auto, 'opener', 3))).toEqual(['update_add_htlc', 'added']);
    const types = auto.exchange();
    expect(types.filter((type) => type === 'opener commitment_signed')).toHaveLength(2);
    expectQuiet(auto);
    const manual = new Duo({ opener: { commit: 'manual' } }).open();
    expect(kinds(add(manual, 'opener', 1))).toEqual(['update_add_htlc', 'added']);
  });

  it('is a shutdown that had to wait', () => {
    const duo = new Duo({ opener: { commit: 'manual' } }).open();
    add(duo, 'opener', 1);
    expect(kinds(duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A }))).toEqual(['store']);
    expect(kinds(duo.command('opener', { kind: 'commit', channelId: duo.channelId })).slice(-2)).toEqual(['commitment_signed', 'shutdown']);
  });

  it('is nothing while the peer is away', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    duo.input('accepter', { kind: 'disconnected' });
    expect(kinds(fail(duo, 'accepter', 0n))).toEqual([]);
    expect(kinds(duo.input('accepter', { kind: 'connected' }))).toEqual(['channel_reestablish']);
    expect(duo.funded('accepter').shared.commitments.opener.next).toBeUndefined();
  });
});

describe('messages at the wrong time', () => {
  it('updates before channel_ready was exchanged end the connection, from whichever side it is missing', () => {
    const messages = (duo: Duo): readonly Message[] => [
      { type: 'update_fee', channelId: duo.channelId, feeratePerKw: 2500 },
      { type: 'update_fail_htlc', channelId: duo.channelId, id: 0n, reason: '' },
    ];
    for (const which of [0, 1]) {
      const duo = new Duo();
      const tx = duo.fund();
      const message = messages(duo)[which] as Message;
      duo.block([tx]);
      duo.block([], 2);
      // Ours is sent, the peer's has not come.
      expect(duo.funded('accepter')).toMatchObject({ lifecycle: { readySent: true, readyReceived: false } });
      expectHungUp(duo, 'accepter', message, 'channel.before_ready');
    }
    const early = new Duo();
    early.fund();
    const message = messages(early)[0] as Message;
    early.message('accepter', { type: 'channel_ready', channelId: early.channelId, secondPerCommitmentPoint: NODE_ID.opener });
    expect(early.funded('accepter')).toMatchObject({ lifecycle: { readySent: false, readyReceived: true } });
    expectHungUp(early, 'accepter', message, 'channel.before_ready');
  });

  it('of the opening that come again are warned about, and change nothing', () => {
    for (const type of ['accept_channel', 'funding_created', 'funding_signed'] as const) {
      const duo = new Duo().open();
      const before = duo.ends.opener.state;
      expect(complaint(duo.message('opener', { type } as Message))).toBe(
        `warning channel.funded_already: ${type}: the channel is funded already`,
      );
      expect(duo.ends.opener.state).toBe(before);
    }
  });

  it('of a feature that was not negotiated are warned about, and change nothing', () => {
    const duo = new Duo().open();
    const before = duo.ends.opener.state;
    const effects = duo.message('opener', { type: 'stfu', channelId: duo.channelId, initiator: 1 } as unknown as Message);
    expect(kinds(effects)).toEqual(['warning']);
    expect(complaint(effects)).toBe('warning channel.not_negotiated: stfu belongs to a feature that was not negotiated');
    expect(effects[1]).toMatchObject({ peer: NODE_ID.accepter, message: { channelId: duo.channelId } });
    expect(duo.ends.opener.state).toBe(before);
  });

  it('end an opening with an error for its temporary id', () => {
    const duo = new Duo();
    const effects = duo.message('opener', { type: 'shutdown', channelId: TEMPORARY_ID, scriptPubkey: P2WPKH_A });
    expect(kinds(effects)).toEqual(['error', 'notify']);
    expect(effects[1]).toMatchObject({ message: { channelId: TEMPORARY_ID } });
    expect(complaint(effects)).toBe('error channel.not_opening: shutdown does not belong to the opening of a channel');
    expect(duo.ends.opener.state).toMatchObject({ phase: 'forgotten' });
  });

  it('are nothing to a channel that is forgotten', () => {
    const state: ChannelState = { phase: 'forgotten', rule: 'channel.given_up', reason: 'gone' };
    const { env } = new Duo().ends.opener;
    const inputs: readonly ChannelInput[] = [
      { kind: 'message', message: { type: 'shutdown', channelId: TEMPORARY_ID, scriptPubkey: P2WPKH_A } },
      { kind: 'connected' },
      { kind: 'peer_error', data: '' },
    ];
    for (const input of inputs) expect(channelStep(env, state, input)).toEqual({ state, effects: [] });
  });
});

describe('MAX_UNSIGNED_UPDATES', () => {
  it('bounds what a peer can make us remember between two of its signatures', () => {
    const duo = new Duo().open();
    const { channelId } = duo;
    const message: Message = { type: 'update_fee', channelId, feeratePerKw: 2500 };
    for (let i = 0; i < MAX_UNSIGNED_UPDATES; i++) duo.message('accepter', message);
    expect(duo.funded('accepter').shared.logs.opener).toHaveLength(MAX_UNSIGNED_UPDATES);
    expectHungUp(duo, 'accepter', message, 'channel.unsigned_updates');
  });

  it('starts again with every signature', () => {
    const duo = new Duo({ opener: { commit: 'manual' } }).open();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1200; i++) fee(duo, 2500);
      duo.command('opener', { kind: 'commit', channelId: duo.channelId });
      duo.exchange();
      expect(duo.ends.accepter.state.phase).toBe('funded');
    }
  });
});

describe('bookkeeping', () => {
  it('a watcher’s acknowledgement is of one update and one watcher', () => {
    const duo = new Duo({ opener: { watchers: ['near', 'far'] } }).open();
    const before = duo.funded('opener').durability.pendingMonitor;
    const [first, second] = before;
    if (first === undefined || second === undefined) throw new Error('nothing to acknowledge');
    duo.input('opener', { kind: 'monitor_stored', watcher: 'far', id: second.id });
    expect(duo.funded('opener').durability.pendingMonitor).toEqual([first, { ...second, waiting: ['near'] }, ...before.slice(2)]);
    duo.input('opener', { kind: 'monitor_stored', watcher: 'near', id: second.id });
    expect(duo.funded('opener').durability.pendingMonitor).toEqual([first, ...before.slice(2)]);
    duo.input('opener', { kind: 'monitor_stored', watcher: 'nobody', id: first.id });
    expect(duo.funded('opener').durability.pendingMonitor).toEqual([first, ...before.slice(2)]);
  });

  it('an event stays until it is acknowledged', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    duo.exchange();
    fulfill(duo, 'accepter', 0n, 1);
    duo.exchange();
    expect(duo.funded('opener').host.events.map(({ id }) => id)).toEqual([1, 2]);
    const acknowledge = (eventId: number) => duo.command('opener', { kind: 'acknowledge', channelId: duo.channelId, eventId });
    expect(refusalOf(acknowledge(2))).toBeUndefined();
    expect(duo.funded('opener').host.events.map(({ id, event }) => [id, event.kind])).toEqual([[1, 'channel_usable']]);
    acknowledge(2);
    expect(duo.funded('opener').host.events).toHaveLength(1);
    acknowledge(1);
    expect(duo.funded('opener').host.events).toEqual([]);
  });

  it('reaches an opening with nothing', () => {
    const duo = new Duo();
    const before = duo.ends.opener.state;
    for (const input of [
      { kind: 'connected' },
      read(blockInput(at(100), at(101))),
      { kind: 'monitor_stored', watcher: 'x', id: 1 },
    ] as const) {
      expect(duo.input('opener', input)).toEqual([]);
      expect(duo.ends.opener.state).toBe(before);
    }
  });

  it('ends an opening when the connection is lost, the peer errs, or its host gives up', () => {
    const lost = new Duo();
    expect(lost.input('opener', { kind: 'disconnected' })).toMatchObject([
      { kind: 'notify', event: { kind: 'forgotten', reason: 'the connection was lost before the channel was funded' } },
    ]);
    const refused = new Duo();
    expect(refused.input('opener', { kind: 'peer_error', data: '' })).toMatchObject([
      { kind: 'notify', event: { kind: 'forgotten', reason: 'the peer sent an error' } },
    ]);
    const given = new Duo();
    const effects = given.command('opener', { kind: 'force_close', channelId: TEMPORARY_ID });
    expect(complaint(effects)).toBe('error channel.given_up: given up by the host');
  });
});

/** States from the life of a channel, for messages that come at any time. */
function lives(): readonly { readonly side: Side; readonly duo: Duo }[] {
  const at = (steps: (duo: Duo) => void, options: ConstructorParameters<typeof Duo>[0] = {}) => {
    const make = (): Duo => {
      const duo = new Duo(options);
      steps(duo);
      return duo;
    };
    return (['opener', 'accepter'] as const).map((side) => ({ side, duo: make() }));
  };
  const busy = (duo: Duo): void => {
    duo.open();
    add(duo, 'opener', 1);
    add(duo, 'accepter', 2);
    duo.exchange();
    add(duo, 'opener', 3);
    fulfill(duo, 'accepter', 0n, 1);
    fee(duo, 2600);
    duo.deliver('opener');
    duo.deliver('accepter');
  };
  return [
    ...at(() => undefined),
    ...at((duo) => duo.exchange()),
    ...at((duo) => void duo.negotiate()),
    ...at((duo) => void duo.fund()),
    ...at((duo) => void duo.open()),
    ...at(busy),
    ...at(busy, { command: { format: 'static_remotekey' } }),
    ...at((duo) => {
      busy(duo);
      duo.reconnect();
    }),
    ...at((duo) => {
      busy(duo);
      duo.reconnect();
      duo.deliver('opener');
    }),
    ...at((duo) => {
      busy(duo);
      duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
      duo.deliver('opener');
    }),
    ...at((duo) => {
      duo.open();
      duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
      duo.exchange();
    }),
    ...at((duo) => {
      busy(duo);
      for (const side of ['opener', 'accepter'] as const) duo.command(side, { kind: 'force_close', channelId: duo.funded(side).channelId });
    }),
  ];
}

/** All messages that two honest ends sent in those lives. */
function vocabulary(): readonly Message[] {
  const heard: Message[] = [];
  for (const { duo } of lives()) {
    for (const side of ['opener', 'accepter'] as const) {
      for (const effect of duo.ends[side].log) if (effect.kind === 'send') heard.push(effect.message);
    }
  }
  return heard;
}

describe('a message that comes at any time, changed in any way', () => {
  const states = lives();
  const messages = vocabulary();
  const values = fc.oneof(fc.bigInt(0n, (1n << 64n) - 1n), fc.constantFrom(0n, 1n, 2n, 3n, (1n << 48n) - 1n, 1n << 48n, (1n << 64n) - 1n));

  /** Another value of the same type for one field: what a decoder could have read. */
  function changed(message: Message, field: number, n: bigint, digit: number): Message {
    const keys = Object.keys(message).filter((key) => key !== 'type' && key !== 'channelId' && key !== 'temporaryChannelId');
    const key = keys[field % Math.max(1, keys.length)];
    if (key === undefined) return message;
    const value = (message as unknown as Record<string, unknown>)[key];
    const flip = (hex: string): string => {
      if (hex.length === 0) return hex;
      const at = digit % hex.length;
      return hex.slice(0, at) + (parseInt(hex.charAt(at), 16) ^ (1 + (digit % 15))).toString(16) + hex.slice(at + 1);
    };
    if (typeof value === 'bigint') return { ...message, [key]: n } as Message;
    if (typeof value === 'number') return { ...message, [key]: Number(n % 0x1_0000n) } as Message;
    if (typeof value === 'string') return { ...message, [key]: flip(value) } as Message;
    if (Array.isArray(value)) return { ...message, [key]: value.slice(1) } as Message;
    return message;
  }

  it('never throws, whatever came before', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(
        fc.nat(states.length - 1),
        fc.array(fc.tuple(fc.nat(messages.length - 1), fc.boolean(), fc.nat(20), values, fc.nat(10_000)), { minLength: 1, maxLength: 12 }),
        (which, script) => {
          const { side, duo } = states[which] as (typeof states)[number];
          const { env } = duo.ends[side];
          let { state } = duo.ends[side];
          let { height } = env.tip;
          for (const [index, change, field, n, digit] of script) {
            const heard = messages[index] as Message;
            const message = change ? changed(heard, field, n, digit) : heard;
            const step = channelStep({ ...env, tip: at(height) }, state, { kind: 'message', message: message as ChannelMessage });
            for (const effect of step.effects) outcomes.add(effect.kind === 'send' ? effect.message.type : effect.kind);
            const news = read(blockInput(at(height), at(height + 1)));
            ({ state } = channelStep({ ...env, tip: at(++height) }, step.state, news));
          }
        },
      ),
      { seed: 11, numRuns: 4000 },
    );
    for (const kind of ['error', 'warning', 'disconnect', 'revoke_and_ack', 'commitment_signed', 'shutdown', 'broadcast', 'notify']) {
      expect(outcomes).toContain(kind);
    }
  });
});
