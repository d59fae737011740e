import type { ChannelId, Hash32 } from '../../core/crypto/bytes.ts';
import { paymentIdOf } from '../../core/channel/model/origin.ts';
import type { ChannelEvent } from '../../core/channel/model/state.ts';
import { readFailure } from '../../core/onion/failure-onion.ts';
import { sha256Hex } from '../../core/crypto/hashes.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { policyOf } from '../scenario/channel-config.ts';
import { grouped } from '../scenario/text.ts';
import type { Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { channelName, hasCommitments, messageOf, nameOf, statesOf } from '../world/channel-changes.ts';
import { finding } from './difference.ts';
import { DurableStates } from './forwarding/durable-states.ts';
import { incomingOf, isAnswered, isOnOwn, mayBePaid, outgoingOf } from './forwarding/htlcs-of.ts';
import type { Shown } from './forwarding/htlcs-of.ts';
import { Preimages } from './forwarding/learned.ts';
import { isBreach } from './licences.ts';
import { StaleWatch } from './stale-channels.ts';

const ORACLE = 'forwarding';
const KINDS = [
  'offered-for-nothing',
  'offered-twice',
  'pays-more-than-it-is-owed',
  'expires-too-late',
  'failed-while-it-may-be-paid',
  'failed-although-paid',
  'preimage-kept-back',
  'revoked-before-the-claim-is-durable',
  'never-claimed',
  'length-of-failure',
  'takes-what-it-must-fail',
  'failure-of-nobody',
  'refused-although-right',
] as const;
type Kind = (typeof KINDS)[number];
type Of<T extends Message['type']> = Extract<Message, { type: T }>;

/** BOLT 4, Returning Errors: 32 bytes of HMAC, two lengths, and failure and pad of 256 bytes together. */
const FAILURE_LENGTH = 32 + 2 + 2 + 256;

/** What is said of payers that don't keep to what is announced and to what an invoice says. */
const NEVER_OF_THE_HONEST: ReadonlySet<string> = new Set([
  'fee_insufficient',
  'incorrect_cltv_expiry',
  'final_incorrect_cltv_expiry',
  'final_incorrect_htlc_amount',
  'invalid_onion_payload',
  'expiry_too_far',
  'mpp_timeout',
]);

/** A forwarder never loses: what it offers is covered by what it was offered, is not failed while it may be paid, and is claimed once it was. */
export function createForwarding(): Oracle {
  return new Forwarding();
}

class Forwarding implements Oracle {
  readonly name = ORACLE;
  readonly kinds = KINDS;
  readonly asks = ['channels'] as const;
  private readonly durable: DurableStates;
  private readonly stale: StaleWatch;
  private readonly preimages: Preimages;
  /** Hashes that nodes pay for themselves, as `node hash`. */
  private readonly own: Set<string>;
  /** Nodes that read onions, and what each asks for. */
  private readonly relays: Map<string, Relay>;

  constructor(from?: Forwarding) {
    this.durable = new DurableStates(from?.durable);
    this.stale = new StaleWatch(from?.stale);
    this.preimages = new Preimages(from?.preimages);
    this.own = new Set(from?.own);
    this.relays = new Map(from?.relays);
  }

  fork(): Oracle {
    return new Forwarding(this);
  }

  step(world: WorldView, record: StepRecord): Finding | undefined {
    // Two nodes forward nothing to each other.
    if (world.nodeNames.length < 3) return undefined;
    const { node, input } = record;
    if (this.relays.size === 0) for (const [name, relay] of relaysOf(world)) this.relays.set(name, relay);
    this.stale.watch(world, record);
    this.durable.watch(world, record);
    const relay = this.relays.get(node);
    if (relay === undefined || this.isStale(world, node)) return undefined;
    if (input.kind === 'command' && 'paymentHash' in input.command) this.own.add(`${node} ${input.command.paymentHash}`);
    if (input.kind === 'received' && !isBreach(record) && nameOf(input.bytes) === 'update_fulfill_htlc') {
      const found = this.heard(world, node, messageOf(input.bytes));
      if (found !== undefined) return found;
    }
    for (const effect of record.effects) {
      if (effect.kind === 'notify' && effect.event.kind === 'htlc_received') {
        const flawed = presented(world, node, effect.channelId, effect.event.add.paymentHash);
        if (flawed !== undefined) return flawed;
      }
      if (effect.kind === 'notify' && effect.event.kind === 'event' && effect.event.event.kind === 'payment_failed') {
        const unread = readable(world, node, effect.channelId, effect.event.event);
        if (unread !== undefined) return unread;
      }
      const found = effect.kind === 'send' ? this.sent(world, node, relay, effect.bytes) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  settled(world: WorldView): Finding | undefined {
    for (const node of this.relays.keys()) {
      if (this.isStale(world, node) || world.driver(node) === undefined) continue;
      const isWhole = [...statesOf(world, node).values()].every(({ phase }) => phase !== 'failed');
      const [left] = isWhole ? this.preimages.of(node).filter(({ claimed }) => claimed === undefined) : [];
      if (left === undefined) continue;
      const message = `${node} was told the preimage of HTLC ${left.id} of ${channelName(world, left.outgoing)} and has claimed nothing with it`;
      return report(world, node, left.outgoing, 'never-claimed', message, 'claimed', 'not claimed');
    }
    return undefined;
  }

  private sent(world: WorldView, node: string, relay: Relay, bytes: Uint8Array): Finding | undefined {
    switch (nameOf(bytes)) {
      case 'update_add_htlc':
        return this.offered(world, node, relay, messageOf(bytes) as Of<'update_add_htlc'>);
      case 'update_fail_htlc': {
        const { channelId, id, reason } = messageOf(bytes) as Of<'update_fail_htlc'>;
        if (reason.length === 2 * FAILURE_LENGTH) return this.failed(world, node, channelId, id);
        return report(
          world,
          node,
          channelId,
          'length-of-failure',
          `${node}'s failure tells by its length`,
          FAILURE_LENGTH,
          reason.length / 2,
        );
      }
      case 'update_fail_malformed_htlc': {
        const { channelId, id } = messageOf(bytes) as Of<'update_fail_malformed_htlc'>;
        return this.failed(world, node, channelId, id);
      }
      case 'update_fulfill_htlc': {
        const { channelId, id, paymentPreimage } = messageOf(bytes) as Of<'update_fulfill_htlc'>;
        this.preimages.claim(node, sha256Hex(world.crypto, paymentPreimage), `${channelId} ${id}`);
        return undefined;
      }
      case 'revoke_and_ack':
        return this.revoked(world, node, (messageOf(bytes) as Of<'revoke_and_ack'>).channelId);
      default:
        return undefined;
    }
  }

  /** What it offers for others is covered, each HTLC by one of its own and with what its policy asks for. */
  private offered(world: WorldView, node: string, relay: Relay, add: Of<'update_add_htlc'>): Finding | undefined {
    const { channelId, paymentHash: hash, amountMsat, cltvExpiry } = add;
    if (this.pays(world, node, hash)) return undefined;
    const ins = incomingOf(statesOf(world, node), hash);
    // What leaves is judged, whatever the state says of it.
    const isThis = ({ state, htlc }: Shown): boolean => state.channelId === channelId && htlc.id === add.id;
    const others = outgoingOf(statesOf(world, node), hash).filter((out) => !isThis(out));
    const outs = [amountMsat, ...others.map(({ htlc }) => htlc.amountMsat)];
    const wrong = (kind: Kind, what: string, expected: unknown, actual: unknown): Finding =>
      report(world, node, channelId, kind, `${node} offers ${grouped(amountMsat)} msat ${what}`, expected, actual);
    if (ins.length === 0) return wrong('offered-for-nothing', 'for no HTLC that it is bound to', 'an incoming HTLC', 'none');
    if (outs.length > ins.length) return wrong('offered-twice', 'for one that it has forwarded already', ins.length, outs.length);
    const dueMsat = outs.reduce((sum, msat) => sum + msat + feeMsat(relay, msat), 0n);
    const owedMsat = ins.reduce((sum, { htlc }) => sum + htlc.amountMsat, 0n);
    if (dueMsat > owedMsat) return wrong('pays-more-than-it-is-owed', 'and keeps less than its fee', owedMsat, dueMsat);
    const latest = Math.max(...ins.map(({ htlc }) => htlc.cltvExpiry)) - relay.cltvExpiryDelta;
    return cltvExpiry > latest ? wrong('expires-too-late', 'that expires too late', latest, cltvExpiry) : undefined;
  }

  /** What it fails upstream can't be paid downstream any more. */
  private failed(world: WorldView, node: string, channelId: ChannelId, id: bigint): Finding | undefined {
    const states = statesOf(world, node);
    const state = states.get(channelId);
    // BOLT 4 asks for it where the chain has not decided in time.
    if (!hasCommitments(state) || world.licences.has('expired-htlc')) return undefined;
    const hash = state.shared.base.htlcs[state.params.us === 'opener' ? 'accepter' : 'opener'].find((htlc) => htlc.id === id)?.paymentHash;
    if (hash === undefined || this.pays(world, node, hash)) return undefined;
    const others = incomingOf(states, hash).filter((one) => one.state !== state || one.htlc.id !== id);
    const left = others.filter((one) => !isAnswered(one, 'fail')).length;
    const open = outgoingOf(states, hash).filter((out) => mayBePaid(world, node, out)).length;
    const wrong = (kind: Kind, why: string): Finding =>
      report(world, node, channelId, kind, `${node} fails HTLC ${id} of ${channelName(world, channelId)}, and ${why}`, 'kept', 'failed');
    if (open > left) return wrong('failed-while-it-may-be-paid', 'what it offered for it is on a commitment that is not revoked');
    return this.preimages.unclaimed(node, hash).length > left ? wrong('failed-although-paid', 'was told the preimage') : undefined;
  }

  /** A preimage that comes from downstream answers upstream in that very step. */
  private heard(world: WorldView, node: string, message: Message | undefined): Finding | undefined {
    if (message?.type !== 'update_fulfill_htlc') return undefined;
    const { channelId, id, paymentPreimage } = message;
    const states = statesOf(world, node);
    const hash = sha256Hex(world.crypto, paymentPreimage);
    const isOffered = outgoingOf(states, hash).some(({ state, htlc }) => state.channelId === channelId && htlc.id === id);
    const ins = incomingOf(states, hash);
    if (!isOffered || ins.length === 0 || this.pays(world, node, hash)) return undefined;
    this.preimages.add(node, hash, channelId, id);
    const open = ins.filter(({ state }) => state.phase === 'funded');
    const claimed = open.filter((one) => isAnswered(one, 'fulfill')).length;
    const due = Math.min(open.length, this.preimages.of(node).filter((one) => one.hash === hash).length);
    if (claimed >= due) return undefined;
    return report(world, node, channelId, 'preimage-kept-back', `${node} was told a preimage and does not claim with it`, due, claimed);
  }

  /** BOLT 2, Forwarding HTLCs: the commitment that could be claimed against is given up only when the claim can't be forgotten. */
  private revoked(world: WorldView, node: string, channelId: ChannelId): Finding | undefined {
    const states = statesOf(world, node);
    for (const one of this.preimages.of(node)) {
      if (one.outgoing !== channelId || one.revoked) continue;
      if (outgoingOf(states, one.hash).some((out) => out.state.channelId === channelId && out.htlc.id === one.id && isOnOwn(out))) continue;
      const shown = incomingOf(this.durable.of(node), one.hash).filter(({ state }) => state.phase === 'funded');
      if (shown.length > 0 && !shown.some((known) => isAnswered(known, 'fulfill'))) {
        const message = `${node} revokes a commitment whose HTLC was claimed, and a crash would forget the preimage`;
        return report(world, node, channelId, 'revoked-before-the-claim-is-durable', message, 'a durable claim', 'none');
      }
      this.preimages.revoke(one);
    }
    return undefined;
  }

  private pays(world: WorldView, node: string, hash: Hash32): boolean {
    return this.own.has(`${node} ${hash}`) || world.payments.some(({ from, paymentHash }) => from === node && paymentHash === hash);
  }

  private isStale(world: WorldView, node: string): boolean {
    if (!world.licences.has('stale-backup')) return false;
    return world.channels.some(({ opener, accepter, channelId }) => (opener === node || accepter === node) && this.stale.has(channelId));
  }
}

/** BOLT 4: what a payer did wrong somebody sees and fails, and the recipient at the latest. */
function presented(world: WorldView, node: string, channelId: ChannelId, hash: Hash32): Finding | undefined {
  const payment = world.payments.find((known) => known.paymentHash === hash && known.flaw !== undefined);
  if (payment === undefined) return undefined;
  const message = `${node} presents ${payment.name} to its host, although something is wrong with it: ${payment.flaw}`;
  return report(world, node, channelId, 'takes-what-it-must-fail', message, 'failed', 'presented');
}

/** BOLT 4, Origin node: one of the hops has made what the payer gets, and its code is one that the payer knows. */
function readable(
  world: WorldView,
  node: string,
  channelId: ChannelId,
  event: Extract<ChannelEvent, { kind: 'payment_failed' }>,
): Finding | undefined {
  const reference = paymentIdOf(event.origin);
  const payment = world.payments.find((known) => known.from === node && known.reference === reference);
  // A message that was altered on its way is nobody's any more.
  if (event.failure?.kind !== 'fail' || payment === undefined || payment.sharedSecrets.length === 0 || world.licences.has('adversary'))
    return undefined;
  const { source } = readFailure(world.crypto, payment.sharedSecrets, event.failure.reason);
  if (source?.failure?.known === true) {
    const { type } = source.failure.failure;
    if (payment.flaw !== undefined || !NEVER_OF_THE_HONEST.has(type)) return undefined;
    const told = `${payment.name} failed with ${type} at hop ${source.hop + 1}, and its payer keeps to what is asked for`;
    return report(world, node, channelId, 'refused-although-right', told, 'another failure, or none', type);
  }
  const message = `${node} can't read why ${payment.name} failed`;
  return report(
    world,
    node,
    channelId,
    'failure-of-nobody',
    message,
    'a failure of one of the hops',
    source === undefined ? 'of none' : 'an unknown code',
  );
}

type Relay = ReturnType<typeof policyOf>['relay'];

function relaysOf(world: WorldView): readonly (readonly [string, Relay])[] {
  return world.spec.nodes.flatMap(({ name, config = {} }) => {
    const { payments, relay } = policyOf(config, []);
    return payments === 'node' ? [[name, relay] as const] : [];
  });
}

/** BOLT 7, HTLC Fees. */
function feeMsat({ feeBaseMsat, feeProportionalMillionths }: Relay, amountMsat: bigint): bigint {
  return BigInt(feeBaseMsat) + (amountMsat * BigInt(feeProportionalMillionths)) / 1_000_000n;
}

function report(
  world: WorldView,
  node: string,
  channelId: ChannelId,
  kind: Kind,
  message: string,
  expected: unknown,
  actual: unknown,
): Finding {
  return finding(world, { oracle: ORACLE, rule: 'htlc', kind, node, channel: channelName(world, channelId), message, expected, actual });
}
