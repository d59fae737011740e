import type { NodeInput, NodeState } from '../../../core/node/node-vocabulary.ts';

/**
 * What is built into the mutated core: which mutant is chosen, and the faults that are no edit of one place. Told apart by number; a fault says what
 * it is as data.
 */
export type Fault =
  /** The handler of a message throws when a field, named by its path, has this value. */
  | { readonly kind: 'edge'; readonly message: string; readonly path: readonly string[]; readonly value: EdgeValue }
  /** What is read back of a stored state lacks a field: it is as it was when its channel was first stored, or one version ago, or empty. */
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly as: 'first' | 'before' | 'reset' }
  /** A step throws when its input takes this turn. */
  | { readonly kind: 'input'; readonly input: string; readonly turn: string };

export type EdgeValue = { readonly number: string } | 'absent' | 'present' | 'empty' | 'zeroes';

type Bag = Record<string, unknown>;
type Decoded = { readonly ok: boolean; readonly message?: Bag };
type Stored = { readonly ok: boolean; readonly value?: Bag & { readonly channelId: string } };

/** Channels; worlds end, and are not told apart here. */
const MOST_REMEMBERED = 100;

export let chosenMutant = 0;
let fault: Fault | undefined;
/** What was last stored of a channel, and before that, and first. */
const remembered = new Map<string, { first: Bag; before: Bag; last: Bag }>();

export function choose(number: number, what?: Fault): void {
  chosenMutant = number;
  fault = what;
  remembered.clear();
  heard.clear();
}

/** Stands around the decoder of messages. */
export function trapped<A extends readonly unknown[], D extends Decoded>(decode: (...given: A) => D): (...given: A) => D {
  return (...given) => {
    const decoded = decode(...given);
    if (fault?.kind !== 'edge' || decoded.message?.['type'] !== fault.message) return decoded;
    if (isAt(valueAt(decoded.message, fault.path), fault.value)) throw new Error(`reached ${fault.message} ${fault.path.join('.')}`);
    return decoded;
  };
}

type Turns<K extends NodeInput['kind']> = Readonly<Record<string, (input: Extract<NodeInput, { kind: K }>, state: NodeState) => boolean>>;

/** What was last received of each peer; worlds end, and are not told apart here. */
const heard = new Map<string, Uint8Array>();

/** The turns that each input may take beside the usual one. */
export const INPUT_TURNS: { readonly [K in NodeInput['kind']]?: Turns<K> } = {
  chain: {
    again: ({ tip }, state) => tip.hash === state.tip.hash,
    'of another branch': ({ fork }, state) => fork.height < state.tip.height,
    'many at once': ({ tip }, state) => tip.height > state.tip.height + 1,
  },
  stored: {
    again: ({ sink, channelId, version }, { channels }) => {
      const slot = channels.get(channelId);
      return sink.kind === 'state' && slot !== undefined && version <= slot.storedVersion;
    },
    late: ({ sink, channelId, version }, { channels }) => {
      const slot = channels.get(channelId);
      return sink.kind === 'state' && slot !== undefined && version < slot.state.durability.version;
    },
    'of no channel': ({ channelId }, { channels }) => !channels.has(channelId),
    'out of order': ({ sink, channelId, version }, { channels }) => {
      const slot = channels.get(channelId);
      return sink.kind === 'state' && slot !== undefined && version > slot.storedVersion + 1;
    },
  },
  received: {
    again: ({ peer, bytes }) => {
      const last = heard.get(peer);
      heard.set(peer, bytes);
      return last !== undefined && last.length === bytes.length && last.every((byte, at) => byte === bytes[at]);
    },
    'without a connection': ({ peer }, { peers }) => !peers.has(peer),
  },
  connected: { again: ({ peer }, { peers }) => peers.has(peer) },
  disconnected: { 'without a connection': ({ peer }, { peers }) => !peers.has(peer) },
  time: { again: ({ nowMs }, state) => nowMs === state.nowMs, 'that goes back': ({ nowMs }, state) => nowMs < state.nowMs },
  signed: { 'of no channel': ({ channelId }, { channels }) => !channels.has(channelId) },
  command: {
    'acknowledges again': ({ command }, { channels }) => {
      if (command.kind !== 'acknowledge') return false;
      const state = channels.get(command.channelId)?.state;
      return state !== undefined && !state.host.events.some(({ id }) => id === command.eventId);
    },
    'of no channel': ({ command }, { channels, openings }) =>
      'channelId' in command && !channels.has(command.channelId) && openings.size === 0,
  },
};

/** Stands where a node's step begins. */
export function entered(state: NodeState, input: NodeInput): void {
  if (fault?.kind !== 'input' || fault.input !== input.kind) return;
  const turn = (INPUT_TURNS[input.kind] as Turns<never> | undefined)?.[fault.turn];
  if (turn?.(input as never, state) === true) throw new Error(`reached ${fault.input} ${fault.turn}`);
}

/** Stands where a state is stored. */
export function remembers<T>(state: T): T {
  if (fault?.kind !== 'field') return state;
  const bag = state as Bag;
  const id = String(bag['channelId']);
  const known = remembered.get(id);
  if (remembered.size > MOST_REMEMBERED) remembered.clear();
  // A number that goes back is another world's channel.
  if (known === undefined || versionOf(bag) < versionOf(known.first)) remembered.set(id, { first: bag, before: bag, last: bag });
  else if (versionOf(bag) > versionOf(known.last)) remembered.set(id, { first: known.first, before: known.last, last: bag });
  return state;
}

/** Stands around the decoding of a stored state. */
export function forgotten<D extends Stored>(decoded: D): D {
  if (fault?.kind !== 'field' || decoded.value === undefined) return decoded;
  const { path } = fault;
  if (fault.as === 'reset') {
    const now = valueAt(decoded.value, path);
    return now === MISSING ? decoded : { ...decoded, value: withValue(decoded.value, path, emptied(now)) };
  }
  const known = remembered.get(decoded.value.channelId);
  if (known === undefined) return decoded;
  const older = fault.as === 'first' ? known.first : known.before;
  const there = valueAt(older, path);
  return there === MISSING ? decoded : { ...decoded, value: withValue(decoded.value, path, there) };
}

const MISSING = Symbol('missing');

/** What a field has of whom nobody has told what it was. */
function emptied(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return 0;
    case 'bigint':
      return 0n;
    case 'boolean':
      return !value;
    case 'string':
      return /^[0-9a-f]+$/.test(value) ? value.replace(/./g, '0') : '';
    default:
      return Array.isArray(value) ? [] : undefined;
  }
}

function versionOf(state: Bag): number {
  return Number(valueAt(state, ['durability', 'version']));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return MISSING;
    at = (at as Bag)[name];
  }
  return at;
}

function withValue(value: unknown, [name, ...rest]: readonly string[], there: unknown): unknown {
  if (name === undefined) return there;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => (String(at) === name ? withValue(item, rest, there) : item));
  return { ...value, [name]: withValue((value as Bag)[name], rest, there) };
}

function isAt(value: unknown, edge: EdgeValue): boolean {
  if (value === MISSING) return false;
  if (edge === 'absent' || edge === 'present') return (value === undefined) === (edge === 'absent');
  if (value === undefined) return false;
  if (edge === 'empty') return (value as { readonly length?: number }).length === 0;
  if (edge === 'zeroes')
    return typeof value === 'string' ? /^(00)+$/.test(value) : value instanceof Uint8Array && value.every((byte) => byte === 0);
  return String(value) === edge.number;
}
