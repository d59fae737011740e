import { isClosed, statusOf } from '../../../core/channel/model/ending.ts';
import type { ChannelConfig, Command } from '../../../core/channel/model/channel-vocabulary.ts';
import type { AddUpdate, ChannelState, FundedState, Removal } from '../../../core/channel/model/state.ts';
import type { ChannelId, Hash32, Hex, Preimage, Script } from '../../../core/crypto/bytes.ts';
import { contentsAt, openerCostSat, otherSide, signableCut, SIDES, fundingOf } from '../../model/commitment-contents.ts';
import { chance } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import type { World } from '../../world/world.ts';
import { ownPayment } from '../../../core/channel/model/origin.ts';

/** What a careless host works from: one end of one channel, as its node shows it. */
interface End {
  readonly world: World;
  readonly channelId: ChannelId;
  readonly peer: ReturnType<World['nodeId']>;
  readonly state: ChannelState;
  readonly height: number;
  readonly config: ChannelConfig;
  readonly wallet: Script;
}
/** The same, where the channel is funded and the peer is there. */
interface Open extends End {
  readonly state: FundedState;
}
type Request = (end: End) => Command | undefined;

const NOBODYS = 'd1'.repeat(32) as ChannelId;
const WRONG_PREIMAGE = 'ba'.repeat(32) as Preimage;
const HASH = 'cd'.repeat(32) as Hash32;
const UNKNOWN_ID = 1_000_000_000n;
const CLTV_DELTA = 144;
const ONION = new Uint8Array(1366);
const OP_TRUE = '51' as Script;

function funded(request: (end: Open) => Command | undefined): Request {
  return (end) => (statusOf(end.state) === 'funded' ? request(end as Open) : undefined);
}

function isOver({ state }: End): boolean {
  return state.phase === 'failed' || isClosed(state);
}

/** Updates may be offered now. */
function usable(request: (end: Open) => Command | undefined): Request {
  return funded((end) => {
    const { connection, readySent, readyReceived } = end.state.lifecycle;
    return connection === 'connected' && readySent && readyReceived ? request(end) : undefined;
  });
}

type Add = Extract<Command, { kind: 'add' }>;

function add({ channelId, height }: End, change: Partial<Add>): Add {
  const amountMsat = 1_000_000n;
  return {
    kind: 'add',
    channelId,
    origin: ownPayment(''),
    amountMsat,
    paymentHash: HASH,
    cltvExpiry: height + CLTV_DELTA,
    onion: ONION,
    ...change,
  };
}

/** Removals of the peer's HTLCs that this node has asked for and that are not folded yet. */
function removals({ state }: Open): readonly Removal[] {
  return state.shared.logs[state.params.us].filter((update) => update.kind !== 'add' && update.kind !== 'fee');
}

/** The peer's HTLCs that both sides are bound to and nobody has removed. */
function removable(end: Open): FundedState['shared']['base']['htlcs']['opener'] {
  const { shared, params } = end.state;
  const gone = new Set(removals(end).map(({ id }) => id));
  return shared.base.htlcs[otherSide(params.us)].filter(({ id }) => !gone.has(id));
}

/** An HTLC of the peer that is not irrevocable yet: nobody has presented it. */
function unpresented({ state }: Open): bigint | undefined {
  return state.shared.logs[otherSide(state.params.us)].find((update) => update.kind === 'add')?.id;
}

function preimageOf({ world }: End, hash: string): Preimage {
  return (world.payments.find(({ paymentHash }) => paymentHash === hash)?.preimage ?? WRONG_PREIMAGE) as Preimage;
}

function again(end: Open, of: Removal['kind'], kind: 'fulfill' | 'fail'): Command | undefined {
  const done = removals(end).find((removal) => removal.kind === of);
  if (done === undefined) return undefined;
  const { channelId } = end;
  if (kind === 'fail') return { kind, channelId, id: done.id, reason: '' };
  const { shared, params } = end.state;
  const htlc = shared.base.htlcs[otherSide(params.us)].find(({ id }) => id === done.id);
  return { kind, channelId, id: done.id, preimage: preimageOf(end, htlc?.paymentHash ?? '') };
}

/** More than a message carries. */
const ENDLESS = '00'.repeat(65_500) as Hex;

const REMOVALS: Readonly<Record<string, Request>> = {
  'fail-with-an-endless-reason': funded((end) => {
    const [htlc] = removable(end);
    return htlc && { kind: 'fail', channelId: end.channelId, id: htlc.id, reason: ENDLESS };
  }),
  'fulfill-twice': funded((end) => again(end, 'fulfill', 'fulfill')),
  'fail-after-fulfill': funded((end) => again(end, 'fulfill', 'fail')),
  'fail-twice': funded((end) => again(end, 'fail', 'fail')),
  'fulfill-after-fail': funded((end) => again(end, 'fail', 'fulfill')),
  'fulfill-before-presented': funded((end) => {
    const id = unpresented(end);
    const htlc = end.state.shared.logs[otherSide(end.state.params.us)].find((update) => update.kind === 'add');
    return id === undefined || htlc?.kind !== 'add'
      ? undefined
      : { kind: 'fulfill', channelId: end.channelId, id, preimage: preimageOf(end, htlc.paymentHash) };
  }),
  'fail-before-presented': funded((end) => {
    const id = unpresented(end);
    return id === undefined ? undefined : { kind: 'fail', channelId: end.channelId, id, reason: '' };
  }),
  'wrong-preimage': funded((end) => {
    const [htlc] = removable(end);
    return htlc && { kind: 'fulfill', channelId: end.channelId, id: htlc.id, preimage: WRONG_PREIMAGE };
  }),
  'malformed-without-badonion': funded((end) => {
    const [htlc] = removable(end);
    return htlc && { kind: 'fail_malformed', channelId: end.channelId, id: htlc.id, sha256OfOnion: HASH, failureCode: 5 };
  }),
  'fail-unknown-htlc': funded(({ channelId }) => ({ kind: 'fail', channelId, id: UNKNOWN_ID, reason: '' })),
  'fulfill-unknown-htlc': funded(({ channelId }) => ({ kind: 'fulfill', channelId, id: UNKNOWN_ID, preimage: WRONG_PREIMAGE })),
};

const PAYMENTS: Readonly<Record<string, Request>> = {
  'pay-nothing': usable((end) => add(end, { amountMsat: 0n })),
  'pay-less-than-minimum': usable((end) => {
    const { htlcMinimumMsat } = end.state.params.parties[otherSide(end.state.params.us)];
    return htlcMinimumMsat > 0n ? add(end, { amountMsat: htlcMinimumMsat - 1n }) : undefined;
  }),
  'pay-more-than-there-is': usable((end) => add(end, { amountMsat: fundingOf(end.state).amountSat * 1000n })),
  'pay-all': usable((end) => {
    const { shared, params } = end.state;
    return add(end, { amountMsat: shared.base.balanceMsat[params.us] + 1n + inFlightMsat(end) });
  }),
  'pay-a-little-too-much': usable((end) => {
    const amountMsat = justTooMuchMsat(end);
    return amountMsat === undefined ? undefined : add(end, { amountMsat });
  }),
  'pay-too-much-at-once': usable((end) => {
    const { maxHtlcValueInFlightMsat } = end.state.params.parties[otherSide(end.state.params.us)];
    return add(end, { amountMsat: offered(end).reduce((left, htlc) => left - htlc.amountMsat, maxHtlcValueInFlightMsat) + 1n });
  }),
  'pay-one-too-many': usable((end) => {
    const { maxAcceptedHtlcs, htlcMinimumMsat } = end.state.params.parties[otherSide(end.state.params.us)];
    return offered(end).length < maxAcceptedHtlcs ? undefined : add(end, { amountMsat: htlcMinimumMsat > 1n ? htlcMinimumMsat : 1n });
  }),
  'pay-with-expiry-reached': usable((end) => add(end, { cltvExpiry: end.height })),
  'pay-with-expiry-too-far': usable((end) => add(end, { cltvExpiry: end.height + 1_000_000 })),
  'pay-with-time-as-expiry': usable((end) => add(end, { cltvExpiry: 500_000_000 })),
  'pay-with-long-id': usable((end) => add(end, { origin: ownPayment('ab'.repeat(33)) })),
  'pay-after-shutdown': funded((end) => {
    const { sent, received, wanted } = end.state.closing;
    return sent === undefined && received === undefined && wanted === undefined ? undefined : add(end, {});
  }),
  'pay-while-away': funded((end) => (end.state.lifecycle.connection === 'connected' ? undefined : add(end, {}))),
  'pay-before-ready': funded((end) => (end.state.lifecycle.readySent && end.state.lifecycle.readyReceived ? undefined : add(end, {}))),
};

/** More than the fee of any HTLC transaction and any dust limit: an HTLC that no commitment trims. */
const UNTRIMMED_MSAT = 20_000_000n;

/**
 * One millisatoshi more than leaves the reserve and, to an opener, fees and anchors of either commitment, with room for one more HTLC at a
 * multiple of the feerate, as its policy says.
 */
function justTooMuchMsat(end: Open): bigint | undefined {
  const { state, config } = end;
  const { us } = state.params;
  const contents = contentsAt(state.shared, signableCut(state.shared, us));
  if (typeof contents === 'string') return undefined;
  let costSat = 0n;
  if (us === 'opener') {
    const large: AddUpdate = { ...add(end, { amountMsat: UNTRIMMED_MSAT }), kind: 'add', offerer: us, id: UNKNOWN_ID };
    const spike = { ...contents, htlcs: [...contents.htlcs, large, large], feeratePerKw: contents.feeratePerKw * config.feeSpikeMultiple };
    for (const owner of SIDES) {
      const sat = openerCostSat(state, owner, spike);
      if (sat > costSat) costSat = sat;
    }
  }
  const amountMsat = contents.balanceMsat[us] - (fundingOf(state).reserveSat[us] + costSat) * 1000n + 1n;
  return amountMsat < (us === 'opener' ? UNTRIMMED_MSAT : 1n) ? undefined : amountMsat;
}

/** HTLCs of this side that the peer's next commitment will hold. */
function offered({ state }: Open): readonly AddUpdate[] {
  const { us } = state.params;
  const contents = contentsAt(state.shared, signableCut(state.shared, us));
  return typeof contents === 'string' ? [] : contents.htlcs.filter(({ offerer }) => offerer === us);
}

/** All that may come back to this side. */
function inFlightMsat({ state }: Open): bigint {
  let sum = 0n;
  for (const side of ['opener', 'accepter'] as const) {
    for (const htlc of state.shared.base.htlcs[side]) sum += htlc.amountMsat;
    for (const update of state.shared.logs[side]) if (update.kind === 'add') sum += update.amountMsat;
  }
  return sum;
}

const OTHERS: Readonly<Record<string, Request>> = {
  'fee-as-accepter': funded(({ channelId, state }) =>
    state.params.us === 'accepter' ? { kind: 'fee', channelId, feeratePerKw: state.shared.base.feeratePerKw } : undefined,
  ),
  'fee-too-low': usable(({ channelId, state }) => (state.params.us === 'opener' ? { kind: 'fee', channelId, feeratePerKw: 1 } : undefined)),
  'fee-too-high': usable(({ channelId, state }) =>
    state.params.us === 'opener' ? { kind: 'fee', channelId, feeratePerKw: 100_000_000 } : undefined,
  ),
  'fee-while-away': funded(({ channelId, state }) =>
    state.lifecycle.connection === 'connected' ? undefined : { kind: 'fee', channelId, feeratePerKw: state.shared.base.feeratePerKw },
  ),
  'fee-after-shutdown': funded(({ channelId, state: { closing, shared, params, lifecycle } }) => {
    const { base, logs } = shared;
    const empty = [base.htlcs.opener, base.htlcs.accepter, logs.opener, logs.accepter].every((list) => list.length === 0);
    const over = params.us === 'opener' && lifecycle.connection === 'connected' && closing.sent !== undefined && empty;
    return over ? { kind: 'fee', channelId, feeratePerKw: base.feeratePerKw + 1 } : undefined;
  }),
  'commit-while-away': funded(({ channelId, state }) =>
    state.lifecycle.connection === 'connected' ? undefined : { kind: 'commit', channelId },
  ),
  'commit-twice': funded(({ channelId, state }) =>
    state.shared.commitments[otherSide(state.params.us)].next === undefined ? undefined : { kind: 'commit', channelId },
  ),
  'shutdown-twice': funded(({ channelId, state, wallet }) =>
    state.closing.sent === undefined && state.closing.wanted === undefined ? undefined : { kind: 'shutdown', channelId, script: wallet },
  ),
  'shutdown-to-a-bad-script': funded(({ channelId }) => ({ kind: 'shutdown', channelId, script: OP_TRUE })),
  'shutdown-to-another-script': funded(({ channelId, state }) =>
    state.params.parties[state.params.us].upfrontShutdownScript === undefined
      ? undefined
      : { kind: 'shutdown', channelId, script: `0014${'e5'.repeat(20)}` as Script },
  ),
  'accept-twice': funded(({ channelId, peer }) => ({ kind: 'accept', channelId, peer, keysId: HASH })),
  'reject-too-late': funded(({ channelId, peer }) => ({ kind: 'reject', channelId, peer, reason: 'changed my mind' })),
  'pay-in-a-closed-channel': (end) => (isOver(end) ? add(end, {}) : undefined),
  'close-what-is-closed': (end) => (isOver(end) ? { kind: 'shutdown', channelId: end.channelId, script: end.wallet } : undefined),
  'pay-in-an-unknown-channel': (end) => add(end, { channelId: NOBODYS }),
  'fulfill-in-an-unknown-channel': () => ({ kind: 'fulfill', channelId: NOBODYS, id: 0n, preimage: WRONG_PREIMAGE }),
  'close-an-unknown-channel': () => ({ kind: 'force_close', channelId: NOBODYS }),
  'open-too-small': ({ peer }) => openCommand(peer, { fundingSat: 100n }),
  'open-giving-all-away': ({ peer }) => openCommand(peer, { pushMsat: 1_000_000_001n }),
  'open-with-the-keys-of-another': ({ peer, state }) =>
    'params' in state ? openCommand(peer, { keysId: state.params.keysId }) : undefined,
  'open-at-no-fee': ({ peer }) => openCommand(peer, { feeratePerKw: 0 }),
};

type Open1 = Extract<Command, { kind: 'open' }>;

function openCommand(peer: Open1['peer'], change: Partial<Open1>): Open1 {
  return {
    kind: 'open',
    peer,
    temporaryChannelId: NOBODYS,
    keysId: HASH,
    fundingSat: 1_000_000n,
    pushMsat: 0n,
    feeratePerKw: 2500,
    format: 'anchors',
    announce: false,
    ...change,
  };
}

/** Every request that a node must refuse, leaving its state as it was. */
export const FORBIDDEN_REQUESTS: ReadonlyMap<string, Request> = new Map(Object.entries({ ...REMOVALS, ...PAYMENTS, ...OTHERS }));

/** What misses a limit by one: where implementations differ. */
const ONE_BEYOND: readonly string[] = [
  'pay-a-little-too-much',
  'pay-one-too-many',
  'pay-too-much-at-once',
  'pay-less-than-minimum',
  'pay-after-shutdown',
];
const ALL: readonly string[] = [...FORBIDDEN_REQUESTS.keys()];

function endOf(world: World, node: string, channel: string): End | undefined {
  const info = world.info(channel);
  const host = world.hosts.get(node);
  if (info === undefined || host?.running !== true || (info.opener !== node && info.accepter !== node)) return undefined;
  const state = world.channelState(node, channel);
  const channelId = world.idOf(channel);
  if (state === undefined || channelId === undefined) return undefined;
  const peer = world.nodeId(info.opener === node ? info.accepter : info.opener);
  return { world, channelId, peer, state, height: host.watch.seenHeight, config: host.config, wallet: host.walletScript };
}

/** The command that an invalid request comes to now. Undefined where there is nothing wrong with it. */
export function forbiddenCommand(
  world: World,
  { node, channel, request }: { readonly node: string; readonly channel: string; readonly request: string },
): Command | undefined {
  const end = endOf(world, node, channel);
  return end === undefined ? undefined : FORBIDDEN_REQUESTS.get(request)?.(end);
}

/** A request that this end must refuse now, drawn: half of them are one beyond what is allowed. */
export function drawForbidden(world: World, node: string, channel: string, choices: Choices): string | undefined {
  const end = endOf(world, node, channel);
  if (end === undefined) return undefined;
  return (chance(choices, 1, 2) ? drawPossible(end, ONE_BEYOND, choices) : undefined) ?? drawPossible(end, ALL, choices);
}

/** Each of those that are possible now equally often. Only those that are drawn are asked: to put one together costs something. */
function drawPossible(end: End, names: readonly string[], choices: Choices): string | undefined {
  const left = [...names];
  for (let last = left.length - 1; last >= 0; last--) {
    const at = choices.int(last + 1);
    const name = left[at] as string;
    if (FORBIDDEN_REQUESTS.get(name)?.(end) !== undefined) return name;
    left[at] = left[last] as string;
  }
  return undefined;
}
