import type { Hash32, Preimage } from '../../crypto/bytes.ts';
import { sha256Hex } from '../../crypto/hashes.ts';
import type { OnChain } from '../model/channel-vocabulary.ts';
import type { OfferedHtlc, StoredChannel } from '../model/state.ts';
import { draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, monitor, notifyEvents, persist } from '../step/transition.ts';
import { forget } from './forget.ts';

/**
 * What the chain has decided of HTLCs that we offered (BOLT 5). Each ends once: with its preimage, as soon as that is known for whatever reason, or
 * as failed, when nobody can claim it any more. What ended off chain is told no second time.
 */
export function onChain(out: Transition<StoredChannel>, { settled, preimages, resolved }: OnChain): void {
  const { nextEventId } = out.state.host;
  persist(out);
  if (preimages.length > 0) learnShown(out, preimages);
  for (const { id, preimage } of settled) {
    const known = out.state.host.offered.find((offered) => offered.id === id);
    if (known === undefined || known.preimage !== undefined) continue;
    if (preimage === undefined) failed(out, known);
    else sent(out, known, preimage);
  }
  // Of those that were on no commitment of the chain's, or on one that we don't know, nothing more will be heard.
  if (resolved) for (const known of out.state.host.offered) if (known.preimage === undefined) failed(out, known);
  notifyEvents(out, nextEventId);
  if (resolved && out.state.host.events.length === 0) forget(out, 'channel.irrevocable', 'every output is irrevocably resolved');
}

/** BOLT 5, HTLC Output Handling: "MUST extract the payment preimage from the transaction input witness". Of all HTLCs with that hash. */
function learnShown(out: Transition<StoredChannel>, preimages: readonly Preimage[]): void {
  for (const preimage of preimages) {
    const hash = sha256Hex<Hash32>(out.env.crypto, preimage);
    const claimed = out.state.host.offered.filter((known) => known.preimage === undefined && hashOf(out.state, known) === hash);
    if (claimed.length > 0) monitor(out, { kind: 'preimage', preimage, settles: [] });
    for (const known of claimed) sent(out, known, preimage);
  }
}

/** Of an HTLC of ours that is in the log or in flight. */
function hashOf({ shared, params: { us } }: StoredChannel, { id }: OfferedHtlc): Hash32 | undefined {
  const inFlight = shared.base.htlcs[us].find((htlc) => htlc.id === id);
  if (inFlight !== undefined) return inFlight.paymentHash;
  for (const update of shared.logs[us]) if (update.kind === 'add' && update.id === id) return update.paymentHash;
  return undefined;
}

function sent(out: Transition<StoredChannel>, known: OfferedHtlc, preimage: Preimage): void {
  const { id, origin } = known;
  const host = draftHost(out);
  host.offered = host.offered.map((offered) => (offered === known ? { id, origin, preimage } : offered));
  addEvent(out, { kind: 'payment_sent', origin, paymentHash: sha256Hex<Hash32>(out.env.crypto, preimage), preimage });
}

function failed(out: Transition<StoredChannel>, known: OfferedHtlc): void {
  const paymentHash = hashOf(out.state, known);
  const host = draftHost(out);
  host.offered = host.offered.filter((offered) => offered !== known);
  if (paymentHash !== undefined) addEvent(out, { kind: 'payment_failed', origin: known.origin, paymentHash });
}
