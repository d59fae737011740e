import { statusOf } from '../../core/channel/model/ending.ts';
import type { NodeEffect } from '../../core/node/node-vocabulary.ts';
import { MAX_UNSIGNED_UPDATES } from '../../core/channel/channel.ts';
import { contents, logLength } from '../../core/channel/model/contents.ts';
import type { AddUpdate, FundedState, StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32, PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import { sha256Hex } from '../../core/crypto/hashes.ts';
import { MAX_OPENINGS_PER_PEER } from '../../core/node/openings.ts';
import type { NodeInput, NodeState } from '../../core/node/node-vocabulary.ts';
import type { ConnectionId, PeersState } from '../../core/peers/peers-vocabulary.ts';
import { other } from '../../core/transactions/types.ts';
import { decodeMessage } from '../../core/wire/messages/index.ts';
import { promise } from '../target.ts';
import { crypto, nodeEnv, peersEnv } from './subject.ts';
import type { Subject, Watched } from './subject.ts';
import { onlyFunding } from '../../core/channel/model/fundings.ts';

/** Messages in answer to one input, beside those that retransmission owes. */
const MAX_SENDS = 12;

/** What must hold whatever the peers do, asked after every step of the node. Keeps its own books: it does not believe the node's. */
export class NodeOracle {
  private readonly subject: Subject;
  /** HTLCs whose preimage the peer has revealed, and those that we have claimed, as `channel:id`. */
  private readonly revealed: Set<string>;
  private readonly claimed: Set<string>;
  /** Whose bytes are being judged: nobody else's channels may change. */
  attacker: PublicKey | undefined;
  readonly milestones: Set<string>;

  constructor(subject: Subject, from?: NodeOracle) {
    this.subject = subject;
    this.revealed = new Set(from?.revealed);
    this.claimed = new Set(from?.claimed);
    this.milestones = new Set(from?.milestones);
    subject.watch = (event) => this.see(event);
  }

  /** When all that was to happen has happened. */
  rest(): void {
    initInTime(this.subject.peers, this.subject.node);
  }

  private see(event: Watched): void {
    if (event.kind === 'peers') {
      boundedBuffers(this.subject.peers);
      if (event.effect.kind === 'received') heldBack(this.subject.peers, event.effect.connection);
      if (event.effect.kind === 'connected') this.milestones.add('handshake');
      return;
    }
    const { input, before, after, effects } = event;
    boundedAnswers(before, effects);
    boundedState(after);
    this.isolation(before, after, effects);
    this.hear(input, before);
    for (const effect of effects) {
      this.effect(effect);
      if (effect.kind === 'send' && effect.message.type === 'error') failsWhatItNames(after, effect.peer, effect.message.channelId);
    }
    for (const [channelId, slot] of after.channels) {
      const earlier = before.channels.get(channelId)?.state;
      if (earlier !== slot.state) this.changed(earlier, slot.state);
    }
    if (effects.length > 0 || after !== before) this.note(after);
  }

  /** A peer proves that it was paid by a preimage, and by nothing else. */
  private hear(input: NodeInput, before: NodeState): void {
    if (input.kind !== 'received') return;
    const decoded = decodeMessage(input.bytes);
    if (!decoded.ok || decoded.message.type !== 'update_fulfill_htlc') return;
    const { channelId, id, paymentPreimage } = decoded.message;
    const state = before.channels.get(channelId)?.state;
    const htlc = state?.shared.base.htlcs[state.params.us].find((known) => known.id === id);
    const hash: Hash32 = sha256Hex(crypto, paymentPreimage);
    if (state?.params.peer === input.peer && htlc?.paymentHash === hash) this.revealed.add(`${channelId}:${id}`);
  }

  private effect(effect: NodeEffect): void {
    if (effect.kind === 'notify' && effect.event.kind === 'event') this.milestones.add(effect.event.event.kind);
    if (effect.kind !== 'send') return;
    const { message } = effect;
    if (message.type === 'update_fulfill_htlc') this.claimed.add(`${message.channelId}:${message.id}`);
    if (message.type === 'channel_reestablish') this.milestones.add('reestablish');
    if (message.type === 'revoke_and_ack') this.revokesOnlyThePast(message.channelId, message.perCommitmentSecret);
  }

  /** BOLT 2: a secret leaves only when the commitment after it is durable: a restart would bring back what was revoked. */
  private revokesOnlyThePast(channelId: ChannelId, secret: SecretKey): void {
    const state = this.subject.node.channels.get(channelId)?.state;
    const durable = this.subject.disk.get(channelId);
    if (state === undefined || durable === undefined) return;
    const revealsDurable = nodeEnv.signer.isSecret(state.params.keysId, durable.number, secret);
    promise(!revealsDurable, 'no revocation of what a restart would bring back', () => `commitment ${durable.number} of ${channelId}`);
  }

  private isolation(before: NodeState, after: NodeState, effects: readonly NodeEffect[]): void {
    const { attacker } = this;
    if (attacker === undefined) return;
    for (const [channelId, { state }] of before.channels) {
      if (state.params.peer === attacker) continue;
      promise(after.channels.get(channelId)?.state === state, "a peer touches nobody else's channel", () => channelId);
    }
    for (const [key, opening] of before.openings)
      if (opening.peer !== attacker && !this.madeRoom(before, opening.peer))
        promise(after.openings.get(key) === opening, "a peer touches nobody else's opening", () => key);
    for (const effect of effects) {
      if (effect.kind === 'send' || effect.kind === 'disconnect')
        promise(effect.peer === attacker, 'what a peer says is answered to nobody else', () => effect.kind);
    }
    for (const [id, peer] of before.peers)
      if (id !== attacker && !this.madeRoom(before, id))
        promise(after.peers.get(id) === peer, "a peer ends nobody else's connection", () => id);
  }

  /** Where all places are taken, one without channels makes room for the attacker if that has some. */
  private madeRoom(node: NodeState, id: PublicKey): boolean {
    const peersWithChannels = new Set(Array.from(node.channels.values(), ({ state }) => state.params.peer));
    const { connections, peers } = this.subject.peers;
    const inbound = [...connections.values()].filter(({ stage, dialled }) => stage === 'open' && !dialled).length;
    const left = !peers.has(id) && inbound >= peersEnv.limits.maxInboundPeers;
    return left && this.attacker !== undefined && peersWithChannels.has(this.attacker) && !peersWithChannels.has(id);
  }

  private changed(before: StoredChannel | undefined, after: StoredChannel): void {
    const { shared } = after;
    const capacitySat = onlyFunding(after).output.amountSat;
    const { balanceMsat, htlcs } = shared.base;
    const inFlight = [...htlcs.opener, ...htlcs.accepter].reduce((sum, { amountMsat }) => sum + amountMsat, 0n);
    const total = balanceMsat.opener + balanceMsat.accepter + inFlight;
    promise(total === capacitySat * 1000n, 'no millisatoshi appears or disappears', () => `${total} of ${capacitySat} sat`);
    for (const owner of ['opener', 'accepter'] as const) {
      const now = shared.commitments[owner].current;
      if (before?.shared.commitments[owner].current === now) continue;
      const said = contents(shared, now.cut).balanceMsat;
      promise(
        said.opener >= 0n && said.accepter >= 0n,
        'no balance below zero',
        () => `${said.opener}, ${said.accepter} in ${owner}'s commitment`,
      );
    }
    if (before !== undefined && before.shared.base !== shared.base) this.balance(before, after);
  }

  /** Our balance shrinks by what we offered and what was paid for with a preimage, and grows by what came back or what we claimed. */
  private balance(before: StoredChannel, after: StoredChannel): void {
    const { channelId, params } = after;
    const { us } = params;
    const [was, is] = [before.shared.base, after.shared.base];
    const gone = (side: typeof us): readonly AddUpdate[] =>
      was.htlcs[side].filter((htlc) => !is.htlcs[side].some(({ id }) => id === htlc.id));
    const come = is.htlcs[us].filter((htlc) => !was.htlcs[us].some(({ id }) => id === htlc.id));
    let least = was.balanceMsat[us];
    for (const { amountMsat } of come) least -= amountMsat;
    for (const { id, amountMsat } of gone(us)) if (!this.revealed.has(`${channelId}:${id}`)) least += amountMsat;
    for (const { id, amountMsat } of gone(other(us))) {
      if (!this.claimed.has(`${channelId}:${id}`)) continue;
      least += amountMsat;
      this.milestones.add('received');
    }
    const now = is.balanceMsat[us];
    promise(now >= least, 'our balance is never smaller than what we signed for', () => `${now} msat, at least ${least} are ours`);
  }

  private note(node: NodeState): void {
    const { milestones } = this;
    for (const { features } of node.peers.values()) if (features !== undefined) milestones.add('init');
    if (node.openings.size > 0) milestones.add('opening');
    for (const { state } of node.channels.values()) {
      milestones.add(statusOf(state));
      if (state.phase === 'funded') this.noteFunded(state);
    }
  }

  private noteFunded(state: FundedState): void {
    const { milestones } = this;
    if (state.lifecycle.readySent && state.lifecycle.readyReceived) milestones.add('open');
    if (state.closing.tx !== undefined) milestones.add('closing');
    if (state.shared.base.htlcs.opener.length + state.shared.base.htlcs.accepter.length > 0) milestones.add('htlc');
  }
}

/** Nothing that a peer makes us keep for its connection is without limit. */
function boundedBuffers(peers: PeersState): void {
  const { limits } = peersEnv;
  let handshakes = 0;
  let inbound = 0;
  for (const connection of peers.connections.values()) {
    const { length } = connection.outgoing.queue;
    promise(length <= limits.maxOutgoingBytes, 'outgoing bytes are bounded', () => `${length} bytes`);
    if (connection.stage === 'handshake' && !connection.dialled) handshakes++;
    if (connection.stage !== 'open') continue;
    if (!connection.dialled) inbound++;
  }
  promise(handshakes <= limits.maxHandshakes, 'handshakes are bounded', () => String(handshakes));
  promise(inbound <= limits.maxInboundPeers, 'inbound peers are bounded', () => String(inbound));
}

/** BOLT 1: init comes first. Whoever is listened to and says anything else, or nothing, is not kept. */
function initInTime(peers: PeersState, node: NodeState): void {
  for (const connection of peers.connections.values()) {
    if (connection.stage !== 'open' || connection.busy || !connection.reading) continue;
    const waitedMs = peers.nowMs - connection.sinceMs;
    const late = waitedMs > peersEnv.limits.establishTimeoutMs && node.peers.get(connection.peer)?.features === undefined;
    promise(!late, 'who does not say init in time is hung up on', () => `${waitedMs} ms`);
  }
}

/** Back-pressure: whoever does not read what we answer gets no more answers. */
function heldBack(peers: PeersState, id: ConnectionId): void {
  const length = peers.connections.get(id)?.outgoing.queue.length ?? 0;
  promise(
    length <= peersEnv.limits.maxQueuedBytes,
    'nothing is handed on for a peer that does not read',
    () => `${length} bytes are waiting`,
  );
}

function boundedAnswers(before: NodeState, effects: readonly NodeEffect[]): void {
  const sends = effects.filter(({ kind }) => kind === 'send').length;
  let owed = 0;
  for (const { state, outbox } of before.channels.values())
    owed += 2 + outbox.length + logLength(state.shared, state.params.us) - state.shared.base.cut[state.params.us];
  promise(sends <= MAX_SENDS + owed, 'answers are bounded', () => `${sends} messages in one step`);
}

/** BOLT 1, sending `error`: what it names has failed with us, too. */
function failsWhatItNames({ channels, openings }: NodeState, peer: PublicKey, id: ChannelId): void {
  const names = (known: ChannelId): boolean => id === known || id === '00'.repeat(32);
  for (const { state } of channels.values()) {
    const lives = state.params.peer === peer && statusOf(state) === 'funded';
    promise(!(lives && names(state.channelId)), 'an error names nothing that goes on', () => `channel ${id}`);
  }
  for (const opening of openings.values())
    promise(!(opening.peer === peer && names(opening.temporaryChannelId)), 'an error names nothing that goes on', () => `opening ${id}`);
}

function boundedState(node: NodeState): void {
  const openings = new Map<PublicKey, number>();
  // Those that our own user begins are not the peer's doing.
  for (const { peer, us } of node.openings.values()) if (us === 'accepter') openings.set(peer, (openings.get(peer) ?? 0) + 1);
  for (const count of openings.values()) promise(count <= MAX_OPENINGS_PER_PEER, 'openings of a peer are bounded', () => String(count));
  for (const { state } of node.channels.values()) {
    const { shared, params } = state;
    const peer = other(params.us);
    const unsigned = logLength(shared, peer) - shared.commitments[params.us].current.cut[peer];
    promise(unsigned <= MAX_UNSIGNED_UPDATES, 'unsigned updates are bounded', () => String(unsigned));
  }
}
