import { isClosed } from '../../core/channel/model/ending.ts';
import type { ChannelId, PublicKey } from '../../core/crypto/bytes.ts';
import type { Side } from '../../core/transactions/types.ts';
import type { AcceptChannel, FundingCreated, Message } from '../../core/wire/messages/index.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { CONTENT_KINDS, firstDifference, kindOfPath } from './compare.ts';
import { contentsOf, otherSide, txidsOf } from '../model/commitment-contents.ts';
import type { Contents } from '../model/commitment-contents.ts';
import { isBreach } from './licences.ts';
import { channelName, hasCommitments, messageOf, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { createEnd, forkEnd, updateOf } from '../model/channel-end.ts';
import type { End, Opening, Signed } from '../model/channel-end.ts';
import { BROKEN } from '../model/channel-model.ts';
import type { ModelContents } from '../model/channel-model.ts';
import { closingSighashes, rebuild } from '../model/transactions.ts';
import type { Rebuilt } from '../model/transactions.ts';
import { COMMITMENT_KINDS, commitmentDifference, viewOfBuilt, viewOfRebuilt } from './commitment-difference.ts';
import { finding } from './difference.ts';
import { namesOf } from './refused-signature.ts';
import { StaleWatch } from './stale-channels.ts';

const ORACLE = 'reference';
const FORBIDDEN = [
  ...BROKEN,
  'without-any-update',
  'for-another-funding',
  'without-a-point-of-the-peer',
  'before-both-shutdowns',
  'before-the-channel-is-empty',
  'sent-twice',
  'while-updates-are-pending',
] as const;
const SIGNATURES = ['commitment', 'num_htlcs', 'htlc-timeout', 'htlc-success', 'closing'] as const;
const KINDS = [...CONTENT_KINDS, ...COMMITMENT_KINDS, 'transaction', ...FORBIDDEN, ...SIGNATURES] as const;
type Kind = (typeof KINDS)[number];

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
    if (update !== undefined) return judge.rule(message.type, model.update('us', update));
    switch (message.type) {
      case 'funding_created':
      case 'funding_signed':
        return judge.signed({ signature: message.signature, htlcSignatures: [] }, 0n);
      case 'commitment_signed':
        if (!model.sentCommitmentSigned()) return judge.rule(message.type, 'without-any-update');
        if (message.fundingTxid !== undefined && message.fundingTxid !== end.basis.fundingTxid)
          return judge.rule(message.type, 'for-another-funding');
        return judge.signed(message, model.peerNumber);
      case 'revoke_and_ack':
        model.sentRevokeAndAck();
        return undefined;
      case 'channel_reestablish':
        return judge.rule(message.type, model.sentReestablish(message.nextCommitmentNumber, message.nextRevocationNumber));
      case 'shutdown':
        end.shutdownScripts[end.us] = message.scriptPubkey;
        return judge.rule(message.type, shutdownRule(end));
      case 'closing_signed':
        return judge.closing(message.feeSat, message.signature);
      default:
        return undefined;
    }
  }

  private endOf(node: string, message: Message): End | undefined {
    return 'channelId' in message ? this.ends.get(`${node}/${message.channelId as ChannelId}`) : undefined;
  }
}

/** BOLT 2, shutdown: not while updates of the sender wait on the receiver's commitment, and once a connection. */
function shutdownRule({ model }: End): (typeof FORBIDDEN)[number] | undefined {
  if (model.shutdown === 'in this connection') return 'sent-twice';
  model.shutdown = 'in this connection';
  return model.unsigned ? 'while-updates-are-pending' : undefined;
}

/** Findings about one end of one channel. */
class Judge {
  private readonly world: WorldView;
  private readonly end: End;

  constructor(world: WorldView, end: End) {
    this.world = world;
    this.end = end;
  }

  private finding(rule: string, kind: Kind, message: string, expected: unknown, actual: unknown): Finding {
    const { world, end } = this;
    return finding(world, {
      oracle: ORACLE,
      rule,
      kind,
      node: end.node,
      channel: channelName(world, end.channelId),
      message,
      expected,
      actual,
    });
  }

  rule(message: string, broken: (typeof FORBIDDEN)[number] | undefined): Finding | undefined {
    if (broken === undefined) return undefined;
    return this.finding(message, broken, `${this.end.node} sent ${message}: ${broken.replaceAll('-', ' ')}`, 'allowed by BOLT 2', broken);
  }

  /** The signatures that this end sent for the peer's commitment of this number. */
  signed(signed: Signed, number: bigint): Finding | undefined {
    const { world, end } = this;
    const owner = otherSide(end.us);
    const point = end.model.peerPoints.get(number);
    if (point === undefined) return this.rule('commitment_signed', 'without-a-point-of-the-peer');
    const contents = end.model.peerContents();
    const built = rebuild(world.crypto, end.basis, owner, number, point, contents);
    return this.sameTransaction(owner, number, contents, built) ?? this.verified(signed, built, owner, number);
  }

  /** The signer's own record of what it signed, where the driver shows it. */
  private sameTransaction(owner: Side, number: bigint, contents: ModelContents, built: Rebuilt): Finding | undefined {
    const { world, end } = this;
    const state = statesOf(world, end.node).get(end.channelId);
    if (!hasCommitments(state)) return undefined;
    const { current, next } = state.shared.commitments[owner];
    const commitment = [current, next].find((candidate) => candidate?.number === number);
    if (commitment === undefined) return undefined;
    const [txid] = txidsOf(state, owner, commitment);
    if (txid === built.txid) return undefined;
    const held = contentsOf(state.shared, commitment);
    const difference =
      typeof held === 'string' ? { path: held, left: contents, right: held } : firstDifference(comparable(contents), comparable(held));
    const about = `commitment ${number} of the ${owner}, signed by ${end.node}, is not what its messages and BOLT 3 make it`;
    if (difference === undefined)
      return (
        this.otherTransaction(owner, number, contents, built, state) ?? this.finding('commitment', 'transaction', about, built.txid, txid)
      );
    const { path, left, right } = difference;
    return this.finding('commitment', kindOfPath(path), `${about}: ${path} differs`, left, right);
  }

  /** The contents are the same, what was made of them is not: the signer's view is known. */
  private otherTransaction(
    owner: Side,
    number: bigint,
    { feeratePerKw }: ModelContents,
    built: Rebuilt,
    state: WithCommitments,
  ): Finding | undefined {
    const { world, end } = this;
    const signed = world.driver(end.node)?.signed?.(end.channelId);
    if (signed?.number !== number) return undefined;
    const peer = world.nodeName(end.peer);
    const names = namesOf(end.node, peer, state);
    const ruled = viewOfRebuilt(built, owner, feeratePerKw, names);
    const difference = commitmentDifference(state, ['BOLT 3', ruled], [`${end.node} signed`, viewOfBuilt(signed, names)]);
    if (difference === undefined) return undefined;
    const { kind, comparison, left, right } = difference;
    const message = `${end.node} signed commitment ${number} of ${peer} with ${right}, its messages and BOLT 3 make it ${left}`;
    return { ...this.finding('commitment', kind, message, left, right), comparison };
  }

  private verified({ signature, htlcSignatures }: Signed, built: Rebuilt, owner: Side, number: bigint): Finding | undefined {
    const { world, end } = this;
    const about = `commitment ${number} of the ${owner}`;
    if (!world.crypto.verify(signature, built.sighash, end.basis.parties[end.us].fundingPubkey)) {
      return this.finding('signature', 'commitment', `${end.node}'s signature for ${about} is not valid`, built.outputs, signature);
    }
    if (htlcSignatures.length !== built.htlcs.length) {
      const message = `${end.node} sent another number of htlc_signatures than ${about} has HTLC outputs`;
      return this.finding('signature', 'num_htlcs', message, built.htlcs.length, htlcSignatures.length);
    }
    for (const [i, htlc] of built.htlcs.entries()) {
      const given = htlcSignatures[i] as Signed['signature'];
      if (world.crypto.verify(given, htlc.sighash, built.htlcKeys[end.us])) continue;
      return this.finding(
        'signature',
        `htlc-${htlc.kind}`,
        `${end.node}'s htlc_signature ${i} for ${about} is not valid`,
        htlc.htlc,
        given,
      );
    }
    return undefined;
  }

  closing(feeSat: bigint, signature: Signed['signature']): Finding | undefined {
    const { world, end } = this;
    const { opener, accepter } = end.shutdownScripts;
    if (opener === undefined || accepter === undefined) return this.rule('closing_signed', 'before-both-shutdowns');
    const { balanceMsat, htlcs } = end.model.peerContents();
    if (htlcs.length > 0 || end.model.pendingOnPeer) return this.rule('closing_signed', 'before-the-channel-is-empty');
    const digests = closingSighashes(end.basis, end.us, { feeSat, balanceMsat, scripts: { opener, accepter } });
    const key = end.basis.parties[end.us].fundingPubkey;
    if (digests.some((digest) => world.crypto.verify(signature, digest, key))) return undefined;
    return this.finding(
      'signature',
      'closing',
      `${end.node}'s closing_signed is not valid for fee ${feeSat} sat`,
      { balanceMsat, feeSat },
      signature,
    );
  }
}

/** What core holds, in the form of the model: HTLCs by their terms only, whatever their order. */
function comparable({ htlcs, ...rest }: Contents | ModelContents): ModelContents {
  const terms = htlcs.map(({ offerer, id, amountMsat, paymentHash, cltvExpiry }) => ({ offerer, id, amountMsat, paymentHash, cltvExpiry }));
  return { ...rest, htlcs: terms.sort((a, b) => (a.offerer === b.offerer ? Number(a.id - b.id) : a.offerer === 'opener' ? -1 : 1)) };
}
