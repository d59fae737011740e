import { describe, expect, it } from 'vitest';
import { txid } from '../../bitcoin/tx.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { Script, Signature, Txid } from '../../crypto/bytes.ts';
import { bytes32, complaint, Duo, kinds, NODE_ID, P2WPKH_A, P2WPKH_B, sent, TEMPORARY_ID } from '../duo.fixture.ts';
import type { ChannelCommand, ChannelOutput } from '../model/channel-vocabulary.ts';
import { channelIdFromFunding } from './opening.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { FundedState } from '../model/state.ts';

const BAD_SIGNATURE = '01'.repeat(64) as Signature;

function fundCommand(tx: Tx): ChannelCommand {
  return { kind: 'fund', peer: NODE_ID.accepter, channelId: TEMPORARY_ID, tx };
}

function refusalOf(effects: readonly ChannelOutput[]): string | undefined {
  const [effect] = effects;
  return effect?.kind === 'refused' ? effect.rule : undefined;
}

/** Effects behind a store, with the versions that they wait for. */
function waitsFor(effects: readonly ChannelOutput[], kind: ChannelOutput['kind']): unknown {
  const effect = effects.find((e) => e.kind === kind);
  return effect !== undefined && 'after' in effect ? effect.after : undefined;
}

describe('channel_id', () => {
  it('is the txid, with the output index in its last two bytes', () => {
    const id = ('ab'.repeat(30) + 'ff00') as Txid;
    expect(channelIdFromFunding(id, 0)).toBe(id);
    expect(channelIdFromFunding(id, 0x0102)).toBe('ab'.repeat(30) + 'fe02');
    expect(channelIdFromFunding('00'.repeat(32) as Txid, 5)).toBe('00'.repeat(31) + '05');
  });
});

describe('opening', () => {
  it('goes through every message of BOLT 2 in order', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    duo.command('opener', fundCommand(tx));
    expect(duo.exchange()).toEqual(['opener funding_created', 'accepter funding_signed']);
    duo.block([tx]);
    duo.block([], 2);
    expect(duo.exchange()).toEqual(['opener channel_ready', 'accepter channel_ready']);
    const [opener, accepter] = [duo.funded('opener'), duo.funded('accepter')];
    expect(opener.shared).toEqual(accepter.shared);
    expect(opener.shared.base.balanceMsat).toEqual({ opener: 700_000_000n, accepter: 300_000_000n });
    expect(opener.channelId).toBe(accepter.channelId);
    expect(opener.params).toEqual({ ...accepter.params, us: 'opener', peer: NODE_ID.accepter, keysId: bytes32(1) });
    expect(opener.remote.currentPoint).toBe(duo.ends.accepter.env.signer.perCommitmentPoint(bytes32(2), 0n));
  });

  it('says in open_channel what was asked for', () => {
    const duo = new Duo({ command: { announce: true, upfrontShutdownScript: P2WPKH_A, format: 'static_remotekey' } });
    const open = sent(duo.ends.opener.log, 'open_channel');
    duo.fund();
    const agreed = (state: FundedState): unknown => [state.params.announce, onlyFunding(state).output.format];
    expect(agreed(duo.funded('accepter'))).toEqual([true, 'static_remotekey']);
    expect(agreed(new Duo().open().funded('accepter'))).toEqual([false, 'anchors']);
    expect(open).toMatchObject({ channelFlags: 1, upfrontShutdownScript: P2WPKH_A, channelType: '1000', channelReserveSat: 10_000n });
    expect(sent(new Duo().ends.opener.log, 'open_channel')).toMatchObject({
      channelFlags: 0,
      upfrontShutdownScript: '',
      channelType: '401000',
    });
  });

  it('remembers scripts that are committed to, and takes an empty one for none', () => {
    const duo = new Duo({ command: { upfrontShutdownScript: P2WPKH_A } });
    const tx = duo.negotiate(P2WPKH_B);
    duo.command('opener', fundCommand(tx));
    duo.exchange();
    const { parties } = duo.funded('accepter').params;
    expect([parties.opener.upfrontShutdownScript, parties.accepter.upfrontShutdownScript]).toEqual([P2WPKH_A, P2WPKH_B]);
    expect('upfrontShutdownScript' in new Duo().open().funded('opener').params.parties.opener).toBe(false);
  });

  it('demands a reserve of at least both dust limits', () => {
    const duo = new Duo({ command: { fundingSat: 30_000n, pushMsat: 0n }, opener: { dustLimitSat: 400n } });
    duo.negotiate();
    expect(sent(duo.ends.opener.log, 'open_channel').channelReserveSat).toBe(400n);
    expect(sent(duo.ends.accepter.log, 'accept_channel').channelReserveSat).toBe(400n);
  });

  it('the opener stores, then broadcasts, once funding_signed is verified', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    duo.command('opener', fundCommand(tx));
    duo.exchange();
    const effects = duo.ends.opener.log.slice(duo.ends.opener.log.findIndex((effect) => effect.kind === 'store'));
    expect(kinds(effects)).toEqual([
      'store',
      'monitor',
      'monitor',
      'monitor',
      'monitor',
      'broadcast',
      'watch_tx',
      'watch_spend',
      'watch_spend',
      'notify',
    ]);
    const { channelId } = duo;
    expect(waitsFor(effects, 'broadcast')).toEqual([
      { sink: { kind: 'state' }, channelId, version: 1 },
      { quorum: 1, of: ['monitor'], channelId, number: 4 },
    ]);
    expect(effects[5]).toMatchObject({ kind: 'broadcast', purpose: 'funding', tx });
    expect(onlyFunding(duo.funded('opener')).tx).toEqual(tx);
  });

  it('the accepter stores before it sends funding_signed, and has no funding transaction', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    duo.command('opener', fundCommand(tx));
    duo.deliver('opener');
    const effects = duo.ends.accepter.log.slice(duo.ends.accepter.log.findIndex((effect) => effect.kind === 'store'));
    expect(kinds(effects)).toEqual([
      'store',
      'monitor',
      'monitor',
      'monitor',
      'monitor',
      'funding_signed',
      'watch_tx',
      'watch_spend',
      'notify',
    ]);
    const { channelId } = duo.funded('accepter');
    expect(waitsFor(effects, 'send')).toEqual([
      { sink: { kind: 'state' }, channelId, version: 1 },
      { quorum: 1, of: ['monitor'], channelId, number: 4 },
    ]);
    expect(effects.find((effect) => effect.kind === 'store')).toMatchObject({
      state: { durability: { pendingMonitor: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }] } },
    });
    expect(onlyFunding(duo.funded('accepter')).tx).toBeUndefined();
  });
});

describe('the funding transaction of the host', () => {
  it('is refused unless an output pays the amount to the script', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    const before = duo.ends.opener.state;
    const [output] = tx.outputs as [Tx['outputs'][number]];
    const wrong: readonly Tx[] = [
      { ...tx, outputs: [] },
      { ...tx, outputs: [{ ...output, amountSat: 999_999n }] },
      { ...tx, outputs: [{ ...output, script: P2WPKH_A }] },
    ];
    for (const bad of wrong) expect(refusalOf(duo.command('opener', fundCommand(bad)))).toBe('fund.no_output');
    expect(duo.ends.opener.state).toBe(before);
    const second = { ...tx, outputs: [{ amountSat: 5n, script: P2WPKH_A }, output] };
    expect(sent(duo.command('opener', fundCommand(second)), 'funding_created')).toMatchObject({
      fundingOutputIndex: 1,
      fundingTxid: txid(duo.ends.opener.env.crypto, second),
    });
  });

  it('is refused when an input makes its txid malleable', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    const [input] = tx.inputs as [Tx['inputs'][number]];
    const scriptSig = '00' as Script;
    expect(refusalOf(duo.command('opener', fundCommand({ ...tx, inputs: [{ ...input, scriptSig, witness: [] }] })))).toBe('fund.malleable');
    expect(kinds(duo.command('opener', fundCommand({ ...tx, inputs: [{ ...input, scriptSig }] })))).toEqual(['funding_created']);
  });

  it('is refused when none was asked for', () => {
    const duo = new Duo();
    expect(refusalOf(duo.command('opener', fundCommand({ version: 2, locktime: 0, inputs: [], outputs: [] })))).toBe('fund.not_asked');
  });
});

describe('an opening that goes wrong is forgotten', () => {
  it('when the accepter answers with what the rules forbid', () => {
    const duo = new Duo();
    const accept = new Duo();
    accept.negotiate();
    const message = sent(accept.ends.accepter.log, 'accept_channel');
    expect(complaint(duo.message('opener', { ...message, minimumDepth: 1000 }))).toBe(
      'error accept_channel.minimum_depth: 1000 blocks, at most 144',
    );
    expect(duo.ends.opener.state.phase).toBe('forgotten');
  });

  it('when funding_created is signed badly', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    const effects = duo.command('opener', fundCommand(tx));
    const bad = duo.message('accepter', { ...sent(effects, 'funding_created'), signature: BAD_SIGNATURE });
    // BOLT 1, error: with the raw transaction.
    expect(complaint(bad)).toMatch(/^error opening\.signature: signature is not valid for commitment 0: 02000000(01)[0-9a-f]{200,}$/);
    expect(sent(bad, 'error').channelId).toBe(TEMPORARY_ID);
    expect(duo.ends.accepter.state.phase).toBe('forgotten');
  });

  it('when funding_created names another output than was signed for', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    const effects = duo.command('opener', fundCommand(tx));
    expect(complaint(duo.message('accepter', { ...sent(effects, 'funding_created'), fundingOutputIndex: 1 }))).toMatch(
      /^error opening\.signature/,
    );
  });

  it('when funding_signed is signed badly: nothing is broadcast, and the error has the final id', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    duo.command('opener', fundCommand(tx));
    duo.deliver('opener');
    const message = sent(duo.ends.accepter.log, 'funding_signed');
    const effects = duo.message('opener', { ...message, signature: BAD_SIGNATURE });
    expect(kinds(effects)).toEqual(['error', 'notify']);
    expect(sent(effects, 'error').channelId).toBe(message.channelId);
    expect(duo.ends.opener.state.phase).toBe('forgotten');
  });

  it.each(['accept_channel', 'funding_signed'] as const)('when %s comes while the host makes the funding', (type) => {
    const other = new Duo();
    other.fund();
    const duo = new Duo();
    duo.negotiate();
    expect(complaint(duo.message('opener', sent(other.ends.accepter.log, type)))).toBe(
      `error opening.unexpected_message: ${type} while awaiting host funding`,
    );
    expect(duo.ends.opener.state.phase).toBe('forgotten');
  });

  it('when funding_created comes before accept_channel left', () => {
    const other = new Duo();
    other.fund();
    const duo = new Duo();
    duo.deliver('opener');
    const effects = duo.message('accepter', sent(other.ends.opener.log, 'funding_created'));
    expect(complaint(effects)).toBe('error opening.unexpected_message: funding_created while awaiting host accept');
  });

  it('when the host rejects it: the peer gets an error', () => {
    const duo = new Duo();
    duo.deliver('opener');
    const reject = { kind: 'reject', peer: NODE_ID.opener, channelId: TEMPORARY_ID, reason: 'no thanks' } as const;
    expect(complaint(duo.command('accepter', reject))).toBe('error reject.by_host: no thanks');
    expect(duo.ends.accepter.state).toEqual({ phase: 'forgotten', rule: 'reject.by_host', reason: 'no thanks' });
    const late = new Duo();
    late.negotiate();
    expect(refusalOf(late.command('accepter', reject))).toBe('reject.not_asked');
  });

  it('but an acceptance that the rules forbid is only refused', () => {
    const duo = new Duo();
    duo.deliver('opener');
    const before = duo.ends.accepter.state;
    const command = { kind: 'accept', peer: NODE_ID.opener, channelId: TEMPORARY_ID, keysId: bytes32<never>(2) } as const;
    expect(refusalOf(duo.command('accepter', { ...command, upfrontShutdownScript: '51' as Script }))).toBe(
      'opening.upfront_shutdown_script',
    );
    expect(duo.ends.accepter.state).toBe(before);
    duo.command('accepter', command);
    expect(refusalOf(duo.command('accepter', command))).toBe('accept.not_asked');
  });
});

describe('a connection lost in the middle (BOLT 2, Message Retransmission)', () => {
  it('leaves nothing before funding_created is answered', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    duo.command('opener', fundCommand(tx));
    duo.reconnect();
    expect([duo.ends.opener.state.phase, duo.ends.accepter.state.phase]).toEqual(['forgotten', 'forgotten']);
  });

  it('leaves the accepter with the channel once it has sent funding_signed, and the opener without', () => {
    const duo = new Duo();
    const tx = duo.negotiate();
    duo.command('opener', fundCommand(tx));
    duo.deliver('opener');
    duo.reconnect();
    expect([duo.ends.opener.state.phase, duo.ends.accepter.state.phase]).toEqual(['forgotten', 'funded']);
  });

  it('leaves both with it once the funding was broadcast', () => {
    const duo = new Duo();
    duo.fund();
    duo.reconnect();
    expect(duo.exchange()).toEqual(['opener channel_reestablish', 'accepter channel_reestablish']);
    expect([duo.ends.opener.state.phase, duo.ends.accepter.state.phase]).toEqual(['funded', 'funded']);
  });
});
