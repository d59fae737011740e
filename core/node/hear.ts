import { acknowledge, htlcResolved } from './forwarding/resolved.ts';
import { htlcIrrevocable } from './forwarding/incoming.ts';
import { flushWaiting, forwardGivenBack, notOffered } from './forwarding/waiting.ts';
import { findLostParts, partBegins, partGivenBack } from './payments/parts.ts';
import { askForRoutes } from './payments/pay.ts';
import { storeReplays } from './payments/replays.ts';
import { claimAll, failLateSets } from './payments/receive.ts';
import { stepGossip } from './gossip/network.ts';
import { capacityOf, sendToAll } from './gossip/own.ts';
import type { NodeWord } from './node-vocabulary.ts';
import { watched } from './watching/step-watcher.ts';
import type { Listener, Run } from './run.ts';

/** What a node makes of what its channels say. Most of it is for the host as it stands. */
export const LISTENER: Listener = { hear, flush };

function flush(run: Run): void {
  if (run.env.config.payments === 'host') return;
  flushWaiting(run);
  findLostParts(run);
  failLateSets(run);
  storeReplays(run);
  askForRoutes(run);
}

function hear(run: Run, word: NodeWord): void {
  switch (word.kind) {
    case 'htlc_irrevocable':
      return htlcIrrevocable(run, word);
    case 'htlc_resolved':
      return htlcResolved(run, word);
    case 'answer_durable':
      return acknowledge(run, { channelId: word.outgoing, eventId: word.eventId });
    case 'not_offered':
      return notOffered(run, word);
    case 'gossip':
      sendToAll(run, word.message);
      return stepGossip(run, { kind: 'own', message: word.message, capacitySat: capacityOf(run, word) });
    case 'given_back':
      return word.origin.kind === 'own' ? partGivenBack(run, word.origin) : forwardGivenBack(run, word.origin, word.fault);
    case 'part_begins':
      return partBegins(run, word);
    case 'claim_decided':
      return claimAll(run, word.paymentHash);
    case 'resolution_kept':
      return acknowledge(run, word);
    case 'watched':
      return watched(run, word.channelId);
    case 'told_on_chain':
      run.effects.push({ kind: 'notify', channelId: word.channelId, event: { kind: 'on_chain', fact: word.fact } });
      return;
    case 'claim':
    case 'ask_coins':
    case 'release_coins':
    case 'sign_claim':
    case 'watch_output':
    case 'sign':
    case 'notify':
    case 'send':
    case 'disconnect':
    case 'store':
    case 'monitor':
    case 'broadcast':
    case 'watch_tx':
    case 'watch_spend':
    case 'ask':
    case 'added':
    case 'refused':
    case 'violated':
    case 'payment':
      run.effects.push(word);
      return;
  }
}
