import { statusOf } from '../model/ending.ts';
import { describe, expect, it } from 'vitest';
import { txid } from '../../bitcoin/tx.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { Script, Signature } from '../../crypto/bytes.ts';
import { buildClosing } from '../../transactions/closing.ts';
import type { BuiltClosing } from '../../transactions/closing.ts';
import type { Side } from '../../transactions/types.ts';
import { other } from '../../transactions/types.ts';
import type { ClosingSigned } from '../../wire/messages/index.ts';
import { isSettled } from './closing-signed.ts';
import { contents } from '../model/contents.ts';
import { complaint, Duo, kinds, P2WPKH_A, P2WPKH_B, sent } from '../duo.fixture.ts';
import type { ChannelOutput, OpenCommand } from '../model/channel-vocabulary.ts';
import type { FundedState } from '../model/state.ts';
import { onlyFunding } from '../model/fundings.ts';
import { ownPayment } from '../model/origin.ts';

const P2PKH = ('76a914' + 'cc'.repeat(20) + '88ac') as Script;

type Options = ConstructorParameters<typeof Duo>[0];

/** Both shutdowns have passed; the opener's first closing_signed has not been delivered. */
function closingDuo(options: Options = {}, scripts: { readonly opener?: Script; readonly accepter?: Script } = {}): Duo {
  const duo = new Duo(options).open();
  const { channelId } = duo;
  for (const side of ['opener', 'accepter'] as const) {
    const script = scripts[side] ?? (side === 'opener' ? P2WPKH_A : P2WPKH_B);
    duo.command(side, { kind: 'shutdown', channelId, script });
  }
  duo.deliver('opener');
  duo.deliver('accepter');
  return duo;
}

/** A closing transaction as `signer` could make it, and its closing_signed. */
function offer(
  duo: Duo,
  signer: Side,
  feeSat: bigint,
  feeRange?: ClosingSigned['feeRange'],
  omit?: Side,
): { readonly message: ClosingSigned; readonly built: BuiltClosing } {
  const { env } = duo.ends[signer];
  const state = duo.funded(signer);
  const { params, shared } = state;
  const { dustLimitSat } = params.parties[signer];
  const scripts = { [signer]: state.closing.sent, [other(signer)]: state.closing.received } as Record<Side, Script>;
  const { balanceMsat } = contents(shared, shared.commitments.opener.current.cut);
  const terms = { scripts, balanceMsat, feeSat, dustLimitSat };
  const built = buildClosing(env.cache.scripts(params, onlyFunding(state).output), omit === undefined ? terms : { ...terms, omit });
  if (!built.ok) throw new Error(built.reason);
  const signature = env.signer.signClosing(params.keysId, built.closing) as Signature;
  const message = { type: 'closing_signed', channelId: duo.channelId, feeSat, signature } as const;
  return { message: feeRange === undefined ? message : { ...message, feeRange }, built: built.closing };
}

function broadcasts(effects: readonly ChannelOutput[]): readonly Tx[] {
  return effects.flatMap((effect) => (effect.kind === 'broadcast' && effect.purpose === 'closing' ? [effect.tx] : []));
}

function push(pushMsat: bigint, more: Partial<OpenCommand> = {}): Options {
  return { command: { pushMsat, ...more } };
}

describe('isSettled', () => {
  it('once no HTLC, no revocation and no update is left', () => {
    const duo = new Duo().open();
    const settled = (): readonly boolean[] => (['opener', 'accepter'] as const).map((side) => isSettled(duo.funded(side).shared));
    expect(settled()).toEqual([true, true]);
    duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw: 3000 });
    expect(settled()).toEqual([false, true]);
    duo.deliver('opener');
    expect(settled()).toEqual([false, false]);
    duo.deliver('opener');
    expect(settled()).toEqual([false, false]);
    duo.exchange();
    expect(settled()).toEqual([true, true]);
  });

  it('not while an HTLC is in flight, even if both have committed to it', () => {
    const duo = new Duo().open();
    const onion = new Uint8Array(1366);
    const paymentHash = '44'.repeat(32) as never;
    duo.command('opener', {
      kind: 'add',
      channelId: duo.channelId,
      origin: ownPayment(''),
      amountMsat: 5_000_000n,
      paymentHash,
      cltvExpiry: 300,
      onion,
    });
    duo.exchange();
    expect(isSettled(duo.funded('opener').shared)).toBe(false);
    // Both shutdowns pass, and nobody negotiates: neither by itself, nor with who does.
    const { channelId } = duo;
    duo.command('opener', { kind: 'shutdown', channelId, script: P2WPKH_A });
    expect(duo.exchange()).toEqual(['opener shutdown', 'accepter shutdown']);
    for (const side of ['opener', 'accepter'] as const) {
      const { message } = offer(duo, other(side), 1690n);
      expect(complaint(duo.message(side, message))).toBe('warning closing_signed.before_shutdown: before shutdown is complete');
      expect(duo.funded(side).closing).toMatchObject({ tx: undefined, negotiation: { offered: undefined } });
    }
    duo.command('accepter', { kind: 'fail', channelId, id: 0n, reason: '00' });
    expect(duo.exchange()).toContain('opener closing_signed');
  });
});

describe('the closing negotiation', () => {
  it('begins with the opener, who estimates, and ends with two messages', () => {
    const duo = closingDuo();
    const first = sent(duo.ends.opener.log, 'closing_signed');
    // 676 weight at 2500 sat per 1000
    expect(first).toMatchObject({ feeSat: 1690n, feeRange: { minFeeSat: 845n, maxFeeSat: 5070n } });
    expect(kinds(duo.ends.accepter.log)).not.toContain('closing_signed');
    const answer = duo.message('accepter', first);
    expect(kinds(answer)).toEqual(['store', 'broadcast', 'watch_tx', 'closing_signed']);
    expect(sent(answer, 'closing_signed')).toMatchObject({ feeSat: 1690n, feeRange: { minFeeSat: 171n, maxFeeSat: 700_000n } });
    const end = duo.message('opener', sent(answer, 'closing_signed'));
    expect(kinds(end)).toEqual(['store', 'broadcast', 'watch_tx']);
    expect(broadcasts(end)).toEqual(broadcasts(answer));
    expect(end[1]).toMatchObject({ after: [{ sink: { kind: 'state' }, version: duo.funded('opener').durability.version }, {}] });
    const [tx] = broadcasts(end) as [Tx];
    expect(tx.outputs).toEqual([
      { amountSat: 300_000n, script: P2WPKH_B },
      { amountSat: 698_310n, script: P2WPKH_A },
    ]);
    expect(duo.funded('opener').closing.tx).toEqual(tx);
    expect(end.find((effect) => effect.kind === 'watch_tx')).toMatchObject({ txid: txid(duo.ends.opener.env.crypto, tx) });
  });

  it('signs with both funding keys, in the order of the keys', () => {
    const duo = closingDuo();
    duo.exchange();
    const { env } = duo.ends.opener;
    const state = duo.funded('opener');
    const { witnessScript } = env.cache.scripts(state.params, onlyFunding(state).output).funding;
    const [empty, , , script] = state.closing.tx?.inputs[0]?.witness ?? [];
    expect([empty, script]).toEqual(['', witnessScript]);
    expect(state.closing.tx?.inputs[0]).toMatchObject({ sequence: 0xffffffff, txid: state.fundings[0]?.output.txid });
  });

  it('takes three messages where the accepter wants more than the opener offered', () => {
    const duo = closingDuo({
      accepter: { minFeeratePerKw: 3000 },
      opener: { feerateTolerancePercent: { min: 1, max: 10000 } },
      command: { feeratePerKw: 3000 },
    });
    expect(duo.exchange()).toEqual(['opener closing_signed', 'accepter closing_signed', 'opener closing_signed']);
    expect(sent(duo.ends.accepter.log, 'closing_signed').feeSat).toBe(2028n);
    expect(duo.funded('opener').closing.tx).toEqual(duo.funded('accepter').closing.tx);
    expect(duo.funded('opener').closing.tx?.outputs[1]?.amountSat).toBe(700_000n - 2028n);
  });

  it('warns where the ranges do not overlap, and takes a satisfying one after it', () => {
    const duo = closingDuo();
    const before = duo.ends.opener.state;
    const { message } = offer(duo, 'accepter', 6000n, { minFeeSat: 5071n, maxFeeSat: 9000n });
    expect(complaint(duo.message('opener', message))).toMatch(
      /^warning closing_signed\.fee_range: \[5071, 9000\] does not overlap \[845, 5070\]/,
    );
    expect(duo.ends.opener.state).toBe(before);
    const satisfying = offer(duo, 'accepter', 5070n, { minFeeSat: 5000n, maxFeeSat: 9000n }).message;
    expect(kinds(duo.message('opener', satisfying))).toEqual(['store', 'broadcast', 'watch_tx', 'closing_signed']);
  });

  it('accepts an answer within its range, replies with the same fee and is done', () => {
    const duo = closingDuo();
    const { message } = offer(duo, 'accepter', 2000n, { minFeeSat: 0n, maxFeeSat: 9000n });
    const effects = duo.message('opener', message);
    expect(kinds(effects)).toEqual(['store', 'broadcast', 'watch_tx', 'closing_signed']);
    expect(sent(effects, 'closing_signed')).toMatchObject({ feeSat: 2000n, feeRange: { minFeeSat: 845n, maxFeeSat: 5070n } });
  });

  it('works with an opener that has no fee_range', () => {
    const duo = closingDuo();
    const { message } = offer(duo, 'opener', 100n);
    const first = sent(duo.message('accepter', message), 'closing_signed');
    expect(first.feeSat).toBe(1690n);
    expect(duo.funded('accepter').closing.negotiation?.peerOffered).toEqual({ feeSat: 100n });
    // The least that the accepter allows.
    const effects = duo.message('accepter', offer(duo, 'opener', 171n).message);
    expect(kinds(effects)).toEqual(['store', 'broadcast', 'watch_tx', 'closing_signed']);
    const outside = closingDuo();
    outside.message('accepter', message);
    expect(complaint(outside.message('accepter', offer(outside, 'opener', 99n).message))).toMatch(
      /^warning closing_signed\.fee_not_between: 99 sat is not strictly between/,
    );
  });

  it('is not begun again by a shutdown that comes twice', () => {
    const duo = closingDuo();
    const shutdown = sent(duo.ends.accepter.log, 'shutdown');
    expect(duo.message('opener', shutdown)).toEqual([]);
  });

  it('keeps to the range that was sent, whatever the feerate has become', () => {
    const duo = closingDuo();
    duo.ends.opener.env = { ...duo.ends.opener.env, feeratePerKw: 10_000 };
    const { message } = offer(duo, 'accepter', 2000n, { minFeeSat: 0n, maxFeeSat: 9000n });
    const answer = sent(duo.message('opener', message), 'closing_signed');
    expect(answer.feeRange).toEqual({ minFeeSat: 845n, maxFeeSat: 5070n });
  });

  it('is done once: the same fee again changes nothing', () => {
    const duo = closingDuo();
    const first = sent(duo.ends.opener.log, 'closing_signed');
    duo.exchange();
    const { version } = duo.funded('accepter').durability;
    expect(duo.message('accepter', first)).toEqual([]);
    expect(duo.funded('accepter').durability.version).toBe(version);
  });
});

describe('closing_signed that breaks a rule', () => {
  it('before shutdown is complete', () => {
    const duo = new Duo().open();
    const signature = '01'.repeat(64) as Signature;
    const effects = duo.message('accepter', { type: 'closing_signed', channelId: duo.channelId, feeSat: 1000n, signature });
    expect(complaint(effects)).toBe('warning closing_signed.before_shutdown: before shutdown is complete');
    expect(duo.ends.accepter.state.phase).toBe('funded');
  });

  it('before the funder has sent the first', () => {
    const duo = closingDuo();
    const funded = duo.funded('opener');
    const state = { ...funded, closing: { ...funded.closing, negotiation: undefined } };
    const { message } = offer(duo, 'accepter', 1690n);
    duo.ends.opener.state = state;
    expect(complaint(duo.message('opener', message))).toBe('warning closing_signed.funder_first: the funder sends the first');
  });

  it.each([
    ['with a bad signature', (message: ClosingSigned) => ({ ...message, signature: '01'.repeat(64) as Signature })],
    ['signed for another fee', (message: ClosingSigned) => ({ ...message, feeSat: message.feeSat + 1n })],
  ])('%s: the connection ends', (_what, change) => {
    const duo = closingDuo();
    const message = change(sent(duo.ends.opener.log, 'closing_signed'));
    // BOLT 1, error: with the raw transaction.
    const told = complaint(duo.message('accepter', message)) ?? '';
    expect(told).toMatch(
      /^warning closing_signed\.signature: not valid for a closing transaction with a fee of \d+ sat: 02000000[0-9a-f]+$/,
    );
    expect(told).toContain(P2WPKH_A);
    expect(kinds(duo.ends.accepter.log).at(-1)).toBe('disconnect');
    expect(duo.funded('accepter').closing.tx).toBeUndefined();
  });

  it('with a fee beyond what the opener has', () => {
    const duo = closingDuo();
    const { message } = offer(duo, 'accepter', 1690n);
    expect(complaint(duo.message('opener', { ...message, feeSat: 700_001n }))).toMatch(
      /^warning closing_signed\.fee_beyond_balance: 700001 sat: the opener cannot pay/,
    );
  });

  it("that leaves out the receiver's output", () => {
    const duo = closingDuo();
    const { message } = offer(duo, 'opener', 1690n, undefined, 'accepter');
    expect(complaint(duo.message('accepter', message))).toMatch(/^warning closing_signed\.signature/);
  });

  it('for an output that would not be relayed', () => {
    // The opener keeps 500 sat: above the dust limit of 354, below the 546 of P2PKH.
    const options = push(994_000_000n, { feeratePerKw: 700 });
    const duo = closingDuo(options);
    const closingTo = (state: FundedState, scripts: Partial<FundedState['closing']>): FundedState => ({
      ...state,
      closing: { ...state.closing, ...scripts },
    });
    duo.ends.accepter.state = closingTo(duo.funded('accepter'), { received: P2PKH });
    duo.ends.opener.state = closingTo(duo.funded('opener'), { sent: P2PKH });
    // What is left: 546 and 545 sat.
    const relayed = offer(duo, 'opener', 5454n);
    const dust = offer(duo, 'opener', 5455n);
    expect(complaint(duo.message('accepter', dust.message))).toMatch(/^error closing_signed\.dust_output: the closing output of 545 sat/);
    const second = closingDuo(options);
    second.ends.accepter.state = closingTo(second.funded('accepter'), { received: P2PKH });
    expect(complaint(second.message('accepter', relayed.message))).toBeUndefined();
  });
});

describe('outputs that are left out', () => {
  it("the sender's own, as it may", () => {
    const duo = closingDuo();
    const { message, built } = offer(duo, 'opener', 1690n, undefined, 'opener');
    const [tx] = broadcasts(duo.message('accepter', message)) as [Tx];
    expect(txid(duo.ends.accepter.env.crypto, tx)).toBe(built.txid);
    expect(tx.outputs).toEqual([{ amountSat: 300_000n, script: P2WPKH_B }]);
  });

  it("those below the sender's dust limit, and the receiver signs the same transaction", () => {
    // The accepter has 600 sat: dust to the opener, not to itself.
    const duo = closingDuo({ opener: { dustLimitSat: 1000n }, ...push(600_000n) });
    duo.exchange();
    expect(duo.funded('accepter').closing.tx?.outputs).toHaveLength(1);
    expect(duo.funded('accepter').closing.tx).toEqual(duo.funded('opener').closing.tx);
  });

  it('leave each side with a transaction of its own where the dust limits differ', () => {
    // The opener keeps 500 sat: dust to the accepter only, which therefore signs without them (BOLT 3).
    const duo = closingDuo({ accepter: { dustLimitSat: 1000n }, ...push(997_810_000n, { feeratePerKw: 700 }) });
    duo.exchange();
    expect(duo.funded('opener').closing.tx?.outputs).toEqual([{ amountSat: 997_810n, script: P2WPKH_B }]);
    expect(duo.funded('accepter').closing.tx?.outputs).toContainEqual({ amountSat: 500n, script: P2WPKH_A });
  });

  it('never all of them: the opener keeps its output when the other is dust', () => {
    const duo = closingDuo(push(0n, { fundingSat: 20_000n }));
    duo.exchange();
    expect(duo.funded('accepter').closing.tx?.outputs).toEqual([{ amountSat: 20_000n - 1690n, script: P2WPKH_A }]);
    const spike = new Duo(push(0n, { fundingSat: 20_000n })).open();
    for (const side of ['opener', 'accepter'] as const) spike.ends[side].env = { ...spike.ends[side].env, feeratePerKw: 50_000 };
    spike.command('opener', { kind: 'shutdown', channelId: spike.channelId, script: P2WPKH_A });
    spike.exchange();
    expect(spike.funded('accepter').closing.tx?.outputs).toEqual([{ amountSat: 354n, script: P2WPKH_A }]);
  });
});

describe('a mutual close in a block', () => {
  it('ends the channel: event and store', () => {
    const duo = closingDuo();
    duo.exchange();
    const tx = duo.funded('opener').closing.tx as Tx;
    const closingTxid = txid(duo.ends.opener.env.crypto, tx);
    const before = duo.funded('opener');
    duo.block([tx]);
    const { state, log } = duo.ends.opener;
    expect(statusOf(state)).toBe('closed');
    expect(state).toMatchObject({ durability: { version: before.durability.version + 1 }, host: { toldClose: closingTxid } });
    expect(kinds(log.slice(-2))).toEqual(['store', 'notify']);
    expect(log.at(-1)).toMatchObject({
      event: { event: { kind: 'channel_closed', closingTxid } },
      after: [{ version: before.durability.version + 1 }, {}],
    });
    expect(statusOf(duo.ends.accepter.state)).toBe('closed');
  });

  it('is recognised whichever fee was signed, even if its negotiation was lost', () => {
    const duo = closingDuo();
    const { built } = offer(duo, 'opener', 999n);
    const state: FundedState = duo.funded('accepter');
    expect(state.closing.tx).toBeUndefined();
    duo.see('accepter', 110, [built.tx]);
    expect(statusOf(duo.ends.accepter.state)).toBe('closed');
    expect(duo.funded('accepter').host.toldClose).toBe(built.txid);
  });

  it('is no commitment, no spend of another output, and nothing that pays elsewhere', () => {
    const duo = closingDuo();
    const { tx } = offer(duo, 'opener', 999n).built;
    const [input] = tx.inputs as [Tx['inputs'][number]];
    const others: readonly Tx[] = [
      { ...tx, inputs: [{ ...input, sequence: 0x80000001 }] },
      { ...tx, inputs: [{ ...input, vout: 1 }] },
      { ...tx, inputs: [{ ...input, txid: '12'.repeat(32) as never }] },
      { ...tx, outputs: [{ amountSat: 5n, script: P2PKH }, ...tx.outputs] },
    ];
    for (const other of others) {
      const each = closingDuo();
      each.block([other]);
      // A spend of the funding that both did not agree on ends the channel, but not as a mutual close.
      const spent = other.inputs[0]?.txid === input.txid && other.inputs[0].vout === input.vout;
      expect(each.ends.accepter.state.phase).toBe(spent ? 'failed' : 'funded');
    }
  });
});

describe('after a lost connection', () => {
  it('the negotiation starts again, once both shutdowns have been sent again', () => {
    const duo = closingDuo();
    duo.ends.opener.env = { ...duo.ends.opener.env, feeratePerKw: 3000 };
    duo.reconnect();
    expect(duo.funded('opener').closing.negotiation).toBeUndefined();
    const types = duo.exchange();
    expect(types.indexOf('opener closing_signed')).toBeGreaterThan(types.indexOf('accepter shutdown'));
    expect(duo.funded('accepter').closing.tx?.outputs[1]?.amountSat).toBe(700_000n - 2028n);
  });

  it('goes on although one side is done already', () => {
    const duo = closingDuo();
    duo.deliver('opener');
    expect([duo.funded('opener').closing.tx === undefined, duo.funded('accepter').closing.tx === undefined]).toEqual([true, false]);
    duo.ends.opener.env = { ...duo.ends.opener.env, feeratePerKw: 5000 };
    duo.reconnect();
    duo.exchange();
    expect(duo.funded('opener').closing.tx).toEqual(duo.funded('accepter').closing.tx);
    expect(duo.funded('opener').closing.tx?.outputs[1]?.amountSat).toBe(700_000n - 3380n);
  });
});
