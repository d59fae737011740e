import { describe, expect, it } from 'vitest';
import type { AddUpdate, FundedState, Update } from '../../core/channel/model/state.ts';
import type { Script } from '../../core/crypto/bytes.ts';
import type { Message, OpenChannel } from '../../core/wire/messages/index.ts';
import { policyOf } from '../scenario/channel-config.ts';
import type { StepRecord } from '../scenario/types.ts';
import { LICENCES } from './licences.ts';
import type { Circumstances, Past } from './licences.ts';
import { messageOf } from '../world/channel-changes.ts';
import { runWorld } from './run.fixture.ts';

/** A quiet channel of two real nodes, and the messages that opened it. */
const DEFAULT_POLICY = policyOf({}, []);
const records: StepRecord[] = [];
const { world } = runWorld({
  seed: 'licences',
  operations: [],
  oracles: [],
  steps: 1,
  onStep: (record) => records.push(record),
  format: 'static_remotekey',
});
const record = records.at(-1) as StepRecord;
const state = world.channelState('B', 'c') as FundedState;
const messages = records.flatMap((r) => (r.input.kind === 'received' ? [messageOf(r.input.bytes)] : []));
const open = messages.find((m) => m?.type === 'open_channel') as OpenChannel;
const accept = messages.find((m) => m?.type === 'accept_channel') as Extract<Message, { type: 'accept_channel' }>;

function circumstances(more: Partial<Circumstances>): Circumstances {
  return {
    outcome: 'failed',
    world,
    record: { ...record, node: 'B' },
    config: DEFAULT_POLICY,
    feeratePerKw: 2500,
    received: undefined,
    before: state,
    waited: DEFAULT_POLICY.answerTimeoutBlocks,
    past: new Set(),
    ...more,
  };
}

function holding(more: Partial<Circumstances>): readonly string[] {
  return LICENCES.filter(({ holds }) => holds(circumstances(more))).map(({ name }) => name);
}

function withLog(side: 'opener' | 'accepter', ...updates: readonly Update[]): FundedState {
  const { shared } = state;
  const cut = { ...shared.commitments.accepter.current.cut };
  cut[side] += updates.length;
  const current = { ...shared.commitments.accepter.current, cut };
  const commitments = { ...shared.commitments, accepter: { current } };
  return { ...state, shared: { ...shared, logs: { ...shared.logs, [side]: updates }, commitments } };
}

function htlc(offerer: 'opener' | 'accepter', amountMsat: bigint, cltvExpiry: number): AddUpdate {
  return {
    kind: 'add',
    offerer,
    id: 99n,
    amountMsat,
    paymentHash: '11'.repeat(32) as AddUpdate['paymentHash'],
    cltvExpiry,
    onion: new Uint8Array(1366),
  };
}

function fee(feeratePerKw: number): Message {
  return { type: 'update_fee', channelId: state.channelId, feeratePerKw };
}

describe('licences', () => {
  it('have names of their own, and none holds of a quiet channel', () => {
    expect(new Set(LICENCES.map(({ name }) => name)).size).toBe(LICENCES.length);
    expect(holding({})).toEqual([]);
    expect(holding({ before: undefined })).toEqual([]);
    expect(holding({ received: fee(2500) })).toEqual([]);
    expect(holding({ received: open, before: undefined })).toEqual([]);
    expect(holding({ received: accept, before: undefined })).toEqual([]);
  });

  it('expired-htlc: from the grace on for what we offered, before the deadline for what we fulfilled', () => {
    const height = world.height('B');
    const grace = DEFAULT_POLICY.htlcGraceBlocks;
    expect(holding({ before: withLog('accepter', htlc('accepter', 5_000_000n, height - grace)) })).toEqual(['expired-htlc']);
    expect(holding({ before: withLog('accepter', htlc('accepter', 5_000_000n, height - grace + 1)) })).toEqual([]);
    // One that the peer offered is the peer's to time out, unless we have fulfilled it.
    const received = withLog('opener', htlc('opener', 5_000_000n, height - 10));
    expect(holding({ before: received })).toEqual([]);
    const fulfilled = {
      ...received.shared.logs,
      accepter: [{ kind: 'fulfill', id: 99n, preimage: '22'.repeat(32) }] as unknown as readonly Update[],
    };
    expect(holding({ before: { ...received, shared: { ...received.shared, logs: fulfilled } } })).toEqual(['expired-htlc']);
  });

  it('feerate-refused: below the floor, or outside of the tolerated ratios', () => {
    for (const feeratePerKw of [252, 624, 25_001]) expect(holding({ received: fee(feeratePerKw) })).toContain('feerate-refused');
    for (const feeratePerKw of [625, 25_000]) expect(holding({ received: fee(feeratePerKw) })).not.toContain('feerate-refused');
    expect(holding({ received: { ...open, feeratePerKw: 60_000 }, before: undefined })).toEqual(['feerate-refused']);
  });

  it('dust-exposure: only a higher feerate that trims too much', () => {
    const before = withLog('opener', htlc('opener', 8_000_000n, 5000));
    const config = { ...DEFAULT_POLICY, maxDustHtlcExposureMsat: 7_999_999n };
    expect(holding({ before, config, received: fee(20_000) })).toEqual(['dust-exposure']);
    expect(holding({ before, config, received: fee(2_600) })).toEqual([]);
    expect(holding({ before, received: fee(20_000) })).toEqual([]);
  });

  it('opening-refused: parameters that the receiver does not take', () => {
    const refused = (edit: Partial<OpenChannel>): boolean =>
      holding({ received: { ...open, ...edit }, before: undefined }).includes('opening-refused');
    expect(refused({})).toBe(false);
    expect(refused({ fundingSat: 19_999n, pushMsat: 0n })).toBe(true);
    expect(refused({ toSelfDelay: 2017 })).toBe(true);
    expect(refused({ maxAcceptedHtlcs: 484 })).toBe(true);
    expect(refused({ maxAcceptedHtlcs: 0 })).toBe(true);
    expect(refused({ dustLimitSat: 353n })).toBe(true);
    expect(refused({ dustLimitSat: 10_001n, channelReserveSat: 20_000n })).toBe(true);
    expect(refused({ channelReserveSat: 353n })).toBe(true);
    expect(refused({ channelReserveSat: 500_001n })).toBe(true);
    expect(refused({ pushMsat: open.fundingSat * 1000n })).toBe(true);
    expect(refused({ chainHash: '00'.repeat(32) as OpenChannel['chainHash'] })).toBe(true);
    expect(refused({ maxHtlcValueInFlightMsat: 0n })).toBe(true);
    expect(holding({ received: { ...accept, minimumDepth: 145 }, before: undefined })).toEqual(['opening-refused']);
  });

  it('closing-unanswered: a closing channel whose peer has owed an answer for as many blocks as the policy says', () => {
    const owedSince = (sinceHeight: number): FundedState => ({
      ...state,
      lifecycle: { ...state.lifecycle, awaited: { message: 'closing_signed', number: 0n, sinceHeight } },
      closing: { ...state.closing, sent: '51' as Script },
    });
    const { answerTimeoutBlocks } = DEFAULT_POLICY;
    const now = world.height('B');
    expect(holding({ before: owedSince(now - answerTimeoutBlocks) })).toEqual(['closing-range', 'closing-unanswered']);
    expect(holding({ before: owedSince(now - answerTimeoutBlocks + 1) })).toEqual([]);
    // Some of them came while the node was down.
    expect(holding({ before: owedSince(now - answerTimeoutBlocks), waited: answerTimeoutBlocks - 1 })).toEqual([]);
    expect(holding({ before: { ...owedSince(now - answerTimeoutBlocks), closing: state.closing } })).toEqual([]);
    expect(holding({ before: state })).toEqual([]);
  });

  it('closing-range: a warning for ranges that do not overlap, and no more', () => {
    const closing = (range: { minFeeSat: bigint; maxFeeSat: bigint }): FundedState => ({
      ...state,
      closing: { ...state.closing, negotiation: { offered: { feeSat: 500n, range } } },
    });
    const received = {
      type: 'closing_signed',
      channelId: state.channelId,
      feeSat: 500n,
      signature: '00'.repeat(64) as never,
      feeRange: { minFeeSat: 400n, maxFeeSat: 600n },
    } as const;
    expect(holding({ outcome: 'warning', received, before: closing({ minFeeSat: 601n, maxFeeSat: 900n }) })).toEqual(['closing-range']);
    expect(holding({ received, before: closing({ minFeeSat: 601n, maxFeeSat: 900n }) })).toEqual([]);
    expect(holding({ outcome: 'warning', received, before: closing({ minFeeSat: 100n, maxFeeSat: 399n }) })).toEqual(['closing-range']);
    expect(holding({ outcome: 'warning', received, before: closing({ minFeeSat: 600n, maxFeeSat: 900n }) })).toEqual([]);
  });

  it('funding-unconfirmed: 2016 blocks without a confirmation', () => {
    const chain = { tip: state.chain.tip, transactions: [] };
    const createdHeight = world.height('B') - 2016;
    const createdAt = (height: number): FundedState => ({ ...state, lifecycle: { ...state.lifecycle, createdHeight: height } });
    expect(holding({ before: { ...createdAt(createdHeight), chain } })).toEqual(['funding-unconfirmed']);
    expect(holding({ before: { ...createdAt(createdHeight + 1), chain } })).toEqual([]);
    expect(holding({ before: createdAt(createdHeight) })).toEqual([]);
  });

  it('opener-short: what both have sent is more than the opener can pay for', () => {
    const spent = htlc('opener', state.shared.base.balanceMsat.opener - 15_000_000n, 5000);
    const before = withLog('opener', spent);
    expect(holding({ before })).toEqual([]);
    expect(holding({ before, received: fee(20_000) })).toEqual(['opener-short']);
  });

  it('the rest follow from what happened before', () => {
    const past = (what: Past): readonly string[] => holding({ past: new Set([what]) });
    expect(past('opening-interrupted')).toEqual(['opening-lost']);
    expect(past('restored-older')).toEqual(['stale-backup']);
    expect(past('force-close-asked')).toEqual(['force-close']);
  });
});
