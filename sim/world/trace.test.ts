import { describe, expect, it } from 'vitest';
import type { Notification } from '../../core/node/node-vocabulary.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { Trace } from './trace.ts';
import type { Action, DriverEffect, StepRecord } from '../scenario/types.ts';
import { ownPayment } from '../../core/channel/model/origin.ts';

const TOLD = { kind: 'preimage', preimage: '00' as never, settles: [] } as const;

const crypto = createFakeCrypto();
const channelId = 'ab'.repeat(32) as never;
const peer = `02${'cd'.repeat(32)}` as never;

function digest(...items: readonly (Action | StepRecord)[]): string {
  const trace = new Trace();
  for (const item of items) {
    if ('do' in item) trace.action(item, 0);
    else trace.step(item);
  }
  return trace.digest(crypto);
}
function step(effects: readonly DriverEffect[], change: Partial<StepRecord> = {}): StepRecord {
  return { index: 0, timeMs: 5, node: 'A', input: { kind: 'feerate', feeratePerKw: 1 }, effects, ...change };
}

describe('the trace hash', () => {
  it('has the same value everywhere', () => {
    const pay: Action = { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '1', cltvDelta: 9 };
    expect(digest(pay, step([{ kind: 'send', peer, bytes: Uint8Array.of(1, 2, 3, 4, 5) }]))).toBe(
      '82475c1fb11ad92b932519ec317decd91eee303a748e024f2331314d039b80a7',
    );
  });

  it('does not depend on the order in which a file names the fields of an action', () => {
    const a: Action = { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '1', cltvDelta: 9 };
    const b: Action = { cltvDelta: 9, amountMsat: '1', channel: 'c1', from: 'A', as: 'p1', do: 'pay' };
    expect(digest(a)).toBe(digest(b));
  });

  it('notices every difference between actions', () => {
    const actions: readonly Action[] = [
      { do: 'deliver', link: 'A-B', to: 'A', message: 'init' },
      { do: 'deliver', link: 'A-B', to: 'B', message: 'init' },
      { do: 'deliver', link: 'A-B', to: 'B', message: 'ping' },
      { do: 'deliver', link: 'A-C', to: 'B', message: 'ping' },
      { do: 'stored', node: 'A', channel: 'c1', sink: 'state', which: 0 },
      { do: 'stored', node: 'A', channel: 'c1', sink: 'state', which: 1 },
      { do: 'stored', node: 'A', channel: 'c1', sink: 'w', which: 0 },
      { do: 'stored', node: 'A', channel: 'c2', sink: 'state', which: 0 },
      { do: 'stored', node: 'B', channel: 'c1', sink: 'state', which: 0 },
      { do: 'crash', node: 'A' },
      { do: 'crash', node: 'A', survive: 0 },
      { do: 'custom', operation: 'acme/x', args: { a: true } },
      { do: 'custom', operation: 'acme/x', args: { a: false } },
      { do: 'custom', operation: 'acme/x', args: { a: ['1'] } },
    ];
    expect(new Set(actions.map((action) => digest(action))).size).toBe(actions.length);
    expect(digest(...actions)).not.toBe(digest(...actions.toReversed()));
  });

  it('notices every difference between steps', () => {
    const bytes = Uint8Array.from({ length: 9 }, (_, i) => i);
    const changed = bytes.map((byte, i) => (i === 8 ? byte + 1 : byte));
    const tx = { version: 2, locktime: 0, inputs: [], outputs: [{ amountSat: 1n, script: '00' as never }] };
    const told = (event: Notification): StepRecord => step([{ kind: 'notify', channelId, event }]);
    const add = { kind: 'add', offerer: 'opener', id: 1n, amountMsat: 5n, paymentHash: peer, cltvExpiry: 9, onion: bytes } as const;
    const failed = { kind: 'payment_failed', origin: ownPayment('01'), paymentHash: peer } as const;
    const steps: readonly StepRecord[] = [
      step([]),
      step([], { node: 'B' }),
      step([], { timeMs: 6 }),
      step([], { timeMs: 6 + 2 ** 33 }),
      step([], { input: { kind: 'crash' } }),
      step([{ kind: 'send', peer, bytes }]),
      step([{ kind: 'send', peer, bytes: changed }]),
      step([{ kind: 'send', peer, bytes: bytes.subarray(0, 8) }]),
      step([{ kind: 'store', channelId, version: 1, state: {} as never }]),
      step([{ kind: 'store', channelId, version: 2, state: {} as never }]),
      step([{ kind: 'monitor', watcher: 'w', channelId, id: 1, update: TOLD, after: [] }]),
      step([{ kind: 'monitor', watcher: 'v', channelId, id: 1, update: TOLD, after: [] }]),
      step([{ kind: 'monitor', watcher: 'w', channelId, id: 2, update: TOLD, after: [] }]),
      step([{ kind: 'monitor', watcher: 'w', channelId, id: 1, update: { kind: 'secret', number: 1n, secret: '00' as never }, after: [] }]),
      step([{ kind: 'broadcast', tx, channelId, purpose: 'funding' }]),
      step([{ kind: 'broadcast', tx, channelId, purpose: 'closing' }]),
      step([{ kind: 'broadcast', tx: { ...tx, locktime: 1 }, channelId, purpose: 'closing' }]),
      told({ kind: 'failed', rule: 'channel.data_loss', reason: 'a' }),
      told({ kind: 'failed', rule: 'channel.force_closed', reason: 'a' }),
      told({ kind: 'failed', rule: 'channel.data_loss', reason: 'b' }),
      told({ kind: 'forgotten', peer, rule: 'channel.data_loss', reason: 'b' }),
      told({ kind: 'forgotten', peer, rule: 'channel.given_up', reason: 'b' }),
      told({ kind: 'opened', peer, temporaryChannelId: channelId }),
      told({ kind: 'event', id: 1, event: { kind: 'channel_usable' } }),
      told({ kind: 'event', id: 2, event: { kind: 'channel_usable' } }),
      told({ kind: 'event', id: 2, event: { kind: 'channel_closed', closingTxid: peer } }),
      told({ kind: 'event', id: 2, event: { kind: 'channel_closed', closingTxid: channelId } }),
      told({ kind: 'event', id: 2, event: failed }),
      told({ kind: 'event', id: 2, event: { ...failed, origin: ownPayment('02') } }),
      told({ kind: 'event', id: 2, event: { ...failed, kind: 'payment_sent', preimage: peer } }),
      told({ kind: 'htlc_received', add }),
      told({ kind: 'htlc_received', add: { ...add, id: 2n } }),
      told({ kind: 'htlc_received', add: { ...add, amountMsat: 6n } }),
      told({ kind: 'htlc_failed', add, rule: 'update_fulfill_htlc.dust', reason: '' }),
      told({ kind: 'htlc_failed', add, rule: 'update_fulfill_htlc.deadline', reason: '' }),
      step([{ kind: 'refused', command: 'add', rule: 'channel.over', detail: 'd' }]),
      step([{ kind: 'refused', command: 'fee', rule: 'channel.over', detail: 'd' }]),
      step([{ kind: 'violated', peer, channelId, rule: 'init.twice', detail: 'd' }]),
      step([{ kind: 'violated', peer, channelId, rule: 'init.networks', detail: 'd' }]),
      step([{ kind: 'violated', peer, channelId: undefined, rule: 'init.twice', detail: 'd' }]),
    ];
    expect(new Set(steps.map((one) => digest(one))).size).toBe(steps.length);
  });

  it('tells its listener all that it hashes, and continues from a copy', () => {
    const heard: unknown[] = [];
    const trace = new Trace({ action: (action, index) => heard.push([index, action.do]), step: ({ node }) => heard.push(node) });
    trace.action({ do: 'wait', ms: 1 }, 'settle');
    trace.step(step([]));
    expect(heard).toEqual([['settle', 'wait'], 'A']);
    const copy = new Trace(undefined, trace);
    for (const one of [trace, copy]) one.step(step([]));
    expect(copy.digest(crypto)).toBe(trace.digest(crypto));
  });
});
