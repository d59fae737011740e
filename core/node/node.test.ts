import fc from 'fast-check';
import type { RuleId } from '../rules.ts';
import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { at, block, input } from '../chain/chain.fixture.ts';
import { encodeChannel } from '../channel/model/stored-form.ts';
import { outputOf, signInitial } from '../channel/establish/opening.ts';
import type { ChannelEnv, Command } from '../channel/model/channel-vocabulary.ts';
import type { NodeEffect } from './node-vocabulary.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { ChannelId, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import type { Message, OpenChannel } from '../wire/messages/index.ts';
import { DEFAULT_CONFIG } from './config.ts';
import type { ChannelSlot, NodeInput, NodeState } from './node-vocabulary.ts';
import { createNode, nodeStep } from './node.ts';
import { noPayments } from './node-vocabulary.ts';
import { MAX_OPENINGS_PER_PEER } from './openings.ts';
import { bytes32, Pair, preimageOf, TestNode } from './pair.fixture.ts';
import { ALL_CHANNELS } from './ids.ts';
import { nextDeadline } from '../time/deadlines.ts';
import { onlyFunding } from '../channel/model/fundings.ts';
import { STATE_SINK } from '../channel/model/channel-vocabulary.ts';
import { ownPayment } from '../channel/model/origin.ts';

const fake = createFakeCrypto();
const onion = new Uint8Array(1366);
const UNKNOWN = bytes32<ChannelId>(0xee);
const STRANGER = fake.publicKey(bytes32<SecretKey>(0x0c));
const init: Message = { type: 'init', globalfeatures: '', features: DEFAULT_CONFIG.features, networks: [DEFAULT_CONFIG.chainHash] };

function pay(node: TestNode, channelId: ChannelId, n: number, amountMsat = 10_000_000n): void {
  const origin = ownPayment(n.toString(16).padStart(2, '0'));
  const { paymentHash } = preimageOf(n);
  node.command({ kind: 'add', channelId, origin, amountMsat, paymentHash, cltvExpiry: 200, onion });
}

function fulfill(node: TestNode, channelId: ChannelId, id: bigint, n: number): void {
  node.command({ kind: 'fulfill', channelId, id, preimage: preimageOf(n).preimage });
}

describe.each(['anchors', 'static_remotekey'] as const)('two nodes, %s', (format) => {
  it('open, pay both ways, and agree', () => {
    const pair = new Pair();
    pair.connect();
    const channelId = pair.open({ format });
    pay(pair.a, channelId, 1);
    pay(pair.b, channelId, 2, 5_000_000n);
    pair.exchange();
    const received = pair.b.notifications().filter((n) => n.kind === 'htlc_received');
    expect(received.map((n) => n.add.amountMsat)).toEqual([10_000_000n]);
    fulfill(pair.b, channelId, 0n, 1);
    fulfill(pair.a, channelId, 0n, 2);
    pair.exchange();
    const [a, b] = pair.shared(channelId);
    expect(a).toEqual(b);
    expect(a.base.balanceMsat).toEqual({ opener: 695_000_000n, accepter: 305_000_000n });
    expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
    expect(a.logs).toEqual({ opener: [], accepter: [] });
  });

  it('lose the connection at any message of two crossing payments, and still agree', () => {
    let cuts = 0;
    for (let at = 0; ; at++) {
      const pair = new Pair({ crypto: fake });
      pair.connect();
      const channelId = pair.open({ format });
      pay(pair.a, channelId, 1);
      pay(pair.b, channelId, 2);
      let delivered = 0;
      while (delivered < at && pair.deliver(delivered % 2 === 0 ? pair.a : pair.b) !== undefined) delivered++;
      pair.disconnect();
      pair.connect();
      fulfill(pair.b, channelId, 0n, 1);
      fulfill(pair.a, channelId, 0n, 2);
      pair.exchange();
      const [a, b] = pair.shared(channelId);
      expect(a).toEqual(b);
      expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
      expect(pair.a.channel(channelId).phase).toBe('funded');
      if (delivered < at) break;
      cuts++;
    }
    expect(cuts).toBeGreaterThan(8);
  });
});

/** Two connected nodes with as many channels. */
function paired(count: number): { readonly pair: Pair; readonly a: TestNode; readonly b: TestNode; readonly ids: readonly ChannelId[] } {
  const pair = new Pair({ crypto: fake });
  pair.connect();
  const ids = Array.from({ length: count }, (_, nth) => pair.open({ nth }));
  return { pair, a: pair.a, b: pair.b, ids };
}

/** Another peer of this node, that has said init. */
function welcome(node: TestNode, peer: PublicKey = STRANGER): void {
  node.input({ kind: 'connected', peer });
  node.hear(peer, init);
}

/** What the node says to a peer, in short. */
function said(effects: readonly NodeEffect[], to: PublicKey): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.kind === 'disconnect' && effect.peer === to) return ['disconnect'];
    if (effect.kind !== 'send' || effect.peer !== to) return [];
    const { message } = effect;
    return [message.type === 'error' || message.type === 'warning' ? `${message.type} ${text(message.data)}` : message.type];
  });
}

function text(data: string): string {
  return String.fromCharCode(...fromHex(data));
}

function phases(node: TestNode, ids: readonly ChannelId[]): readonly string[] {
  return ids.map((id) => node.channel(id).phase);
}

describe('a connection', () => {
  it('begins with init on both sides, before which nothing else counts', () => {
    const { a, b } = new Pair({ crypto: fake });
    expect(a.input({ kind: 'received', peer: b.id, bytes: encodeMessage(init) })).toEqual([]);
    expect(said(a.input({ kind: 'connected', peer: b.id }), b.id)).toEqual(['init']);
    expect(a.state.peers.get(b.id)).toEqual({ id: b.id });
    a.hear(b.id, init);
    expect(a.state.peers.get(b.id)).toEqual({ id: b.id, features: DEFAULT_CONFIG.features });
    b.input({ kind: 'connected', peer: a.id });
    const ping: Message = { type: 'ping', numPongBytes: 2, ignored: '' };
    expect(said(b.hear(a.id, ping), a.id)).toEqual(['disconnect']);
    expect(said(a.hear(b.id, ping), b.id)).toEqual(['pong']);
  });

  it('that we give up is over: what was received of it already does not count', () => {
    const { a, b, ids } = paired(1);
    const [id] = ids as [ChannelId];
    pay(a, id, 1);
    const [add, signature] = a.outgoing as [Message, Message];
    const cut = encodeMessage(add).subarray(0, 40);
    expect(said(b.input({ kind: 'received', peer: a.id, bytes: cut }), a.id).map((s) => s.split(' ')[0])).toEqual([
      'warning',
      'disconnect',
    ]);
    expect(b.state.peers.size).toBe(0);
    expect(b.channel(id)).toMatchObject({ phase: 'funded', lifecycle: { connection: 'disconnected' } });
    // The signature of an update that could not be read.
    expect(b.hear(a.id, signature)).toEqual([]);
    expect(b.channel(id).phase).toBe('funded');
  });

  it.each<[string, string]>([
    ['a ping', '001200020000'],
    ['a message of unknown even type', '8002ffff'],
    ['an init that is cut off', '0010000000'],
    ['an init with an unknown even record', '0010000000000200'],
    ['a byte', '00'],
    ['a channel’s message', `0086${'00'.repeat(36)}`],
  ])('ends without a word when the peer begins with %s', (_what, bytes) => {
    const { a, b } = new Pair({ crypto: fake });
    b.input({ kind: 'connected', peer: a.id });
    expect(said(b.input({ kind: 'received', peer: a.id, bytes: fromHex(bytes) }), a.id)).toEqual(['disconnect']);
    expect(b.state.peers.size).toBe(0);
  });

  it('waits through messages of unknown odd type, and hears out who says why it does not want to talk', () => {
    const { a, b } = new Pair({ crypto: fake });
    b.input({ kind: 'connected', peer: a.id });
    expect(b.input({ kind: 'received', peer: a.id, bytes: fromHex('8003ffff') })).toEqual([]);
    expect(b.state.peers.get(a.id)?.features).toBeUndefined();
    const effects = b.hear(a.id, { type: 'error', channelId: ALL_CHANNELS, data: '6e6f' });
    expect(effects).toMatchObject([
      { kind: 'heard', peer: a.id, message: 'error', channelId: undefined, text: 'no' },
      { kind: 'violated', rule: 'init.not_first' },
      { kind: 'disconnect', peer: a.id },
    ]);
  });

  it('carries messages of unknown odd types, and pings, to no effect', () => {
    const { a, b } = paired(0);
    expect(b.input({ kind: 'received', peer: a.id, bytes: fromHex('8003ffff') })).toEqual([]);
    expect(said(b.input({ kind: 'received', peer: a.id, bytes: fromHex('8002ffff') }), a.id)).toHaveLength(2);
  });

  it('takes one init, with features that we have', () => {
    const twice = paired(0);
    expect(said(twice.b.hear(twice.a.id, init), twice.a.id)).toEqual(['warning init.twice: init came twice', 'disconnect']);
    const wrong = new Pair({ crypto: fake });
    wrong.b.input({ kind: 'connected', peer: wrong.a.id });
    const effects = wrong.b.hear(wrong.a.id, { ...init, features: '01' + '00'.repeat(30) } as Message);
    expect(said(effects, wrong.a.id)).toEqual(['warning init.unknown_features: unknown compulsory features 240', 'disconnect']);
    expect(wrong.b.state.peers.size).toBe(0);
  });

  it('that comes again ends the one before', () => {
    const { a, b, ids } = paired(1);
    const [id] = ids as [ChannelId];
    expect(said(b.input({ kind: 'connected', peer: a.id }), a.id)).toEqual(['init']);
    expect(b.channel(id)).toMatchObject({ lifecycle: { connection: 'disconnected' } });
    expect(b.state.peers.get(a.id)).toEqual({ id: a.id });
    expect(said(b.hear(a.id, init), a.id)).toEqual(['channel_reestablish']);
  });

  it('that is lost ends for that peer only', () => {
    const { a, b, ids } = paired(1);
    welcome(b);
    expect(b.input({ kind: 'disconnected', peer: STRANGER })).toEqual([]);
    expect(b.channel(ids[0] as ChannelId)).toMatchObject({ lifecycle: { connection: 'connected' } });
    expect([...b.state.peers.keys()]).toEqual([a.id]);
    const before = b.state;
    b.input({ kind: 'disconnected', peer: STRANGER });
    expect(b.state).toBe(before);
  });
});

describe('an error', () => {
  function error(channelId: ChannelId): Message {
    return { type: 'error', channelId, data: '21' };
  }

  it('for one channel touches no other', () => {
    const { a, b, ids } = paired(3);
    b.hear(a.id, error(ids[1] as ChannelId));
    expect(phases(b, ids)).toEqual(['funded', 'failed', 'funded']);
    const { a: c, b: d, ids: others } = paired(2);
    d.hear(c.id, error(d.channel(others[0] as ChannelId).params.temporaryChannelId));
    expect(phases(d, others)).toEqual(['funded', 'funded']);
  });

  it('for the all-zero id touches all channels and openings with that peer, and only those', () => {
    const { a, b, ids } = paired(2);
    welcome(b);
    opening(b, STRANGER, 1);
    opening(b, a.id, 2);
    b.hear(STRANGER, error(ALL_CHANNELS));
    expect(phases(b, ids)).toEqual(['funded', 'funded']);
    expect([...b.state.openings.values()].map(({ peer }) => peer)).toEqual([a.id]);
    b.hear(a.id, error(ALL_CHANNELS));
    expect(phases(b, ids)).toEqual(['failed', 'failed']);
    expect(b.state.openings.size).toBe(0);
  });

  it('for one opening ends that one', () => {
    const { a, b } = paired(0);
    for (const n of [1, 2]) opening(b, a.id, n);
    b.hear(a.id, error(bytes32(2)));
    expect([...b.state.openings.values()].map(({ temporaryChannelId }) => temporaryChannelId)).toEqual([bytes32(1)]);
  });

  it('for an unknown channel, or another peer’s, is ignored', () => {
    const { a, b, ids } = paired(1);
    welcome(b);
    const before = b.state;
    for (const [peer, channelId] of [
      [STRANGER, ids[0] as ChannelId],
      [a.id, UNKNOWN],
    ] as const) {
      expect(b.hear(peer, error(channelId))).toEqual([{ kind: 'heard', peer, message: 'error', channelId, text: '!' }]);
    }
    expect(b.state).toBe(before);
  });

  it('and a warning are held by nothing; a warning changes nothing', () => {
    const { a, b, ids } = paired(1);
    const before = b.state;
    const [channelId] = ids as [ChannelId];
    const heard = (data: string, id = channelId) => b.hear(a.id, { type: 'warning', channelId: id, data });
    expect(heard('21')).toEqual([{ kind: 'heard', peer: a.id, message: 'warning', channelId, text: '!' }]);
    // Printable ASCII, and all channels.
    expect(heard('1f207e7fc3bc0a', ALL_CHANNELS)).toEqual([
      { kind: 'heard', peer: a.id, message: 'warning', channelId: undefined, text: '? ~????' },
    ]);
    expect(b.state).toBe(before);
  });
});

describe('a message for a channel', () => {
  it('that is not known, or not the peer’s, is answered by an error for that id', () => {
    const { a, b, ids } = paired(1);
    const [id] = ids as [ChannelId];
    welcome(b);
    const before = b.state;
    const fee = (channelId: ChannelId): Message => ({ type: 'update_fee', channelId, feeratePerKw: 2500 });
    for (const [peer, channelId] of [
      [a.id, UNKNOWN],
      [STRANGER, id],
      [STRANGER, b.channel(id).params.temporaryChannelId],
    ] as const) {
      const effects = b.hear(peer, fee(channelId));
      expect(effects).toMatchObject([
        { kind: 'violated', peer, channelId, rule: 'node.unknown_channel' },
        { kind: 'send', peer, message: { type: 'error', channelId } },
      ]);
      expect(said(effects, peer)).toEqual(['error node.unknown_channel: unknown channel']);
    }
    const signed: Message = { type: 'funding_signed', channelId: UNKNOWN, signature: '00'.repeat(64) as never };
    expect(said(b.hear(a.id, signed), a.id)).toEqual(['error node.unknown_channel: unknown channel']);
    expect(b.state).toBe(before);
  });

  it('fails only that channel', () => {
    const { a, b, ids } = paired(2);
    const channelId = ids[0] as ChannelId;
    pay(b, channelId, 1);
    // The revocation of what b has signed anew, with a secret that is none.
    b.hear(a.id, { type: 'revoke_and_ack', channelId, perCommitmentSecret: '00'.repeat(32) as SecretKey, nextPerCommitmentPoint: a.id });
    expect(phases(b, ids)).toEqual(['failed', 'funded']);
  });

  it('that is gossip, or of no channel, is not answered', () => {
    const { a, b } = paired(0);
    expect(b.hear(a.id, { type: 'pong', ignored: '00' })).toEqual([]);
    expect(b.hear(a.id, { type: 'ping', numPongBytes: 65532, ignored: '' })).toEqual([]);
  });
});

/** open_channel as a good peer sends it. */
function openMessage(n: number): OpenChannel {
  const opener = new TestNode(fake, 0x0c);
  welcome(opener, opener.id);
  const temporaryChannelId = bytes32<ChannelId>(n);
  const effects = opener.command({
    kind: 'open',
    peer: opener.id,
    temporaryChannelId,
    keysId: bytes32(n),
    fundingSat: 1_000_000n,
    pushMsat: 0n,
    feeratePerKw: 2500,
    format: 'anchors',
    announce: false,
  });
  const [effect] = effects;
  if (effect?.kind !== 'send' || effect.message.type !== 'open_channel') throw new Error('nothing was opened');
  return effect.message;
}

function opening(node: TestNode, peer: PublicKey, n: number): readonly NodeEffect[] {
  return node.hear(peer, openMessage(n));
}

describe('openings', () => {
  it('are as many at once as a limit says, for each peer', () => {
    const { a, b } = paired(0);
    const [fundingSat, pushMsat, feeratePerKw, format, announce] = [1_000_000n, 0n, 2500, 'anchors', false] as const;
    // Those that we begin ourselves are not the peer's doing.
    for (let n = 1; n <= MAX_OPENINGS_PER_PEER; n++) {
      const ids = { peer: a.id, temporaryChannelId: bytes32<ChannelId>(0x80 + n), keysId: bytes32(0x80 + n) };
      const command = { kind: 'open' as const, ...ids, fundingSat, pushMsat, feeratePerKw, format, announce };
      expect(b.input({ kind: 'command', command })).toMatchObject([{ kind: 'send' }]);
    }
    for (let n = 1; n <= MAX_OPENINGS_PER_PEER; n++) expect(opening(b, a.id, n)).toMatchObject([{ kind: 'ask' }]);
    const before = b.state;
    expect(said(opening(b, a.id, 99), a.id)).toEqual(['error open_channel.too_many: 20 channels are being opened']);
    expect(b.state).toBe(before);
    welcome(b);
    expect(opening(b, STRANGER, 99)).toMatchObject([{ kind: 'ask', peer: STRANGER }]);
    b.input({ kind: 'command', command: { kind: 'reject', peer: a.id, channelId: bytes32(3), reason: 'no' } });
    expect(opening(b, a.id, 99)).toMatchObject([{ kind: 'ask', peer: a.id }]);
  });

  it('of two peers may have the same temporary id; of one they may not', () => {
    const { a, b } = paired(0);
    welcome(b);
    opening(b, a.id, 1);
    opening(b, STRANGER, 1);
    expect(b.state.openings.size).toBe(2);
    expect(said(opening(b, a.id, 1), a.id)).toEqual(['warning open_channel.temporary_channel_id: is in use, or zero']);
    const accept: Command = { kind: 'accept', peer: STRANGER, channelId: bytes32(1), keysId: bytes32(7) };
    expect(said(b.command(accept), STRANGER)).toEqual(['accept_channel']);
    expect([...b.state.openings.values()].map(({ peer, step }) => [peer, step.kind])).toEqual([
      [a.id, 'awaiting_host_accept'],
      [STRANGER, 'awaiting_funding_created'],
    ]);
    // A command without peer goes to the first of that id.
    expect(said(b.command({ kind: 'force_close', channelId: bytes32(1) }), a.id)).toEqual(['error channel.given_up: given up by the host']);
  });

  it('that break a rule are answered by an error for their temporary id', () => {
    const { a, b } = paired(0);
    const before = b.state;
    const effects = b.hear(a.id, { ...openMessage(1), dustLimitSat: 353n });
    expect(effects).toMatchObject([{ rule: 'opening.dust_limit_too_small' }, { message: { type: 'error', channelId: bytes32(1) } }]);
    expect(said(effects, a.id)[0]).toMatch(/^error opening\.dust_limit_too_small: /);
    expect(b.state).toBe(before);
  });

  it('are forgotten with the connection', () => {
    const { a, b } = paired(0);
    opening(b, a.id, 1);
    expect(b.input({ kind: 'disconnected', peer: a.id })).toMatchObject([{ kind: 'notify', event: { kind: 'forgotten' } }]);
    expect(b.state.openings.size).toBe(0);
  });

  it('cannot take the funding of another channel', () => {
    const { b, ids } = paired(1);
    const thief = new TestNode(fake, 0x0c);
    const known = b.channel(ids[0] as ChannelId);
    welcome(b, thief.id);
    welcome(thief, b.id);
    const say = (message: Message | undefined): readonly NodeEffect[] => b.hear(thief.id, message as Message);
    thief.command({
      kind: 'open',
      peer: b.id,
      temporaryChannelId: bytes32(5),
      keysId: bytes32(6),
      fundingSat: 1_000_000n,
      pushMsat: 0n,
      feeratePerKw: 2500,
      format: 'anchors',
      announce: false,
    });
    say(thief.outgoing.at(-1));
    const [accepted] = b.command({ kind: 'accept', peer: thief.id, channelId: bytes32(5), keysId: bytes32(7) });
    if (accepted?.kind !== 'send') throw new Error('not accepted');
    thief.hear(b.id, accepted.message);
    const step = [...thief.state.openings.values()][0]?.step;
    if (step?.kind !== 'awaiting_host_funding') throw new Error('not asked for funding');
    const { params, terms, remotePoint } = step;
    const { txid: knownTxid, vout } = onlyFunding(known).output;
    const output = outputOf(terms, knownTxid, vout);
    const env: ChannelEnv = {
      ...thief.env,
      tip: at(100),
      awayFrom: undefined,
      nowMs: 0,
      feeratePerKw: 2500,
      peerFeatures: '',
      mayBeOld: false,
    };
    const { signature } = signInitial(env, params, output, remotePoint);
    const { txid: fundingTxid, vout: fundingOutputIndex } = output;
    const effects = say({ type: 'funding_created', temporaryChannelId: bytes32(5), fundingTxid, fundingOutputIndex, signature });
    const why = 'funding_created.funding_in_use: the funding output gives an id that is in use';
    expect(said(effects, thief.id)).toEqual([`error ${why}`]);
    expect(effects.map(({ kind }) => kind)).toEqual(['violated', 'send', 'notify']);
    expect(b.state.openings.size).toBe(0);
    expect(b.channel(ids[0] as ChannelId)).toBe(known);
  });
});

describe('a refused command', () => {
  it('leaves the very same state, and says why', () => {
    const { a, b, ids } = paired(1);
    const [channelId] = ids as [ChannelId];
    const open = { ...openCommand(b.id), temporaryChannelId: channelId };
    const { paymentHash } = preimageOf(1);
    const refused: readonly [Command, RuleId][] = [
      [openCommand(STRANGER), 'node.not_connected'],
      [open, 'open_channel.temporary_channel_id'],
      [{ ...openCommand(b.id), feeratePerKw: 1 }, 'open_channel.feerate_per_kw'],
      [{ kind: 'commit', channelId }, 'commit.no_updates'],
      [{ kind: 'commit', channelId: UNKNOWN }, 'node.no_such_channel'],
      [{ kind: 'accept', peer: b.id, channelId: UNKNOWN, keysId: bytes32(1) }, 'node.no_such_channel'],
      [{ kind: 'fail', channelId, id: 3n, reason: '' }, 'remove_htlc.unknown_id'],
      [
        { kind: 'add', channelId, origin: ownPayment(''), amountMsat: 0n, paymentHash, cltvExpiry: 200, onion },
        'update_add_htlc.amount_msat',
      ],
    ];
    const before = a.state;
    for (const [command, rule] of refused) {
      expect(a.command(command).map((e) => (e.kind === 'refused' ? [e.command, e.rule] : e.kind))).toEqual([[command.kind, rule]]);
      expect(a.state).toBe(before);
    }
    a.command(openCommand(b.id));
    const under = a.state;
    expect(a.command(openCommand(b.id))).toMatchObject([{ kind: 'refused', command: 'open', rule: 'open_channel.temporary_channel_id' }]);
    expect(a.command({ kind: 'commit', channelId: bytes32(0x50) })).toMatchObject([{ kind: 'refused', rule: 'channel.not_open_yet' }]);
    expect(a.state.channels).toBe(under.channels);
  });
});

function openCommand(peer: PublicKey): Extract<Command, { kind: 'open' }> {
  return {
    kind: 'open',
    peer,
    temporaryChannelId: bytes32(0x50),
    keysId: bytes32(0x51),
    fundingSat: 1_000_000n,
    pushMsat: 0n,
    feeratePerKw: 2500,
    format: 'anchors',
    announce: false,
  };
}

describe('time', () => {
  const { openingTimeoutMs } = DEFAULT_CONFIG;
  const temporaryChannelId = bytes32<ChannelId>(0x77);

  /** `a` has asked for a channel, and `b` has not been asked yet. */
  function asked(): Pair {
    const pair = new Pair({ crypto: fake });
    pair.connect();
    const amounts = { fundingSat: 1_000_000n, pushMsat: 0n, feeratePerKw: 2500 };
    pair.a.input({ kind: 'time', nowMs: 1000 });
    const ids = { peer: pair.b.id, temporaryChannelId, keysId: bytes32(1) };
    pair.a.command({ kind: 'open', format: 'anchors', announce: false, ...ids, ...amounts });
    return pair;
  }

  it('ends an opening that the peer does not answer, at its deadline and not before', () => {
    const { a, b } = asked();
    expect(nextDeadline(a.state)).toBe(1000 + openingTimeoutMs);
    expect(a.input({ kind: 'time', nowMs: 999 + openingTimeoutMs })).toEqual([]);
    expect(nextDeadline(a.state)).toBe(1000 + openingTimeoutMs);
    const told = a.input({ kind: 'time', nowMs: 1000 + openingTimeoutMs });
    expect(told).toMatchObject([
      { kind: 'send', peer: b.id, message: { type: 'error', channelId: temporaryChannelId } },
      { kind: 'notify', channelId: temporaryChannelId, event: { kind: 'forgotten' } },
    ]);
    expect(a.state).toMatchObject({ openings: new Map(), deadlines: [] });
  });

  it('begins anew with each message, waits for no host, and for nothing when the channel is funded', () => {
    const pair = asked();
    const { a, b } = pair;
    pair.exchange();
    expect(nextDeadline(b.state)).toBeUndefined();
    b.command({ kind: 'accept', peer: a.id, channelId: temporaryChannelId, keysId: bytes32(2) });
    expect(nextDeadline(b.state)).toBe(openingTimeoutMs);
    a.input({ kind: 'time', nowMs: openingTimeoutMs });
    expect(nextDeadline(a.state)).toBe(1000 + openingTimeoutMs);
    pair.exchange();
    expect(nextDeadline(a.state)).toBeUndefined();
    const funded = new Pair({ crypto: fake });
    funded.connect();
    funded.fund();
    expect(nextDeadline(funded.a.state, funded.b.state)).toBeUndefined();
  });

  it('that goes back counts as none', () => {
    const { a } = asked();
    const before = a.state;
    expect(a.input({ kind: 'time', nowMs: 1000 })).toEqual([]);
    expect(a.input({ kind: 'time', nowMs: 3 })).toEqual([]);
    expect(a.state).toBe(before);
  });

  it('is up for nobody who is gone', () => {
    const pair = asked();
    pair.disconnect();
    expect(nextDeadline(pair.a.state)).toBeUndefined();
    expect(pair.a.input({ kind: 'time', nowMs: 1e12 })).toEqual([]);
  });
});

describe('the surroundings', () => {
  it('are the newest height and feerate', () => {
    const { a, b, ids } = paired(1);
    const [channelId] = ids as [ChannelId];
    const fee = (feeratePerKw: number): readonly NodeEffect[] => a.command({ kind: 'fee', channelId, feeratePerKw });
    expect(fee(60_000)).toMatchObject([{ kind: 'refused', rule: 'update_fee.feerate_per_kw' }]);
    expect(a.input({ kind: 'feerate', feeratePerKw: 9000 })).toEqual([]);
    expect(said(fee(60_000), b.id)).toEqual(['update_fee']);
    const { tip } = b.state;
    b.input(input(tip, at(tip.height + 4)));
    expect(b.state.tip).toEqual(at(tip.height + 4));
  });

  it('reach every channel with each block', () => {
    const { a, ids } = paired(2);
    for (const [i, id] of ids.entries()) pay(a, id, i + 1);
    a.input(input(a.state.tip, at(201)));
    expect(phases(a, ids)).toEqual(['funded', 'funded']);
    a.input(input(a.state.tip, at(202)));
    expect(phases(a, ids)).toEqual(['failed', 'failed']);
  });

  it('are refused where they do not fit, with what to send instead', () => {
    const { a } = paired(1);
    const before = a.state;
    const { tip } = before;
    const refused = (misfit: string, resumeAt: unknown): readonly object[] => [{ kind: 'chain_refused', refusal: { misfit, resumeAt } }];
    expect(a.input(input(at(tip.height + 1), at(tip.height + 2)))).toMatchObject(refused('hole', tip));
    expect(a.input(input(at(tip.height, 1), at(tip.height + 1, 1)))).toMatchObject(refused('unknown-fork', undefined));
    expect(a.input(input(tip, at(tip.height + 1), block(at(tip.height + 2))))).toMatchObject(refused('malformed', undefined));
    expect(a.state).toBe(before);
  });

  it('are refused where one channel knows better, and no channel takes them', () => {
    const { a, ids } = paired(2);
    const before = a.state;
    const [first] = a.state.channels.get(ids[1] as ChannelId)?.state.chain.transactions ?? [];
    const { height = 0 } = first ?? {};
    expect(height).toBeLessThan(a.state.tip.height);
    const effects = a.input(input(at(height, 1), at(a.state.tip.height + 1, 1)));
    expect(effects).toMatchObject([{ kind: 'chain_refused', refusal: { misfit: 'unknown-fork', resumeAt: undefined } }]);
    expect(a.state).toBe(before);
  });

  it('go back with the chain', () => {
    const { a } = paired(1);
    const lower = at(a.state.tip.height - 2);
    a.input(input(lower, at(lower.height + 1, 1)));
    expect(a.state.tip).toEqual(at(lower.height + 1, 1));
  });

  it('are what a new node is made with', () => {
    expect(createNode(at(7), 300, 5)).toEqual({
      tip: at(7),
      awayFrom: undefined,
      nowMs: 5,
      deadlines: [],
      feeratePerKw: 300,
      peers: new Map(),
      channels: new Map(),
      openings: new Map(),
      waiting: new Map(),
      payments: noPayments(),
      gossip: undefined,
      ownNode: undefined,
    });
  });
});

describe('an effect that waits for another channel', () => {
  it('leaves when that one’s store is done', () => {
    const { a, b, ids } = paired(2);
    const [first, second] = ids as [ChannelId, ChannelId];
    const { version } = a.channel(second).durability;
    const after = [{ sink: STATE_SINK, channelId: second, version: version + 1 }];
    const message: Message = { type: 'update_fee', channelId: first, feeratePerKw: 2500 };
    const held: NodeEffect = { kind: 'send', peer: b.id, channelId: first, message, after };
    const state: NodeState = {
      ...a.state,
      channels: new Map(a.state.channels).set(first, { ...(a.state.channels.get(first) as ChannelSlot), outbox: [held] }),
    };
    const stored = (done: number) => nodeStep(a.env, state, { kind: 'stored', sink: { kind: 'state' }, channelId: second, version: done });
    expect(stored(version).effects).toEqual([]);
    const step = stored(version + 1);
    expect(step.effects).toEqual([held]);
    expect(step.state.channels.get(first)?.outbox).toEqual([]);
    // A store of a channel that is gone, or unknown, is nobody's.
    expect(nodeStep(a.env, state, { kind: 'stored', sink: { kind: 'state' }, channelId: UNKNOWN, version: 9 })).toEqual({
      state,
      effects: [],
    });
  });
});

describe('bytes from a peer', () => {
  it('never make a node throw: messages of all times, cut, flipped, shuffled', () => {
    const { pair, a, b, ids } = paired(1);
    const [id] = ids as [ChannelId];
    pay(a, id, 1);
    pay(b, id, 2);
    for (let i = 0; i < 3; i++) for (const node of [a, b]) pair.deliver(node);
    const states: NodeState[] = [b.state];
    pair.exchange();
    states.push(b.state);
    fulfill(b, id, 0n, 1);
    pair.disconnect();
    a.input({ kind: 'connected', peer: b.id });
    b.input({ kind: 'connected', peer: a.id });
    states.push(b.state);
    pair.deliver(a);
    states.push(b.state);
    pair.exchange();
    opening(b, a.id, 9);
    a.command({ kind: 'shutdown', channelId: id, script: `0014${'a1'.repeat(20)}` as never });
    pair.deliver(a);
    states.push(b.state);
    const heard = [a, b].flatMap(({ log }) => log.flatMap((effect) => (effect.kind === 'send' ? [encodeMessage(effect.message)] : [])));
    heard.push(encodeMessage(openMessage(3)));
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(
        fc.nat(states.length - 1),
        fc.array(fc.tuple(fc.nat(heard.length - 1), fc.nat(3), fc.nat(100_000), fc.nat(254)), { minLength: 1, maxLength: 10 }),
        (which, script) => {
          let state = states[which] as NodeState;
          for (const [index, change, at, byte] of script) {
            const message = heard[index] as Uint8Array;
            const position = at % message.length;
            let bytes = message;
            if (change === 1) bytes = message.subarray(0, position);
            if (change === 2) bytes = message.map((value, i) => (i === position ? value ^ (byte + 1) : value));
            const inputs: NodeInput[] = [{ kind: 'received', peer: a.id, bytes }];
            for (const input of inputs) {
              const step = nodeStep(b.env, state, input);
              state = step.state;
              for (const effect of step.effects) {
                outcomes.add(effect.kind === 'send' ? effect.message.type : effect.kind);
                if (effect.kind === 'send') encodeMessage(effect.message);
                if (effect.kind !== 'store') continue;
                encodeChannel(effect.state);
                inputs.push({ kind: 'stored', sink: { kind: 'state' }, channelId: effect.channelId, version: effect.version });
              }
            }
            if (!state.peers.has(a.id)) {
              state = nodeStep(b.env, state, { kind: 'connected', peer: a.id }).state;
              state = nodeStep(b.env, state, { kind: 'received', peer: a.id, bytes: encodeMessage(init) }).state;
            }
          }
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
    for (const kind of ['error', 'warning', 'disconnect', 'ask', 'store', 'broadcast', 'revoke_and_ack']) expect(outcomes).toContain(kind);
  });
});
