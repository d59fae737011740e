import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import type { AskedOfReceiver } from '../scenario/types.ts';
import type { Forged, Scene } from '../violations/tampering-table.ts';

/**
 * What must happen. `accept`: nothing is wrong with it, nobody complains. `either`: BOLT leaves it to the receiver whether anything is wrong; that it
 * throws, or lets it touch anybody else's channel, is wrong in any case.
 */
export type Asks = readonly AskedOfReceiver[] | 'accept' | 'either';

/** One thing that may arrive at one moment, and what must happen then. */
export interface Cell {
  /** What arrives: a message's field and its value, or what is strange about the message. */
  readonly name: string;
  readonly message: string;
  readonly asks: Asks;
  readonly forged: readonly Forged[];
}

export type Of<N extends MessageName> = Extract<Message, { type: N }>;
type FieldOf<N extends MessageName> = Exclude<keyof Of<N>, 'type' | 'unknownTlvs'>;

/** One value of a field, by a name for people; with other fields that it takes so that it breaks this rule and no other. */
export type Edge<N extends MessageName, F extends FieldOf<N>> = readonly [
  name: string,
  value: Of<N>[F] | undefined,
  asks: Asks,
  others?: Partial<Of<N>>,
];

/** Every field of a message at the edges of what it may be: what breaks a rule by one, and what just doesn't. */
export type EdgesOf<N extends MessageName> = {
  readonly [F in FieldOf<N>]-?: (message: Of<N>, scene: Scene) => readonly Edge<N, F>[];
};

/** The cells of a message that is about to arrive. A value that the message has anyway is none. */
export function edgeCells<N extends MessageName>(message: Of<N>, edges: EdgesOf<N>, scene: Scene): readonly Cell[] {
  const fields = Object.entries(edges) as [FieldOf<N>, (message: Of<N>, scene: Scene) => readonly Edge<N, FieldOf<N>>[]][];
  return fields.flatMap(([field, at]) =>
    at(message, scene).flatMap(([name, value, asks, others]): readonly Cell[] => {
      if (others === undefined && value === message[field]) return [];
      const forged = { ...message, ...others, [field]: value } as Of<N>;
      if (value === undefined) delete (forged as Record<string, unknown>)[field as string];
      return [{ name: `${String(field)}: ${name}`, message: message.type, asks, forged: [forged] }];
    }),
  );
}

/** Numbers that a field of this many bits may have, whatever it means. */
export function extremes<V extends number | bigint>(most: V, asks: { readonly zero: Asks; readonly one: Asks; readonly most: Asks }) {
  const of = (value: number): V => (typeof most === 'bigint' ? BigInt(value) : value) as V;
  return [
    ['zero', of(0), asks.zero],
    ['one', of(1), asks.one],
    ['the most', most, asks.most],
  ] as const;
}

export const U16 = 0xffff;
export const U32 = 0xffff_ffff;
export const U64 = 0xffff_ffff_ffff_ffffn;
