import { buildCommitments } from '../../core/channel/commitments/build.ts';
import { contents, cutToSign, logLength } from '../../core/channel/model/contents.ts';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32, Preimage } from '../../core/crypto/bytes.ts';
import { other } from '../../core/transactions/types.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { knownPreimage } from './amounts.ts';
import { nodeEnv, VALID_SIGNATURE } from './subject.ts';

/** Messages of a peer for which the subject's state is all that one has to know. */

export function noChannel(): ChannelId {
  return '00'.repeat(32) as ChannelId;
}

export function removal(
  type: 'update_fulfill_htlc' | 'update_fail_htlc' | 'update_fail_malformed_htlc',
  state: StoredChannel,
  choice: number,
): Message {
  const { channelId, shared, params } = state;
  const htlcs = shared.base.htlcs[params.us];
  const htlc = htlcs[choice % Math.max(1, htlcs.length)];
  const id = htlc?.id ?? BigInt(choice);
  if (type === 'update_fail_htlc') return { type, channelId, id, reason: '00' };
  if (type === 'update_fail_malformed_htlc') return { type, channelId, id, sha256OfOnion: '00'.repeat(32) as Hash32, failureCode: 0xc005 };
  const paymentPreimage = (htlc === undefined ? undefined : knownPreimage(htlc.paymentHash)) ?? ('00'.repeat(32) as Preimage);
  return { type, channelId, id, paymentPreimage };
}

/** As many as the subject's next commitment has untrimmed HTLCs. */
export function htlcSignatures(state: StoredChannel): readonly (typeof VALID_SIGNATURE)[] {
  const { shared, params, fundings } = state;
  const { us } = params;
  const number = shared.commitments[us].current.number + 1n;
  const cut = cutToSign(shared, other(us));
  if (cut.opener > logLength(shared, 'opener') || cut.accepter > logLength(shared, 'accepter')) return [];
  const point = nodeEnv.signer.perCommitmentPoint(params.keysId, number);
  const next = contents(shared, cut);
  if (next.balanceMsat.opener < 0n || next.balanceMsat.accepter < 0n) return [];
  const [built] = buildCommitments(
    nodeEnv,
    params,
    fundings.map(({ output }) => output),
    us,
    number,
    point,
    next,
  );
  return built === undefined ? [] : built.htlcTransactions.map(() => VALID_SIGNATURE);
}

export function closingSigned(state: StoredChannel, choice: number): Message {
  const closing = state.phase === 'funded' ? state.closing : undefined;
  const offered = closing?.negotiation?.offered;
  const feeSat = (offered?.feeSat ?? 1000n) + BigInt(choice);
  const range = offered?.range ?? { minFeeSat: 500n, maxFeeSat: 5000n };
  const withRange = (choice & 0x20) === 0;
  return {
    type: 'closing_signed',
    channelId: state.channelId,
    feeSat,
    signature: VALID_SIGNATURE,
    ...(withRange ? { feeRange: range } : {}),
  };
}
