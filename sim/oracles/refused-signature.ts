import type { Tx } from '../../core/bitcoin/tx.ts';
import { fromHex } from '../../core/crypto/bytes.ts';
import type { ChannelId, RawTx } from '../../core/crypto/bytes.ts';
import { parseOnce } from '../model/parse-once.ts';
import type { StepRecord, WorldView } from '../scenario/types.ts';
import { hasCommitments, messageOf, nameOf, peerName, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { commitmentDifference, viewOfBuilt, viewOfTx } from './commitment-difference.ts';
import type { CommitmentKind } from './commitment-difference.ts';
import type { Difference } from './difference.ts';

/**
 * A node has refused the signature of its commitment: what the signer signed, beside what the node built. In a simulation the signer's
 * view is known, and an error tells the transaction that a signature was not valid for (BOLT 1).
 */
export function refusedSignature(
  world: WorldView,
  record: StepRecord,
  channelId: ChannelId | undefined,
): (Pick<Difference, 'message' | 'expected' | 'actual' | 'comparison'> & { readonly kind: CommitmentKind }) | undefined {
  const { node } = record;
  const state = channelId === undefined ? undefined : statesOf(world, node).get(channelId);
  if (!hasCommitments(state)) return undefined;
  const signer = peerName(world, state);
  const signed = world.driver(signer)?.signed?.(state.channelId);
  const built = toldIn(record);
  if (signed === undefined || built === undefined) return undefined;
  const theirs = viewOfBuilt(signed, namesOf(node, signer, state));
  const difference = commitmentDifference(state, [`${node} built`, viewOfTx(built, theirs)], [`${signer} signed`, theirs]);
  if (difference === undefined) return undefined;
  const { kind, comparison, left, right } = difference;
  const message = `${signer} signed commitment ${signed.number} of ${node} with ${right}, ${node} built it with ${left}`;
  return { kind, comparison, message, expected: left, actual: right };
}

/** Who is called what, where both ends are known. */
export function namesOf(us: string, peer: string, { params }: WithCommitments): { readonly opener: string; readonly accepter: string } {
  return params.us === 'opener' ? { opener: us, accepter: peer } : { opener: peer, accepter: us };
}

/** The transaction at the end of an error. */
function toldIn({ effects }: StepRecord): Tx | undefined {
  for (const effect of effects) {
    if (effect.kind !== 'send' || nameOf(effect.bytes) !== 'error') continue;
    const message = messageOf(effect.bytes);
    const text = message?.type === 'error' ? String.fromCharCode(...fromHex(message.data)) : '';
    const raw = /: ([0-9a-f]{100,})$/.exec(text)?.[1];
    if (raw !== undefined) return parseOnce(raw as RawTx);
  }
  return undefined;
}
