import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../core/wire/messages/index.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { ChannelId, Hash32 } from '../../core/crypto/bytes.ts';
import { encodeFailure } from '../../core/onion/failure-messages.ts';
import { obfuscate, returnPacket } from '../../core/onion/failure-onion.ts';
import { Simulation } from '../simulation.ts';
import type { Flaw } from '../world/flawed-route.ts';
import { FLAWS } from '../world/flawed-route.ts';
import type { World } from '../world/world.ts';
import { settle } from '../run/settle.ts';
import { nextDue } from '../world/pending-events.ts';
import { apply } from '../actions/apply.ts';
import type { DriverEffect, Finding, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { statesOf } from '../world/channel-changes.ts';
import { createForwarding } from './forwarding.ts';
import { mayBePaid, outgoingOf } from './forwarding/htlcs-of.ts';

type Send = Extract<DriverEffect, { kind: 'send' }>;
/** What the oracle is told instead of what the node in the middle did. */
type Lie = (record: StepRecord, world: World) => StepRecord;

const FORWARDER = 'n1';

interface Run {
  readonly declined?: boolean;
  readonly liar?: string;
  readonly flaw?: Flaw;
}

function messageIn(bytes: Uint8Array): Message {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) throw new Error('no message');
  return decoded.message;
}

/** One of its messages is another, or none. */
function sends(type: Message['type'], change: (message: Message) => Message | undefined): Lie {
  return (record) => ({
    ...record,
    effects: record.effects.flatMap((effect): DriverEffect[] => {
      if (effect.kind !== 'send') return [effect];
      const message = messageIn(effect.bytes);
      if (message.type !== type) return [effect];
      const other = change(message);
      return other === undefined ? [] : [{ ...effect, bytes: encodeMessage(other) }];
    }),
  });
}

/** With the message that it sends of this type goes another. */
function alsoSends(type: Message['type'], made: (message: Message, world: World) => Message | undefined): Lie {
  return (record, world) => {
    const effect = record.effects.find((one): one is Send => one.kind === 'send' && messageIn(one.bytes).type === type);
    const also = effect && made(messageIn(effect.bytes), world);
    return also === undefined ? record : { ...record, effects: [...record.effects, { ...(effect as Send), bytes: encodeMessage(also) }] };
  };
}

/** A payment across one forwarder, far from its payer, of whom the oracle hears lies. */
function foundBy(lie: Lie, { declined = false, liar = FORWARDER, flaw }: Run = {}): Finding | undefined {
  const inner = createForwarding();
  const oracle: Oracle = {
    ...inner,
    name: inner.name,
    kinds: inner.kinds,
    step: (world, record) => inner.step?.(world, record.node === liar ? lie(record, world as World) : record),
    settled: (world) => inner.settled?.(world),
    fork: () => oracle,
  };
  const net = new Simulation({ oracles: [() => oracle] });
  for (const node of ['n0', FORWARDER, 'n2']) net.node(node, { config: { payments: 'node' } });
  net.connect('n0', FORWARDER, { kind: 'fixed', ms: 1_000 });
  net.connect(FORWARDER, 'n2');
  for (const [a, b] of [
    ['n0', FORWARDER],
    [FORWARDER, 'n2'],
  ] as const)
    net.open(a, b, { fundingSat: 1_000_000n, pushMsat: 500_000_000n });
  const { world } = net;
  apply(world, { do: 'send', as: 'p', from: 'n0', to: 'n2', amountMsat: '10000000', byHand: true, ...(flaw && { flaw }) });
  const run = (): void => {
    for (let next = nextDue(world); next !== undefined && world.finding === undefined; next = nextDue(world)) apply(world, next.action);
  };
  run();
  if (world.finding === undefined) apply(world, { do: declined ? 'fail' : 'fulfill', node: 'n2', payment: 'p' });
  run();
  if (world.finding === undefined) settle(world);
  return world.finding;
}

function kindOf(lie: Lie, options?: Run): string | undefined {
  const found = foundBy(lie, options);
  return found && `${found.oracle}/${found.rule}/${found.kind}`;
}

function add(change: (message: Extract<Message, { type: 'update_add_htlc' }>) => Partial<Message>): Lie {
  return sends(
    'update_add_htlc',
    (message) => ({ ...message, ...change(message as Extract<Message, { type: 'update_add_htlc' }>) }) as Message,
  );
}

function incoming(world: WorldView): { readonly channelId: ChannelId; readonly id: bigint } {
  return { channelId: world.channels[0]?.channelId as ChannelId, id: 0n };
}

const REASON = '00'.repeat(292);

describe('who forwards', () => {
  it('is believed where it does as it should', () => {
    expect(kindOf((record) => record)).toBeUndefined();
    expect(kindOf((record) => record, { declined: true })).toBeUndefined();
  });

  it.each([
    ['pays-more-than-it-is-owed', add(({ amountMsat }) => ({ amountMsat: amountMsat + 1n }))],
    ['expires-too-late', add(({ cltvExpiry }) => ({ cltvExpiry: cltvExpiry + 1 }))],
    ['offered-for-nothing', add(() => ({ paymentHash: '11'.repeat(32) }) as Partial<Message>)],
    ['offered-twice', alsoSends('update_add_htlc', (message) => ({ ...message, id: 1n }) as Message)],
  ])('and what it offers: %s', (kind, lie) => {
    expect(kindOf(lie)).toBe(`forwarding/htlc/${kind}`);
  });

  it('fails nothing that may still be paid, or was', () => {
    const early = alsoSends('update_add_htlc', (_, world) => ({ type: 'update_fail_htlc', ...incoming(world), reason: REASON }) as Message);
    expect(kindOf(early)).toBe('forwarding/htlc/failed-while-it-may-be-paid');
    // It is told that it did not claim, and that it fails when downstream has given up its commitment.
    const silent = sends('update_fulfill_htlc', () => undefined);
    const late: Lie = (record, world) => {
      const { input } = record;
      const isOver = input.kind === 'received' && messageIn(input.bytes).type === 'revoke_and_ack' && input.peer === world.nodeId('n2');
      const said = silent(record, world);
      if (!isOver || world.ledger.get('p')?.decision === undefined) return said;
      const { channelId, id } = incoming(world);
      const bytes = encodeMessage({ type: 'update_fail_htlc', channelId, id, reason: REASON } as Message);
      return { ...said, effects: [...said.effects, { kind: 'send', peer: world.nodeId('n0'), channelId, bytes }] };
    };
    expect(kindOf(late)).toBe('forwarding/htlc/failed-although-paid');
  });

  it('has in a failed channel what may be paid, whatever it says, until the chain has spent the funding', () => {
    const net = new Simulation({ oracles: [createForwarding] });
    for (const node of ['n0', FORWARDER]) net.node(node, { config: { payments: 'node' } });
    net.connect('n0', FORWARDER);
    net.open('n0', FORWARDER, { fundingSat: 1_000_000n });
    const { world } = net;
    const runUntil = (isEnough: () => boolean): void => {
      for (let next = nextDue(world); next !== undefined && !isEnough(); next = nextDue(world)) apply(world, next.action);
    };
    apply(world, { do: 'send', as: 'p', from: 'n0', to: FORWARDER, amountMsat: '10000000', byHand: true });
    runUntil(() => world.ledger.get('p')?.received === true);
    apply(world, { do: 'force_close', node: 'n0', channel: world.channels[0]?.name as string });
    runUntil(() => world.chain.mempool.length > 0);
    const forgetful = (): boolean => {
      const [out] = outgoingOf(statesOf(world, 'n0'), world.ledger.get('p')?.paymentHash as Hash32);
      if (out === undefined) throw new Error('no HTLC');
      return mayBePaid(world, 'n0', { ...out, state: { ...out.state, host: { ...out.state.host, offered: [] } } });
    };
    expect(forgetful()).toBe(true);
    apply(world, { do: 'mine', blocks: 1 });
    runUntil(() => world.height('n0') === world.chain.height);
    expect(forgetful()).toBe(false);
  });

  it('claims with what it was told, at once, and before it can forget it', () => {
    expect(kindOf(sends('update_fulfill_htlc', () => undefined))).toBe('forwarding/htlc/never-claimed');
    let told: StepRecord['input'] | undefined;
    const backwards: Lie = (record) => {
      if (record.input.kind === 'received' && messageIn(record.input.bytes).type === 'update_fulfill_htlc') told ??= record.input;
      return record;
    };
    foundBy(backwards);
    const early: Lie = (record) => {
      const isOffer = record.effects.some((effect) => effect.kind === 'send' && messageIn(effect.bytes).type === 'update_add_htlc');
      return told !== undefined && isOffer ? { ...record, input: told } : record;
    };
    expect(kindOf(early)).toBe('forwarding/htlc/preimage-kept-back');
    let claimed = false;
    const torn: Lie = (record) => {
      claimed ||= record.input.kind === 'received' && messageIn(record.input.bytes).type === 'update_fulfill_htlc';
      return claimed && record.input.kind === 'stored' ? { ...record, input: { kind: 'time', nowMs: 0 } } : record;
    };
    expect(kindOf(torn)).toBe('forwarding/htlc/revoked-before-the-claim-is-durable');
  });

  it('tells nothing by how long its failure is', () => {
    const longer = sends('update_fail_htlc', (message) => ({ ...message, reason: `${REASON}00` }) as Message);
    expect(kindOf(longer, { declined: true })).toBe('forwarding/htlc/length-of-failure');
  });

  it('refuses whatever a dishonest payer does, as does who is paid', () => {
    for (const flaw of FLAWS)
      expect(
        kindOf((record) => record, { flaw }),
        flaw,
      ).toBeUndefined();
    const takes: Lie = (record) => ({
      ...record,
      effects: record.effects.map((effect) => {
        if (effect.kind !== 'notify' || effect.event.kind !== 'htlc_failed') return effect;
        return { ...effect, event: { kind: 'htlc_received', add: effect.event.add } };
      }),
    });
    expect(kindOf(takes, { liar: 'n2', flaw: 'last-amount' })).toBe('forwarding/htlc/takes-what-it-must-fail');
  });

  it('leaves a failure that its payer can read, and that is none of an honest one', () => {
    const failsWith = (reasonOf: (world: World) => string): Lie => {
      return (record, world) => ({
        ...record,
        effects: record.effects.map((effect) => {
          if (effect.kind !== 'notify' || effect.event.kind !== 'event' || effect.event.event.kind !== 'payment_failed') return effect;
          const failure = { kind: 'fail', id: 0n, reason: reasonOf(world) };
          const { event } = effect.event;
          return { ...effect, event: { ...effect.event, event: { ...event, failure } } } as DriverEffect;
        }),
      });
    };
    const payer = { liar: 'n0', declined: true };
    expect(
      kindOf(
        failsWith(() => REASON),
        payer,
      ),
    ).toBe('forwarding/htlc/failure-of-nobody');
    const reason = ({ crypto, ledger }: World): string => {
      const secret = ledger.get('p')?.sharedSecrets[0] as Hash32;
      const message = encodeFailure({ type: 'fee_insufficient', htlcMsat: 1n, channelUpdate: '' });
      return toHex(obfuscate(crypto, secret, returnPacket(crypto, secret, message)));
    };
    expect(kindOf(failsWith(reason), payer)).toBe('forwarding/htlc/refused-although-right');
    expect(kindOf(failsWith(reason), { ...payer, flaw: 'last-amount' })).toBeUndefined();
  });
});
