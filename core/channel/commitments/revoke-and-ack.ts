import type { SecretKey, Txid } from '../../crypto/bytes.ts';
import { insertSecret, secretIndex } from '../../transactions/secrets.ts';
import { bySide, other } from '../../transactions/types.ts';
import type { RevokeAndAck } from '../../wire/messages/index.ts';
import { withCommitments } from '../model/contents.ts';
import { awaitsRemoteSignature } from '../model/duties.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { Commitment, CommitmentSignatures, FundedState } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';
import { draft } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { monitor, persist, send } from '../step/transition.ts';
import { advance, announce } from './irrevocable.ts';

/** Our commitment that the peer has signed and the signer has accepted. */
export interface Accepted {
  readonly commitment: Commitment;
  readonly txid: Txid;
  readonly received: CommitmentSignatures;
  /** Revokes the one before. */
  readonly secret: SecretKey;
}

/** Our new commitment takes the place of the one before it, which is revoked; without a connection revoke_and_ack leaves after the next. */
export function revoke(out: Transition<FundedState>, { commitment, txid, received, secret }: Accepted): void {
  const { state } = out;
  const { us } = state.params;
  const { output, tx, txids, sent } = onlyFunding(state);
  const firstEvent = state.host.nextEventId;
  const revoked = draft(out);
  const ours = { current: txid, next: undefined };
  revoked.fundings = [{ output, tx, txids: bySide(us, ours, txids[other(us)]), received, receivedNext: undefined, sent }];
  revoked.lastSent = 'revoke_and_ack';
  revoked.revokedSecret = secret;
  const folded = advance(out, withCommitments(state.shared, us, { current: commitment }));
  persist(out);
  sendRevokeAndAck(out);
  announce(out, folded, firstEvent);
}

/** The secret of the commitment before the current one: there from its revocation on. */
export function sendRevokeAndAck(out: Transition<FundedState>): void {
  const { env, state } = out;
  const { params, shared, lifecycle, revokedSecret: perCommitmentSecret } = state;
  if (perCommitmentSecret === undefined || lifecycle.connection !== 'connected') return;
  const { number } = shared.commitments[params.us].current;
  const nextPerCommitmentPoint = env.signer.perCommitmentPoint(params.keysId, number + 1n);
  send(out, { type: 'revoke_and_ack', channelId: state.channelId, perCommitmentSecret, nextPerCommitmentPoint });
}

/** BOLT 2, revoke_and_ack, receiving node. */
export function receiveRevokeAndAck(out: Transition<FundedState>, message: RevokeAndAck): Violation | undefined {
  const { env, state } = out;
  const { crypto } = env;
  const { shared, params, remote } = state;
  const peer = other(params.us);
  const { current, next } = shared.commitments[peer];
  const { perCommitmentSecret: secret, nextPerCommitmentPoint } = message;
  if (next === undefined || remote.nextPoint === undefined || awaitsRemoteSignature(state))
    return violation('revoke_and_ack.unexpected', 'we have not signed a new commitment');
  if (!crypto.isValidSecretKey(secret) || crypto.publicKey(secret) !== remote.currentPoint) {
    return violation('revoke_and_ack.per_commitment_secret', `does not belong to the point of commitment ${current.number}`);
  }
  if (!crypto.isValidPublicKey(nextPerCommitmentPoint))
    return violation('revoke_and_ack.next_per_commitment_point', 'not a point of the curve');
  const secrets = insertSecret(crypto, remote.secrets, secretIndex(current.number), secret);
  if (!secrets.ok) return violation('revoke_and_ack.secret_sequence', 'was not generated from the same seed as the earlier ones');
  const revoked = draft(out);
  revoked.fundings = state.fundings.map(({ output, tx, txids, received, receivedNext }) => {
    const theirs = { current: txids[peer].next ?? txids[peer].current, next: undefined };
    return { output, tx, txids: bySide(peer, theirs, txids[params.us]), received, receivedNext, sent: undefined };
  });
  revoked.remote = { currentPoint: remote.nextPoint, nextPoint: nextPerCommitmentPoint, secrets: secrets.store };
  const firstEvent = state.host.nextEventId;
  const folded = advance(out, withCommitments(shared, peer, { current: next }));
  monitor(out, { kind: 'secret', number: current.number, secret });
  persist(out);
  announce(out, folded, firstEvent);
  return undefined;
}
