import { STATE_SINK } from '../channel/model/channel-vocabulary.ts';
import type { SendEffect } from '../channel/model/channel-vocabulary.ts';
import type { NodeEffect } from '../node/node-vocabulary.ts';
import type { Hex, PublicKey } from '../crypto/bytes.ts';
import type { NodeInput } from '../node/node-vocabulary.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import type { GivenRoutes, PaymentCommand } from '../payments/commands.ts';
import { sinkOf } from '../payments/records.ts';
import type { PaymentService, Services } from './services.ts';

/** An effect as it leaves a process: with its message as bytes. */
export type EncodedEffect =
  Exclude<NodeEffect, SendEffect> | { readonly kind: 'send'; readonly peer: PublicKey; readonly bytes: Uint8Array };

/** Carries out one effect. Returns what the node is to be told in answer: after the step's other effects, or what leaves would be reordered. */
export function carryOut(services: Services, effect: NodeEffect | EncodedEffect): NodeInput | undefined {
  const { storage, wire, chain, user } = services;
  switch (effect.kind) {
    case 'send':
      wire.send(effect.peer, 'bytes' in effect ? effect.bytes : encodeMessage(effect.message));
      return undefined;
    case 'disconnect':
      wire.disconnect(effect.peer, effect.reason);
      return undefined;
    case 'store': {
      const { channelId, version } = effect;
      return storage.store(effect) ? { kind: 'stored', sink: STATE_SINK, channelId, version } : undefined;
    }
    case 'monitor': {
      const { watcher: name, channelId, id: version } = effect;
      return storage.monitor(effect) ? { kind: 'stored', sink: { kind: 'watcher', name }, channelId, version } : undefined;
    }
    case 'sign': {
      const answer = services.device?.sign(effect);
      return answer === undefined ? undefined : { kind: 'signed', channelId: effect.channelId, answer };
    }
    case 'store_record': {
      const { record, version } = effect;
      return paymentsOf(services).store(effect) ? { kind: 'record_stored', sink: sinkOf(record), version } : undefined;
    }
    case 'forget_record':
      paymentsOf(services).forget(effect.sink);
      return undefined;
    case 'ask_route': {
      const answer = paymentsOf(services).route(effect);
      return answer === undefined ? undefined : { kind: 'command', command: routeCommand(effect.paymentId, answer) };
    }
    case 'payment':
      paymentsOf(services).tell(effect.event);
      return undefined;
    case 'check_output': {
      const { shortChannelId } = effect;
      const found = services.network?.checkOutput(shortChannelId) ?? 'later';
      return found === 'later' ? undefined : { kind: 'output_checked', shortChannelId, found: found === 'none' ? undefined : found };
    }
    case 'forget':
      storage.forget(effect.channelId);
      return undefined;
    case 'broadcast':
      chain.broadcast(effect);
      return undefined;
    case 'watch_tx':
      chain.watchTx(effect.txid);
      return undefined;
    case 'watch_spend':
      chain.watchSpend({ txid: effect.txid, vout: effect.vout });
      return undefined;
    case 'watch_output':
      chain.watchSpend(effect.outpoint, { script: effect.script, fromHeight: effect.fromHeight });
      return undefined;
    case 'claim':
      services.claims?.claim(effect);
      return undefined;
    case 'ask_coins': {
      const { channelId, claim } = effect;
      const coins = services.claims?.askCoins(effect) ?? [];
      return coins.length === 0 ? undefined : { kind: 'coins', channelId, claim, coins };
    }
    case 'release_coins':
      services.claims?.releaseCoins(effect);
      return undefined;
    case 'sign_claim':
      services.claims?.signClaim(effect);
      return undefined;
    case 'chain_refused':
      chain.refused(effect.refusal);
      return undefined;
    case 'notify':
      user.notify(effect);
      return undefined;
    case 'ask':
      user.ask(effect);
      return undefined;
    case 'added':
      user.added(effect);
      return undefined;
    case 'refused':
      user.refused(effect);
      return undefined;
    case 'violated':
      user.violated(effect);
      return undefined;
    case 'heard':
      user.heard(effect);
      return undefined;
  }
}

function paymentsOf({ payments }: Services): PaymentService {
  if (payments === undefined) throw new RangeError('a node that deals with payments needs somebody to keep its records');
  return payments;
}

/** The answer of a router that knows at once. */
function routeCommand(paymentId: Hex, answer: GivenRoutes | string): PaymentCommand {
  if (typeof answer === 'string') return { kind: 'no_route', paymentId, why: answer };
  return { kind: 'route', paymentId, routes: answer.routes, randomness: answer.randomness };
}
