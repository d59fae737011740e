import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import { messageRegistry } from '../../core/wire/messages/index.ts';

/**
 * The language of the full-node target. Bytes are operations of four bytes each: what, and three arguments. Every string of bytes is a
 * scenario, and every scenario has its text, an operation a line.
 */
export const WIDTH = 4;

/** Worlds to start from, so that short inputs get far. */
export const PROLOGUES = ['nothing', 'connected', 'open', 'paying'] as const;
export type Prologue = (typeof PROLOGUES)[number];

/** Of an argument: one byte; `wide` has two; `data` is a count of following groups of four bytes. */
type Kind = 'who' | 'channel' | 'number' | 'wide' | 'message' | 'prologue' | 'data';

const OPERATIONS = {
  /** Only as the first operation. */
  from: ['prologue'],
  // the wire: `who` is one of the peers that the fuzzer plays
  dial: ['who'],
  call: ['who'],
  hangup: ['who'],
  /** The peer sends whatever the protocol expects of it next, until nothing is due. */
  play: ['who'],
  /** The peer sends this message, filled in to be right; the number chooses among channels, HTLCs and amounts. */
  say: ['who', 'message', 'number'],
  /** The peer's next message has one field changed: which, and how. */
  alter: ['who', 'number', 'number'],
  /** A message of any bytes, encrypted as it should be. */
  raw: ['who', 'data'],
  /** Bytes on the wire. */
  noise: ['who', 'data'],
  /** A bit of what the peer sends next is flipped on the way. */
  flip: ['who', 'wide'],
  /** From now on, bytes of the peer arrive in fragments of this size; 0 is all at once. */
  cut: ['who', 'number'],
  /** From now on the peer reads nothing. */
  stall: ['who'],
  /** It reads so many hundred bytes, and goes on reading when that is 0. */
  read: ['who', 'number'],
  // the surroundings
  block: ['number'],
  mine: [],
  /** A block with a transaction that spends the channel's funding: bit 0, to where a mutual close pays; bit 1, as a commitment would. */
  spend: ['channel', 'number'],
  time: ['wide'],
  feerate: ['wide'],
  /** From now on stores don't finish by themselves. */
  hold: [],
  stored: ['number'],
  release: [],
  /** The process dies and starts again; the bits say which unfinished stores were written after all. */
  crash: ['number'],
  // the user
  leave: ['who'],
  open: ['who', 'number'],
  accept: ['number'],
  reject: [],
  fund: ['number'],
  pay: ['channel', 'number'],
  claim: ['number'],
  fail: ['number'],
  malformed: ['number'],
  fee: ['channel', 'number'],
  commit: ['channel'],
  shutdown: ['channel', 'number'],
  close: ['channel'],
  acknowledge: ['channel'],
} as const satisfies Readonly<Record<string, readonly Kind[]>>;

export type OperationName = keyof typeof OPERATIONS;

/** An operation: numbers for its arguments in order, and the bytes that it carries. */
export interface Operation {
  readonly name: OperationName;
  readonly args: readonly number[];
  readonly data: Uint8Array;
}

export const PEERS = 3;
const names = Object.keys(OPERATIONS) as readonly OperationName[];
const kindsOf: Readonly<Record<OperationName, readonly Kind[]>> = OPERATIONS;
const NO_DATA = new Uint8Array(0);
const MAX_OPERATIONS = 120;

/** Byte values that mean the same are read as the smallest, so that text and bytes say the same. */
function reduced(kind: Kind, byte: number): number {
  if (kind === 'who') return byte % PEERS;
  if (kind === 'channel') return byte % 8;
  if (kind === 'message') return byte % messageRegistry.length;
  return kind === 'prologue' ? byte % PROLOGUES.length : byte;
}

export function parseBytes(bytes: Uint8Array): readonly Operation[] {
  const out: Operation[] = [];
  for (let at = 0; at + WIDTH <= bytes.length && out.length < MAX_OPERATIONS; at += WIDTH) {
    const name = names[(bytes[at] as number) % names.length] as OperationName;
    const args: number[] = [];
    let data = NO_DATA;
    let next = at + 1;
    for (const kind of kindsOf[name]) {
      const byte = bytes[next++] as number;
      if (kind === 'wide') args.push((byte << 8) | (bytes[next++] as number));
      else if (kind !== 'data') args.push(reduced(kind, byte));
      else {
        // The last argument trims to lengths that are no multiple of four.
        const groups = bytes.slice(at + WIDTH, at + WIDTH * (1 + byte));
        data = groups.slice(0, Math.max(0, groups.length - ((bytes[next++] as number) % WIDTH)));
        at += WIDTH * byte;
      }
    }
    out.push({ name, args, data });
  }
  return out;
}

/** Throws a RangeError for data that is too long: 1,020 bytes. */
export function toBytes(operations: readonly Operation[]): Uint8Array {
  const out: number[] = [];
  for (const { name, args, data } of operations) {
    const group = [names.indexOf(name)];
    const values = [...args];
    const groups = Math.ceil(data.length / WIDTH);
    if (groups > 255) throw new RangeError(`${name}: ${data.length} bytes of data, at most ${255 * WIDTH}`);
    for (const kind of kindsOf[name]) {
      if (kind === 'data') group.push(groups, groups * WIDTH - data.length);
      else if (kind === 'wide') group.push(...wide(values.shift() ?? 0));
      else group.push(values.shift() ?? 0);
    }
    while (group.length < WIDTH) group.push(0);
    out.push(...group, ...data);
    while (out.length % WIDTH !== 0) out.push(0);
  }
  return Uint8Array.from(out);
}

function wide(value: number): readonly [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function operationText({ name, args, data }: Operation): string {
  const words = kindsOf[name].map((kind, i) => {
    if (kind === 'data') return toHex(data) === '' ? '-' : toHex(data);
    const value = args[i] as number;
    if (kind === 'message') return messageRegistry[value]?.name ?? String(value);
    return kind === 'prologue' ? (PROLOGUES[value] as string) : String(value);
  });
  return [name, ...words].join(' ');
}

function parseWord(kind: Kind, word: string | undefined, line: string): number {
  const named =
    kind === 'message'
      ? messageRegistry.findIndex(({ name }) => name === word)
      : kind === 'prologue'
        ? (PROLOGUES as readonly string[]).indexOf(word ?? '')
        : /^\d+$/.test(word ?? '')
          ? Number(word)
          : -1;
  if (named < 0 || named > (kind === 'wide' ? 0xffff : 0xff)) throw new RangeError(`'${line}': ${word ?? 'nothing'} is no ${kind}`);
  return named;
}

/** One operation a line; `#` begins a comment. Throws a RangeError that quotes what can't be read. */
export function parseText(text: string): readonly Operation[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.flatMap((line): Operation[] => {
    if (line === '') return [];
    const [name, ...words] = line.split(/\s+/) as [OperationName, ...string[]];
    const kinds = kindsOf[name] as readonly Kind[] | undefined;
    if (kinds === undefined) throw new RangeError(`'${line}': there is no operation ${name}`);
    if (words.length !== kinds.length) throw new RangeError(`'${line}': ${name} takes ${kinds.join(', ') || 'nothing'}`);
    const args = kinds.flatMap((kind, i) => (kind === 'data' ? [] : [reduced(kind, parseWord(kind, words[i], line))]));
    const dataAt = kinds.indexOf('data');
    const data = dataAt < 0 || words[dataAt] === '-' ? NO_DATA : fromHex(words[dataAt] as string);
    return [{ name, args, data }];
  });
}

export function printText(operations: readonly Operation[]): string {
  return operations.map(operationText).join('\n');
}

export const operationNames = names;

/** For generators: how many values each argument of an operation has, `data` aside. */
export function argumentRanges(name: OperationName): readonly number[] {
  return kindsOf[name].flatMap((kind) => {
    if (kind === 'data') return [];
    if (kind === 'who') return [PEERS];
    if (kind === 'message') return [messageRegistry.length];
    if (kind === 'prologue') return [PROLOGUES.length];
    return [kind === 'wide' ? 0x10000 : kind === 'channel' ? 8 : 256];
  });
}

export function carriesData(name: OperationName): boolean {
  return (kindsOf[name] as readonly Kind[]).includes('data');
}
