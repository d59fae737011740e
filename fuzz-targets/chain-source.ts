import fc from 'fast-check';
import { isChainRefusal, readChainInput } from '../core/chain/update.ts';
import { ascii, fromHex, toHex } from '../core/crypto/bytes.ts';
import type { Hash32, Script, Txid } from '../core/crypto/bytes.ts';
import { hash256 } from '../core/crypto/hashes.ts';
import { createNobleCrypto } from '../core/crypto/noble.ts';
import { readHeader } from '../core/bitcoin/header.ts';
import type { CoreEffect, CoreInput } from '../core/sources/core-source.ts';
import { coreStep, createCoreSource } from '../core/sources/core-source.ts';
import { createElectrumSource, electrumStep } from '../core/sources/electrum-source.ts';
import type { ElectrumEffect, ElectrumInput } from '../core/sources/electrum-state.ts';
import { createFilterSource, filterStep } from '../core/sources/filter-source.ts';
import type { FilterEffect, FilterInput } from '../core/sources/filter-state.ts';
import { NETWORKS } from '../core/sources/networks.ts';
import { DEFAULT_SOURCE_LIMITS } from '../core/sources/sources-vocabulary.ts';
import type { SourceEffect, SourceEnv, SourceInput, SourceStart } from '../core/sources/sources-vocabulary.ts';
import { sizeOf } from './size.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

/**
 * Input: which source, then records of what its servers say: an operation, two bytes of length, bytes. What nobody guesses is made: the number of
 * the question that is answered, the frame of a peer's message and its checksum. LATER: a minute passes first.
 */
const KINDS = ['rpc', 'rest', 'electrum', 'filters'] as const;
const COMMANDS = ['version', 'headers', 'cfheaders', 'cfilter', 'block', 'inv', 'ping', 'notfound', 'addr'] as const;
const LATER = 0x80;
const RAW = 0x40;
const PEERS = ['one', 'other'] as const;

const crypto = createNobleCrypto();
const env: SourceEnv = { crypto, network: NETWORKS.regtest, limits: { ...DEFAULT_SOURCE_LIMITS, maxAnswerBytes: 4096 } };
const genesis = NETWORKS.regtest.genesis;
const told = { height: 0, hash: (readHeader(crypto, fromHex(genesis)) as { hash: Hash32 }).hash };
const start: SourceStart = { told, base: { height: 0, header: genesis }, nowMs: 1_300_000_000_000 };
const WATCHED = `0020${'22'.repeat(32)}` as Script;
const watches: readonly SourceInput[] = [
  { kind: 'watch', watch: { kind: 'tx', txid: '33'.repeat(32) as Txid, script: WATCHED, fromHeight: 0 } },
  { kind: 'watch', watch: { kind: 'spend', outpoint: { txid: '33'.repeat(32) as Txid, vout: 1 }, script: WATCHED, fromHeight: 0 } },
];

interface Spoken {
  readonly op: number;
  readonly bytes: Uint8Array;
}

function recordsOf(bytes: Uint8Array): readonly Spoken[] {
  const records: Spoken[] = [];
  for (let at = 1; at + 3 <= bytes.length;) {
    const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    records.push({ op: bytes[at] as number, bytes: bytes.subarray(at + 3, at + 3 + length) });
    at += 3 + length;
  }
  return records;
}

type Step<S, I, E> = (env: SourceEnv, state: S, input: I) => { readonly state: S; readonly effects: readonly E[] };

/** Runs a source; what it asked is answered by the records, one after the other. */
class Spoke<S, I, E extends { readonly kind: string }> {
  readonly reached = new Set<string>();
  readonly asked: number[] = [];
  readonly #step: Step<S, I, E>;
  state: S;

  constructor(step: Step<S, I, E>, state: S) {
    this.#step = step;
    this.state = state;
    for (const input of watches) this.input(input);
  }

  input(input: I | SourceInput): void {
    const { state, effects } = this.#step(env, this.state, input as I);
    this.state = state;
    promise(effects.length < 200, 'a step asks for few things', () => `${effects.length} effects`);
    for (const effect of effects) this.#hear(effect);
  }

  #hear(effect: E | SourceEffect): void {
    this.reached.add(effect.kind);
    if ('rule' in effect) {
      this.reached.add(effect.rule);
      promise(effect.detail.length <= 300, 'troubles are short', () => effect.detail.slice(0, 400));
    }
    if ('input' in effect) {
      const update = readChainInput(crypto, effect.input);
      promise(!isChainRefusal(update), 'what is told fits together', () => JSON.stringify(effect.input));
      if (effect.input.tip.height > 0) this.reached.add('told');
      this.input({ kind: 'told' });
    }
    if ('id' in effect) this.asked.push(effect.id as number);
    if ('bytes' in effect)
      for (const [, id] of String.fromCharCode(...(effect.bytes as Uint8Array)).matchAll(/"id":([0-9]+)/g)) this.asked.push(Number(id));
  }

  size(): number {
    return sizeOf(this.state);
  }
}

function framed(command: string, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(24);
  head.set(fromHex(NETWORKS.regtest.magic));
  head.set(ascii(command), 4);
  new DataView(head.buffer).setUint32(16, payload.length, true);
  head.set(hash256(crypto, payload).subarray(0, 4), 20);
  return Uint8Array.of(...head, ...payload);
}

function run(bytes: Uint8Array): { readonly reached: ReadonlySet<string>; readonly before: number; readonly after: number } {
  const kind = KINDS[(bytes[0] ?? 0) % KINDS.length] as (typeof KINDS)[number];
  switch (kind) {
    case 'rpc':
    case 'rest': {
      const spoke = new Spoke<ReturnType<typeof createCoreSource>, CoreInput, CoreEffect>(coreStep, createCoreSource(env, kind, start));
      return speak(spoke, bytes, ({ op, bytes: body }) => {
        const id = spoke.asked.shift() ?? 0;
        spoke.input({ kind: 'answer', id, status: (op & RAW) !== 0 ? 500 : 200, body });
      });
    }
    case 'electrum': {
      const spoke = new Spoke<ReturnType<typeof createElectrumSource>, ElectrumInput, ElectrumEffect>(
        electrumStep,
        createElectrumSource(env, start),
      );
      spoke.input({ kind: 'connected' });
      return speak(spoke, bytes, ({ op, bytes: said }) => {
        const id = (op & RAW) === 0 ? spoke.asked.shift() : undefined;
        const line = id === undefined ? said : Uint8Array.of(...ascii(`{"id":${id},"result":`), ...said, ...ascii('}\n'));
        spoke.input({ kind: 'bytes', bytes: line });
      });
    }
    case 'filters': {
      const spoke = new Spoke<ReturnType<typeof createFilterSource>, FilterInput, FilterEffect>(filterStep, createFilterSource(env, start));
      for (const peer of PEERS) spoke.input({ kind: 'connected', peer });
      return speak(spoke, bytes, ({ op, bytes: said }) => {
        const command = COMMANDS[((op & 0x3f) >> 1) % COMMANDS.length] as string;
        spoke.input({ kind: 'bytes', peer: PEERS[op & 1] as string, bytes: (op & RAW) === 0 ? framed(command, said) : said });
      });
    }
  }
}

function speak<S, I, E extends { readonly kind: string }>(
  spoke: Spoke<S, I, E>,
  bytes: Uint8Array,
  say: (spoken: Spoken) => void,
): ReturnType<typeof run> {
  const before = spoke.size();
  let nowMs = start.nowMs;
  for (const spoken of recordsOf(bytes)) {
    if ((spoken.op & LATER) !== 0) spoke.input({ kind: 'time', nowMs: (nowMs += 61_000) });
    say(spoken);
  }
  return { reached: spoke.reached, before, after: spoke.size() };
}

export const chainSourceTarget: FuzzTarget = {
  name: 'chain-source',
  about: 'what servers say to a source of the chain: Bitcoin Core, Electrum, peers with compact filters',
  maxLength: 4096,
  fuzz(bytes) {
    const { before, after } = run(bytes);
    promise(
      after <= before + 64 * bytes.length + 4096,
      'a source keeps no more than it was told',
      () => `${before} became ${after} by ${bytes.length} bytes`,
    );
  },
  dictionary: [
    ...[
      '{"chain":"regtest","blocks":',
      '"bestblockhash":"',
      '{"height":',
      '"hex":"',
      'null',
      '[]',
      '"tx_hash":"',
      '"merkle":[',
      '"pos":',
      '"error":{"message":""}',
    ].map(ascii),
    fromHex(genesis),
    fromHex(told.hash),
    ...[0, 2, 4, 6, 8, 10].map((op) => Uint8Array.of(op, 0, 40)),
  ],
  structure: fc
    .tuple(
      fc.nat(3),
      fc.array(fc.tuple(fc.nat(255), fc.oneof(fc.uint8Array({ maxLength: 120 }), fc.constant(fromHex(genesis)))), { maxLength: 8 }),
    )
    .map(([kind, records]) => Uint8Array.of(kind, ...records.flatMap(([op, said]) => [op, said.length >> 8, said.length & 0xff, ...said]))),
  describe(bytes) {
    const said = recordsOf(bytes).map(({ op, bytes: part }) => `${op}: ${toHex(part).slice(0, 60)}`);
    return [KINDS[(bytes[0] ?? 0) % KINDS.length], ...said, [...run(bytes).reached].join(' ')].join('\n');
  },
  reaches(bytes) {
    return [...run(bytes).reached];
  },
};
