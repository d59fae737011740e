import { toHex } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function writeWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}

const NAMES = new Map<string, number>();
/** A project that invents names without end must not fill the memory. */
const MAX_NAMES = 4096;

/** 32 bits of a name: of no order in which names come, so that every process has the same. */
function learn(name: string): number {
  const hash = new RunningHash();
  hash.text(name);
  const word = hash.low();
  if (NAMES.size < MAX_NAMES) NAMES.set(name, word);
  return word;
}

/** A running hash of 64 bits for traces, stream seeds and visited states: fast, the same on every platform, of no cryptographic worth. */
export class RunningHash {
  private a: number;
  private b: number;
  private count: number;

  constructor(from?: RunningHash) {
    this.a = from?.a ?? 0x2545f491;
    this.b = from?.b ?? 0x4f6cdd1d;
    this.count = from?.count ?? 0;
  }

  /** Mixes in the low 32 bits of an integer. */
  word(n: number): void {
    const k = rotate(Math.imul(n, 0xcc9e2d51), 15);
    this.a = (Math.imul(rotate(this.a ^ k, 13), 5) + 0xe6546b64) | 0;
    this.b = rotate(Math.imul((this.b + n) | 0, 0x85ebca6b), 17) ^ this.a;
    this.count = (this.count + 1) | 0;
  }

  /** A non-negative safe integer. */
  number(n: number): void {
    this.word(n);
    if (n > 0xffffffff) this.word(Math.floor(n / 0x100000000));
  }

  bigint(n: bigint): void {
    this.text(n.toString());
  }

  text(s: string): void {
    for (let i = 0; i < s.length; i++) this.word(s.charCodeAt(i));
    this.word(s.length);
  }

  /** A word of the simulator's own vocabulary, or a name of a scenario: one of few, that come again and again. Equal to no `text`. */
  name(name: string): void {
    this.word(NAMES.get(name) ?? learn(name));
  }

  bytes(bytes: Uint8Array): void {
    const whole = bytes.length & ~3;
    for (let i = 0; i < whole; i += 4) {
      this.word(
        (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24),
      );
    }
    for (let i = whole; i < bytes.length; i++) this.word(bytes[i] as number);
    this.word(bytes.length);
  }

  /** Half of it. */
  low(): number {
    return this.a ^ this.b;
  }

  /** The hash as 16 bytes: both halves, and both again after one more round. */
  state(): Uint8Array {
    // Byte by byte: buffers and views cost more than all of it.
    const out = new Uint8Array(16);
    const end = new RunningHash(this);
    for (let at = 0; at < 16; at += 8) {
      end.word(end.count);
      writeWord(out, at, end.a);
      writeWord(out, at + 4, end.b);
    }
    return out;
  }

  /** Hex of 32 bytes, for people and files. */
  digest(crypto: Pick<Crypto, 'sha256'>): string {
    return toHex(crypto.sha256(this.state()));
  }

  key(): string {
    return toHex(this.state());
  }
}
