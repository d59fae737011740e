import type { AddUpdate, Cut } from '../../core/channel/model/state.ts';
import type { Preimage, Script } from '../../core/crypto/bytes.ts';
import type { UpdateAddHtlc } from '../../core/wire/messages/index.ts';
import { contentsAt, openerCostSat, newestFeerate, otherSide, signableCut, fundingOf } from '../model/commitment-contents.ts';
import type { Contents } from '../model/commitment-contents.ts';
import { FAIL_OR_CLOSE, flipped, operating, replacing, WARN_AT_LEAST } from './tampering-table.ts';
import type { OperatingScene } from './tampering-table.ts';

/** BOLT 2, update_add_htlc: from here on a cltv_expiry would be a time. */
const FIRST_TIME = 500_000_000;
const MAX_AMOUNT_MSAT = 0xffff_ffff_ffff_ffffn;
/** Above the dust limits and HTLC transaction fees of a calm market: an HTLC that no commitment trims, so that the opener pays for it. */
const UNTRIMMED_MSAT = 20_000_000n;
/** So many at once are enough to pass a small limit. */
const MAX_COPIES = 40;
const BADONION = 0x8000;

export const WALLET = `0014${'d1'.repeat(20)}` as Script;

/**
 * What the sender may have known of the receiver's updates when it sent its own, from the most to the least: an update that is wrong
 * under all of these views is wrong beyond doubt.
 */
function views({ receiver, sender }: OperatingScene): readonly Contents[] {
  const { shared } = receiver;
  const us = otherSide(sender);
  const most = signableCut(shared, sender);
  const known = most[us] - shared.commitments[us].current.cut[us];
  return Array.from({ length: known + 1 }, (_, fewer) => contentsAt(shared, { ...most, [us]: most[us] - fewer } as Cut)).filter(
    (contents) => typeof contents !== 'string',
  );
}

/** The sender's HTLCs under the view that leaves it most room: all that the receiver has removed is gone. */
function fewestInFlight(scene: OperatingScene): readonly AddUpdate[] {
  const [most] = views(scene);
  return most?.htlcs.filter(({ offerer }) => offerer === scene.sender) ?? [];
}

/** What the sender has left beyond reserve, fee and anchors, under each view, with so many more HTLCs that no commitment trims. */
function spareMsat({ receiver, sender, ...scene }: OperatingScene, m: UpdateAddHtlc, count: number): readonly bigint[] {
  const us = otherSide(sender);
  const reserveSat = fundingOf(receiver).reserveSat[otherSide(us)];
  const add: AddUpdate = { ...m, kind: 'add', offerer: sender, amountMsat: MAX_AMOUNT_MSAT, onion: m.onionRoutingPacket };
  return views({ ...scene, receiver, sender }).map((contents) => {
    const htlcs = [...contents.htlcs, ...Array.from({ length: count }, () => add)];
    const costSat = sender === 'opener' ? openerCostSat(receiver, us, { ...contents, htlcs }) : 0n;
    return contents.balanceMsat[sender] - (reserveSat + costSat) * 1000n;
  });
}

/** The least amount that the sender cannot afford, whatever it knew: one millisatoshi beyond. */
function unaffordableMsat(scene: OperatingScene, m: UpdateAddHtlc): bigint | undefined {
  const most = spareMsat(scene, m, 1).reduce((a, b) => (a > b ? a : b));
  const least = scene.sender === 'opener' ? UNTRIMMED_MSAT : scene.receiver.params.parties.opener.htlcMinimumMsat + 1n;
  return most + 1n < least ? undefined : most + 1n;
}

/** Copies with the ids that follow, enough to exceed what the receiver accepts by one, and nothing else. */
function tooMany(m: UpdateAddHtlc, scene: OperatingScene): readonly UpdateAddHtlc[] | undefined {
  const { maxAcceptedHtlcs, htlcMinimumMsat, maxHtlcValueInFlightMsat } = scene.receiver.params.parties[otherSide(scene.sender)];
  const inFlight = fewestInFlight(scene);
  const count = maxAcceptedHtlcs + 1 - inFlight.length;
  if (count < 1 || count > MAX_COPIES) return undefined;
  const amountMsat = htlcMinimumMsat > 1n ? htlcMinimumMsat : 1n;
  const sumMsat = amountMsat * BigInt(count);
  const valueMsat = inFlight.reduce((sum, htlc) => sum + htlc.amountMsat, sumMsat);
  if (valueMsat > maxHtlcValueInFlightMsat || spareMsat(scene, m, count).some((spare) => spare < sumMsat)) return undefined;
  return Array.from({ length: count }, (_, i) => ({ ...m, id: m.id + BigInt(i), amountMsat }));
}

function beyondInFlight(m: UpdateAddHtlc, scene: OperatingScene): UpdateAddHtlc | undefined {
  const { maxHtlcValueInFlightMsat } = scene.receiver.params.parties[otherSide(scene.sender)];
  const amountMsat = fewestInFlight(scene).reduce((left, htlc) => left - htlc.amountMsat, maxHtlcValueInFlightMsat) + 1n;
  return amountMsat > MAX_AMOUNT_MSAT || amountMsat < 1n ? undefined : { ...m, amountMsat };
}

/** The sender's updates have all been signed for, so that it may say shutdown. */
function shutdownDue({ receiver, sender }: OperatingScene): boolean {
  const us = otherSide(sender);
  const { base, logs, commitments } = receiver.shared;
  const signed = commitments[us].current.cut[sender] === base.cut[sender] + logs[sender].length;
  return signed && receiver.closing.received === undefined;
}

function scriptOf({ receiver, sender }: OperatingScene): Script {
  return receiver.params.parties[sender].upfrontShutdownScript ?? WALLET;
}

/** BOLT 2, Adding an HTLC, receiving node. */
export const updateAddHtlc = replacing('update_add_htlc', operating, {
  'id-skipped': [FAIL_OR_CLOSE, (m) => ({ ...m, id: m.id + 1n })],
  'id-repeated': [FAIL_OR_CLOSE, (m) => [m, m]],
  'amount-zero': [FAIL_OR_CLOSE, (m) => ({ ...m, amountMsat: 0n })],
  'amount-below-minimum': [
    FAIL_OR_CLOSE,
    (m, { receiver, sender }) => {
      const { htlcMinimumMsat } = receiver.params.parties[otherSide(sender)];
      return htlcMinimumMsat > 1n ? { ...m, amountMsat: htlcMinimumMsat - 1n } : undefined;
    },
  ],
  'amount-unaffordable': [
    FAIL_OR_CLOSE,
    (m, scene) => {
      const amountMsat = unaffordableMsat(scene, m);
      return amountMsat === undefined ? undefined : { ...m, amountMsat };
    },
  ],
  'amount-absurd': [FAIL_OR_CLOSE, (m) => ({ ...m, amountMsat: MAX_AMOUNT_MSAT })],
  'beyond-in-flight-limit': [FAIL_OR_CLOSE, beyondInFlight],
  'too-many': [FAIL_OR_CLOSE, tooMany],
  'expiry-that-is-a-time': [FAIL_OR_CLOSE, (m) => ({ ...m, cltvExpiry: FIRST_TIME })],
  'then-shutdown-over-it': [
    WARN_AT_LEAST,
    (m, scene) => (shutdownDue(scene) ? [m, { type: 'shutdown', channelId: m.channelId, scriptPubkey: scriptOf(scene) }] : undefined),
  ],
});

const UNKNOWN_ID = 1_000_000_000n;

/** BOLT 2, Removing an HTLC, receiving node. */
export const updateFulfillHtlc = replacing('update_fulfill_htlc', operating, {
  'unknown-id': [FAIL_OR_CLOSE, (m) => ({ ...m, id: m.id + UNKNOWN_ID })],
  repeated: [FAIL_OR_CLOSE, (m) => [m, m]],
  'then-failed': [FAIL_OR_CLOSE, (m) => [m, { type: 'update_fail_htlc', channelId: m.channelId, id: m.id, reason: '' }]],
  'wrong-preimage': [FAIL_OR_CLOSE, (m) => ({ ...m, paymentPreimage: flipped(m.paymentPreimage) })],
});

export const updateFailHtlc = replacing('update_fail_htlc', operating, {
  'unknown-id': [FAIL_OR_CLOSE, (m) => ({ ...m, id: m.id + UNKNOWN_ID })],
  repeated: [FAIL_OR_CLOSE, (m) => [m, m]],
  'fulfilled-with-a-wrong-preimage': [
    FAIL_OR_CLOSE,
    ({ channelId, id }) => ({ type: 'update_fulfill_htlc', channelId, id, paymentPreimage: 'ab'.repeat(32) as Preimage }),
  ],
});

export const malformedFailure = replacing('update_fail_malformed_htlc', operating, {
  'unknown-id': [FAIL_OR_CLOSE, (m) => ({ ...m, id: m.id + UNKNOWN_ID })],
  repeated: [FAIL_OR_CLOSE, (m) => [m, m]],
  'without-badonion': [FAIL_OR_CLOSE, (m) => ({ ...m, failureCode: m.failureCode & ~BADONION })],
});

/** BOLT 2, Updating Fees, receiving node. */
export const updateFee = replacing('update_fee', operating, {
  'absurdly-low': [FAIL_OR_CLOSE, (m) => ({ ...m, feeratePerKw: 1 })],
  'absurdly-high': [FAIL_OR_CLOSE, (m) => ({ ...m, feeratePerKw: 0xffff_ffff })],
  'a-little-too-low': [
    FAIL_OR_CLOSE,
    (m, { config, feeratePerKw, receiver }) => {
      const timely = fundingOf(receiver).format === 'anchors' ? 0 : Math.floor((feeratePerKw * config.feerateTolerancePercent.min) / 100);
      const tooLow = Math.max(config.minFeeratePerKw, timely) - 1;
      // One that rises makes nothing worse.
      return newestFeerate(receiver) < tooLow ? undefined : { ...m, feeratePerKw: tooLow };
    },
  ],
  'a-little-too-high': [
    FAIL_OR_CLOSE,
    (m, { config, feeratePerKw, receiver }) => {
      const tooHigh = Math.floor((Math.max(feeratePerKw, config.minFeeratePerKw) * config.feerateTolerancePercent.max) / 100) + 1;
      return newestFeerate(receiver) > tooHigh ? undefined : { ...m, feeratePerKw: tooHigh };
    },
  ],
});
