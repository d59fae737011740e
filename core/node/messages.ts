import type { PublicKey } from '../crypto/bytes.ts';
import { RULES } from '../rules.ts';
import { negotiated } from '../wire/features.ts';
import { channelIdOf, decodeMessage, ruleOf } from '../wire/messages/index.ts';
import type { AnnouncementSignatures, ChannelMessage, GroupedMessage, Message } from '../wire/messages/index.ts';
import { answer, stepChannel } from './channels.ts';
import { receiveGossip } from './gossip/network.ts';
import { ALL_CHANNELS, channelNamed, openingNamed } from './ids.ts';
import { receiveOpen, stepOpening } from './openings.ts';
import { disconnected, hangUp, hear, leave, receiveControl } from './peers.ts';
import type { Run } from './run.ts';
import type { PeerState } from './node-vocabulary.ts';

/** What a peer says: decoded, and handed to whom it concerns. */
export function received(run: Run, peer: PublicKey, bytes: Uint8Array): void {
  const known = run.state.peers.get(peer);
  if (known === undefined) return;
  read(run, known, bytes);
  // What the host may have received already on a connection that we give up does not count.
  if (run.effects.some((effect) => effect.kind === 'disconnect' && effect.peer === peer)) disconnected(run, peer);
}

function read(run: Run, { id: peer, features }: PeerState, bytes: Uint8Array): void {
  const { config } = run.env;
  const decoded = decodeMessage(bytes, features === undefined ? undefined : (name) => negotiated(config.features, features, name));
  if (!decoded.ok) {
    const { messageName, field } = decoded.error;
    const rule = ruleOf(decoded.error);
    const detail = `${messageName ?? 'message'} ${field}, ${decoded.error.detail}`;
    // BOLT 1: unknown odd types are ignored, and so is what no peer has written; anything else that can't be read closes the connection.
    if (RULES[rule].consequence !== 'ignore') run.effects.push(...(features === undefined ? leave : hangUp)(peer, rule, detail));
    return;
  }
  if (features === undefined && decoded.message.type !== 'init') tooEarly(run, peer, decoded.message);
  else route(run, peer, decoded);
}

/** Who says why it doesn't want to talk to us is heard out. */
function tooEarly(run: Run, peer: PublicKey, message: Message): void {
  if (message.type === 'error' || message.type === 'warning') hear(run, peer, message);
  run.effects.push(...leave(peer, 'init.not_first', `${message.type} came before init`));
}

function route(run: Run, peer: PublicKey, { group, message }: GroupedMessage): void {
  switch (group) {
    case 'control':
      return receiveControl(run, peer, message);
    case 'establishment':
      return message.type === 'open_channel' ? receiveOpen(run, peer, message) : toChannel(run, peer, message);
    case 'operation':
    case 'retransmission':
    case 'closing':
    case 'simple_closing':
    case 'interactive':
      return toChannel(run, peer, message);
    case 'splicing':
      return toChannel(run, peer, message);
    case 'announcement':
      return announcementSignatures(run, peer, message);
    case 'gossip':
      return receiveGossip(run, peer, message);
    case 'onion':
    case 'storage':
      return;
  }
}

/** One of a channel that is not there is no reason to fail what its peer may still have (BOLT 1: an error answers messages of types 32 to 255). */
function announcementSignatures(run: Run, peer: PublicKey, message: AnnouncementSignatures): void {
  const channel = channelNamed(run.state, peer, message.channelId);
  if (channel !== undefined) stepChannel(run, channel, { kind: 'message', message });
}

/** A message for one channel. A peer reaches only its own channels; what it says of others is answered as for an unknown channel. */
function toChannel(run: Run, peer: PublicKey, message: ChannelMessage): void {
  const channelId = channelIdOf(message);
  // An error that echoed it would fail every channel.
  if (channelId === ALL_CHANNELS) return answer(run, peer, channelId, 'node.channel_id_zero', `${message.type} for no channel`);
  const channel = channelNamed(run.state, peer, channelId);
  if (channel !== undefined) return stepChannel(run, channel, { kind: 'message', message });
  const opening = openingNamed(run.state, peer, channelId);
  if (opening !== undefined) stepOpening(run, opening, { kind: 'message', message });
  else answer(run, peer, channelId, 'node.unknown_channel', 'unknown channel');
}
