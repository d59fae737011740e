import { otherSide } from '../../model/commitment-contents.ts';
import type { End } from '../../model/channel-end.ts';
import { BROKEN } from '../../model/channel-model.ts';
import { plural } from '../../scenario/text.ts';
import type { Message } from '../../../core/wire/messages/index.ts';
import type { Difference } from '../difference.ts';

/** What a message may be, given those before it. */
export const FORBIDDEN = [
  ...BROKEN,
  'for-another-funding',
  'without-a-point-of-the-peer',
  'before-both-shutdowns',
  'before-the-channel-is-empty',
  'sent-twice',
  'while-updates-are-pending',
] as const;
export type Forbidden = (typeof FORBIDDEN)[number];

type Told = Pick<Difference, 'message' | 'expected' | 'actual'>;

/** What is wrong with a message that this end has sent, by what was exchanged before it. */
export function told(end: End, peer: string, message: Message, kind: Forbidden): Told {
  const { node, model } = end;
  const sent = `${node} sent ${message.type}`;
  const id = 'id' in message ? message.id : undefined;
  const of = (words: string, expected: string, actual: string): Told => ({ message: words, expected, actual });
  const signed = `${node} signed commitment ${model.peerNumber} of ${peer}`;
  const revoke = `revoke_and_ack ${model.ourNumber - 1n} first`;
  switch (kind) {
    case 'ids-increase-by-1':
      return of(`${sent} with id ${id}, where its next HTLC is ${model.nextOwnId}`, `id ${model.nextOwnId}`, `id ${id}`);
    case 'no-add-after-shutdown':
      return of(`${sent} ${id} after its shutdown`, 'no HTLC after shutdown', `HTLC ${id}`);
    case 'update_fee-of-the-accepter':
      return of(`${sent}, although ${peer} has opened the channel`, `from the ${otherSide(end.us)} alone`, `from the ${end.us}`);
    case 'removal-of-an-unknown-htlc':
      return of(`${sent} for HTLC ${id} of ${peer}, which is not there`, 'an HTLC that was offered, and is not settled', `HTLC ${id}`);
    case 'removal-before-irrevocable':
      return of(
        `${sent} for HTLC ${id} of ${peer} before both sides are irrevocably committed to it`,
        'on both commitments, the older ones revoked',
        `HTLC ${id} is not`,
      );
    case 'htlc-removed-twice':
      return of(`${sent} for HTLC ${id} of ${peer}, which it has removed before`, 'one removal', 'a second one');
    case 'without-any-update':
      return of(`${signed}, and nothing has changed since the last one`, 'an update that it covers', 'none');
    case 'updates-not-yet-signed':
      return of(
        `${signed} over ${plural(model.waiting(1), 'update')} of ${peer} that ${peer} has not signed for yet`,
        `${peer}'s commitment_signed first`,
        `signed before it came`,
      );
    case 'before-its-revoke_and_ack':
      return of(
        `${signed} over ${plural(model.waiting(2), 'update')} of ${peer} before it sent revoke_and_ack for them`,
        revoke,
        'signed before it',
      );
    case 'again-before-its-revoke_and_ack':
      return of(
        `reconnected, ${node} sends commitment_signed again before the revoke_and_ack ${model.ourNumber - 1n} that ${peer} has not got and that was first`,
        revoke,
        'commitment_signed first',
      );
    case 'for-another-funding':
      return of(`${signed} for another funding transaction`, end.basis.fundingTxid, 'another one');
    case 'without-a-point-of-the-peer':
      return of(`${signed}, of which it has no per-commitment point`, `revoke_and_ack of ${peer} first`, 'none has come');
    case 'before-both-shutdowns':
      return of(`${sent} before shutdown went both ways`, 'shutdown both ways', shutdownsOf(end));
    case 'before-the-channel-is-empty':
      return of(
        `${sent} while HTLCs or updates are left`,
        'no HTLC, nothing pending',
        `${plural(model.peerContents().htlcs.length, 'HTLC')} on the peer's commitment, ${plural(model.ourContents().htlcs.length, 'HTLC')} on its own`,
      );
    case 'sent-twice':
      return of(`${sent} twice in one connection`, 'once', 'twice');
    case 'while-updates-are-pending':
      return of(`${sent} while updates of its own wait to be signed for`, 'commitment_signed first', 'updates wait');
    default:
      return reestablish(end, message, kind);
  }
}

function shutdownsOf({ us, shutdownScripts }: End): string {
  return shutdownScripts[us] === undefined ? 'its own has not been sent' : 'the other one has not come';
}

/** BOLT 2, Message Retransmission: the numbers count what has come. */
function reestablish({ node, model }: End, message: Message, kind: Forbidden): Told {
  const { nextCommitment, nextRevocation } = model.reestablishNumbers;
  const numbers = (commitment: bigint, revocation: bigint): string =>
    `next_commitment_number ${commitment}, next_revocation_number ${revocation}`;
  const says =
    message.type === 'channel_reestablish'
      ? numbers(message.nextCommitmentNumber, message.nextRevocationNumber)
      : kind.replaceAll('-', ' ');
  const takesBack = kind.startsWith('reestablish-takes-back') ? ', and takes back what others were built on' : '';
  return {
    message: `${node}'s channel_reestablish does not say what has come to it${takesBack}`,
    expected: numbers(nextCommitment, nextRevocation),
    actual: says,
  };
}
