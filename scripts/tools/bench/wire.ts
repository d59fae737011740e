/// <reference types="node" />
import { join } from 'node:path';
import { nobleChaCha20Poly1305 } from '../../../core/crypto/chacha20poly1305.ts';
import type { SecretKey } from '../../../core/crypto/bytes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import { accept, dial, receive } from '../../../core/transport/session.ts';
import { decodeMessage, encodeMessage } from '../../../core/wire/messages/index.ts';
import type { Message } from '../../../core/wire/messages/index.ts';
import { inputsOf } from '../../../fuzz-targets/engines/property.ts';
import { GuidedFuzzer } from '../../../fuzz-targets/engines/guided.ts';
import { readCorpus } from '../../../fuzz-targets/host/corpus-files.ts';
import { instrumented, loadInstrumented } from '../../../fuzz-targets/host/instrument.ts';
import { anyMessageTarget } from '../../../fuzz-targets/messages.ts';
import { fuzzTargets } from '../../../fuzz-targets/registry.ts';
import type { FuzzTarget } from '../../../fuzz-targets/target.ts';
import { stream } from '../../../sim/deterministic/random.ts';
import fc from 'fast-check';
import { compiledFile, packageRoot } from '../../node/package-files.ts';
import type { Figure, Rate } from './measure.ts';
import { rateOf } from './measure.ts';

const corpus = join(packageRoot(), 'corpus');

function figure(name: string, crypto: string, { perSecond: value, cpuShare }: Rate, unit: string, factor = 1): Figure {
  return { name, crypto, value: value * factor, unit, cpuShare };
}

/** One of every message, as the corpus has them. */
export function codecSpeed(seconds: number): readonly Figure[] {
  const bytes = readCorpus(anyMessageTarget, corpus).map((seed) => seed.bytes);
  const messages = bytes.flatMap((one): readonly Message[] => {
    const decoded = decodeMessage(one);
    return decoded.ok ? [decoded.message] : [];
  });
  const megabytes = bytes.reduce((sum, { length }) => sum + length, 0) / 1e6;
  const decoding = rateOf(() => bytes.forEach((one) => decodeMessage(one)), seconds);
  const encoding = rateOf(() => messages.forEach((one) => encodeMessage(one)), seconds);
  return [
    figure('decode one of each message', '', decoding, 'MB/s', megabytes),
    figure('encode one of each message', '', encoding, 'MB/s', megabytes),
  ];
}

/** Both ends of it, three acts. */
export function handshakes(crypto: Crypto, seconds: number): Figure {
  const env = { crypto, cipher: nobleChaCha20Poly1305 };
  const secret = (n: number): SecretKey => n.toString(16).padStart(64, '0') as SecretKey;
  const remoteStatic = crypto.publicKey(secret(2));
  let n = 10;
  const rate = rateOf(() => {
    const dialled = dial(env, { staticSecret: secret(1), remoteStatic, ephemeralSecret: secret(n++) });
    const second = receive(env, accept(env, { staticSecret: secret(2), ephemeralSecret: secret(n++) }), dialled.send);
    const third = receive(env, dialled.session, second.send ?? new Uint8Array(0));
    const last = receive(env, second.session, third.send ?? new Uint8Array(0));
    if (last.session.kind !== 'open' || third.session.kind !== 'open') throw new Error('the handshake failed');
  }, seconds);
  return figure('handshakes, both ends', crypto.name, rate, 'handshakes/s');
}

/** Of the many targets, one of each kind. */
const SHOWN = [
  'message-open_channel',
  'any-message',
  'tlv-stream',
  'bigsize',
  'features',
  'init',
  'handshake',
  'two-parties',
  'stored-channel',
  'scenario-file',
  'node',
  'consistency',
];

/** Executions a second, the making of inputs included: of each engine in one thread. */
export async function fuzzingSpeed(seconds: number): Promise<readonly Figure[]> {
  const root = packageRoot();
  const { targets, fresh } = await loadInstrumented(
    instrumented(compiledFile('fuzz-targets/registry.js'), root, join(root, 'build', 'fuzz')),
  );
  const named = (all: readonly FuzzTarget[], name: string): FuzzTarget => all.find((target) => target.name === name) as FuzzTarget;
  return SHOWN.flatMap((name) => {
    const plain = named(fuzzTargets, name);
    const seeds = readCorpus(plain, corpus).map(({ bytes }) => bytes);
    let drawn: Uint8Array[] = [];
    const property = rateOf(() => {
      if (drawn.length === 0) drawn = fc.sample(inputsOf(plain), { numRuns: 100, seed: 1 });
      plain.fuzz(drawn.pop() as Uint8Array);
    }, seconds);
    const random = stream('1', name);
    const loop = new GuidedFuzzer(named(targets, name), fresh(), seeds, (n) => random.int(n));
    const guided = rateOf(() => void loop.step(), seconds);
    return [figure(`fuzz ${name}, fast-check`, '', property, 'executions/s'), figure(`fuzz ${name}, jsfuzz`, '', guided, 'executions/s')];
  });
}
