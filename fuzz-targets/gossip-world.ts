import type { Hash32, PublicKey, SecretKey } from '../core/crypto/bytes.ts';
import type { Crypto } from '../core/crypto/types.ts';
import { signedAnnouncement, unsignedAnnouncement } from '../core/gossip/channel-announcement.ts';
import { unsignedUpdate } from '../core/gossip/channel-update.ts';
import { unsignedNodeAnnouncement } from '../core/gossip/node-announcement.ts';
import { gossipHash } from '../core/gossip/signing.ts';
import { encodeMessage } from '../core/wire/messages/index.ts';
import { shortChannelIdOf } from '../core/wire/short-channel-id.ts';
import { createFakeCrypto } from '../sim/deterministic/fake-crypto.ts';

/** A small network whose nodes have signed all that the target for gossip says in their names. */

export const CHAIN = '0f'.repeat(32) as Hash32;
export const HEIGHT = 1000;
export const START_MS = 1_000_000_000_000;
export const NODES = 5;
export const CHANNELS = 6;
/** What each end asks for at these times, in seconds after the start. */
export const TIMES = [0, 10, 20, 100_000] as const;

export const crypto: Crypto = createFakeCrypto();
const secret = (n: number): SecretKey => (0x20 + n).toString(16).repeat(32) as SecretKey;
export const idOf = (n: number): PublicKey => crypto.publicKey(secret(n));

export function scidOf(channel: number): bigint {
  return shortChannelIdOf({ blockHeight: 500 + channel, txIndex: 1, outputIndex: 0 });
}

/** Its ends, by their numbers. */
export function endsOf(channel: number): readonly [number, number] {
  return [channel % NODES, (channel + 1 + Math.floor(channel / NODES)) % NODES];
}

/** Both funding keys of a channel, of its first end first. */
function announcement(channel: number): Uint8Array {
  const ends = endsOf(channel);
  const fundingSecret = (end: number): SecretKey => (0x60 + 2 * channel + end).toString(16).repeat(32) as SecretKey;
  const end = (i: 0 | 1) => ({ nodeId: idOf(ends[i]), fundingPubkey: crypto.publicKey(fundingSecret(i)) });
  const announced = { chainHash: CHAIN, shortChannelId: scidOf(channel), features: '', ends: [end(0), end(1)] as const };
  const hash = gossipHash(crypto, unsignedAnnouncement(announced));
  const sign = (i: 0 | 1) => ({
    nodeSignature: crypto.sign(hash, secret(ends[i])),
    bitcoinSignature: crypto.sign(hash, fundingSecret(i)),
  });
  return encodeMessage(signedAnnouncement(announced, [sign(0), sign(1)]));
}

function update(channel: number, end: 0 | 1, time: number): Uint8Array {
  const ends = endsOf(channel);
  const policy = {
    cltvExpiryDelta: 10 + time,
    htlcMinimumMsat: BigInt(1 + channel),
    htlcMaximumMsat: 100_000n * BigInt(1 + time),
    feeBaseMsat: 100 * (1 + channel),
    feeProportionalMillionths: 1000 * time,
    disabled: time === 2 && channel === 0,
  };
  const unsigned = unsignedUpdate({
    chainHash: CHAIN,
    shortChannelId: scidOf(channel),
    timestamp: START_MS / 1000 + (TIMES[time] as number),
    from: idOf(ends[end]),
    to: idOf(ends[end === 0 ? 1 : 0]),
    policy,
    dontForward: false,
  });
  return encodeMessage({ ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secret(ends[end])) });
}

function node(n: number, time: number): Uint8Array {
  const timestamp = START_MS / 1000 + (TIMES[time] as number);
  const unsigned = unsignedNodeAnnouncement({ nodeId: idOf(n), timestamp, features: '', rgbColor: '000000', alias: '', addresses: [] });
  return encodeMessage({ ...unsigned, signature: crypto.sign(gossipHash(crypto, unsigned), secret(n)) });
}

/** Every message there is, as its signer has written it. */
export function signedMessages(): readonly Uint8Array[] {
  const channels = Array.from({ length: CHANNELS }, (_, i) => i);
  return [
    ...channels.map(announcement),
    ...channels.flatMap((channel) => TIMES.flatMap((_, time) => [update(channel, 0, time), update(channel, 1, time)])),
    ...Array.from({ length: NODES }, (_, n) => n).flatMap((n) => TIMES.map((_, time) => node(n, time))),
  ];
}
