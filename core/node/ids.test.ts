import { describe, expect, it } from 'vitest';
import { outputOf, signInitial } from '../channel/establish/opening.ts';
import { onlyFunding } from '../channel/model/fundings.ts';
import { ownPayment } from '../channel/model/origin.ts';
import type { Command } from '../channel/model/channel-vocabulary.ts';
import { at } from '../chain/chain.fixture.ts';
import type { ChannelId, Hash32, PublicKey, Script, Txid } from '../crypto/bytes.ts';
import { txid } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { plainValue } from '../../fuzz-targets/node/altered-message.ts';
import { channelIdOf, messageRegistry } from '../wire/messages/index.ts';
import type { ChannelMessage, FundingCreated, Message, OpenChannel } from '../wire/messages/index.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { ALL_CHANNELS } from './ids.ts';
import { bytes32, Pair, preimageOf, TestNode } from './pair.fixture.ts';
import type { NodeEffect } from './node-vocabulary.ts';

const fake = createFakeCrypto();
const onion = new Uint8Array(1366);
const TEMPORARY = bytes32<ChannelId>(5);
const init: Message = { type: 'init', globalfeatures: '', features: DEFAULT_CONFIG.features, networks: [DEFAULT_CONFIG.chainHash] };

function welcome(node: TestNode, peer: PublicKey): void {
  node.input({ kind: 'connected', peer });
  node.hear(peer, init);
}

/** A node whose messages a test takes to `node` by hand, as this peer. */
function strangerOf(node: TestNode, seed = 0x0c): TestNode {
  const stranger = new TestNode(fake, seed);
  welcome(node, stranger.id);
  welcome(stranger, node.id);
  return stranger;
}

function openCommand(peer: PublicKey, temporaryChannelId: ChannelId): Extract<Command, { kind: 'open' }> {
  const [fundingSat, pushMsat, feeratePerKw, format, announce] = [1_000_000n, 0n, 2500, 'anchors', false] as const;
  return { kind: 'open', peer, temporaryChannelId, keysId: bytes32(6), fundingSat, pushMsat, feeratePerKw, format, announce };
}

/** The open_channel that `from` would send, under whatever id. */
function openOf(from: TestNode, to: TestNode, temporaryChannelId: ChannelId): OpenChannel {
  from.command(openCommand(to.id, TEMPORARY));
  return { ...(from.outgoing.at(-1) as OpenChannel), temporaryChannelId };
}

/** funding_created for this outpoint, from a peer whose open_channel was accepted under `TEMPORARY`. */
function createdBy(peer: TestNode, node: TestNode, fundingTxid: Txid, fundingOutputIndex: number): FundingCreated {
  node.hear(peer.id, openOf(peer, node, TEMPORARY));
  node.command({ kind: 'accept', peer: peer.id, channelId: TEMPORARY, keysId: bytes32(7) });
  peer.hear(node.id, node.outgoing.at(-1) as Message);
  const step = [...peer.state.openings.values()][0]?.step;
  if (step?.kind !== 'awaiting_host_funding') throw new Error('not asked for funding');
  const output = outputOf(step.terms, fundingTxid, fundingOutputIndex);
  const env = { ...peer.env, tip: at(100), awayFrom: undefined, nowMs: 0, feeratePerKw: 2500, peerFeatures: '', mayBeOld: false };
  const { signature } = signInitial(env, step.params, output, step.remotePoint);
  return { type: 'funding_created', temporaryChannelId: TEMPORARY, fundingTxid, fundingOutputIndex, signature };
}

function said(effects: readonly NodeEffect[]): readonly string[] {
  return effects.flatMap((e) => {
    if (e.kind !== 'send') return e.kind === 'disconnect' ? ['(disconnects)'] : [];
    return [`${e.message.type} ${'channelId' in e.message ? e.message.channelId.slice(0, 4) : ''}`];
  });
}

function paired(): { readonly pair: Pair; readonly a: TestNode; readonly b: TestNode } {
  const pair = new Pair({ crypto: fake });
  pair.connect();
  return { pair, a: pair.a, b: pair.b };
}

describe('the id zero', () => {
  // Odd messages of features that were not negotiated are ignored, whatever they name.
  const types = messageRegistry.filter(
    ({ group, type, features }) =>
      !['control', 'announcement', 'gossip', 'onion', 'storage'].includes(group) && (type % 2 === 0 || features.length === 0),
  );
  const named = types.map(({ name, codec }) => ({ type: name, ...(plainValue(codec.schema) as object) }) as unknown as ChannelMessage);

  it.each(named)('$type for it is warned about: an error would fail every channel', (message) => {
    const { pair, a, b } = paired();
    pair.open();
    const before = b.state;
    if (message.type !== 'open_channel') expect(channelIdOf(message)).toBe(ALL_CHANNELS);
    expect(said(b.hear(a.id, message))).toEqual(['warning 0000']);
    expect(b.state).toBe(before);
  });

  it('is no temporary id, of a peer’s or of ours', () => {
    const { a, b } = paired();
    expect(said(b.hear(a.id, openOf(strangerOf(b), b, ALL_CHANNELS)))).toEqual(['warning 0000']);
    expect(b.state.openings.size).toBe(0);
    expect(a.command(openCommand(b.id, ALL_CHANNELS))).toMatchObject([{ kind: 'refused', rule: 'open_channel.temporary_channel_id' }]);
  });

  it.each([0, 1, 0xffff])('is no final id, either: output %i', (vout) => {
    const { b } = paired();
    const peer = strangerOf(b);
    const created = createdBy(peer, b, vout.toString(16).padStart(64, '0') as Txid, vout);
    expect(said(b.hear(peer.id, created))).toEqual(['error 0505']);
    expect(b.state.channels.size + b.state.openings.size).toBe(0);
    expect(b.notifications().at(-1)).toMatchObject({ kind: 'forgotten', peer: peer.id, rule: 'funding_created.funding_in_use' });
  });
});

describe('the id of a living channel', () => {
  it('is no temporary id: for its peer, an error would fail it; for a stranger, commands that name it would be in doubt', () => {
    for (const who of ['peer', 'stranger'] as const) {
      const { pair, a, b } = paired();
      const channelId = pair.open();
      const stranger = strangerOf(b);
      const before = b.state;
      expect(said(b.hear(who === 'peer' ? a.id : stranger.id, openOf(stranger, b, channelId)))).toEqual([
        `warning ${channelId.slice(0, 4)}`,
      ]);
      expect(b.state).toBe(before);
    }
  });

  it('means the channel in every command, whoever opens something under it', () => {
    const { pair, a, b } = paired();
    const { channelId, tx } = pair.fund();
    pair.block([tx]);
    pair.block();
    pair.block();
    const stranger = strangerOf(b);
    b.outgoing.length = 0;
    // As if it had come before the funding was known.
    const [[key, opening] = []] = [...createdOpening(b, stranger, channelId)];
    b.state = { ...b.state, openings: new Map(b.state.openings).set(key as string, opening as never) };
    const { paymentHash, preimage } = preimageOf(1);
    const origin = ownPayment('01');
    a.command({ kind: 'add', channelId, origin, amountMsat: 10_000_000n, paymentHash, cltvExpiry: 200, onion });
    pair.exchange();
    b.command({ kind: 'fulfill', channelId, id: 0n, preimage });
    pair.exchange();
    expect(a.notifications().at(-1)).toMatchObject({ kind: 'event', event: { kind: 'payment_sent' } });
    expect(b.command({ kind: 'reject', peer: a.id, channelId, reason: '' })).toMatchObject([{ rule: 'channel.funded_already' }]);
    expect(b.command({ kind: 'force_close', channelId, peer: stranger.id })).toMatchObject([
      { kind: 'send', peer: stranger.id },
      { kind: 'notify', event: { kind: 'forgotten', peer: stranger.id } },
    ]);
    expect(b.command({ kind: 'fund', peer: stranger.id, channelId, tx })).toMatchObject([{ rule: 'node.no_such_channel' }]);
    b.command({ kind: 'force_close', channelId });
    expect(b.channel(channelId).phase).toBe('failed');
  });

  function createdOpening(b: TestNode, stranger: TestNode, temporaryChannelId: ChannelId) {
    const other = new TestNode(fake, 0x0b);
    welcome(other, stranger.id);
    other.hear(stranger.id, openOf(stranger, b, temporaryChannelId));
    return other.state.openings;
  }
});

describe('an id that a peer gives to two things', () => {
  it('is that of the first: of two openings, and of ours', () => {
    const { a, b } = paired();
    const stranger = strangerOf(b);
    b.hear(a.id, openOf(stranger, b, TEMPORARY));
    const before = b.state;
    expect(said(b.hear(a.id, openOf(stranger, b, TEMPORARY)))).toEqual(['warning 0505']);
    expect(b.state).toBe(before);
    a.command(openCommand(b.id, bytes32(8)));
    const ours = a.state;
    expect(said(a.hear(b.id, openOf(stranger, a, bytes32(8))))).toEqual(['warning 0808']);
    expect(a.state).toBe(ours);
  });

  it('is not free while the funding of ours that gives it is being signed', () => {
    const { pair, a, b } = paired();
    const { channelId } = unsigned(pair);
    const stranger = strangerOf(a);
    for (const peer of [b.id, stranger.id]) {
      const before = a.state;
      expect(said(a.hear(peer, openOf(stranger, a, channelId)))).toEqual([`warning ${channelId.slice(0, 4)}`]);
      expect(a.state).toBe(before);
    }
    expect(a.state.openings.size).toBe(1);
  });

  it('is not taken from an opening by a funding that gives it, whoever names it', () => {
    const { pair, a } = paired();
    const { channelId } = unsigned(pair);
    const thief = strangerOf(a, 0x0d);
    expect(said(a.hear(thief.id, createdBy(thief, a, channelId as string as Txid, 0)))).toEqual(['error 0505']);
    expect(a.state.channels.size).toBe(0);
    expect([...a.state.openings.values()].map(({ step }) => step.kind)).toEqual(['awaiting_funding_signed']);
  });

  it('may be its own final id', () => {
    const { b } = paired();
    const peer = strangerOf(b);
    expect(said(b.hear(peer.id, createdBy(peer, b, TEMPORARY as string as Txid, 0)))).toEqual([]);
    expect([...b.state.channels.keys()]).toEqual([TEMPORARY]);
    expect(b.state.openings.size).toBe(0);
  });

  it('is refused to our host’s funding', () => {
    const { pair, a, b } = paired();
    a.command({ ...openCommand(b.id, bytes32(8)), keysId: bytes32(1) });
    pair.exchange();
    b.command({ kind: 'accept', peer: a.id, channelId: bytes32(8), keysId: bytes32(2) });
    pair.exchange();
    const asked = a.log.findLast((effect) => effect.kind === 'ask');
    if (asked?.kind !== 'ask' || asked.question.kind !== 'fund') throw new Error('no funding was asked for');
    const { amountSat, script } = asked.question;
    const input = { txid: bytes32<Txid>(0x99), vout: 0, sequence: 0xffffffff, scriptSig: '' as Script, witness: ['00'] };
    const tx: Tx = { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat, script }] };
    // Somebody has heard of our transaction, and says that it funds a channel with us.
    const peer = strangerOf(a);
    a.hear(peer.id, createdBy(peer, a, txid(fake, tx), 0));
    expect(a.state.channels.size).toBe(1);
    const before = a.state;
    expect(a.command({ kind: 'fund', peer: b.id, channelId: bytes32(8), tx })).toMatchObject([
      { kind: 'refused', command: 'fund', rule: 'funding_created.funding_in_use' },
    ]);
    expect(a.state).toBe(before);
  });
});

describe('the keys of a channel', () => {
  it('are of no second one: not of an opening, with whomever, nor of a channel, restored or not', () => {
    const { pair, a, b } = paired();
    const { keysId } = a.channel(pair.open()).params;
    const peer = strangerOf(a);
    const refused = (node: TestNode, command: Command): void => {
      const before = node.state;
      expect(node.command(command)).toMatchObject([{ kind: 'refused', command: command.kind, rule: 'opening.keys_in_use' }]);
      expect(node.state).toBe(before);
    };
    const command = openCommand(b.id, bytes32(8));
    a.command(command);
    refused(a, { ...command, temporaryChannelId: bytes32(9) });
    refused(a, { ...command, peer: peer.id });
    // To accept with them would be the same.
    a.hear(peer.id, openOf(peer, a, TEMPORARY));
    refused(a, { kind: 'accept', peer: peer.id, channelId: TEMPORARY, keysId: command.keysId });
    expect(said(a.command({ kind: 'accept', peer: peer.id, channelId: TEMPORARY, keysId: bytes32(7) }))).toEqual(['accept_channel ']);
    refused(a, { ...command, temporaryChannelId: bytes32(9), keysId: bytes32(7) });
    refused(a, { ...command, temporaryChannelId: bytes32(9), keysId });
    a.restart();
    pair.connect();
    refused(a, { ...command, temporaryChannelId: bytes32(9), keysId });
    // An opening is not durable: what nobody remembers is free.
    expect(said(a.command({ ...command, temporaryChannelId: bytes32(9) }))).toEqual(['open_channel ']);
  });

  it.each(['', 'ab', 'AB'.repeat(32), '0g'.repeat(32), 'ab'.repeat(33)])('are named by 32 bytes of one spelling, not by %j', (text) => {
    const { a, b } = paired();
    const peer = strangerOf(a);
    a.hear(peer.id, openOf(peer, a, TEMPORARY));
    const { state } = a;
    const keysId = text as Hash32;
    const command = openCommand(b.id, bytes32(8));
    const accept: Command = { kind: 'accept', peer: peer.id, channelId: TEMPORARY, keysId };
    for (const wrong of [{ ...command, keysId }, accept])
      expect(a.command(wrong)).toMatchObject([{ kind: 'refused', command: wrong.kind, rule: 'opening.keys_id' }]);
    const named = { ...command, temporaryChannelId: text as ChannelId };
    expect(a.command(named)).toMatchObject([{ kind: 'refused', rule: 'open_channel.temporary_channel_id' }]);
    expect(a.state).toBe(state);
  });
});

/** `a` has sent funding_created, and the answer is under way. */
function unsigned(pair: Pair): { readonly channelId: ChannelId; readonly signed: Message } {
  const { b } = pair;
  const hear = b.input.bind(b);
  let signed: Message | undefined;
  b.input = (input) => {
    const effects = hear(input);
    if (b.outgoing.at(-1)?.type === 'funding_signed') signed = b.outgoing.pop();
    return effects;
  };
  try {
    pair.fund();
  } catch {
    // It is not funded at `a`.
  }
  b.input = hear;
  if (signed === undefined || !('channelId' in signed)) throw new Error('no funding_signed');
  return { channelId: signed.channelId, signed: signed as Message };
}

describe('what is named in an error that we send', () => {
  it('has failed with us: a message for the final id, between funding_created and funding_signed', () => {
    const { pair, a, b } = paired();
    const { channelId, signed } = unsigned(pair);
    const effects = a.hear(b.id, { type: 'shutdown', channelId, scriptPubkey: `0014${'ab'.repeat(20)}` as never });
    expect(said(effects)).toEqual([`error ${channelId.slice(0, 4)}`]);
    expect(effects.at(-1)).toMatchObject({ kind: 'notify', event: { kind: 'forgotten', rule: 'channel.not_opening' } });
    expect(said(a.hear(b.id, signed))).toEqual([`error ${channelId.slice(0, 4)}`]);
    expect(a.state.channels.size).toBe(0);
    expect(a.log.filter(({ kind }) => kind === 'broadcast')).toEqual([]);
  });

  it('has failed with us when the peer’s error names the final id, too', () => {
    const { pair, a, b } = paired();
    const { channelId, signed } = unsigned(pair);
    const effects = a.hear(b.id, { type: 'error', channelId, data: '21' });
    expect(effects.at(-1)).toMatchObject({ kind: 'notify', event: { kind: 'forgotten' } });
    expect(said(a.hear(b.id, signed))).toEqual([`error ${channelId.slice(0, 4)}`]);
    expect(a.state.channels.size).toBe(0);
  });

  it('is the opening, whose funding_signed does not name it', () => {
    const { pair, a, b } = paired();
    const { signed, channelId } = unsigned(pair);
    const { temporaryChannelId } = [...a.state.openings.values()][0] as { temporaryChannelId: ChannelId };
    expect(said(a.hear(b.id, { ...signed, channelId: temporaryChannelId } as Message))).toEqual([`error ${channelId.slice(0, 4)}`]);
    expect(a.state.openings.size).toBe(0);
  });

  it.each(['funding_created', 'accept_channel'] as const)('is never a funded channel by its temporary id: %s comes again', (type) => {
    const { pair, a, b } = paired();
    const log: Message[] = [];
    for (const node of [a, b]) {
      const { deliver } = pair;
      pair.deliver = (from) => {
        const message = deliver.call(pair, from);
        if (message !== undefined && from !== node) log.push(message);
        return message;
      };
    }
    const { channelId } = pair.fund();
    const again = log.find((message) => message.type === type) as Message;
    const [to, from] = type === 'funding_created' ? [b, a] : [a, b];
    const before = to.state;
    expect(said(to.hear(from.id, again))).toEqual([`warning ${channelId.slice(0, 4)}`]);
    expect(to.state).toBe(before);
  });

  it('is named by the peer as it named it before the channel was ready: temporary ids count as long', () => {
    const { pair, a, b } = paired();
    const { channelId } = pair.fund();
    const { temporaryChannelId } = onlyParams(b, channelId);
    b.hear(a.id, { type: 'error', channelId: temporaryChannelId, data: '21' });
    expect(b.channel(channelId).phase).toBe('failed');
    expect(onlyFunding(b.channel(channelId)).output.vout).toBe(0);
  });

  function onlyParams(node: TestNode, channelId: ChannelId) {
    return node.channel(channelId).params;
  }
});
