import type { Tx } from '../../bitcoin/tx.ts';
import { plainTx, withWitness } from '../../bitcoin/tx.ts';
import type { Signature } from '../../crypto/bytes.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { fundingWitness } from '../../transactions/commitment.ts';
import { bySide, other } from '../../transactions/types.ts';
import { buildCommitments } from '../commitments/build.ts';
import { contents, withCommitments } from '../model/contents.ts';
import type { Answer, Duty } from '../model/duties.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { FailedState, FundedBase } from '../model/state.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { STATE_SINK } from '../model/channel-vocabulary.ts';
import { draft, draftFailure } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { ask, persist } from '../step/transition.ts';
import { broadcastFailed, tellFinal } from './broadcast.ts';

/** Our commitment for the chain: what enforces the channel there, once our signer has signed it. */

function ownDuty(env: ChannelEnv, { params, shared, fundings }: FundedBase): Extract<Duty, { kind: 'sign_own' }> {
  const { us, keysId } = params;
  const { number, cut } = shared.commitments[us].current;
  const point = env.signer.perCommitmentPoint(keysId, number);
  const outputs = [onlyFunding({ fundings }).output];
  const [built] = buildCommitments(env, params, outputs, us, number, point, contents(shared, cut)) as [BuiltCommitment];
  return { kind: 'sign_own', keysId, number, built };
}

/** With both signatures. */
function withSignatures({ params, fundings }: FundedBase, built: BuiltCommitment, ours: Signature): Tx {
  const { opener, accepter } = bySide(params.us, ours, onlyFunding({ fundings }).received.signature);
  return plainTx(withWitness(built.tx, 0, fundingWitness(built.channel, opener, accepter)));
}

/** Our current commitment transaction with both signatures; undefined where the signer has not signed it within the step. */
export function signedCommitment(env: ChannelEnv, state: FundedBase): Tx | undefined {
  const { keysId, built } = ownDuty(env, state);
  const ours = env.signer.signOwnCommitment(keysId, built);
  return ours === undefined ? undefined : withSignatures(state, built, ours);
}

/** The duty to sign our commitment of a failed channel. */
function awaitsOwnSignature({ failure }: FailedState): boolean {
  return !failure.stale && failure.commitmentToBroadcast === undefined;
}

/** Asks for what the signer has not signed: when the failed state is durable, or a node that crashed in between would go on with the channel. */
export function askForOwn(out: Transition<FailedState>): void {
  const { env, state } = out;
  if (!awaitsOwnSignature(state)) return;
  const { channelId, durability } = state;
  ask(out, ownDuty(env, state), [{ sink: STATE_SINK, channelId, version: durability.version }]);
}

/** What a signer says that answers a failed channel later. */
export function signedLate(out: Transition<FailedState>, answer: Answer): void {
  if (!awaitsOwnSignature(out.state)) return;
  if (answer.kind === 'sign_own') signedOwn(out, answer);
  else if (answer.kind === 'reveal') revealedLate(out, answer);
}

function signedOwn(out: Transition<FailedState>, { number, signature }: Extract<Answer, { kind: 'sign_own' }>): void {
  const duty = ownDuty(out.env, out.state);
  if (duty.number !== number) return;
  draftFailure(out).commitmentToBroadcast = withSignatures(out.state, duty.built, signature);
  persist(out);
  tellFinal(out);
  broadcastFailed(out);
}

/** It has given up the commitment that it was to sign, for the next one: that is ours for the chain. The secret leaves for nobody. */
function revealedLate(out: Transition<FailedState>, { number, secret }: Extract<Answer, { kind: 'reveal' }>): void {
  const { shared, params } = out.state;
  const { us } = params;
  const { current, next } = shared.commitments[us];
  const { output, tx, txids, receivedNext: received, sent } = onlyFunding(out.state);
  const txid = txids[us].next;
  if (current.number !== number || next === undefined || received === undefined || txid === undefined) return;
  const failed = draft(out);
  failed.shared = withCommitments(shared, us, { current: next });
  failed.fundings = [
    { output, tx, txids: bySide(us, { current: txid, next: undefined }, txids[other(us)]), received, receivedNext: undefined, sent },
  ];
  failed.revokedSecret = secret;
  persist(out);
  askForOwn(out);
}
