import { isClosed } from '../../core/channel/model/ending.ts';
import type { ChannelId, PublicKey } from '../../core/crypto/bytes.ts';
import type { AcceptChannel, FundingCreated, Message } from '../../core/wire/messages/index.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { CONTENT_KINDS } from './compare.ts';
import { otherSide } from '../model/commitment-contents.ts';
import { isBreach } from './licences.ts';
import { messageOf, saidEnded, statesOf } from '../world/channel-changes.ts';
import { createEnd, forkEnd, updateOf } from '../model/channel-end.ts';
import type { End, Opening } from '../model/channel-end.ts';
import { COMMITMENT_KINDS } from './commitment-difference.ts';
import { FORBIDDEN } from './reference/forbidden.ts';
import type { Forbidden } from './reference/forbidden.ts';
import { Judge, SIGNATURES } from './reference/judge.ts';
import { StaleWatch } from './stale-channels.ts';

const ORACLE = 'reference';
const KINDS = [...CONTENT_KINDS, ...COMMITMENT_KINDS, 'transaction', ...FORBIDDEN, ...SIGNATURES] as const;

/**
 * Follows every channel by its messages alone and rebuilds what each signature must be for, straight from BOLTs 2 and 3: what two copies
 * of one program get wrong together, they don't get past a third. It judges the sender of each message.
 */
export function createReference(): Oracle {
  return new Reference();
}

class Reference implements Oracle {
  readonly name = ORACLE;
  readonly kinds = KINDS;
  readonly asks = ['channels'] as const;
  private readonly openings: Map<string, Opening>;
  private readonly ends: Map<string, End>;
  private readonly stale: StaleWatch;

  constructor(from?: Reference) {
    this.stale = new StaleWatch(from?.stale);
    this.openings = new Map(from?.openings);
    this.ends = new Map([...(from?.ends ?? [])].map(([key, end]) => [key, forkEnd(end)]));
  }

  fork(): Oracle {
    return new Reference(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    const { node, input } = record;
    this.stale.watch(world, record);
    if (input.kind === 'restart') this.forgetStale();
    if (input.kind === 'received' && !isBreach(record)) {
      const message = messageOf(input.bytes);
      if (message !== undefined) this.received(node, input.peer, message);
    } else if (input.kind === 'disconnected') this.lost(node, input.peer);
    else if (input.kind === 'crash') this.lost(node);
    for (const effect of record.effects) {
      if (effect.kind !== 'send') continue;
      const message = messageOf(effect.bytes);
      const found = message && this.sent(world, record, effect.peer, message);
      if (found !== undefined) return found;
    }
    this.drop(world, node);
    return undefined;
  }

  /** A lost connection takes with it what no commitment_signed had covered, and every opening. */
  private lost(node: string, peer?: PublicKey): void {
    for (const end of this.ends.values()) {
      if (end.node !== node || (peer !== undefined && end.peer !== peer)) continue;
      end.model.disconnected();
    }
    const prefix = peer === undefined ? `${node}/` : `${node}/${peer}/`;
    for (const key of this.openings.keys()) if (key.startsWith(prefix)) this.openings.delete(key);
  }

  private forgetStale(): void {
    for (const [key, { channelId }] of this.ends) if (this.stale.has(channelId)) this.ends.delete(key);
  }

  /** A channel that failed or closed says nothing any more that a commitment would follow from. */
  private drop(world: WorldView, node: string): void {
    const states = statesOf(world, node);
    for (const [key, end] of this.ends) {
      if (end.node !== node) continue;
      const state = states.get(end.channelId);
      if (state === undefined && saidEnded(world, node, end.channelId)) this.ends.delete(key);
      if (state !== undefined && (state.phase === 'failed' || state.phase === 'forgotten' || isClosed(state))) this.ends.delete(key);
    }
  }

  // ---------------------------------------------------------------- opening

  private opened(node: string, peer: PublicKey, message: FundingCreated): End | undefined {
    const key = `${node}/${peer}/${message.temporaryChannelId}`;
    const opening = this.openings.get(key);
    if (opening?.accept === undefined) return undefined;
    const end = createEnd(node, peer, opening, opening.accept, message);
    this.openings.delete(key);
    this.ends.set(`${node}/${end.channelId}`, end);
    return end;
  }

  private accepted(node: string, peer: PublicKey, accept: AcceptChannel): void {
    const key = `${node}/${peer}/${accept.temporaryChannelId}`;
    const opening = this.openings.get(key);
    if (opening !== undefined) this.openings.set(key, { ...opening, accept });
  }

  // ---------------------------------------------------------------- messages

  private received(node: string, peer: PublicKey, message: Message): void {
    if (message.type === 'open_channel') {
      this.openings.set(`${node}/${peer}/${message.temporaryChannelId}`, { us: 'accepter', open: message });
    } else if (message.type === 'accept_channel') this.accepted(node, peer, message);
    else if (message.type === 'funding_created') this.opened(node, peer, message);
    const end = this.endOf(node, message);
    if (end === undefined) return;
    const { model } = end;
    const update = updateOf(message);
    // What the peer did wrong was judged when it sent it.
    if (update !== undefined) model.update('peer', update);
    else if (message.type === 'commitment_signed') model.receivedCommitmentSigned();
    else if (message.type === 'revoke_and_ack') model.receivedRevokeAndAck(message.nextPerCommitmentPoint);
    else if (message.type === 'channel_ready') model.peerPoints.set(1n, message.secondPerCommitmentPoint);
    else if (message.type === 'channel_reestablish') model.receivedReestablish(message.nextCommitmentNumber, message.nextRevocationNumber);
    else if (message.type === 'shutdown') end.shutdownScripts[otherSide(end.us)] = message.scriptPubkey;
  }

  private sent(world: WorldView, record: StepRecord, peer: PublicKey, message: Message): Finding | undefined {
    const { node } = record;
    if (message.type === 'open_channel') {
      this.openings.set(`${node}/${peer}/${message.temporaryChannelId}`, { us: 'opener', open: message });
      return undefined;
    }
    if (message.type === 'accept_channel') {
      this.accepted(node, peer, message);
      return undefined;
    }
    const end = message.type === 'funding_created' ? this.opened(node, peer, message) : this.endOf(node, message);
    if (end === undefined) return undefined;
    const { model } = end;
    const judge = new Judge(world, end);
    const update = updateOf(message);
    if (update !== undefined) return judge.rule(message, model.update('us', update));
    switch (message.type) {
      case 'funding_created':
      case 'funding_signed':
        return judge.signed(message, { signature: message.signature, htlcSignatures: [] }, 0n);
      case 'commitment_signed': {
        const broken = model.sentCommitmentSigned();
        if (broken !== undefined) return judge.rule(message, broken);
        if (message.fundingTxid !== undefined && message.fundingTxid !== end.basis.fundingTxid)
          return judge.rule(message, 'for-another-funding');
        return judge.signed(message, message, model.peerNumber);
      }
      case 'revoke_and_ack':
        model.sentRevokeAndAck();
        return undefined;
      case 'channel_reestablish':
        return judge.rule(message, model.sentReestablish(message.nextCommitmentNumber, message.nextRevocationNumber));
      case 'shutdown':
        end.shutdownScripts[end.us] = message.scriptPubkey;
        return judge.rule(message, shutdownRule(end));
      case 'closing_signed':
        return judge.closing(message);
      default:
        return undefined;
    }
  }

  private endOf(node: string, message: Message): End | undefined {
    return 'channelId' in message ? this.ends.get(`${node}/${message.channelId as ChannelId}`) : undefined;
  }
}

/** BOLT 2, shutdown: not while updates of the sender wait on the receiver's commitment, and once a connection. */
function shutdownRule({ model }: End): Forbidden | undefined {
  if (model.shutdown === 'in this connection') return 'sent-twice';
  model.shutdown = 'in this connection';
  return model.unsigned ? 'while-updates-are-pending' : undefined;
}
