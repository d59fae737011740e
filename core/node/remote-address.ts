import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';
import type { RemoteAddress } from '../peers/peers-vocabulary.ts';

/** BOLT 7: the types of address descriptors that an IP address can have. */
const IPV4 = 1;
const IPV6 = 2;
/** ::ffff:0:0/96, an IPv4 address as IPv6 sockets tell it. */
const MAPPED = '00000000000000000000ffff';

/** First bits of addresses that mean nothing to anybody else: private, shared, of the link or the host, of groups, reserved, of documentation. */
const PRIVATE_IPV4 = prefixes(
  '0/8 10/8 100.64/10 127/8 169.254/16 172.16/12 192.0.0/24 192.0.2/24 192.168/16 198.18/15 198.51.100/24 203.0.113/24 224/3',
);

function prefixes(text: string): readonly { readonly value: number; readonly bits: number }[] {
  return text.split(' ').map((prefix) => {
    const [address, bits] = prefix.split('/') as [string, string];
    return { value: ipv4Number(address.split('.').map(Number)), bits: Number(bits) };
  });
}

function ipv4Number(bytes: readonly number[]): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/**
 * BOLT 1, `remote_addr`: the address descriptor (BOLT 7) of where a peer came from. Undefined where it is no IP address of 4 or 16 bytes with a
 * port, and for a private one, which SHOULD NOT be told.
 */
export function addressDescriptor({ ip, port }: RemoteAddress): Hex | undefined {
  const plain = ip.startsWith(MAPPED) && ip.length === 32 ? ip.slice(MAPPED.length) : ip;
  const bytes = fromHex(plain);
  if (!Number.isInteger(port) || port < 1 || port > 65535 || isPrivate(bytes)) return undefined;
  return toHex(Uint8Array.of(bytes.length === 4 ? IPV4 : IPV6, ...bytes, port >> 8, port & 0xff));
}

function isPrivate(bytes: Uint8Array): boolean {
  if (bytes.length === 4) {
    const address = ipv4Number([...bytes]);
    return PRIVATE_IPV4.some(({ value, bits }) => address >>> (32 - bits) === value >>> (32 - bits));
  }
  // Only 2000::/3 is in use between networks; 2001:db8::/32 is for documentation.
  const [first = 0, second, third, fourth] = bytes;
  const documentation = first === 0x20 && second === 0x01 && third === 0x0d && fourth === 0xb8;
  return bytes.length !== 16 || first >> 5 !== 1 || documentation;
}
