import { toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';
import type { Tx } from '../bitcoin/tx.ts';
import { plainTx, serialiseTx, withWitness } from '../bitcoin/tx.ts';
import { fundingWitness } from '../transactions/commitment.ts';
import type { Message } from '../wire/messages/index.ts';
import { baseOf } from './base.ts';
import { buildCommitments, txParams } from './commitment-tx.ts';
import { contents } from './contents.ts';
import type { Out } from './effects.ts';
import { become, notify, persist, send } from './effects.ts';
import type { ChannelEnv } from './io.ts';
import type { CommitmentSignatures, ConnectionPhase, FailedState, Funding, FundedState } from './state.ts';

/** What a peer sent may be quoted in it: no error or warning comes near the size of a message. */
const MAX_ERROR_LENGTH = 1000;

/** BOLT 1, BOLT 8: what a message of 65535 bytes has left for the `data` of an error. */
const MAX_ERROR_DATA = 65535 - 2 - 32 - 2;

/**
 * The `data` of an error or warning: printable ASCII, as BOLT 1 asks. `tx`: where an invalid signature was the cause, "SHOULD include the raw,
 * hex-encoded transaction". A commitment with hundreds of HTLCs is larger than a message, and left out.
 */
export function errorData(text: string, tx?: Tx): Hex {
  const short = text.slice(0, MAX_ERROR_LENGTH);
  const full = tx === undefined ? short : `${short}: ${serialiseTx(tx)}`;
  return toHex(Uint8Array.from(full.length <= MAX_ERROR_DATA ? full : short, (c) => (c >= ' ' && c <= '~' ? c.charCodeAt(0) : 0x3f)));
}

/** Our current commitment transaction with both signatures: what enforces the channel on chain. */
export function signedCommitment(env: ChannelEnv, state: FundedState): Tx {
  const { crypto, signer } = env;
  const { params, shared, fundings } = state;
  const { us } = params;
  const { number, cut } = shared.commitments[us].current;
  const funding = fundings[0] as Funding;
  const point = signer.perCommitmentPoint(params.keysId, number);
  const [built] = buildCommitments(crypto, params, [funding], us, number, point, contents(shared, cut)) as [
    ReturnType<typeof buildCommitments>[0] & object,
  ];
  const ours = signer.signFunding(params.keysId, built.sighash);
  const theirs = (state.localSignatures[0] as CommitmentSignatures).signature;
  const [opener, accepter] = us === 'opener' ? [ours, theirs] : [theirs, ours];
  return plainTx(withWitness(built.tx, 0, fundingWitness(crypto, txParams(params, funding), opener, accepter)));
}

/**
 * Fails the channel (BOLT 5). No store holds back the error of a connected channel. Held messages of the channel never leave: the revoke_and_ack of a
 * commitment that we may broadcast is among them, and the node drops them when the phase changes to `failed`.
 *
 * The broadcast waits for the failed state, and for nothing else: a node that crashed in between would go on with the channel, and
 * revoke a commitment that is public.
 *
 * `told`: the peer's own error failed the channel, so that we owe it none. `stale`: we have lost data and must not broadcast (BOLT 2).
 * `tx`: what an invalid signature was for.
 */
export function failChannel(
  out: Out<FundedState>,
  reason: string,
  how: { readonly told?: boolean; readonly stale?: boolean; readonly tx?: Tx } = {},
): Out<FailedState> {
  const { env, state } = out;
  const { channelId } = state;
  const commitmentToBroadcast = how.stale === true ? undefined : signedCommitment(env, state);
  const error = how.told === true ? undefined : errorData(reason, how.tx);
  const failed = become<FailedState>(out, {
    ...baseOf(state),
    phase: 'failed',
    reason,
    ...(error === undefined ? {} : { error }),
    ...(commitmentToBroadcast === undefined ? {} : { commitmentToBroadcast }),
  });
  if (error !== undefined) sendError(failed, state.connection);
  persist(failed);
  if (commitmentToBroadcast !== undefined) {
    const after = [{ sink: 'state', channelId, version: failed.state.version }];
    failed.effects.push({ kind: 'broadcast', tx: commitmentToBroadcast, channelId, purpose: 'commitment', after });
  }
  notify(failed, { kind: 'failed', reason });
  return failed;
}

/**
 * At once, held by no store; but not before our channel_reestablish, where the peer's has not come: a peer that has lost data must see the
 * proof of it first.
 */
function sendError(out: Out<FailedState>, connection: ConnectionPhase): void {
  const { channelId, params } = out.state;
  const message: Message = { type: 'error', channelId, data: out.state.error ?? '' };
  if (connection === 'reestablishing') send(out, message);
  if (connection === 'connected') out.effects.push({ kind: 'send', peer: params.peer, message });
}
