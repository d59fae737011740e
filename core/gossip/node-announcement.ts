import type { Hex, PublicKey, Signature } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { encode } from '../wire/codec.ts';
import { minimalFeatures } from '../wire/features.ts';
import type { NodeAnnouncement } from '../wire/messages/gossip.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { addressesCodec, readAddresses, sortedAddresses } from './addresses.ts';
import type { NodeAddress } from './addresses.ts';
import type { Unbelievable } from './rules.ts';
import { gossipHash } from './signing.ts';

const ALIAS_SIZE = 32;
const UNSIGNED = '00'.repeat(64) as Signature;

export interface NodeToAnnounce {
  readonly nodeId: PublicKey;
  /** Seconds since 1970; greater than that of any announcement before it. */
  readonly timestamp: number;
  readonly features: Hex;
  /** Red, green, blue: 3 bytes. */
  readonly rgbColor: Hex;
  /** At most 32 bytes of UTF-8. */
  readonly alias: string;
  readonly addresses: readonly NodeAddress[];
}

/** BOLT 7, the origin: to be signed over its `gossipHash`. Throws a RangeError for an alias that doesn't fit, a port of 0, and two host names. */
export function unsignedNodeAnnouncement({ nodeId, timestamp, features, rgbColor, alias, addresses }: NodeToAnnounce): NodeAnnouncement {
  const text = utf8Encode(alias);
  if (text.length > ALIAS_SIZE) throw new RangeError(`an alias of ${text.length} bytes, at most ${ALIAS_SIZE}`);
  const padded = new Uint8Array(ALIAS_SIZE);
  padded.set(text);
  return {
    type: 'node_announcement',
    signature: UNSIGNED,
    features: minimalFeatures(features),
    timestamp,
    nodeId,
    rgbColor,
    alias: toHex(padded),
    addresses: toHex(encode(addressesCodec, sortedAddresses(addresses))),
  };
}

/** BOLT 7, the receiver, as far as the message alone tells. */
export function checkNodeAnnouncement(crypto: Crypto, message: NodeAnnouncement): Unbelievable | undefined {
  if (!crypto.isValidPublicKey(message.nodeId)) return { rule: 'node_announcement.node_id', detail: `${message.nodeId} is no point` };
  if (readAddresses(message.addresses) === undefined) return { rule: 'node_announcement.addresses', detail: 'an address is cut off' };
  const isSigned = crypto.verify(message.signature, gossipHash(crypto, message), message.nodeId);
  return isSigned ? undefined : { rule: 'node_announcement.signature', detail: `not of ${message.nodeId}` };
}

/** The alias as text, without the zeros behind it; undefined where it is no UTF-8. It is a stranger's: whoever shows it, cleans it. */
export function aliasOf({ alias }: NodeAnnouncement): string | undefined {
  const bytes = fromHex(alias);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return utf8Decode(bytes.subarray(0, end));
}
