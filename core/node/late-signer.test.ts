import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { ownPayment, paymentIdOf } from '../channel/model/origin.ts';
import type { FundedState } from '../channel/model/state.ts';
import type { ChannelId, Script } from '../crypto/bytes.ts';
import { other } from '../transactions/types.ts';
import { isRemoval } from '../channel/model/contents.ts';
import { Pair, preimageOf, TestNode } from './pair.fixture.ts';

const ONION = new Uint8Array(1366);
const AMOUNT_MSAT = 20_000_000n;
const PAYMENTS = [1, 2, 3, 4, 5];
const P2WPKH = `0014${'a1'.repeat(20)}` as Script;

type Interruption = 'reconnection' | 'restart of a' | 'restart of b';

/** Two nodes whose signers answer one input later than they are asked, and what becomes of a channel of theirs. */
class LatePair extends Pair {
  readonly channelId: ChannelId;

  constructor(late: boolean) {
    const crypto = createFakeCrypto();
    super({ nodes: [new TestNode(crypto, 0x0a, {}, { late }), new TestNode(crypto, 0x0b, {}, { late })] });
    this.connect();
    this.channelId = this.open();
  }

  pay(from: TestNode, n: number): void {
    const { channelId } = this;
    const { paymentHash } = preimageOf(n);
    from.command({
      kind: 'add',
      channelId,
      origin: ownPayment(`0${n}`),
      amountMsat: AMOUNT_MSAT,
      paymentHash,
      cltvExpiry: 300,
      onion: ONION,
    });
  }

  /** Every incoming HTLC that both are bound to and nobody has answered: the odd ones are claimed. */
  #resolve(node: TestNode): void {
    const { channelId } = this;
    const { shared, params } = node.channel(channelId);
    for (const { id, paymentHash } of shared.base.htlcs[other(params.us)]) {
      if (shared.logs[params.us].some((update) => isRemoval(update) && update.id === id)) continue;
      const n = PAYMENTS.find((candidate) => preimageOf(candidate).paymentHash === paymentHash) as number;
      const { preimage } = preimageOf(n);
      node.command(n % 2 === 1 ? { kind: 'fulfill', channelId, id, preimage } : { kind: 'fail', channelId, id, reason: 'beef' });
    }
  }

  /** Whatever waits for one of the two: a message, and then the answer that was due before it. False when nothing is left. */
  #move(node: TestNode): boolean {
    const waited = node.duties.length > 0;
    const delivered = this.deliver(node === this.a ? this.b : this.a) !== undefined;
    if (waited && node.duties.length > 0) node.answer();
    this.#resolve(node);
    return delivered || waited;
  }

  #interrupt(how: Interruption): void {
    this.disconnect();
    if (how === 'restart of a') this.a.restart();
    if (how === 'restart of b') this.b.restart();
    this.a.input({ kind: 'connected', peer: this.b.id });
    this.b.input({ kind: 'connected', peer: this.a.id });
  }

  /** Payments, fees and a mutual close, one after the other; `at`: when it is interrupted. Returns how long it took. */
  run(how?: Interruption, at?: number): number {
    const { a, b, channelId } = this;
    const script: (() => void)[] = [
      () => [1, 2].forEach((n) => this.pay(a, n)),
      () => this.pay(b, 3),
      () => a.command({ kind: 'fee', channelId, feeratePerKw: 2600 }),
      () => this.pay(a, 5),
      () => this.pay(b, 4),
    ];
    let time = 0;
    const until = (end: () => boolean): void => {
      for (let moved = true; moved || !end(); time++) {
        if (time > 300) throw new Error('it does not come to an end');
        if (time === at && how !== undefined) this.#interrupt(how);
        // Before both have said channel_reestablish, commands would be refused.
        if ([a, b].every((node) => stateOf(this, node).lifecycle.connection === 'connected')) script.shift()?.();
        moved = [a, b].map((node) => this.#move(node)).includes(true) || script.length > 0;
      }
    };
    until(() => true);
    a.command({ kind: 'shutdown', channelId, script: P2WPKH });
    until(() => true);
    return time;
  }
}

function stateOf(pair: LatePair, node: TestNode): FundedState {
  const state = pair.a === node || pair.b === node ? node.channel(pair.channelId) : undefined;
  if (state?.phase !== 'funded') throw new Error(`the channel is ${state?.phase ?? 'gone'}`);
  return state;
}

function events(node: TestNode): readonly string[] {
  const told = node.notifications().flatMap((event) => (event.kind === 'event' ? [event.event] : []));
  return [...new Set(told.map((event) => ('origin' in event ? `${event.kind} ${paymentIdOf(event.origin) ?? ''}` : event.kind)))].sort();
}

const prompt = new LatePair(false);
prompt.run();
const undisturbed = new LatePair(true).run();

describe('nodes whose signers answer one input later', () => {
  it('come to the same as those that answer at once', () => {
    const late = new LatePair(true);
    late.run();
    for (const side of ['a', 'b'] as const) {
      const [expected, actual] = [stateOf(prompt, prompt[side]), stateOf(late, late[side])];
      expect(actual.shared.base).toEqual(expected.shared.base);
      expect(actual.closing.tx).toEqual(expected.closing.tx);
      expect(events(late[side])).toEqual(events(prompt[side]));
    }
  });

  describe.each(['reconnection', 'restart of a', 'restart of b'] as const)('over a %s', (how) => {
    it.each(Array.from({ length: undisturbed }, (_, at) => at))('after %i inputs of each', (at) => {
      const late = new LatePair(true);
      late.run(how, at);
      const [a, b] = [stateOf(late, late.a), stateOf(late, late.b)];
      expect(a.shared).toEqual(b.shared);
      expect(a.shared.logs).toEqual({ opener: [], accepter: [] });
      expect(a.closing.tx).toBeDefined();
      expect(a.closing.tx).toEqual(b.closing.tx);
      expect([...late.a.duties, ...late.b.duties]).toEqual([]);
      // A restart may take a payment that was not durable: it has failed, and has no event.
      const all = [...events(prompt.a), ...events(prompt.b)];
      if (how === 'reconnection') expect([...events(late.a), ...events(late.b)]).toEqual(all);
    });
  });
});

describe('a node whose signer answers later', () => {
  it('asks for nothing before what stands before it is durable, and a crash takes the question with it', () => {
    const late = new LatePair(true);
    const { a, b } = late;
    late.pay(a, 1);
    a.answer();
    b.holdStores = true;
    late.exchange();
    expect(b.duties).toEqual([]);
    const taken = b.heldStores.length;
    b.restart();
    b.holdStores = false;
    expect(taken).toBeGreaterThan(0);
    expect(b.duties).toEqual([]);
    expect(stateOf(late, b).shared.commitments.accepter).toMatchObject({ current: { number: 0n } });
  });

  it('asks for its commitment when the failed state is durable, again after a restart, and for no secret any more', () => {
    const late = new LatePair(true);
    const { a, b, channelId } = late;
    late.pay(a, 1);
    a.answer();
    b.holdStores = true;
    late.exchange();
    b.command({ kind: 'force_close', channelId });
    expect(b.duties).toEqual([]);
    b.finish(b.heldStores.length);
    const question = { duty: { kind: 'sign_own', number: 0n } };
    expect(b.duties).toMatchObject([question]);
    b.restart();
    b.holdStores = false;
    expect(b.duties).toMatchObject([question]);
    expect(b.answer().map(({ kind }) => kind)).toEqual(['store']);
    expect(b.log.at(-1)).toMatchObject({ kind: 'broadcast', purpose: 'commitment' });
    expect(b.restart()).toContainEqual(expect.objectContaining({ kind: 'broadcast', purpose: 'commitment' }));
    expect(b.duties).toEqual([]);
  });
});
