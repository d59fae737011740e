import { describe, expect, it } from 'vitest';
import { p2wpkh } from '../../bitcoin/script.ts';
import type { Script } from '../../crypto/bytes.ts';
import { sha256Hex } from '../../crypto/hashes.ts';
import type { Hex, Preimage } from '../../crypto/bytes.ts';
import { makeFeatures } from '../../wire/features.ts';
import type { Side } from '../../transactions/types.ts';
import { bytes32, brokenRule, complaint, Duo, kinds, P2WPKH_A, P2WPKH_B, sent } from '../duo.fixture.ts';
import type { ChannelCommand, ChannelOutput } from '../model/channel-vocabulary.ts';
import { ownPayment } from '../model/origin.ts';
import { storable } from '../model/stored-form.fixture.ts';
import { DEFAULT_CONFIG } from '../../node/config.ts';

const P2TR = ('5120' + 'dd'.repeat(32)) as Script;
const P2SH = ('a914' + 'cc'.repeat(20) + '87') as Script;
const OP_RETURN = ('6a06' + 'ee'.repeat(6)) as Script;
const preimage = bytes32<Preimage>(0x33);

function close(duo: Duo, side: Side, script: Script): readonly ChannelOutput[] {
  return duo.command(side, { kind: 'shutdown', channelId: duo.channelId, script });
}

function addCommand(duo: Duo): ChannelCommand {
  const paymentHash = sha256Hex(duo.ends.opener.env.crypto, preimage);
  const onion = new Uint8Array(1366);
  return { kind: 'add', channelId: duo.channelId, origin: ownPayment('01'), amountMsat: 20_000_000n, paymentHash, cltvExpiry: 300, onion };
}

function refusalOf(effects: readonly ChannelOutput[]): string | undefined {
  const [effect] = effects;
  return effect?.kind === 'refused' ? effect.rule : undefined;
}

/** Both sides say shutdown, nothing else has been delivered. */
function exchangeShutdown(duo: Duo, side: Side): void {
  close(duo, side, P2WPKH_A);
  duo.exchange();
}

describe('the command shutdown', () => {
  it('stores, then sends, and is answered', () => {
    const duo = new Duo().open();
    const effects = close(duo, 'accepter', P2WPKH_A);
    expect(kinds(effects)).toEqual(['store', 'shutdown']);
    expect(sent(effects, 'shutdown').scriptPubkey).toBe(P2WPKH_A);
    expect(effects.at(-1)).toMatchObject({ after: [{ sink: { kind: 'state' }, version: duo.funded('accepter').durability.version }, {}] });
    expect(duo.funded('accepter')).toMatchObject({ closing: { sent: P2WPKH_A } });
    expect(duo.funded('accepter').closing.wanted).toBeUndefined();
    const answer = duo.message('opener', sent(effects, 'shutdown'));
    expect(kinds(answer)).toEqual(['store', 'monitor', 'shutdown', 'closing_signed']);
    expect(duo.funded('opener').closing.received).toBe(P2WPKH_A);
  });

  it('tells the watchers of both where a mutual close pays, before a closing_signed leaves', () => {
    const duo = new Duo().open();
    close(duo, 'accepter', P2WPKH_A);
    duo.exchange();
    for (const side of ['opener', 'accepter'] as const) {
      const { log, env } = duo.ends[side];
      const told = log.findIndex((effect) => effect.kind === 'monitor' && effect.update.kind === 'shutdown_scripts');
      const signed = log.findIndex((effect) => effect.kind === 'send' && effect.message.type === 'closing_signed');
      const { closing } = duo.funded('opener');
      const scripts = { opener: closing.sent, accepter: P2WPKH_A };
      expect(log[told]).toMatchObject({ watcher: env.config.watchers[0], update: { kind: 'shutdown_scripts', scripts } });
      expect(signed).toBeGreaterThan(told);
      expect(log.filter((effect) => effect.kind === 'monitor' && effect.update.kind === 'shutdown_scripts')).toHaveLength(1);
    }
  });

  it('is refused a second time, with a script of no form, and against what we committed to', () => {
    const committed = new Duo({ command: { upfrontShutdownScript: P2WPKH_A } }).open();
    expect(refusalOf(close(committed, 'opener', P2WPKH_B))).toBe('shutdown.upfront_shutdown_script');
    expect(refusalOf(close(committed, 'accepter', P2WPKH_B))).toBeUndefined();
    expect(kinds(close(committed, 'opener', P2WPKH_A))).toContain('shutdown');
    expect(refusalOf(close(committed, 'opener', P2WPKH_A))).toBe('shutdown.already_sent');

    const duo = new Duo().open();
    const before = duo.ends.opener.state;
    for (const script of [P2SH, OP_RETURN, '51' as Script]) expect(refusalOf(close(duo, 'opener', script))).toBe('shutdown.scriptpubkey');
    expect(duo.ends.opener.state).toBe(before);
    expect(kinds(close(duo, 'opener', P2TR))).toContain('shutdown');
  });

  it('may come before channel_ready', () => {
    const duo = new Duo();
    duo.fund();
    close(duo, 'opener', P2WPKH_A);
    expect(duo.exchange()).toEqual(['opener shutdown', 'accepter shutdown', 'opener closing_signed', 'accepter closing_signed']);
  });

  it('waits for the connection', () => {
    const duo = new Duo().open();
    duo.input('opener', { kind: 'disconnected' });
    expect(kinds(close(duo, 'opener', P2WPKH_A))).toEqual(['store']);
    expect(refusalOf(close(duo, 'opener', P2WPKH_A))).toBe('shutdown.already_sent');
    duo.reconnect();
    expect(duo.exchange().filter((type) => type.endsWith('shutdown'))).toEqual(['opener shutdown', 'accepter shutdown']);
  });

  it('waits until our updates are signed for', () => {
    const duo = new Duo({ opener: { commit: 'manual' } }).open();
    duo.command('opener', addCommand(duo));
    expect(kinds(close(duo, 'opener', P2WPKH_A))).toEqual(['store']);
    expect(duo.funded('opener').closing.wanted).toBe(P2WPKH_A);
    const effects = duo.command('opener', { kind: 'commit', channelId: duo.channelId });
    expect(kinds(effects)).toEqual(['store', 'monitor', 'commitment_signed', 'shutdown']);
  });

  it('is answered only once our updates are signed for', () => {
    const duo = new Duo({ accepter: { commit: 'manual' } }).open();
    duo.command('opener', addCommand(duo));
    duo.exchange();
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    duo.command('accepter', { kind: 'fulfill', channelId: duo.channelId, id: 0n, preimage });
    close(duo, 'opener', P2WPKH_A);
    expect(duo.exchange()).toEqual(['opener shutdown', 'accepter update_fulfill_htlc']);
    expect(duo.funded('accepter').closing.sent).toBeUndefined();
    const effects = duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    expect(kinds(effects).filter((kind) => kind.includes('_') || kind === 'shutdown')).toEqual(['commitment_signed', 'shutdown']);
  });

  it('forbids new HTLCs of ours as soon as it is wanted', () => {
    const duo = new Duo({ opener: { commit: 'manual' } }).open();
    duo.command('opener', addCommand(duo));
    close(duo, 'opener', P2WPKH_A);
    expect(refusalOf(duo.command('opener', addCommand(duo)))).toBe('update_add_htlc.after_shutdown');
  });
});

describe('what was agreed on at opening', () => {
  const NOTHING = makeFeatures({ option_anchors: 'optional' });

  /** Both ends come back with other features, from what they stored: `ours` of the opener's, `theirs` of the accepter's. */
  function backWith(duo: Duo, ours: Hex, theirs: Hex): Duo {
    const [a, b] = [ours, theirs];
    for (const [side, features, peerFeatures] of [
      ['opener', a, b],
      ['accepter', b, a],
    ] as const) {
      const end = duo.ends[side];
      end.state = storable(end.state);
      end.env = { ...end.env, config: { ...end.env.config, features }, peerFeatures };
    }
    duo.reconnect();
    duo.exchange();
    return duo;
  }

  const ways = [
    ['of neither', NOTHING, NOTHING],
    ['of the opener', DEFAULT_CONFIG.features, NOTHING],
    ['of the accepter', NOTHING, DEFAULT_CONFIG.features],
  ] as const;

  it.each(ways)('binds: an upfront taproot script closes the channel with the features %s', (_of, ours, theirs) => {
    for (const from of ['opener', 'accepter'] as const) {
      const duo = backWith(new Duo({ command: { upfrontShutdownScript: P2TR } }).open(), ours, theirs);
      expect(refusalOf(close(duo, 'opener', P2WPKH_B))).toBe('shutdown.upfront_shutdown_script');
      expect(refusalOf(close(duo, from, from === 'opener' ? P2TR : P2WPKH_A))).toBeUndefined();
      duo.exchange();
      for (const side of ['opener', 'accepter'] as const) expect(duo.funded(side).closing.tx).toBeDefined();
      expect(duo.funded('accepter').closing.received).toBe(P2TR);
    }
  });

  it.each(ways)('binds: another script than the upfront one is refused with the features %s', (_of, ours, theirs) => {
    const duo = backWith(new Duo({ command: { upfrontShutdownScript: P2TR } }).open(), ours, theirs);
    const effects = duo.message('accepter', { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2WPKH_B });
    expect(brokenRule(effects)).toBe('shutdown.upfront_shutdown_script');
  });

  it.each(ways)('binds: a taproot script is taken with the features %s', (_of, ours, theirs) => {
    const duo = backWith(new Duo().open(), ours, theirs);
    const effects = duo.message('accepter', { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2TR });
    expect(brokenRule(effects)).toBeUndefined();
    expect(duo.funded('accepter').closing.received).toBe(P2TR);
  });

  it.each(ways)('binds: a taproot script that was sent is sent again with the features %s', (_of, ours, theirs) => {
    const duo = new Duo().open();
    close(duo, 'opener', P2TR);
    duo.ends.opener.outgoing.length = 0;
    backWith(duo, ours, theirs);
    expect(duo.funded('accepter').closing.received).toBe(P2TR);
    for (const side of ['opener', 'accepter'] as const) expect(duo.funded(side).closing.tx).toBeDefined();
  });

  it('does not bind where it was asked for and not sent: it waits, or gives way where the peer waits', () => {
    for (const peerCloses of [false, true]) {
      const duo = new Duo({ opener: { commit: 'manual' } }).open();
      duo.command('opener', addCommand(duo));
      close(duo, 'opener', P2TR);
      expect(duo.funded('opener').closing).toMatchObject({ wanted: P2TR, sent: undefined });
      backWith(duo, DEFAULT_CONFIG.features, NOTHING);
      duo.command('opener', { kind: 'commit', channelId: duo.channelId });
      duo.exchange();
      expect(duo.funded('opener').closing).toMatchObject({ wanted: P2TR, sent: undefined });
      if (peerCloses) {
        close(duo, 'accepter', P2WPKH_A);
        duo.exchange();
        expect(duo.funded('opener').closing.sent).not.toBe(P2TR);
        expect(duo.funded('opener').closing.sent).toBeDefined();
      } else {
        backWith(duo, DEFAULT_CONFIG.features, DEFAULT_CONFIG.features);
        expect(duo.funded('opener').closing).toMatchObject({ wanted: undefined, sent: P2TR });
      }
    }
  });
});

describe('a shutdown of the peer', () => {
  it('is answered with the script we committed to, else with the key of our to_remote', () => {
    const committed = new Duo({ command: { upfrontShutdownScript: P2WPKH_B } }).open();
    exchangeShutdown(committed, 'accepter');
    expect(committed.funded('opener').closing.sent).toBe(P2WPKH_B);
    const duo = new Duo().open();
    exchangeShutdown(duo, 'accepter');
    const { paymentBasepoint } = duo.funded('opener').params.parties.opener;
    expect(duo.funded('opener').closing.sent).toBe(p2wpkh(duo.ends.opener.env.crypto, paymentBasepoint));
  });

  it.each([
    ['p2sh of an old node', P2SH, true],
    ['p2pkh of an old node', ('76a914' + 'cc'.repeat(20) + '88ac') as Script, true],
    ['taproot', P2TR, true],
    ['OP_RETURN without option_simple_close', OP_RETURN, false],
    ['no form at all', '51' as Script, false],
  ] as const)('with %s', (_what, scriptPubkey, valid) => {
    const duo = new Duo().open();
    const effects = duo.message('opener', { type: 'shutdown', channelId: duo.channelId, scriptPubkey });
    expect(brokenRule(effects)).toBe(valid ? undefined : 'shutdown.scriptpubkey');
    expect(kinds(effects)).toEqual(valid ? expect.anything() : ['warning']);
    expect(duo.funded('opener').closing.received).toBe(valid ? scriptPubkey : undefined);
  });

  it('with taproot needs option_shutdown_anysegwit on both sides, now or when the channel was opened', () => {
    const old = { features: makeFeatures({ option_upfront_shutdown_script: 'optional', option_anchors: 'optional' }) };
    const duo = new Duo({ opener: old, accepter: old }).open();
    expect(complaint(duo.message('opener', { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2TR }))).toMatch(
      /^warning shutdown\.scriptpubkey/,
    );
    expect(refusalOf(close(duo, 'opener', P2TR))).toBe('shutdown.scriptpubkey');
  });

  it('must be what it committed to, where the feature is negotiated', () => {
    const shutdownOf = (duo: Duo): readonly ChannelOutput[] =>
      duo.message('accepter', { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2WPKH_B });
    const duo = new Duo({ command: { upfrontShutdownScript: P2WPKH_A } }).open();
    const effects = shutdownOf(duo);
    expect(complaint(effects)).toMatch(/^warning shutdown\.upfront_shutdown_script/);
    expect(kinds(effects)).toEqual(['warning', 'disconnect']);
    expect(duo.ends.accepter.state.phase).toBe('funded');
    expect(complaint(duo.message('accepter', { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2WPKH_A }))).toBeUndefined();

    const old = { features: makeFeatures({ option_anchors: 'optional' }) };
    const unbound = new Duo({ accepter: old, command: { upfrontShutdownScript: P2WPKH_A } }).open();
    expect(complaint(shutdownOf(unbound))).toBeUndefined();
  });

  it('must not come while updates of its sender are not signed for', () => {
    const duo = new Duo({ opener: { commit: 'manual' } }).open();
    duo.command('opener', addCommand(duo));
    duo.deliver('opener');
    const message = { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2WPKH_A } as const;
    expect(complaint(duo.message('accepter', message))).toMatch(/^warning shutdown\.unsigned_updates: while updates/);
    duo.command('opener', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    expect(complaint(duo.message('accepter', message))).toBeUndefined();
  });

  it('is taken once: the same again is nothing new, another is refused', () => {
    const duo = new Duo().open();
    duo.command('opener', addCommand(duo));
    duo.exchange();
    const message = { type: 'shutdown', channelId: duo.channelId, scriptPubkey: P2WPKH_A } as const;
    duo.message('opener', message);
    const { version } = duo.funded('opener').durability;
    expect(duo.message('opener', message)).toEqual([]);
    expect(duo.funded('opener').durability.version).toBe(version);
    const effects = duo.message('opener', { ...message, scriptPubkey: P2WPKH_B });
    expect(complaint(effects)).toMatch(/^warning shutdown\.another_script: another/);
    expect(duo.funded('opener').closing.received).toBe(P2WPKH_A);
  });

  it("ends new HTLCs, ours and the peer's, but not the old ones", () => {
    const duo = new Duo().open();
    duo.command('opener', addCommand(duo));
    duo.exchange();
    close(duo, 'opener', P2WPKH_A);
    duo.exchange();
    expect(refusalOf(duo.command('accepter', addCommand(duo)))).toBe('update_add_htlc.after_shutdown');
    duo.command('accepter', { kind: 'fulfill', channelId: duo.channelId, id: 0n, preimage });
    const types = duo.exchange();
    expect(types.slice(0, 2)).toEqual(['accepter update_fulfill_htlc', 'accepter commitment_signed']);
    expect(types.slice(-2)).toEqual(['opener closing_signed', 'accepter closing_signed']);
    const balances = duo.funded('opener').shared.base.balanceMsat;
    expect(balances).toEqual({ opener: 680_000_000n, accepter: 320_000_000n });

    const late = new Duo().open();
    const message = sent(late.command('opener', addCommand(late)), 'update_add_htlc');
    const other = new Duo().open();
    other.message('accepter', { type: 'shutdown', channelId: other.channelId, scriptPubkey: P2WPKH_A });
    expect(complaint(other.message('accepter', message))).toMatch(/^warning update_add_htlc\.after_shutdown/);
  });

  it('leaves update_fee possible while HTLCs remain, and only then', () => {
    const duo = new Duo().open();
    duo.command('opener', addCommand(duo));
    duo.exchange();
    close(duo, 'opener', P2WPKH_A);
    duo.exchange();
    expect(kinds(duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw: 3000 }))).toContain('update_fee');
    duo.exchange();
    expect(duo.funded('accepter').shared.base.feeratePerKw).toBe(3000);
    duo.command('accepter', { kind: 'fail', channelId: duo.channelId, id: 0n, reason: '00' });
    duo.exchange();
    expect(refusalOf(duo.command('opener', { kind: 'fee', channelId: duo.channelId, feeratePerKw: 3500 }))).toBe(
      'update_fee.channel_at_its_end',
    );
    const effects = duo.message('accepter', { type: 'update_fee', channelId: duo.channelId, feeratePerKw: 3500 });
    expect(complaint(effects)).toMatch(/^warning update_fee\.channel_at_its_end: the opener has begun to negotiate/);
  });
});

describe('after a lost connection', () => {
  it('shutdown is sent again by those who had sent it, before new updates', () => {
    const duo = new Duo().open();
    duo.command('opener', addCommand(duo));
    duo.exchange();
    close(duo, 'accepter', P2WPKH_B);
    // The answer to the shutdown, and then an update that no signature covers, are lost.
    duo.deliver('accepter');
    duo.ends.accepter.env = { ...duo.ends.accepter.env, config: { ...duo.ends.accepter.env.config, commit: 'manual' } };
    duo.command('accepter', { kind: 'fulfill', channelId: duo.channelId, id: 0n, preimage });
    duo.reconnect();
    const types = duo.exchange();
    expect(types.filter((type) => type === 'opener shutdown')).toHaveLength(1);
    expect(types.indexOf('accepter shutdown')).toBeLessThan(types.indexOf('accepter update_fulfill_htlc'));
    expect(duo.funded('opener')).toMatchObject({ closing: { received: P2WPKH_B }, lifecycle: { connection: 'connected' } });
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    expect(duo.exchange().at(-1)).toBe('accepter closing_signed');
  });

  it('works at any point of the exchange', () => {
    for (let count = 0; count < 8; count++) {
      const duo = new Duo().open();
      duo.command('opener', addCommand(duo));
      duo.exchange();
      close(duo, 'opener', P2WPKH_A);
      duo.command('accepter', { kind: 'fulfill', channelId: duo.channelId, id: 0n, preimage });
      for (let i = 0; i < count; i++) duo.deliver(i % 2 === 0 ? 'opener' : 'accepter');
      duo.reconnect();
      duo.exchange();
      expect(duo.funded('opener').closing.tx).toBeDefined();
      expect(duo.funded('opener').closing.tx).toEqual(duo.funded('accepter').closing.tx);
    }
  });
});
