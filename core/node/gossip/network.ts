import { errorData } from '../../channel/fail/fail-channel.ts';
import type { PublicKey } from '../../crypto/bytes.ts';
import { createGossip, gossipStep } from '../../gossip/gossip-step.ts';
import type { GossipInput, GossipOutputs } from '../../gossip/gossip-vocabulary.ts';
import { RULES } from '../../rules.ts';
import { nextDeadline } from '../../time/deadlines.ts';
import { hasFeature } from '../../wire/features.ts';
import type { MessageIn } from '../../wire/messages/index.ts';
import { ALL_CHANNELS } from '../ids.ts';
import { draft, waitUntil } from '../run.ts';
import type { Run } from '../run.ts';
import { isOfOwnChannel } from './own.ts';

/** Where a node keeps a picture of the network: gossip, joined to its peers, its clock and its host's chain. */

/** In the node's deadlines. */
export const GOSSIP = 'gossip';

/** What a node of which nobody wants to know the network does not hear. */
function keepsNetwork({ env }: Run): boolean {
  return env.config.gossip === 'network';
}

export function stepGossip(run: Run, input: GossipInput): void {
  if (!keepsNetwork(run)) return;
  const { tip, nowMs } = run.state;
  const state = run.state.gossip ?? createGossip(run.env.network, tip.height, nowMs);
  if (state !== run.state.gossip) draft(run).gossip = state;
  if (input.kind !== 'time' && state.nowMs < nowMs) stepGossip(run, { kind: 'time', nowMs });
  const { crypto, config } = run.env;
  const env = { crypto, chainHash: config.chainHash, limits: config.gossipLimits };
  const step = gossipStep(env, run.state.gossip ?? state, input);
  draft(run).gossip = step.state;
  for (const output of step.outputs) say(run, output);
  waitUntil(run, GOSSIP, nextDeadline(step.state));
}

function say(run: Run, output: GossipOutputs): void {
  switch (output.kind) {
    case 'send':
    case 'check_output':
      run.effects.push(output);
      return;
    case 'broken': {
      const { peer, rule, detail } = output;
      // What somebody else has signed, or what we have no time for, says nothing of the peer.
      if (RULES[rule].consequence === 'ignore') return;
      const data = errorData(`${rule}: ${detail}`);
      run.effects.push({ kind: 'violated', peer, channelId: undefined, rule, detail });
      run.effects.push({ kind: 'send', peer, message: { type: 'warning', channelId: ALL_CHANNELS, data } });
      return;
    }
  }
}

export function receiveGossip(run: Run, peer: PublicKey, message: MessageIn<'gossip'>): void {
  if (message.type === 'channel_update' && isOfOwnChannel(run, peer, message) && !keepsNetwork(run)) return;
  stepGossip(run, { kind: 'message', peer, message });
}

/** A peer that has said init. BOLT 7: one that does not offer gossip_queries is not worth asking. */
export function gossipPeer(run: Run, peer: PublicKey): void {
  const features = run.state.peers.get(peer)?.features;
  if (features !== undefined) stepGossip(run, { kind: 'connected', peer, isWorthAsking: hasFeature(features, 'gossip_queries') });
}
