import type { Hex } from '../crypto/bytes.ts';
import { fromHex } from '../crypto/bytes.ts';
import { bytes, decode, restArray, u16, u8, union, variant } from '../wire/codec.ts';
import type { Codec, TypeOf } from '../wire/codec.ts';
import { WireFailure } from '../wire/reader-writer.ts';

/** BOLT 7: a host name of ASCII characters behind its length. */
const hostname: Codec<string> = {
  schema: { kind: 'utf8', max: 255 },
  minSize: 1,
  read(reader) {
    const text = String.fromCharCode(...reader.blob(reader.u8()));
    if (!isAscii(text)) throw new WireFailure('bad-value', 'a host name that is not ASCII');
    return text;
  },
  write(writer, value) {
    if (!isAscii(value) || value.length > 255) throw new RangeError(`${value} is no host name of ASCII characters`);
    u8.write(writer, value.length);
    for (let i = 0; i < value.length; i++) writer.u8(value.charCodeAt(i));
  },
};

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** BOLT 7, address descriptors of node_announcement, by their types. */
const addressCodec = union('kind', {
  ipv4: variant(1, { address: bytes(4), port: u16 }),
  ipv6: variant(2, { address: bytes(16), port: u16 }),
  /** Nobody announces one any more. */
  tor_v2: variant(3, { address: bytes(10), port: u16 }),
  tor_v3: variant(4, { address: bytes(35), port: u16 }),
  hostname: variant(5, { hostname, port: u16 }),
});
export type NodeAddress = TypeOf<typeof addressCodec>;
export const addressesCodec = restArray(addressCodec);

const ORDER: readonly NodeAddress['kind'][] = ['ipv4', 'ipv6', 'tor_v2', 'tor_v3', 'hostname'];
const HIGHEST_TYPE = 5;

/** BOLT 7, the origin: in ascending order. Throws a RangeError for a port of 0, and for two host names. */
export function sortedAddresses(addresses: readonly NodeAddress[]): readonly NodeAddress[] {
  if (addresses.some(({ port }) => port === 0)) throw new RangeError('a port of 0');
  if (addresses.filter(({ kind }) => kind === 'hostname').length > 1) throw new RangeError('two host names');
  return [...addresses].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/**
 * BOLT 7, the receiver: the addresses that may be connected to, up to the first of a type that isn't known: without those of port 0, Tor v2 ones, and all host names but the
 * first. Undefined where a known one is cut off.
 */
export function readAddresses(addresses: Hex): readonly NodeAddress[] | undefined {
  const found = knownAddresses(addresses);
  const name = found?.find(({ kind }) => kind === 'hostname');
  return found?.filter((one) => one.port !== 0 && one.kind !== 'tor_v2' && (one.kind !== 'hostname' || one === name));
}

/** BOLT 7: "if more than one type 5 address is announced: MUST not forward the node_announcement". */
export function hasSeveralHostnames(addresses: Hex): boolean {
  const names = knownAddresses(addresses)?.filter(({ kind }) => kind === 'hostname');
  return names !== undefined && names.length > 1;
}

function knownAddresses(addresses: Hex): readonly NodeAddress[] | undefined {
  const all = fromHex(addresses);
  const found: NodeAddress[] = [];
  for (let at = 0; at < all.length;) {
    const type = all[at] as number;
    if (type === 0 || type > HIGHEST_TYPE) break;
    const size = sizeOf(all, at);
    const one = decode(addressCodec, all.subarray(at, at + size));
    if (!one.ok) return undefined;
    found.push(one.value);
    at += size;
  }
  return found;
}

/** Of a known descriptor with its type, by what BOLT 7 says of each. */
function sizeOf(all: Uint8Array, at: number): number {
  const sizes = [0, 6, 18, 12, 37, (all[at + 1] ?? 0) + 3] as const;
  return 1 + (sizes[all[at] as number] ?? 0);
}
