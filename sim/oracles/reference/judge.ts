import type { Hash32, Signature } from '../../../core/crypto/bytes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import type { Side } from '../../../core/transactions/types.ts';
import type { Message } from '../../../core/wire/messages/index.ts';
import type { End, Signed } from '../../model/channel-end.ts';
import type { ModelContents } from '../../model/channel-model.ts';
import { contentsOf, otherSide, txidsOf } from '../../model/commitment-contents.ts';
import { closingSighashes, ownSighash, rebuild, secondStageFee, SIGHASH_ALL, sighashPaying } from '../../model/transactions.ts';
import type { Rebuilt, RebuiltHtlc } from '../../model/transactions.ts';
import { grouped, plural } from '../../scenario/text.ts';
import type { Finding, WorldView } from '../../scenario/types.ts';
import { channelName, hasCommitments, statesOf } from '../../world/channel-changes.ts';
import type { WithCommitments } from '../../world/channel-changes.ts';
import type { ContentKind } from '../compare.ts';
import { contentsDifference } from '../contents-difference.ts';
import { commitmentDifference, viewOfBuilt, viewOfRebuilt } from '../commitment-difference.ts';
import type { CommitmentKind } from '../commitment-difference.ts';
import { finding } from '../difference.ts';
import { namesOf } from '../refused-signature.ts';
import { told } from './forbidden.ts';
import type { Forbidden } from './forbidden.ts';

const ORACLE = 'reference';
export const SIGNATURES = [
  'commitment',
  'num_htlcs',
  'htlc-timeout',
  'htlc-success',
  'htlc-order',
  'htlc-sighash',
  'htlc-key',
  'htlc-fee',
  'closing',
  'closing-without-fee',
] as const;
type Kind = ContentKind | CommitmentKind | 'transaction' | Forbidden | (typeof SIGNATURES)[number];

/** Findings about one end of one channel. */
export class Judge {
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

  rule(message: Message, broken: Forbidden | undefined): Finding | undefined {
    if (broken === undefined) return undefined;
    const { world, end } = this;
    const { message: words, expected, actual } = told(end, world.nodeName(end.peer), message, broken);
    return this.finding(message.type, broken, words, expected, actual);
  }

  /** The signatures that this end sent for the peer's commitment of this number. */
  signed(message: Message, signed: Signed, number: bigint): Finding | undefined {
    const { world, end } = this;
    const owner = otherSide(end.us);
    const point = end.model.peerPoints.get(number);
    if (point === undefined) return this.rule(message, 'without-a-point-of-the-peer');
    const contents = end.model.peerContents();
    const built = rebuild(world.crypto, end.basis, owner, number, point, contents);
    return this.sameTransaction(owner, number, contents, built) ?? this.verified(signed, built, number, contents.feeratePerKw);
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
    const peer = world.nodeName(end.peer);
    const about = `${end.node} signed commitment ${number} of ${peer}`;
    if (typeof held === 'string')
      return this.finding('commitment', 'numbers', `${about} over logs that make no sense: ${held}`, 'logs that apply', held);
    const difference = contentsDifference(['its messages', contents], [`${end.node} signed`, held], namesOf(end.node, peer, state));
    if (difference === undefined) {
      const message = `${about}, which is not the transaction that its messages and BOLT 3 make it`;
      return (
        this.otherTransaction(owner, number, contents, built, state) ?? this.finding('commitment', 'transaction', message, built.txid, txid)
      );
    }
    const { kind, comparison, left, right } = difference;
    return { ...this.finding('commitment', kind, `${about} with ${right}, its messages make it ${left}`, left, right), comparison };
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

  private verified({ signature, htlcSignatures }: Signed, built: Rebuilt, number: bigint, feeratePerKw: number): Finding | undefined {
    const { world, end } = this;
    const about = `commitment ${number} of ${world.nodeName(end.peer)}`;
    const { fundingPubkey } = end.basis.parties[end.us];
    if (!world.crypto.verify(signature, built.sighash, fundingPubkey)) {
      const message = `${end.node}'s signature is not valid for ${about}, which it built as BOLT 3 says`;
      const expected = `valid for digest ${built.sighash} and key ${fundingPubkey}`;
      return this.finding('signature', 'commitment', message, expected, `signature ${signature}`);
    }
    if (htlcSignatures.length !== built.htlcs.length) {
      const message = `${end.node} sent ${plural(htlcSignatures.length, 'htlc_signature')} for ${about}, which has ${plural(built.htlcs.length, 'HTLC output')}`;
      return this.finding('signature', 'num_htlcs', message, built.htlcs.length, htlcSignatures.length);
    }
    for (const [i, htlc] of built.htlcs.entries()) {
      const given = htlcSignatures[i] as Signed['signature'];
      if (world.crypto.verify(given, htlc.sighash, built.htlcKeys[end.us])) continue;
      const { kind, asked, signed } = mistakeIn(world.crypto, given, built, htlc, end, feeratePerKw);
      const terms = `HTLC ${htlc.htlc.id} of ${htlc.htlc.offerer === end.us ? end.node : world.nodeName(end.peer)}, ${grouped(htlc.htlc.amountMsat)} msat`;
      const message = `${end.node}'s htlc_signature ${i} for ${about} (${terms}) ${signed}, where BOLT 3 asks for ${asked}`;
      return this.finding('signature', kind, message, asked, signed);
    }
    return undefined;
  }

  closing(message: Extract<Message, { type: 'closing_signed' }>): Finding | undefined {
    const { world, end } = this;
    const { feeSat, signature } = message;
    const { opener, accepter } = end.shutdownScripts;
    if (opener === undefined || accepter === undefined) return this.rule(message, 'before-both-shutdowns');
    const { balanceMsat, htlcs } = end.model.peerContents();
    // BOLT 2, closing_signed: "no HTLCs remain in either commitment transaction".
    if (htlcs.length > 0 || end.model.pendingOnPeer || end.model.ourContents().htlcs.length > 0)
      return this.rule(message, 'before-the-channel-is-empty');
    const digests = closingSighashes(end.basis, end.us, { feeSat, balanceMsat, scripts: { opener, accepter } });
    const key = end.basis.parties[end.us].fundingPubkey;
    const isFor = (digest: Hash32): boolean => world.crypto.verify(signature, digest, key);
    if (digests.some(isFor)) return undefined;
    const free = closingSighashes(end.basis, end.us, { feeSat: 0n, balanceMsat, scripts: { opener, accepter } }).some(isFor);
    if (free) {
      const says = `${grouped(feeSat)} sat`;
      const message = `${end.node}'s closing_signed says a fee of ${says}, and its signature is for a closing transaction that pays none`;
      return this.finding('signature', 'closing-without-fee', message, `the opener pays ${says}`, 'the opener pays nothing');
    }
    return this.finding(
      'signature',
      'closing',
      `${end.node}'s closing_signed is not valid for the closing transaction with the fee that it says, ${grouped(feeSat)} sat`,
      `valid where the opener has ${grouped(balanceMsat.opener)} msat and pays ${grouped(feeSat)} sat, and the accepter has ${grouped(balanceMsat.accepter)} msat`,
      `signature ${signature}`,
    );
  }
}

interface Mistake {
  readonly kind: (typeof SIGNATURES)[number];
  readonly asked: string;
  readonly signed: string;
}

/** What the signer of an HTLC transaction has mistaken: what else of this commitment its signature is valid for, and by which key. */
function mistakeIn(crypto: Crypto, given: Signature, built: Rebuilt, htlc: RebuiltHtlc, { basis, us }: End, feeratePerKw: number): Mistake {
  const key = built.htlcKeys[us];
  const type = htlc.sighashType === SIGHASH_ALL ? 'SIGHASH_ALL' : 'SIGHASH_SINGLE|ANYONECANPAY';
  const meant = built.htlcs.find((other) => crypto.verify(given, other.sighash, key));
  if (meant !== undefined) {
    const at = built.htlcs.indexOf(meant);
    return { kind: 'htlc-order', asked: 'the order of the outputs', signed: `is for HTLC output ${at}, HTLC ${meant.htlc.id}` };
  }
  if (crypto.verify(given, ownSighash(htlc), key)) return { kind: 'htlc-sighash', asked: type, signed: 'is made with SIGHASH_ALL' };
  const feeSat = secondStageFee(basis.format, feeratePerKw, htlc.kind);
  const fees = [secondStageFee(basis.format, feeratePerKw, htlc.kind === 'timeout' ? 'success' : 'timeout'), 0n];
  const paid = fees.find((fee) => fee !== feeSat && crypto.verify(given, sighashPaying(htlc, htlc.spentSat - fee), key));
  if (paid !== undefined)
    return {
      kind: 'htlc-fee',
      asked: `an HTLC-${htlc.kind} transaction with a fee of ${grouped(feeSat)} sat`,
      signed: `is for one with a fee of ${grouped(paid)} sat`,
    };
  const { fundingPubkey, htlcBasepoint, paymentBasepoint, delayedPaymentBasepoint } = basis.parties[us];
  const others = { funding_pubkey: fundingPubkey, htlc_basepoint: htlcBasepoint, payment_basepoint: paymentBasepoint };
  const names = { ...others, delayed_payment_basepoint: delayedPaymentBasepoint };
  const by = Object.entries(names).find(([, other]) => crypto.verify(given, htlc.sighash, other));
  if (by !== undefined) return { kind: 'htlc-key', asked: 'the HTLC key of this commitment', signed: `is made by the key of ${by[0]}` };
  return { kind: `htlc-${htlc.kind}`, asked: `one for the HTLC-${htlc.kind} transaction, with ${type}`, signed: 'is not valid' };
}
