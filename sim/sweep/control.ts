import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import type { Hash32, Hex } from '../../core/crypto/bytes.ts';
import { encodeMessage, messageRegistry } from '../../core/wire/messages/index.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { NOBODYS } from '../violations/control-messages.ts';
import { CLOSE, FAIL_OR_CLOSE, IGNORE } from '../violations/tampering-table.ts';
import type { Scene } from '../violations/tampering-table.ts';
import type { Asks, Cell, EdgesOf } from './cell.ts';

/** BOLT 1: init, and what may come at any moment. */

const OTHER_CHAIN = 'c4'.repeat(32) as Hash32;
/** BOLT 1: one that asks for so many bytes or more asks for no answer. */
const NO_PONG = 65_532;

/** The same features with a bit more, however far up. */
function withBit(features: Hex, bit: number): Hex {
  const bytes = fromHex(features);
  const wide = new Uint8Array(Math.max(bytes.length, (bit >> 3) + 1));
  wide.set(bytes, wide.length - bytes.length);
  const at = wide.length - 1 - (bit >> 3);
  wide[at] = (wide[at] ?? 0) | (1 << (bit & 7));
  return toHex<Hex>(wide);
}

const UNKNOWN_EVEN = 1000;
const OPTION_ZEROCONF = 51;

export const init: EdgesOf<'init'> = {
  // "MUST NOT set features greater than 13 in globalfeatures", and "bitwise-OR of both": one that nobody knows counts wherever it is.
  globalfeatures: () => [
    ['empty', '' as Hex, 'accept'],
    ['an unknown odd bit', withBit('' as Hex, UNKNOWN_EVEN + 1), 'accept'],
    ['an unknown even bit', withBit('' as Hex, UNKNOWN_EVEN), CLOSE],
  ],
  features: (m) => [
    // BOLT 9: what is ASSUMED everybody has, whether they say so or not; we ask for no more.
    ['empty', '' as Hex, 'accept'],
    ['zeroes before them', `0000${m.features}` as Hex, 'accept'],
    ['an unknown odd bit', withBit(m.features, UNKNOWN_EVEN + 1), 'accept'],
    ['an unknown even bit', withBit(m.features, UNKNOWN_EVEN), CLOSE],
    ['option_zeroconf without option_scid_alias', withBit(m.features, OPTION_ZEROCONF), CLOSE],
  ],
  networks: (m) => [
    ['absent', undefined, 'accept'],
    ['another', [OTHER_CHAIN], CLOSE],
    ['another, too', [OTHER_CHAIN, ...(m.networks ?? [])], 'accept'],
    ['none', [], 'either'],
  ],
  remoteAddr: () => [
    ['empty', '' as Hex, 'accept'],
    ['nonsense', 'ffff' as Hex, 'accept'],
  ],
};

/** What comes between any two messages, once init has come. */
export function betweenCells(): readonly Cell[] {
  const cell = (name: string, asks: Asks, ...forged: readonly (Message | Uint8Array)[]): Cell => ({ name, message: 'any', asks, forged });
  const ping = (numPongBytes: number, ignored: Hex, asks: Asks): Cell =>
    cell(`ping: for ${numPongBytes}, of ${ignored.length / 2}`, asks, { type: 'ping', numPongBytes, ignored });
  return [
    ping(0, '' as Hex, 'accept'),
    ping(1, '00' as Hex, 'accept'),
    ping(NO_PONG - 1, '00' as Hex, 'accept'),
    ping(NO_PONG, '00' as Hex, IGNORE),
    ping(0xffff, '00' as Hex, IGNORE),
    ping(2, 'ff'.repeat(1000) as Hex, 'accept'),
    cell('pong: nobody asked for it', 'either', { type: 'pong', ignored: '' as Hex }),
    cell('error: of nobody’s channel, without words', IGNORE, { type: 'error', channelId: NOBODYS, data: '' as Hex }),
    cell('warning: of nobody’s channel, without words', IGNORE, { type: 'warning', channelId: NOBODYS, data: '' as Hex }),
    ...['00', '7f', 'ff', '0a', 'c3'].map((data) =>
      cell(`warning: ${data}`, IGNORE, { type: 'warning', channelId: NOBODYS, data: data as Hex }),
    ),
    cell('nothing at all', CLOSE, new Uint8Array()),
    cell('a byte', CLOSE, Uint8Array.of(0)),
    cell('the first type', CLOSE, Uint8Array.of(0, 0)),
    cell('the last even type', CLOSE, Uint8Array.of(0xff, 0xfe)),
    cell('the last type', IGNORE, Uint8Array.of(0xff, 0xff)),
    ...nobodysFeatures().map(({ name, type, bytes }) => {
      // BOLT 1: an even type that is not understood ends the connection, an odd one says nothing.
      const asks: Asks = type % 2 === 1 ? ['ignore', 'answer', 'warn'] : ['ignore', 'answer', 'warn', ...FAIL_OR_CLOSE];
      return { name: `${name}: nobody has negotiated it`, message: name, asks, forged: [bytes] };
    }),
  ];
}

/** Messages of features that no node of a sweep has, cut off after their type and a few bytes. */
function nobodysFeatures() {
  return messageRegistry
    .filter(({ features }) => features.length > 0 && !features.includes('gossip_queries'))
    .map(({ name, type }) => ({ name, type, bytes: Uint8Array.of(type >> 8, type & 0xff, 1, 2, 3) }));
}

/** What becomes of the message that is next by a record that nobody knows, or by its end. */
export function frameCells({ bytes, message }: Scene): readonly Cell[] {
  if (message === undefined) return [];
  const written = encodeMessage(message);
  const cell = (name: string, asks: Asks, forged: Uint8Array): Cell => ({ name, message: message.type, asks, forged: [forged] });
  const broken = message.type === 'init' ? CLOSE : FAIL_OR_CLOSE;
  return [
    cell('an unknown odd record after it', 'accept', Uint8Array.of(...written, 0xfe, 0, 1, 0, 1, 0)),
    cell('the last odd record after it', 'accept', Uint8Array.of(...written, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 7)),
    cell('an unknown even record after it', broken, Uint8Array.of(...written, 0xfe, 0, 1, 0, 0, 0)),
    cell('a record cut off after it', broken, Uint8Array.of(...written, 0xfe, 0, 1, 0, 1, 9)),
    cell('records upside down after it', broken, Uint8Array.of(...written, 0xfe, 0, 1, 0, 3, 0, 0xfe, 0, 1, 0, 1, 0)),
    cell('a type written too long after it', broken, Uint8Array.of(...written, 0xfd, 0, 0x67, 0)),
    cell('its last byte missing', broken, bytes.slice(0, -1)),
    cell('nothing but its type', broken, bytes.slice(0, 2)),
    cell('cut in its first field', broken, bytes.slice(0, 3)),
  ];
}
