import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../crypto/bytes.ts';
import type { UpdateAddHtlc } from '../../wire/messages/index.ts';
import type { Side } from '../../transactions/types.ts';
import { addMessage, faultOfPeer, peerViews } from './update-add-htlc.ts';
import { append } from '../model/contents.ts';
import { Duo, kinds, P2WPKH_A, P2WPKH_B } from '../duo.fixture.ts';
import type { ChannelConfig } from '../model/channel-vocabulary.ts';
import type { SharedState } from '../model/state.ts';
import {
  add,
  addCommand,
  expectHungUp,
  expectQuiet,
  expectRefused,
  htlc,
  messages,
  ONION,
  refusalOf,
  secretOf,
} from '../updates.fixture.ts';
import { onlyFunding } from '../model/fundings.ts';
import { ownPayment } from '../model/origin.ts';

function taken(duo: Duo, side: Side, n: number, changes: Parameters<typeof add>[3] = {}): void {
  expect(refusalOf(add(duo, side, n, changes))).toBeUndefined();
  expect(duo.funded(side).host.offered.at(-1)).toEqual({
    id: expect.anything() as bigint,
    origin: ownPayment(n.toString(16).padStart(2, '0')),
    preimage: undefined,
  });
}

function addOf(duo: Duo, changes: Partial<UpdateAddHtlc> = {}): UpdateAddHtlc {
  return {
    type: 'update_add_htlc',
    channelId: duo.channelId,
    id: 0n,
    amountMsat: 50_000_000n,
    paymentHash: secretOf(1).paymentHash,
    cltvExpiry: 300,
    onionRoutingPacket: ONION,
    ...changes,
  };
}

/** A message that is taken into the peer's log as it is. */
function accepted(duo: Duo, side: Side, message: UpdateAddHtlc): void {
  expect(duo.message(side, message)).toEqual([]);
  const { shared, params } = duo.funded(side);
  const { id, amountMsat, paymentHash, cltvExpiry } = message;
  const offerer = params.us === 'opener' ? 'accepter' : 'opener';
  expect(shared.logs[offerer].at(-1)).toMatchObject({ kind: 'add', offerer, id, amountMsat, paymentHash, cltvExpiry, onion: ONION });
}

/** Channels of 1,000,000 sat with anchors at 2500 per kw, 700,000 with the opener; each side keeps a reserve of 10,000 sat. */
const manual: Partial<ChannelConfig> = { commit: 'manual' };

describe('the command add', () => {
  it('appends to our log, sends the same, and counts ids up from 0', () => {
    const duo = new Duo({ opener: manual }).open();
    const [first, second] = [add(duo, 'opener', 1), add(duo, 'opener', 2, { amountMsat: 7_000_000n, cltvExpiry: 400 })];
    expect(messages(first)).toEqual([addOf(duo)]);
    expect(messages(second)).toEqual([
      addOf(duo, { id: 1n, amountMsat: 7_000_000n, cltvExpiry: 400, paymentHash: secretOf(2).paymentHash }),
    ]);
    expect(duo.funded('opener')).toMatchObject({
      host: {
        offered: [
          { id: 0n, origin: ownPayment('01'), preimage: undefined },
          { id: 1n, origin: ownPayment('02'), preimage: undefined },
        ],
      },
      shared: { logs: { opener: [{ id: 0n }, { id: 1n, amountMsat: 7_000_000n }], accepter: [] } },
    });
  });

  it('keeps the path key in the message', () => {
    const duo = new Duo().open();
    const pathKey = ('02' + '11'.repeat(32)) as PublicKey;
    expect(addMessage(duo.funded('opener'), htlc('opener', 4n, 9n, { pathKey }))).toMatchObject({ id: 4n, amountMsat: 9n, pathKey });
    expect('pathKey' in addMessage(duo.funded('opener'), htlc('opener', 4n, 9n))).toBe(false);
  });

  it.each(['opener', 'accepter'] as const)('is dust by the limit of either side, here of the %s', (side) => {
    const limited = { [side]: { dustLimitSat: 1000n } };
    const duo = new Duo({ ...limited, opener: { ...limited['opener'], maxDustHtlcExposureMsat: 0n } }).open();
    expectRefused(duo, 'opener', addCommand(duo, 1, { amountMsat: 999_999n }), 'update_add_htlc.max_dust_htlc_exposure_msat');
    expect(refusalOf(add(duo, 'opener', 1, { amountMsat: 1_000_000n }))).toBeUndefined();
    const roomy = new Duo({ ...limited, opener: { ...limited['opener'], maxDustHtlcExposureMsat: 999_999n } }).open();
    expect(refusalOf(add(roomy, 'opener', 1, { amountMsat: 999_999n }))).toBeUndefined();
    expectRefused(roomy, 'opener', addCommand(roomy, 2, { amountMsat: 1n }), 'update_add_htlc.max_dust_htlc_exposure_msat');
  });

  it('is refused where no message could carry it', () => {
    const duo = new Duo().open();
    for (const length of [0, 1365, 1367])
      expectRefused(duo, 'opener', addCommand(duo, 1, { onion: new Uint8Array(length) }), 'update_add_htlc.onion_routing_packet');
    for (const cltvExpiry of [200.5, NaN]) expectRefused(duo, 'opener', addCommand(duo, 1, { cltvExpiry }), 'update_add_htlc.cltv_expiry');
  });

  it('is refused without connection, before channel_ready, and once the channel is closing', () => {
    const early = new Duo();
    early.fund();
    expectRefused(early, 'opener', addCommand(early, 1), 'channel.before_ready');
    const lost = new Duo().open();
    lost.input('opener', { kind: 'disconnected' });
    expectRefused(lost, 'opener', addCommand(lost, 1), 'channel.not_connected');
    lost.input('opener', { kind: 'connected' });
    expectRefused(lost, 'opener', addCommand(lost, 1), 'channel.reestablishing');
    for (const closer of ['opener', 'accepter'] as const) {
      const duo = new Duo().open();
      taken(duo, 'opener', 1);
      duo.exchange();
      duo.command(closer, { kind: 'shutdown', channelId: duo.channelId, script: closer === 'opener' ? P2WPKH_A : P2WPKH_B });
      expectRefused(duo, closer, addCommand(duo, 2), 'update_add_htlc.after_shutdown');
      duo.exchange();
      expectRefused(duo, 'opener', addCommand(duo, 2), 'update_add_htlc.after_shutdown');
      expectRefused(duo, 'accepter', addCommand(duo, 2), 'update_add_htlc.after_shutdown');
    }
  });

  it('is refused while a shutdown waits for our updates to be signed', () => {
    const duo = new Duo({ opener: manual }).open();
    taken(duo, 'opener', 1);
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    expect(duo.funded('opener').closing.sent).toBeUndefined();
    expectRefused(duo, 'opener', addCommand(duo, 2), 'update_add_htlc.after_shutdown');
  });

  it('takes an id of a payment of at most 32 bytes', () => {
    const duo = new Duo().open();
    expectRefused(duo, 'opener', addCommand(duo, 1, { origin: ownPayment('ab'.repeat(33)) }), 'update_add_htlc.payment_id');
    expect(refusalOf(add(duo, 'opener', 1, { origin: ownPayment('ab'.repeat(32)) }))).toBeUndefined();
  });

  it('takes amounts from the receiver’s htlc_minimum_msat on, and more than 0', () => {
    const duo = new Duo({ accepter: { htlcMinimumMsat: 5000n }, opener: { htlcMinimumMsat: 9000n } }).open();
    expectRefused(duo, 'opener', addCommand(duo, 1, { amountMsat: 4999n }), 'update_add_htlc.htlc_minimum_msat');
    taken(duo, 'opener', 1, { amountMsat: 5000n });
    expectRefused(duo, 'accepter', addCommand(duo, 1, { amountMsat: 8999n }), 'update_add_htlc.htlc_minimum_msat');
    const zero = new Duo({ accepter: { htlcMinimumMsat: 0n } }).open();
    expectRefused(zero, 'opener', addCommand(zero, 1, { amountMsat: 0n }), 'update_add_htlc.amount_msat');
    taken(zero, 'opener', 1, { amountMsat: 1n });
  });

  it('takes expiries after the height, within maxCltvAhead, below 500000000', () => {
    const duo = new Duo().open();
    const { height } = duo.ends.opener.env.tip;
    expectRefused(duo, 'opener', addCommand(duo, 1, { cltvExpiry: height }), 'update_add_htlc.expiry_reached');
    taken(duo, 'opener', 1, { cltvExpiry: height + 1 });
    taken(duo, 'opener', 2, { cltvExpiry: height + 2016 });
    expectRefused(duo, 'opener', addCommand(duo, 3, { cltvExpiry: height + 2017 }), 'update_add_htlc.expiry_too_far');
    const far = new Duo({ opener: { maxCltvAhead: 1_000_000_000 } }).open();
    expectRefused(far, 'opener', addCommand(far, 1, { cltvExpiry: 500_000_000 }), 'update_add_htlc.cltv_expiry');
    taken(far, 'opener', 1, { cltvExpiry: 499_999_999 });
  });

  it('keeps the receiver’s max_accepted_htlcs and max_htlc_value_in_flight_msat', () => {
    const count = new Duo({ accepter: { maxAcceptedHtlcs: 2 }, opener: { maxAcceptedHtlcs: 1 } }).open();
    taken(count, 'opener', 1);
    taken(count, 'opener', 2);
    expectRefused(count, 'opener', addCommand(count, 3), 'update_add_htlc.max_accepted_htlcs');
    taken(count, 'accepter', 4);
    expectRefused(count, 'accepter', addCommand(count, 5), 'update_add_htlc.max_accepted_htlcs');
    const value = new Duo({ accepter: { maxHtlcValueInFlightMsat: 90_000_000n } }).open();
    taken(value, 'opener', 1);
    expectRefused(value, 'opener', addCommand(value, 2, { amountMsat: 40_000_001n }), 'update_add_htlc.max_htlc_value_in_flight_msat');
    taken(value, 'opener', 2, { amountMsat: 40_000_000n });
  });

  // Fee of the commitment at 2500 with one HTLC 3240 sat, at 5000 with two 7340 sat; anchors 660 sat.
  it.each([
    [2, 682_000_000n],
    [1, 685_670_000n],
    [0, 686_100_000n],
  ])('of the opener leaves reserve, fees and anchors, with one more HTLC at %i times the feerate', (feeSpikeMultiple, most) => {
    const duo = new Duo({ opener: { feeSpikeMultiple } }).open();
    expectRefused(duo, 'opener', addCommand(duo, 1, { amountMsat: most + 1n }), 'update_add_htlc.channel_reserve_satoshis');
    taken(duo, 'opener', 1, { amountMsat: most });
    duo.exchange();
    expectQuiet(duo);
  });

  it('of the opener counts what the accepter’s dust limit leaves untrimmed, and its own', () => {
    // The offered HTLC is untrimmed on one side only: it costs all the same.
    const amountMsat = 400_000n;
    for (const [own, theirs] of [
      [354n, 1000n],
      [1000n, 354n],
    ] as const) {
      // Balances and reserves leave 3900 sat and what is offered.
      const options = { opener: { dustLimitSat: own, feeSpikeMultiple: 0 }, accepter: { dustLimitSat: theirs } };
      const exact = new Duo({ ...options, command: { pushMsat: 985_700_000n } }).open();
      taken(exact, 'opener', 1, { amountMsat });
      const short = new Duo({ ...options, command: { pushMsat: 985_700_001n } }).open();
      expectRefused(short, 'opener', addCommand(short, 1, { amountMsat }), 'update_add_htlc.channel_reserve_satoshis');
    }
  });

  it('of the accepter leaves its reserve, and the opener its own with the fee for one more HTLC', () => {
    const duo = new Duo().open();
    expectRefused(duo, 'accepter', addCommand(duo, 1, { amountMsat: 290_000_001n }), 'update_add_htlc.channel_reserve_satoshis');
    taken(duo, 'accepter', 1, { amountMsat: 290_000_000n });
    const exact = new Duo({ command: { pushMsat: 986_100_000n } }).open();
    taken(exact, 'accepter', 1);
    const short = new Duo({ command: { pushMsat: 986_100_001n } }).open();
    expectRefused(short, 'accepter', addCommand(short, 1), 'update_add_htlc.channel_reserve_satoshis');
    // A trimmed one costs the opener nothing.
    taken(short, 'accepter', 1, { amountMsat: 353_999n });
  });

  it('keeps the dust of either commitment under max_dust_htlc_exposure_msat', () => {
    const duo = new Duo({ opener: { maxDustHtlcExposureMsat: 600_000n } }).open();
    taken(duo, 'opener', 1, { amountMsat: 300_000n });
    expectRefused(duo, 'opener', addCommand(duo, 2, { amountMsat: 300_001n }), 'update_add_htlc.max_dust_htlc_exposure_msat');
    taken(duo, 'opener', 2, { amountMsat: 300_000n });
    taken(duo, 'opener', 3, { amountMsat: 354_000n });
  });
});

describe('update_add_htlc', () => {
  it('is taken into the peer’s log, path key included', () => {
    const duo = new Duo().open();
    accepted(duo, 'accepter', addOf(duo));
    const pathKey = onlyFunding(duo.funded('accepter')).output.fundingPubkeys.opener;
    accepted(duo, 'accepter', addOf(duo, { id: 1n, pathKey }));
    expect(duo.funded('accepter').shared.logs.opener).toMatchObject([{ id: 0n }, { id: 1n, pathKey }]);
    expect('pathKey' in (duo.funded('accepter').shared.logs.opener[0] as object)).toBe(false);
    expectHungUp(duo, 'accepter', addOf(duo, { id: 2n, pathKey: '00'.repeat(33) as PublicKey }), 'update_add_htlc.path_key');
  });

  it('must have the next id', () => {
    for (const id of [1n, 1n << 63n]) {
      const duo = new Duo().open();
      expectHungUp(duo, 'accepter', addOf(duo, { id }), 'update_add_htlc.id');
      expect(duo.ends.accepter.log).toContainEqual(expect.objectContaining({ kind: 'violated', detail: `id ${id}, expected 0` }));
    }
    const duo = new Duo().open();
    accepted(duo, 'accepter', addOf(duo));
    expectHungUp(duo, 'accepter', addOf(duo), 'update_add_htlc.id');
  });

  it('must come before the peer’s shutdown', () => {
    const duo = new Duo().open();
    const { channelId } = duo;
    accepted(duo, 'accepter', addOf(duo));
    duo.message('accepter', { type: 'shutdown', channelId, scriptPubkey: P2WPKH_A });
    const other = new Duo().open();
    other.message('accepter', { type: 'shutdown', channelId, scriptPubkey: P2WPKH_A });
    expectHungUp(other, 'accepter', addOf(other), 'update_add_htlc.after_shutdown');
    // Our own shutdown may cross it.
    const crossing = new Duo().open();
    crossing.command('accepter', { kind: 'shutdown', channelId, script: P2WPKH_B });
    expect(crossing.funded('accepter').closing.sent).toBe(P2WPKH_B);
    accepted(crossing, 'accepter', addOf(crossing));
  });

  it('must be at least our htlc_minimum_msat, and more than 0', () => {
    const duo = new Duo({ accepter: { htlcMinimumMsat: 5000n } }).open();
    accepted(duo, 'accepter', addOf(duo, { amountMsat: 5000n }));
    expectHungUp(duo, 'accepter', addOf(duo, { id: 1n, amountMsat: 4999n }), 'update_add_htlc.htlc_minimum_msat');
    const zero = new Duo({ accepter: { htlcMinimumMsat: 0n } }).open();
    accepted(zero, 'accepter', addOf(zero, { amountMsat: 1n }));
    expectHungUp(zero, 'accepter', addOf(zero, { id: 1n, amountMsat: 0n }), 'update_add_htlc.htlc_minimum_msat');
  });

  it('must expire at a height', () => {
    const duo = new Duo().open();
    accepted(duo, 'accepter', addOf(duo, { cltvExpiry: 499_999_999 }));
    accepted(duo, 'accepter', addOf(duo, { id: 1n, cltvExpiry: 0 }));
    expectHungUp(duo, 'accepter', addOf(duo, { id: 2n, cltvExpiry: 500_000_000 }), 'update_add_htlc.cltv_expiry');
  });

  it('must keep our max_accepted_htlcs and max_htlc_value_in_flight_msat', () => {
    const count = new Duo({ accepter: { maxAcceptedHtlcs: 2 } }).open();
    accepted(count, 'accepter', addOf(count));
    accepted(count, 'accepter', addOf(count, { id: 1n }));
    expectHungUp(count, 'accepter', addOf(count, { id: 2n }), 'update_add_htlc.max_accepted_htlcs');
    const value = new Duo({ accepter: { maxHtlcValueInFlightMsat: 90_000_000n } }).open();
    accepted(value, 'accepter', addOf(value));
    accepted(value, 'accepter', addOf(value, { id: 1n, amountMsat: 40_000_000n }));
    expectHungUp(value, 'accepter', addOf(value, { id: 2n, amountMsat: 1n }), 'update_add_htlc.max_htlc_value_in_flight_msat');
  });

  it.each([
    // The opener's reserve, and fee and anchors of our commitment with this HTLC: 10000 + 3240 + 660 sat.
    ['accepter', 686_100_000n],
    ['opener', 290_000_000n],
  ] as const)('to the %s must leave its sender the reserve', (side, most) => {
    const fits = new Duo().open();
    accepted(fits, side, addOf(fits, { amountMsat: most }));
    const breaks = new Duo().open();
    expectHungUp(breaks, side, addOf(breaks, { amountMsat: most + 1n }), 'update_add_htlc.channel_reserve_satoshis');
  });

  it('costs the opener what is untrimmed on our commitment', () => {
    // 353 sat are trimmed by us, not by the opener: one HTLC less to pay for.
    const duo = new Duo({ accepter: { dustLimitSat: 1000n }, command: { pushMsat: 986_100_000n } }).open();
    accepted(duo, 'accepter', addOf(duo, { amountMsat: 430_000n }));
    expectHungUp(duo, 'accepter', addOf(duo, { id: 1n, amountMsat: 1n }), 'update_add_htlc.channel_reserve_satoshis');
  });

  it('may share a payment hash with others', () => {
    const duo = new Duo().open();
    add(duo, 'opener', 1);
    add(duo, 'opener', 1);
    duo.exchange();
    expect(duo.funded('accepter').shared.base.htlcs.opener.map((h) => h.paymentHash)).toEqual([
      secretOf(1).paymentHash,
      secretOf(1).paymentHash,
    ]);
  });
});

describe('peerViews', () => {
  function shared(known: number, signed: number): SharedState {
    let state = new Duo().open().funded('accepter').shared;
    for (const id of [0n, 1n, 2n, 3n]) state = append(state, 'accepter', htlc('accepter', id, 1000n));
    state = append(state, 'opener', htlc('opener', 0n, 1000n));
    const { opener, accepter } = state.commitments;
    return {
      ...state,
      commitments: {
        opener: { current: { ...opener.current, cut: { opener: 0, accepter: known } } },
        accepter: { current: { ...accepter.current, cut: { opener: 0, accepter: signed } } },
      },
    };
  }
  const { params } = new Duo().open().funded('accepter');

  it('are all between what the peer acknowledged and what it signed for, the fullest first', () => {
    expect(peerViews(shared(3, 1), params)).toEqual([
      { opener: 1, accepter: 3 },
      { opener: 1, accepter: 2 },
      { opener: 1, accepter: 1 },
    ]);
    expect(peerViews(shared(2, 2), params)).toEqual([{ opener: 1, accepter: 2 }]);
  });

  it('must all be broken for a fault, which is told as the fullest has it', () => {
    const count = (htlcs: readonly unknown[]): number => htlcs.length;
    const judge = (allowed: number) => (contents: { htlcs: readonly unknown[] }) =>
      count(contents.htlcs) === allowed ? undefined : `${count(contents.htlcs)}`;
    for (const allowed of [4, 3, 2]) expect(faultOfPeer(shared(3, 1), params, judge(allowed))).toBeUndefined();
    for (const allowed of [5, 1]) expect(faultOfPeer(shared(3, 1), params, judge(allowed))).toBe('4');
  });

  it('spare an add that was sent before a revoke_and_ack and comes again after it', () => {
    const duo = new Duo({ opener: { commit: 'manual', feeSpikeMultiple: 0 } }).open();
    add(duo, 'accepter', 1);
    taken(duo, 'opener', 2, { amountMsat: 686_100_000n });
    expect([duo.deliver('accepter')?.type, duo.deliver('accepter')?.type]).toEqual(['update_add_htlc', 'commitment_signed']);
    expect(kinds(duo.command('opener', { kind: 'commit', channelId: duo.channelId }))).toContain('commitment_signed');
    duo.reconnect();
    duo.deliver('opener');
    duo.deliver('accepter');
    expect(duo.ends.opener.outgoing.map((m) => m.type)).toEqual(['revoke_and_ack', 'update_add_htlc', 'commitment_signed']);
    duo.exchange();
    duo.command('opener', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    expectQuiet(duo);
    expect(duo.funded('accepter').shared.base.balanceMsat.opener).toBe(13_900_000n);
  });
});
