import { describe, expect, it } from 'vitest';
import { txid } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import { secretOf } from '../channel/updates.fixture.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { rebuildCommitment } from '../monitor/knowledge.ts';
import type { BuiltCommitment } from '../transactions/commitment.ts';
import { Watching } from '../monitor/watching.fixture.ts';
import { keptByCheater } from './penalties.ts';
import { hintOf, openPenalties } from './sealed-penalties.ts';
import { BLIND_POLICY, BlindEnd, Device, DESTINATION, RemoteEnd } from './watched.fixture.ts';

const FORMATS = ['static_remotekey', 'anchors'] as const;

/** A channel of which one blind watcher is told. */
class Guarded {
  readonly w: Watching;
  readonly blind: BlindEnd;
  readonly device: Device;

  constructor(format: (typeof FORMATS)[number], crypto = createFakeCrypto()) {
    this.w = new Watching(format, crypto);
    this.blind = new BlindEnd(this.w, 'blind', 0x65);
    this.device = new Device(this.w, [this.blind], 1);
    this.w.ends.opener.awake = false;
    this.hear();
  }

  hear(): void {
    this.device.tell();
    this.device.carry();
  }

  /** The peer's commitment of now, which is revoked then. */
  revoked(): { readonly tx: Tx; readonly built: BuiltCommitment } {
    const tx = this.w.commitmentOf('accepter');
    const number = BigInt((this.w.ends.opener.state.knowledge?.cuts.accepter.length ?? 0) - 1);
    this.w.pay('opener', 40);
    this.hear();
    const [built] = rebuildCommitment(this.w.crypto, this.device.knowledge(), 'accepter', number) ?? [];
    return { tx, built: built as BuiltCommitment };
  }

  mine(blocks = 1): void {
    for (let i = 0; i < blocks; i++) this.blind.chain(this.w.chain.mine());
  }

  broadcasts(): readonly Tx[] {
    return this.blind.log.flatMap((effect) => (effect.kind === 'broadcast' ? effect.txs : []));
  }
}

describe.each(FORMATS)('a blind watcher, %s', (format) => {
  it.each([
    ['fake', createFakeCrypto()],
    ['noble', noble],
  ])('takes what it was signed for of a revoked commitment, with %s, each output by itself', (_name, crypto) => {
    const g = new Guarded(format, crypto);
    g.w.pay('opener', 1);
    g.w.pay('accepter', 2);
    const { tx, built } = g.revoked();
    expect(txid(g.w.crypto, tx)).toBe(built.txid);
    g.blind.chain(g.w.chain.mineWith([tx]));
    g.mine(3);
    expect(g.blind.rejected).toEqual([]);
    for (const [vout, { kind }] of built.outputs.entries())
      expect([kind, g.w.chain.isUnspent({ txid: built.txid, vout })]).toEqual([kind, kind === 'anchor']);
    expect(g.w.chain.paidTo(DESTINATION)).toBeGreaterThan(0n);
    const said = g.broadcasts().length;
    g.mine(2);
    expect(g.broadcasts().length).toBe(said);
  });

  it('says a higher fee with each part of the delay, and when feerates rise', () => {
    const g = new Guarded(format);
    const { tx, built } = g.revoked();
    const vout = built.outputs.findIndex(({ kind }) => kind === 'to_local');
    g.blind.chain(g.w.chain.mineWith([tx]));
    const fees: bigint[] = [];
    const last = (): bigint => {
      const claim = g.broadcasts().findLast(({ inputs }) => inputs[0]?.vout === vout && inputs[0].txid === built.txid);
      return (built.outputs[vout]?.amountSat ?? 0n) - (claim?.outputs[0]?.amountSat ?? 0n);
    };
    for (let i = 0; i < 140; i++) {
      g.blind.chain(g.w.chain.mineWith([]));
      if (last() !== fees.at(-1)) fees.push(last());
    }
    expect(fees).toHaveLength(3);
    expect(fees.toSorted((a, b) => Number(a - b))).toEqual(fees);
    expect(g.blind.rejected).toEqual([]);
    const h = new Guarded(format);
    Object.assign(h.blind, { env: { ...h.blind.env, feeratePerKw: 9000 } });
    const other = h.revoked();
    h.blind.chain(h.w.chain.mineWith([other.tx]));
    expect(
      h.broadcasts().some(({ outputs }) => (built.outputs[vout]?.amountSat ?? 0n) - (outputs[0]?.amountSat ?? 0n) === fees.at(-1)),
    ).toBe(true);
  });

  it('reads nothing before the chain has the commitment, and forgets what a reorganisation has taken', () => {
    const g = new Guarded(format);
    const { tx, built } = g.revoked();
    const channel = g.blind.state.channels.get(g.w.channelId);
    const sealed = channel?.penalties.find(hintOf(built.txid));
    const wrong = built.txid.replace(/^../, (byte) => (byte === '00' ? '01' : '00')) as typeof built.txid;
    expect(sealed === undefined ? undefined : openPenalties(g.blind.env, wrong, sealed)).toBeUndefined();
    g.mine(2);
    expect(g.broadcasts()).toEqual([]);
    g.blind.chain(g.w.chain.mineWith([tx]));
    expect(g.broadcasts().length).toBeGreaterThan(0);
    g.blind.chain(g.w.chain.reorg(1, []));
    const said = g.broadcasts().length;
    g.w.chain.mempool = [];
    g.mine(1);
    expect(g.broadcasts().length).toBe(said);
  });

  it('against which a cheater keeps no more than is computed: here HTLCs that he puts his own transactions on first', () => {
    const g = new Guarded(format);
    g.w.pay('accepter', 2, { amountMsat: 9_000_000n });
    const { tx, built } = g.revoked();
    g.blind.chain(g.w.chain.mineWith([tx]));
    g.mine(4);
    const left = built.outputs.filter((_, vout) => g.w.chain.isUnspent({ txid: built.txid, vout }));
    const keeps = left.filter(({ kind, ...output }) => kind !== 'anchor' || ('side' in output && output.side === 'accepter'));
    const sum = keeps.reduce((total, { amountSat }) => total + amountSat, 0n);
    // The HTLC is below the least value that is penalised: it is his.
    expect(sum).toBe(9000n + (format === 'anchors' ? 330n : 0n));
    expect(sum).toBeLessThanOrEqual(keptByCheater(BLIND_POLICY, built, 1000));
    const toRemote = built.outputs.find(({ kind }) => kind === 'to_remote')?.amountSat ?? 0n;
    const all = built.outputs.reduce((total, { kind, amountSat, ...output }) => {
      return kind === 'anchor' && 'side' in output && output.side === 'opener' ? total : total + amountSat;
    }, 0n);
    expect(keptByCheater(BLIND_POLICY, built, 16_001)).toBe(all - toRemote);
  });

  it('keeps the same after a restart', () => {
    const g = new Guarded(format);
    const { tx } = g.revoked();
    g.blind.chain(g.w.chain.mineWith([tx]));
    const before = g.broadcasts();
    g.blind.restart();
    g.blind.log.length = 0;
    g.blind.input({ kind: 'started' });
    expect(g.broadcasts()).toEqual(before);
  });
});

describe('watchers of both kinds', () => {
  it('have numbers in common, and hash chains of their own', () => {
    const w = new Watching('anchors');
    const [blind, full] = [new BlindEnd(w, 'blind', 0x65), new RemoteEnd(w, 'full', 0x61)];
    const device = new Device(w, [blind, full], 2);
    device.carry();
    w.pay('opener', 1);
    w.learn('accepter', 0n, 1);
    device.tell();
    device.carry();
    expect([device.held, device.effects('distrusted')]).toEqual([device.updates.length, []]);
    const [a, b] = [blind.state.channels.get(w.channelId)?.prefix, full.state.channels.get(w.channelId)?.prefix];
    expect([a?.number, a?.chain === b?.chain]).toEqual([b?.number, false]);
    // Nothing that could claim, and no name of anything that stands in the chain.
    const kept = JSON.stringify(blind.state.channels.get(w.channelId), (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    const { funding } = w;
    for (const told of [funding.txid, secretOf(1).paymentHash, DESTINATION]) expect(kept).not.toContain(told);
  });

  it('what is for the other kind is not taken', () => {
    const w = new Watching('anchors');
    const end = new BlindEnd(w, 'one', 0x61);
    const device = new Device(w, [new RemoteEnd(w, 'one', 0x61)], 1);
    for (const bytes of device.there.get('one') ?? [])
      for (const answer of end.input({ kind: 'received', bytes })) device.input({ kind: 'received', watcher: 'one', bytes: answer });
    device.there.clear();
    device.tell();
    for (const bytes of device.there.get('one') ?? []) end.input({ kind: 'received', bytes });
    expect(end.log.flatMap((effect) => (effect.kind === 'ignored' ? [effect.rule] : []))).toContain('watchers.unfit_content');
    expect(end.state.channels.size).toBe(0);
  });
});
