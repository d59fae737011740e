import type { Tx } from '../../core/bitcoin/tx.ts';
import { EMPTY_SCRIPT, txid } from '../../core/bitcoin/tx.ts';
import { p2wpkh } from '../../core/bitcoin/script.ts';
import { contents, cutToSign, nextHtlcId } from '../../core/channel/model/contents.ts';
import { createSigner } from '../../core/channel/commitments/key-signer.ts';
import type { FundedState, OpeningState, StoredChannel, ChannelParams, FundingTerms } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32, PublicKey, Script, SecretKey } from '../../core/crypto/bytes.ts';
import { sha256Hex } from '../../core/crypto/hashes.ts';
import type { NodeState } from '../../core/node/node-vocabulary.ts';
import { fundingOutput } from '../../core/transactions/channel-scripts.ts';
import { other } from '../../core/transactions/types.ts';
import { CHANNEL_TYPE_ANCHORS, CHANNEL_TYPE_STATIC_REMOTEKEY } from '../../core/wire/features.ts';
import { messageRegistry } from '../../core/wire/messages/index.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import { closingSigned, htlcSignatures, noChannel, removal } from './crafting.ts';
import { AMOUNTS_MSAT, FUNDINGS_SAT, HASHES } from './amounts.ts';
import { crypto, nodeEnv, VALID_SIGNATURE } from './subject.ts';
import { plainValue } from './altered-message.ts';
import { onlyFunding } from '../../core/channel/model/fundings.ts';

const NO_ONION = new Uint8Array(1366);

/** Every id that means something to the subject, with whomever. */
function idsOf({ channels, openings }: NodeState): readonly ChannelId[] {
  return [...channels.keys(), ...[...openings.values()].map(({ temporaryChannelId }) => temporaryChannelId)];
}

/**
 * A peer that the fuzzer plays. It keeps next to nothing: what it has to say is read off the subject's own state, so that it goes on making
 * sense whatever was said before.
 */
export class ScriptedPeer {
  readonly secret: SecretKey;
  readonly id: PublicKey;
  private readonly index: number;
  private readonly signer: ReturnType<typeof createSigner>;
  /** Channels that it has asked for or accepted. */
  private channelsBegun = 0;

  constructor(index: number) {
    this.index = index;
    this.secret = (0xa1 + index).toString(16).repeat(32) as SecretKey;
    this.id = crypto.publicKey(this.secret);
    this.signer = createSigner(crypto, (0xb1 + index).toString(16).repeat(32) as Hash32, this.secret);
  }

  fork(): ScriptedPeer {
    return Object.assign(new ScriptedPeer(this.index), { channelsBegun: this.channelsBegun });
  }

  private keysId(n: number): Hash32 {
    return (n + 1).toString(16).padStart(64, '0') as Hash32;
  }

  /** The name of the keys of a channel, which is found by its funding key. */
  private keysOf(fundingPubkey: PublicKey): Hash32 {
    for (let n = 0; n < this.channelsBegun; n++)
      if (this.signer.basepoints(this.keysId(n)).fundingPubkey === fundingPubkey) return this.keysId(n);
    return this.keysId(0);
  }

  openings(node: NodeState): readonly OpeningState[] {
    return [...node.openings.values()].filter(({ peer }) => peer === this.id);
  }

  channels(node: NodeState): readonly StoredChannel[] {
    return [...node.channels.values()].flatMap(({ state }) => (state.params.peer === this.id ? [state] : []));
  }

  /** What the protocol expects of this peer next, if anything. */
  due(node: NodeState, greeted: boolean): { readonly type: MessageName; readonly channel: number } | undefined {
    if (!greeted) return { type: 'init', channel: 0 };
    for (const { step } of this.openings(node)) {
      if (step.kind === 'awaiting_accept_channel') return { type: 'accept_channel', channel: 0 };
      if (step.kind === 'awaiting_funding_created') return { type: 'funding_created', channel: 0 };
      if (step.kind === 'awaiting_funding_signed') return { type: 'funding_signed', channel: 0 };
    }
    for (const [channel, state] of this.channels(node).entries()) {
      const type = state.phase === 'funded' ? this.dueIn(state) : undefined;
      if (type !== undefined) return { type, channel };
    }
    return undefined;
  }

  private dueIn(state: FundedState): MessageName | undefined {
    const { shared, params, lifecycle } = state;
    const { connection } = lifecycle;
    const peer = other(params.us);
    if (connection === 'reestablishing') return 'channel_reestablish';
    if (connection !== 'connected') return undefined;
    if (state.lifecycle.readySent && !state.lifecycle.readyReceived) return 'channel_ready';
    if (shared.commitments[peer].next !== undefined) return 'revoke_and_ack';
    const cut = cutToSign(shared, peer);
    const { current } = shared.commitments[params.us];
    if (cut.opener !== current.cut.opener || cut.accepter !== current.cut.accepter) return 'commitment_signed';
    if (state.closing.sent !== undefined && (state.closing.received === undefined || state.closing.negotiation === undefined))
      return 'shutdown';
    const settled =
      state.closing.negotiation !== undefined && contents(shared, current.cut).htlcs.length === 0 && state.closing.tx === undefined;
    if (settled && state.closing.sent !== undefined && (state.closing.negotiation?.offered !== undefined || params.us === 'accepter'))
      return 'closing_signed';
    return undefined;
  }

  /** A message of this type that is right as far as it can be; `number` chooses where there is a choice, its upper bits the channel. */
  craft(type: MessageName, node: NodeState, number: number): Message {
    const opening = this.openings(node)[number >> 6] ?? this.openings(node)[0];
    const channels = this.channels(node);
    const choice = number & 0x3f;
    // The last of four stands for a channel of whoever: a peer may well name what is not its own.
    const all = [...node.channels.values()];
    const channel =
      number >> 6 === 3 ? all[choice % Math.max(1, all.length)]?.state : channels[(number >> 6) % Math.max(1, channels.length)];
    switch (type) {
      case 'init':
        return { type, globalfeatures: '', features: nodeEnv.config.features, networks: [nodeEnv.config.chainHash] };
      case 'ping':
        return { type, numPongBytes: choice * 1040, ignored: '' };
      case 'open_channel':
        return this.open(node, choice);
      case 'accept_channel':
        return this.accept(opening, choice);
      case 'funding_created':
        return this.created(opening);
      case 'funding_signed':
        return {
          type,
          channelId: opening?.step.kind === 'awaiting_funding_signed' ? opening.step.channelId : noChannel(),
          signature: VALID_SIGNATURE,
        };
      default:
        return this.inChannel(type, node, channel, choice);
    }
  }

  private party(fundingSat: bigint) {
    const keysId = this.keysId(this.channelsBegun);
    return {
      dustLimitSat: 354n,
      maxHtlcValueInFlightMsat: 1_000_000_000n,
      channelReserveSat: fundingSat / 100n > 354n ? fundingSat / 100n : 354n,
      htlcMinimumMsat: 1n,
      toSelfDelay: 144,
      maxAcceptedHtlcs: 6,
      ...this.signer.basepoints(keysId),
      firstPerCommitmentPoint: this.signer.perCommitmentPoint(keysId, 0n),
    };
  }

  private open(node: NodeState, choice: number): Message {
    const fundingSat = FUNDINGS_SAT[choice % FUNDINGS_SAT.length] as bigint;
    const channelFlags = (choice >> 4) & 1;
    const fresh = `c${this.index}`.repeat(31).concat(this.channelsBegun.toString(16).padStart(2, '0').slice(-2)) as ChannelId;
    const message: Message = {
      type: 'open_channel',
      chainHash: nodeEnv.config.chainHash,
      temporaryChannelId: (choice & 32) === 0 ? fresh : (idsOf(node)[choice & 7] ?? fresh),
      fundingSat,
      pushMsat: (choice & 4) === 0 ? fundingSat * 300n : 0n,
      feeratePerKw: 2500,
      ...this.party(fundingSat),
      channelFlags,
      upfrontShutdownScript: '' as Script,
      channelType: (choice & 8) === 0 ? CHANNEL_TYPE_ANCHORS : CHANNEL_TYPE_STATIC_REMOTEKEY,
    };
    this.channelsBegun++;
    return message;
  }

  private accept(opening: OpeningState | undefined, choice: number): Message {
    const open = opening !== undefined && 'open' in opening.step ? opening.step.open : undefined;
    const message: Message = {
      type: 'accept_channel',
      temporaryChannelId: opening?.temporaryChannelId ?? noChannel(),
      ...this.party(open?.fundingSat ?? 1_000_000n),
      minimumDepth: choice % 4,
      upfrontShutdownScript: '' as Script,
      ...(open?.channelType === undefined ? {} : { channelType: open.channelType }),
    };
    this.channelsBegun++;
    return message;
  }

  /** The transaction that funds an opening of this peer: the same whenever it is asked for. */
  fundingTx(params: ChannelParams, { fundingPubkeys, amountSat }: FundingTerms): Tx {
    const { script } = fundingOutput(crypto, fundingPubkeys.opener, fundingPubkeys.accepter);
    const input = {
      txid: sha256Hex(crypto, params.temporaryChannelId) as string as never,
      vout: 0,
      sequence: 0xffffffff,
      scriptSig: EMPTY_SCRIPT,
      witness: ['00'],
    };
    return { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat, script }] };
  }

  private created(opening: OpeningState | undefined): Message {
    const step = opening?.step;
    const fundingTxid =
      step?.kind === 'awaiting_funding_created' ? txid(crypto, this.fundingTx(step.params, step.terms)) : ('00'.repeat(32) as never);
    const temporaryChannelId = opening?.temporaryChannelId ?? noChannel();
    return { type: 'funding_created', temporaryChannelId, fundingTxid, fundingOutputIndex: 0, signature: VALID_SIGNATURE };
  }

  private inChannel(type: MessageName, node: NodeState, state: StoredChannel | undefined, choice: number): Message {
    const declaration = messageRegistry.find(({ name }) => name === type) as (typeof messageRegistry)[number];
    const plain = { type, ...(plainValue(declaration.codec.schema) as object) } as unknown as Message;
    if (state === undefined) return plain;
    const { channelId } = state;
    switch (type) {
      case 'channel_ready':
        return { type, channelId, secondPerCommitmentPoint: this.point(state, 1n) };
      case 'update_add_htlc':
        return this.add(state, node.tip.height, choice);
      case 'update_fulfill_htlc':
      case 'update_fail_htlc':
      case 'update_fail_malformed_htlc':
        return removal(type, state, choice);
      case 'update_fee':
        return { type, channelId, feeratePerKw: [2500, 3000, 5000, 253, 25_000, 1000][choice % 6] as number };
      case 'commitment_signed':
        return {
          type,
          channelId,
          signature: VALID_SIGNATURE,
          htlcSignatures: htlcSignatures(state),
          fundingTxid: state.fundings[0]?.output.txid as never,
        };
      case 'revoke_and_ack':
        return this.revoke(state);
      case 'shutdown':
        return {
          type,
          channelId,
          scriptPubkey: state.params.parties[other(state.params.us)].upfrontShutdownScript ?? p2wpkh(crypto, this.id),
        };
      case 'closing_signed':
        return closingSigned(state, choice);
      case 'channel_reestablish':
        return this.reestablish(state);
      case 'error':
      case 'warning':
        return { type, channelId: choice === 63 ? noChannel() : channelId, data: '' };
      default:
        return 'channelId' in plain ? ({ ...plain, channelId } as Message) : plain;
    }
  }

  private fundingPubkey(state: StoredChannel): PublicKey {
    return onlyFunding(state).output.fundingPubkeys[other(state.params.us)];
  }

  private point(state: StoredChannel, number: bigint): PublicKey {
    return this.signer.perCommitmentPoint(this.keysOf(this.fundingPubkey(state)), number);
  }

  private add(state: StoredChannel, height: number, choice: number): Message {
    return {
      type: 'update_add_htlc',
      channelId: state.channelId,
      id: nextHtlcId(state.shared, other(state.params.us)),
      amountMsat: AMOUNTS_MSAT[choice % AMOUNTS_MSAT.length] as bigint,
      paymentHash: HASHES[choice % HASHES.length] as Hash32,
      cltvExpiry: height + 40 + (choice >> 3) * 10,
      onionRoutingPacket: NO_ONION,
    };
  }

  private revoke(state: StoredChannel): Message {
    const { number } = state.shared.commitments[other(state.params.us)].current;
    const perCommitmentSecret = this.signer.revealSecret(this.keysOf(this.fundingPubkey(state)), number) as SecretKey;
    return {
      type: 'revoke_and_ack',
      channelId: state.channelId,
      perCommitmentSecret,
      nextPerCommitmentPoint: this.point(state, number + 2n),
    };
  }

  /** As a peer says it that has missed nothing. */
  private reestablish(state: StoredChannel): Message {
    const { shared, params } = state;
    const ours = shared.commitments[params.us].current.number;
    const { current, next } = shared.commitments[other(params.us)];
    const number = (next ?? current).number;
    return {
      type: 'channel_reestablish',
      channelId: state.channelId,
      nextCommitmentNumber: number + 1n,
      nextRevocationNumber: ours,
      yourLastPerCommitmentSecret: state.revokedSecret ?? ('00'.repeat(32) as SecretKey),
      myCurrentPerCommitmentPoint: this.point(state, number),
    };
  }
}
