import type { Tx } from '../../core/bitcoin/tx.ts';
import { EMPTY_SCRIPT } from '../../core/bitcoin/tx.ts';
import { p2wpkh } from '../../core/bitcoin/script.ts';
import type { ChannelCommand, OpenCommand, Question } from '../../core/channel/model/channel-vocabulary.ts';
import type { NodeEffect } from '../../core/node/node-vocabulary.ts';
import type { ChannelId, Hash32, PublicKey, Script } from '../../core/crypto/bytes.ts';
import type { OperationName } from './grammar.ts';
import { AMOUNTS_MSAT, FUNDINGS_SAT, HASHES, knownPreimage } from './amounts.ts';
import type { ScriptedPeer } from './scripted-peer.ts';

import type { Subject } from './subject.ts';
import { crypto, SUBJECT_ID } from './subject.ts';
import { ownPayment } from '../../core/channel/model/origin.ts';

interface Asked {
  readonly channelId: ChannelId;
  readonly peer: PublicKey;
  readonly question: Question;
}

interface Presented {
  readonly channelId: ChannelId;
  readonly id: bigint;
  readonly paymentHash: Hash32;
}

const NO_ONION = new Uint8Array(1366);
const FEERATES = [2500, 3000, 5000, 253, 25_000, 1000];

/** The subject's own user and wallet: it answers questions, pays, claims and closes. */
export class User {
  private readonly subject: Subject;
  private readonly scriptedPeers: readonly ScriptedPeer[];
  private asked: readonly Asked[];
  private presented: readonly Presented[];
  /** HTLCs that it has claimed. A preimage that has left cannot be taken back: presented again after a crash, they are claimed again. */
  private claimed: ReadonlySet<string>;
  /** Fresh keys ids, payments and coins are numbered. */
  private counter: number;

  constructor(subject: Subject, scriptedPeers: readonly ScriptedPeer[], from?: User) {
    this.subject = subject;
    this.scriptedPeers = scriptedPeers;
    this.asked = from?.asked ?? [];
    this.presented = from?.presented ?? [];
    this.claimed = from?.claimed ?? new Set();
    this.counter = from?.counter ?? 1;
  }

  hear(effect: NodeEffect): void {
    if (effect.kind === 'ask') this.asked = [...this.asked, effect];
    if (effect.kind !== 'notify' || effect.event.kind !== 'htlc_received') return;
    const { channelId } = effect;
    const { id, paymentHash } = effect.event.add;
    this.presented = [...this.presented, { channelId, id, paymentHash }];
  }

  apply(name: OperationName, a: number, b: number): void {
    switch (name) {
      case 'leave':
        this.subject.peersInput({ kind: 'disconnect', peer: (this.scriptedPeers[a] as ScriptedPeer).id });
        break;
      case 'open':
        this.open(a, b);
        break;
      case 'accept':
        this.answer('accept', ({ channelId, peer }) => ({ kind: 'accept', peer, channelId, keysId: this.fresh() }));
        break;
      case 'reject':
        this.answer('accept', ({ channelId, peer }) => ({ kind: 'reject', peer, channelId, reason: 'no' }));
        break;
      case 'fund':
        this.answer('fund', (asked) => ({ kind: 'fund', peer: asked.peer, channelId: asked.channelId, tx: this.fundingTx(asked) }));
        break;
      case 'claim':
      case 'fail':
      case 'malformed':
        this.resolve(name, a);
        break;
      default:
        this.inChannel(name, a, b);
    }
  }

  private command(command: OpenCommand | ChannelCommand): void {
    this.subject.nodeInput({ kind: 'command', command });
  }

  private fresh(): Hash32 {
    return (this.counter++).toString(16).padStart(64, '0') as Hash32;
  }

  private open(who: number, choice: number): void {
    const keysId = this.fresh();
    const fundingSat = FUNDINGS_SAT[choice % FUNDINGS_SAT.length] as bigint;
    this.command({
      kind: 'open',
      peer: (this.scriptedPeers[who] as ScriptedPeer).id,
      temporaryChannelId: `dd${keysId.slice(2)}` as ChannelId,
      keysId,
      fundingSat,
      pushMsat: (choice & 4) === 0 ? fundingSat * 300n : 0n,
      feeratePerKw: 2500,
      format: (choice & 8) === 0 ? 'anchors' : 'static_remotekey',
      announce: (choice & 16) !== 0,
    });
  }

  /** Answers the oldest question of this kind. */
  private answer(kind: Question['kind'], command: (asked: Asked) => ChannelCommand): void {
    const asked = this.asked.find(({ question }) => question.kind === kind);
    if (asked === undefined) return;
    this.asked = this.asked.filter((other) => other !== asked);
    this.command(command(asked));
  }

  private fundingTx({ question }: Asked): Tx {
    if (question.kind !== 'fund') throw new RangeError('nobody asked for funds');
    const input = { txid: this.fresh() as string as never, vout: 0, sequence: 0xffffffff, scriptSig: EMPTY_SCRIPT, witness: ['00'] };
    return { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat: question.amountSat, script: question.script }] };
  }

  private resolve(how: 'claim' | 'fail' | 'malformed', which: number): void {
    const htlc = this.presented[which % Math.max(1, this.presented.length)];
    if (htlc === undefined) return;
    this.presented = this.presented.filter((other) => other !== htlc);
    const { channelId, id } = htlc;
    const key = `${channelId}:${id}`;
    const preimage = how === 'claim' || this.claimed.has(key) ? knownPreimage(htlc.paymentHash) : undefined;
    if (preimage !== undefined) {
      this.claimed = new Set(this.claimed).add(key);
      this.command({ kind: 'fulfill', channelId, id, preimage });
    } else if (how === 'malformed')
      this.command({ kind: 'fail_malformed', channelId, id, sha256OfOnion: '00'.repeat(32) as Hash32, failureCode: 0xc005 });
    else this.command({ kind: 'fail', channelId, id, reason: '00' });
  }

  private inChannel(name: OperationName, a: number, b: number): void {
    const channelIds = [...this.subject.node.channels.keys()];
    const channelId = channelIds[a % Math.max(1, channelIds.length)];
    if (channelId === undefined) return;
    switch (name) {
      case 'pay': {
        const amountMsat = AMOUNTS_MSAT[b % AMOUNTS_MSAT.length] as bigint;
        const paymentHash = HASHES[(b >> 3) % HASHES.length] as Hash32;
        const cltvExpiry = this.subject.node.tip.height + 40 + (b >> 3);
        this.command({
          kind: 'add',
          channelId,
          origin: ownPayment(this.fresh().slice(48)),
          amountMsat,
          paymentHash,
          cltvExpiry,
          onion: NO_ONION,
        });
        break;
      }
      case 'fee':
        this.command({ kind: 'fee', channelId, feeratePerKw: FEERATES[b % FEERATES.length] as number });
        break;
      case 'commit':
        this.command({ kind: 'commit', channelId });
        break;
      case 'shutdown':
        this.command({
          kind: 'shutdown',
          channelId,
          script: b === 0 ? p2wpkh(crypto, SUBJECT_ID) : (`51${b.toString(16).padStart(2, '0')}` as Script),
        });
        break;
      case 'close':
        this.command({ kind: 'force_close', channelId });
        break;
      case 'acknowledge':
        for (const { id } of this.subject.node.channels.get(channelId)?.state.host.events ?? [])
          this.command({ kind: 'acknowledge', channelId, eventId: id });
        break;
      default:
    }
  }
}
