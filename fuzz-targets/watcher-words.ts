import fc from 'fast-check';
import { fromHex, toHex } from '../core/crypto/bytes.ts';
import type { Hash32, Hex, Script } from '../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../core/crypto/chacha20poly1305.ts';
import { CommitmentCache } from '../core/monitor/commitment-cache.ts';
import { DEFAULT_CHAIN_POLICY } from '../core/monitor/policy.ts';
import { blindWatcherStep } from '../core/watchers/blind.ts';
import type { BlindChannel } from '../core/watchers/blind.ts';
import { createDevice, deviceStep } from '../core/watchers/device.ts';
import type { DeviceEnv } from '../core/watchers/device-vocabulary.ts';
import { fullWatcherStep } from '../core/watchers/full.ts';
import { linkOf } from '../core/watchers/link.ts';
import { toDevice, toWatcher, wordsToDevice, wordsToWatcher } from '../core/watchers/messages.ts';
import type { ToDevice, ToWatcher } from '../core/watchers/messages.ts';
import { openCopy, copyCodec, versionedCopy } from '../core/watchers/node-copy.ts';
import { createRemote } from '../core/watchers/remote.ts';
import { open, seal, SEAL_OVERHEAD, sealingKeys } from '../core/watchers/seal.ts';
import { bundleCodec } from '../core/watchers/sealed-penalties.ts';
import type { FullChannel, RemoteEnv } from '../core/watchers/watchers-vocabulary.ts';
import { decode, encode } from '../core/wire/codec.ts';
import type { Codec } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { createFakeCrypto } from '../sim/deterministic/fake-crypto.ts';
import { sameBytes } from '../sim/deterministic/bytes.ts';
import { arbitraryOf } from './arbitraries.ts';
import { keepsCodecPromises } from './codec-promises.ts';
import { dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { secretKey } from './transport-env.ts';

/** The first byte says how the rest is meant; as plaintext it is sealed first. */
const FORMS = ['to-watcher', 'to-device', 'penalties', 'copy', 'raw'] as const;
type Form = (typeof FORMS)[number];

const CODECS: Readonly<Record<Exclude<Form, 'raw'>, Codec<unknown>>> = {
  'to-watcher': wordsToWatcher,
  'to-device': wordsToDevice,
  penalties: bundleCodec,
  copy: versionedCopy,
};

const [DEVICE, WATCHER] = [secretKey(0x11), secretKey(0x22)];
const SEED = '66'.repeat(32) as Hash32;
const DESTINATION = ('0014' + 'dd'.repeat(20)) as Script;
const TIP = { height: 100, hash: '00'.repeat(32) as Hash32 };

function envs(): { readonly remote: RemoteEnv; readonly device: DeviceEnv } {
  const crypto = createFakeCrypto();
  const sealing = { crypto, cipher: nobleChaCha20Poly1305 };
  const link = linkOf(sealing, WATCHER, crypto.publicKey(DEVICE));
  const secrets = { revocation: DEVICE, payment: DEVICE, delayed: DEVICE, htlc: DEVICE };
  const watcher = { name: 'one', kind: 'full', key: crypto.publicKey(WATCHER), link } as const;
  return {
    remote: { ...sealing, link, secret: WATCHER, cache: new CommitmentCache(crypto), policy: DEFAULT_CHAIN_POLICY, feeratePerKw: 1000 },
    device: { ...sealing, watchers: [watcher], quorum: 1, destination: DESTINATION, secretsOf: () => secrets },
  };
}

function formOf(bytes: Uint8Array): Form {
  return FORMS[(bytes[0] ?? 0) % FORMS.length] as Form;
}

/** A watcher that learns everything takes the word of its device for what it says of a channel: what contradicts itself is the device's bug. */
function isUnjudged(words: ToWatcher): boolean {
  return words.kind === 'join' && words.copy !== undefined;
}

/** Nobody throws for what comes from a link, and nobody takes what was not sealed for it. */
function heard(form: Form, bytes: Uint8Array): void {
  const { remote, device } = envs();
  const started = createDevice(device, '77'.repeat(16) as Hex, []).state;
  const { toDevice: back, toWatcher: there } = remote.link;
  const keys = form === 'to-device' ? back : form === 'to-watcher' ? there : sealingKeys(remote, fromHex(SEED), form);
  const sealed = form === 'raw' ? bytes : seal(remote, keys, bytes);
  promise(form === 'raw' || sealed.length === bytes.length + SEAL_OVERHEAD, 'sealing adds what it says', () => `${sealed.length}`);
  const words = form === 'to-watcher' ? decode(wordsToWatcher, bytes) : undefined;
  if (words?.ok !== true || !isUnjudged(words.value)) {
    const full = fullWatcherStep(remote, createRemote<FullChannel>(TIP), { kind: 'received', bytes: sealed });
    const isTaken = full.effects.some(({ kind }) => kind === 'send');
    promise(isTaken || full.state.channels.size === 0, 'what a watcher ignores changes nothing', () => toHex(bytes));
    promise(form === 'to-watcher' || !isTaken, 'what was not sealed for a watcher is ignored', () => toHex(bytes));
  }
  blindWatcherStep(remote, createRemote<BlindChannel>(TIP), { kind: 'received', bytes: sealed });
  const answered = deviceStep(device, started, { kind: 'received', watcher: 'one', bytes: sealed });
  const isHeard = answered.state !== started || answered.effects.some(({ kind }) => kind !== 'distrusted');
  promise(form === 'to-device' || !isHeard, 'what was not sealed for a device changes nothing', () => toHex(bytes));
  promise(form !== 'raw' || openCopy(remote, SEED, bytes) === undefined, 'a copy is opened with its seed', () => toHex(bytes));
}

function tagged(form: Form, bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(FORMS.indexOf(form), ...bytes);
}

/** Knowledge is generated where it is stored: `stored-watcher`. */
function withoutKnowledge<W extends ToWatcher | ToDevice>(words: W): W {
  if (!('copy' in words) || words.copy === undefined) return words;
  return { ...words, copy: { ...words.copy, knowledge: undefined } };
}

export const watcherWordsTarget: FuzzTarget = {
  name: 'watcher-words',
  about: 'what a device and its watchers say to each other, penalties and copies of nodes, before and after they are sealed',
  maxLength: 4096,
  fuzz(bytes) {
    const form = formOf(bytes);
    const rest = bytes.slice(1);
    if (form !== 'raw') keepsPromises(CODECS[form], rest);
    if (form === 'raw')
      promise(open(envs().remote, envs().remote.link.toWatcher, rest) === undefined, 'a seal is not guessed', () => toHex(rest));
    heard(form, rest);
  },
  dictionary: [...dictionaryOf(toWatcher.schema), ...dictionaryOf(toDevice.schema), ...dictionaryOf(bundleCodec.schema)],
  structure: fc.oneof(
    arbitraryOf(toWatcher).map((words) => tagged('to-watcher', encode(wordsToWatcher, withoutKnowledge(words)))),
    arbitraryOf(toDevice).map((words) => tagged('to-device', encode(wordsToDevice, withoutKnowledge(words)))),
    arbitraryOf(bundleCodec).map((bundle) => tagged('penalties', encode(bundleCodec, bundle))),
    arbitraryOf(copyCodec).map((copy) => tagged('copy', encode(versionedCopy, copy))),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => tagged('raw', bytes)),
  ),
  describe(bytes) {
    const form = formOf(bytes);
    if (form === 'raw') return `raw: ${bytes.length - 1} bytes`;
    const words = decode(CODECS[form], bytes.slice(1));
    return words.ok ? `${form}: ${JSON.stringify(toJson(words.value as object))}` : `${form}: ${words.error.kind}, ${words.error.detail}`;
  },
  reaches(bytes) {
    const form = formOf(bytes);
    if (form === 'raw') return ['raw'];
    const words = decode(CODECS[form], bytes.slice(1));
    return words.ok
      ? [form, ...(typeof words.value === 'object' && words.value !== null && 'kind' in words.value ? [String(words.value.kind)] : [])]
      : [];
  },
};

/** Knowledge has more in memory than in bytes: how much is promised where it is stored. */
function keepsPromises(codec: Codec<unknown>, bytes: Uint8Array): void {
  const words = decode(codec, bytes);
  if (!words.ok || !('copy' in (words.value as object))) keepsCodecPromises(codec, bytes);
  else promise(sameBytes(encode(codec, words.value), bytes), 'decode, encode: the same bytes', () => toHex(bytes));
}
