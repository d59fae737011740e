import { describe, expect, it } from 'vitest';
import type { Tx } from '../bitcoin/tx.ts';
import { txid } from '../bitcoin/tx.ts';
import { secretOf } from '../channel/updates.fixture.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import type { SecretKey } from '../crypto/bytes.ts';
import { bytes32 } from '../channel/duo.fixture.ts';
import { Watching } from '../monitor/watching.fixture.ts';
import { fullWatcherStep } from './full.ts';
import { linkOf } from './link.ts';
import { open, seal } from './seal.ts';
import { Device, DESTINATION, RemoteEnd } from './watched.fixture.ts';

const FORMATS = ['static_remotekey', 'anchors'] as const;

/** A channel, and one full watcher of the opener that knows of it. */
class Guarded {
  readonly w: Watching;
  readonly remote: RemoteEnd;
  readonly device: Device;

  constructor(format: (typeof FORMATS)[number]) {
    this.w = new Watching(format);
    this.remote = new RemoteEnd(this.w, 'one', 0x61);
    this.device = new Device(this.w, [this.remote], 1);
    this.hear();
  }

  hear(): void {
    this.device.tell();
    this.device.carry();
  }

  /** The chain goes on to this height, and the watcher sees it; what it says comes back. */
  mineTo(height: number, txs: readonly Tx[] = []): void {
    if (txs.length > 0) this.#tell(this.w.chain.mineWith(txs));
    while (this.w.chain.height < height) this.#tell(this.w.chain.mine());
  }

  #tell(input: Parameters<RemoteEnd['chain']>[0]): void {
    for (const bytes of this.remote.chain(input)) this.device.input({ kind: 'received', watcher: 'one', bytes });
  }

  broadcasts(): readonly Tx[] {
    return this.remote.log.flatMap((effect) => (effect.kind === 'broadcast' ? effect.txs : []));
  }
}

describe.each(FORMATS)('a full watcher, %s', (format) => {
  it('takes all of a revoked commitment by itself: what the cheater could take at once, the rest when the node has had its time', () => {
    const g = new Guarded(format);
    const { w, remote } = g;
    w.ends.opener.awake = false;
    w.pay('opener', 1);
    w.pay('accepter', 2);
    const revoked = w.commitmentOf('accepter');
    w.pay('opener', 3);
    g.hear();
    const height = w.chain.height + 1;
    g.mineTo(height, [revoked]);
    const punished = new Set(g.broadcasts().map(({ inputs }) => inputs[0]?.vout));
    // to_local and both HTLCs; to_remote is left to the node for a day.
    expect(punished.size).toBe(3);
    g.mineTo(height + 1);
    expect(w.chain.paidTo(DESTINATION)).toBeGreaterThan(0n);
    g.mineTo(height + 160);
    expect(remote.rejected).toEqual([]);
    const { amountSat } = revoked.outputs.reduce((a, b) => (b.amountSat > a.amountSat ? b : a));
    expect(w.chain.paidTo(DESTINATION)).toBeGreaterThan(amountSat);
  });

  it('leaves a timeout on the peer’s commitment to the node, until half of its blocks have gone', () => {
    const g = new Guarded(format);
    const { w } = g;
    w.ends.opener.awake = false;
    w.pay('opener', 1, { cltvExpiry: 130 });
    g.hear();
    g.mineTo(w.chain.height + 1, [w.commitmentOf('accepter')]);
    g.mineTo(134);
    expect(g.broadcasts()).toEqual([]);
    g.mineTo(136);
    expect(g.broadcasts().map(({ locktime }) => locktime)).toContain(130);
    expect(g.remote.rejected).toEqual([]);
  });

  it('claims with a preimage that the device has told, in time', () => {
    const g = new Guarded(format);
    const { w } = g;
    w.ends.opener.awake = false;
    w.pay('accepter', 1, { cltvExpiry: 200 });
    w.learn('opener', 0n, 1);
    g.hear();
    g.mineTo(w.chain.height + 1, [w.commitmentOf('accepter')]);
    g.mineTo(199);
    const { preimage } = secretOf(1);
    expect(g.broadcasts().some(({ inputs }) => inputs[0]?.witness.includes(preimage))).toBe(true);
    expect(w.chain.paidTo(DESTINATION)).toBeGreaterThan(0n);
    expect(g.remote.rejected).toEqual([]);
  });

  it('tells the device a preimage that the chain has shown, and again when the device begins', () => {
    const g = new Guarded(format);
    const { w, device } = g;
    w.pay('opener', 1, { cltvExpiry: 200 });
    g.hear();
    w.fail('opener');
    w.ends.opener.awake = false;
    w.learn('accepter', 0n, 1);
    w.mine();
    w.mine();
    expect(device.effects('preimage')).toEqual([]);
    for (const bytes of g.remote.chain(w.chain.history())) device.input({ kind: 'received', watcher: 'one', bytes });
    const shown = { kind: 'preimage', watcher: 'one', channelId: w.channelId, preimage: secretOf(1).preimage };
    expect(device.effects('preimage')).toEqual([shown]);
    device.input({ kind: 'connected', watcher: 'one' });
    device.carry();
    expect(device.effects('preimage')).toEqual([shown, shown]);
  });

  it('gives a final commitment to the chain, as it came', () => {
    const g = new Guarded(format);
    const { w } = g;
    w.ends.opener.awake = false;
    const tx = w.commitmentOf('opener');
    w.fail('opener');
    g.hear();
    expect(g.broadcasts().map((sent) => txid(w.crypto, sent))).toEqual([txid(w.crypto, tx)]);
    // What of it needs coins is not a watcher's: nothing is asked, and to_local is left to the node for a day.
    const height = w.chain.height + 1;
    g.mineTo(height + 144 + 143);
    expect(w.chain.paidTo(DESTINATION)).toBe(0n);
    g.mineTo(height + 144 + 146);
    expect(w.chain.paidTo(DESTINATION)).toBeGreaterThan(0n);
  });
});

describe('words on a link', () => {
  const w = new Watching('anchors');
  const remote = new RemoteEnd(w, 'one', 0x61);
  const device = new Device(w, [remote], 1);
  const [begin] = device.there.get('one') as [Uint8Array];

  it('that are changed in one bit, cut or somebody else’s are ignored, and nothing throws', () => {
    const flipped = begin.slice();
    for (let at = 0; at < flipped.length; at++) {
      flipped[at] = (flipped[at] as number) ^ 1;
      const { state, effects } = fullWatcherStep(remote.env, remote.state, { kind: 'received', bytes: flipped });
      expect([state, effects[0]?.kind]).toEqual([remote.state, 'ignored']);
      flipped[at] = (flipped[at] as number) ^ 1;
    }
    for (const bytes of [new Uint8Array(0), begin.subarray(1), begin.subarray(0, -1)])
      expect(fullWatcherStep(remote.env, remote.state, { kind: 'received', bytes }).effects).toMatchObject([
        { kind: 'ignored', rule: 'watchers.unreadable' },
      ]);
    const sealing = { crypto: w.crypto, cipher: nobleChaCha20Poly1305 };
    const stranger = linkOf(sealing, bytes32<SecretKey>(0x99), w.crypto.publicKey(remote.secret));
    const bytes = seal(sealing, stranger.toWatcher, new Uint8Array(30));
    expect(fullWatcherStep(remote.env, remote.state, { kind: 'received', bytes }).effects[0]?.kind).toBe('ignored');
  });

  it('of a device are not words of a watcher: nothing can be sent back', () => {
    expect(device.input({ kind: 'received', watcher: 'one', bytes: begin })).toMatchObject([{ kind: 'distrusted' }]);
  });

  it('that say the same are the same bytes, and what says something else has another nonce', () => {
    const sealing = { crypto: w.crypto, cipher: nobleChaCha20Poly1305 };
    const { toWatcher } = remote.env.link;
    const nonces = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const plaintext = Uint8Array.of(n, 1, 2, 3);
      const sealed = seal(sealing, toWatcher, plaintext);
      expect(seal(sealing, toWatcher, plaintext)).toEqual(sealed);
      expect(open(sealing, toWatcher, sealed)).toEqual(plaintext);
      nonces.add(sealed.slice(2, 14).join());
    }
    expect(nonces.size).toBe(50);
  });
});
