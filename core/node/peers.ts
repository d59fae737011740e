import { errorData } from '../channel/fail/fail-channel.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { ChannelId, Hex, PublicKey } from '../crypto/bytes.ts';
import type { ErrorMessage, Init, MessageIn, Ping, Pong, Warning } from '../wire/messages/index.ts';
import { channelsWith, stepChannel } from './channels.ts';
import { NO_PONG } from '../peers/liveness.ts';
import type { RemoteAddress } from '../peers/peers-vocabulary.ts';
import { gossipPeer, stepGossip } from './gossip/network.ts';
import { introduce } from './gossip/own.ts';
import { ALL_CHANNELS, channelNamed, openingNamed } from './ids.ts';
import { badInit, initMessage } from './init.ts';
import { openingsWith, stepOpening } from './openings.ts';
import { dropHeldSends } from './outbox.ts';
import { draft, setPeer, setSlot } from './run.ts';
import type { Run } from './run.ts';
import type { ChannelSlot, NodeEffect } from './node-vocabulary.ts';
import type { ViolableId } from '../rules.ts';

/** Connections of a node, and BOLT 1's messages about them. */

export function connected(run: Run, peer: PublicKey, from: RemoteAddress | undefined): void {
  if (run.state.peers.has(peer)) disconnected(run, peer);
  if (run.state.awayFrom !== undefined) draft(run).awayFrom = undefined;
  setPeer(run, peer);
  run.effects.push({ kind: 'send', peer, message: initMessage(run.env.config, from) });
}

export function disconnected(run: Run, peer: PublicKey): void {
  if (!run.state.peers.has(peer)) return;
  for (const channelId of channelsWith(run.state, peer)) {
    const slot = run.state.channels.get(channelId) as ChannelSlot;
    setSlot(run, channelId, dropHeldSends(slot));
    stepChannel(run, channelId, { kind: 'disconnected' });
  }
  for (const key of openingsWith(run.state, peer)) stepOpening(run, key, { kind: 'disconnected' });
  const peers = new Map(run.state.peers);
  peers.delete(peer);
  draft(run).peers = peers;
  stepGossip(run, { kind: 'disconnected', peer });
}

/** A warning for the peer's log, and the end of this connection. Channels live on. */
export function hangUp(peer: PublicKey, rule: ViolableId, detail: string): readonly NodeEffect[] {
  const [violated, disconnect] = leave(peer, rule, detail);
  const data = errorData(disconnect.reason);
  return [violated, { kind: 'send', peer, message: { type: 'warning', channelId: ALL_CHANNELS, data } }, disconnect];
}

/** The end of a connection whose peer has not said init: BOLT 1 has us wait for that before we send any other message. */
export function leave(
  peer: PublicKey,
  rule: ViolableId,
  detail: string,
): readonly [Extract<NodeEffect, { kind: 'violated' }>, Extract<NodeEffect, { kind: 'disconnect' }>] {
  return [
    { kind: 'violated', peer, channelId: undefined, rule, detail },
    { kind: 'disconnect', peer, reason: `${rule}: ${detail}` },
  ];
}

export function receiveControl(run: Run, peer: PublicKey, message: MessageIn<'control'>): void {
  switch (message.type) {
    case 'init':
      return receiveInit(run, peer, message);
    case 'ping': {
      const pong = pongFor(message);
      if (pong !== undefined) run.effects.push({ kind: 'send', peer, message: pong });
      return;
    }
    case 'error':
      hear(run, peer, message);
      return receiveError(run, peer, message.channelId, message.data);
    case 'warning':
      return hear(run, peer, message);
    case 'pong':
      return;
  }
}

function receiveInit(run: Run, peer: PublicKey, message: Init): void {
  if (run.state.peers.get(peer)?.features !== undefined) {
    run.effects.push(...hangUp(peer, 'init.twice', 'init came twice'));
    return;
  }
  const judged = badInit(run.env.config, message);
  if ('rule' in judged) {
    run.effects.push(...hangUp(peer, judged.rule, judged.detail));
    return;
  }
  setPeer(run, peer, judged.features);
  for (const channelId of channelsWith(run.state, peer)) stepChannel(run, channelId, { kind: 'connected' });
  introduce(run, peer);
  gossipPeer(run, peer);
}

/** BOLT 1: SHOULD log a warning for later diagnosis; of an error, too, nobody but a person makes sense. */
export function hear(run: Run, peer: PublicKey, { type, channelId, data }: ErrorMessage | Warning): void {
  const named = channelId === ALL_CHANNELS ? undefined : channelId;
  run.effects.push({ kind: 'heard', peer, message: type, channelId: named, text: printableText(data) });
}

/** BOLT 1: what is not printable ASCII is not printed verbatim. A question mark stands for each such byte. */
function printableText(data: Hex): string {
  return Array.from(fromHex(data), (byte) => (byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '?')).join('');
}

/** BOLT 1: an all-zero channel_id means every channel with this peer, any other id only that one; an unknown one is ignored. */
function receiveError(run: Run, peer: PublicKey, channelId: ChannelId, data: string): void {
  const channel = channelNamed(run.state, peer, channelId);
  const opening = openingNamed(run.state, peer, channelId);
  for (const id of channelsWith(run.state, peer)) {
    if (channelId === ALL_CHANNELS || id === channel) stepChannel(run, id, { kind: 'peer_error', data });
  }
  for (const key of openingsWith(run.state, peer)) {
    if (channelId === ALL_CHANNELS || key === opening) stepOpening(run, key, { kind: 'peer_error', data });
  }
}

/** BOLT 1, pong: as many bytes as asked for, none of them ours. */
export function pongFor(ping: Ping): Pong | undefined {
  return ping.numPongBytes < NO_PONG ? { type: 'pong', ignored: '00'.repeat(ping.numPongBytes) } : undefined;
}
