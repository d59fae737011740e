import { describe, expect, it } from 'vitest';
import type { ChannelId, Hash32 } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { secretOf } from '../channel/updates.fixture.ts';
import { Log } from '../monitor/log.ts';
import { Watching } from '../monitor/watching.fixture.ts';
import * as codec from '../wire/codec.ts';
import type { Codec, Result } from '../wire/codec.ts';
import { claimVersion, hexLines } from '../wire/stored.fixture.ts';
import type { BlindChannel } from './blind.ts';
import { wordsToDevice, wordsToWatcher } from './messages.ts';
import type { ToDevice, ToWatcher } from './messages.ts';
import { openCopy, sealCopy } from './node-copy.ts';
import type { NodeCopy } from './node-copy.ts';
import { bundlesFor } from './penalties.ts';
import { open, SEAL_VERSION } from './seal.ts';
import { bundleCodec } from './sealed-penalties.ts';
import { noUpdates, signHeld } from './statements.ts';
import {
  decodeBlindChannel,
  decodeEpoch,
  decodeFullChannel,
  encodeBlindChannel,
  encodeEpoch,
  encodeFullChannel,
  WATCHED_VERSION,
} from './stored-form.ts';
import { createClaimSigner } from '../monitor/claim-signer.ts';
import { BLIND_POLICY, BlindEnd, Device, DESTINATION, RemoteEnd } from './watched.fixture.ts';
import type { FullChannel } from './watchers-vocabulary.ts';

/** A channel with a payment on its way and a revoked commitment that the chain has, and a watcher of each kind. */
function breached() {
  const w = new Watching('anchors');
  w.ends.opener.awake = false;
  const remotes = [new RemoteEnd(w, 'full', 0x61), new BlindEnd(w, 'blind', 0x65)] as const;
  const device = new Device(w, remotes, 2);
  device.carry();
  w.pay('opener', 1);
  const revoked = w.commitmentOf('accepter');
  w.pay('accepter', 2);
  device.tell();
  device.carry();
  const told = w.chain.mineWith([revoked]);
  for (const remote of remotes) remote.chain(told);
  const [full, blind] = remotes;
  return {
    w,
    device,
    full: full.state.channels.get(w.channelId) as FullChannel,
    blind: blind.state.channels.get(w.channelId) as BlindChannel,
    remote: full,
  };
}

const { w, device, full, blind, remote } = breached();
const { channelId } = w;
const { epoch } = device.state;
const SEED = '55'.repeat(32) as Hash32;
const COPY: NodeCopy = {
  tip: w.chain.at(103),
  feeratePerKw: 1000,
  channels: [{ channelId, bytes: '000a00ff' }],
  feeds: [...device.kept.values()].map((kept) => ({ channelId: kept.channelId, base: kept.base })),
};
const { prefix, mandate, watcher } = full;
const held = signHeld(w.crypto, remote.secret, epoch, channelId, prefix);
const copy = { ...prefix, knowledge: watcher.knowledge };
const answered = { answers: 7, epoch };
const spoken = { serial: 7, epoch };

const TO_WATCHER: readonly ToWatcher[] = [
  { ...spoken, kind: 'begin' },
  { ...spoken, kind: 'join', channelId, mandate, copy: undefined },
  { ...spoken, kind: 'join', channelId, mandate, copy },
  { ...spoken, kind: 'update', channelId, number: 1, content: { kind: 'update', update: device.updates[0] as never } },
  { ...spoken, kind: 'update', channelId, number: 9, content: { kind: 'penalties', bundles: blind.penalties.log.first(1) } },
  { ...spoken, kind: 'update', channelId, number: 2, content: { kind: 'nothing' } },
  { ...spoken, kind: 'leave', channelId },
  { ...spoken, kind: 'fetch', channelId },
];
const TO_DEVICE: readonly ToDevice[] = [
  { ...answered, kind: 'begun', held: [held] },
  { ...answered, kind: 'holds', held },
  { ...answered, kind: 'superseded' },
  { ...answered, kind: 'lacks', held },
  { ...answered, kind: 'unknown', channelId },
  { ...answered, kind: 'left', channelId },
  { ...answered, kind: 'copy', channelId, copy },
  { ...answered, kind: 'preimage', channelId, preimage: secretOf(1).preimage },
];

function bundleBytes(): Uint8Array {
  const signer = createClaimSigner(w.crypto, (keysId) => w.duo.signers.opener.claimSecrets(keysId));
  const maker = { signer, policy: BLIND_POLICY, destination: DESTINATION };
  const [made] = bundlesFor(w.crypto, maker, device.knowledge(), 1n);
  return codec.encode(bundleCodec, made?.bundle as never);
}

/** Bytes lie in corpus/stored/watched-<version>, for as long as that version is read. */
function kept(name: string, bytes: Uint8Array): Promise<void> {
  return expect(hexLines(bytes)).toMatchFileSnapshot(`../../corpus/stored/watched-${WATCHED_VERSION}/${name}.hex`) as Promise<void>;
}

function again<T>(
  name: string,
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Result<T>,
  encode: (value: T) => Uint8Array,
): Promise<void> {
  const decoded = decode(bytes);
  expect(decoded.ok && toHex(encode(decoded.value))).toBe(toHex(bytes));
  for (const cut of [bytes.subarray(0, -1), Uint8Array.of(...bytes, 0)]) expect(decode(cut).ok).toBe(false);
  return kept(name, bytes);
}

function through<T>(of: Codec<T>): readonly [(bytes: Uint8Array) => Result<T>, (value: T) => Uint8Array] {
  return [(bytes) => codec.decode(of, bytes), (value) => codec.encode(of, value)];
}

describe('what watchers elsewhere keep', () => {
  it('keeps its bytes, and is read back: a full watcher’s', () =>
    again('full-channel', encodeFullChannel(full), decodeFullChannel, encodeFullChannel));
  it('a blind one’s', () => again('blind-channel', encodeBlindChannel(blind), decodeBlindChannel, encodeBlindChannel));
  it('an epoch', () => again('epoch', encodeEpoch(epoch), decodeEpoch, encodeEpoch));
  it('penalties', () => again('penalties', bundleBytes(), ...through(bundleCodec)));

  it.each([0, WATCHED_VERSION + 1])('of form %i is refused by name', (version) => {
    const bytes = encodeFullChannel(full);
    claimVersion(bytes, version);
    expect(decodeFullChannel(bytes)).toMatchObject({ ok: false, error: { field: 'version' } });
  });

  it('with a commitment that the logs have nothing of is refused', () => {
    const { knowledge } = watcher;
    const bad = {
      ...full,
      watcher: { ...watcher, knowledge: { ...knowledge, logs: { ...knowledge?.logs, opener: new Log() } } },
    };
    expect(decodeFullChannel(encodeFullChannel(bad as FullChannel))).toMatchObject({ ok: false, error: { kind: 'bad-value' } });
  });
});

describe('words', () => {
  it.each(TO_WATCHER.map((words, at) => [`to-watcher-${at}-${words.kind}`, words] as const))('%s keep their bytes', (name, words) =>
    again(name, codec.encode(wordsToWatcher, words), ...through(wordsToWatcher)),
  );

  it.each(TO_DEVICE.map((words, at) => [`to-device-${at}-${words.kind}`, words] as const))('%s keep their bytes', (name, words) =>
    again(name, codec.encode(wordsToDevice, words), ...through(wordsToDevice)),
  );
});

describe('a sealed copy of a node', () => {
  it('keeps its bytes, and is opened by the same seed alone', () => {
    const sealed = sealCopy(device.env, SEED, COPY);
    expect(openCopy(device.env, SEED, sealed)).toEqual({ ok: true, value: COPY });
    expect(openCopy(device.env, '56'.repeat(32) as Hash32, sealed)).toBeUndefined();
    expect(toHex(sealed)).not.toContain(channelId satisfies ChannelId);
    return kept('sealed-copy', sealed);
  });

  it('of another version of the seal is not opened', () => {
    const sealed = sealCopy(device.env, SEED, COPY);
    claimVersion(sealed, SEAL_VERSION + 1);
    expect(openCopy(device.env, SEED, sealed)).toBeUndefined();
    expect(open(device.env, device.env.watchers[0]!.link.toWatcher, fromHex('0001'))).toBeUndefined();
  });
});

describe('the end of a hash chain', () => {
  it('is another for another channel', () => {
    expect(noUpdates(w.crypto, channelId).chain).not.toBe(noUpdates(w.crypto, '00'.repeat(32) as ChannelId).chain);
  });
});
